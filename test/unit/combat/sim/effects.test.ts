/** Effects: how they stack, when they end, and what they make of a fighter. */
import { describe, expect, test } from "vitest";
import { EFFECT_KINDS, EFFECTS, type EffectKind } from "#combat/sim/effect-table.ts";
import {
  type Afflicted,
  type Affliction,
  afflict,
  canAct,
  damagePercentDealt,
  damagePercentTaken,
  isSilenced,
  speedPercent,
} from "#combat/sim/effects.ts";
import { Arena, TICK_MS } from "./arena.ts";

function arena(): Arena {
  return new Arena({
    fighters: [
      { side: 0, x: 2_000, y: 2_000 },
      { side: 1, x: 4_000, y: 4_000 },
      { side: 0, x: 6_000, y: 6_000 },
    ],
    rules: { scoreLimit: 100 },
  });
}

function put(on: Arena, slot: number, given: Partial<Affliction> & { kind: EffectKind }): Afflicted {
  return afflict(on.world, on.fighter(slot), { potency: 50, durationMs: 1_000, by: 0, ...given });
}

test("the kinds of the game's contract are there", () => {
  const contract = ["bleed", "burn", "poison", "stun", "slow", "blind", "silence"];
  expect(EFFECT_KINDS.slice(0, contract.length)).toEqual(contract);
});

describe("stacking", () => {
  type Row = { name: string; kind: EffectKind; second: Partial<Affliction>; is: Afflicted; left: object };
  const rows: Row[] = [
    {
      name: "longest: a later end holds, with all that came with it",
      kind: "stun",
      second: { durationMs: 2_000, potency: 10, by: 2 },
      is: "extended",
      left: { potency: 10, untilMs: 2_000, by: 2, stacks: 1 },
    },
    {
      name: "longest: an earlier end changes nothing",
      kind: "silence",
      second: { durationMs: 900, potency: 100, by: 2 },
      is: "ignored",
      left: { potency: 50, untilMs: 1_000, by: 0 },
    },
    {
      name: "strongest: a stronger one holds, even if it ends sooner",
      kind: "slow",
      second: { potency: 80, durationMs: 500, by: 2 },
      is: "raised",
      left: { potency: 80, untilMs: 500, by: 2 },
    },
    {
      name: "strongest: an equal one only when it ends later",
      kind: "burn",
      second: { durationMs: 3_000, by: 2 },
      is: "extended",
      left: { potency: 50, untilMs: 3_000, by: 2 },
    },
    {
      name: "strongest: a weaker one changes nothing, however long",
      kind: "slow",
      second: { potency: 49, durationMs: 300_000, by: 2 },
      is: "ignored",
      left: { potency: 50, untilMs: 1_000, by: 0 },
    },
    {
      name: "stacks: one more, with the last end and the greatest strength, and whose the newest is",
      kind: "bleed",
      second: { potency: 20, durationMs: 500, by: 2 },
      is: "raised",
      left: { potency: 50, untilMs: 1_000, by: 2, stacks: 2 },
    },
  ];

  test.each(rows)("$name", ({ kind, second, is, left }) => {
    const world = arena();
    const { nowMs } = world.world;
    expect(put(world, 1, { kind })).toBe("begun");
    expect(put(world, 1, { kind, ...second })).toBe(is);
    const { effects } = world.fighter(1);
    const since = effects.map((effect) => ({ ...effect, untilMs: effect.untilMs - nowMs }));
    expect(since).toMatchObject([{ kind, ...left }]);
  });

  test.each(EFFECT_KINDS)("%s is there once, with no more stacks than its table says", (kind) => {
    const world = arena();
    for (let times = 0; times < 10; times++) put(world, 1, { kind });
    expect(world.fighter(1).effects).toMatchObject([{ kind, stacks: EFFECTS[kind].stacksMax }]);
    expect(put(world, 1, { kind })).toBe("ignored");
  });
});

describe("an end", () => {
  test("comes with the tick that reaches it, not before", () => {
    const world = arena();
    put(world, 1, { kind: "stun", durationMs: 100 });
    put(world, 1, { kind: "slow", durationMs: 300 });
    world.wait(100 - TICK_MS);
    expect(world.fighter(1).effects.map(({ kind }) => kind)).toEqual(["stun", "slow"]);
    world.step();
    expect(world.fighter(1).effects.map(({ kind }) => kind)).toEqual(["slow"]);
  });

  test("comes with a fall, and the fallen are not afflicted", () => {
    const world = arena();
    put(world, 1, { kind: "shield", durationMs: 300_000 });
    world.kill(0, 1);
    expect(world.fighter(1).effects).toEqual([]);
    expect(put(world, 1, { kind: "slow" })).toBe("ignored");
    world.wait(1_000);
    expect(world.fighter(1)).toMatchObject({ alive: true, effects: [] });
  });

  test("comes with a new round", () => {
    const world = arena();
    put(world, 1, { kind: "slow", durationMs: 300_000 });
    world.step([{ kind: "round", round: 2 }]);
    expect(world.fighter(1).effects).toEqual([]);
  });
});

test("who left caused nothing any more, nor did the next in that seat", () => {
  const world = arena();
  put(world, 1, { kind: "bleed", by: 0 });
  put(world, 1, { kind: "slow", by: 2 });
  world.step([
    { kind: "remove", slot: 0 },
    { kind: "add", slot: 0, side: 0 },
  ]);
  expect(world.fighter(1).effects.map(({ by }) => by)).toEqual([null, 2]);
});

describe("what they make of a fighter", () => {
  const plain = { speed: 100, acts: true, silenced: false, dealt: 100, taken: 100 };
  const rows: { on: Partial<Record<EffectKind, number>>; is: Partial<typeof plain> }[] = [
    { on: {}, is: {} },
    { on: { slow: 40 }, is: { speed: 60 } },
    { on: { haste: 100 }, is: { speed: 200 } },
    { on: { slow: 50, haste: 50 }, is: { speed: 75 } },
    { on: { slow: 100 }, is: { speed: 0 } },
    { on: { stun: 1, haste: 100 }, is: { speed: 0, acts: false } },
    { on: { silence: 1 }, is: { silenced: true } },
    { on: { damage_boost: 25 }, is: { dealt: 125 } },
    { on: { shield: 60 }, is: { taken: 40 } },
    { on: { bleed: 100, burn: 100, poison: 100, blind: 100, reveal: 100 }, is: {} },
  ];

  test.each(rows)("$on: $is", ({ on, is }) => {
    const world = arena();
    for (const [kind, potency] of Object.entries(on)) put(world, 1, { kind: kind as EffectKind, potency });
    const fighter = world.fighter(1);
    expect({
      speed: speedPercent(fighter),
      acts: canAct(fighter),
      silenced: isSilenced(fighter),
      dealt: damagePercentDealt(fighter),
      taken: damagePercentTaken(fighter),
    }).toEqual({ ...plain, ...is });
  });
});

test.each([
  { name: "no strength", given: { potency: 0 } },
  { name: "too strong", given: { potency: 101 } },
  { name: "a part of a percent", given: { potency: 0.5 } },
  { name: "too short", given: { durationMs: 99 } },
  { name: "too long", given: { durationMs: 300_001 } },
  { name: "a part of a millisecond", given: { durationMs: 100.5 } },
])("$name is a broken promise", ({ given }) => {
  expect(() => put(arena(), 1, { kind: "slow", ...given })).toThrow(/potencies|effects last/);
});
