/**
 * History: where everybody stood within the last second, for shots that were aimed at what a client was shown.
 * In:  poses as they are taken, with the match time they were taken at.   Out: the pose of a seat at a match time.
 * Law: between two known poses the answer lies on the line between them, as a client draws it (packages/client,
 *      interpolate.ts has the same rule and the same silence); beyond the newest it is the newest. A track begins anew
 *      with each life, leap and pause, and answers its first pose for anything earlier: nothing is judged across one.
 * Cost: one typed array a seat, written in place; nothing is allocated by moving.
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

/** A pose is one row of whole numbers, so that writing one touches one place in memory. */
const COLUMNS = 6;
const [AT_MS, X, Y, Z, YAW, CROUCHED] = [0, 1, 2, 3, 4, 5] as const;

class Track {
  readonly rows = new Int32Array(HISTORY_POSES_MAX * COLUMNS);
  /** Which row is the newest, and how many there are. */
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

/** Where a fighter stands from this match time on. Times are whole, and never go back. */
export function remember(history: History, fighter: Fighter, atMs: number): void {
  const track = trackOf(history, fighter.slot);
  const sinceOlder = track.count > 1 ? atMsOf(track, 0) - atMsOf(track, 1) : SPACING_MS;
  const replaces = sinceOlder < SPACING_MS;
  if (track.count > 0 && !replaces) track.newest = (track.newest + 1) % HISTORY_POSES_MAX;
  if (!replaces) track.count = Math.min(HISTORY_POSES_MAX, track.count + 1);
  const { rows } = track;
  const row = rowOf(track, 0);
  const { position, yaw, stance } = fighter;
  rows[row + AT_MS] = atMs;
  rows[row + X] = position.x;
  rows[row + Y] = position.y;
  rows[row + Z] = position.z;
  rows[row + YAW] = yaw;
  rows[row + CROUCHED] = stance === "crouch" ? 1 : 0;
}

/** The pause is over: everybody begins where they stand. */
export function beginAll(history: History, fighters: readonly (Fighter | null)[], atMs: number): void {
  for (const fighter of fighters) if (fighter) beginTrack(history, fighter, atMs);
}

/** Since when a fighter stands where it stands; 0 where nothing is known. */
export function poseMsOf(history: History, fighter: Fighter): number {
  const track = history[fighter.slot];
  return track && track.count > 0 ? atMsOf(track, 0) : 0;
}

/** Whether a fighter lives is as it is now: who fell since is no target any more. */
export function poseAt(history: History, fighter: Fighter, atMs: number): Pose {
  const track = history[fighter.slot];
  if (!track || track.count === 0 || atMs >= atMsOf(track, 0)) return fighter;
  let back = 1;
  while (back < track.count && atMsOf(track, back) > atMs) back += 1;
  const later = rowOf(track, back - 1);
  const earlier = back < track.count ? rowOf(track, back) : later;
  const { rows } = track;
  const laterMs = rows[later + AT_MS]!;
  const startMs = Math.max(rows[earlier + AT_MS]!, laterMs - SILENCE_MS);
  const span = laterMs - startMs;
  const share = span <= 0 ? 0 : Math.max(0, atMs - startMs) / span;
  const between = (column: number) => {
    return rows[earlier + column]! + (rows[later + column]! - rows[earlier + column]!) * share;
  };
  const position = { x: between(X), y: between(Y), z: between(Z) };
  return { position, stance: stanceIn(rows, earlier), alive: fighter.alive };
}

/** The last pose that had been taken by then, with nothing drawn between two; the first that is known for anything earlier. */
export function toldPoseAt(history: History, fighter: Fighter, atMs: number): Pose {
  const told = toldRow(history, fighter, atMs);
  if (!told) return fighter;
  const { rows, row } = told;
  const position = { x: rows[row + X]!, y: rows[row + Y]!, z: rows[row + Z]! };
  return { position, stance: stanceIn(rows, row), alive: fighter.alive };
}

/** Where a fighter was looking then, as the last pose that had been taken by then has it. */
export function yawAt(history: History, fighter: Fighter, atMs: number): number {
  const told = toldRow(history, fighter, atMs);
  return told ? told.rows[told.row + YAW]! : fighter.yaw;
}

/** Null where that is the pose of now. */
function toldRow(history: History, { slot }: Fighter, atMs: number): { rows: Int32Array; row: number } | null {
  const track = history[slot];
  if (!track || track.count === 0 || atMs >= atMsOf(track, 0)) return null;
  let back = 1;
  while (back < track.count - 1 && atMsOf(track, back) > atMs) back += 1;
  return { rows: track.rows, row: rowOf(track, Math.min(back, track.count - 1)) };
}

/** When the pose so many before the newest was taken. */
function atMsOf(track: Track, back: number): number {
  return track.rows[rowOf(track, back) + AT_MS]!;
}

/** Where its row begins. */
function rowOf({ newest }: Track, back: number): number {
  return ((newest - back + HISTORY_POSES_MAX) % HISTORY_POSES_MAX) * COLUMNS;
}

function stanceIn(rows: Int32Array, row: number): Stance {
  return rows[row + CROUCHED] === 1 ? "crouch" : "stand";
}

function trackOf(history: History, slot: number): Track {
  assert(slot >= 0 && slot < SLOTS_MAX, "tracks are by seat");
  while (history.length <= slot) history.push(null);
  history[slot] ??= new Track();
  return history[slot]!;
}
