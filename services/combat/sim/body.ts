/**
 * Body: how much room a fighter takes. An upright capsule on its feet, one size per stance.
 * In: a pose.   Out: sizes and points, whole centimetres.
 * Not here: what a ray does to a body (geometry.ts).
 */
import type { Point, Stance } from "./world.ts";

/** Where somebody is, as far as a shot cares. A Fighter is one; so will be a remembered position. */
export type Pose = { readonly position: Point; readonly stance: Stance; readonly alive: boolean };

type BodySize = { readonly heightCm: number; readonly eyesCm: number };

export const BODY_RADIUS_CM = 35;

/** The topmost part of the capsule, where a hit is a headshot. */
export const HEAD_CM = 30;

export const BODY_SIZES: Readonly<Record<Stance, BodySize>> = {
  stand: { heightCm: 180, eyesCm: 160 },
  crouch: { heightCm: 120, eyesCm: 100 },
};

/** Where this fighter's shots begin. */
export function eyesOf(pose: Pose): Point {
  const { x, y, z } = pose.position;
  return { x, y, z: z + BODY_SIZES[pose.stance].eyesCm };
}

/** Where a shot at this fighter goes when it names the fighter and no direction. */
export function middleOf(pose: Pose): Point {
  const { x, y, z } = pose.position;
  return { x, y, z: z + BODY_SIZES[pose.stance].heightCm / 2 };
}
