/** State codec: what was encoded comes back to the last field and plays on alike; what was damaged is refused whole. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { patchOf, type SessionState, sessionOf, stateOf } from "#combat/session/state.ts";
import { EFFECT_KINDS } from "#combat/sim/effect-table.ts";
import { afflict } from "#combat/sim/effects.ts";
import { hashWorld } from "#combat/sim/hash.ts";
import type { Fighter, World } from "#combat/sim/world.ts";
import { KnownBytes } from "#combat/stores/known-bytes.ts";
import {
  BrokenBlock,
  decodeEntry,
  decodeState,
  encodeEntry,
  encodeState,
  STATE_SCHEMA_VERSION,
} from "#combat/stores/state-codec.ts";
import { stateMessage, stateOfMessage } from "#combat/stores/state-messages.ts";
import { StoredBlockSchema, StoredStateSchema } from "#gen/necpgame/combat/v1/checkpoint_pb.js";
import { planBinary } from "#wire/binary-plan.ts";
import { blow, must, OWNER, RELOAD, Stage } from "../session/fixture.ts";
import { RandomPlay, seeds } from "../session/random-play.ts";

const OWNED = { epoch: 1, owner: OWNER };

const statuses = new Set<string>();

describe.each(seeds(12))("seed %i: of a session under random commands", (seed) => {
  test("every state comes back to the last field, and as the same world", () => {
    const play = new RandomPlay(seed);
    for (let steps = 0; steps < 40; steps++) {
      play.play(8);
      const { session } = play.stage;
      afflictAll(session.world, steps);
      const state = structuredClone(stateOf(session));
      const back = decodeState(encodeState(state));
      expect(withoutIds(back)).toStrictEqual(withoutIds(state));
      const copy = sessionOf(back, OWNED, play.stage.clock.nowMs());
      expect(hashWorld(copy.world)).toBe(hashWorld(session.world));
      expect(withoutIds(stateOf(copy))).toStrictEqual(withoutIds(state));
      statuses.add(session.status);
    }
  });

  test("its planned encoding is protobuf's own, byte for byte", () => {
    const plan = planBinary(StoredStateSchema);
    const play = new RandomPlay(seed);
    for (let steps = 0; steps < 20; steps++) {
      play.play(8);
      const message = stateMessage(stateOf(play.stage.session));
      expect(Buffer.compare(plan(message), toBinary(StoredStateSchema, message))).toBe(0);
    }
  });

  test("with what is known of it, it is the same, byte for byte", () => {
    const play = new RandomPlay(seed);
    const known = new KnownBytes();
    for (let steps = 0; steps < 120; steps++) {
      play.play(2);
      const { session } = play.stage;
      session.pollUnkept(known);
      const bytes = encodeState(stateOf(session), { known });
      const when = `after ${2 * (steps + 1)} commands`;
      expect(Buffer.compare(bytes, encodeState(stateOf(session))), when).toBe(0);
      const entry = { events: [], after: { state: stateOf(session) } };
      expect(Buffer.compare(encodeEntry(entry, known), encodeEntry(entry)), when).toBe(0);
    }
  });

  test("every entry comes back, whether it has what changed or everything", () => {
    const play = new RandomPlay(seed);
    const kinds = new Set<string>();
    for (let steps = 0; steps < 60; steps++) {
      play.play(4);
      const { session } = play.stage;
      const events = session.pollEvents();
      if (events.length === 0) continue;
      const patch = patchOf(session, events);
      const after = patch === null ? { state: stateOf(session) } : { patch };
      for (const answer of patch?.damageAnswers ?? []) Object.assign(answer, { outcome: { ...answer.outcome, id: 0 } });
      const entry = structuredClone({ sessionId: session.id, events, after });
      const back = decodeEntry(session.id, encodeEntry({ events, after }));
      expect(back.events).toStrictEqual(entry.events);
      if ("state" in back.after && "state" in entry.after) {
        expect(withoutIds(back.after.state)).toStrictEqual(withoutIds(entry.after.state!));
      } else expect(back.after).toStrictEqual(entry.after);
      kinds.add(Object.keys(after)[0]!);
    }
    expect(kinds).toContain("state");
  });

  test("what came back plays on exactly as the one that was kept", () => {
    const play = new RandomPlay(seed);
    play.play(120);
    const { session, clock } = play.stage;
    session.handleTick(clock.nowMs(), 0); // Inputs that wait for a tick are not kept.
    const copy = sessionOf(decodeState(encodeState(stateOf(session))), OWNED, clock.nowMs());
    for (let ticks = 0; ticks < 200; ticks++) {
      const by = session.roster.sitting()[ticks % 2]?.playerId ?? null;
      for (const one of [session, copy]) {
        one.handleDamage(blow("ann", { attackerId: by, damage: 900 }), `after-${ticks}`);
        one.handleTick(clock.nowMs(), 0);
      }
      expect(hashWorld(copy.world)).toBe(hashWorld(session.world));
    }
    expect(withoutIds(stateOf(copy))).toStrictEqual(withoutIds(stateOf(session)));
  });
});

describe("what is on its way", () => {
  function inFlight(): Stage {
    const stage = new Stage();
    stage.startDuel();
    const { session } = stage;
    const [ann, bob] = session.world.fighters as [Fighter, Fighter];
    ann.weapon = "grenade_launcher";
    bob.weapon = "burst_rifle";
    const aim = { ...RELOAD, type: "attack", direction: { x: 0, y: 600_000, z: 800_000 } } as const;
    for (const playerId of ["ann", "bob"]) {
      must(stage.act(session.roster.seat(playerId)!, aim));
    }
    stage.tick();
    return stage;
  }

  test("comes back to the last field and lands alike, from a checkpoint and from a patch", () => {
    const stage = inFlight();
    const { session, clock } = stage;
    const state = structuredClone(stateOf(session));
    expect(state.world.projectiles).toMatchObject([{ id: 1, weapon: "grenade_launcher", by: 0 }]);
    expect(state.fighters[1]?.burst).toMatchObject({ rounds: 2 });
    const back = decodeState(encodeState(state));
    expect(withoutIds(back)).toStrictEqual(withoutIds(state));
    const events = session.pollEvents().filter(({ body }) => body.kind === "projectile_fired");
    const { after } = decodeEntry(session.id, encodeEntry({ events, after: { patch: patchOf(session, events)! } }));
    if (!("patch" in after)) throw new Error("a launch is kept as what it changed");
    expect(after.patch.world.projectiles).toStrictEqual(state.world.projectiles);
    expect(after.patch.fighters.map(({ slot }) => slot)).toEqual([0]);
    const copy = sessionOf(back, OWNED, clock.nowMs());
    for (let ticks = 0; ticks < 150; ticks++) {
      stage.tick();
      copy.handleTick(clock.nowMs(), clock.unixMs());
      expect(hashWorld(copy.world)).toBe(hashWorld(session.world));
    }
    expect(session.world.projectiles).toEqual([]);
    expect(session.world.fighters[1]?.shotsFired).toBe(3);
  });

  test("from before there was anything that flies, or more than three weapons, is read: new magazines are full", () => {
    const message = stateMessage(stateOf(inFlight().session));
    message.world!.projectiles = [];
    for (const fighter of message.fighters) {
      delete fighter.burst;
      fighter.magazine = fighter.magazine.slice(0, 3);
    }
    const { world, fighters } = stateOfMessage(message);
    expect(world.projectiles).toEqual([]);
    expect(fighters[1]).toMatchObject({
      burst: null,
      armour: { amount: 0 },
      magazine: { burst_rifle: 24, shotgun: 6 },
    });
  });
});

test("so were sessions that wait, play, stand still and are over", () => {
  for (const status of ["waiting", "active", "paused", "ended"]) expect(statuses).toContain(status);
});

/** Everybody who stands gets one effect after the other, from each other and from nobody. */
function afflictAll(world: World, count: number): void {
  const kind = EFFECT_KINDS[count % EFFECT_KINDS.length]!;
  for (const fighter of world.fighters) {
    const by = count % 3 === 0 ? null : count % 2;
    if (fighter) afflict(world, fighter, { kind, potency: 1 + count, durationMs: 5_000, by });
  }
}

/** The number of an input is its process's own: it is not kept. */
function withoutIds(state: SessionState): SessionState {
  const damageAnswers = state.damageAnswers.map(({ key, outcome }) => ({ key, outcome: { ...outcome, id: 0 } }));
  return { ...state, damageAnswers };
}

describe("a block", () => {
  const { session } = duel();
  const events = session.pollEvents();
  const blocks = [
    { name: "of a state", bytes: encodeState(stateOf(session)), decode: decodeState },
    {
      name: "of an entry",
      bytes: encodeEntry({ events, after: { patch: patchOf(session, events.slice(-1))! } }),
      decode: (bytes: Uint8Array) => decodeEntry(session.id, bytes),
    },
  ];

  test.each(blocks)("$name with one byte changed is broken, wherever and however", ({ bytes, decode }) => {
    expect(() => decode(bytes)).not.toThrow();
    const unnoticed: string[] = [];
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [1, 2, 4, 8, 16, 32, 64, 128, 255]) {
        const torn = Uint8Array.from(bytes);
        torn[at]! ^= flip;
        if (!isBroken(() => decode(torn))) unnoticed.push(`byte ${at} ^ ${flip}`);
      }
    }
    expect(unnoticed).toEqual([]);
  });

  test.each(blocks)("$name that is cut short anywhere is broken", ({ bytes, decode }) => {
    const unnoticed: number[] = [];
    for (let length = 0; length < bytes.length; length++) {
      if (!isBroken(() => decode(bytes.subarray(0, length)))) unnoticed.push(length);
    }
    expect(unnoticed).toEqual([]);
  });

  test.each(blocks)("$name of a newer release is refused by name", ({ bytes, decode }) => {
    const block = fromBinary(StoredBlockSchema, bytes);
    const newer = toBinary(StoredBlockSchema, { ...block, schemaVersion: STATE_SCHEMA_VERSION + 1 });
    expect(() => decode(newer)).toThrow(BrokenBlock);
    expect(() => decode(newer)).toThrow(
      `newer release (schema ${STATE_SCHEMA_VERSION + 1}, known ${STATE_SCHEMA_VERSION})`,
    );
  });

  test("of the other kind, or of nothing, is broken", () => {
    expect(isBroken(() => decodeEntry(session.id, blocks[0]!.bytes))).toBe(true);
    expect(isBroken(() => decodeState(blocks[1]!.bytes))).toBe(true);
    const empty = { schemaVersion: STATE_SCHEMA_VERSION, checksum: 0, payload: new Uint8Array() };
    const nothing = toBinary(StoredBlockSchema, create(StoredBlockSchema, empty));
    expect(isBroken(() => decodeState(nothing))).toBe(true);
    expect(isBroken(() => decodeEntry(session.id, nothing))).toBe(true);
  });
});

/** Broken and nothing else: any other throw fails the test, and so does half a world. */
function isBroken(decode: () => unknown): boolean {
  try {
    decode();
    return false;
  } catch (error) {
    if (error instanceof BrokenBlock) return true;
    throw error;
  }
}

function duel(): Stage {
  const stage = new Stage();
  stage.startDuel();
  must(stage.session.handleDamage(blow("bob", { attackerId: "ann", damage: 2_500 }), "key"));
  stage.tick();
  return stage;
}
