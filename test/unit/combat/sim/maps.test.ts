import { describe, expect, test } from "vitest";
import { BODY_RADIUS_CM, BODY_SIZES, eyesOf, type Pose } from "#combat/sim/body.ts";
import { FIRST_MAP, type GameMap, MAPS, type Wall } from "#combat/sim/content.ts";
import { rayToBox, unit } from "#combat/sim/geometry.ts";
import { SLOTS_MAX } from "#combat/sim/limits.ts";
import type { Point } from "#combat/sim/world.ts";

const AXES = ["x", "y", "z"] as const;
const maps: [string, GameMap][] = Object.entries(MAPS);

function standsIn(feet: Point, wall: Wall): boolean {
  const beside =
    feet.x + BODY_RADIUS_CM <= wall.min.x ||
    feet.x - BODY_RADIUS_CM >= wall.max.x ||
    feet.y + BODY_RADIUS_CM <= wall.min.y ||
    feet.y - BODY_RADIUS_CM >= wall.max.y;
  return !beside && feet.z < wall.max.z && feet.z + BODY_SIZES.stand.heightCm > wall.min.z;
}

function sees(map: GameMap, from: Point, to: Point): boolean {
  const pose = (position: Point): Pose => ({ position, stance: "stand", alive: true });
  const origin = eyesOf(pose(from));
  const target = eyesOf(pose(to));
  const way = { x: target.x - origin.x, y: target.y - origin.y, z: target.z - origin.z };
  const distance = Math.hypot(way.x, way.y, way.z);
  return map.walls.every((wall) => rayToBox({ origin, direction: unit(way) }, wall) > distance);
}

test("the first map is in the table", () => {
  expect(MAPS[FIRST_MAP]?.id).toBe(FIRST_MAP);
});

describe.each(maps)("%s", (id, map) => {
  test("goes by its own name", () => {
    expect(map.id).toBe(id);
  });

  test("is made of whole centimetres, and every box has room inside", () => {
    for (const box of [map.bounds, ...map.walls]) {
      for (const axis of AXES) {
        expect(Number.isSafeInteger(box.min[axis]) && Number.isSafeInteger(box.max[axis])).toBe(true);
        expect(box.min[axis]).toBeLessThan(box.max[axis]);
        expect(box.min[axis]).toBeGreaterThanOrEqual(map.bounds.min[axis]);
        expect(box.max[axis]).toBeLessThanOrEqual(map.bounds.max[axis]);
      }
    }
  });

  test("has a spot for every seat, each its own, within the bounds and outside of walls", () => {
    expect(map.spawns.length).toBeGreaterThanOrEqual(SLOTS_MAX);
    const spots = new Set(map.spawns.map(({ position: { x, y, z } }) => `${x} ${y} ${z}`));
    expect(spots.size).toBe(map.spawns.length);
    for (const { position, yaw } of map.spawns) {
      for (const axis of AXES) {
        expect(position[axis]).toBeGreaterThanOrEqual(map.bounds.min[axis]);
        expect(position[axis]).toBeLessThanOrEqual(map.bounds.max[axis]);
      }
      expect(map.walls.filter((wall) => standsIn(position, wall))).toEqual([]);
      expect(Number.isInteger(yaw) && yaw >= 0 && yaw < 36_000).toBe(true);
    }
  });

  test("lets every spot see some others, and none see all", () => {
    for (const { position } of map.spawns) {
      const others = map.spawns.filter((other) => other.position !== position);
      const seen = others.filter((other) => sees(map, position, other.position)).length;
      expect(seen).toBeGreaterThanOrEqual(8);
      expect(seen).toBeLessThan(others.length);
    }
  });
});

test("the container yard contains the document's example position", () => {
  const map = MAPS["container_yard"]!;
  const example = { x: 12_345, y: 6_789, z: 1_000 };
  for (const axis of AXES) {
    expect(example[axis]).toBeGreaterThanOrEqual(map.bounds.min[axis]);
    expect(example[axis]).toBeLessThanOrEqual(map.bounds.max[axis]);
  }
  expect(map.walls.filter((wall) => standsIn(example, wall))).toEqual([]);
});
