/** The first map as a client sees it: metres. */

import type { Vec3, World } from "#client/index.ts";
import { FIRST_MAP, MAPS } from "#combat/sim/content.ts";
import type { Point } from "#combat/sim/world.ts";
import { createWalkMap } from "#tools/bots/walk-map.ts";

const map = MAPS[FIRST_MAP]!;

export function metres({ x, y, z }: Point): Vec3 {
  return { x: x / 100, y: y / 100, z: z / 100 };
}

export const YARD: World = {
  map_id: map.id,
  bounds: { min: metres(map.bounds.min), max: metres(map.bounds.max) },
  walls: map.walls.map((wall) => ({ min: metres(wall.min), max: metres(wall.max) })),
};

export const YARD_WALK = createWalkMap(YARD);
export const YARD_SPAWNS: Vec3[] = map.spawns.map((spawn) => metres(spawn.position));
