/**
 * Damage: turns one blow into health lost, armour worn off, figures, and what is told.
 * In: a blow, or one that was decided already.   Out: the wound; writes the fighters concerned, on behalf of step.
 * Law: health stays in 0 to 10,000; what is told as damage is exactly the health lost; a fall is told once; the fallen
 * lose nothing more. Each kill by another fighter is one death. Only killing an enemy may score, and is a feat.
 * Why blows may come from nobody: the world itself hurts, and who dealt it may have left since.
 * Not here: what a blow adds up to (damage-sum.ts), whether a shot may hurt a team mate (attack.ts), what a kill is worth
 * (modes/). A blow from outside was decided by the damage service and holds as it is, whoever dealt it.
 */
import { assert } from "#kit/assert.ts";
import { bringByWeapon } from "./afflictions.ts";
import type { BodyPart } from "./body.ts";
import { endCombos, noteDeed } from "./combo.ts";
import type { WeaponName } from "./content.ts";
import { computeDamage, type Modifier } from "./damage-sum.ts";
import { damagePercentDealt, damagePercentTaken, NO_EFFECTS } from "./effects.ts";
import type { DamageType, DecidedBy, SimEvent } from "./events.ts";
import { breakUse, jolt } from "./items.ts";
import { MODES } from "./modes/table.ts";
import { dropFlag } from "./objectives.ts";
import type { Fighter, World } from "./world.ts";

type Struck = { by: number | null; target: number; weapon: WeaponName | null; damageType: DamageType };

/** What a hit brings. */
export type Blow = Struck & {
  /** Hundredths of a point, distance and body part in it; before modifiers and armour. */
  base: number;
  /** Where it strikes; null where that means nothing. */
  part: BodyPart | null;
  /** How much of the armour's share it goes past, thousandths. */
  penetration: number;
  modifiers: readonly Modifier[];
  critical: boolean;
};

/** What came of it, by our own sum or another service's. */
export type DecidedBlow = Struck & {
  /** Hundredths of a point, before what is left of the target's health clips it. */
  damage: number;
  headshot: boolean;
  part?: BodyPart | null;
  /** What the target's armour loses, hundredths, and what share of the blow that is, thousandths. */
  absorbed?: number;
  mitigation?: number;
  critical?: boolean;
  /** Absent for our own sum. */
  decidedBy?: DecidedBy;
};

export type Wound = { readonly lost: number; readonly health: number; readonly killed: boolean };

/** Who hurt the victim this recently helped to kill it. */
export const ASSIST_MS = 10_000;

export function deal(world: World, blow: Blow, events: SimEvent[]): Wound {
  const target = world.fighters[blow.target];
  if (!target?.alive) return { lost: 0, health: target?.health ?? 0, killed: false };
  return dealAsItIs(world, withModifiers(world, blow), "local", events);
}

/** The blow with what lies on who strikes and who is struck. */
export function withModifiers(world: World, blow: Blow): Blow {
  const target = world.fighters[blow.target];
  return target ? { ...blow, modifiers: [...blow.modifiers, ...modifiersOf(world, blow.by, target)] } : blow;
}

/** By our own sum, the modifiers as they are. */
export function dealAsItIs(world: World, blow: Blow, decidedBy: DecidedBy, events: SimEvent[]): Wound {
  const armour = world.fighters[blow.target]?.armour.amount ?? 0;
  const sum = computeDamage({ ...blow, armour });
  const { by, target, weapon, damageType, part } = blow;
  const struck = { by, target, weapon, damageType, part, headshot: part === "head" };
  return strike(world, { ...struck, ...sum, decidedBy }, events);
}

/** A decided blow of a weapon, with what the weapon brings. */
export function strike(world: World, blow: DecidedBlow, events: SimEvent[]): Wound {
  const wound = inflict(world, blow, events);
  if (wound.lost > 0 && !wound.killed) bringByWeapon(world, blow, events);
  return wound;
}

/** What lies on who strikes and who is struck. */
function modifiersOf(world: World, by: number | null, target: Fighter): Modifier[] {
  const attacker = by === null ? null : (world.fighters[by] ?? null);
  const dealt = attacker === null ? 0 : damagePercentDealt(attacker) - 100;
  const taken = damagePercentTaken(target) - 100;
  const modifiers: Modifier[] = [];
  if (dealt !== 0) modifiers.push({ kind: "percentage", value: dealt, source: "damage_boost", stacks: 1 });
  if (taken !== 0) modifiers.push({ kind: "percentage", value: taken, source: "shield", stacks: 1 });
  return modifiers;
}

/** A blow that is decided, armour and all. */
export function inflict(world: World, blow: DecidedBlow, events: SimEvent[]): Wound {
  assert(Number.isSafeInteger(blow.damage) && blow.damage >= 0, "damage is whole hundredths, not negative");
  const target = world.fighters[blow.target];
  const lost = target?.alive ? Math.min(target.health, blow.damage) : 0;
  if (!target || lost === 0) return { lost: 0, health: target?.health ?? 0, killed: false };

  const attacker = blow.by === null ? null : (world.fighters[blow.by] ?? null);
  const { weapon, damageType, headshot, part = null, mitigation = 0, critical = false } = blow;
  const by = attacker?.slot ?? null;
  const absorbed = Math.min(target.armour.amount, blow.absorbed ?? 0);
  target.armour.amount -= absorbed;
  target.health -= lost;
  target.damageTaken += lost;
  if (attacker && attacker !== target) {
    attacker.damageDealt += lost;
    remember(target, attacker.slot, world.nowMs);
    if (weapon !== null) noteDeed(world, attacker, target, weapon);
  }
  jolt(target);
  const { health } = target;
  const { decidedBy = "local" } = blow;
  const how = { weapon, damageType, headshot, part, absorbed, mitigation, critical, decidedBy };
  events.push({ kind: "damaged", by, target: target.slot, damage: lost, health, ...how });
  if (health > 0) return { lost, health, killed: false };

  const assists = assistsTo(world, target, by);
  fell(world, target);
  endCombos(world, target.slot);
  for (const slot of assists) world.fighters[slot]!.assists += 1;
  if (attacker && attacker !== target) creditKill(world, attacker, target);
  events.push({ kind: "killed", victim: target.slot, by, weapon, headshot, assists });
  dropFlag(world, target.slot, events);
  return { lost, health, killed: true };
}

function remember(target: Fighter, slot: number, atMs: number): void {
  const earlier = target.hurtBy.find((hurt) => hurt.slot === slot);
  if (earlier) earlier.atMs = atMs;
  else target.hurtBy.push({ slot, atMs }); // At most one entry a seat: SLOTS_MAX bounds it.
}

/** Enemies of the victim who hurt it lately, but the killer; in slot order. */
function assistsTo(world: World, victim: Fighter, killer: number | null): number[] {
  const assists: number[] = [];
  for (const { slot, atMs } of victim.hurtBy) {
    const helper = world.fighters[slot];
    if (!helper || slot === killer || helper.side === victim.side) continue;
    if (world.nowMs - atMs <= ASSIST_MS) assists.push(slot);
  }
  return assists.sort((one, other) => one - other);
}

function fell(world: World, victim: Fighter): void {
  victim.alive = false;
  victim.deaths += 1;
  victim.feats.streak = 0;
  victim.reloadedAtMs = 0;
  victim.burst = null;
  victim.respawnAtMs = world.nowMs + world.rules.respawnMs;
  victim.hurtBy = [];
  victim.effects = NO_EFFECTS;
  breakUse(victim);
}

function creditKill(world: World, killer: Fighter, victim: Fighter): void {
  killer.kills += 1;
  const side = world.sides[killer.side];
  assert(side, "every fighter has a side");
  if (killer.side === victim.side) return; // A fall like any other, but nothing to be proud of.
  side.kills += 1;
  const { feats } = killer;
  feats.streak += 1;
  feats.longestStreak = Math.max(feats.longestStreak, feats.streak);
  MODES[world.rules.mode].fell(world, killer);
}
