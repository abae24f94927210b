/** Deathmatch, everybody for themselves or in teams: felling an enemy is a point, and points win rounds. */
import { TEAMS_MAX } from "../limits.ts";
import type { Fighter, World } from "../world.ts";
import { endedByScore, type Mode, nothing, standingByScore } from "./mode.ts";

export function scoreForFall(world: World, killer: Fighter): void {
  world.sides[killer.side]!.score += 1;
}

export const TEAM_DEATHMATCH: Mode = {
  teamsMax: TEAMS_MAX,
  needs: "nothing",
  atBases: false,
  respawns: true,
  scoreLimit: 5,
  pointFor: "each enemy felled",
  begin: nothing,
  fell: scoreForFall,
  tick: nothing,
  ended: endedByScore,
  standing: standingByScore,
};

export const DEATHMATCH: Mode = { ...TEAM_DEATHMATCH, teamsMax: null };
