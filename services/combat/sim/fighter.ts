/**
 * Fighter: how one begins and how one comes (back) to life.
 * Law: a life starts with full health, the armour of the rules, full magazines, full energy, all items, nothing running, and no way behind it.
 * Called by step's parts only. Not here: where to appear (spawns.ts).
 */
import { noCombo } from "./combo.ts";
import { WEAPON_NAMES, WEAPONS, type WeaponName } from "./content.ts";
import { NO_EFFECTS } from "./effects.ts";
import { fullEnergy } from "./energy.ts";
import { fullItems } from "./items.ts";
import { EVERYTHING, firstWeapon, type Loadout } from "./loadout.ts";
import type { Spawn } from "./maps.ts";
import { leap, newMotion } from "./motion.ts";
import type { Feats, Fighter, World } from "./world.ts";

/** Hundredths of a point. */
export const HEALTH_MAX = 10_000;

/** Nowhere and not alive yet: `revive` follows. */
export function newFighter(slot: number, side: number, loadout: Loadout = EVERYTHING): Fighter {
  return {
    slot,
    side,
    position: { x: 0, y: 0, z: 0 },
    yaw: 0,
    pitch: 0,
    stance: "stand",
    alive: false,
    health: 0,
    armour: { amount: 0 },
    weapon: firstWeapon(loadout),
    loadout,
    magazine: fullMagazines(),
    readyAtMs: 0,
    reloadedAtMs: 0,
    burst: null,
    respawnAtMs: 0,
    motion: newMotion(),
    lastInput: 0,
    hurtBy: [],
    effects: NO_EFFECTS,
    energy: fullEnergy(0),
    spent: [],
    items: fullItems(),
    combo: noCombo(),
    kills: 0,
    deaths: 0,
    assists: 0,
    damageDealt: 0,
    damageTaken: 0,
    shotsFired: 0,
    shotsHit: 0,
    headshots: 0,
    feats: noFeats(),
  };
}

const LASTING = [
  "motion",
  "kills",
  "deaths",
  "assists",
  "damageDealt",
  "damageTaken",
  "shotsFired",
  "shotsHit",
  "headshots",
  "feats",
] as const;

/** What a seat given up does not end: the figures, and what speaks against how it moved. */
export type Past = Pick<Fighter, (typeof LASTING)[number]>;

export function pastOf(fighter: Fighter): Past {
  const past: Partial<Record<keyof Past, unknown>> = {};
  for (const name of LASTING) past[name] = fighter[name];
  return structuredClone(past as Past);
}

/** Makes a past the fighter's own. A leap follows, which ends the way. */
export function takeUp(fighter: Fighter, past: Past): void {
  Object.assign(fighter, pastOf({ ...fighter, ...past }));
}

export function noFeats(): Feats {
  return { objectiveMs: 0, captures: 0, streak: 0, longestStreak: 0, bestCombo: 0 };
}

/** Starts a new life; figures and the weapon in hand stay. */
export function revive(world: World, fighter: Fighter, spawn: Spawn): void {
  fighter.yaw = spawn.yaw;
  fighter.pitch = 0;
  fighter.stance = "stand";
  leap(world, fighter, spawn.position);
  fighter.alive = true;
  fighter.health = HEALTH_MAX;
  fighter.armour = { amount: world.rules.modeRules.startingArmour };
  fighter.magazine = fullMagazines();
  fighter.readyAtMs = world.nowMs;
  fighter.reloadedAtMs = 0;
  fighter.burst = null;
  fighter.respawnAtMs = 0;
  fighter.hurtBy = [];
  fighter.effects = NO_EFFECTS;
  fighter.energy = fullEnergy(world.nowMs);
  fighter.spent = [];
  fighter.items = fullItems();
  fighter.combo = noCombo();
}

function fullMagazines(): Record<WeaponName, number> {
  const magazine = {} as Record<WeaponName, number>;
  for (const name of WEAPON_NAMES) magazine[name] = WEAPONS[name].magazineRounds;
  return magazine;
}
