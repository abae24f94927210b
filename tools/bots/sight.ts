/**
 * Sight: whether one point sees another on a map of boxes. Metres.
 * Law: a line that only touches a wall's face is free; one with a stretch inside is not.
 */
import type { Box, Vec3 } from "#client/index.ts";

export const EYES_METRES = 1.6;
/** Middle of a standing body. */
export const CHEST_METRES = 0.9;

export function sees(walls: readonly Box[], from: Vec3, to: Vec3): boolean {
  return !walls.some((wall) => blocks(wall, from, to));
}

const AXES = ["x", "y", "z"] as const;

function blocks({ min, max }: Box, from: Vec3, to: Vec3): boolean {
  let enter = 0;
  let leave = 1;
  for (const axis of AXES) {
    const start = from[axis];
    const length = to[axis] - start;
    if (length === 0) {
      if (start <= min[axis] || start >= max[axis]) return false;
      continue;
    }
    const one = (min[axis] - start) / length;
    const other = (max[axis] - start) / length;
    enter = Math.max(enter, Math.min(one, other));
    leave = Math.min(leave, Math.max(one, other));
    if (enter >= leave) return false;
  }
  return true;
}
