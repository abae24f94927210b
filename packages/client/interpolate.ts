/**
 * Interpolate: smooth movement out of states that come when something changed.
 * In:  poses of one player with the server time they are of.   Out: the pose at a render time a little in the past.
 * Law: between two known poses the answer lies on the line between them; beyond the newest it is the newest, never
 *      a guess. A leap (respawn, correction) is shown as a leap.
 * Use: a row's pose is of view.unixMsAt(row.pose_ms); render time = server time now - half the round trip - delay. A delay
 *      of two to three frame intervals hides ordinary jitter; without the half there is nothing newer to draw towards.
 */
import { POSES_MAX } from "./limits.ts";
import type { Vec3 } from "./session.ts";

export type Pose = { readonly position: Vec3; readonly yaw: number; readonly pitch: number };

export type TimedPose = Pose & { readonly atMs: number };

/** Farther apart than a player can run between two frames even after a lost second: a leap. Metres. */
const LEAP_METRES = 8;
/** A state after a longer silence: the player stood still until this long before it. */
const SILENCE_MS = 150;

/** Adds a pose; out of order ones find their place, the oldest goes when the buffer is full. */
export function addPose(poses: TimedPose[], pose: TimedPose): void {
  let index = poses.length;
  while (index > 0 && poses[index - 1]!.atMs > pose.atMs) index -= 1;
  const same = poses[index - 1]?.atMs === pose.atMs;
  poses.splice(same ? index - 1 : index, same ? 1 : 0, pose);
  if (poses.length > POSES_MAX) poses.shift();
}

/** null while nothing is known. Before the oldest pose the answer is the oldest. */
export function poseAt(poses: readonly TimedPose[], renderAtMs: number): Pose | null {
  let after = poses.length;
  while (after > 0 && poses[after - 1]!.atMs > renderAtMs) after -= 1;
  const from = poses[after - 1];
  const to = poses[after];
  if (!from || !to) return from ?? to ?? null;
  if (isLeap(from.position, to.position)) return from;
  const startMs = Math.max(from.atMs, to.atMs - SILENCE_MS);
  const share = Math.max(0, renderAtMs - startMs) / (to.atMs - startMs);
  return {
    position: {
      x: between(from.position.x, to.position.x, share),
      y: between(from.position.y, to.position.y, share),
      z: between(from.position.z, to.position.z, share),
    },
    yaw: betweenDegrees(from.yaw, to.yaw, share),
    pitch: between(from.pitch, to.pitch, share),
  };
}

function between(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

/** The short way round: from 350 to 10 goes through 360. */
function betweenDegrees(from: number, to: number, share: number): number {
  const turn = ((((to - from) % 360) + 540) % 360) - 180;
  return from + turn * share;
}

function isLeap(from: Vec3, to: Vec3): boolean {
  return (to.x - from.x) ** 2 + (to.y - from.y) ** 2 + (to.z - from.z) ** 2 > LEAP_METRES ** 2;
}
