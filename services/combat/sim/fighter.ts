/**
 * Fighter: how one begins and how one comes (back) to life.
 * Law: a life starts with full health, full magazines, nothing running, and a full travel budget.
 * Called by step's parts only. Not here: where to appear (spawns.ts).
 */
import { STARTING_WEAPON, WEAPON_NAMES, WEAPONS, type WeaponName } from "./content.ts";
import type { Spawn } from "./maps.ts";
import { TRAVEL_BUDGET_MICROMETRES_MAX } from "./movement.ts";
import type { Fighter } from "./world.ts";

/** Hundredths of a point. */
export const HEALTH_MAX = 10_000;

/** Nowhere and not alive yet: `revive` follows. */
export function newFighter(slot: number, side: number): Fighter {
  return {
    slot,
    side,
    position: { x: 0, y: 0, z: 0 },
    yaw: 0,
    pitch: 0,
    stance: "stand",
    alive: false,
    health: 0,
    weapon: STARTING_WEAPON,
    magazine: fullMagazines(),
    readyAtMs: 0,
    reloadedAtMs: 0,
    respawnAtMs: 0,
    travelBudgetMicrometres: 0,
    travelAtMs: 0,
    lastInput: 0,
    hurtBy: [],
    kills: 0,
    deaths: 0,
    assists: 0,
    damageDealt: 0,
    damageTaken: 0,
    shotsFired: 0,
    shotsHit: 0,
    headshots: 0,
  };
}

/** Starts a new life; figures and the weapon in hand stay. */
export function revive(fighter: Fighter, spawn: Spawn, nowMs: number): void {
  fighter.position = spawn.position;
  fighter.yaw = spawn.yaw;
  fighter.pitch = 0;
  fighter.stance = "stand";
  fighter.alive = true;
  fighter.health = HEALTH_MAX;
  fighter.magazine = fullMagazines();
  fighter.readyAtMs = nowMs;
  fighter.reloadedAtMs = 0;
  fighter.respawnAtMs = 0;
  fighter.travelBudgetMicrometres = TRAVEL_BUDGET_MICROMETRES_MAX;
  fighter.travelAtMs = nowMs;
  fighter.hurtBy = [];
}

function fullMagazines(): Record<WeaponName, number> {
  const magazine = {} as Record<WeaponName, number>;
  for (const name of WEAPON_NAMES) magazine[name] = WEAPONS[name].magazineRounds;
  return magazine;
}
