/**
 * Melee: whom one swing strikes.
 * In:  the shooter's pose, whereto, and the poses to judge by.   Out: those before it within reach, nearest first.
 * Law: reads only. Reach is measured along the ground, from the shooter's middle to the other's surface; who stands wholly
 * above or below is out of it, as is who is behind a wall. Whoever stands in the same spot is before everybody.
 */
import { BODY_RADIUS_CM, BODY_SIZES, eyesOf, middleOf, type Pose } from "./body.ts";
import type { Weapon } from "./content.ts";
import { unit } from "./geometry.ts";
import type { Wall } from "./maps.ts";
import type { Poses } from "./rewind.ts";
import { isClear, type Struck } from "./targeting.ts";
import type { Fighter, Point } from "./world.ts";

export type Swing = { weapon: Weapon; from: Pose; aim: Point; walls: readonly Wall[]; poses: Poses };

type Reached = Struck & { kind: "player" };

export function judgeSwing(shooter: number, swing: Swing): Reached[] {
  const struck: Reached[] = [];
  const eyes = eyesOf(swing.from);
  for (let slot = 0; slot < swing.poses.length; slot++) {
    const pose = swing.poses[slot];
    if (!pose?.alive || slot === shooter) continue;
    const distanceCm = reachTo(pose, swing);
    if (distanceCm === null || !isClear(swing.walls, eyes, middleOf(pose))) continue;
    struck.push({ kind: "player", slot, distanceCm, part: "torso" });
  }
  return struck.sort((one, other) => one.distanceCm - other.distanceCm || one.slot - other.slot);
}

/** How far away somebody is, or null for out of reach. */
function reachTo(pose: Pose, { weapon, from, aim }: Swing): number | null {
  const x = pose.position.x - from.position.x;
  const y = pose.position.y - from.position.y;
  const above = pose.position.z - from.position.z;
  if (above > BODY_SIZES[from.stance].heightCm || -above > BODY_SIZES[pose.stance].heightCm) return null;
  const apart = Math.sqrt(x * x + y * y);
  const distance = Math.max(0, apart - BODY_RADIUS_CM);
  if (distance > weapon.rangeCm) return null;
  if (apart > 0) {
    const ahead = unit({ x: aim.x, y: aim.y, z: 0 });
    if ((ahead.x * x + ahead.y * y) * 1000 < (weapon.swing?.cosine ?? 1000) * apart) return null;
  }
  return Math.round(distance);
}

/** Whether a blow comes from behind: the one who is struck looks away from where it comes. Both as they were shown. */
export function isFromBehind(shooter: Point, struck: Pick<Fighter, "position" | "yaw">): boolean {
  const x = struck.position.x - shooter.x;
  const y = struck.position.y - shooter.y;
  const apart = Math.sqrt(x * x + y * y);
  if (apart === 0) return false;
  const looks = lookOf(struck.yaw);
  return looks.x * x + looks.y * y >= BEHIND_COSINE * apart;
}

const BEHIND_COSINE = 0.5;

/** Whereto a yaw looks along the ground, near enough (0.2 %) and exact on every machine: Bhaskara's sine has no series. */
export function lookOf(yaw: number): { x: number; y: number } {
  return { x: sine(yaw + 9_000), y: sine(yaw) };
}

function sine(hundredths: number): number {
  const turn = ((hundredths % 36_000) + 36_000) % 36_000;
  const half = turn % 18_000;
  const product = (half * (18_000 - half)) / 10_000;
  const value = (4 * product) / (40_500 - product);
  return turn < 18_000 ? value : -value;
}
