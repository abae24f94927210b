/**
 * Targeting: what a single pellet strikes.
 * In: a ray, the walls, and the poses to judge by.   Out: the nearest of wall and body within range.
 * Law: the nearest wins; a wall wins a tie with a body, the lower slot a tie between bodies. Whoever is down has no
 * body. Team mates have: what their being hit means is for attack.ts.
 */
import { BODY_RADIUS_CM, BODY_SIZES, HEAD_CM, type Pose } from "./body.ts";
import { type Ray, rayToBox, rayToCapsule } from "./geometry.ts";
import type { Wall } from "./maps.ts";
import type { World } from "./world.ts";

/** By slot; null where nobody sits. */
export type Poses = readonly (Pose | null)[];

/**
 * The poses a shot is judged by, and their tick. They are the server's own of this very tick, whatever tick the shooter
 * was shown (`clientTick` in the action); a judgement by what was shown comes in here and nowhere else.
 */
export function posesForShot(world: World): { poses: Poses; tick: number } {
  return { poses: world.fighters, tick: world.tick };
}

export type Struck =
  | { readonly kind: "player"; readonly slot: number; readonly distanceCm: number; readonly headshot: boolean }
  | { readonly kind: "wall"; readonly distanceCm: number }
  | { readonly kind: "nothing"; readonly distanceCm: number };

export type Scene = { readonly walls: readonly Wall[]; readonly poses: Poses };

/** `shooter` cannot hit itself; `rangeCm` is where the pellet ends. */
export function trace(scene: Scene, ray: Ray, { shooter, rangeCm }: { shooter: number; rangeCm: number }): Struck {
  const wall = nearestWall(scene.walls, ray);
  let nearest = Math.min(wall, rangeCm);
  let struck: Pose | null = null;
  let slot = -1;
  for (let candidate = 0; candidate < scene.poses.length; candidate++) {
    const pose = scene.poses[candidate];
    if (!pose?.alive || candidate === shooter) continue;
    const { heightCm } = BODY_SIZES[pose.stance];
    const distance = rayToCapsule(ray, { feet: pose.position, heightCm, radiusCm: BODY_RADIUS_CM });
    if (distance < nearest) {
      nearest = distance;
      struck = pose;
      slot = candidate;
    }
  }
  const distanceCm = Math.round(nearest);
  if (struck) return { kind: "player", slot, distanceCm, headshot: isHead(struck, ray, nearest) };
  return { kind: wall <= rangeCm ? "wall" : "nothing", distanceCm };
}

function nearestWall(walls: readonly Wall[], ray: Ray): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const wall of walls) nearest = Math.min(nearest, rayToBox(ray, wall));
  return nearest;
}

function isHead(pose: Pose, ray: Ray, distance: number): boolean {
  const z = ray.origin.z + distance * ray.direction.z;
  return z >= pose.position.z + BODY_SIZES[pose.stance].heightCm - HEAD_CM;
}
