/**
 * Hash: 64 bits that tell two worlds apart, for replays, recovery and tests.
 * In: a world.   Out: 16 hex digits.
 * Law: every field that can change how the match goes on is in it, in one fixed order; equal worlds have equal hashes
 * on every machine. All fields are whole numbers; one that is not is a broken promise, and throws.
 * Not for secrets: it is fast, not hard to invert.
 */
import { assert } from "#kit/assert.ts";
import { BODY_PARTS } from "./body.ts";
import type { Deed } from "./combo.ts";
import { ABILITY_NAMES } from "./content/abilities.ts";
import { ITEM_NAMES } from "./content/items.ts";
import { WEAPON_NAMES } from "./content.ts";
import type { Blow } from "./damage.ts";
import { EFFECT_KINDS } from "./effect-table.ts";
import type { Effect } from "./effects.ts";
import type { Field } from "./fields.ts";
import type { BurstLeft } from "./fire.ts";
import type { Loadout } from "./loadout.ts";
import type { Motion } from "./motion.ts";
import type { Objectives } from "./objectives.ts";
import type { Projectile } from "./projectiles.ts";
import type { Rulings } from "./rulings.ts";
import { CHECK_MODES, CHECKS } from "./suspicion.ts";
import { type Fighter, PLAYED_MODES, type World } from "./world.ts";

type Lanes = { one: number; two: number };

const DEEDS: readonly Deed[] = [...WEAPON_NAMES, ...ABILITY_NAMES];
const PHASES = ["warmup", "live", "over"] as const;
const FLAG_STATES = ["home", "carried", "dropped"] as const;
const DAMAGE_TYPES = ["bullet", "melee", "explosion", "ability", "environmental"] as const;
const STANCES = ["stand", "crouch"] as const;
const NOBODY = 0x7fff_ffff; // Where a seat or a winner is missing; no field reaches it by chance.
const LISTED = 0x7fff_fffe; // Where a list begins that need not be there; likewise.

export function hashWorld(world: World): string {
  const lanes: Lanes = { one: 0x3c6e_f372, two: 0x510e_527f };
  addMatch(lanes, world);
  for (const fighter of world.fighters) {
    if (fighter) addFighter(lanes, fighter);
    else add(lanes, NOBODY);
  }
  add(lanes, world.sides.length);
  for (const side of world.sides) addAll(lanes, side.score, side.roundsWon, side.kills);
  addObjectives(lanes, world.objectives);
  addFields(lanes, world.fields);
  addRulings(lanes, world.rulings);
  addAll(lanes, world.lastProjectile, world.projectiles.length);
  for (const projectile of world.projectiles) addProjectile(lanes, projectile);
  return hex(finish(lanes.one ^ lanes.two)) + hex(finish((lanes.two + Math.imul(lanes.one, 31)) | 0));
}

function addMatch(lanes: Lanes, world: World): void {
  const { rules, rng } = world;
  for (let index = 0; index < world.map.id.length; index++) add(lanes, world.map.id.charCodeAt(index));
  addAll(lanes, PLAYED_MODES.indexOf(rules.mode), rules.tickRateHz, rules.maxRounds, rules.timeLimitMs);
  addAll(lanes, rules.scoreLimit, rules.respawnMs, Number(rules.friendlyFire));
  const { modeRules } = rules;
  addAll(lanes, modeRules.overtimeMs, Number(modeRules.swapSides), modeRules.flagReturnMs);
  addAll(lanes, Number(modeRules.captureWithFlagAway), modeRules.zoneCaptureMs, modeRules.hillMovesMs);
  add(lanes, modeRules.startingArmour);
  for (const check of CHECKS) add(lanes, CHECK_MODES.indexOf(rules.checks[check]));
  addAll(lanes, rng.a, rng.b, rng.c, rng.counter);
  addAll(lanes, PHASES.indexOf(world.phase), world.tick, world.nowMs, world.liveAtMs, world.round);
  addAll(lanes, world.winner ?? NOBODY, world.fighters.length);
}

function addFighter(lanes: Lanes, fighter: Fighter): void {
  const { position } = fighter;
  addAll(lanes, fighter.slot, fighter.side, position.x, position.y, position.z, fighter.yaw, fighter.pitch);
  addAll(lanes, STANCES.indexOf(fighter.stance), Number(fighter.alive), fighter.health);
  add(lanes, fighter.armour.amount);
  add(lanes, WEAPON_NAMES.indexOf(fighter.weapon));
  for (const name of WEAPON_NAMES) add(lanes, fighter.magazine[name]);
  addLoadout(lanes, fighter.loadout);
  addAll(lanes, fighter.readyAtMs, fighter.reloadedAtMs, fighter.respawnAtMs);
  addBurst(lanes, fighter.burst);
  add(lanes, fighter.lastInput);
  addMotion(lanes, fighter.motion);
  add(lanes, fighter.hurtBy.length);
  for (const { slot, atMs } of fighter.hurtBy) addAll(lanes, slot, atMs);
  addEffects(lanes, fighter.effects);
  addAll(lanes, fighter.energy.amount, fighter.energy.atMs, fighter.spent.length);
  for (const { ability, charges, nextAtMs } of fighter.spent) {
    addAll(lanes, ABILITY_NAMES.indexOf(ability), charges, nextAtMs);
  }
  const { left, using, doneAtMs } = fighter.items;
  for (const name of ITEM_NAMES) add(lanes, left[name]);
  addAll(lanes, using === null ? NOBODY : ITEM_NAMES.indexOf(using), doneAtMs);
  const { target, deeds, atMs } = fighter.combo;
  addAll(lanes, target ?? NOBODY, atMs, deeds.length);
  for (const deed of deeds) add(lanes, DEEDS.indexOf(deed));
  addAll(lanes, fighter.kills, fighter.deaths, fighter.assists, fighter.damageDealt, fighter.damageTaken);
  addAll(lanes, fighter.shotsFired, fighter.shotsHit, fighter.headshots);
  const { feats } = fighter;
  addAll(lanes, feats.objectiveMs, feats.captures, feats.streak, feats.longestStreak, feats.bestCombo);
}

/** Nothing for everything, so that a seat without a list hashes as it always did. */
function addLoadout(lanes: Lanes, { weapons, abilities }: Loadout): void {
  if (weapons === null && abilities === null) return;
  addAll(lanes, LISTED, weapons?.length ?? NOBODY, abilities?.length ?? NOBODY);
  for (const weapon of weapons ?? []) add(lanes, WEAPON_NAMES.indexOf(weapon));
  for (const ability of abilities ?? []) add(lanes, ABILITY_NAMES.indexOf(ability));
}

function addEffects(lanes: Lanes, effects: readonly Effect[]): void {
  add(lanes, effects.length);
  for (const { kind, potency, stacks, untilMs, by, paidMs } of effects) {
    addAll(lanes, EFFECT_KINDS.indexOf(kind), potency, stacks, untilMs, by ?? NOBODY, paidMs);
  }
}

function addMotion(lanes: Lanes, motion: Motion): void {
  const { safe, told } = motion;
  addAll(lanes, motion.atMs, motion.shortUs, motion.longUs, motion.shortFullAtMs, motion.longFullAtMs);
  addAll(lanes, motion.silentMs, motion.burstUs, motion.stalledUs, motion.airMs, motion.liftZ, motion.hops);
  addAll(lanes, safe.x, safe.y, safe.z, motion.safeAtMs, motion.percent, motion.percentUntilMs);
  addAll(lanes, motion.updates, motion.updatesAtMs, motion.toldAtMs, told.x, told.y, told.z, motion.lenient);
  addAll(lanes, motion.leaptAtMs, motion.forgivenAtMs, motion.score, motion.scoreAtMs);
}

function addProjectile(lanes: Lanes, projectile: Projectile): void {
  const { id, weapon, by, side, seq, x, y, z, vx, vy, vz, endsAtMs } = projectile;
  addAll(lanes, id, WEAPON_NAMES.indexOf(weapon), by ?? NOBODY, side, seq, x, y, z, vx, vy, vz, endsAtMs);
}

function addBurst(lanes: Lanes, burst: BurstLeft | null): void {
  add(lanes, burst?.rounds ?? 0);
  if (burst === null) return;
  const { nextAtMs, x, y, z, wayMs, rewindMs, capped, seq } = burst;
  addAll(lanes, nextAtMs, x, y, z, wayMs, rewindMs, Number(capped), seq);
}

function addObjectives(lanes: Lanes, objectives: Objectives): void {
  const { swapped, overtimeAtMs, hillMovesAtMs, flags, zones } = objectives;
  addAll(lanes, Number(swapped), overtimeAtMs, hillMovesAtMs, flags.length, zones.length);
  for (const { state, carrier, position, returnsAtMs } of flags) {
    addAll(lanes, FLAG_STATES.indexOf(state), carrier ?? NOBODY, position.x, position.y, position.z, returnsAtMs);
  }
  for (const zone of zones) {
    addAll(lanes, zone.place, zone.owner ?? NOBODY, zone.taker ?? NOBODY, zone.takenMs);
    addAll(lanes, Number(zone.contested), zone.unpaidMs);
  }
}

function addFields(lanes: Lanes, fields: readonly Field[]): void {
  add(lanes, fields.length);
  for (const { ability, by, side, position, untilMs, pulseAtMs } of fields) {
    addAll(lanes, ABILITY_NAMES.indexOf(ability), by ?? NOBODY, side, position.x, position.y, position.z);
    addAll(lanes, untilMs, pulseAtMs);
  }
}

/** Nothing where none were ever given out, so that such a world hashes as it always did. */
function addRulings(lanes: Lanes, { outside, next, open }: Rulings): void {
  if (!outside && next === 1 && open.length === 0) return;
  addAll(lanes, LISTED, Number(outside), next, open.length);
  for (const { by, headshot, damage, blows } of open) {
    addAll(lanes, by ?? NOBODY, Number(headshot), damage, blows.length);
    for (const { id, askedAtMs, blow } of blows) {
      addAll(lanes, id, askedAtMs);
      addBlow(lanes, blow);
    }
  }
}

function addBlow(lanes: Lanes, blow: Blow): void {
  const { by, target, weapon, damageType, base, part, penetration, modifiers, critical } = blow;
  const weaponAt = weapon === null ? NOBODY : WEAPON_NAMES.indexOf(weapon);
  const partAt = part === null ? NOBODY : BODY_PARTS.indexOf(part);
  addAll(lanes, by ?? NOBODY, target, weaponAt, DAMAGE_TYPES.indexOf(damageType), base, partAt, penetration);
  addAll(lanes, Number(critical), modifiers.length);
  for (const { kind, value, source, stacks } of modifiers) {
    addAll(lanes, Number(kind === "flat"), value, stacks, source.length);
    for (let at = 0; at < source.length; at++) add(lanes, source.charCodeAt(at));
  }
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
