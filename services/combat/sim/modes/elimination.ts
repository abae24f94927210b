/**
 * Elimination: nobody comes back within the round, and the last side with somebody standing wins it.
 * Law: who comes late waits for the next round. When nobody is left standing the round is drawn. When the time is up,
 * most standing wins, then most health among them.
 */
import type { World } from "../world.ts";
import { scoreForFall, TEAM_DEATHMATCH } from "./deathmatch.ts";
import type { Mode } from "./mode.ts";

export const ELIMINATION: Mode = {
  ...TEAM_DEATHMATCH,
  atBases: true,
  respawns: false,
  scoreLimit: null,
  pointFor: "each enemy felled; points win nothing",
  fell: scoreForFall,
  ended: lastStanding,
  standing: (world, side) => [standing(world, side), health(world, side)],
};

function lastStanding(world: World): { winner: number | null } | null {
  let winner: number | null = null;
  for (const fighter of world.fighters) {
    if (!fighter?.alive || fighter.side === winner) continue;
    if (winner !== null) return null;
    winner = fighter.side;
  }
  return { winner };
}

function standing(world: World, side: number): number {
  let count = 0;
  for (const fighter of world.fighters) if (fighter?.alive && fighter.side === side) count += 1;
  return count;
}

function health(world: World, side: number): number {
  let sum = 0;
  for (const fighter of world.fighters) if (fighter?.alive && fighter.side === side) sum += fighter.health;
  return sum;
}
