import { describe, expect, test } from "vitest";
import { FIRST_MAP, MAPS } from "#combat/sim/content.ts";
import type { StepInput } from "#combat/sim/inputs.ts";
import { SLOTS_MAX } from "#combat/sim/limits.ts";
import { chooseSpawn } from "#combat/sim/spawns.ts";
import { step } from "#combat/sim/step.ts";
import { createWorld, type World } from "#combat/sim/world.ts";
import { Arena } from "./arena.ts";

const CORNER = { side: 1, x: 1_000, y: 1_000 };

function spotOf(world: Arena, side: number): { x: number; y: number } {
  const { x, y } = chooseSpawn(world.world, side).position;
  return { x, y };
}

test("the spot farthest from the nearest enemy is chosen", () => {
  const world = new Arena({ fighters: [{ side: 0, x: 10_000, y: 10_000 }, CORNER] });
  expect(spotOf(world, 0)).toEqual({ x: 19_000, y: 19_000 });
});

test("the nearest enemy decides, not the others", () => {
  const fighters = [{ side: 0, x: 10_000, y: 10_000 }, CORNER, CORNER, { side: 1, x: 19_000, y: 19_000 }];
  const world = new Arena({ fighters });
  const { x, y } = spotOf(world, 0);
  expect([`${x} ${y}`]).toContain(x < y ? "1000 19000" : "19000 1000");
});

test("fallen enemies and friends frighten nobody away", () => {
  const fighters = [{ side: 0, x: 10_000, y: 10_000 }, CORNER, { side: 1, x: 19_000, y: 19_000 }];
  const world = new Arena({ fighters });
  world.kill(null, 2);
  expect(spotOf(world, 0)).toEqual({ x: 19_000, y: 19_000 });
});

test("a spot somebody stands on is left free, friend or foe", () => {
  const world = new Arena({ fighters: [{ side: 0, x: 19_000, y: 19_100 }, CORNER] });
  expect(spotOf(world, 0)).not.toEqual({ x: 19_000, y: 19_000 });
});

test("ties are drawn: over many seeds every spot comes first", () => {
  const spots = new Set<string>();
  for (let seed = 0; seed < 500; seed++) spots.add(JSON.stringify(firstSpot(seed)));
  expect(spots.size).toBe(MAPS[FIRST_MAP]!.spawns.length);
  expect(firstSpot(3)).toEqual(firstSpot(3));
});

function firstSpot(seed: number): unknown {
  const world = crowd(1, seed);
  return world.fighters[0]?.position;
}

function crowd(fighters: number, seed: number, sides = 2): World {
  const rules = {
    mode: sides === 2 ? ("team_deathmatch" as const) : ("deathmatch" as const),
    tickRateHz: 30,
    maxRounds: 1,
    timeLimitMs: 60_000,
    scoreLimit: 5,
    respawnMs: 0,
    friendlyFire: false,
  };
  const world = createWorld({ rules, map: MAPS[FIRST_MAP]!, seed });
  const seats: StepInput[] = [];
  for (let slot = 0; slot < fighters; slot++) seats.push({ kind: "add", slot, side: slot % sides });
  step(world, [...seats, { kind: "start" }]);
  return world;
}

describe.each([2, SLOTS_MAX])("a full match of %s sides", (sides) => {
  test.each([1, 2, 3])("begins with everybody on a spot of its own (seed %s)", (seed) => {
    const world = crowd(SLOTS_MAX, seed, sides);
    const spots = new Set(world.fighters.map((fighter) => JSON.stringify(fighter?.position)));
    expect(spots.size).toBe(SLOTS_MAX);
  });
});

test("when every spot is taken they are shared, not refused", () => {
  const world = new Arena({
    fighters: Array.from({ length: SLOTS_MAX }, (_, slot) => ({ ...CORNER, side: slot % 2 })),
  });
  const spots = world.world.map.spawns;
  for (const [slot, spot] of spots.entries()) world.fighter(slot).position = spot.position;
  world.kill(null, 49);
  world.wait(1_000);
  expect(spots.map(({ position }) => position)).toContainEqual(world.fighter(49).position);
});
