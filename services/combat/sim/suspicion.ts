/**
 * Suspicion: what checks found, how much speaks against a player, and what follows.
 * In:  a fighter, what a check measured.   Out: a finding with its verdict, or none; writes score and position, on behalf
 *      of step.
 * Law: verdicts escalate by a score that decays: the position that holds, then a place before it all, then a flag for
 *      people to look at, then the seat. One mistake is one finding: until a client can know that it was corrected, what it
 *      goes on sending is refused and counts for nothing. In shadow a check finds and does no more.
 * Not here: what is measured (movement.ts), who is told (session/).
 */
import { LENIENT, leap, type Motion } from "./motion.ts";
import { letGoOfFlag } from "./objectives.ts";
import type { Fighter, Point, World } from "./world.ts";

/** Checks of moves, by the names of the game's contract where it has them. Stored and hashed by their place here. */
export const CHECKS = ["speed", "teleport", "clipping", "physics", "latency", "rate", "time"] as const;
export type Check = (typeof CHECKS)[number];

/** shadow: it finds, and nothing is corrected. */
export const CHECK_MODES = ["off", "shadow", "enforce"] as const;
export type CheckMode = (typeof CHECK_MODES)[number];

export type Checks = Readonly<Record<Check, CheckMode>>;

export const ENFORCE_ALL: Checks = allIn("enforce");

export function allIn(mode: CheckMode): Checks {
  return { speed: mode, teleport: mode, clipping: mode, physics: mode, latency: mode, rate: mode, time: mode };
}

export const VERDICTS = ["allow", "correct", "set_back", "flag", "remove"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Points of one finding. */
export const WEIGHTS: Readonly<Record<Check, number>> = {
  speed: 10,
  teleport: 15,
  clipping: 15,
  physics: 15,
  latency: 10,
  rate: 10,
  time: 15,
};

/** Of feet that only walk against a wall: they get nowhere. */
export const BUMP_POINTS = 2;

/**
 * Of a finding that a bad network may make, on somebody whose ways are held back and let go at once again and again: that is no
 * reason to lose a seat. Who holds them back on purpose is corrected all the same.
 */
export const HELD_BACK_POINTS = 8;
const NETWORK_MAY: ReadonlySet<Check> = new Set(["speed", "teleport", "time"]);
/** From so much way that came at once on, microseconds; forgiven as motion.stalledUs is. */
export const HELD_BACK_US = 1_000_000;

/** From how many points on. Below the first the position that holds is told. */
export const SCORE_FROM = { set_back: 30, flag: 60, remove: 100 } as const;
export const SCORE_FORGIVEN_PER_S = 1;

/** Nobody is carried farther back than a place it was at so shortly ago: else it would be a way home. */
const SAFE_MS_MAX = 2_000;

/** After a correction has had its round trip, a client still gets this long to follow it. */
const SETTLE_MS = 1_000;
const SETTLE_ROUND_TRIP_MS_MAX = 1_000;

/** A check's measurement and the evidence for it. Speeds in cm/s, lengths in cm, times in ms, rates in updates a second. */
export type Finding = {
  readonly slot: number;
  readonly check: Check;
  readonly mode: "shadow" | "enforce";
  readonly verdict: Verdict;
  readonly measured: number;
  readonly threshold: number;
  readonly from: Point;
  readonly to: Point;
  /** Match times: of arrival, as the client claims, as it is believed. */
  readonly atMs: number;
  readonly claimedMs: number | null;
  readonly usedMs: number;
  readonly rttMs: number | null;
  /** Points after it. */
  readonly score: number;
};

/** `points`: fewer than the check's own, where nothing could be gained. */
export type Measured = {
  readonly check: Check;
  readonly measured: number;
  readonly threshold: number;
  readonly points?: number;
};

/** Nothing was gained by it. */
export function isBump({ points }: Measured): boolean {
  return points === BUMP_POINTS;
}

export type Evidence = Pick<Finding, "to" | "atMs" | "claimedMs" | "usedMs" | "rttMs">;

/** Whether the client may not know yet where it stands: it was told, or moved, too shortly ago. */
export function isSettling({ motion }: Fighter, atMs: number, rttMs: number | null): boolean {
  return atMs < motion.toldAtMs + SETTLE_MS + Math.min(rttMs ?? SETTLE_ROUND_TRIP_MS_MAX / 4, SETTLE_ROUND_TRIP_MS_MAX);
}

/** What a shadow would have done is not done. */
export function noted(fighter: Fighter, { check, measured, threshold }: Measured, evidence: Evidence): Finding {
  const { slot, position: from } = fighter;
  const score = Math.floor(scoreAt(fighter, evidence.atMs) / 1_000);
  return { check, ...evidence, slot, mode: "shadow", verdict: "allow", measured, threshold, from, score };
}

/** Adds the finding to what speaks against the fighter, and does what follows. */
export function accuse(world: World, fighter: Fighter, measurement: Measured, evidence: Evidence): Finding {
  const { slot, position: from, motion } = fighter;
  const { points = pointsOf(measurement.check, motion), ...found } = measurement;
  const { atMs } = evidence;
  const score = scoreAt(fighter, atMs) + points * 1_000;
  const verdict = verdictOf(score);
  motion.score = score;
  motion.scoreAtMs = atMs;
  motion.toldAtMs = atMs;
  motion.told = from;
  const back = atMs - motion.safeAtMs <= SAFE_MS_MAX ? motion.safe : from;
  if (verdict !== "correct") {
    letGoOfFlag(world, slot);
    leap({ history: world.history, nowMs: atMs }, fighter, back);
  }
  fighter.motion.lenient = isBump(measurement) ? LENIENT.bumps : LENIENT.stepBack;
  return { ...found, ...evidence, slot, mode: "enforce", verdict, from, score: Math.floor(score / 1_000) };
}

function pointsOf(check: Check, { stalledUs }: Motion): number {
  return NETWORK_MAY.has(check) && stalledUs > HELD_BACK_US ? HELD_BACK_POINTS : WEIGHTS[check];
}

function verdictOf(score: number): Verdict {
  if (score >= SCORE_FROM.remove * 1_000) return "remove";
  if (score >= SCORE_FROM.flag * 1_000) return "flag";
  return score >= SCORE_FROM.set_back * 1_000 ? "set_back" : "correct";
}

/** Thousandths of a point: one each millisecond is a point a second. */
export function scoreAt({ motion }: Fighter, atMs: number): number {
  return Math.max(0, motion.score - Math.max(0, atMs - motion.scoreAtMs) * SCORE_FORGIVEN_PER_S);
}
