/**
 * Measures: what each check of a move measures, and how much of it is allowed.
 * In:  a fighter, its move and the step that it is, the map.   Out: the measurement that is over its threshold, or null.
 * Law: reads only, but for the count of updates; what is measured is the server's time and the map, never a claim, but to
 *      the claimant's harm.
 * Not here: their order and what becomes of it (movement.ts), what follows (suspicion.ts).
 */
import {
  BUDGETS,
  type BudgetRules,
  grown,
  SILENCE_MS,
  STALLED_MS_MAX,
  stalledUs,
  takeUpdate,
  UPDATES_PER_S,
} from "./budgets.ts";
import { AIR_SLACK_MS, GRAVITY_CM_PER_S2, JUMP_CM_MAX, SPEED_CM_PER_S, TOUCH_CM } from "./envelope.ts";
import { clipOf } from "./ground.ts";
import type { Move } from "./inputs.ts";
import { MEASURED_MAX } from "./limits.ts";
import type { Motion } from "./motion.ts";
import { BUMP_POINTS, type Measured } from "./suspicion.ts";
import type { Fighter, Point, Stance, World } from "./world.ts";

/** One step may reach as far as the time since the one before allows, or since the client was told, and this much farther. */
export const STEP_SLACK_MS = 300;

/** A claim may be this far ahead of the server's own time: clocks tick in milliseconds. */
export const AHEAD_MS_MAX = 100;

/** For so long after the server's time stood still claims may be ahead of it. */
const FORGIVEN_MS = 2_000;

/** A claim of a move may be older than the round trip by this: beyond, it is no network's doing. */
export const BEHIND_MS_MAX = 3_000;

/** Between two samples no more than this is sure to have been spent in the air. */
const AIR_SAMPLE_MS_MAX = 250;

/** So many landings that nobody saw are believed until feet are seen on ground again. */
export const HOPS_MAX = 4;

/** How fast jumpers come down, most of them. */
const LANDING_CM_PER_S = 700;

/** The greatest speeds that count for somebody, cm/s. */
export type Pace = { readonly along: number; readonly climb: number };

export type WayCost = {
  /** Microseconds at the greatest speed, without tolerance. */
  readonly costUs: number;
  readonly distanceCm: number;
  /** The speed that bounds it, cm/s. */
  readonly speed: number;
};

/** A move as it is judged: where it goes, and what it costs. */
export type Step = WayCost & {
  readonly to: Point;
  readonly stance: Stance;
  readonly atMs: number;
  /** Since the last move that was taken. */
  readonly gapMs: number;
  readonly pace: Pace;
  readonly groundZ: number;
};

export type Measure = (fighter: Fighter, move: Move, step: Step, world: World) => Measured | null;

export const MEASURES: readonly Measure[] = [rate, latency, leapt, teleport, clipping, physics, speed, stalls];

/** What one step back to where a client was told to stand need not keep to. */
export const WAYS: readonly Measure[] = [teleport, speed, stalls];

/** While a client is on its way to where it was told to stand, it stays near there, too. */
export const SETTLING: readonly Measure[] = [rate, latency, leapt, reach, clipping, physics, ...WAYS];

function rate({ motion }: Fighter, _move: Move, { atMs }: Step): Measured | null {
  const sinceMs = Math.max(1, atMs - motion.updatesAtMs);
  if (takeUpdate(motion, atMs)) return null;
  const measured = Math.max(UPDATES_PER_S + 1, Math.ceil(1_000 / sinceMs));
  return { check: "rate", measured, threshold: UPDATES_PER_S };
}

/** Claims of the future, and of what is older than any network makes it. */
function latency({ motion }: Fighter, { claimedMs, rttMs }: Move, { atMs }: Step): Measured | null {
  if (claimedMs === null) return null;
  const aheadMs = claimedMs - atMs;
  const isOwed = atMs < motion.forgivenAtMs + FORGIVEN_MS; // The server's own time was late.
  if (aheadMs > AHEAD_MS_MAX && !isOwed) return { check: "latency", measured: aheadMs, threshold: AHEAD_MS_MAX };
  const threshold = BEHIND_MS_MAX + Math.round(rttMs ?? 0);
  return -aheadMs > threshold ? { check: "time", measured: -aheadMs, threshold } : null;
}

/** Made before the client knew that the server had moved it: it goes from where nobody stands any more. */
function leapt({ motion }: Fighter, { claimedMs }: Move): Measured | null {
  if (claimedMs === null || claimedMs >= motion.leaptAtMs) return null;
  return { check: "time", measured: motion.leaptAtMs - claimedMs, threshold: 0 };
}

/** One step farther than the time since the one before can explain. */
function teleport(_fighter: Fighter, _move: Move, { costUs, gapMs, distanceCm }: Step): Measured | null {
  const reachUs = (Math.min(gapMs, SILENCE_MS) + STEP_SLACK_MS) * 1_000;
  if (costUs <= reachUs) return null;
  return { check: "teleport", measured: distanceCm, threshold: Math.floor((distanceCm * reachUs) / costUs) };
}

/** Farther from where the client was told to stand than it can have come since. */
function reach(fighter: Fighter, _move: Move, { to, atMs, pace }: Step): Measured | null {
  const { told, toldAtMs } = fighter.motion;
  const reachUs = (atMs - toldAtMs + STEP_SLACK_MS) * 1_000;
  const { costUs, distanceCm } = wayOf(told, to, pace);
  if (costUs <= reachUs) return null;
  return { check: "teleport", measured: distanceCm, threshold: Math.floor((distanceCm * reachUs) / costUs) };
}

function clipping(fighter: Fighter, _move: Move, { to, stance }: Step, { map }: World): Measured | null {
  const clip = clipOf(map, { from: fighter.position, to, stance, was: fighter.stance });
  if (!clip) return null;
  const { measured, threshold, bumps } = clip;
  return bumps
    ? { check: "clipping", measured, threshold, points: BUMP_POINTS }
    : { check: "clipping", measured, threshold };
}

/** Higher than a jump carries, or in the air for longer. Both count from where the feet left the ground. */
function physics({ motion, position }: Fighter, _move: Move, { to, groundZ, gapMs }: Step): Measured | null {
  if (to.z <= groundZ + TOUCH_CM || mayHaveLanded(motion, { from: position, to, groundZ, gapMs })) return null;
  const measured = to.z - motion.liftZ;
  const threshold = heightCm(Math.max(0, airMsAfter(motion, gapMs) - AIR_SLACK_MS) / 1_000);
  return measured > threshold ? { check: "physics", measured, threshold } : null;
}

/** How high a jump is at most after so many seconds; below where it began once it has come down. */
function heightCm(seconds: number): number {
  const fallingS = Math.max(0, seconds - SPEED_CM_PER_S.climb / GRAVITY_CM_PER_S2);
  return Math.ceil(JUMP_CM_MAX - (GRAVITY_CM_PER_S2 * fallingS * fallingS) / 2);
}

/** Slow clients land and jump again between two samples: there was time to come down and up. Now and then one sees them land. */
export function mayHaveLanded(
  { hops }: Motion,
  { from, to, groundZ, gapMs }: Pick<Step, "to" | "groundZ" | "gapMs"> & { from: Point },
): boolean {
  if (hops >= HOPS_MAX) return false;
  const downMs = ((from.z - groundZ) * 1_000) / LANDING_CM_PER_S;
  const upMs = ((to.z - groundZ) * 1_000) / SPEED_CM_PER_S.climb;
  return Math.max(0, downMs) + upMs <= gapMs && to.z - groundZ <= JUMP_CM_MAX;
}

/** Nobody knows when between two samples the feet left the ground, so the first in the air counts as the beginning. */
export function airMsAfter({ airMs }: Motion, gapMs: number): number {
  return airMs === 0 ? 1 : airMs + Math.min(gapMs, AIR_SAMPLE_MS_MAX);
}

/** The mean speed since a budget was last full; what came at once after a long silence is a matter of time. */
function speed({ motion }: Fighter, _move: Move, step: Step): Measured | null {
  const short = overspent(motion.shortUs, motion.shortFullAtMs, BUDGETS.short, step);
  const long = overspent(motion.longUs, motion.longFullAtMs, BUDGETS.long, step);
  const over = short ?? long;
  if (!over) return null;
  const silentMs = step.gapMs > SILENCE_MS ? step.gapMs : motion.silentMs;
  return silentMs > 0 ? { check: "time", measured: silentMs, threshold: SILENCE_MS } : over;
}

function overspent(
  leftUs: number,
  fullAtMs: number,
  rules: BudgetRules,
  { costUs, gapMs, atMs, speed }: Step,
): Measured | null {
  const left = grown(leftUs, rules, gapMs);
  const cost = costWith(rules, costUs);
  const sinceMs = Math.max(1, gapMs, atMs - fullAtMs);
  if (cost <= left + (sinceMs <= rules.releaseMs ? rules.releasedUs : 0)) return null;
  const threshold = Math.floor((speed * (100 + rules.tolerancePercent)) / 100);
  const beyondUs = rules.fullUs + cost - left;
  return { check: "speed", measured: threshold + (threshold * beyondUs) / (sinceMs * 1_000), threshold };
}

export function costWith({ tolerancePercent }: BudgetRules, costUs: number): number {
  return Math.floor((costUs * 100) / (100 + tolerancePercent));
}

/** Ways that come at once, again and again: a network does that now and then, a switch in the line as often as it likes. */
function stalls({ motion }: Fighter, _move: Move, { gapMs, costUs }: Step): Measured | null {
  const measured = Math.floor(stalledUs(motion, gapMs, costUs) / 1_000);
  return measured > STALLED_MS_MAX ? { check: "time", measured, threshold: STALLED_MS_MAX } : null;
}

/** What a way costs: the dearer of ground and height, so that a jump at full sprint costs no more than the sprint. */
export function wayOf(from: Point, to: Point, { along, climb }: Pace): WayCost {
  const ground = Math.sqrt((to.x - from.x) * (to.x - from.x) + (to.y - from.y) * (to.y - from.y));
  const height = to.z - from.z;
  const heightSpeed = height > 0 ? climb : SPEED_CM_PER_S.fall;
  const groundUs = timeUs(ground, along);
  const heightUs = timeUs(Math.abs(height), heightSpeed);
  return {
    costUs: Math.max(groundUs, heightUs),
    distanceCm: Math.sqrt(ground * ground + height * height),
    speed: Math.floor(groundUs >= heightUs ? along : heightSpeed),
  };
}

/** Who may not move at all pays for any way with more than there is. */
function timeUs(distanceCm: number, speed: number): number {
  if (distanceCm === 0) return 0;
  return speed === 0 ? MEASURED_MAX : Math.floor((distanceCm * 1_000_000) / speed);
}
