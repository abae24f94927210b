/**
 * World: everything a match is, as plain data. Slots are seats (0 to 49), sides are teams (0 to 9; in deathmatch
 * a side per player). Lengths are whole centimetres, angles hundredths of a degree, health hundredths of a point,
 * times milliseconds of match time; all integers, so that the same inputs give the same world everywhere.
 * Axes: x and y along the ground, z up. A fighter's position is between its feet.
 * Not here: who the players are (session), what they were shown (snapshot), when a tick happens (scheduler).
 */
import { assert } from "#kit/assert.ts";
import { createRng, type Rng } from "#kit/rng.ts";
import type { Armour } from "./armour.ts";
import type { Spent } from "./charges.ts";
import type { Combo } from "./combo.ts";
import type { GameMap, WeaponName } from "./content.ts";
import type { Effects } from "./effects.ts";
import type { Energy } from "./energy.ts";
import { type Field, NO_FIELDS } from "./fields.ts";
import type { BurstLeft } from "./fire.ts";
import { type History, noHistory } from "./history.ts";
import type { Items } from "./items.ts";
import { TICK_RATE_HZ_MAX } from "./limits.ts";
import type { Loadout } from "./loadout.ts";
import { type ModeRules, PLAIN_MODE_RULES } from "./modes/mode-rules.ts";
import { carries } from "./modes/table.ts";
import type { Motion } from "./motion.ts";
import { noObjectives, type Objectives } from "./objectives.ts";
import type { Projectile } from "./projectiles.ts";
import { noRulings, type Rulings } from "./rulings.ts";
import { type Checks, ENFORCE_ALL } from "./suspicion.ts";

/** The modes of the game's contract; hashes name one by its place here. */
export const PLAYED_MODES = [
  "deathmatch",
  "team_deathmatch",
  "capture_the_flag",
  "king_of_the_hill",
  "domination",
  "elimination",
] as const;
export type PlayedMode = (typeof PLAYED_MODES)[number];

export type Rules = {
  mode: PlayedMode;
  tickRateHz: number;
  maxRounds: number;
  /** Live time of the whole match. */
  timeLimitMs: number;
  /** Points that win a round, where points do. */
  scoreLimit: number;
  respawnMs: number;
  friendlyFire: boolean;
  /** Absent in what was kept before there were any: the plain ones. */
  modeRules?: ModeRules;
  /** How moves are checked; absent in what was kept before that could be chosen: all enforced. */
  checks?: Checks;
};

/** As a world has them. */
export type RulesInForce = Rules & { modeRules: ModeRules; checks: Checks };

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
  /** What takes a share of what arrives; 0 to 10,000 hundredths. */
  armour: Armour;
  weapon: WeaponName;
  /** What may be taken in hand. */
  loadout: Loadout;
  /** Rounds in the magazine, by weapon. */
  magazine: Record<WeaponName, number>;
  /** When the weapon in hand fires again. */
  readyAtMs: number;
  /** When a running reload is done; 0 for none. */
  reloadedAtMs: number;
  /** What of a burst is still to be fired. */
  burst: BurstLeft | null;
  /** When the dead come back; 0 for the living. */
  respawnAtMs: number;
  /** How it moves; budgets of its own way. */
  motion: Motion;
  /** `seq` of the last input applied or refused. */
  lastInput: number;
  /** Who hurt this fighter in this life and when last, for assists; each slot once, in order of the first hurt. */
  hurtBy: { slot: number; atMs: number }[];
  /** What lies on the fighter for a while; each kind once, in the order they came. */
  effects: Effects;
  /** What abilities cost. */
  energy: Energy;
  /** Abilities that are used up; in the order of their last use. */
  spent: readonly Spent[];
  /** What is left of them in this life, and which is being used. */
  items: Items;
  /** Different deeds against one enemy. */
  combo: Combo;
  kills: number;
  deaths: number;
  assists: number;
  damageDealt: number;
  damageTaken: number;
  shotsFired: number;
  shotsHit: number;
  headshots: number;
  feats: Feats;
};

/** What counts beside fights. */
export type Feats = {
  /** Time in zones and carrying a flag. */
  objectiveMs: number;
  /** Flags brought home, zones taken while in them. */
  captures: number;
  /** Enemies felled since the last fall, and the most of them without one. */
  streak: number;
  longestStreak: number;
  /** Most different deeds in one combo; 0 for none. */
  bestCombo: number;
};

export type Side = {
  /** Points of this round; the mode says what for. */
  score: number;
  roundsWon: number;
  /** Enemies killed in the whole match, also by those who left since; breaks ties. */
  kills: number;
};

export type World = {
  rules: RulesInForce;
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
  objectives: Objectives;
  /** Blows that another service decides. */
  rulings: Rulings;
  /** What abilities laid on the ground, the oldest first. */
  fields: readonly Field[];
  /** In order of launching. */
  projectiles: Projectile[];
  /** Number of the last one launched. */
  lastProjectile: number;
  /** Where everybody stood lately; not in the hash, not kept. */
  history: History;
  /** Decided when over: the winning side, or null for a draw. */
  winner: number | null;
};

/** An empty match in warmup. Throws when the rules are not whole numbers in their bounds: the session checked them. */
export function createWorld({ rules, map, seed }: { rules: Rules; map: GameMap; seed: number }): World {
  assert(isWhole(rules.tickRateHz, 1) && rules.tickRateHz <= TICK_RATE_HZ_MAX, "tick rates are 1 to 128 Hz");
  assert(isWhole(rules.maxRounds, 1) && isWhole(rules.scoreLimit, 1), "rounds and scores are counted from 1");
  assert(isWhole(rules.timeLimitMs, 1) && isWhole(rules.respawnMs, 0), "times are whole milliseconds");
  assert(map.spawns.length > 0, "a map has somewhere to appear");
  assert(carries(map, rules.mode), "a map has what its mode needs");
  return {
    rules: { ...rules, modeRules: rules.modeRules ?? PLAIN_MODE_RULES, checks: rules.checks ?? ENFORCE_ALL },
    map,
    rng: createRng(seed),
    phase: "warmup",
    tick: 0,
    nowMs: 0,
    liveAtMs: 0,
    round: 0,
    fighters: [],
    sides: [],
    objectives: noObjectives(),
    rulings: noRulings(),
    fields: NO_FIELDS,
    projectiles: [],
    lastProjectile: 0,
    history: noHistory(),
    winner: null,
  };
}

function isWhole(value: number, min: number): boolean {
  return Number.isSafeInteger(value) && value >= min;
}
