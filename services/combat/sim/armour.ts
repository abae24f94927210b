/**
 * Armour: takes a share of what arrives, and wears off by as much.
 * In:  what arrives, its kind, how far it goes past armour, and what armour is there.   Out: how much of it is taken.
 * Law: never more than is left of it, and always less than all that arrives: armour delays a fall, it forbids none.
 * Each life begins with what the rules give (`startingArmour`).
 */
import type { DamageType } from "./events.ts";

/** Hundredths of a point. */
export type Armour = { amount: number };

/** The most anybody can wear; more is cut to it. */
export const ARMOUR_MAX = 10_000;

/** Share of what arrives, thousandths, before penetration. */
export const ARMOUR_SHARE: Readonly<Record<DamageType, number>> = {
  bullet: 500,
  melee: 300,
  explosion: 600,
  ability: 250,
  environmental: 0,
};

export function absorb(arriving: number, hit: { damageType: DamageType; penetration: number; armour: number }): number {
  const share = ARMOUR_SHARE[hit.damageType] * (1000 - hit.penetration);
  return Math.min(hit.armour, Math.floor((arriving * share) / 1_000_000));
}
