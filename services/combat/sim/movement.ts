/**
 * Movement: takes or refuses one position a client predicted, at once when it arrives.
 * In:  the world and a move.   Out: a verdict, with what was found; when taken, the fighter's pose and motion are written.
 * Law: a refused move changes nothing but the acknowledged input, the count of updates and what speaks against the player.
 *      What is judged is the server's time and the map; what a client claims about time is believed as far as the measured
 *      round trip allows, and can only harm it.
 * Order: rules first (over, dead, bounds), then checks from the cheapest to tell apart to the one that adds up.
 * Not here: numbers (envelope.ts, budgets.ts), what is measured (measures.ts), what follows from findings (suspicion.ts).
 */
import { assert } from "#kit/assert.ts";
import { BUDGETS, burstAfter, grown, isSteadilyFull, STALLED_MS_MAX, silentAfter, stalledUs } from "./budgets.ts";
import { speedPercent } from "./effects.ts";
import { SPEED_CM_PER_S, TOUCH_CM } from "./envelope.ts";
import { groundUnder } from "./ground.ts";
import { remember } from "./history.ts";
import type { Move, MoveCheck, MoveVerdict } from "./inputs.ts";
import { MEASURED_MAX } from "./limits.ts";
import { airMsAfter, costWith, MEASURES, mayHaveLanded, SETTLING, type Step, WAYS, wayOf } from "./measures.ts";
import { LENIENT, type Motion } from "./motion.ts";
import { CLAIM_TRUST_MS } from "./rewind.ts";
import { accuse, type Evidence, type Finding, isBump, isSettling, type Measured, noted } from "./suspicion.ts";
import type { Fighter, Point, World } from "./world.ts";

/** A slower speed counts from when its client can know of it. */
const SLOWED_GRACE_MS = 300;
/** Who answers pings late gains no more than this by it. */
const SLOWED_ROUND_TRIP_MS_MAX = 250;

/** How often the place that somebody is set back to moves on. */
const SAFE_EVERY_MS = 500;

const YAW_MAX = 36_000;
const PITCH_MAX = 9_000;

const TAKEN: MoveVerdict = { ok: true };

/** A seat nobody sits in is refused as `dead`; the position named then is the map's first spot. */
export function applyMove(world: World, move: Move): MoveVerdict {
  assert(Number.isFinite(move.atMs), "moves are stamped with match time");
  const fighter = world.fighters[move.slot];
  if (!fighter) return refused("dead", world.map.spawns[0]?.position ?? world.map.bounds.min);
  if (move.seq > 0) fighter.lastInput = move.seq;
  if (world.phase === "over") return refused("over", fighter.position);
  if (!fighter.alive) return refused("dead", fighter.position);
  const outside = outsideCm(world, move);
  if (outside > 0) return refused("bounds", fighter.position, outside, 0);
  const step = stepOf(world, fighter, move);
  const findings: Finding[] = [];
  const wrong = firstWrong(world, fighter, { move, step, findings });
  if (wrong) return wrong;
  take(world, fighter, move, step);
  return findings.length === 0 ? TAKEN : { ok: true, findings };
}

/** What stops the move; what only shadows found is added to `findings`. */
function firstWrong(
  world: World,
  fighter: Fighter,
  { move, step, findings }: { move: Move; step: Step; findings: Finding[] },
): MoveVerdict | null {
  const { checks } = world.rules;
  const { motion } = fighter;
  const isTold = isSettling(fighter, step.atMs, move.rttMs);
  const settles = isTold && motion.lenient !== LENIENT.bumps;
  for (const measure of settles ? SETTLING : MEASURES) {
    const found = measure(fighter, move, step, world);
    if (!found || checks[found.check] === "off") continue;
    const { check, measured, threshold } = whole(found);
    if (checks[check] === "shadow") {
      if (!settles) findings.push(noted(fighter, { check, measured, threshold }, evidenceOf(move, step)));
      continue;
    }
    if (settles && motion.lenient === LENIENT.stepBack && WAYS.includes(measure)) {
      motion.lenient = LENIENT.refuses;
      return null;
    }
    if (settles || (isTold && isBump(found))) return refused(check, fighter.position, measured, threshold);
    const finding = accuse(world, fighter, { ...found, measured, threshold }, evidenceOf(move, step));
    const verdict = refused(check, fighter.position, measured, threshold, [...findings, finding]);
    return finding.verdict === "remove" ? { ...verdict, removed: true } : verdict;
  }
  return null;
}

function stepOf(world: World, fighter: Fighter, move: Move): Step {
  const { motion, position: from } = fighter;
  const atMs = Math.max(Math.floor(move.atMs), motion.atMs);
  const to = quantised(move.position);
  const stance = move.stance ?? fighter.stance;
  const percent = percentOf(fighter, atMs, move.rttMs);
  const crouches = stance === "crouch" && fighter.stance === "crouch";
  const along = (SPEED_CM_PER_S[crouches ? "crouch" : "ground"] * percent) / 100;
  const pace = { along, climb: (SPEED_CM_PER_S.climb * percent) / 100 };
  const gapMs = atMs - motion.atMs;
  const { costUs, distanceCm, speed } = wayOf(from, to, pace);
  return { to, stance, atMs, gapMs, pace, costUs, distanceCm, speed, groundZ: groundUnder(world.map, to) };
}

/** The greater of what holds now and what held until the client can have known better. */
function percentOf(fighter: Fighter, atMs: number, rttMs: number | null): number {
  const { motion } = fighter;
  const now = speedPercent(fighter);
  if (now < motion.percent && atMs < motion.percentUntilMs) return motion.percent;
  motion.percent = now;
  motion.percentUntilMs =
    atMs + SLOWED_GRACE_MS + Math.round(Math.min(rttMs ?? SLOWED_ROUND_TRIP_MS_MAX, SLOWED_ROUND_TRIP_MS_MAX));
  return now;
}

function take(world: World, fighter: Fighter, move: Move, step: Step): void {
  const { motion } = fighter;
  const { to, stance, atMs, gapMs, groundZ } = step;
  spend(motion, step);
  if (to.z <= groundZ + TOUCH_CM) land(motion, to, groundZ);
  else if (mayHaveLanded(motion, { from: fighter.position, to, groundZ, gapMs })) leaveGround(motion, groundZ);
  else motion.airMs = airMsAfter(motion, gapMs);
  fighter.position = to;
  fighter.stance = stance;
  if (move.yaw !== null) fighter.yaw = angle(move.yaw, YAW_MAX);
  if (move.pitch !== null) fighter.pitch = angle(move.pitch, PITCH_MAX);
  remember(world.history, fighter, atMs);
}

/** Budgets never fall below nothing, also where a check that is in shadow let more pass. */
function spend(motion: Motion, { atMs, gapMs, costUs }: Step): void {
  const { short, long } = BUDGETS;
  const shortUs = grown(motion.shortUs, short, gapMs);
  const longUs = grown(motion.longUs, long, gapMs);
  if (isSteadilyFull(motion.shortUs, short, gapMs)) motion.shortFullAtMs = atMs;
  if (longUs >= long.fullUs) motion.longFullAtMs = atMs;
  motion.shortUs = Math.max(0, shortUs - costWith(short, costUs));
  motion.longUs = Math.max(0, longUs - costWith(long, costUs));
  motion.silentMs = silentAfter(motion, gapMs);
  motion.stalledUs = Math.min(stalledUs(motion, gapMs, costUs), STALLED_MS_MAX * 1_000);
  motion.burstUs = burstAfter(motion, gapMs, costUs);
  motion.atMs = atMs;
}

function leaveGround(motion: Motion, groundZ: number): void {
  motion.airMs = 1;
  motion.hops += 1;
  motion.liftZ = groundZ;
}

function land(motion: Motion, feet: Point, groundZ: number): void {
  motion.airMs = 0;
  motion.hops = 0;
  motion.liftZ = Math.max(feet.z, groundZ);
  const isTrusted = motion.longUs * 2 >= BUDGETS.long.fullUs;
  if (!isTrusted || motion.atMs - motion.safeAtMs < SAFE_EVERY_MS) return;
  motion.safe = feet;
  motion.safeAtMs = motion.atMs;
}

/** What is believed of a claim: no more than the measured round trip allows. */
function evidenceOf({ claimedMs, rttMs }: Move, { to, atMs }: Step): Evidence {
  const trustMs = Math.round(rttMs ?? 0) + CLAIM_TRUST_MS;
  const usedMs = claimedMs === null ? atMs : Math.min(atMs, Math.max(claimedMs, atMs - trustMs, 0));
  return { to, atMs, claimedMs, usedMs, rttMs };
}

/** How far a move leaves the map, in the worst axis; what is not a number is as far outside as can be said. */
function outsideCm(world: World, move: Move): number {
  const { min, max } = world.map.bounds;
  const { x, y, z } = move.position;
  const finite = Number.isFinite(x) && Number.isFinite(y) && Number.isFinite(z);
  const facing = Number.isFinite(move.yaw ?? 0) && Number.isFinite(move.pitch ?? 0);
  if (!finite || !facing) return MEASURED_MAX;
  return Math.max(min.x - x, x - max.x, min.y - y, y - max.y, min.z - z, z - max.z, 0);
}

/** Whole centimetres; adding 0 turns -0 into 0, which hashes and frames tell apart. */
function quantised(point: Point): Point {
  return { x: Math.round(point.x) + 0, y: Math.round(point.y) + 0, z: Math.round(point.z) + 0 };
}

function angle(value: number, max: number): number {
  return Math.round(Math.min(max, Math.max(-max, value))) + 0;
}

/** Whole numbers in bounds. */
function whole({ check, measured, threshold }: Measured): Measured {
  return { check, measured: Math.min(MEASURED_MAX, Math.ceil(measured)), threshold: Math.floor(threshold) };
}

type Refused = Extract<MoveVerdict, { ok: false }>;

function refused(
  check: MoveCheck,
  position: Point,
  measured = 0,
  threshold = 0,
  findings: readonly Finding[] = [],
): Refused {
  const whole = Math.min(MEASURED_MAX, Math.ceil(measured));
  const verdict = { ok: false, check, position, measured: whole, threshold } as const;
  return findings.length === 0 ? verdict : { ...verdict, findings };
}
