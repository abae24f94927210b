/**
 * Hash: 64 bits that tell two worlds apart, for replays, recovery and tests.
 * In: a world.   Out: 16 hex digits.
 * Law: every field that can change how the match goes on is in it, in one fixed order; equal worlds have equal hashes
 * on every machine. All fields are whole numbers; one that is not is a broken promise, and throws.
 * Not for secrets: it is fast, not hard to invert.
 */
import { assert } from "#kit/assert.ts";
import { WEAPON_NAMES } from "./content.ts";
import { type Fighter, PLAYED_MODES, type World } from "./world.ts";

type Lanes = { one: number; two: number };

const PHASES = ["warmup", "live", "over"] as const;
const STANCES = ["stand", "crouch"] as const;
const NOBODY = 0x7fff_ffff; // Where a seat or a winner is missing; no field reaches it by chance.

export function hashWorld(world: World): string {
  const lanes: Lanes = { one: 0x3c6e_f372, two: 0x510e_527f };
  addMatch(lanes, world);
  for (const fighter of world.fighters) {
    if (fighter) addFighter(lanes, fighter);
    else add(lanes, NOBODY);
  }
  add(lanes, world.sides.length);
  for (const side of world.sides) addAll(lanes, side.score, side.roundsWon, side.kills);
  return hex(finish(lanes.one ^ lanes.two)) + hex(finish((lanes.two + Math.imul(lanes.one, 31)) | 0));
}

function addMatch(lanes: Lanes, world: World): void {
  const { rules, rng } = world;
  for (let index = 0; index < world.map.id.length; index++) add(lanes, world.map.id.charCodeAt(index));
  addAll(lanes, PLAYED_MODES.indexOf(rules.mode), rules.tickRateHz, rules.maxRounds, rules.timeLimitMs);
  addAll(lanes, rules.scoreLimit, rules.respawnMs, Number(rules.friendlyFire));
  addAll(lanes, rng.a, rng.b, rng.c, rng.counter);
  addAll(lanes, PHASES.indexOf(world.phase), world.tick, world.nowMs, world.liveAtMs, world.round);
  addAll(lanes, world.winner ?? NOBODY, world.fighters.length);
}

function addFighter(lanes: Lanes, fighter: Fighter): void {
  const { position } = fighter;
  addAll(lanes, fighter.slot, fighter.side, position.x, position.y, position.z, fighter.yaw, fighter.pitch);
  addAll(lanes, STANCES.indexOf(fighter.stance), Number(fighter.alive), fighter.health);
  add(lanes, WEAPON_NAMES.indexOf(fighter.weapon));
  for (const name of WEAPON_NAMES) add(lanes, fighter.magazine[name]);
  addAll(lanes, fighter.readyAtMs, fighter.reloadedAtMs, fighter.respawnAtMs);
  addAll(lanes, fighter.travelBudgetMicrometres, fighter.travelAtMs, fighter.lastInput);
  add(lanes, fighter.hurtBy.length);
  for (const { slot, atMs } of fighter.hurtBy) addAll(lanes, slot, atMs);
  addAll(lanes, fighter.kills, fighter.deaths, fighter.assists, fighter.damageDealt, fighter.damageTaken);
  addAll(lanes, fighter.shotsFired, fighter.shotsHit, fighter.headshots);
}

function addAll(lanes: Lanes, ...values: number[]): void {
  for (const value of values) add(lanes, value);
}

/** Both halves of a 53-bit number go into both lanes, which multiply and turn by different amounts. */
function add(lanes: Lanes, value: number): void {
  assert(Number.isSafeInteger(value), "a world is whole numbers");
  mix(lanes, value | 0);
  if (value !== (value | 0)) mix(lanes, Math.floor(value / 2 ** 32) | 0);
}

function mix(lanes: Lanes, word: number): void {
  const one = Math.imul(lanes.one ^ word, 0x85eb_ca6b);
  lanes.one = (((one << 13) | (one >>> 19)) + 0x52dc_e729) | 0;
  const two = Math.imul((lanes.two + word) | 0, 0xc2b2_ae35);
  lanes.two = ((two << 17) | (two >>> 15)) ^ 0x3849_5ab5;
}

/** Spreads the last words over all bits. */
function finish(lane: number): number {
  let mixed = lane ^ (lane >>> 16);
  mixed = Math.imul(mixed, 0x7feb_352d);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x846c_a68b);
  return mixed ^ (mixed >>> 16);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
