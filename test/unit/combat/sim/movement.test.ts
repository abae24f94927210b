import { describe, expect, test } from "vitest";
import { hashWorld } from "#combat/sim/hash.ts";
import { SPEED_CM_PER_S } from "#combat/sim/movement.ts";
import type { Point } from "#combat/sim/world.ts";
import { Arena, TICK_MS } from "./arena.ts";

const FROM = { side: 0, x: 5_000, y: 5_000, z: 1_000 };
const ENEMY = { side: 1, x: 15_000, y: 15_000 };

function arena(live = true): Arena {
  return new Arena({ fighters: [FROM, ENEMY], live });
}

function by(dx: number, dy: number, dz: number): Point {
  return { x: FROM.x + dx, y: FROM.y + dy, z: FROM.z + dz };
}

describe("one move with a full budget", () => {
  test.each([
    { name: "standing still", to: by(0, 0, 0), check: null },
    { name: "a full second's sprint", to: by(770, 0, 0), check: null },
    { name: "one centimetre more", to: by(771, 0, 0), check: "speed" },
    { name: "the same across", to: by(545, 545, 0), check: "speed" },
    { name: "a full second's climb", to: by(0, 0, 550), check: null },
    { name: "a higher climb", to: by(0, 0, 551), check: "speed" },
    { name: "a jump at full sprint", to: by(700, 0, 300), check: null },
    { name: "a fall faster than any sprint", to: by(0, 0, -1_000), check: null },
    { name: "ten metres and a bit", to: by(1_001, 0, 0), check: "teleport" },
    { name: "ten metres and a bit downwards", to: { ...by(0, 100, 0), z: 0 }, check: "teleport" },
    { name: "beside the map", to: { x: -1, y: 5_000, z: 0 }, check: "bounds" },
    { name: "under the ground", to: { x: 5_000, y: 5_000, z: -1 }, check: "bounds" },
    { name: "over the ceiling", to: { x: 5_000, y: 5_000, z: 5_001 }, check: "bounds" },
    { name: "NaN", to: { x: Number.NaN, y: 5_000, z: 0 }, check: "bounds" },
    { name: "Infinity", to: { x: 5_000, y: Number.NEGATIVE_INFINITY, z: 0 }, check: "bounds" },
    { name: "1e308", to: { x: 1e308, y: 1e308, z: 1e308 }, check: "bounds" },
  ])("$name: $check", ({ to, check }) => {
    const world = arena();
    const before = structuredClone(world.fighter(0));
    const verdict = world.move(0, to, { seq: 9 });
    if (check === null) {
      expect(verdict).toEqual({ ok: true });
      expect(world.fighter(0).position).toEqual(to);
      return;
    }
    expect(verdict).toMatchObject({ ok: false, check, position: before.position });
    if (!verdict.ok) expect(verdict.measured).toBeGreaterThan(verdict.threshold);
    if (!verdict.ok) expect(Number.isSafeInteger(verdict.measured)).toBe(true);
    expect(world.fighter(0)).toEqual({ ...before, lastInput: 9 });
  });
});

test.each([
  { name: "yaw NaN", rest: { yaw: Number.NaN } },
  { name: "pitch Infinity", rest: { pitch: Number.POSITIVE_INFINITY } },
])("$name is refused and the facing stays", ({ rest }) => {
  const world = arena();
  expect(world.move(0, by(10, 0, 0), rest)).toMatchObject({ ok: false, check: "bounds" });
  expect(world.fighter(0)).toMatchObject({ position: by(0, 0, 0), yaw: 0, pitch: 0 });
});

test("what is taken is whole: fractions are rounded, minus zero is zero, angles are kept in their bounds", () => {
  const world = arena();
  world.fighter(0).position = { x: 0, y: 0, z: 0 };
  const to = { x: 0.4, y: 12.6, z: 0 };
  expect(world.move(0, to, { yaw: 90_000, pitch: -20_000.4, stance: "crouch" })).toEqual({ ok: true });
  expect(world.fighter(0)).toMatchObject({ position: { x: 0, y: 13, z: 0 }, yaw: 36_000, pitch: -9_000 });
  expect(world.fighter(0).stance).toBe("crouch");
  expect(world.move(0, { x: -0, y: 13, z: -0 }, { yaw: -0 })).toEqual({ ok: true });
  expect(Object.is(world.fighter(0).position.x, 0) && Object.is(world.fighter(0).yaw, 0)).toBe(true);
});

test("null keeps yaw, pitch and stance as they were", () => {
  const world = arena();
  world.move(0, by(0, 0, 0), { yaw: 4_500, pitch: 100, stance: "crouch" });
  world.move(0, by(5, 0, 0));
  expect(world.fighter(0)).toMatchObject({ yaw: 4_500, pitch: 100, stance: "crouch" });
});

/** Runs along x with steps of `cmPerTick` for ten seconds and counts what was refused. */
function run(cmPerTick: number, updatesPerTick = 1): number {
  const world = arena();
  let refused = 0;
  for (let tick = 0; tick < 200; tick++) {
    world.step();
    for (let update = 1; update <= updatesPerTick; update++) {
      const atMs = world.world.nowMs + Math.floor((update * (TICK_MS - 1)) / updatesPerTick);
      const { x, y, z } = world.fighter(0).position;
      const to = { x: Math.round(x + cmPerTick / updatesPerTick), y, z };
      if (!world.move(0, to, { atMs }).ok) refused += 1;
    }
  }
  return refused;
}

test.each([
  { name: "7 m/s is never refused", cmPerTick: 35, updatesPerTick: 1, refused: false },
  { name: "7 m/s in small steps is never refused", cmPerTick: 35, updatesPerTick: 5, refused: false },
  { name: "7.6 m/s is within the tolerance", cmPerTick: 38, updatesPerTick: 1, refused: false },
  { name: "10 m/s does not hold", cmPerTick: 50, updatesPerTick: 1, refused: true },
  { name: "twice the speed does not hold", cmPerTick: 70, updatesPerTick: 1, refused: true },
  { name: "nor in small steps", cmPerTick: 50, updatesPerTick: 5, refused: true },
])("$name", ({ cmPerTick, updatesPerTick, refused }) => {
  expect(run(cmPerTick, updatesPerTick) > 0).toBe(refused);
});

test("no way of sending covers more ground than the greatest speed and one burst", () => {
  const world = arena();
  let farthest = FROM.x;
  for (let tick = 0; tick < 100; tick++) {
    world.step();
    for (const leap of [900, 500, 200, 60, 20, 7, 3, 1, 1, 1]) {
      const { x, y, z } = world.fighter(0).position;
      world.move(0, { x: x + leap, y, z }, { atMs: world.world.nowMs + 49 });
    }
    farthest = world.fighter(0).position.x;
  }
  const seconds = (100 * TICK_MS + 49) / 1000;
  expect(farthest - FROM.x).toBeLessThanOrEqual(SPEED_CM_PER_S.ground * (seconds + 1));
  expect(farthest - FROM.x).toBeGreaterThan(SPEED_CM_PER_S.ground * seconds);
});

test("a second's silence and its moves at once are forgiven; a second burst is not", () => {
  const world = arena();
  world.wait(1_000);
  for (let update = 1; update <= 20; update++) expect(world.move(0, by(update * 35, 0, 0))).toEqual({ ok: true });
  expect(world.move(0, by(20 * 35 + 200, 0, 0))).toMatchObject({ ok: false, check: "speed" });
});

test("a longer silence earns no more than one second's travel", () => {
  const world = arena();
  world.wait(20_000);
  expect(world.move(0, by(771, 0, 0))).toMatchObject({ ok: false, check: "speed" });
});

test("a time before the last move earns nothing and harms nothing", () => {
  const world = arena();
  world.wait(100);
  expect(world.move(0, by(700, 0, 0), { atMs: 100 }).ok).toBe(true);
  expect(world.move(0, by(700, 0, 0), { atMs: -5_000 }).ok).toBe(true);
  expect(world.move(0, by(900, 0, 0), { atMs: 0 })).toMatchObject({ ok: false, check: "speed" });
});

test("in warmup one may walk", () => {
  expect(arena(false).move(0, by(300, 0, 0))).toEqual({ ok: true });
});

test("the dead stay where they fell, and their input is acknowledged", () => {
  const world = arena();
  world.kill(1, 0);
  const verdict = world.move(0, by(10, 0, 0), { seq: 3 });
  expect(verdict).toEqual({ ok: false, check: "dead", position: by(0, 0, 0), measured: 0, threshold: 0 });
  expect(world.fighter(0).lastInput).toBe(3);
});

test("when it is over nobody moves", () => {
  const world = arena();
  world.step([{ kind: "end", cause: "cancelled" }]);
  expect(world.move(0, by(10, 0, 0))).toMatchObject({ ok: false, check: "over", position: by(0, 0, 0) });
});

test.each([7, -1, 0.5, 1e9])("slot %s, where nobody sits, is refused as dead and changes nothing", (slot) => {
  const world = arena();
  const before = hashWorld(world.world);
  expect(world.move(slot, by(0, 0, 0), { seq: 5 })).toMatchObject({ ok: false, check: "dead" });
  expect(hashWorld(world.world)).toBe(before);
});

test("seq 0 acknowledges nothing", () => {
  const world = arena();
  world.move(0, by(1, 0, 0), { seq: 4 });
  world.move(0, by(2, 0, 0), { seq: 0 });
  expect(world.fighter(0).lastInput).toBe(4);
});

test("a respawn earns a full budget at the new spot", () => {
  const world = arena();
  world.move(0, by(700, 0, 0));
  world.kill(1, 0);
  world.wait(1_000);
  const { x, y, z } = world.fighter(0).position;
  expect(world.move(0, { x: x > 10_000 ? x - 700 : x + 700, y, z })).toEqual({ ok: true });
});
