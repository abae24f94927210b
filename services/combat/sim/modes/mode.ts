/**
 * Mode: what a mode is to the rest of the simulation: a row of facts, and what it does at a beginning, a fall, a
 * departure and a tick. Every mode is one such value; the table is in table.ts.
 * Law: a mode writes the world's objectives, scores and feats, and nothing else. Who wins a match is for rounds.ts.
 */
import type { SimEvent } from "../events.ts";
import type { Fighter, World } from "../world.ts";

/** What a map must have for a mode: two bases with a flag each, at least one hill, three zones. */
export type Needs = "nothing" | "bases" | "hills" | "zones";

export type Mode = {
  /** Teams that may play; null where every player is a side. */
  readonly teamsMax: number | null;
  readonly needs: Needs;
  /** Whether the first two sides begin each at a base, where the map has bases. */
  readonly atBases: boolean;
  /** Whether the fallen come back within the round, and who comes late plays at once. */
  readonly respawns: boolean;
  /** The default; null where no score wins a round. */
  readonly scoreLimit: number | null;
  /** What one point is, for documents. */
  readonly pointFor: string;
  /** Lays out the objectives of a new round. */
  begin(world: World): void;
  /** An enemy was felled: `killer` did it. */
  fell(world: World, killer: Fighter): void;
  /** A tick of `elapsedMs` passed, after its inputs. */
  tick(world: World, elapsedMs: number, events: SimEvent[]): void;
  /** What ended the round: its winner, or nobody; null while it goes on. */
  ended(world: World): { winner: number | null } | null;
  /** By which figures one side is ahead of another when the time is up, the first that differs; more is better. */
  standing(world: World, side: number): readonly number[];
};

/** The side that reached the score limit; the lower one of two that reached it at once and stand alike. */
export function endedByScore(world: World): { winner: number | null } | null {
  let winner = -1;
  let best = world.rules.scoreLimit - 1;
  for (let side = 0; side < world.sides.length; side++) {
    const { score } = world.sides[side]!;
    if (score <= best) continue;
    winner = side;
    best = score;
  }
  return winner < 0 ? null : { winner };
}

export function standingByScore(world: World, side: number): readonly number[] {
  return [world.sides[side]?.score ?? 0];
}

export function nothing(): void {}
