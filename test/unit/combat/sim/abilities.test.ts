/** Abilities: what each does, what it costs, and why it is refused; a refused one costs nothing. */
import { describe, expect, test } from "vitest";
import { ABILITIES, ABILITY_NAMES, type AbilityName } from "#combat/sim/content/abilities.ts";
import { afflict, speedPercent } from "#combat/sim/effects.ts";
import { ENERGY_MAX, ENERGY_PER_SECOND, energyAt } from "#combat/sim/energy.ts";
import type { Aim, Grant, Outcome } from "#combat/sim/inputs.ts";
import { leap } from "#combat/sim/motion.ts";
import type { Point } from "#combat/sim/world.ts";
import { Arena, type ArenaSetup, kinds, TICK_MS } from "./arena.ts";

/** The user, an enemy 5 m to the east, a team mate 5 m to the north, an enemy far off. */
const FIGHTERS = [
  { side: 0, x: 2_000, y: 2_000 },
  { side: 1, x: 2_500, y: 2_000 },
  { side: 0, x: 2_000, y: 2_500 },
  { side: 1, x: 9_000, y: 9_000 },
];

const WALL = { min: { x: 2_200, y: 1_800, z: 0 }, max: { x: 2_250, y: 2_200, z: 300 } };

function arena(setup: Partial<ArenaSetup> = {}): Arena {
  return new Arena({ fighters: FIGHTERS, ...setup, rules: { scoreLimit: 100, ...setup.rules } });
}

type On = { target?: number; direction?: Point; spot?: Point; grant?: Grant };

function deed(ability: AbilityName, { target, direction, spot = undefined, grant }: On = {}) {
  const at: Aim | null = target === undefined ? null : { kind: "target", slot: target };
  const aim: Aim | null = direction ? { kind: "direction", direction } : at;
  return { type: "ability", ability, aim, spot: spot ?? null, grant: grant ?? null } as const;
}

function use(world: Arena, ability: AbilityName, on: On = {}, slot = 0) {
  return world.step([world.action(slot, deed(ability, on))]);
}

function outcome(world: Arena, ability: AbilityName, on: On = {}, slot = 0) {
  return world.act(world.action(slot, deed(ability, on)));
}

function reasonOf(of: Outcome): string {
  return of.kind === "refused" ? of.reason : of.kind;
}

const EAST: Point = { x: 1_000_000, y: 0, z: 0 };
const NEAR: Point = { x: 2_300, y: 2_300, z: 0 };

/** What each is used on to be done, from where the user stands. */
const USUAL: Record<AbilityName, On> = {
  dash: {},
  blink: { spot: NEAR },
  shield: {},
  heal: { target: 2 },
  stun: { target: 1 },
  slow_field: { spot: NEAR },
  reveal: {},
  damage_boost: {},
  flash: { target: 1 },
  jam: { target: 1 },
};

/** Where everybody can use everything. */
function ready(setup: Partial<ArenaSetup> = {}): Arena {
  const world = arena(setup);
  world.fighter(2).health = 5_000;
  return world;
}

describe.each(ABILITY_NAMES)("%s", (ability) => {
  const { cost, cooldownMs, charges } = ABILITIES[ability];
  const on = USUAL[ability];

  test("costs what its table says, and is told", () => {
    const world = ready();
    const { events, outcomes } = use(world, ability, on);
    expect(outcomes).toMatchObject([{ kind: "done", used: { cost }, hit: null }]);
    expect(energyAt(world.fighter(0).energy, world.world.nowMs)).toBe(ENERGY_MAX - cost);
    const position = on.spot ?? null;
    expect(events[0]).toEqual({ kind: "ability_used", slot: 0, ability, target: on.target ?? null, position, cost });
  });

  test("is used as often as it has charges; then its cooldown says for how long it is not", () => {
    const world = ready();
    const grant = { cost: 0, cooldownMs };
    for (let used = 0; used < charges; used++) {
      world.place(FIGHTERS);
      world.fighter(2).health = 5_000;
      expect(outcome(world, ability, { ...on, grant }).kind).toBe("done");
    }
    world.place(FIGHTERS);
    world.fighter(2).health = 5_000;
    const left = cooldownMs - charges * TICK_MS;
    const reason = charges > 1 ? "no_charges" : "cooldown";
    expect(outcome(world, ability, { ...on, grant })).toMatchObject({ kind: "refused", reason, cooldownMs: left });
    world.wait(left - TICK_MS);
    world.place(FIGHTERS);
    world.fighter(2).health = 5_000;
    expect(outcome(world, ability, { ...on, grant }).kind).toBe("done");
  });

  test.each([
    { reason: "dead", make: (world: Arena) => world.kill(1, 0) },
    { reason: "stunned", make: (world: Arena) => lay(world, "stun") },
    { reason: "silenced", make: (world: Arena) => lay(world, "silence") },
    {
      reason: "not_enough_energy",
      make: (world: Arena) => Object.assign(world.fighter(0).energy, { amount: cost - 50, atMs: world.world.nowMs }),
    },
    { reason: "not_active", make: (world: Arena) => world.step([{ kind: "end", cause: "cancelled" }]) },
  ])("refused as $reason it costs nothing", ({ reason, make }) => {
    const world = ready();
    make(world);
    const before = structuredClone(world.fighter(0));
    expect(reasonOf(outcome(world, ability, on))).toBe(reason);
    const { energy, spent, position, effects } = world.fighter(0);
    expect({ energy, spent, position, effects }).toEqual({
      energy: before.energy,
      spent: before.spent,
      position: before.position,
      effects: before.effects,
    });
  });
});

function lay(world: Arena, kind: "stun" | "silence"): void {
  afflict(world.world, world.fighter(0), { kind, potency: 100, durationMs: 10_000, by: null });
}

describe("what they do", () => {
  test("dash doubles the speed for a moment", () => {
    const world = arena();
    use(world, "dash");
    expect(speedPercent(world.fighter(0))).toBe(200);
    world.wait(600);
    expect(speedPercent(world.fighter(0))).toBe(100);
  });

  test("shield halves what is taken, damage boost adds a quarter to what is dealt", () => {
    const plain = arena().hit(0, 1).damage;
    const world = arena();
    use(world, "damage_boost");
    expect(world.hit(0, 1).damage).toBe(Math.floor(plain * 1.25));
    use(world, "shield", {}, 1);
    world.wait(100);
    expect(world.hit(0, 1).damage).toBe(Math.floor(plain * 0.75)); // Percentages add up.
  });

  test.each([
    { name: "a team mate", on: { target: 2 }, who: 2 },
    { name: "the user, who names nobody", on: {}, who: 0 },
    { name: "the user by name", on: { target: 0 }, who: 0 },
  ])("heal gives health to $name", ({ on, who }) => {
    const world = arena();
    world.fighter(who).health = 5_000;
    expect(outcome(world, "heal", on)).toMatchObject({ used: { healed: 3_500, effects: [] } });
    expect(world.fighter(who).health).toBe(8_500);
  });

  test("stun, flash and jam lie on the enemy named, or the first in the line of aim", () => {
    for (const [ability, kind] of [
      ["stun", "stun"],
      ["flash", "blind"],
      ["jam", "silence"],
    ] as const) {
      for (const on of [{ target: 1 }, { direction: EAST }]) {
        const world = arena();
        const { does } = ABILITIES[ability];
        const { outcomes, events } = use(world, ability, on);
        const durationMs = does.kind === "effect" ? does.durationMs : 0;
        expect(outcomes).toMatchObject([{ used: { effects: [{ target: 1, kind, durationMs, stacks: 1 }] } }]);
        expect(events.map((event) => event.kind)).toEqual(["ability_used", "effect_applied"]);
        expect(world.fighter(1).effects).toMatchObject([{ kind, by: 0 }]);
      }
    }
  });

  test("reveal lies on every enemy near, behind walls too, and on nobody else", () => {
    const world = arena({ walls: [WALL] });
    expect(outcome(world, "reveal")).toMatchObject({ used: { effects: [{ target: 1, kind: "reveal" }] } });
    expect([0, 1, 2, 3].map((slot) => world.fighter(slot).effects.length)).toEqual([0, 1, 0, 0]);
  });

  test("blink puts its user on the spot, with a way of its own behind it no more", () => {
    const world = arena();
    use(world, "blink", { spot: { ...NEAR, z: 150 } });
    expect(world.fighter(0).position).toEqual(NEAR); // On the ground under the spot.
    expect(world.move(0, { x: NEAR.x + 30, y: NEAR.y, z: 0 }).ok).toBe(true);
  });

  test("who blinks drops the flag where the leap began", () => {
    const bases = [
      { x: 2_000, y: 2_000, z: 0 },
      { x: 12_000, y: 12_000, z: 0 },
    ];
    const places = { bases: [bases[0]!, bases[1]!], hills: [], zones: [] };
    const world = arena({ rules: { mode: "capture_the_flag" }, places });
    world.place([{ side: 0, x: 12_000, y: 12_000 }, ...FIGHTERS.slice(1)]);
    world.step();
    const from = world.fighter(0).position;
    expect(world.world.objectives.flags[1]).toMatchObject({ state: "carried", carrier: 0 });
    use(world, "blink", { spot: { x: 12_700, y: 12_000, z: 0 } });
    expect(world.world.objectives.flags[1]).toMatchObject({ state: "dropped", position: from });
  });
});

describe("a slow field", () => {
  test("slows enemies while they are in it, told once; not the side that laid it", () => {
    const world = arena();
    const spot = { x: 2_250, y: 2_000, z: 0 };
    use(world, "slow_field", { spot });
    expect(kinds(world.step())).toBe("effect_applied");
    expect([0, 1, 2].map((slot) => speedPercent(world.fighter(slot)))).toEqual([100, 50, 100]);
    expect(kinds(world.wait(5_000))).toBe("");
    expect(speedPercent(world.fighter(1))).toBe(50);
  });

  test("stops slowing whoever leaves it, and everybody when its time is up", () => {
    const world = laidAtEnemy();
    world.step();
    world.place([FIGHTERS[0]!, { side: 1, x: 2_500, y: 2_401 }, ...FIGHTERS.slice(2)]);
    expect(kinds(world.wait(800))).toBe("effect_ended");
    world.place(FIGHTERS);
    expect(kinds(world.wait(500))).toBe("effect_applied");
    world.wait(6_000);
    expect(world.world.fields).toEqual([]);
    expect(world.fighter(1).effects).toEqual([]);
  });

  test("lies on when who laid it falls, is nobody's when it leaves, and ends with the round", () => {
    const world = laidAtEnemy();
    world.kill(1, 0);
    world.step();
    expect(world.fighter(1).effects).toMatchObject([{ kind: "slow", by: 0 }]);
    world.step([{ kind: "remove", slot: 0 }]);
    expect(world.world.fields).toMatchObject([{ by: null }]);
    expect(world.fighter(1).effects).toMatchObject([{ kind: "slow", by: null }]);
    world.step([{ kind: "round", round: 2 }]);
    expect(world.world.fields).toEqual([]);
  });

  function laidAtEnemy(): Arena {
    const world = arena();
    use(world, "slow_field", { spot: { x: 2_500, y: 2_000, z: 0 } });
    return world;
  }
});

describe("targets", () => {
  type Row = { name: string; ability: AbilityName; on: On; reason: string; walls?: ArenaSetup["walls"] };
  const rows: Row[] = [
    { name: "nobody named", ability: "stun", on: {}, reason: "unknown_target" },
    { name: "a seat nobody sits in", ability: "stun", on: { target: 30 }, reason: "unknown_target" },
    { name: "oneself", ability: "stun", on: { target: 0 }, reason: "unknown_target" },
    {
      name: "nobody in the line of aim",
      ability: "stun",
      on: { direction: { ...EAST, x: -1 } },
      reason: "unknown_target",
    },
    { name: "a team mate, for harm", ability: "stun", on: { target: 2 }, reason: "wrong_target" },
    { name: "an enemy, for healing", ability: "heal", on: { target: 1 }, reason: "wrong_target" },
    { name: "who lacks nothing", ability: "heal", on: { target: 2 }, reason: "full_health" },
    { name: "too far off", ability: "stun", on: { target: 3 }, reason: "out_of_range" },
    { name: "behind a wall", ability: "stun", on: { target: 1 }, reason: "no_line_of_sight", walls: [WALL] },
    {
      name: "behind a wall, by aim",
      ability: "stun",
      on: { direction: EAST },
      reason: "unknown_target",
      walls: [WALL],
    },
    { name: "no spot", ability: "slow_field", on: {}, reason: "unknown_target" },
    {
      name: "a spot too far off",
      ability: "slow_field",
      on: { spot: { x: 4_001, y: 2_000, z: 0 } },
      reason: "out_of_range",
    },
    {
      name: "a spot behind a wall",
      ability: "slow_field",
      on: { spot: { x: 2_500, y: 2_000, z: 0 } },
      reason: "no_line_of_sight",
      walls: [WALL],
    },
    {
      name: "a spot beyond the map",
      ability: "slow_field",
      on: { spot: { x: -1, y: 2_000, z: 0 } },
      reason: "blocked",
    },
    { name: "a leap too far", ability: "blink", on: { spot: { x: 2_000, y: 2_801, z: 0 } }, reason: "out_of_range" },
    {
      name: "a leap through a wall",
      ability: "blink",
      on: { spot: { x: 2_500, y: 2_000, z: 0 } },
      reason: "no_line_of_sight",
      walls: [WALL],
    },
    {
      name: "a leap into a wall",
      ability: "blink",
      on: { spot: { x: 2_225, y: 2_000, z: 0 } },
      reason: "blocked",
      walls: [WALL],
    },
    {
      name: "a leap too near a wall for a body",
      ability: "blink",
      on: { spot: { x: 2_180, y: 2_000, z: 0 } },
      reason: "blocked",
      walls: [WALL],
    },
    {
      name: "a leap beyond the map",
      ability: "blink",
      on: { spot: { x: 2_000, y: 2_000, z: 5_001 } },
      reason: "blocked",
    },
  ];

  test.each(rows)("$name: $reason, and it costs nothing", ({ ability, on, reason, walls = [] }) => {
    const world = arena({ walls });
    const { energy, spent, position } = structuredClone(world.fighter(0));
    const { events, outcomes } = use(world, ability, on);
    expect(outcomes.map(reasonOf)).toEqual([reason]);
    expect(events).toEqual([]);
    expect(world.fighter(0)).toMatchObject({ energy, spent, position });
    expect(world.world.fields).toEqual([]);
  });

  test("who is down is no target", () => {
    const world = arena({ rules: { respawnMs: 60_000 } });
    world.kill(0, 1);
    expect(reasonOf(outcome(world, "stun", { target: 1 }))).toBe("unknown_target");
  });

  test("a target is judged by where the client was shown it", () => {
    const world = arena();
    leap(world.world, world.fighter(1), { x: 3_150, y: 2_000, z: 0 });
    world.wait(500);
    const shownMs = world.world.nowMs;
    for (const x of [3_180, 3_210, 3_240]) {
      world.step();
      expect(world.move(1, { x, y: 2_000, z: 0 }).ok).toBe(true);
    }
    const late = world.action(0, deed("stun", { target: 1 }));
    expect(reasonOf(world.act(late))).toBe("out_of_range");
    expect(world.act({ ...late, claimedMs: shownMs }).kind).toBe("done");
  });
});

describe("energy", () => {
  test("comes back with match time, up to its maximum", () => {
    const world = arena();
    use(world, "shield");
    const { energy } = world.fighter(0);
    const spentAtMs = world.world.nowMs;
    expect(energyAt(energy, spentAtMs + 1_000)).toBe(ENERGY_MAX - 3_000 + ENERGY_PER_SECOND);
    expect(energyAt(energy, spentAtMs + 60_000)).toBe(ENERGY_MAX);
  });

  test("and charges are whole again in a new life", () => {
    const world = arena();
    use(world, "dash");
    use(world, "shield");
    world.kill(1, 0);
    world.wait(1_000);
    expect(world.fighter(0)).toMatchObject({ energy: { amount: ENERGY_MAX }, spent: [] });
  });
});

describe("charges", () => {
  test("come back one after the other", () => {
    const world = arena();
    const { cooldownMs } = ABILITIES.dash;
    const grant = { cost: 0, cooldownMs };
    use(world, "dash", { grant });
    use(world, "dash", { grant });
    world.wait(cooldownMs - TICK_MS);
    expect(outcome(world, "dash", { grant }).kind).toBe("done");
    expect(outcome(world, "dash", { grant })).toMatchObject({
      reason: "no_charges",
      cooldownMs: cooldownMs - 2 * TICK_MS,
    });
    world.wait(3 * cooldownMs);
    use(world, "dash", { grant });
    expect(outcome(world, "dash", { grant }).kind).toBe("done");
    expect(reasonOf(outcome(world, "dash", { grant }))).toBe("no_charges");
  });

  test("the list of what is used up forgets what is whole again", () => {
    const world = arena();
    use(world, "dash");
    world.wait(10_000);
    use(world, "shield");
    expect(world.fighter(0).spent.map(({ ability }) => ability)).toEqual(["shield"]);
  });
});

test("what another service grants replaces cost and cooldown of that use", () => {
  const world = arena();
  const grant = { cost: 100, cooldownMs: 1_000 };
  expect(outcome(world, "shield", { grant })).toMatchObject({ used: { cost: 100 }, cooldownMs: 1_000 });
  expect(outcome(world, "dash", { grant: { cost: ENERGY_MAX, cooldownMs: 0 } })).toMatchObject({
    reason: "not_enough_energy",
  });
  world.wait(1_000 - 2 * TICK_MS);
  expect(outcome(world, "shield")).toMatchObject({ kind: "done", used: { cost: ABILITIES.shield.cost } });
});
