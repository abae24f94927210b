/**
 * Rounds: who wins a round and a match, and what beginning and ending them changes.
 * Law: a side that reaches the score limit wins the round. More than half of all rounds win the match at once, else it
 * goes on to the last round. Most rounds won wins; a tie goes to more enemies killed; a tie there is a draw. Sides that
 * nobody plays for any more win nothing. When the time is up, the side ahead in score has the round first.
 * In: the world; what happened is added to `events`. Writes on behalf of step.
 * Not here: when it is asked (step.ts).
 */
import type { EndCause, SimEvent } from "./events.ts";
import { revive } from "./fighter.ts";
import { chooseSpawn } from "./spawns.ts";
import type { Side, World } from "./world.ts";

export function startMatch(world: World, events: SimEvent[]): void {
  world.phase = "live";
  world.liveAtMs = world.nowMs;
  beginRound(world, 1, events);
}

/** Scores to zero, everybody to a fresh spot with everything full. A round broken off by this is told no end. */
export function beginRound(world: World, round: number, events: SimEvent[]): void {
  world.round = round;
  for (const side of world.sides) side.score = 0;
  for (const fighter of world.fighters) if (fighter) fighter.alive = false; // So that nobody keeps a spot from others.
  events.push({ kind: "round_started", round });
  for (const fighter of world.fighters) if (fighter) respawn(world, fighter.slot, events);
}

export function respawn(world: World, slot: number, events: SimEvent[]): void {
  const fighter = world.fighters[slot];
  if (!fighter) return;
  revive(fighter, chooseSpawn(world, fighter.side), world.nowMs);
  events.push({ kind: "respawned", slot, position: fighter.position });
}

/** Ends the round when a side has reached the score limit, and the match when that decides it. True when it did. */
export function settleScore(world: World, events: SimEvent[]): boolean {
  const winner = world.sides.findIndex((side) => side.score >= world.rules.scoreLimit);
  if (winner < 0) return false;
  endRound(world, winner, events);
  if (isDecided(world)) endMatch(world, { cause: "victory", winner: leader(world) }, events);
  else if (isTimeUp(world)) endMatch(world, { cause: "timeout", winner: leader(world) }, events);
  else beginRound(world, world.round + 1, events);
  return true;
}

/** Ends round and match when the live time is used up. */
export function settleTime(world: World, events: SimEvent[]): void {
  if (!isTimeUp(world)) return;
  endRound(
    world,
    sideAhead(world, (side) => [side.score]),
    events,
  );
  endMatch(world, { cause: "timeout", winner: leader(world) }, events);
}

/** Ends the match when a departure left no two sides to fight. */
export function settleDeparture(world: World, events: SimEvent[]): void {
  const remaining = manned(world);
  if (remaining.length >= 2) return;
  endMatch(world, { cause: "disconnect", winner: remaining[0] ?? null }, events);
}

/** Ends it by order. Who calls it off decides nothing; who ends it ends it as it stands. */
export function endByOrder(world: World, cause: EndCause, events: SimEvent[]): void {
  const counts = world.phase === "live" && cause !== "cancelled";
  endMatch(world, { cause, winner: counts ? leader(world) : null }, events);
}

function endRound(world: World, winner: number | null, events: SimEvent[]): void {
  const side = winner === null ? undefined : world.sides[winner];
  if (side) side.roundsWon += 1;
  events.push({ kind: "round_ended", round: world.round, winner });
}

function endMatch(world: World, end: { cause: EndCause; winner: number | null }, events: SimEvent[]): void {
  world.phase = "over";
  world.winner = end.winner;
  events.push({ kind: "match_ended", cause: end.cause, winner: end.winner });
}

function isDecided(world: World): boolean {
  const { maxRounds } = world.rules;
  return world.round >= maxRounds || world.sides.some((side) => side.roundsWon * 2 > maxRounds);
}

function isTimeUp(world: World): boolean {
  return world.nowMs - world.liveAtMs >= world.rules.timeLimitMs;
}

function leader(world: World): number | null {
  return sideAhead(world, (side) => [side.roundsWon, side.kills]);
}

/** The one manned side ahead of all others by the first figure that tells them apart; null when none does. */
function sideAhead(world: World, figuresOf: (side: Side) => readonly number[]): number | null {
  let ahead: number | null = null;
  let best: readonly number[] = [];
  for (const index of manned(world)) {
    const figures = figuresOf(world.sides[index]!);
    const difference = best.length === 0 ? 1 : compare(figures, best);
    if (difference > 0) best = figures;
    if (difference >= 0) ahead = difference > 0 ? index : null;
  }
  return ahead;
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (let index = 0; index < one.length; index++) {
    const difference = one[index]! - other[index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Sides somebody plays for, ascending. */
function manned(world: World): number[] {
  const present = new Set<number>();
  for (const fighter of world.fighters) if (fighter) present.add(fighter.side);
  return [...present].sort((one, other) => one - other);
}
