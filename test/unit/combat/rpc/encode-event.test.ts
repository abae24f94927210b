/** Records for the rest of the game: the same id each time, the same content in both formats, the bytes that protobuf has. */
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EVENT_TYPE, eventEncoder, eventEnvelope, eventId } from "#combat/rpc/encode-event.ts";
import { GAME_MODE } from "#combat/rpc/words.ts";
import type { EventBody, SessionEvent } from "#combat/session/session-events.ts";
import type { EndReason, GameMode } from "#combat/session/settings.ts";
import { ABILITY_NAMES } from "#combat/sim/content/abilities.ts";
import { ITEM_NAMES } from "#combat/sim/content/items.ts";
import { EFFECT_KINDS } from "#combat/sim/effect-table.ts";
import { CombatEventEnvelopeSchema } from "#gen/necpgame/combat/v1/event_pb.js";
import { SAMPLE_EVENTS } from "#support/sample-events.ts";
import { fromPublicJson, toPublicJson } from "#wire/public-json.ts";

const protobuf = eventEncoder("protobuf");
const json = eventEncoder("json");

describe("event ids", () => {
  test.each([
    { sessionId: "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", epoch: 1, seq: 1, id: "b83fe293-3a50-8758-8f26-24d7d307d7ae" },
    { sessionId: "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", epoch: 1, seq: 2, id: "9a90d9e6-dd1e-8289-af09-282256b8b4c7" },
    { sessionId: "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", epoch: 2, seq: 1, id: "0c395ceb-bdac-8531-8e66-e97466361b55" },
    {
      sessionId: "0b747a4c-6b60-41b4-ad6a-83c972ab1a52",
      epoch: 4_294_967_295,
      seq: 4_294_967_295,
      id: "4cbea5ac-ca55-87e0-8d57-7d3d7ac2d2ce",
    },
  ])("$sessionId:$epoch:$seq is $id for ever", ({ id, ...number }) => {
    expect(eventId({ ...number, tick: 0, atUnixMs: 0, body: { kind: "session_paused" } })).toBe(id);
  });

  test("are UUIDs of version 8, no two alike, whatever else the event says", () => {
    const [first] = SAMPLE_EVENTS as [SessionEvent];
    const ids = Array.from({ length: 2_000 }, (_, seq) => eventId({ ...first, seq, tick: seq % 7 }));
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  });
});

describe.each(SAMPLE_EVENTS.map((event) => ({ kind: event.body.kind, event })))("$kind", ({ event }) => {
  test("is told under its type, to the session's key, with its time", () => {
    for (const [encode, contentType] of [
      [protobuf, "application/protobuf"],
      [json, "application/json"],
    ] as const) {
      const { value, ...rest } = encode(event);
      expect(rest).toEqual({
        eventId: eventId(event),
        eventType: EVENT_TYPE[event.body.kind],
        topic: event.body.kind === "movement_checked" ? "game.combat.damage.validation" : "game.combat.events",
        key: event.sessionId,
        atUnixMs: event.atUnixMs,
        contentType,
      });
      expect(value.length).toBeGreaterThan(0);
    }
  });

  test("says the same in both formats, JSON on one line", () => {
    const envelope = fromBinary(CombatEventEnvelopeSchema, protobuf(event).value);
    const text = Buffer.from(json(event).value).toString();
    expect(text).not.toContain("\n");
    expect(JSON.parse(text)).toEqual(toPublicJson(CombatEventEnvelopeSchema, envelope));
    expect(fromPublicJson(CombatEventEnvelopeSchema, JSON.parse(text))).toEqual({ ok: true, value: envelope });
  });
});

test("types of the game's contract are the game's words", () => {
  expect(Object.values(EVENT_TYPE)).toEqual(
    expect.arrayContaining([
      "combat.session.start",
      "combat.session.end",
      "combat.session.join",
      "combat.session.leave",
      "combat.session.pause",
      "combat.session.resume",
      "combat.action.attack",
      "combat.action.ability",
      "combat.action.item",
      "combat.action.status",
    ]),
  );
  expect(new Set(Object.values(EVENT_TYPE)).size).toBe(Object.keys(EVENT_TYPE).length);
});

const text = fc.oneof(fc.uuid(), fc.string({ maxLength: 60, unit: "grapheme" }), fc.string({ maxLength: 6_000 }));
const uint32 = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 0xffff_ffff }));
const sint32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const perhaps = fc.option(text);
const teams = fc.array(fc.record({ teamId: text, score: uint32, roundsWon: uint32 }), { maxLength: 12 });
const reason = fc.constantFrom<EndReason>("victory", "timeout", "disconnect", "cancelled");
const gameMode = fc.constantFrom(...(Object.keys(GAME_MODE) as GameMode[]));
const kind = <Kind extends string>(name: Kind) => fc.constant(name);
const ofPlayer = ["player_left", "player_disconnected", "player_reconnected"] as const;

const body: fc.Arbitrary<EventBody> = fc.oneof(
  fc.record({ kind: kind("session_started"), mapId: text, gameMode }),
  fc.record({ kind: kind("session_paused") }),
  fc.record({ kind: kind("session_resumed") }),
  fc.record({ kind: kind("session_ended"), reason, winnerTeamId: perhaps, teams }),
  fc.record({ kind: kind("round_started"), round: uint32, maxRounds: uint32 }),
  fc.record({ kind: kind("overtime_started"), round: uint32, endsAfterMs: uint32 }),
  fc.record({
    ...{ kind: kind("objective_changed"), objective: fc.constantFrom("flag", "zone", "hill"), place: text },
    change: fc.constantFrom("taken", "dropped", "returned", "captured", "neutralised", "moved"),
    ...{ ownerTeamId: perhaps, teamId: perhaps, playerId: perhaps },
    position: fc.record({ x: sint32, y: sint32, z: sint32 }),
  }),
  fc.record({ kind: kind("round_ended"), round: uint32, winnerTeamId: perhaps, teams }),
  fc.record({ kind: kind("player_joined"), playerId: text, teamId: text, slot: uint32 }),
  fc.record({ kind: fc.constantFrom(...ofPlayer), playerId: text }),
  fc.record({
    kind: kind("player_respawned"),
    playerId: text,
    position: fc.record({ x: sint32, y: sint32, z: sint32 }),
  }),
  fc.record({
    ...{ kind: kind("projectile_fired"), id: uint32, playerId: perhaps, weapon: text, gravity: uint32 },
    position: fc.record({ x: sint32, y: sint32, z: sint32 }),
    velocity: fc.record({ x: sint32, y: sint32, z: sint32 }),
  }),
  fc.record({
    ...{ kind: kind("projectile_ended"), id: uint32, shooterId: perhaps, exploded: fc.boolean() },
    position: fc.record({ x: sint32, y: sint32, z: sint32 }),
  }),
  fc.record({
    kind: kind("damage_dealt"),
    attackerId: perhaps,
    targetId: text,
    damage: uint32,
    health: uint32,
    weapon: perhaps,
    damageType: fc.constantFrom("bullet", "melee", "explosion", "ability", "environmental"),
    headshot: fc.boolean(),
    part: fc.constantFrom("head", "torso", "legs", null),
    absorbed: fc.nat({ max: 100_000 }),
    mitigation: fc.nat({ max: 1_000 }),
    critical: fc.boolean(),
    decidedBy: fc.constantFrom("local", "damage_service", "fallback"),
  }),
  fc.record({
    kind: kind("player_killed"),
    victimId: text,
    killerId: perhaps,
    weapon: perhaps,
    headshot: fc.boolean(),
    assistIds: fc.array(text, { maxLength: 50 }),
  }),
  fc.record({
    ...{ kind: kind("effect_applied"), targetId: text, sourceId: perhaps, effect: fc.constantFrom(...EFFECT_KINDS) },
    ...{ potency: uint32, stacks: uint32, durationMs: uint32 },
  }),
  fc.record({
    ...{ kind: kind("ability_used"), playerId: text, ability: fc.constantFrom(...ABILITY_NAMES), targetId: perhaps },
    position: fc.option(fc.record({ x: sint32, y: sint32, z: sint32 })),
    cost: uint32,
  }),
  fc.record({ kind: kind("item_used"), playerId: text, item: fc.constantFrom(...ITEM_NAMES), left: uint32 }),
  fc.record({ kind: kind("effect_ended"), targetId: text, effect: fc.constantFrom(...EFFECT_KINDS) }),
  fc.record({
    ...{ kind: kind("player_healed"), playerId: text, healerId: perhaps, amount: uint32, health: uint32, cause: text },
  }),
);

const event: fc.Arbitrary<SessionEvent> = fc.record({
  sessionId: text,
  epoch: uint32,
  seq: uint32,
  tick: uint32,
  atUnixMs: fc.double({ min: 0, max: 8e12, noNaN: true }),
  body,
});

test("the bytes are those of protobuf-es, for any event", () => {
  fc.assert(
    fc.property(event, (any) => {
      const expected = toBinary(CombatEventEnvelopeSchema, eventEnvelope(any));
      expect(Buffer.compare(protobuf(any).value, expected)).toBe(0);
    }),
    { numRuns: 2_000 },
  );
});

test("bytes of one event are untouched by the next", () => {
  const [first, second] = SAMPLE_EVENTS as [SessionEvent, SessionEvent];
  const { value } = protobuf(first);
  const before = Buffer.from(value);
  protobuf(second);
  expect(Buffer.compare(value, before)).toBe(0);
});
