/**
 * Targeting: what a single pellet strikes.
 * In: a ray, the walls, and the poses to judge by.   Out: the nearest of wall and body within range.
 * Law: the nearest wins; a wall wins a tie with a body, the lower slot a tie between bodies. Whoever is down has no
 * body. Team mates have: what their being hit means is for attack.ts.
 */
import { BODY_RADIUS_CM, BODY_SIZES, type BodyPart, type Pose, partAt } from "./body.ts";
import { type Ray, rayToCapsule, rayToWall, unit } from "./geometry.ts";
import type { Wall } from "./maps.ts";
import type { Poses } from "./rewind.ts";
import type { Point } from "./world.ts";

export type Struck =
  | { readonly kind: "player"; readonly slot: number; readonly distanceCm: number; readonly part: BodyPart }
  | { readonly kind: "wall"; readonly distanceCm: number }
  | { readonly kind: "nothing"; readonly distanceCm: number };

export type Scene = { readonly walls: readonly Wall[]; readonly poses: Poses };

/** So that rounding passes over nothing that a ray would meet. */
const SLACK_CM = 1;

/** `shooter` cannot hit itself; `rangeCm` is where the pellet ends. */
export function trace(scene: Scene, ray: Ray, { shooter, rangeCm }: { shooter: number; rangeCm: number }): Struck {
  const wall = nearestWall(scene.walls, ray, rangeCm);
  let nearest = Math.min(wall, rangeCm);
  let struck: Pose | null = null;
  let slot = -1;
  for (let candidate = 0; candidate < scene.poses.length; candidate++) {
    const pose = scene.poses[candidate];
    if (!pose?.alive || candidate === shooter || isBeyond(pose.position, ray.origin, nearest)) continue;
    const { heightCm } = BODY_SIZES[pose.stance];
    const distance = rayToCapsule(ray, { feet: pose.position, heightCm, radiusCm: BODY_RADIUS_CM });
    if (distance < nearest) {
      nearest = distance;
      struck = pose;
      slot = candidate;
    }
  }
  const distanceCm = Math.round(nearest);
  if (struck)
    return { kind: "player", slot, distanceCm, part: partAt(struck, ray.origin.z + nearest * ray.direction.z) };
  return { kind: wall <= rangeCm ? "wall" : "nothing", distanceCm };
}

/** Whether no wall is between two points. */
export function isClear(walls: readonly Wall[], from: Point, to: Point): boolean {
  const x = to.x - from.x;
  const y = to.y - from.y;
  const z = to.z - from.z;
  const distance = Math.sqrt(x * x + y * y + z * z);
  return nearestWall(walls, { origin: from, direction: unit({ x, y, z }) }, distance) >= distance;
}

/** Infinity where there is none within so far. Most walls are nowhere near the way: their corners tell, undivided. */
function nearestWall(walls: readonly Wall[], ray: Ray, withinCm: number): number {
  const { origin, direction } = ray;
  const reach = withinCm + SLACK_CM;
  const [x, y, z] = [origin.x + direction.x * reach, origin.y + direction.y * reach, origin.z + direction.z * reach];
  const [minX, minY, minZ] = [Math.min(origin.x, x), Math.min(origin.y, y), Math.min(origin.z, z)];
  const [maxX, maxY, maxZ] = [Math.max(origin.x, x), Math.max(origin.y, y), Math.max(origin.z, z)];
  let nearest = Number.POSITIVE_INFINITY;
  for (const wall of walls) {
    const { min, max } = wall;
    if (max.x < minX || min.x > maxX || max.y < minY || min.y > maxY || max.z < minZ || min.z > maxZ) continue;
    nearest = Math.min(nearest, rayToWall(ray, wall));
  }
  return nearest;
}

/** Whether somebody's body is nowhere near, whatever the direction. */
function isBeyond(feet: Point, origin: Point, withinCm: number): boolean {
  const reach = withinCm + BODY_RADIUS_CM + SLACK_CM;
  return Math.abs(feet.x - origin.x) > reach || Math.abs(feet.y - origin.y) > reach;
}
