/** Frames: a change is told once, by an absolute row; what stays is not told; a keyframe has everybody. */
import { describe, expect, test } from "vitest";
import { FIRST_MAP, MAPS } from "#combat/sim/content.ts";
import { decide } from "#combat/sim/step.ts";
import { createWorld, type Fighter, type World } from "#combat/sim/world.ts";
import { FrameSource, keyframe } from "#combat/snapshot/frame.ts";

function worldOf(players: number): World {
  const rules = {
    mode: "deathmatch",
    tickRateHz: 20,
    maxRounds: 1,
    timeLimitMs: 60_000,
    scoreLimit: 5,
    respawnMs: 1_000,
    friendlyFire: false,
  } as const;
  const world = createWorld({ rules, map: MAPS[FIRST_MAP]!, seed: 3 });
  for (let slot = 0; slot < players; slot++) decide(world, { kind: "add", slot, side: slot });
  return world;
}

/** A source that has told everything once. */
function settled(players: number): { world: World; source: FrameSource } {
  const world = worldOf(players);
  const source = new FrameSource();
  source.pollChanges(world);
  return { world, source };
}

test("the first frame has everybody, the next has nothing to tell", () => {
  const world = worldOf(3);
  const source = new FrameSource();
  expect(source.pollChanges(world)?.players.map(({ slot }) => slot)).toEqual([0, 1, 2]);
  expect(source.pollChanges(world)).toBeNull();
});

describe("every replicated field", () => {
  test.each<{ field: string; change: (fighter: Fighter) => void; row: object }>([
    { field: "x", change: (fighter) => (fighter.position = { ...fighter.position, x: 77 }), row: { x: 77 } },
    { field: "y", change: (fighter) => (fighter.position = { ...fighter.position, y: 78 }), row: { y: 78 } },
    { field: "z", change: (fighter) => (fighter.position = { ...fighter.position, z: 79 }), row: { z: 79 } },
    { field: "yaw", change: (fighter) => (fighter.yaw = 1_234), row: { yaw: 1_234 } },
    { field: "pitch", change: (fighter) => (fighter.pitch = -5), row: { pitch: -5 } },
    { field: "health", change: (fighter) => (fighter.health = 1), row: { health: 1 } },
    { field: "alive", change: (fighter) => (fighter.alive = false), row: { alive: false } },
    { field: "lastInput", change: (fighter) => (fighter.lastInput = 9), row: { lastInput: 9 } },
    { field: "stance", change: (fighter) => (fighter.stance = "crouch"), row: { stance: "crouch" } },
    { field: "ammunition", change: (fighter) => (fighter.magazine.assault_rifle = 3), row: { ammunition: 3 } },
    { field: "the weapon's ammunition", change: (fighter) => (fighter.weapon = "shotgun"), row: { ammunition: 6 } },
  ])("$field is told when it changes, alone and once", ({ change, row }) => {
    const { world, source } = settled(3);
    change(world.fighters[1]!);
    const frame = source.pollChanges(world);
    expect(frame).toMatchObject({ tick: world.tick, keyframe: false, players: [{ slot: 1, ...row }] });
    expect(frame?.players).toEqual([keyframe(world).players[1]]); // Absolute: the whole row.
    expect(source.pollChanges(world)).toBeNull();
  });
});

test("what changed and changed back between two frames is no news", () => {
  const { world, source } = settled(2);
  world.fighters[0]!.yaw += 5;
  world.fighters[0]!.yaw -= 5;
  expect(source.pollChanges(world)).toBeNull();
});

test("figures that viewers are not shown are no news", () => {
  const { world, source } = settled(2);
  Object.assign(world.fighters[0]!, { kills: 3, readyAtMs: 99, travelBudgetMicrometres: 0, damageDealt: 5 });
  expect(source.pollChanges(world)).toBeNull();
});

test("rows that were given out do not change with the world", () => {
  const world = worldOf(1);
  const frame = new FrameSource().pollChanges(world)!;
  const { health } = frame.players[0]!;
  world.fighters[0]!.health = 1;
  expect(frame.players[0]?.health).toBe(health);
});

test("the next in a seat is told even when nothing looks different", () => {
  const { world, source } = settled(2);
  source.forget(1);
  expect(source.pollChanges(world)?.players.map(({ slot }) => slot)).toEqual([1]);
});

test("a keyframe has everybody who sits, whatever was told before; empty seats are left out", () => {
  const { world, source } = settled(3);
  decide(world, { kind: "remove", slot: 1 });
  expect(keyframe(world)).toMatchObject({ keyframe: true, players: [{ slot: 0 }, { slot: 2 }] });
  expect(source.pollChanges(world)).toBeNull();
});
