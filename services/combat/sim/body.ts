/**
 * Body: how much room a fighter takes. An upright capsule on its feet, one size per stance.
 * In: a pose.   Out: sizes and points, whole centimetres.
 * Not here: what a ray does to a body (geometry.ts).
 */
import type { Point, Stance } from "./world.ts";

/** Where somebody is, as far as a shot cares. A Fighter is one; so will be a remembered position. */
export type Pose = { readonly position: Point; readonly stance: Stance; readonly alive: boolean };

/** `legsCm`: the lowest part of the capsule, up to here. */
type BodySize = { readonly heightCm: number; readonly eyesCm: number; readonly legsCm: number };

export const BODY_RADIUS_CM = 35;

/** In the order of how much they matter: of several parts that one blow strikes, the first is told. */
export const BODY_PARTS = ["head", "torso", "legs"] as const;
export type BodyPart = (typeof BODY_PARTS)[number];

/** The topmost part of the capsule. */
export const HEAD_CM = 30;

export const BODY_SIZES: Readonly<Record<Stance, BodySize>> = {
  stand: { heightCm: 180, eyesCm: 160, legsCm: 80 },
  crouch: { heightCm: 120, eyesCm: 100, legsCm: 45 },
};

/** Where this fighter's shots begin. */
export function eyesOf(pose: Pose): Point {
  const { x, y, z } = pose.position;
  return { x, y, z: z + BODY_SIZES[pose.stance].eyesCm };
}

/** What of a body is at this height. */
export function partAt(pose: Pose, z: number): BodyPart {
  const { heightCm, legsCm } = BODY_SIZES[pose.stance];
  const above = z - pose.position.z;
  if (above >= heightCm - HEAD_CM) return "head";
  return above < legsCm ? "legs" : "torso";
}

/** Where a shot at this fighter goes when it names the fighter and no direction. */
export function middleOf(pose: Pose): Point {
  const { x, y, z } = pose.position;
  return { x, y, z: z + BODY_SIZES[pose.stance].heightCm / 2 };
}
