/** What abilities do and cost, as checkpoint.proto has it, and back. Written out where a fighter has it: there are many. */
import { create } from "@bufbuild/protobuf";
import {
  type StoredCombo,
  type StoredEffect,
  StoredEffectSchema,
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
import { fullEnergy } from "../sim/energy.ts";
import type { Field } from "../sim/fields.ts";
import { fullItems, type Items } from "../sim/items.ts";
import type { Fighter } from "../sim/world.ts";

type Part = Pick<Fighter, "effects" | "energy" | "spent" | "items" | "combo">;

export function abilitiesMessage({ effects, energy, spent, items, combo }: Part) {
  return {
    effects: effects.length === 0 ? [] : effects.map(effectMessage),
    energy: { $typeName: "necpgame.combat.v1.StoredEnergy", ...energy },
    spent: spent.length === 0 ? [] : spent.map(spentMessage),
    items: itemsMessage(items),
    combo: comboMessage(combo),
  } as const;
}

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

function effectMessage({ by, ...effect }: Effect): StoredEffect {
  return create(StoredEffectSchema, { ...effect, ...optional("by", by) });
}

function effectOf({ kind, potency, stacks, untilMs, by, paidMs }: StoredEffect): Effect {
  return { kind: kind as EffectKind, potency, stacks, untilMs, by: by ?? null, paidMs };
}

function itemsMessage({ left, using, doneAtMs }: Items) {
  const counts = ITEM_NAMES.map((name) => left[name]);
  return { $typeName: "necpgame.combat.v1.StoredItems", left: counts, ...optional("using", using), doneAtMs } as const;
}

function itemsOf({ left, using, doneAtMs }: StoredItems): Items {
  const counts = ITEM_NAMES.map((name, at) => [name, left[at] ?? 0]);
  return {
    left: Object.fromEntries(counts) as Record<ItemName, number>,
    using: (using as ItemName | undefined) ?? null,
    doneAtMs,
  };
}

function comboMessage({ target, deeds, atMs }: Combo) {
  return { $typeName: "necpgame.combat.v1.StoredCombo", ...optional("target", target), deeds, atMs } as const;
}

function comboOf({ target, deeds, atMs }: StoredCombo): Combo {
  return { target: target ?? null, deeds: deeds as Deed[], atMs };
}

function spentMessage(spent: Spent): StoredSpent {
  return create(StoredSpentSchema, spent);
}
