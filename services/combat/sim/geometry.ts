/**
 * Geometry: where a ray meets a box or an upright capsule.
 * In: a ray with a direction of length one, centimetres.   Out: the distance along it, Infinity for a miss, 0 from within.
 * Law: only + - * / and sqrt, which IEEE 754 fixes to the last bit, so every machine judges alike.
 */
import type { Wall } from "./maps.ts";
import type { Point } from "./world.ts";

export type Ray = { readonly origin: Point; readonly direction: Point };

const MISS = Number.POSITIVE_INFINITY;
const AXES = ["x", "y", "z"] as const;

/** Slab by slab: the ray is inside the box where it is inside all three pairs of planes at once. */
export function rayToBox(ray: Ray, box: Wall): number {
  let near = 0;
  let far = MISS;
  for (const axis of AXES) {
    const origin = ray.origin[axis];
    const direction = ray.direction[axis];
    const min = box.min[axis];
    const max = box.max[axis];
    if (direction === 0) {
      if (origin < min || origin > max) return MISS; // Runs beside the slab, never into it.
      continue;
    }
    const one = (min - origin) / direction;
    const other = (max - origin) / direction;
    near = Math.max(near, Math.min(one, other));
    far = Math.min(far, Math.max(one, other));
    if (near > far) return MISS;
  }
  return near;
}

export type Capsule = { readonly feet: Point; readonly heightCm: number; readonly radiusCm: number };

/** A capsule is a tube and a ball at each of its ends: it is entered where the first of the three is. */
export function rayToCapsule(ray: Ray, capsule: Capsule): number {
  const { origin, direction } = ray;
  const { feet, radiusCm, heightCm } = capsule;
  const x = origin.x - feet.x;
  const y = origin.y - feet.y;
  const low = feet.z + radiusCm;
  const high = feet.z + heightCm - radiusCm;
  const flat = x * x + y * y - radiusCm * radiusCm;
  const approach = x * direction.x + y * direction.y;
  const slope = direction.x * direction.x + direction.y * direction.y;
  // Most rays pass most bodies by: seen from above, outside of the circle and going away, or never near it.
  if (flat > 0 && (approach >= 0 || approach * approach < slope * flat)) return MISS;

  let nearest = MISS;
  if (flat <= 0 && origin.z >= low && origin.z <= high) return 0;
  if (flat > 0) {
    const entry = (-approach - Math.sqrt(approach * approach - slope * flat)) / slope;
    const z = origin.z + entry * direction.z;
    if (z >= low && z <= high) nearest = entry;
  }
  nearest = Math.min(nearest, rayToBall(direction, { x, y, z: origin.z - low }, radiusCm));
  return Math.min(nearest, rayToBall(direction, { x, y, z: origin.z - high }, radiusCm));
}

/** `from` is the ray's origin as seen from the ball's middle. */
function rayToBall(direction: Point, from: Point, radiusCm: number): number {
  const outside = from.x * from.x + from.y * from.y + from.z * from.z - radiusCm * radiusCm;
  if (outside <= 0) return 0;
  const approach = from.x * direction.x + from.y * direction.y + from.z * direction.z;
  const reach = approach * approach - outside;
  if (approach >= 0 || reach < 0) return MISS;
  return -approach - Math.sqrt(reach);
}

/** The same direction at length one. A vector without length has no direction: it points up. */
export function unit(vector: Point): Point {
  const length = Math.sqrt(vector.x * vector.x + vector.y * vector.y + vector.z * vector.z);
  if (length === 0) return { x: 0, y: 0, z: 1 };
  return { x: vector.x / length, y: vector.y / length, z: vector.z / length };
}
