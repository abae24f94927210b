/** What clients get: protobuf clients combat's own bytes, JSON clients the same in words, each made once. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { errorFrame, frameFromBytes, stateFrame, tokenExpiringFrame } from "#gateway/codec/encode.ts";
import type { Frame } from "#gateway/connection/messages.ts";
import { type ServerMessage, ServerMessageSchema } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { NOW_UNIX_MS, type ServerBody, serverMessage } from "#support/fake-combat.ts";
import { problem } from "#wire/problem.ts";

const SESSION = "11111111-1111-4111-8111-111111111111";
const ADA = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
const BOB = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb";
const ROOM = { sessionId: SESSION, playerIds: [ADA, BOB] };
const STAMP = { session_id: SESSION, timestamp: "2025-06-15T15:06:40.000Z", frame: 300 };

function json(frame: Frame): unknown {
  return JSON.parse(Buffer.from(frame.bytes("json")).toString("utf8"));
}

function frameOf(body: ServerBody, number = 300): Frame {
  return frameFromBytes(serverMessage(number, body), "event", ROOM);
}

describe("JSON is flat", () => {
  test.each<{ name: string; body: ServerBody; told: object }>([
    {
      name: "state_update names players and shows metres, degrees and points",
      body: {
        case: "stateUpdate",
        value: {
          tick: 8,
          matchMs: 266,
          keyframe: true,
          players: [
            {
              slot: 1,
              position: { x: 150, y: -25, z: 0 },
              yaw: 9_000,
              health: 8_550,
              alive: true,
              lastInput: 4,
              stance: 1,
            },
          ],
        },
      },
      told: {
        type: "state_update",
        ...STAMP,
        tick: 8,
        match_ms: 266,
        keyframe: true,
        players: [
          {
            player_id: BOB,
            position: { x: 1.5, y: -0.25, z: 0 },
            yaw: 90,
            pitch: 0,
            health: 85.5,
            alive: true,
            last_input: 4,
            ammunition: 0,
            energy: 0,
            stance: "stand",
            pose_ms: 0,
            effects: [],
          },
        ],
      },
    },
    {
      name: "combat_event has its name beside and its own fields under data",
      body: {
        case: "combatEvent",
        value: { seq: 3, eventId: "id", tick: 2, epoch: 1, event: { case: "sessionPaused", value: {} } },
      },
      told: {
        type: "combat_event",
        event: "session_paused",
        data: {},
        ...STAMP,
        seq: 3,
        event_id: "id",
        tick: 2,
        epoch: 1,
      },
    },
    {
      name: "pong",
      body: { case: "pong", value: { t: 1.5, tick: 2, serverTime: NOW_UNIX_MS } },
      told: { type: "pong", ...STAMP, t: 1.5, tick: 2, server_time: STAMP.timestamp },
    },
    {
      name: "error keeps combat's details as they are",
      body: { case: "error", value: { error: "E", message: "m", details: { retry_after_ms: 5, list: [1, "a"] } } },
      told: { type: "error", ...STAMP, error: "E", message: "m", details: { retry_after_ms: 5, list: [1, "a"] } },
    },
  ])("$name", ({ body, told }) => {
    expect(json(frameOf(body))).toEqual(told);
  });

  test("the type comes first, so that people see it first", () => {
    expect(Buffer.from(frameOf({ case: "pong", value: {} }).bytes("json")).toString()).toMatch(
      /^\{"type":"pong","session_id"/,
    );
  });
});

describe("bytes", () => {
  const bytes = serverMessage(300, { case: "pong", value: { t: 1 } });

  test("protobuf clients get combat's bytes untouched, JSON is made once", () => {
    const frame = frameFromBytes(bytes, "event", ROOM);
    expect(frame.bytes("protobuf")).toBe(bytes);
    expect(frame.bytes("json")).toBe(frame.bytes("json"));
  });

  test("a frame is framed once for each format, in bytes that pin no larger buffer", () => {
    const batch = new Uint8Array([...new Uint8Array(1_000), ...bytes]);
    const frame = frameFromBytes(batch.subarray(1_000), "event", ROOM);
    const framed = frame.framed("protobuf");
    expect([...framed]).toEqual([0x82, bytes.byteLength, ...bytes]);
    expect(framed.buffer.byteLength).toBe(framed.byteLength);
    expect(frame.framed("protobuf")).toBe(framed);
    const text = frame.framed("json");
    expect([...text.subarray(0, 4)]).toEqual([0x81, 126, 0, frame.bytes("json").byteLength]);
    expect(frame.framed("json")).toBe(text);
  });

  test.each([0, 1, 127, 128, 300, 4294967295])("the frame number %i is read without decoding the body", (number) => {
    expect(frameFromBytes(serverMessage(number, { case: "pong", value: {} }), "event", ROOM).number).toBe(number);
  });

  test("the number is found wherever it stands", () => {
    const body = [...serverMessage(0, { case: "pong", value: {} })];
    expect(frameFromBytes(new Uint8Array([0x08, 7, ...body]), "event", ROOM).number).toBe(7);
    const stampFirst = body.slice(0, 9);
    expect(frameFromBytes(new Uint8Array([...stampFirst, 0x08, 7, ...body.slice(9)]), "event", ROOM).number).toBe(7);
  });

  test.each([
    { name: "junk", junk: [0xff, 0xff] },
    { name: "a message without body", junk: [0x08, 1] },
    { name: "a body cut short", junk: [0x12 + 0x18, 5, 1] },
  ])("$name is no frame for JSON readers", ({ junk }) => {
    expect(() => frameFromBytes(new Uint8Array(junk), "event", ROOM).bytes("json")).toThrow();
  });

  test("the epoch is read of session_state, the state of state_update, and of nothing else", () => {
    const state = frameOf({ case: "sessionState", value: { epoch: 6 } });
    const update = frameOf({ case: "stateUpdate", value: { tick: 4, players: [{ slot: 1 }] } });
    expect([state.sessionEpoch(), state.state()]).toEqual([6, null]);
    expect(update.sessionEpoch()).toBeNull();
    expect(update.state()).toMatchObject({
      frame: 300,
      unixMs: NOW_UNIX_MS,
      tick: 4,
      keyframe: false,
      players: [{ slot: 1 }],
    });
  });
});

describe("the gateway's own", () => {
  const stamp = { frame: 300, unixMs: NOW_UNIX_MS };
  const read = (frame: Frame): ServerMessage => fromBinary(ServerMessageSchema, frame.bytes("protobuf"));

  test("an error says the same in both formats", () => {
    const frame = errorFrame(problem("RATE_LIMITED", "slower", { retry_after_ms: 9, allowed: ["a"] }), stamp, ROOM);
    const told = { error: "RATE_LIMITED", message: "slower", details: { retry_after_ms: 9, allowed: ["a"] } };
    expect(json(frame)).toEqual({ type: "error", ...STAMP, ...told });
    expect(read(frame)).toMatchObject({ frame: 300, timestamp: NOW_UNIX_MS, body: { case: "error", value: told } });
  });

  test("an announcement of expiry says the same in both formats", () => {
    const frame = tokenExpiringFrame(NOW_UNIX_MS + 60_000, stamp, ROOM);
    expect(json(frame)).toEqual({ type: "token_expiring", ...STAMP, expires_at: "2025-06-15T15:07:40.000Z" });
    expect(read(frame).body).toMatchObject({ case: "tokenExpiring", value: { expiresAt: NOW_UNIX_MS + 60_000 } });
  });

  /** What a state says besides players. */
  const OF_FIRST = { matchMs: 33, objectives: { scores: [1, 2] }, ground: { fields: [{ abilityId: "slow_field" }] } };

  test("merged state is a state_update like any other", () => {
    const first = frameOf(
      { case: "stateUpdate", value: { ...OF_FIRST, tick: 1, players: [{ slot: 0, health: 100 }] } },
      1,
    ).state();
    const second = frameOf(
      { case: "stateUpdate", value: { matchMs: 66, tick: 2, players: [{ slot: 1, health: 200 }] } },
      2,
    ).state();
    if (first === null || second === null) throw new Error("both are state");
    const frame = stateFrame(
      { ...second, players: [...first.players, ...second.players], rest: { ...first.rest, ...second.rest } },
      ROOM,
    );
    expect(frame.lane).toBe("state");
    expect(json(frame)).toMatchObject({
      type: "state_update",
      frame: 2,
      tick: 2,
      players: [{ player_id: ADA }, { player_id: BOB, health: 2 }],
    });
    const expected = create(ServerMessageSchema, {
      frame: 2,
      timestamp: NOW_UNIX_MS,
      body: {
        case: "stateUpdate",
        value: {
          ...OF_FIRST,
          matchMs: 66,
          tick: 2,
          players: [
            { slot: 0, health: 100 },
            { slot: 1, health: 200 },
          ],
        },
      },
    });
    expect(frame.bytes("protobuf")).toEqual(toBinary(ServerMessageSchema, expected));
  });
});
