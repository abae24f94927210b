/**
 * Items: what each life has of them, how long a use takes and what it does. docs/GAMEPLAY.md shows the same table, and a
 * test compares. Changing a number here changes every match that uses it.
 * Units: milliseconds, hundredths of a point.
 */
import type { EffectKind } from "../effect-table.ts";

export type ItemDoes =
  | { readonly kind: "heal"; readonly amount: number }
  | { readonly kind: "armour"; readonly amount: number }
  | { readonly kind: "energy"; readonly amount: number }
  /** Ends what lies on the user. */
  | { readonly kind: "cure"; readonly effects: readonly EffectKind[] };

export type Item = {
  /** Of each life. */
  readonly count: number;
  readonly useMs: number;
  /** Whether damage breaks a use off. */
  readonly isFragile: boolean;
  readonly does: ItemDoes;
};

const TABLE = {
  medkit: { count: 2, useMs: 2_500, isFragile: true, does: { kind: "heal", amount: 5_000 } },
  armour_plate: { count: 2, useMs: 2_000, isFragile: false, does: { kind: "armour", amount: 5_000 } },
  energy_cell: { count: 2, useMs: 500, isFragile: false, does: { kind: "energy", amount: 5_000 } },
  antidote: { count: 1, useMs: 800, isFragile: false, does: { kind: "cure", effects: ["bleed", "burn", "poison"] } },
} as const satisfies Record<string, Item>;

export type ItemName = keyof typeof TABLE;

export const ITEMS: Readonly<Record<ItemName, Item>> = TABLE;

/** In the order of the table; hashes name an item by its place here. */
export const ITEM_NAMES = Object.keys(TABLE) as readonly ItemName[];
