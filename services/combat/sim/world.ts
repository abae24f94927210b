/**
 * World: everything a match is, as plain data. Slots are seats (0 to 49), sides are teams (0 to 9; in deathmatch
 * a side per player). Lengths are whole centimetres, angles hundredths of a degree, health hundredths of a point,
 * times milliseconds of match time; all integers, so that the same inputs give the same world everywhere.
 * Axes: x and y along the ground, z up. A fighter's position is between its feet.
 * Not here: who the players are (session), what they were shown (snapshot), when a tick happens (scheduler).
 */
import { assert } from "#kit/assert.ts";
import { createRng, type Rng } from "#kit/rng.ts";
import type { GameMap, WeaponName } from "./content.ts";
import { TICK_RATE_HZ_MAX } from "./limits.ts";

/** The modes this version plays; the contract names more. */
export const PLAYED_MODES = ["deathmatch", "team_deathmatch"] as const;
export type PlayedMode = (typeof PLAYED_MODES)[number];

export type Rules = {
  mode: PlayedMode;
  tickRateHz: number;
  maxRounds: number;
  /** Live time of the whole match. */
  timeLimitMs: number;
  /** Kills that win a round. */
  scoreLimit: number;
  respawnMs: number;
  friendlyFire: boolean;
};

/**
 * warmup: nobody can be hurt and no clock runs but the tick. live: the match. over: nothing changes any more but the
 * tick and the acknowledgement of inputs.
 */
export type Phase = "warmup" | "live" | "over";

export type Stance = "stand" | "crouch";

/** Replaced, never changed in place: whoever holds one keeps what it saw. */
export type Point = { readonly x: number; readonly y: number; readonly z: number };

export type Fighter = {
  slot: number;
  side: number;
  position: Point;
  yaw: number;
  pitch: number;
  stance: Stance;
  alive: boolean;
  /** 0 to 10,000 hundredths. */
  health: number;
  weapon: WeaponName;
  /** Rounds in the magazine, by weapon. */
  magazine: Record<WeaponName, number>;
  /** When the weapon in hand fires again. */
  readyAtMs: number;
  /** When a running reload is done; 0 for none. */
  reloadedAtMs: number;
  /** When the dead come back; 0 for the living. */
  respawnAtMs: number;
  /** What the mover may still travel, micrometres (whole however small the step); grows with time, spent by distance. */
  travelBudgetMicrometres: number;
  /** When the budget last grew. */
  travelAtMs: number;
  /** `seq` of the last input applied or refused. */
  lastInput: number;
  /** Who hurt this fighter in this life and when last, for assists; each slot once, in order of the first hurt. */
  hurtBy: { slot: number; atMs: number }[];
  kills: number;
  deaths: number;
  assists: number;
  damageDealt: number;
  damageTaken: number;
  shotsFired: number;
  shotsHit: number;
  headshots: number;
};

export type Side = {
  /** Enemies killed in this round. */
  score: number;
  roundsWon: number;
  /** Enemies killed in the whole match, also by those who left since; breaks ties. */
  kills: number;
};

export type World = {
  rules: Rules;
  map: GameMap;
  rng: Rng;
  phase: Phase;
  tick: number;
  /** Match time of the newest tick: floor(tick * 1000 / tickRateHz). Stands still while the session is paused. */
  nowMs: number;
  /** Match time at which live play began. */
  liveAtMs: number;
  /** 0 in warmup, then 1 to maxRounds. */
  round: number;
  /** By slot, as long as the highest seat ever taken; null where nobody sits. Those who left for good are null too. */
  fighters: (Fighter | null)[];
  /** By side. */
  sides: Side[];
  /** Decided when over: the winning side, or null for a draw. */
  winner: number | null;
};

/** An empty match in warmup. Throws when the rules are not whole numbers in their bounds: the session checked them. */
export function createWorld({ rules, map, seed }: { rules: Rules; map: GameMap; seed: number }): World {
  assert(isWhole(rules.tickRateHz, 1) && rules.tickRateHz <= TICK_RATE_HZ_MAX, "tick rates are 1 to 128 Hz");
  assert(isWhole(rules.maxRounds, 1) && isWhole(rules.scoreLimit, 1), "rounds and scores are counted from 1");
  assert(isWhole(rules.timeLimitMs, 1) && isWhole(rules.respawnMs, 0), "times are whole milliseconds");
  assert(map.spawns.length > 0, "a map has somewhere to appear");
  return {
    rules: { ...rules },
    map,
    rng: createRng(seed),
    phase: "warmup",
    tick: 0,
    nowMs: 0,
    liveAtMs: 0,
    round: 0,
    fighters: [],
    sides: [],
    winner: null,
  };
}

function isWhole(value: number, min: number): boolean {
  return Number.isSafeInteger(value) && value >= min;
}
