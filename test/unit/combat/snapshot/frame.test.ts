/** Frames: a change is told once, by an absolute row; what stays is not told; a keyframe has everybody. */
import { describe, expect, test } from "vitest";
import { FIRST_MAP, MAPS } from "#combat/sim/content.ts";
import { layField } from "#combat/sim/fields.ts";
import { remember } from "#combat/sim/history.ts";
import { applyMove } from "#combat/sim/movement.ts";
import { decide } from "#combat/sim/step.ts";
import { createWorld, type Fighter, type World } from "#combat/sim/world.ts";
import { FrameSource, keyframe } from "#combat/snapshot/frame.ts";

const STILL = { yaw: null, pitch: null, stance: null, claimedMs: null, rttMs: null } as const;

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

const SLOW = { kind: "slow", potency: 40, stacks: 1, untilMs: 900, by: null, paidMs: 0 } as const;

const FIELDS: readonly { field: string; change: (fighter: Fighter) => void; row: object }[] = [
  { field: "x", change: (fighter) => (fighter.position = { ...fighter.position, x: 77 }), row: { x: 77 } },
  { field: "y", change: (fighter) => (fighter.position = { ...fighter.position, y: 78 }), row: { y: 78 } },
  { field: "z", change: (fighter) => (fighter.position = { ...fighter.position, z: 79 }), row: { z: 79 } },
  { field: "yaw", change: (fighter) => (fighter.yaw = 1_234), row: { yaw: 1_234 } },
  { field: "pitch", change: (fighter) => (fighter.pitch = -5), row: { pitch: -5 } },
  { field: "health", change: (fighter) => (fighter.health = 1), row: { health: 1 } },
  { field: "armour", change: (fighter) => (fighter.armour.amount = 5), row: { armour: 5 } },
  { field: "alive", change: (fighter) => (fighter.alive = false), row: { alive: false } },
  { field: "lastInput", change: (fighter) => (fighter.lastInput = 9), row: { lastInput: 9 } },
  { field: "stance", change: (fighter) => (fighter.stance = "crouch"), row: { stance: "crouch" } },
  { field: "ammunition", change: (fighter) => (fighter.magazine.assault_rifle = 3), row: { ammunition: 3 } },
  { field: "the weapon's ammunition", change: (fighter) => (fighter.weapon = "shotgun"), row: { ammunition: 6 } },
  { field: "energy", change: (fighter) => (fighter.energy.amount = 4_250), row: { energy: 42 } },
  { field: "usingItem", change: (fighter) => (fighter.items.using = "medkit"), row: { usingItem: "medkit" } },
  { field: "effects", change: (fighter) => (fighter.effects = [SLOW]), row: { effects: [SLOW] } },
];

describe("every replicated field", () => {
  test.each(FIELDS)("$field is told when it changes, alone and once", ({ change, row }) => {
    const { world, source } = settled(3);
    change(world.fighters[1]!);
    const frame = source.pollChanges(world);
    expect(frame).toMatchObject({ tick: world.tick, keyframe: false, players: [{ slot: 1, ...row }] });
    expect(frame?.players).toEqual([keyframe(world).players[1]]); // Absolute: the whole row.
    expect(source.pollChanges(world)).toBeNull();
  });

  test("has its line above, but for the slot, which never changes, and the time, which is no news", () => {
    const changed = new Set(["slot", "poseMs", ...FIELDS.flatMap(({ row }) => Object.keys(row))]);
    expect([...changed].sort()).toEqual(Object.keys(keyframe(worldOf(1)).players[0]!).sort());
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
  Object.assign(world.fighters[0]!, { kills: 3, readyAtMs: 99, damageDealt: 5 });
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

test("what lies on the ground is told as a whole when something comes or goes, to keyframes whenever anything does", () => {
  const { world, source } = settled(2);
  layField(world, world.fighters[1]!, { ability: "slow_field", at: { x: 5, y: 6, z: 0 } });
  const { side } = world.fighters[1]!;
  const row = { ability: "slow_field", by: 1, side, position: { x: 5, y: 6, z: 0 }, radiusCm: 400, untilMs: 6_000 };
  expect(source.pollChanges(world, "poses")).toBeNull();
  expect(source.pollChanges(world)).toMatchObject({ players: [], ground: [row] });
  expect(source.pollChanges(world)).toBeNull();
  expect(keyframe(world).ground).toEqual([row]);
  world.fields = [];
  expect(source.pollChanges(world)).toMatchObject({ players: [], ground: [] });
  expect(keyframe(world).ground).toBeNull();
});

test("a row says since when its pose holds, and that alone is no news", () => {
  const { world, source } = settled(2);
  world.tick = 20;
  world.nowMs = 1_000;
  applyMove(world, { slot: 1, seq: 1, position: { ...world.fighters[1]!.position }, ...STILL, yaw: 99, atMs: 1_040 });
  expect(source.pollChanges(world, "all", { matchMs: 1_049 })).toMatchObject({
    matchMs: 1_049,
    players: [{ slot: 1, poseMs: 1_040 }],
  });
  remember(world.history, world.fighters[1]!, 1_090);
  expect(source.pollChanges(world)).toBeNull();
  expect(keyframe(world).players.map(({ poseMs }) => poseMs)).toEqual([0, 1_090]);
});

describe("poses alone", () => {
  test("are where the living stand and look, with the rest as it was told", () => {
    const { world, source } = settled(3);
    const before = keyframe(world).players[1]!;
    Object.assign(world.fighters[1]!, {
      position: { x: 7, y: 8, z: 9 },
      yaw: 1_234,
      pitch: -5,
      stance: "crouch",
      lastInput: 9,
    });
    Object.assign(world.fighters[1]!, { health: 1, magazine: { ...world.fighters[1]!.magazine, assault_rifle: 3 } });
    const frame = source.pollChanges(world, "poses");
    const pose = { x: 7, y: 8, z: 9, yaw: 1_234, pitch: -5, stance: "crouch", lastInput: 9 };
    const players = [{ ...before, ...pose }];
    expect(frame).toEqual({
      tick: world.tick,
      matchMs: world.nowMs,
      keyframe: false,
      players,
      objectives: null,
      ground: null,
    });
    expect(source.pollChanges(world, "poses")).toBeNull();
  });

  test.each<{ name: string; change: (fighter: Fighter) => void }>([
    { name: "health", change: (fighter) => (fighter.health = 1) },
    { name: "rounds in the magazine", change: (fighter) => (fighter.magazine.assault_rifle = 3) },
    { name: "another weapon", change: (fighter) => (fighter.weapon = "shotgun") },
    { name: "energy", change: (fighter) => (fighter.energy.amount = 4_250) },
    { name: "an item in use", change: (fighter) => (fighter.items.using = "medkit") },
    { name: "effects", change: (fighter) => (fighter.effects = [SLOW]) },
    { name: "a fall", change: (fighter) => Object.assign(fighter, { alive: false, health: 0, yaw: 9 }) },
  ])("do not tell of $name; everything does, later and once", ({ change }) => {
    const { world, source } = settled(2);
    change(world.fighters[1]!);
    expect(source.pollChanges(world, "poses")).toBeNull();
    expect(source.pollChanges(world)?.players).toEqual([keyframe(world).players[1]]);
    expect(source.pollChanges(world)).toBeNull();
  });

  test("do not tell of a return before everything has", () => {
    const { world, source } = settled(2);
    const fallen = world.fighters[1]!;
    Object.assign(fallen, { alive: false, health: 0 });
    source.pollChanges(world);
    Object.assign(fallen, { alive: true, health: 10_000, position: { x: 1, y: 2, z: 3 } });
    expect(source.pollChanges(world, "poses")).toBeNull();
    expect(source.pollChanges(world)?.players).toMatchObject([{ slot: 1, alive: true, health: 10_000, x: 1 }]);
  });

  test("of one who hurt somebody and walked on are told at once, what was done to the other is not", () => {
    const { world, source } = settled(2);
    world.fighters[0]!.yaw += 100;
    world.fighters[1]!.health -= 100;
    expect(source.pollChanges(world, "poses")?.players.map(({ slot }) => slot)).toEqual([0]);
    expect(source.pollChanges(world)?.players.map(({ slot }) => slot)).toEqual([1]);
  });

  test("of one who moved and was hurt are followed by the health, though the pose is told already", () => {
    const { world, source } = settled(1);
    Object.assign(world.fighters[0]!, { yaw: 77, health: 5_000 });
    expect(source.pollChanges(world, "poses")?.players).toMatchObject([{ yaw: 77, health: 10_000 }]);
    expect(source.pollChanges(world)?.players).toMatchObject([{ yaw: 77, health: 5_000 }]);
    expect(source.pollChanges(world)).toBeNull();
  });

  test("of one who sat down and was not told yet wait for everything", () => {
    const { world, source } = settled(1);
    decide(world, { kind: "add", slot: 1, side: 1 });
    expect(source.pollChanges(world, "poses")).toBeNull();
    source.forget(0);
    world.fighters[0]!.yaw += 5;
    expect(source.pollChanges(world, "poses")).toBeNull();
    expect(source.pollChanges(world)?.players.map(({ slot }) => slot)).toEqual([0, 1]);
  });
});
