/**
 * Budgets: how much way may be behind a fighter by now. A budget grows by the server's time and is spent by distance, at
 * the greatest legal speed with a little tolerance; so it is nothing but time: what is left of it is how much earlier than
 * its way allows somebody may have arrived.
 * In:  a motion, the time since its last move, what a move costs.   Out: what is left; writes the motion, for movement.ts.
 * Law: the short budget finds great excess within a second or two; the long one forgives more at once and less for ever, so
 *      small excess adds up. Networks hold moves back and let them go together: a silence is made up for, up to SILENCE_MS,
 *      by what arrives right after it and by nothing later. Whoever sends steadily has no more than a full budget.
 * Why microseconds: whole numbers, however small the step.
 */
import type { Motion } from "./motion.ts";

/** The longest silence whose moves are still taken, when they come at once. */
export const SILENCE_MS = 1_500;

export type BudgetRules = {
  /** What jitter may take away and give back. */
  readonly fullUs: number;
  readonly tolerancePercent: number;
  /** A network that lets go what it held does so at once: this much more, and only this shortly after the budget was steadily full. */
  readonly releasedUs: number;
  readonly releaseMs: number;
};

/** Over about 1 s and about 10 s: 30 % too fast uses the short one up within 2 s, 10 % the long one within 8. */
export const BUDGETS = {
  short: { fullUs: 330_000, tolerancePercent: 4, releasedUs: 450_000, releaseMs: 300 },
  long: { fullUs: 600_000, tolerancePercent: 2, releasedUs: 0, releaseMs: 0 },
} as const satisfies Record<string, BudgetRules>;

/** A full budget and the longest silence on top. */
export function mostUs({ fullUs }: BudgetRules): number {
  return fullUs + SILENCE_MS * 1_000;
}

/** What a silence left over goes within a quarter of a second of moves that come regularly again. */
const LEFTOVER_FACTOR = 4;
const REGULAR_MS_MAX = 100;
const LOTS_MS_MAX = 400;

/** Moves that come this close together came at once. */
const AT_ONCE_MS = 5;
/** Of what comes at once, this much is any network's; what is more counts, and this much of it is forgiven per minute. */
const BURST_US = 400_000;
export const STALLED_MS_MAX = 3_000;
const STALLED_FORGIVEN_US_PER_MS = 50;

/** Position updates a second, with room above the greatest sending rate; at once, as many as the longest silence holds. */
export const UPDATES_PER_S = 160;
export const UPDATES_MAX = (UPDATES_PER_S * SILENCE_MS) / 1_000;

/** What a budget is after so much time without a move. */
export function grown(leftUs: number, rules: BudgetRules, gapMs: number): number {
  const { fullUs } = rules;
  const leftover = leftUs - fullUs;
  const kept = leftover > 0 ? fullUs + Math.max(0, leftover - leftoverGone(gapMs)) : leftUs;
  return Math.min(mostUs(rules), kept + Math.min(gapMs, SILENCE_MS) * 1_000);
}

/** By moves that came regularly: what a silence fills up is for the moves that it held back, and no ground for a release. */
export function isSteadilyFull(leftUs: number, { fullUs }: BudgetRules, gapMs: number): boolean {
  return gapMs > AT_ONCE_MS && leftUs + Math.min(gapMs, REGULAR_MS_MAX) * 1_000 >= fullUs;
}

/** What was held back may come in several lots; a longer silence in between is another one. */
function leftoverGone(gapMs: number): number {
  return LEFTOVER_FACTOR * (Math.min(gapMs, REGULAR_MS_MAX) + Math.max(0, gapMs - LOTS_MS_MAX)) * 1_000;
}

/** Counts an update in; false when there are too many. Also those that are refused. */
export function takeUpdate(motion: Motion, nowMs: number): boolean {
  const grownTo = motion.updates + Math.max(0, nowMs - motion.updatesAtMs) * UPDATES_PER_S;
  motion.updates = Math.min(UPDATES_MAX * 1_000, grownTo);
  motion.updatesAtMs = Math.max(motion.updatesAtMs, nowMs);
  if (motion.updates < 1_000) return false;
  motion.updates -= 1_000;
  return true;
}

/** What is held against somebody for ways that came at once, if this one is taken too; microseconds. */
export function stalledUs({ stalledUs: before, burstUs }: Motion, gapMs: number, costUs: number): number {
  const burst = gapMs > AT_ONCE_MS ? 0 : burstUs;
  const beyond = Math.max(0, burst + costUs - Math.max(burst, BURST_US));
  return Math.max(0, before - gapMs * STALLED_FORGIVEN_US_PER_MS) + beyond;
}

export function burstAfter({ burstUs }: Motion, gapMs: number, costUs: number): number {
  return gapMs > AT_ONCE_MS ? costUs : burstUs + costUs;
}

/** The silence that what comes now belongs to, when it was longer than is made up for. */
export function silentAfter({ silentMs }: Motion, gapMs: number): number {
  if (gapMs > SILENCE_MS) return gapMs;
  return gapMs > AT_ONCE_MS ? 0 : silentMs;
}
