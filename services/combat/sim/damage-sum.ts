/**
 * Damage sum: what one hit takes, as the game's damage service reckons it (proto/necpgame/damage/v1). Its local default.
 * In:  what the hit brings and the armour it meets.   Out: what is taken from health, what armour took, whether critical.
 * Order: the base (distance and body part are in it), doubled when critical, flat modifiers, percentages added up, armour.
 * Law: whole hundredths of a point in 0 to DAMAGE_MAX; the same question has the same answer everywhere. What armour
 * absorbs and what is left are together what arrived.
 * Not here: what is left of the target's health (damage.ts).
 */
import { assert } from "#kit/assert.ts";
import { absorb } from "./armour.ts";
import type { DamageType } from "./events.ts";

/** The game's contract: base and final damage are 0 to 1000 points. */
export const DAMAGE_MAX = 100_000;

/** What a critical hit does to the base. */
export const CRITICAL_PERCENT = 200;

export type Modifier = {
  readonly kind: "flat" | "percentage";
  /** Of each stack: hundredths of a point for flat, whole percent for percentage; below zero it weakens. */
  readonly value: number;
  /** What causes it, for example an effect's name. */
  readonly source: string;
  /** 1 or more. */
  readonly stacks: number;
};

export type DamageQuestion = {
  /** Hundredths of a point. */
  readonly base: number;
  readonly damageType: DamageType;
  /** Of the armour's share, how much the hit goes past: thousandths. */
  readonly penetration: number;
  readonly critical: boolean;
  readonly modifiers: readonly Modifier[];
  /** Of the target, hundredths of a point. */
  readonly armour: number;
};

export type DamageSum = {
  /** Hundredths of a point. */
  readonly damage: number;
  /** Share that armour took, thousandths. */
  readonly mitigation: number;
  readonly critical: boolean;
  /** The same share in hundredths of a point: what the armour loses. */
  readonly absorbed: number;
};

export function computeDamage(question: DamageQuestion): DamageSum {
  const { base, critical, damageType, penetration } = question;
  assert(Number.isSafeInteger(base) && base >= 0, "damage is whole hundredths, not negative");
  assert(penetration >= 0 && penetration <= 1000, "penetration is 0 to 1000 thousandths");
  const full = Math.min(base, DAMAGE_MAX) * (critical ? CRITICAL_PERCENT : 100);
  const arriving = modified(Math.floor(full / 100), question.modifiers);
  const absorbed = absorb(arriving, { damageType, penetration, armour: question.armour });
  const mitigation = arriving === 0 ? 0 : Math.round((absorbed * 1000) / arriving);
  return { damage: arriving - absorbed, mitigation, critical, absorbed };
}

/** What armour took when this is what it left and that its share. */
export function absorbedShare(damage: number, mitigation: number): number {
  assert(mitigation >= 0 && mitigation <= 1000, "mitigation is 0 to 1000 thousandths");
  return mitigation === 1000 ? 0 : Math.round((damage * mitigation) / (1000 - mitigation));
}

/** Sums first, so that the order of modifiers means nothing. */
function modified(damage: number, modifiers: readonly Modifier[]): number {
  let flat = 0;
  let percent = 100;
  for (const { kind, value, stacks } of modifiers) {
    if (kind === "flat") flat += value * stacks;
    else percent += value * stacks;
  }
  const sum = Math.floor((Math.max(0, damage + flat) * Math.max(0, percent)) / 100);
  return Math.min(sum, DAMAGE_MAX);
}
