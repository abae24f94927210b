/**
 * Loadout: which weapons a fighter may take in hand, and which abilities it may use.
 * In:  the loadout as the seat was given with it.   Out: whether something is in it, and the weapon in hand at the start.
 * Law: a loadout is fixed for as long as the seat; a list names at least one thing, each once. Without a list everything of
 *      that kind is in it, also what the tables get later.
 * Not here: where it comes from (related/player.ts).
 */
import type { AbilityName } from "./content/abilities.ts";
import { STARTING_WEAPON, type WeaponName } from "./content.ts";

export type Loadout = {
  /** The first is in hand at the start; null for all there are. */
  readonly weapons: readonly WeaponName[] | null;
  /** Null for all there are. */
  readonly abilities: readonly AbilityName[] | null;
};

export const EVERYTHING: Loadout = { weapons: null, abilities: null };

export function firstWeapon({ weapons }: Loadout): WeaponName {
  return weapons?.[0] ?? STARTING_WEAPON;
}

export function hasWeapon({ weapons }: Loadout, weapon: WeaponName): boolean {
  return weapons === null || weapons.includes(weapon);
}

export function hasAbility({ abilities }: Loadout, ability: AbilityName): boolean {
  return abilities === null || abilities.includes(ability);
}
