/**
 * Combo: different deeds of one fighter against the same enemy, each soon after the one before.
 * In:  a deed that took health, or laid harm on somebody.   Out: writes the doer's combo, and its best one in `feats`.
 * Law: a deed counts once in a combo: doing the same again keeps it alive, and makes it no longer. It ends with its window,
 *      with another target and with the target's fall or departure; one deed alone is none. Damage of effects is no deed.
 */
import type { AbilityName } from "./content/abilities.ts";
import type { WeaponName } from "./content.ts";
import type { Fighter, World } from "./world.ts";

export type Deed = WeaponName | AbilityName;

export type Combo = {
  /** The enemy's slot; null for none, or one that fell since. */
  target: number | null;
  /** Each once, in the order they came; as many as there are weapons and abilities at most. */
  deeds: Deed[];
  /** When the newest came. */
  atMs: number;
};

/** The longest break between two deeds. */
export const COMBO_MS = 3_000;

export function noCombo(): Combo {
  return { target: null, deeds: [], atMs: 0 };
}

/** Team mates and oneself are no combos. */
export function noteDeed(world: World, doer: Fighter, target: Fighter, deed: Deed): void {
  if (doer.side === target.side) return;
  const { combo, feats } = doer;
  const goesOn = combo.target === target.slot && world.nowMs - combo.atMs <= COMBO_MS;
  if (!goesOn) combo.deeds = [deed];
  else if (!combo.deeds.includes(deed)) combo.deeds = [...combo.deeds, deed];
  combo.target = target.slot;
  combo.atMs = world.nowMs;
  if (combo.deeds.length > 1) feats.bestCombo = Math.max(feats.bestCombo, combo.deeds.length);
}

/** How long a combo is that grew or went on in this tick; 0 for none. */
export function comboNow({ combo }: Fighter, nowMs: number): number {
  return combo.atMs === nowMs && combo.deeds.length > 1 ? combo.deeds.length : 0;
}

/** Nobody goes on with a combo against who fell or left. */
export function endCombos(world: World, target: number): void {
  for (const fighter of world.fighters) if (fighter?.combo.target === target) fighter.combo.target = null;
}
