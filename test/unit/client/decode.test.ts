import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Decoded, Decoder } from "#client/decode.ts";
import { publicServerMessage } from "#gateway/codec/encode.ts";
import { CombatEventSchema, type ServerMessage } from "#gen/necpgame/combat/v1/realtime_pb.js";
import {
  BOB,
  BODIES,
  EVENTS,
  eventBody,
  PLAYER_IDS,
  SESSION_ID,
  serverBytes,
  serverMessage,
  stateBody,
  updateBody,
} from "./messages-fixture.ts";

const context = { sessionId: SESSION_ID, playerIds: PLAYER_IDS };

/** A decoder that knows who sits where. */
function seated(): Decoder {
  const decoder = new Decoder(SESSION_ID);
  decoder.decode(serverBytes(1, stateBody()));
  return decoder;
}

function jsonOf(message: ServerMessage): string {
  return JSON.stringify(publicServerMessage(message, context));
}

const EXAMPLES = [...BODIES, ...EVENTS.map((event, index) => eventBody(index + 1, event))].map((body) => ({
  name: body.case === "combatEvent" ? `combat_event ${body.value.event?.case}` : `${body.case}`,
  body,
}));

describe("both formats decode to the same message", () => {
  test.each(EXAMPLES)("$name", ({ body }) => {
    const text = jsonOf(serverMessage(7, body));
    const fromJson = seated().decode(text);
    const fromProtobuf = seated().decode(serverBytes(7, body));
    expect(fromProtobuf).toEqual(fromJson);
    expect(fromJson).toEqual({ ok: true, message: JSON.parse(text) });
  });

  test("every event of the contract has an example", () => {
    const published = CombatEventSchema.oneofs[0]?.fields.map((field) => field.localName) ?? [];
    const neverShown = ["positionsSampled", "shotsFired", "movementChecked"]; // For the rest of the game.
    const shown = published.filter((name) => !neverShown.includes(name));
    expect(EVENTS.map((event) => event.case as string).sort()).toEqual(shown.sort());
  });
});

describe("protobuf names players by slot", () => {
  test("centimetres, hundredths and slots become metres, degrees, points and ids", () => {
    const decoded = seated().decode(serverBytes(7, updateBody(3, 12_345)));
    expect(decoded).toMatchObject({
      ok: true,
      message: {
        type: "state_update",
        players: [
          {
            player_id: BOB,
            position: { x: 123.45, y: 67.89, z: 0 },
            yaw: -45.12,
            health: 85.5,
            last_input: 7,
            pose_ms: 18_140,
          },
        ],
      },
    });
  });

  test("a seat given later is learnt from player_joined", () => {
    const decoder = seated();
    const late = "33333333-3333-4333-8333-333333333333";
    const joined = eventBody(1, { case: "playerJoined", value: { playerId: late, teamId: "team-0", slot: 5 } });
    decoder.decode(serverBytes(2, joined));
    expect(decoder.decode(serverBytes(3, updateBody(5, 100)))).toMatchObject({
      message: { players: [{ player_id: late }] },
    });
  });

  test("a slot nobody was named for is left out", () => {
    expect(seated().decode(serverBytes(3, updateBody(9, 100)))).toMatchObject({ ok: true, message: { players: [] } });
  });
});

describe("what cannot be read is an answer, never a throw", () => {
  const NAMELESS = { type: "state_update", frame: 1, tick: 1, players: [{ health: 1 }] };
  test.each<{ name: string; frame: string | Uint8Array; why: string }>([
    { name: "no JSON", frame: "{", why: "malformed" },
    { name: "no object", frame: "[1]", why: "malformed" },
    { name: "no type", frame: "{}", why: "malformed" },
    { name: "no frame", frame: '{"type":"pong","t":1}', why: "malformed" },
    { name: "a field of another kind", frame: '{"type":"pong","frame":1,"t":"1"}', why: "malformed" },
    { name: "a player without name", frame: JSON.stringify(NAMELESS), why: "malformed" },
    { name: "type of a newer server", frame: '{"type":"weather","frame":1}', why: "unknown" },
    { name: "type named like a method", frame: '{"type":"toString","frame":1}', why: "unknown" },
    { name: "protobuf cut off", frame: serverBytes(1, stateBody()).subarray(0, 40), why: "malformed" },
    { name: "protobuf without body", frame: new Uint8Array([8, 1]), why: "unknown" },
  ])("$name", ({ frame, why }) => {
    expect(new Decoder(SESSION_ID).decode(frame)).toMatchObject({ ok: false, why });
  });

  test("any bytes and any text", () => {
    const decoder = new Decoder(SESSION_ID);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => hasVerdict(decoder.decode(bytes))));
    fc.assert(fc.property(fc.json(), (text) => hasVerdict(decoder.decode(text))));
  });
});

function hasVerdict(decoded: Decoded): boolean {
  return typeof decoded.ok === "boolean";
}

test("an event of a newer server keeps its number, or the next would look like a gap", () => {
  const unnamed = serverBytes(4, { case: "combatEvent", value: { seq: 4, eventId: "e", tick: 1, epoch: 1 } });
  const json = JSON.stringify({ type: "combat_event", event: "sky_fell", data: { a: 1 }, frame: 4, seq: 4, epoch: 1 });
  for (const frame of [unnamed, json]) {
    expect(seated().decode(frame)).toMatchObject({ ok: true, message: { event: "unknown", data: {}, seq: 4 } });
  }
});
