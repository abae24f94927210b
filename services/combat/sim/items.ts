/**
 * Items: begins a use, ends it when its time has come, and breaks it off.
 * In:  a fighter and an item, then the ticks after.   Out: a refusal or nothing; writes the fighter on behalf of step.
 * Law: an item is spent when its use is done, not before: a refused or broken use costs nothing. Whoever does anything else
 *      puts it away; so do a stun, a fall, and damage, where the item is fragile, and having nothing left to use it for. Hands
 *      do one thing: a use breaks off a reload and a burst.
 * Order of reasons: using_item, none_left, then what there is nothing to be done about.
 */
import { ARMOUR_MAX } from "./armour.ts";
import { ITEM_NAMES, ITEMS, type Item, type ItemName } from "./content/items.ts";
import { canAct, potencyOf } from "./effects.ts";
import { changeEnergy, ENERGY_MAX, energyAt } from "./energy.ts";
import type { SimEvent } from "./events.ts";
import { HEALTH_MAX } from "./fighter.ts";
import { heal } from "./heal.ts";
import type { ActionRefusal } from "./inputs.ts";
import type { Fighter, World } from "./world.ts";

export type Items = {
  /** How many are left in this life. */
  left: Record<ItemName, number>;
  /** What is being used; null for nothing. */
  using: ItemName | null;
  /** When that is done; 0 for nothing. */
  doneAtMs: number;
};

export function fullItems(): Items {
  const left = {} as Record<ItemName, number>;
  for (const name of ITEM_NAMES) left[name] = ITEMS[name].count;
  return { left, using: null, doneAtMs: 0 };
}

export function beginUse(world: World, user: Fighter, name: ItemName): ActionRefusal | null {
  const { items } = user;
  if (items.using !== null) return "using_item";
  if (items.left[name] === 0) return "none_left";
  const idle = nothingToDo(world, user, ITEMS[name]);
  if (idle !== null) return idle;
  user.reloadedAtMs = 0;
  user.burst = null;
  items.using = name;
  items.doneAtMs = world.nowMs + ITEMS[name].useMs;
  return null;
}

export function breakUse({ items }: Fighter): void {
  items.using = null;
  items.doneAtMs = 0;
}

/** Damage was taken. */
export function jolt(fighter: Fighter): void {
  const { using } = fighter.items;
  if (using !== null && ITEMS[using].isFragile) breakUse(fighter);
}

/** A tick of whoever uses something. */
export function runItem(world: World, user: Fighter, events: SimEvent[]): void {
  const { items } = user;
  const name = items.using;
  if (name === null) return;
  if (!canAct(user)) return breakUse(user);
  if (world.nowMs < items.doneAtMs) return;
  breakUse(user);
  if (nothingToDo(world, user, ITEMS[name]) !== null) return; // Somebody else has seen to it.
  items.left[name] -= 1;
  events.push({ kind: "item_used", slot: user.slot, item: name, left: items.left[name] });
  apply(world, user, name, events);
}

/** Until an item in use is done, milliseconds; 0 for none. */
export function useLeftMs({ items }: Fighter, nowMs: number): number {
  return Math.max(0, items.doneAtMs - nowMs);
}

function nothingToDo(world: World, user: Fighter, { does }: Item): ActionRefusal | null {
  switch (does.kind) {
    case "heal":
      return user.health === HEALTH_MAX ? "full_health" : null;
    case "armour":
      return user.armour.amount === ARMOUR_MAX ? "full_armor" : null;
    case "energy":
      return energyAt(user.energy, world.nowMs) === ENERGY_MAX ? "full_energy" : null;
    case "cure":
      return does.effects.some((kind) => potencyOf(user, kind) > 0) ? null : "nothing_to_cure";
  }
}

function apply(world: World, user: Fighter, name: ItemName, events: SimEvent[]): void {
  const { does }: Item = ITEMS[name];
  switch (does.kind) {
    case "heal":
      heal(world, { by: user.slot, target: user.slot, amount: does.amount, cause: name }, events);
      break;
    case "armour":
      user.armour = { amount: Math.min(ARMOUR_MAX, user.armour.amount + does.amount) };
      break;
    case "energy":
      changeEnergy(user.energy, does.amount, world.nowMs);
      break;
    case "cure":
      for (const { kind } of user.effects) {
        if (does.effects.includes(kind)) events.push({ kind: "effect_ended", target: user.slot, effect: kind });
      }
      user.effects = user.effects.filter(({ kind }) => !does.effects.includes(kind));
  }
}
