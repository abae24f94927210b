/**
 * Rewind: how far back a shot is judged, and by which poses.
 * In:  a shot, with when it arrived, what its client says it was showing, and the measured round trip.
 * Out: the match time it is judged at, and everybody's poses of that time.
 * Law: when a shot was fired, what its client showed is no older than REWIND_MS_MAX, so that nobody is hit long after
 *      reaching cover; its way here is made up for besides, up to WAY_MS_MAX. A claim holds as long as it is within
 *      CLAIM_TRUST_MS of what was measured, else the measurement does; a claim of the future is the present.
 * Why both: what a client shows left the server half a round trip earlier, and its shot needs the other half to come back
 *      (docs/decisions/0011-rewind.md). A client that draws between states is later by that delay, and says so; one that
 *      says nothing is taken to draw the newest.
 * Not here: what poses are kept (history.ts), what the shot strikes (targeting.ts).
 */
import type { Pose } from "./body.ts";
import { poseAt } from "./history.ts";
import type { World } from "./world.ts";

/** How old what a shot is aimed at may be when it is fired. Overwatch rewinds as far. */
export const REWIND_MS_MAX = 250;

/** Half the round trip of the farthest player whose way is made up for: who is farther away bears the rest. */
export const WAY_MS_MAX = 125;

/** Source lets measured latency overrule a claim from here on. */
export const CLAIM_TRUST_MS = 200;

export type ShotTime = {
  /** Match time of arrival. */
  readonly atMs: number;
  /** The match time the client says it was showing; null when it does not say. */
  readonly claimedMs: number | null;
  /** Measured; null where nobody measures. */
  readonly rttMs: number | null;
};

export type View = {
  /** The match time the shot is judged at, not before 0. */
  readonly atMs: number;
  /** The way here that was made up for: how long before its arrival the shot counts as fired. */
  readonly wayMs: number;
  /** From then on, how far back. */
  readonly rewindMs: number;
  /** What was shown is older than a shot may reach back. */
  readonly capped: boolean;
};

export function viewOf({ atMs, claimedMs, rttMs }: ShotTime): View {
  const claimed = claimedMs === null ? null : Math.max(0, atMs - claimedMs);
  const trusted = claimed !== null && (rttMs === null || Math.abs(claimed - rttMs) <= CLAIM_TRUST_MS);
  const wanted = Math.round(trusted ? claimed : (rttMs ?? 0));
  const way = Math.min(Math.floor((rttMs ?? 0) / 2), WAY_MS_MAX, wanted);
  const wayMs = Math.min(way, atMs); // Not before the match began.
  const rewindMs = Math.min(wanted - way, REWIND_MS_MAX, atMs - wayMs);
  return { atMs: atMs - wayMs - rewindMs, wayMs, rewindMs, capped: wanted - way > REWIND_MS_MAX };
}

/** By slot; null where nobody sits. */
export type Poses = readonly (Pose | null)[];

/** Everybody as they stood then; the living of now. */
export function posesAt(world: World, atMs: number): Poses {
  return world.fighters.map((fighter) => fighter && poseAt(world.history, fighter, atMs));
}

/** The tick that a match time falls into. */
export function tickOf(world: World, atMs: number): number {
  return Math.min(world.tick, claimedTick(world, atMs));
}

/** The same without looking whether there was one yet. */
export function claimedTick({ rules }: World, atMs: number): number {
  return Math.floor(((atMs + 1) * rules.tickRateHz - 1) / 1000);
}
