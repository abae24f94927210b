/** Walk maps of the worlds met so far: working one out takes milliseconds, and all bots of a map share it. */
import type { World } from "#client/index.ts";
import { WALK_MAPS_MAX } from "./limits.ts";
import { createWalkMap, type WalkMap } from "./walk-map.ts";

const mapsById = new Map<string, WalkMap>();

export function walkMapOf(world: World): WalkMap {
  const known = mapsById.get(world.map_id);
  if (known) return known;
  if (mapsById.size >= WALK_MAPS_MAX) mapsById.delete(mapsById.keys().next().value as string);
  const map = createWalkMap(world);
  mapsById.set(world.map_id, map);
  return map;
}
