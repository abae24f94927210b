/**
 * Bad input on sockets, in JSON and in protobuf: a message that is wrong is answered by `error` with code and field and
 * changes nothing; a handshake that may not be is answered by HTTP before any upgrade; who goes on is closed by name.
 */
import { randomUUID } from "node:crypto";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ActionType,
  ClientMessageSchema,
  type ServerMessage,
  ServerMessageSchema,
} from "#gen/necpgame/combat/v1/realtime_pb.js";
import { CameraMode } from "#gen/necpgame/combat/v1/session_pb.js";
import { activeMatch, type Match, playerSocket, socketUrl } from "#support/play.ts";
import { bodyOf, readSession, restCaller } from "#support/rest.ts";
import { openScene, type Place, type Scene, type Who } from "#support/scene.ts";
import { connectSocket, refusedSocket, type SocketClient } from "#support/socket-client.ts";
import { type System, startSystem } from "#support/system.ts";

let system: System;
let scene: Scene;
beforeAll(async () => {
  const env = { COMBAT_CALLS_PER_SECOND: "10000", GATEWAY_REQUESTS_PER_PLAYER: "100000" };
  system = await startSystem({
    env: { ...env, GATEWAY_CONNECTS_PER_PLAYER: "10000", GATEWAY_CONNECTS_PER_ADDRESS: "10000" },
  });
  scene = await openScene(system);
});
afterAll(() => system?.stop());

type Body = MessageInitShape<typeof ClientMessageSchema>["body"];
type Row = {
  readonly what: string;
  /** As text: whole messages as they go out. */
  readonly json?: string;
  /** As protobuf: a body, or bytes as they go out. */
  readonly protobuf?: Body | Uint8Array;
  readonly error: string;
  readonly field?: string;
  readonly spectator?: boolean;
};

const NO_ENUM = 99 as never;
const wrong = (what: string, field: string | undefined, forms: Pick<Row, "json" | "protobuf">): Row => {
  return { what, error: "INVALID_ARGUMENT", ...(field === undefined ? {} : { field }), ...forms };
};
const position = (what: string, axis: string, text: string, value?: number): Row => {
  const place: Record<string, string> = { x: "80", y: "70", z: "0", [axis]: text };
  const data = Object.entries(place).map(([name, shown]) => `"${name}":${shown}`);
  const numbers = { x: 80, y: 70, z: 0, [axis]: value };
  return wrong(what, `data.${axis}`, {
    json: `{"type":"position_update","data":{${data.join(",")}},"seq":1}`,
    ...(value === undefined ? {} : { protobuf: { case: "positionUpdate", value: numbers } as Body }),
  });
};
const action = (what: string, field: string, text: string, value?: object): Row =>
  wrong(what, field, {
    json: `{"type":"combat_action","data":${text},"seq":1}`,
    ...(value === undefined ? {} : { protobuf: { case: "combatAction", value } as Body }),
  });

const MESSAGES: Row[] = [
  position("a text where a coordinate belongs", "x", '"80"'),
  position("NaN", "x", '"NaN"', Number.NaN),
  position("1e400", "y", "1e400", Number.POSITIVE_INFINITY),
  position("-1e400", "z", "-1e400", Number.NEGATIVE_INFINITY),
  position("1e308", "x", "1e308", 1e308),
  position("a yaw of two turns", "yaw", "720", 720),
  position("a pitch over the top", "pitch", "90.5", 90.5),
  position("an unknown stance", "stance", '"prone"', NO_ENUM),
  position("a coordinate that is missing", "y", "null"),
  position("a field that is not one's own: health", "health", "100"),
  action("no action type", "data.action_type", "{}", {}),
  action("an unknown action", "data.action_type", '{"action_type":"dance"}', { actionType: NO_ENUM }),
  action("a target that is no id", "data.target_id", '{"action_type":"attack","target_id":"bob"}', {
    actionType: ActionType.ATTACK,
    targetId: "bob",
  }),
  action("a shot nowhere", "data.direction", '{"action_type":"attack","direction":{"x":0,"y":0,"z":0}}', {
    actionType: ActionType.ATTACK,
    direction: { x: 0, y: 0, z: 0 },
  }),
  action("an attack whereto nobody knows", "direction", '{"action_type":"attack"}', { actionType: ActionType.ATTACK }),
  action("an unknown weapon", "weapon", '{"action_type":"switch_weapon","weapon":"bfg"}', {
    actionType: ActionType.SWITCH_WEAPON,
    weapon: "bfg",
  }),
  wrong("an unknown type", "type", { json: '{"type":"teleport","data":{}}' }),
  wrong("no type", "type", { json: "{}", protobuf: { case: undefined } }),
  wrong("an unknown field beside type", "player_id", { json: '{"type":"leave","player_id":"x"}' }),
  wrong("a key twice", "x", { json: '{"type":"position_update","data":{"x":1,"x":2,"y":3,"z":4}}' }),
  wrong("__proto__", "__proto__", { json: '{"type":"leave","__proto__":{}}' }),
  wrong("a seq of 2 ** 32", "seq", { json: '{"type":"leave","seq":4294967296}' }),
  wrong("an array", "message", { json: "[]" }),
  wrong("nesting", undefined, { json: `${"[".repeat(1_000)}${"]".repeat(1_000)}` }),
  wrong("junk", undefined, { json: "\u0000junk", protobuf: new Uint8Array(32).fill(0xff) }),
  wrong("a varint that does not end", undefined, { protobuf: Uint8Array.of(0x08, 0x80, 0x80) }),
  {
    what: "a camera, which players do not have",
    json: '{"type":"camera_update","data":{"camera_mode":"free"}}',
    protobuf: { case: "cameraUpdate", value: { cameraMode: CameraMode.FREE } },
    error: "FORBIDDEN",
    field: "type",
  },
  {
    what: "a spectator's move",
    spectator: true,
    json: '{"type":"position_update","data":{"x":80,"y":70,"z":0}}',
    protobuf: { case: "positionUpdate", value: { x: 80, y: 70, z: 0 } },
    error: "FORBIDDEN",
    field: "type",
  },
  {
    what: "a spectator's shot",
    spectator: true,
    json: '{"type":"combat_action","data":{"action_type":"reload"}}',
    protobuf: { case: "combatAction", value: { actionType: ActionType.RELOAD } },
    error: "FORBIDDEN",
    field: "type",
  },
];

function pathOf(id: string, spectator = false): string {
  return `/ws/sessions/${id}${spectator ? "/spectate" : ""}`;
}

/** Runs `act` and asserts that the session is what it was. */
async function unchanged({ id, bob }: Match, act: () => Promise<void>): Promise<void> {
  const before = await readSession(bob.call, id);
  await act();
  expect(await readSession(bob.call, id)).toEqual(before);
}

async function visitor(match: Match, spectator = false): Promise<string> {
  return spectator ? system.token(randomUUID(), ["spectator"]) : match.alice.token;
}

describe("a JSON socket", () => {
  test.each(MESSAGES.filter(({ json }) => json !== undefined))("answers $what with $error", async (row) => {
    const match = await activeMatch(system);
    const token = await visitor(match, row.spectator);
    const socket = await connectSocket(socketUrl(system, pathOf(match.id, row.spectator), { token }));
    await socket.next("session_state");
    await unchanged(match, async () => {
      socket.send(row.json);
      const answer = await socket.next("error");
      expect(answer).toMatchObject({ error: row.error, message: expect.any(String), session_id: match.id });
      if (row.field !== undefined) expect(answer["details"]).toMatchObject({ field: row.field });
      socket.send({ type: "ping", data: { t: 1 } });
      await socket.next("pong");
    });
    await socket.close();
  });
});

function shownOf(bytes: Buffer): ServerMessage["body"] {
  return fromBinary(ServerMessageSchema, bytes).body;
}

async function nextBody(socket: SocketClient, kind: ServerMessage["body"]["case"]): Promise<ServerMessage["body"]> {
  return shownOf(await socket.binaries.take((bytes) => shownOf(bytes).case === kind));
}

function protobufBytes(message: Body | Uint8Array): Buffer {
  if (message instanceof Uint8Array) return Buffer.from(message);
  return Buffer.from(toBinary(ClientMessageSchema, create(ClientMessageSchema, { seq: 1, body: message })));
}

describe("a protobuf socket", () => {
  test.each(MESSAGES.filter(({ protobuf }) => protobuf !== undefined))("answers $what with $error", async (row) => {
    const match = await activeMatch(system);
    const token = await visitor(match, row.spectator);
    const url = socketUrl(system, pathOf(match.id, row.spectator), { token });
    const socket = await connectSocket(url, { protocols: ["combat.v1.protobuf"] });
    await nextBody(socket, "sessionState");
    await unchanged(match, async () => {
      socket.send(protobufBytes(row.protobuf));
      const answer = await nextBody(socket, "error");
      expect(answer).toMatchObject({ value: { error: row.error } });
      if (row.field !== undefined) expect(answer).toMatchObject({ value: { details: { field: row.field } } });
      socket.send(protobufBytes({ case: "ping", value: { t: 1 } }));
      await nextBody(socket, "pong");
    });
    await socket.close();
  });
});

type Handshake = {
  readonly what: string;
  readonly who?: Who;
  readonly place?: Place;
  readonly spectate?: boolean;
  readonly query?: Record<string, string>;
  readonly options?: { protocols?: string[]; headers?: Record<string, string> };
  readonly status: number;
  readonly error: string;
};

const HANDSHAKES: Handshake[] = [
  { what: "no token", who: "nobody", status: 401, error: "UNAUTHENTICATED" },
  { what: "an expired token", who: "expired", status: 401, error: "UNAUTHENTICATED" },
  { what: "a token that nobody signed", who: "forged", status: 401, error: "UNAUTHENTICATED" },
  { what: "a token with a wrong signature", who: "garbled", status: 401, error: "UNAUTHENTICATED" },
  { what: "a token of another session", who: "elsewhere", status: 403, error: "FORBIDDEN" },
  { what: "a player without a seat", who: "carol", status: 403, error: "FORBIDDEN" },
  { what: "a spectator on the players' socket", who: "watcher", status: 403, error: "FORBIDDEN" },
  { what: "a player who watches the own match", spectate: true, status: 403, error: "FORBIDDEN" },
  { what: "a private match", who: "carol", place: "private", spectate: true, status: 403, error: "FORBIDDEN" },
  { what: "a match that is over", place: "ended", status: 409, error: "INVALID_STATE_TRANSITION" },
  {
    what: "an unknown camera",
    who: "carol",
    spectate: true,
    query: { camera_mode: "drone" },
    status: 400,
    error: "INVALID_ARGUMENT",
  },
  {
    what: "a target that is no id",
    who: "carol",
    spectate: true,
    query: { follow_target: "bob" },
    status: 400,
    error: "INVALID_ARGUMENT",
  },
  { what: "a version that is none", query: { client_version: "<1>" }, status: 400, error: "INVALID_ARGUMENT" },
  {
    what: "an unknown subprotocol",
    options: { protocols: ["combat.v9.cbor"] },
    status: 400,
    error: "INVALID_ARGUMENT",
  },
  {
    what: "a page of a foreign origin",
    options: { headers: { origin: "https://localhost.evil.example" } },
    status: 403,
    error: "FORBIDDEN",
  },
];

describe("a handshake", () => {
  test.each(HANDSHAKES)("with $what is $status $error and changes nothing", async (row) => {
    const { who = "alice", place = "active", query = {}, options = {} } = row;
    await scene.unchanged(place, async () => {
      const token = scene.tokens[who];
      const parameters = { ...(token === null ? {} : { token }), ...query };
      const url = socketUrl(system, pathOf(scene.sessions[place], row.spectate), parameters);
      expect(await refusedSocket(url, options)).toMatchObject({ status: row.status, body: { error: row.error } });
    });
  });

  test("for a session that nobody knows is 404, and for an id that is none 400", async () => {
    const token = scene.tokens.alice ?? "";
    const unknown = await refusedSocket(socketUrl(system, pathOf(randomUUID()), { token }));
    expect(unknown).toMatchObject({ status: 404, body: { error: "SESSION_NOT_FOUND" } });
    const none = await refusedSocket(socketUrl(system, pathOf("123"), { token }));
    expect(none).toMatchObject({ status: 400, body: { error: "INVALID_ARGUMENT", details: { field: "session_id" } } });
  });
});

describe("a socket", () => {
  /** Of the session, what a socket's going may not change. */
  async function figures({ id, bob }: Match) {
    const { version, status, participants } = await readSession(bob.call, id);
    return {
      version,
      status,
      seats: participants.map(({ position, health, weapon }) => ({ position, health, weapon })),
    };
  }

  test("is closed with 4500 at the third malformed message", async () => {
    const match = await activeMatch(system);
    const { socket } = await playerSocket(system, match, match.alice);
    const before = await figures(match);
    for (let strike = 1; strike <= 3; strike++) socket.send('{"type":"teleport"}');
    expect(await socket.closed).toMatchObject({ code: 4500 });
    expect(await figures(match)).toEqual(before);
  });

  test("is closed with 1009 by a message of more than 4 KiB", async () => {
    const match = await activeMatch(system);
    const { socket } = await playerSocket(system, match, match.alice);
    const before = await figures(match);
    const data = `{"x":80,"y":70,"z":0${" ".repeat(4 * 1024)}}`;
    socket.send(`{"type":"position_update","data":${data}}`);
    expect(await socket.closed).toMatchObject({ code: 1009 });
    expect(await figures(match)).toEqual(before);
  });

  test("of a paused match corrects moves and refuses shots, and changes nothing", async () => {
    const match = await activeMatch(system);
    const { socket, state } = await playerSocket(system, match, match.alice);
    bodyOf(await match.alice.call("PUT", `/sessions/${match.id}`, { status: "paused" }), 200);
    const { position: at } = state["you"] as { position: { x: number; y: number; z: number } };
    await unchanged(match, async () => {
      socket.send({ type: "position_update", data: { ...at, x: at.x + 0.1 }, seq: 1 });
      expect(await socket.next("position_correction")).toMatchObject({ seq: 1, check: "paused", position: at });
      socket.send({ type: "combat_action", data: { action_type: "attack", target_id: match.bob.id }, seq: 2 });
      expect(await socket.next("action_result")).toMatchObject({ seq: 2, success: false, reason: "paused" });
    });
    await socket.close();
  });

  test("of a dead player corrects moves and refuses shots, and changes nothing", async () => {
    const match = await activeMatch(system, { respawn_seconds: 60 });
    const { socket, state } = await playerSocket(system, match, match.alice);
    const service = restCaller(system.url, scene.tokens.service);
    const damage = { target_id: match.alice.id, damage: 1000, damage_type: "environmental" };
    expect(bodyOf(await service("POST", `/sessions/${match.id}/damage`, damage), 200)).toMatchObject({ killed: true });
    const { position: at } = state["you"] as { position: { x: number; y: number; z: number } };
    await unchanged(match, async () => {
      socket.send({ type: "position_update", data: { ...at, x: at.x + 0.1 }, seq: 1 });
      expect(await socket.next("position_correction")).toMatchObject({ seq: 1, check: "dead" });
      socket.send({ type: "combat_action", data: { action_type: "attack", target_id: match.bob.id }, seq: 2 });
      expect(await socket.next("action_result")).toMatchObject({ seq: 2, success: false, reason: "dead" });
    });
    await socket.close();
  });
});
