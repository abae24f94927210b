/** Landing: what an ability puts somewhere stands on the ground there, has room, and walks on from it. */
import { describe, expect, test } from "vitest";
import type { Wall } from "#combat/sim/content.ts";
import { groundAt, hasRoom } from "#combat/sim/landing.ts";
import { Arena, openMap, TICK_MS } from "./arena.ts";

const BOX: Wall = { min: { x: 1_000, y: 1_000, z: 0 }, max: { x: 1_400, y: 1_400, z: 200 } };
const RAMP: Wall = { min: { x: 2_000, y: 1_000, z: 0 }, max: { x: 3_000, y: 1_400, z: 200 }, rises: "x+" };
const SHELF: Wall = { min: { x: 4_000, y: 1_000, z: 250 }, max: { x: 4_400, y: 1_400, z: 280 } };

const MAP = openMap([BOX, RAMP, SHELF]);

test.each([
  { name: "open ground", spot: { x: 500, y: 500, z: 120 }, z: 0 },
  { name: "the top of a box", spot: { x: 1_200, y: 1_200, z: 230 }, z: 200 },
  { name: "the slope of a ramp, a foot's breadth up", spot: { x: 2_500, y: 1_200, z: 150 }, z: 108 },
  { name: "under a shelf", spot: { x: 4_200, y: 1_200, z: 10 }, z: 0 },
  { name: "on a shelf", spot: { x: 4_200, y: 1_200, z: 300 }, z: 280 },
])("$name is at $z cm", ({ spot, z }) => {
  const ground = groundAt(MAP, spot);
  expect(ground).toEqual({ ...spot, z });
  expect(hasRoom(MAP, ground!, "stand")).toBe(true);
});

test.each([
  { name: "in a box", spot: { x: 1_200, y: 1_200, z: 0 } },
  { name: "too near a box", spot: { x: 980, y: 1_200, z: 0 } },
  { name: "under the high end of a ramp", spot: { x: 2_900, y: 1_200, z: 0 } },
])("$name there is no room", ({ spot }) => {
  expect(hasRoom(MAP, groundAt(MAP, spot)!, "stand")).toBe(false);
});

test.each([
  { x: -1, y: 500, z: 0 },
  { x: 500, y: 20_001, z: 0 },
  { x: 500, y: 500, z: 5_001 },
])("beyond the bounds there is no ground: $x, $y, $z", (spot) => {
  expect(groundAt(MAP, spot)).toBeNull();
});

describe("who blinked", () => {
  test.each([
    { name: "onto a box", spot: { x: 1_100, y: 1_200, z: 220 }, z: 200 },
    { name: "onto open ground", spot: { x: 800, y: 900, z: 40 }, z: 0 },
  ])("$name stands there, and walks on as anybody", ({ spot, z }) => {
    const world = new Arena({
      fighters: [
        { side: 0, x: 700, y: 1_200 },
        { side: 1, x: 9_000, y: 9_000 },
      ],
      walls: [BOX],
    });
    const blink = { type: "ability", ability: "blink", aim: null, spot, grant: null } as const;
    expect(world.act(world.action(0, blink)).kind).toBe("done");
    expect(world.fighter(0).position).toEqual({ ...spot, z });
    for (let steps = 0; steps < 40; steps++) {
      world.wait(TICK_MS);
      const { x, y } = world.fighter(0).position;
      const verdict = world.move(0, { x, y: y + (steps % 2 === 0 ? 20 : -20), z });
      expect(verdict).toMatchObject({ ok: true });
    }
  });
});
