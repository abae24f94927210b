/** Figures: what a player's fights and feats come to, as records keep them and ends tell them. */
import type { Fighter } from "../sim/world.ts";

export type PlayerFigures = {
  playerId: string;
  teamId: string;
  kills: number;
  deaths: number;
  assists: number;
  /** Hundredths of a point. */
  damageDealt: number;
  damageTaken: number;
  shotsFired: number;
  shotsHit: number;
  headshots: number;
  objectiveMs: number;
  captures: number;
  longestStreak: number;
  bestCombo: number;
};

type Counted = Omit<PlayerFigures, "playerId" | "teamId" | "objectiveMs" | "captures" | "longestStreak" | "bestCombo">;

/** `feats` is absent in records of older releases. */
export function figuresOf(
  player: { playerId: string; teamId: string },
  counted: Counted & { readonly feats?: Fighter["feats"] },
): PlayerFigures {
  const { playerId, teamId } = player;
  const { kills, deaths, assists, damageDealt, damageTaken, shotsFired, shotsHit, headshots, feats } = counted;
  const { objectiveMs = 0, captures = 0, longestStreak = 0, bestCombo = 0 } = feats ?? {};
  const fights = { kills, deaths, assists, damageDealt, damageTaken, shotsFired, shotsHit, headshots };
  return { playerId, teamId, ...fights, objectiveMs, captures, longestStreak, bestCombo };
}

/** Of who never had a fighter. */
export const NO_FIGURES: Counted = {
  kills: 0,
  deaths: 0,
  assists: 0,
  damageDealt: 0,
  damageTaken: 0,
  shotsFired: 0,
  shotsHit: 0,
  headshots: 0,
};
