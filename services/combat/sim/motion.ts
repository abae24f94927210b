/**
 * Motion: what is known of how a fighter moves, beside where it stands; and the one way the server itself puts somebody
 * elsewhere.
 * In:  a fighter and whereto.   Out: writes the fighter and its track, on behalf of step.
 * Law: a leap is nobody's cheat and nobody's way: budgets and history begin anew where it ends. What somebody is suspected
 *      of goes along.
 * Not here: what a client's own moves may do (movement.ts), what budgets are for (budgets.ts).
 */
import { BUDGETS, mostUs, UPDATES_MAX } from "./budgets.ts";
import { beginTrack, type History } from "./history.ts";
import type { Fighter, Point } from "./world.ts";

export type Motion = {
  /** Arrival of the last move that was taken. */
  atMs: number;
  /** What is left of the two budgets, microseconds of way at the greatest speed. */
  shortUs: number;
  longUs: number;
  /** When they were last full, the short one by moves that came regularly: since then the mean speed is measured. */
  shortFullAtMs: number;
  longFullAtMs: number;
  /** The silence that the newest arrivals ended, when it was longer than is made up for; else 0. */
  silentMs: number;
  /** Way that arrived at one moment, and how much of such ways was more than a network does. */
  burstUs: number;
  stalledUs: number;
  /** How long the feet have had no ground under them, and how high it was where they left it. */
  airMs: number;
  liftZ: number;
  /** Landings that no sample showed, since feet were last seen on ground. */
  hops: number;
  /** Where somebody is set back to: ground, and nothing to complain of. */
  safe: Point;
  safeAtMs: number;
  /** The speed that counts, percent: a slower one counts once the client can know of it. */
  percent: number;
  percentUntilMs: number;
  /** Updates that may still come, thousandths, and when they were counted. */
  updates: number;
  updatesAtMs: number;
  /** When and where the client was last told to stand: what arrives shortly after does not know it yet. */
  toldAtMs: number;
  told: Point;
  /** How lenient checks are until it can know: see LENIENT. */
  lenient: number;
  /** When the server moved it: what was claimed before is of another place. */
  leaptAtMs: number;
  /** When the server's own time was late. */
  forgivenAtMs: number;
  /** How much speaks against it, thousandths of a point; as of `scoreAtMs`. */
  score: number;
  scoreAtMs: number;
};

/**
 * Until a client can know where it was told to stand: after a bump only further bumps count for nothing; else whatever is
 * refused does; after a correction, one step back to where it was told may take no time, too.
 */
export const LENIENT = { bumps: 0, refuses: 1, stepBack: 2 } as const;

/** Long ago: nobody was ever told to be elsewhere. */
const NEVER_MS = -1_000_000;

/** Of who stands there as if for ever: full budgets, nothing in suspense. */
export function newMotion(at: Point = { x: 0, y: 0, z: 0 }, nowMs = 0): Motion {
  return {
    atMs: nowMs,
    shortUs: BUDGETS.short.fullUs,
    longUs: BUDGETS.long.fullUs,
    shortFullAtMs: nowMs,
    longFullAtMs: nowMs,
    silentMs: 0,
    burstUs: 0,
    stalledUs: 0,
    airMs: 0,
    liftZ: at.z,
    hops: 0,
    safe: at,
    safeAtMs: nowMs,
    percent: 100,
    percentUntilMs: nowMs,
    updates: UPDATES_MAX * 1_000,
    updatesAtMs: nowMs,
    toldAtMs: NEVER_MS,
    told: at,
    lenient: LENIENT.refuses,
    leaptAtMs: NEVER_MS,
    forgivenAtMs: NEVER_MS,
    score: 0,
    scoreAtMs: nowMs,
  };
}

/** A life begins, an ability carries somebody off, or the server sets somebody back: `world` is where and when. */
export function leap(world: { history: History; nowMs: number }, fighter: Fighter, to: Point): void {
  const { nowMs } = world;
  const { stalledUs, updates, updatesAtMs, forgivenAtMs, score, scoreAtMs } = fighter.motion;
  const kept = { stalledUs, updates, updatesAtMs, forgivenAtMs, score, scoreAtMs };
  fighter.position = to;
  fighter.motion = { ...newMotion(to, nowMs), ...kept, toldAtMs: nowMs, leaptAtMs: nowMs };
  beginTrack(world.history, fighter, nowMs);
}

/** Match time stood still and players did not know: what they did meanwhile is owed the time. */
export function forgive(fighters: readonly (Fighter | null)[], nowMs: number): void {
  for (const fighter of fighters) {
    if (!fighter) continue;
    const { motion } = fighter;
    motion.shortUs = Math.max(motion.shortUs, mostUs(BUDGETS.short));
    motion.longUs = Math.max(motion.longUs, mostUs(BUDGETS.long));
    motion.airMs = 0;
    motion.forgivenAtMs = nowMs;
  }
}
