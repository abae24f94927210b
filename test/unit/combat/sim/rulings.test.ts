/** Rulings: a blow that was given out takes what was decided, once, from whoever was struck and nobody else. */
import { describe, expect, test } from "vitest";
import { WEAPONS } from "#combat/sim/content.ts";
import { computeDamage } from "#combat/sim/damage-sum.ts";
import { hashWorld } from "#combat/sim/hash.ts";
import type { Action, Order, Outcome, Ruling, StepInput, StepResult } from "#combat/sim/inputs.ts";
import { RULING_MS_MAX, RULINGS_OPEN_MAX } from "#combat/sim/limits.ts";
import { recordOrder, recordStep, replay, startRecording } from "#combat/sim/record.ts";
import { decide, step } from "#combat/sim/step.ts";
import { createWorld, type Rules } from "#combat/sim/world.ts";
import { createRng, nextBelow } from "#kit/rng.ts";
import { Arena, type ArenaSetup, kinds, openMap, TICK_MS } from "./arena.ts";

const RIFLE_BODY = 2_275;

/** Two enemies ten metres apart, and a third of the shooter's side; weapons' blows are given out. */
function arena(rules: ArenaSetup["rules"] = {}): Arena {
  const world = new Arena({
    rules,
    fighters: [
      { side: 0, x: 1_000, y: 10_000 },
      { side: 1, x: 2_000, y: 10_000 },
      { side: 0, x: 1_000, y: 12_000 },
    ],
  });
  decide(world.world, { kind: "rulings", outside: true });
  return world;
}

const ids = ({ world }: Arena) => world.rulings.open.flatMap(({ blows }) => blows.map(({ id }) => id));

const ruling = (id: number, damage: number, rest = {}): Ruling => {
  return { kind: "ruling", id, decided: { damage, mitigation: 0, critical: false, ...rest } };
};

const unanswered = (id: number): Ruling => ({ kind: "ruling", id, decided: null });

const damaged = ({ events }: StepResult) => events.filter((event) => event.kind === "damaged");

/** Shoots at the enemy; the number of the blow that was given out. */
function shoot(world: Arena, shot: Action = world.shot(0, 1)): { shot: Action; id: number; result: StepResult } {
  const result = world.step([shot]);
  return { shot, id: ids(world).at(-1)!, result };
}

test("a shot that strikes takes a round and nothing else until it is decided", () => {
  const world = arena();
  const { result } = shoot(world);
  expect(result).toMatchObject({ events: [], shots: [], outcomes: [] });
  expect(world.fighter(1).health).toBe(10_000);
  expect(world.fighter(0)).toMatchObject({ shotsFired: 1, shotsHit: 0, damageDealt: 0 });
  expect(world.fighter(0).magazine.assault_rifle).toBe(29);
  expect(world.world.rulings.open).toMatchObject([
    { by: 0, blows: [{ blow: { by: 0, target: 1, base: RIFLE_BODY, weapon: "assault_rifle", damageType: "bullet" } }] },
  ]);
});

test("the ruling takes exactly what it says, and the receipt of that shot says so", () => {
  const world = arena();
  const { shot, id } = shoot(world);
  const result = world.step([ruling(id, 5_000, { critical: true })]);
  expect(damaged(result)).toMatchObject([
    { by: 0, target: 1, damage: 5_000, health: 5_000, decidedBy: "damage_service", critical: true },
  ]);
  expect(result.outcomes).toMatchObject([
    { kind: "done", id: shot.id, slot: 0, ammunition: 29, hit: { struck: "player", target: 1, damage: 5_000 } },
  ]);
  expect(world.fighter(0)).toMatchObject({ shotsHit: 1, damageDealt: 5_000 });
  expect(world.world.rulings.open).toEqual([]);
});

test.each([
  { name: "nothing", decided: ruling(1, 0), lost: 0, by: [] },
  { name: "more than there is", decided: ruling(1, 90_000), lost: 10_000, by: ["damage_service"] },
  { name: "no answer: our own sum", decided: unanswered(1), lost: RIFLE_BODY, by: ["fallback"] },
])("$name", ({ decided, lost, by }) => {
  const world = arena();
  const { id } = shoot(world);
  const result = world.step([{ ...decided, id }]);
  expect(damaged(result).map((event) => event.kind === "damaged" && event.decidedBy)).toEqual(by);
  expect(result.outcomes).toMatchObject([{ kind: "done", hit: { damage: lost } }]);
});

test("armour loses the share that the ruling says, or what our own sum says without one", () => {
  const { penetration } = WEAPONS.assault_rifle;
  const meets = { damageType: "bullet", penetration, critical: false, modifiers: [], armour: 5_000 } as const;
  const ownSum = computeDamage({ base: RIFLE_BODY, ...meets });
  for (const [decided, worn] of [
    [{ damage: 1_000, mitigation: 500, critical: false }, 1_000],
    [null, ownSum.absorbed],
  ] as const) {
    const world = arena();
    world.fighter(1).armour.amount = 5_000;
    const { id } = shoot(world);
    world.step([{ kind: "ruling", id, decided }]);
    expect(world.fighter(1).armour.amount).toBe(5_000 - worn);
  }
});

test("a shot that strikes nobody is answered at once", () => {
  const world = arena();
  const shot = world.shot(0, { x: 0, y: 0, z: 1_000_000 });
  expect(world.step([shot]).outcomes).toMatchObject([{ kind: "done", id: shot.id, hit: { struck: "nothing" } }]);
  expect(ids(world)).toEqual([]);
});

test("a ruling counts once; of one nobody waits for nothing comes", () => {
  const world = arena();
  const { id } = shoot(world);
  world.step([ruling(id, 1_000), ruling(id, 1_000), ruling(99, 1_000)]);
  expect(world.fighter(1).health).toBe(9_000);
});

test("without a word our own sum decides when the time is up, and says that it had to", () => {
  const world = arena();
  const { shot, id } = shoot(world);
  const results: StepResult[] = [];
  while (results.length * TICK_MS < RULING_MS_MAX) results.push(world.step());
  expect(results.slice(0, -1).flatMap(damaged)).toEqual([]);
  expect(damaged(results.at(-1)!)).toMatchObject([{ damage: RIFLE_BODY, decidedBy: "fallback" }]);
  expect(results.at(-1)!.outcomes).toMatchObject([{ id: shot.id, hit: { damage: RIFLE_BODY } }]);
  world.step([ruling(id, 1_000)]);
  expect(world.fighter(1).health).toBe(10_000 - RIFLE_BODY);
});

test("an answer that comes with the tick in which the time is up is the one that counts", () => {
  const world = arena();
  const { id } = shoot(world);
  for (let waited = TICK_MS; waited < RULING_MS_MAX; waited += TICK_MS) world.step();
  expect(damaged(world.step([ruling(id, 10)]))).toMatchObject([{ damage: 10, decidedBy: "damage_service" }]);
});

describe("takes nothing", () => {
  const receipt = (outcomes: readonly Outcome[], { id }: Action) => outcomes.find((outcome) => outcome.id === id);

  test.each([
    {
      name: "from who fell meanwhile",
      between: (world: Arena) => world.kill(2, 1),
    },
    {
      name: "from who fell and is back in another life",
      between: (world: Arena) => {
        world.kill(2, 1);
        world.world.fighters[1]!.respawnAtMs = 0;
        world.step();
        expect(world.fighter(1).alive).toBe(true);
      },
    },
    {
      name: "from who left and from who sits there now",
      between: (world: Arena) => {
        world.step([
          { kind: "add", slot: 3, side: 1 },
          { kind: "remove", slot: 1 },
          { kind: "add", slot: 1, side: 1 },
        ]);
      },
    },
    { name: "in a round that is over", between: (world: Arena) => world.step([{ kind: "round", round: 2 }]) },
  ])("$name", ({ between }) => {
    const world = arena();
    const { shot, id } = shoot(world);
    between(world);
    const { health } = world.fighter(1);
    const result = world.step([ruling(id, 4_000)]);
    expect(damaged(result)).toEqual([]);
    expect(world.fighter(1).health).toBe(health);
    expect(receipt(result.outcomes, shot)).toMatchObject({ kind: "done", hit: { struck: "player", damage: 0 } });
    expect(world.fighter(0).shotsHit).toBe(0);
  });

  test("after the blow that won the round, in the same tick", () => {
    const world = arena({ scoreLimit: 1 });
    const [one, other] = [world.shot(0, 1), world.shot(2, 1)];
    world.step([one, other]);
    const [first, second] = ids(world) as [number, number];
    const result = world.step([ruling(first, 10_000), ruling(second, 10_000)]);
    expect(damaged(result).length).toBe(1);
    expect(result.outcomes).toMatchObject([{ hit: { damage: 10_000 } }, { hit: { damage: 0 } }]);
    expect(kinds(result)).toContain("round_ended");
  });

  test("when the match is over, and the receipts are there all the same", () => {
    const world = arena();
    const { shot } = shoot(world);
    const result = world.step([{ kind: "end", cause: "cancelled" }]);
    expect(receipt(result.outcomes, shot)).toMatchObject({ kind: "done", hit: { damage: 0 } });
    expect(world.world.rulings.open).toEqual([]);
  });
});

test("of a shooter who left meanwhile it is nobody's blow, not that of who sits there now", () => {
  const world = arena();
  const { id } = shoot(world);
  world.step([
    { kind: "remove", slot: 0 },
    { kind: "add", slot: 0, side: 0 },
  ]);
  expect(damaged(world.step([ruling(id, 1_000)]))).toMatchObject([{ by: null, target: 1, damage: 1_000 }]);
  expect(world.fighter(0)).toMatchObject({ shotsHit: 0, damageDealt: 0 });
});

test("a shooter who fell meanwhile still hits", () => {
  const world = arena();
  const { id } = shoot(world);
  world.kill(1, 0);
  expect(damaged(world.step([ruling(id, 1_000)]))).toMatchObject([{ by: 0, damage: 1_000 }]);
  expect(world.fighter(0).shotsHit).toBe(1);
});

test("a shot with several blows is answered when the last is decided, with all of them", () => {
  const world = arena();
  world.place([
    { side: 0, x: 1_000, y: 10_000 },
    { side: 1, x: 1_300, y: 9_992 },
    { side: 0, x: 1_000, y: 12_000 },
  ]);
  decide(world.world, { kind: "add", slot: 3, side: 1 });
  world.fighter(3).position = { x: 1_300, y: 10_063, z: 0 };
  world.fighter(0).weapon = "shotgun";
  const shot = world.shot(0, { x: 1_000_000, y: 90_000, z: 0 });
  world.step([shot]);
  const [first, second] = ids(world) as [number, number];
  expect(second).toBe(first + 1);
  expect(world.step([ruling(second, 700)]).outcomes).toEqual([]);
  expect(world.step([ruling(first, 300)]).outcomes).toMatchObject([{ id: shot.id, hit: { damage: 1_000 } }]);
  expect(world.fighter(0).shotsHit).toBe(1);
});

test("damage from outside is not given out again, and says who decided it", () => {
  const world = arena();
  expect(damaged(world.step([world.blow(0, 1, 500)]))).toMatchObject([{ damage: 500, decidedBy: "damage_service" }]);
});

test("told not to any more, new blows are dealt at once; those given out are still decided", () => {
  const world = arena();
  const { id } = shoot(world);
  decide(world.world, { kind: "rulings", outside: false });
  world.wait(100);
  expect(damaged(world.step([world.shot(0, 1)]))).toMatchObject([{ damage: RIFLE_BODY, decidedBy: "local" }]);
  expect(damaged(world.step([ruling(id, 100)]))).toMatchObject([{ damage: 100, decidedBy: "damage_service" }]);
});

test("more open attacks than the cap: our own sum decides the oldest", () => {
  const world = arena();
  const { rulings } = world.world;
  shoot(world);
  const [first] = rulings.open;
  for (let count = 0; count < RULINGS_OPEN_MAX; count++) {
    rulings.open.push({ ...first!, blows: [{ ...first!.blows[0]!, id: rulings.next++ }], receipt: null });
  }
  expect(damaged(world.step())).toMatchObject([{ decidedBy: "fallback" }]);
  expect(rulings.open.length).toBe(RULINGS_OPEN_MAX);
});

const RULES: Rules = {
  ...{ mode: "team_deathmatch", tickRateHz: 20, maxRounds: 3, timeLimitMs: 600_000, scoreLimit: 30, respawnMs: 500 },
  friendlyFire: false,
};
const SLOTS = [0, 1, 2, 3];

/** Everybody shoots at anybody, and rulings come or do not; then quiet, until all are decided. */
function fuzz(seed: number) {
  const rng = createRng(seed);
  const open = openMap();
  const map = { ...open, spawns: open.spawns.slice(0, 4) }; // Within reach of each other.
  const world = createWorld({ rules: RULES, map, seed });
  const recording = startRecording({ rules: RULES, mapId: map.id, seed });
  const hashes: string[] = [];
  const told = { dealt: 0, actions: 0, receipts: 0 };
  const order = (given: Order) => {
    recordOrder(recording, world, given);
    decide(world, given);
  };
  const tick = (inputs: StepInput[]) => {
    recordStep(recording, world, inputs);
    const { events, outcomes } = step(world, inputs);
    for (const event of events) if (event.kind === "damaged") told.dealt += event.damage;
    told.receipts += outcomes.length;
    hashes.push(hashWorld(world));
  };
  const wishes = (): StepInput[] => {
    const acting = SLOTS.filter(() => nextBelow(rng, 3) === 0);
    return acting.map((slot) => {
      const aim = { kind: "target", slot: nextBelow(rng, SLOTS.length) } as const;
      const time = { atMs: world.nowMs, claimedMs: null, rttMs: null };
      const wish =
        nextBelow(rng, 20) === 0 ? { type: "reload" as const } : { type: "attack" as const, aim, weapon: null };
      return { kind: "action", id: ++told.actions, slot, seq: 0, ...time, do: wish };
    });
  };
  const rulings = (): StepInput[] =>
    world.rulings.open.flatMap(({ blows }) => {
      return blows.flatMap(({ id }) => {
        const draw = nextBelow(rng, 4);
        if (draw === 0) return [unanswered(id)];
        return draw === 1 ? [ruling(id, nextBelow(rng, 5_000), { mitigation: nextBelow(rng, 1_001) })] : [];
      });
    });
  order({ kind: "rulings", outside: true });
  for (const slot of SLOTS) order({ kind: "add", slot, side: slot % 2 });
  order({ kind: "start" });
  for (let count = 0; count < 600; count++) tick([...wishes(), ...rulings()]);
  for (let waited = 0; waited <= RULING_MS_MAX; waited += TICK_MS) tick([]);
  return { world, map, recording, hashes, told };
}

describe.each([1, 2, 3, 4, 5])("seed %i: under random rulings", (seed) => {
  const { world, map, recording, hashes, told } = fuzz(seed);

  test("damage dealt is health lost, kills are deaths, and every shot has its one receipt", () => {
    const fighters = world.fighters.filter((fighter) => fighter !== null);
    const sum = (field: "damageDealt" | "damageTaken" | "kills" | "deaths") =>
      fighters.reduce((total, fighter) => total + fighter[field], 0);
    expect(told.dealt).toBeGreaterThan(10_000);
    expect([sum("damageDealt"), sum("damageTaken")]).toEqual([told.dealt, told.dealt]);
    expect(sum("kills")).toBe(sum("deaths"));
    expect(told.receipts).toBe(told.actions);
    expect(world.rulings.open).toEqual([]);
  });

  test("a recording replays to the same hash at every tick", () => {
    const again: string[] = [];
    replay(JSON.parse(JSON.stringify(recording)), (replayed) => again.push(hashWorld(replayed)), { [map.id]: map });
    expect(again).toEqual(hashes);
  });
});
