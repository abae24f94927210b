/**
 * Landing: where something comes down that an ability puts somewhere.
 * In:  a map and a spot.   Out: the spot on its ground, and whether a body has room there.
 * Law: whoever lands stands on something, within the bounds, in no wall: nothing hangs in the air, and nobody gets into
 *      what feet cannot leave. Ground and walls are those of feet (ground.ts), so that the next step is as legal as any.
 */
import { groundUnder, isInWall } from "./ground.ts";
import type { GameMap } from "./maps.ts";
import type { Point, Stance } from "./world.ts";

/** The highest ground under a spot; null beyond the bounds. */
export function groundAt(map: GameMap, spot: Point): Point | null {
  const { min, max } = map.bounds;
  const isInside = spot.x >= min.x && spot.y >= min.y && spot.x <= max.x && spot.y <= max.y;
  if (!isInside || spot.z < min.z || spot.z > max.z) return null;
  return { x: spot.x, y: spot.y, z: groundUnder(map, spot) };
}

export function hasRoom(map: GameMap, feet: Point, stance: Stance): boolean {
  return !isInWall(map, feet, stance);
}
