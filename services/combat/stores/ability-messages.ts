/** What abilities do and cost, as checkpoint.proto has it, and back. Written out where a fighter has it: there are many. */
import { create } from "@bufbuild/protobuf";
import {
  type StoredCombo,
  type StoredEffect,
  StoredEffectSchema,
  type StoredEnergy,
  type StoredField,
  StoredFieldSchema,
  type StoredFighter,
  type StoredItems,
  type StoredSpent,
  StoredSpentSchema,
} from "#gen/necpgame/combat/v1/checkpoint_pb.js";
import { optional } from "#kit/optional.ts";
import type { Spent } from "../sim/charges.ts";
import { type Combo, type Deed, noCombo } from "../sim/combo.ts";
import type { AbilityName } from "../sim/content/abilities.ts";
import { ITEM_NAMES, type ItemName } from "../sim/content/items.ts";
import type { EffectKind } from "../sim/effect-table.ts";
import type { Effect } from "../sim/effects.ts";
import { type Energy, fullEnergy } from "../sim/energy.ts";
import type { Field } from "../sim/fields.ts";
import { fullItems, type Items } from "../sim/items.ts";
import type { Fighter } from "../sim/world.ts";

type Part = Pick<Fighter, "effects" | "energy" | "spent" | "items" | "combo">;

/** Fighters of older releases have used nothing. */
export function abilitiesOf({ effects, energy, spent, items, combo }: Pick<StoredFighter, keyof Part>): Part {
  return {
    effects: effects.map(effectOf),
    energy: energy === undefined ? fullEnergy(0) : { amount: energy.amount, atMs: energy.atMs },
    spent: spent.map(({ ability, charges, nextAtMs }) => ({ ability: ability as AbilityName, charges, nextAtMs })),
    items: items === undefined ? fullItems() : itemsOf(items),
    combo: combo === undefined ? noCombo() : comboOf(combo),
  };
}

export function fieldMessage({ by, position, ...field }: Field): StoredField {
  return create(StoredFieldSchema, { ...field, ...position, ...optional("by", by) });
}

export function fieldOf({ ability, by, side, x, y, z, untilMs, pulseAtMs }: StoredField): Field {
  return { ability: ability as AbilityName, by: by ?? null, side, position: { x, y, z }, untilMs, pulseAtMs };
}

export function effectMessages(effects: readonly Effect[]): StoredEffect[] {
  if (effects.length === 0) return [];
  return effects.map(({ by, ...effect }) => create(StoredEffectSchema, { ...effect, ...optional("by", by) }));
}

export function energyMessage({ amount, atMs }: Energy): StoredEnergy {
  return { $typeName: "necpgame.combat.v1.StoredEnergy", amount, atMs };
}

function effectOf({ kind, potency, stacks, untilMs, by, paidMs }: StoredEffect): Effect {
  return { kind: kind as EffectKind, potency, stacks, untilMs, by: by ?? null, paidMs };
}

export function itemsMessage({ left, using, doneAtMs }: Items): StoredItems {
  const counts = ITEM_NAMES.map((name) => left[name]);
  const message: StoredItems = { $typeName: "necpgame.combat.v1.StoredItems", left: counts, doneAtMs };
  if (using !== null) message.using = using;
  return message;
}

function itemsOf({ left, using, doneAtMs }: StoredItems): Items {
  const counts = ITEM_NAMES.map((name, at) => [name, left[at] ?? 0]);
  return {
    left: Object.fromEntries(counts) as Record<ItemName, number>,
    using: (using as ItemName | undefined) ?? null,
    doneAtMs,
  };
}

export function comboMessage({ target, deeds, atMs }: Combo): StoredCombo {
  const message: StoredCombo = { $typeName: "necpgame.combat.v1.StoredCombo", deeds, atMs };
  if (target !== null) message.target = target;
  return message;
}

function comboOf({ target, deeds, atMs }: StoredCombo): Combo {
  return { target: target ?? null, deeds: deeds as Deed[], atMs };
}

export function spentMessages(spent: readonly Spent[]): StoredSpent[] {
  return spent.length === 0 ? [] : spent.map((ability) => create(StoredSpentSchema, ability));
}
