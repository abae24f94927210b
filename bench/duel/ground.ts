/** Ground: where duels are fought. A shooter stands 20 m from a line that a target runs along; a wall hides the line's end. */
import { BODY_RADIUS_CM } from "#combat/sim/body.ts";
import type { GameMap, Wall } from "#combat/sim/maps.ts";
import type { Point } from "#combat/sim/world.ts";

export const STAND: Point = { x: 5_000, y: 5_000, z: 0 };

/** Runs lie between the two ends; in cover beyond yCover, in the open at yOpen. */
export const LINE = { x: 7_000, yFrom: 4_000, yTo: 6_000, yOpen: 4_800, yCover: 5_800 } as const;

export const WALL: Wall = { min: { x: 6_500, y: 5_400, z: 0 }, max: { x: 6_600, y: 6_600, z: 300 } };

export const CHEST_CM = 130;
export const EDGE_CM = BODY_RADIUS_CM;

export function groundWith(walls: readonly Wall[]): GameMap {
  return {
    id: "duel",
    bounds: { min: { x: 0, y: 0, z: 0 }, max: { x: 10_000, y: 10_000, z: 1_000 } },
    walls,
    spawns: [{ position: STAND, yaw: 0 }],
  };
}
