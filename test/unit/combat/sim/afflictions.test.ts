/** Afflictions: what effects of a hit do from their beginning to their end, and whose doing it is. */
import { describe, expect, test } from "vitest";
import type { Dose } from "#combat/sim/afflictions.ts";
import { type Blow, deal } from "#combat/sim/damage.ts";
import type { EffectKind } from "#combat/sim/effect-table.ts";
import type { SimEvent } from "#combat/sim/events.ts";
import { heal } from "#combat/sim/heal.ts";
import { Arena, kinds, TICK_MS } from "./arena.ts";

const FIGHTERS = [
  { side: 0, x: 2_000, y: 2_000 },
  { side: 1, x: 4_000, y: 4_000 },
  { side: 0, x: 6_000, y: 6_000 },
];

function arena(rules = {}): Arena {
  return new Arena({ fighters: FIGHTERS, rules: { scoreLimit: 100, ...rules } });
}

function dose(kind: EffectKind, rest: Partial<Dose> = {}): Dose {
  return { kind, potency: 100, durationMs: 1_000, ...rest };
}

/** A blow that takes next to nothing and brings these. */
function hit(world: Arena, effects: readonly Dose[], by: number | null = 0) {
  return world.step([{ ...world.blow(by, 1, 1), effects }]);
}

function damages(events: readonly SimEvent[]): number[] {
  return events.flatMap((event) => (event.kind === "damaged" ? [event.damage] : []));
}

test("an effect is told when it comes, and when its time is up", () => {
  const world = arena();
  const { events } = hit(world, [dose("slow", { potency: 40 })]);
  expect(events.slice(1)).toEqual([
    { kind: "effect_applied", target: 1, by: 0, effect: "slow", potency: 40, stacks: 1, durationMs: 1_000 },
  ]);
  expect(kinds(world.wait(1_000 - TICK_MS))).toBe("");
  expect(world.step().events).toEqual([{ kind: "effect_ended", target: 1, effect: "slow" }]);
});

test("what is ignored is not told", () => {
  const world = arena();
  hit(world, [dose("slow", { durationMs: 2_000 })]);
  expect(kinds(hit(world, [dose("slow", { potency: 99 })]))).toBe("damaged");
});

describe("what a weapon brings", () => {
  const cut: Blow = {
    ...{ by: 0, target: 1, weapon: "katana", damageType: "melee", base: 1_000 },
    ...{ part: null, penetration: 1_000, modifiers: [], critical: false },
  };

  test("comes upon whoever loses health by it", () => {
    const world = arena();
    const events: SimEvent[] = [];
    deal(world.world, cut, events);
    expect(events.map(({ kind }) => kind)).toEqual(["damaged", "effect_applied"]);
    expect(world.fighter(1).effects).toMatchObject([{ kind: "bleed", potency: 50, by: 0, stacks: 1 }]);
  });

  test.each([
    { name: "not upon who falls by it", health: 1_000, base: 1_000 },
    { name: "not without any loss", health: 10_000, base: 0 },
  ])("$name", ({ health, base }) => {
    const world = arena();
    world.fighter(1).health = health;
    deal(world.world, { ...cut, base }, []);
    expect(world.fighter(1).effects).toEqual([]);
  });

  test("not with damage that another service sends: it says itself what comes with it", () => {
    const world = arena();
    world.step([{ ...world.blow(0, 1, 1_000), weapon: "katana" }]);
    expect(world.fighter(1).effects).toEqual([]);
  });
});

test("of one hit the first five come, and no more", () => {
  const world = arena();
  hit(
    world,
    (["bleed", "burn", "poison", "slow", "blind", "silence", "stun"] as const).map((kind) => dose(kind)),
  );
  expect(world.fighter(1).effects.map(({ kind }) => kind)).toEqual(["bleed", "burn", "poison", "slow", "blind"]);
});

test("a blow that kills brings nothing", () => {
  const world = arena();
  const { events } = world.step([{ ...world.blow(0, 1, 10_000), effects: [dose("slow")] }]);
  expect(events.map(({ kind }) => kind)).toEqual(["damaged", "killed"]);
});

test("nobody is afflicted outside of live play", () => {
  const world = new Arena({ fighters: FIGHTERS, live: false });
  expect(kinds(hit(world, [dose("slow")]))).toBe("");
  expect(world.fighter(1).effects).toEqual([]);
});

describe("damage over time", () => {
  test.each([
    { name: "each half second, and all in all its rate times its length", doses: [dose("burn")], takes: [500, 500] },
    { name: "by potency", doses: [dose("burn", { potency: 25 })], takes: [125, 125] },
    { name: "the rest at the end", doses: [dose("burn", { durationMs: 800 })], takes: [500, 300] },
    { name: "the shortest too", doses: [dose("burn", { durationMs: 100 })], takes: [100] },
    { name: "by stacks", doses: [dose("bleed"), dose("bleed"), dose("bleed")], takes: [600, 600] },
    { name: "none of a kind that does not hurt", doses: [dose("blind")], takes: [] },
  ])("$name: $takes", ({ doses, takes }) => {
    const world = arena();
    hit(world, doses);
    expect(damages(world.wait(2_000).events)).toEqual(takes);
  });

  test.each([1, 3, 7, 20, 60, 128])("takes the same at %i ticks a second", (tickRateHz) => {
    const world = arena({ tickRateHz });
    hit(world, [dose("burn", { durationMs: 6_000 })]);
    const events: SimEvent[] = [];
    for (let ticks = 0; ticks <= 7 * tickRateHz; ticks++) events.push(...world.step().events);
    const sum = damages(events).reduce((total, part) => total + part, 0);
    expect(Math.abs(sum - 6_000)).toBeLessThanOrEqual(12); // Each part is rounded down.
  });

  test("an effect that is renewed goes on hurting without a break", () => {
    const world = arena();
    hit(world, [dose("burn", { durationMs: 2_000 })]);
    const events: SimEvent[] = [];
    for (let ticks = 0; ticks < 20; ticks++) events.push(...hit(world, [dose("burn", { durationMs: 2_000 })]).events);
    expect(damages(events).filter((damage) => damage > 1)).toEqual([500, 500]);
  });

  test("is told as of its type, with whose it is and what is left, and counts in the figures", () => {
    const world = arena();
    hit(world, [dose("poison", { durationMs: 500 })]);
    const { events } = world.wait(500);
    expect(events).toMatchObject([
      { kind: "damaged", by: 0, target: 1, damage: 150, health: 9_849, weapon: null, damageType: "ability" },
      { kind: "effect_ended", effect: "poison" },
    ]);
    expect([world.fighter(0).damageDealt, world.fighter(1).damageTaken]).toEqual([151, 151]);
  });

  test.each([
    { name: "its causer's", by: 0, leaves: false, killer: 0, kills: 1 },
    { name: "nobody's, where nobody caused it", by: null, leaves: false, killer: null, kills: 0 },
    { name: "nobody's, when its causer left", by: 0, leaves: true, killer: null, kills: 0 },
  ])("a kill by it is $name", ({ by, leaves, killer, kills }) => {
    const world = arena();
    world.fighter(1).health = 400;
    hit(world, [dose("burn")], by);
    if (leaves) world.step([{ kind: "remove", slot: 0 }]);
    const { events } = world.wait(600);
    expect(events.map(({ kind }) => kind)).toEqual(["damaged", "killed"]);
    expect(events[1]).toMatchObject({ victim: 1, by: killer });
    expect(world.world.sides[0]).toMatchObject({ kills });
    expect(world.fighter(1).effects).toEqual([]);
  });

  test("who caused it has an assist when another kills", () => {
    const world = arena();
    hit(world, [dose("burn")]);
    world.wait(500);
    expect(world.kill(2, 1).events.at(-1)).toMatchObject({ kind: "killed", by: 2, assists: [0] });
  });

  test("a kill by it wins a round like any other, before what arrived with that tick", () => {
    const world = arena({ scoreLimit: 1 });
    world.fighter(1).health = 400;
    hit(world, [dose("burn")]);
    world.wait(500 - TICK_MS);
    const { events, outcomes } = world.step([world.shot(0, 2)]);
    expect(events.slice(0, 4).map(({ kind }) => kind)).toEqual(["damaged", "killed", "round_ended", "round_started"]);
    expect(outcomes).toMatchObject([{ kind: "refused", reason: "not_active" }]);
  });

  test("who is afflicted with several is killed once", () => {
    const world = arena();
    world.fighter(1).health = 100;
    hit(world, [dose("burn"), dose("bleed"), dose("poison")]);
    expect(kinds(world.wait(600))).toBe("damaged killed");
  });
});

test.each(["attack", "reload", "switch_weapon"] as const)("the stunned are refused %s, at no cost", (type) => {
  const world = arena();
  hit(world, [dose("stun", { potency: 1 })]);
  const { magazine, weapon } = structuredClone(world.fighter(1));
  const wish = {
    attack: { type: "attack", aim: { kind: "target", slot: 0 }, weapon: null },
    reload: { type: "reload" },
    switch_weapon: { type: "switch_weapon", weapon: "shotgun" },
  } as const;
  expect(world.act(world.action(1, wish[type]))).toMatchObject({ kind: "refused", reason: "stunned" });
  expect(world.fighter(1)).toMatchObject({ magazine, weapon, reloadedAtMs: 0 });
  world.wait(1_000);
  expect(world.act(world.action(1, wish.attack)).kind).toBe("done");
});

describe("healing", () => {
  test.each([
    { name: "gives what it says", health: 5_000, amount: 2_000, gained: 2_000 },
    { name: "never more than the maximum", health: 9_000, amount: 2_000, gained: 1_000 },
    { name: "of the unhurt is not news", health: 10_000, amount: 2_000, gained: 0 },
    { name: "of nothing is not news", health: 5_000, amount: 0, gained: 0 },
    { name: "does not wake the fallen", health: 0, amount: 2_000, gained: 0 },
  ])("$name", ({ health, amount, gained }) => {
    const world = arena();
    Object.assign(world.fighter(1), { health, alive: health > 0 });
    const events: SimEvent[] = [];
    expect(heal(world.world, { by: 2, target: 1, amount, cause: "medkit" }, events)).toBe(gained);
    expect(world.fighter(1).health).toBe(health + gained);
    const told = { kind: "healed", target: 1, by: 2, amount: gained, health: health + gained, cause: "medkit" };
    expect(events).toEqual(gained > 0 ? [told] : []);
  });

  test("of nobody is nothing", () => {
    expect(heal(arena().world, { by: null, target: 40, amount: 100, cause: "medkit" }, [])).toBe(0);
  });

  test.each([-1, 0.5, Number.NaN])("%s is a broken promise", (amount) => {
    expect(() => heal(arena().world, { by: null, target: 1, amount, cause: "medkit" }, [])).toThrow("healing is whole");
  });
});
