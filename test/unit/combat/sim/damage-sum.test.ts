import { describe, expect, test } from "vitest";
import { ARMOUR_SHARE } from "#combat/sim/armour.ts";
import { inflict } from "#combat/sim/damage.ts";
import {
  absorbedShare,
  computeDamage,
  DAMAGE_MAX,
  type DamageQuestion,
  type Modifier,
} from "#combat/sim/damage-sum.ts";
import { afflict } from "#combat/sim/effects.ts";
import { PLAIN_MODE_RULES } from "#combat/sim/modes/mode-rules.ts";
import { createRng, nextBelow } from "#kit/rng.ts";
import { Arena, TICK_MS } from "./arena.ts";

const PLAIN: DamageQuestion = {
  base: 2_000,
  damageType: "bullet",
  penetration: 0,
  critical: false,
  modifiers: [],
  armour: 0,
};

function flat(value: number, stacks = 1): Modifier {
  return { kind: "flat", value, source: "test", stacks };
}

function percent(value: number, stacks = 1): Modifier {
  return { kind: "percentage", value, source: "test", stacks };
}

describe("a hit adds up to", () => {
  test.each<{ name: string; of: Partial<DamageQuestion>; damage: number }>([
    { name: "its base when nothing changes it", of: {}, damage: 2_000 },
    { name: "twice its base when critical", of: { critical: true }, damage: 4_000 },
    { name: "more by a flat modifier", of: { modifiers: [flat(150)] }, damage: 2_150 },
    { name: "more by each stack of it", of: { modifiers: [flat(150, 3)] }, damage: 2_450 },
    { name: "more by a percentage", of: { modifiers: [percent(25)] }, damage: 2_500 },
    { name: "percentages added up, not multiplied", of: { modifiers: [percent(25), percent(25)] }, damage: 3_000 },
    { name: "flat before percentage", of: { modifiers: [percent(50), flat(100)] }, damage: 3_150 },
    { name: "and in whatever order they come", of: { modifiers: [flat(100), percent(50)] }, damage: 3_150 },
    { name: "critical before flat", of: { critical: true, modifiers: [flat(100)] }, damage: 4_100 },
    { name: "less by a weakening one", of: { modifiers: [percent(-30)] }, damage: 1_400 },
    { name: "never less than nothing, by percentage", of: { modifiers: [percent(-60, 2)] }, damage: 0 },
    { name: "never less than nothing, flat", of: { modifiers: [flat(-9_000)] }, damage: 0 },
    { name: "1000 points at most", of: { base: 90_000, critical: true }, damage: DAMAGE_MAX },
    { name: "of a base of 1000 points at most", of: { base: 900_000 }, damage: DAMAGE_MAX },
    { name: "whole hundredths, rounded down", of: { base: 101, modifiers: [percent(50)] }, damage: 151 },
  ])("$name", ({ of, damage }) => {
    const critical = of.critical ?? false;
    expect(computeDamage({ ...PLAIN, ...of })).toEqual({ damage, mitigation: 0, critical, absorbed: 0 });
  });

  test.each([-1, 0.5, Number.NaN])("a base of %s is a broken promise", (base) => {
    expect(() => computeDamage({ ...PLAIN, base })).toThrow("damage is whole");
  });

  test.each([-1, 1_001, Number.NaN])("a penetration of %s is a broken promise", (penetration) => {
    expect(() => computeDamage({ ...PLAIN, penetration })).toThrow("penetration");
  });
});

describe("armour takes", () => {
  test.each<{ name: string; of: Partial<DamageQuestion>; damage: number; absorbed: number; mitigation: number }>([
    { name: "half of a bullet", of: {}, damage: 1_000, absorbed: 1_000, mitigation: 500 },
    { name: "less of a blade", of: { damageType: "melee" }, damage: 1_400, absorbed: 600, mitigation: 300 },
    { name: "more of an explosion", of: { damageType: "explosion" }, damage: 800, absorbed: 1_200, mitigation: 600 },
    {
      name: "nothing of the world itself",
      of: { damageType: "environmental" },
      damage: 2_000,
      absorbed: 0,
      mitigation: 0,
    },
    { name: "less of what penetrates", of: { penetration: 300 }, damage: 1_300, absorbed: 700, mitigation: 350 },
    {
      name: "nothing of what penetrates wholly",
      of: { penetration: 1_000 },
      damage: 2_000,
      absorbed: 0,
      mitigation: 0,
    },
    { name: "no more than is left of it", of: { armour: 200 }, damage: 1_800, absorbed: 200, mitigation: 100 },
    {
      name: "its share after modifiers",
      of: { modifiers: [percent(100)] },
      damage: 2_000,
      absorbed: 2_000,
      mitigation: 500,
    },
    { name: "nothing of the smallest", of: { base: 1 }, damage: 1, absorbed: 0, mitigation: 0 },
  ])("$name", ({ of, damage, absorbed, mitigation }) => {
    const sum = computeDamage({ ...PLAIN, armour: 10_000, ...of });
    expect(sum).toEqual({ damage, absorbed, mitigation, critical: false });
  });

  test("always less than everything, and with what is left it is what arrived; the share says it again", () => {
    const rng = createRng(120);
    for (let round = 0; round < 5_000; round++) {
      const kinds = Object.keys(ARMOUR_SHARE) as DamageQuestion["damageType"][];
      const base = nextBelow(rng, DAMAGE_MAX + 1);
      const damageType = kinds[nextBelow(rng, kinds.length)]!;
      const [penetration, armour] = [nextBelow(rng, 1_001), nextBelow(rng, 10_001)];
      const { damage, absorbed, mitigation } = computeDamage({ ...PLAIN, base, damageType, penetration, armour });
      expect(damage + absorbed).toBe(base);
      expect(damage > 0 || base === 0).toBe(true);
      expect(absorbed <= armour && Number.isSafeInteger(absorbed)).toBe(true);
      expect(Math.abs(absorbedShare(damage, mitigation) - absorbed)).toBeLessThanOrEqual(base / 500 + 1);
    }
  });
});

describe("in a match", () => {
  const FIGHTERS = [
    { side: 0, x: 5_000, y: 5_000 },
    { side: 1, x: 6_000, y: 5_000 },
  ];

  function arena(startingArmour: number): Arena {
    return new Arena({ fighters: FIGHTERS, rules: { modeRules: { ...PLAIN_MODE_RULES, startingArmour } } });
  }

  test("a shot at somebody in armour takes less health, wears it off, and says so", () => {
    const world = arena(1_500);
    const { events } = world.step([world.shot(0, 1)]);
    // A rifle goes past 300 thousandths of the half that armour takes: 35 % of 22.75 points.
    const told = { damage: 1_479, absorbed: 796, mitigation: 350, critical: false, part: "torso", headshot: false };
    expect(events).toMatchObject([{ kind: "damaged", by: 0, target: 1, ...told }]);
    expect(world.fighter(1)).toMatchObject({ health: 8_521, armour: { amount: 704 }, damageTaken: 1_479 });
    expect(world.fighter(0).damageDealt).toBe(1_479);
  });

  test("what is left of it takes no more than that", () => {
    const world = arena(100);
    world.hit(0, 1);
    expect(world.fighter(1)).toMatchObject({ health: 10_000 - 2_175, armour: { amount: 0 } });
    world.wait(TICK_MS);
    world.hit(0, 1);
    expect(world.fighter(1).health).toBe(10_000 - 2_175 - 2_275);
  });

  test("each life begins with what the rules give", () => {
    const world = arena(2_000);
    world.hit(0, 1);
    expect(world.fighter(1).armour.amount).toBe(2_000 - 796);
    world.kill(0, 1);
    world.wait(1_000);
    expect(world.fighter(1)).toMatchObject({ alive: true, armour: { amount: 2_000 } });
  });

  test("a blow that was decided elsewhere holds as it is, and armour loses the share that it says", () => {
    const world = arena(5_000);
    const { events } = world.step([{ ...world.blow(0, 1, 3_000), mitigation: 250, critical: true }]);
    expect(events).toMatchObject([{ damage: 3_000, absorbed: 1_000, mitigation: 250, critical: true, part: null }]);
    expect(world.fighter(1)).toMatchObject({ health: 7_000, armour: { amount: 4_000 } });
  });

  test("armour never falls below nothing, whatever another service says it took", () => {
    const world = arena(300);
    world.step([{ ...world.blow(0, 1, 3_000), mitigation: 900 }]);
    expect(world.fighter(1).armour.amount).toBe(0);
  });

  test.each([
    { name: "a boost on who strikes adds to it", on: 0, kind: "damage_boost", potency: 40, damage: 3_185 },
    { name: "a boost on who is struck does not", on: 1, kind: "damage_boost", potency: 40, damage: 2_275 },
    { name: "a shield on who is struck takes from it", on: 1, kind: "shield", potency: 40, damage: 1_365 },
    { name: "a shield on who strikes does not", on: 0, kind: "shield", potency: 40, damage: 2_275 },
  ] as const)("$name", ({ on, kind, potency, damage }) => {
    const world = arena(0);
    afflict(world.world, world.fighter(on), { kind, potency, durationMs: 1_000, by: null });
    expect(world.hit(0, 1).damage).toBe(damage);
  });

  test("a blow at the fallen takes no armour either", () => {
    const world = arena(300);
    world.kill(null, 1);
    const blow = { by: 0, target: 1, weapon: null, damageType: "bullet", damage: 10, headshot: false } as const;
    expect(inflict(world.world, { ...blow, absorbed: 10 }, [])).toMatchObject({ lost: 0 });
    expect(world.fighter(1).armour.amount).toBe(300);
  });
});
