/** The wall grid leaves no wall out that comes near a point, on any map, and keeps the map's order. */
import { expect, test } from "vitest";
import { type GameMap, MAPS } from "#combat/sim/content.ts";
import { NEAR_CM, wallsNear } from "#combat/sim/wall-grid.ts";
import type { Point } from "#combat/sim/world.ts";
import { createRng, nextBelow } from "#kit/rng.ts";

const SEED = Number(process.env["FUZZ_SEED"] ?? 20_261_125);

function nearOf({ walls }: GameMap, { x, y }: Point) {
  return walls.filter(({ min, max }) => {
    return x >= min.x - NEAR_CM && x <= max.x + NEAR_CM && y >= min.y - NEAR_CM && y <= max.y + NEAR_CM;
  });
}

test.each(Object.keys(MAPS))(`%s: what is near is found wherever somebody stands (FUZZ_SEED=${SEED})`, (id) => {
  const map = MAPS[id]!;
  const rng = createRng(SEED);
  const { min, max } = map.bounds;
  let found = 0;
  for (let time = 0; time < 5_000; time++) {
    const at = { x: min.x + nextBelow(rng, max.x - min.x + 1), y: min.y + nextBelow(rng, max.y - min.y + 1), z: 0 };
    const walls = wallsNear(map, at);
    found += walls.length;
    expect(nearOf(map, at).filter((wall) => !walls.includes(wall))).toEqual([]);
    expect(walls).toEqual(map.walls.filter((wall) => walls.includes(wall)));
  }
  expect(found / 5_000).toBeLessThan(map.walls.length / 3); // Else it would spare nobody anything.
});

test.each([
  { x: -1, y: 500, z: 0 },
  { x: 500, y: -1, z: 0 },
  { x: 1e9, y: 500, z: 0 },
  { x: 500, y: 1e9, z: 0 },
])("beyond the bounds, at $x, $y, all walls are near", (at) => {
  const map = MAPS["container_yard"]!;
  expect(wallsNear(map, at)).toBe(map.walls);
});
