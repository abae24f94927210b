/**
 * History: where everybody stood within the last second, for shots that were aimed at what a client was shown.
 * In:  poses as they are taken, with the match time they were taken at.   Out: the pose of a seat at a match time.
 * Law: between two known poses the answer lies on the line between them, as a client draws it (packages/client,
 *      interpolate.ts has the same rule and the same silence); beyond the newest it is the newest. A track begins anew
 *      with each life, leap and pause, and answers its first pose for anything earlier: nothing is judged across one.
 * Cost: one row of typed arrays a seat, written in place; nothing is allocated by moving.
 * Not part of a world's hash or of what is kept: an owner who goes on with a state begins with what stands there.
 */
import { assert } from "#kit/assert.ts";
import type { Pose } from "./body.ts";
import { HISTORY_POSES_MAX, SLOTS_MAX } from "./limits.ts";
import type { Fighter, Stance } from "./world.ts";

/** How far back is known. Rewinding stops well before (rewind.ts). */
export const HISTORY_MS = 1_000;

/** A pose closer than this to the one before gives its place to the next, so that the cap holds a whole second. */
const SPACING_MS = HISTORY_MS / HISTORY_POSES_MAX;

/** After a longer silence a fighter is drawn as standing still until this long before it moved. */
export const SILENCE_MS = 150;

class Track {
  readonly atMs = new Float64Array(HISTORY_POSES_MAX);
  readonly x = new Int32Array(HISTORY_POSES_MAX);
  readonly y = new Int32Array(HISTORY_POSES_MAX);
  readonly z = new Int32Array(HISTORY_POSES_MAX);
  readonly yaw = new Int32Array(HISTORY_POSES_MAX);
  readonly crouched = new Uint8Array(HISTORY_POSES_MAX);
  /** Index of the newest, and how many there are. */
  newest = 0;
  count = 0;
}

export type History = (Track | null)[];

export function noHistory(): History {
  return [];
}

/** A new life, a leap, or the end of a pause: what was before is not looked at any more. */
export function beginTrack(history: History, fighter: Fighter, atMs: number): void {
  trackOf(history, fighter.slot).count = 0;
  remember(history, fighter, atMs);
}

/** Where a fighter stands from this match time on. Times never go back. */
export function remember(history: History, fighter: Fighter, atMs: number): void {
  const track = trackOf(history, fighter.slot);
  const sinceOlder = track.count > 1 ? track.atMs[track.newest]! - track.atMs[before(track.newest, 1)]! : SPACING_MS;
  const replaces = sinceOlder < SPACING_MS;
  if (track.count > 0 && !replaces) track.newest = (track.newest + 1) % HISTORY_POSES_MAX;
  if (!replaces) track.count = Math.min(HISTORY_POSES_MAX, track.count + 1);
  const { newest } = track;
  track.atMs[newest] = atMs;
  track.x[newest] = fighter.position.x;
  track.y[newest] = fighter.position.y;
  track.z[newest] = fighter.position.z;
  track.yaw[newest] = fighter.yaw;
  track.crouched[newest] = fighter.stance === "crouch" ? 1 : 0;
}

/** The pause is over: everybody begins where they stand. */
export function beginAll(history: History, fighters: readonly (Fighter | null)[], atMs: number): void {
  for (const fighter of fighters) if (fighter) beginTrack(history, fighter, atMs);
}

/** Since when a fighter stands where it stands; 0 where nothing is known. */
export function poseMsOf(history: History, fighter: Fighter): number {
  const track = history[fighter.slot];
  return track && track.count > 0 ? track.atMs[track.newest]! : 0;
}

/** Whether a fighter lives is as it is now: who fell since is no target any more. */
export function poseAt(history: History, fighter: Fighter, atMs: number): Pose {
  const track = history[fighter.slot];
  if (!track || track.count === 0 || atMs >= track.atMs[track.newest]!) return fighter;
  let back = 1;
  while (back < track.count && track.atMs[before(track.newest, back)]! > atMs) back += 1;
  const later = before(track.newest, back - 1);
  const earlier = back < track.count ? before(track.newest, back) : later;
  const startMs = Math.max(track.atMs[earlier]!, track.atMs[later]! - SILENCE_MS);
  const span = track.atMs[later]! - startMs;
  const share = span <= 0 ? 0 : Math.max(0, atMs - startMs) / span;
  const stance: Stance = track.crouched[earlier] === 1 ? "crouch" : "stand";
  return {
    position: {
      x: between(track.x, earlier, later, share),
      y: between(track.y, earlier, later, share),
      z: between(track.z, earlier, later, share),
    },
    stance,
    alive: fighter.alive,
  };
}

/** The last pose that had been taken by then, with nothing drawn between two; the first that is known for anything earlier. */
export function toldPoseAt(history: History, fighter: Fighter, atMs: number): Pose {
  const track = history[fighter.slot];
  if (!track || track.count === 0 || atMs >= track.atMs[track.newest]!) return fighter;
  let back = 1;
  while (back < track.count - 1 && track.atMs[before(track.newest, back)]! > atMs) back += 1;
  const at = before(track.newest, Math.min(back, track.count - 1));
  return {
    position: { x: track.x[at]!, y: track.y[at]!, z: track.z[at]! },
    stance: track.crouched[at] === 1 ? "crouch" : "stand",
    alive: fighter.alive,
  };
}

/** Where a fighter was looking then, as the last pose that had been taken by then has it. */
export function yawAt(history: History, fighter: Fighter, atMs: number): number {
  const track = history[fighter.slot];
  if (!track || track.count === 0 || atMs >= track.atMs[track.newest]!) return fighter.yaw;
  let back = 1;
  while (back < track.count - 1 && track.atMs[before(track.newest, back)]! > atMs) back += 1;
  return track.yaw[before(track.newest, Math.min(back, track.count - 1))]!;
}

function between(axis: Int32Array, earlier: number, later: number, share: number): number {
  return axis[earlier]! + (axis[later]! - axis[earlier]!) * share;
}

function before(index: number, back: number): number {
  return (index - back + HISTORY_POSES_MAX) % HISTORY_POSES_MAX;
}

function trackOf(history: History, slot: number): Track {
  assert(slot >= 0 && slot < SLOTS_MAX, "tracks are by seat");
  while (history.length <= slot) history.push(null);
  history[slot] ??= new Track();
  return history[slot]!;
}
