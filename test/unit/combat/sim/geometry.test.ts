import fc from "fast-check";
import { expect, test } from "vitest";
import { type Capsule, type Ray, rayToBox, rayToCapsule, unit } from "#combat/sim/geometry.ts";
import type { Point } from "#combat/sim/world.ts";

const BOX = { min: { x: 100, y: -50, z: 0 }, max: { x: 200, y: 50, z: 300 } };
const CAPSULE: Capsule = { feet: { x: 100, y: 0, z: 0 }, heightCm: 180, radiusCm: 35 };

function ray(origin: [number, number, number], direction: [number, number, number]): Ray {
  const [x, y, z] = origin;
  const [dx, dy, dz] = direction;
  return { origin: { x, y, z }, direction: unit({ x: dx, y: dy, z: dz }) };
}

test.each([
  { name: "straight into its face", from: ray([0, 0, 100], [1, 0, 0]), distance: 100 },
  { name: "away from it", from: ray([0, 0, 100], [-1, 0, 0]), distance: Infinity },
  { name: "beside it", from: ray([0, 51, 100], [1, 0, 0]), distance: Infinity },
  { name: "along its edge", from: ray([0, 50, 100], [1, 0, 0]), distance: 100 },
  { name: "over it", from: ray([0, 0, 301], [1, 0, 0]), distance: Infinity },
  { name: "from above", from: ray([150, 0, 400], [0, 0, -1]), distance: 100 },
  { name: "from within", from: ray([150, 0, 100], [0, 1, 0]), distance: 0 },
  { name: "behind one", from: ray([201, 0, 100], [1, 0, 0]), distance: Infinity },
  { name: "slanting", from: ray([70, 0, 100], [3, 0, 4]), distance: 50 },
  { name: "slanting past", from: ray([0, 0, 250], [1, 0, 1]), distance: Infinity },
])("a box is met $name at $distance", ({ from, distance }) => {
  expect(rayToBox(from, BOX)).toBeCloseTo(distance, 9);
});

test.each([
  { name: "in the middle", from: ray([0, 0, 90], [1, 0, 0]), distance: 65 },
  { name: "at the edge", from: ray([0, 34.99, 90], [1, 0, 0]), distance: 100 - Math.sqrt(35 * 35 - 34.99 * 34.99) },
  { name: "beside it", from: ray([0, 35.01, 90], [1, 0, 0]), distance: Infinity },
  { name: "over the head", from: ray([0, 0, 180.01], [1, 0, 0]), distance: Infinity },
  { name: "at the crown", from: ray([0, 0, 179], [1, 0, 0]), distance: 100 - Math.sqrt(35 * 35 - 34 * 34) },
  { name: "beside the round head", from: ray([0, 30, 175], [1, 0, 0]), distance: Infinity },
  { name: "at the round feet", from: ray([0, 0, 5], [1, 0, 0]), distance: 100 - Math.sqrt(35 * 35 - 30 * 30) },
  { name: "from above", from: ray([100, 0, 500], [0, 0, -1]), distance: 320 },
  { name: "from above, beside", from: ray([136, 0, 500], [0, 0, -1]), distance: Infinity },
  { name: "from below", from: ray([100, 0, -20], [0, 0, 1]), distance: 20 },
  { name: "away from it", from: ray([0, 0, 90], [-1, 0, 0]), distance: Infinity },
  { name: "from within", from: ray([110, 10, 90], [0, 1, 0]), distance: 0 },
  { name: "from within its head", from: ray([100, 0, 175], [0, 0, 1]), distance: 0 },
  { name: "from over the head, going up", from: ray([100, 0, 181], [0, 0, 1]), distance: Infinity },
])("a body is met $name at $distance", ({ from, distance }) => {
  expect(rayToCapsule(from, CAPSULE)).toBeCloseTo(distance, 6);
});

/** Distance of a point from the capsule's axis, less the radius: what "within" means, said another way. */
function depth(point: Point): number {
  const z = Math.min(145, Math.max(35, point.z));
  return Math.hypot(point.x - 100, point.y, point.z - z) - 35;
}

test("where a body is met lies on its skin, and before that the ray is outside; where it is missed it stays outside", () => {
  const coordinate = fc.integer({ min: -300, max: 500 });
  const part = fc.integer({ min: -1_000_000, max: 1_000_000 });
  fc.assert(
    fc.property(fc.tuple(coordinate, coordinate, coordinate), fc.tuple(part, part, part), (origin, direction) => {
      const from = ray(origin, direction);
      const met = rayToCapsule(from, CAPSULE);
      const at = (t: number): Point => ({
        x: from.origin.x + t * from.direction.x,
        y: from.origin.y + t * from.direction.y,
        z: from.origin.z + t * from.direction.z,
      });
      if (met > 0 && met < Infinity) expect(Math.abs(depth(at(met)))).toBeLessThan(1e-6);
      if (met === 0) expect(depth(from.origin)).toBeLessThanOrEqual(1e-6);
      if (met === 0) return;
      const end = Math.min(met, 2_000);
      for (let part = 0; part < 400; part++) expect(depth(at((end * part) / 400))).toBeGreaterThan(-1e-6);
    }),
    { numRuns: 300 },
  );
});

test("a vector without length points up, and the others to length one", () => {
  expect(unit({ x: 0, y: 0, z: 0 })).toEqual({ x: 0, y: 0, z: 1 });
  expect(unit({ x: 0, y: -3, z: 4 })).toEqual({ x: 0, y: -0.6, z: 0.8 });
});
