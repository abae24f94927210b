/**
 * Geometry: where a ray meets a box, a ramp or an upright capsule, and how much of a way lies within a wall.
 * In: a ray with a direction of length one, centimetres.   Out: the distance along it, Infinity for a miss, 0 from within.
 * Law: only + - * / and sqrt, which IEEE 754 fixes to the last bit, so every machine judges alike.
 */
import type { Wall } from "./maps.ts";
import type { Point } from "./world.ts";

export type Ray = { readonly origin: Point; readonly direction: Point };

const MISS = Number.POSITIVE_INFINITY;

/**
 * Slab by slab: the ray is inside the box where it is inside all three pairs of planes at once. Written out axis by axis
 * with nothing allocated: each shot asks it of every wall.
 */
export function rayToBox({ origin, direction }: Ray, { min, max }: Wall): number {
  let near = 0;
  let far = MISS;
  if (direction.x === 0) {
    if (origin.x < min.x || origin.x > max.x) return MISS; // Runs beside the slab, never into it.
  } else {
    const one = (min.x - origin.x) / direction.x;
    const other = (max.x - origin.x) / direction.x;
    near = Math.max(near, Math.min(one, other));
    far = Math.min(far, Math.max(one, other));
    if (near > far) return MISS;
  }
  if (direction.y === 0) {
    if (origin.y < min.y || origin.y > max.y) return MISS;
  } else {
    const one = (min.y - origin.y) / direction.y;
    const other = (max.y - origin.y) / direction.y;
    near = Math.max(near, Math.min(one, other));
    far = Math.min(far, Math.max(one, other));
    if (near > far) return MISS;
  }
  if (direction.z === 0) return origin.z < min.z || origin.z > max.z ? MISS : near;
  const one = (min.z - origin.z) / direction.z;
  const other = (max.z - origin.z) / direction.z;
  near = Math.max(near, Math.min(one, other));
  return near > Math.min(far, Math.max(one, other)) ? MISS : near;
}

/** As rayToBox; of a ramp, only the part under its slope is there. */
export function rayToWall(ray: Ray, wall: Wall): number {
  if (wall.rises === undefined) return rayToBox(ray, wall);
  const to = add(ray.origin, ray.direction);
  const span = spanWithin(wall, { from: ray.origin, to, sunkCm: 0, raisedCm: 0 }, MISS);
  return span === null ? MISS : span.enter;
}

/** `sunkCm`: how much lower the top, `raisedCm`: how much lower the bottom is taken to be. */
export type Way = {
  readonly from: Point;
  readonly to: Point;
  readonly sunkCm: number;
  readonly raisedCm: number;
};

/** Which part of a straight way, 0 to 1, lies within a wall. */
export function shareWithin(wall: Wall, way: Way): number {
  const span = spanWithin(wall, way, 1);
  return span === null ? 0 : span.leave - span.enter;
}

/** Where a way enters and leaves a wall, in lengths of the way from its beginning; null when it does not. */
function spanWithin(wall: Wall, way: Way, leave: number): { enter: number; leave: number } | null {
  const { min, max, rises } = wall;
  const { from, to, sunkCm, raisedCm } = way;
  const span = { enter: 0, leave };
  const [dx, dy, dz] = [to.x - from.x, to.y - from.y, to.z - from.z];
  // Each side is a plane; `over` is how far inside of it the way begins, `gain` how much farther its end is.
  const sides = [
    { over: from.x - min.x, gain: dx },
    { over: max.x - from.x, gain: -dx },
    { over: from.y - min.y, gain: dy },
    { over: max.y - from.y, gain: -dy },
    { over: from.z - min.z + raisedCm, gain: dz },
  ];
  if (rises === undefined) sides.push({ over: max.z - sunkCm - from.z, gain: -dz });
  else {
    const before = heightOn(wall, from);
    sides.push({ over: before - sunkCm - from.z, gain: heightOn(wall, to) - before - dz });
  }
  for (const { over, gain } of sides) {
    if (gain === 0 && over < 0) return null;
    if (gain > 0) span.enter = Math.max(span.enter, -over / gain);
    if (gain < 0) span.leave = Math.min(span.leave, -over / gain);
  }
  return span.enter < span.leave ? span : null;
}

/** How high the top is at a point over the box or up to `besideCm` beside it. */
export function surfaceOf(wall: Wall, at: Point, besideCm: number): number {
  const { min, max, rises } = wall;
  if (rises === undefined) return max.z;
  const higher = slopeOf(wall) * besideCm;
  return Math.max(min.z, Math.min(max.z, heightOn(wall, at) + higher));
}

/** Height of a ramp's slope, as if it went on for ever. */
function heightOn(wall: Wall, { x, y }: Point): number {
  const { min, max, rises } = wall;
  const slope = slopeOf(wall);
  if (rises === "x+") return min.z + (x - min.x) * slope;
  if (rises === "x-") return min.z + (max.x - x) * slope;
  return min.z + (rises === "y+" ? y - min.y : max.y - y) * slope;
}

/** Height by length. */
export function slopeOf({ min, max, rises }: Wall): number {
  const length = rises === "x+" || rises === "x-" ? max.x - min.x : max.y - min.y;
  return (max.z - min.z) / length;
}

function add(one: Point, other: Point): Point {
  return { x: one.x + other.x, y: one.y + other.y, z: one.z + other.z };
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
