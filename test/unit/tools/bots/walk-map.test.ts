import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createWalkMap, isClear, isFree, route, type Spot, stepTowards } from "#tools/bots/walk-map.ts";
import { YARD_SPAWNS, YARD_WALK } from "./yard.ts";

const box = (minX: number, minY: number, maxX: number, maxY: number, minZ = 0, maxZ = 3) => ({
  min: { x: minX, y: minY, z: minZ },
  max: { x: maxX, y: maxY, z: maxZ },
});

/** 20 x 20 m with one wall from south to near the north: the way round is in the north. */
const DIVIDED = createWalkMap({ bounds: box(0, 0, 20, 20, 0, 10), walls: [box(9, 0, 11, 15)] });

describe("routes", () => {
  test("straight where nothing is between", () => {
    expect(route(DIVIDED, { x: 2, y: 2 }, { x: 5, y: 9 })).toEqual([{ x: 5, y: 9 }]);
  });

  test("round the end of a wall, every leg clear", () => {
    const from = { x: 2, y: 2 };
    const way = route(DIVIDED, from, { x: 18, y: 2 });
    expect(way).toHaveLength(3);
    expect(legsAreClear(from, way)).toBe(true);
  });

  test("a wall overhead is no wall, a crate is one", () => {
    const map = createWalkMap({
      bounds: box(0, 0, 20, 20, 0, 10),
      walls: [box(0, 9, 20, 11, 2.5, 3), box(4, 4, 5, 5, 0, 1.1)],
    });
    expect(isClear(map, { x: 10, y: 1 }, { x: 10, y: 19 })).toBe(true);
    expect(isClear(map, { x: 1, y: 4.5 }, { x: 9, y: 4.5 })).toBe(false);
  });

  test("between all spawns of the first map there is a way with clear legs", () => {
    for (const from of YARD_SPAWNS) {
      for (const to of YARD_SPAWNS) {
        const way = route(YARD_WALK, from, to);
        expect(legsAreClear(from, way, YARD_WALK)).toBe(true);
        expect(way.at(-1)).toBe(to);
      }
    }
  });

  function legsAreClear(from: Spot, way: Spot[], map = DIVIDED): boolean {
    return [from, ...way].every((spot, index, spots) => index === 0 || isClear(map, spots[index - 1]!, spot));
  }
});

describe("steps", () => {
  test("from a free spot a step in any direction ends at a free spot, with nothing between", () => {
    const centimetres = (max: number) => fc.integer({ min: 0, max }).map((whole) => whole / 100);
    const spot = fc.record({ x: centimetres(16_000), y: centimetres(14_000) });
    fc.assert(
      fc.property(spot, spot, (from, to) => {
        fc.pre(isFree(YARD_WALK, from));
        const got = stepTowards(YARD_WALK, from, to);
        expect(got === from || isClear(YARD_WALK, from, got)).toBe(true);
      }),
    );
  });

  test("a wall is slid along", () => {
    expect(stepTowards(DIVIDED, { x: 8.5, y: 5 }, { x: 8.7, y: 5.1 })).toEqual({ x: 8.5, y: 5.1 });
  });

  test("a corner stops", () => {
    const from = { x: 8.5, y: 0.5 };
    expect(stepTowards(DIVIDED, from, { x: 8.7, y: 0.3 })).toBe(from);
  });

  test("whoever was put into a wall walks straight out", () => {
    const out = stepTowards(DIVIDED, { x: 9.2, y: 5 }, { x: 18, y: 5 });
    expect(out.y).toBe(5);
    expect(isFree(DIVIDED, { x: out.x - 0.001, y: out.y })).toBe(true);
  });
});
