/**
 * Rounds: who wins a round and a match, and what beginning and ending them changes.
 * Law: the mode says who wins a round (modes/). More than half of all rounds win the match at once, else it goes on to the
 * last round. Most rounds won wins; a tie goes to more enemies killed; a tie there is a draw. Sides that nobody plays for
 * any more win nothing. When the time is up, the side that the mode says is ahead has the round first; when none is, and
 * none leads in rounds either, sudden death follows: whoever is ahead next has it, and when its bound is up nobody has.
 * Forfeit: a side is empty when its last seat is given up, by leaving or by being away for longer than the reconnect grace
 * (the session counts that). When only one side is left it has the match, however it stood; with more it goes on.
 * Bases change hands for the rounds after half of them, where the mode has bases and the rules say so.
 * In: the world; what happened is added to `events`. Writes on behalf of step.
 * Not here: when it is asked (step.ts).
 */
import type { EndCause, SimEvent } from "./events.ts";
import { NO_FIELDS } from "./fields.ts";
import { revive } from "./fighter.ts";
import { MODES } from "./modes/table.ts";
import { noObjectives } from "./objectives.ts";
import { missRulings } from "./rulings.ts";
import { chooseSpawn } from "./spawns.ts";
import type { World } from "./world.ts";

export function startMatch(world: World, events: SimEvent[]): void {
  world.phase = "live";
  world.liveAtMs = world.nowMs;
  beginRound(world, 1, events);
}

/** Scores to zero, everybody to a fresh spot with everything full. A round broken off by this is told no end. */
export function beginRound(world: World, round: number, events: SimEvent[]): void {
  world.round = round;
  const mode = MODES[world.rules.mode];
  const isSecondHalf = round > Math.ceil(world.rules.maxRounds / 2);
  world.objectives = { ...noObjectives(), swapped: isSecondHalf && mode.atBases && world.rules.modeRules.swapSides };
  world.fields = NO_FIELDS;
  mode.begin(world);
  for (const side of world.sides) side.score = 0;
  world.projectiles = []; // They were fired in a round that is over.
  for (const fighter of world.fighters) if (fighter) fighter.alive = false; // So that nobody keeps a spot from others.
  events.push({ kind: "round_started", round });
  for (const fighter of world.fighters) if (fighter) respawn(world, fighter.slot, events);
}

export function respawn(world: World, slot: number, events: SimEvent[]): void {
  const fighter = world.fighters[slot];
  if (!fighter) return;
  missRulings(world, slot);
  revive(world, fighter, chooseSpawn(world, fighter.side));
  events.push({ kind: "respawned", slot, position: fighter.position });
}

/** Ends the round when its mode says so, and the match when that decides it. True when it did. */
export function settleScore(world: World, events: SimEvent[]): boolean {
  const inOvertime = world.objectives.overtimeAtMs > 0;
  const ended = MODES[world.rules.mode].ended(world) ?? (inOvertime ? firstAhead(world) : null);
  if (!ended) return false;
  endRound(world, ended.winner, events);
  if (isDecided(world) || inOvertime) endMatch(world, { cause: "victory", winner: leader(world) }, events);
  else if (isTimeUp(world)) endMatch(world, { cause: "timeout", winner: leader(world) }, events);
  else beginRound(world, world.round + 1, events);
  return true;
}

function firstAhead(world: World): { winner: number } | null {
  const winner = ahead(world);
  return winner === null ? null : { winner };
}

/** Ends round and match when the live time is used up, and the overtime where there is one. */
export function settleTime(world: World, events: SimEvent[]): void {
  if (!isTimeUp(world)) return;
  const winner = ahead(world);
  const { objectives, nowMs, round } = world;
  const { overtimeMs } = world.rules.modeRules;
  if (objectives.overtimeAtMs === 0 && overtimeMs > 0 && winner === null && leaderInRounds(world) === null) {
    objectives.overtimeAtMs = nowMs;
    events.push({ kind: "overtime_started", round, endsAfterMs: overtimeMs });
    return;
  }
  if (objectives.overtimeAtMs > 0 && nowMs - objectives.overtimeAtMs < overtimeMs) return;
  endRound(world, winner, events);
  endMatch(world, { cause: "timeout", winner: leader(world) }, events);
}

/** Ends the match when a departure left no two sides to fight. */
export function settleDeparture(world: World, events: SimEvent[]): void {
  const remaining = manned(world);
  if (remaining.length >= 2) {
    settleScore(world, events); // Who left may have been the last of a side who stood.
    return;
  }
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
  const sides = world.sides.map(({ score, roundsWon }) => ({ score, roundsWon }));
  events.push({ kind: "round_ended", round: world.round, winner, sides });
}

function endMatch(world: World, end: { cause: EndCause; winner: number | null }, events: SimEvent[]): void {
  world.phase = "over";
  world.projectiles = [];
  world.winner = end.winner;
  events.push({ kind: "match_ended", cause: end.cause, winner: end.winner });
}

function isDecided(world: World): boolean {
  const { maxRounds } = world.rules;
  return world.round >= maxRounds || world.sides.some((side) => side.roundsWon * 2 > maxRounds);
}

/** Whether it is, or will be in so many milliseconds. */
export function isTimeUp(world: World, inMs = 0): boolean {
  return world.nowMs + inMs - world.liveAtMs >= world.rules.timeLimitMs;
}

function leader(world: World): number | null {
  return sideAhead(world, (side) => [world.sides[side]!.roundsWon, world.sides[side]!.kills]);
}

function leaderInRounds(world: World): number | null {
  return sideAhead(world, (side) => [world.sides[side]!.roundsWon]);
}

/** The side that has the round as it stands. */
function ahead(world: World): number | null {
  const { standing } = MODES[world.rules.mode];
  return sideAhead(world, (side) => standing(world, side));
}

/** The one manned side ahead of all others by the first figure that tells them apart; null when none does. */
function sideAhead(world: World, figuresOf: (side: number) => readonly number[]): number | null {
  let ahead: number | null = null;
  let best: readonly number[] = [];
  for (const index of manned(world)) {
    const figures = figuresOf(index);
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
