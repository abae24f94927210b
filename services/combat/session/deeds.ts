/**
 * Deeds: what an order to act is in the simulation's words, or why there is none.
 * In:  an order by players' names, who sits where.   Out: a deed by slots, or the reason for a refusal.
 * A special move is an ability that moves its user; one that names nothing is the usual one.
 */
import type { Granted } from "../related/abilities.ts";
import { ABILITIES, type AbilityName, USUAL_MOVE } from "../sim/content/abilities.ts";
import { ITEMS, type ItemName } from "../sim/content/items.ts";
import type { Action, ActionRefusal, Aim } from "../sim/inputs.ts";
import type { ActionOrder } from "./orders.ts";
import type { Roster } from "./roster.ts";

type Deed = Action["do"] | ActionRefusal;

/** `verdict`: what another service decided that an ability costs, or the table. */
export function deedOf(order: ActionOrder, { roster, verdict }: { roster: Roster; verdict: Granted }): Deed {
  if (order.type === "reload") return { type: "reload" };
  if (order.type === "switch_weapon" && order.weapon !== null) return { type: "switch_weapon", weapon: order.weapon };
  if (order.type === "switch_weapon") return "wrong_weapon"; // To nothing.
  if (order.type === "use_item") return itemDeed(order);
  const aim = aimOf(order, roster);
  if (aim === "unknown_target") return aim;
  if (order.type !== "attack") return abilityDeed(order, { aim, verdict });
  return aim === null ? "unknown_target" : { type: "attack", weapon: order.weapon, aim };
}

/** The match time the client says it was showing; null when it does not say. */
export function claimOf({ clientMs, clientTick }: ActionOrder, tickRateHz: number): number | null {
  if (clientMs !== null) return clientMs;
  return clientTick === null ? null : Math.floor((clientTick * 1000) / tickRateHz);
}

/** Null where nothing is aimed at. */
function aimOf({ direction, targetId }: ActionOrder, roster: Roster): Aim | null | "unknown_target" {
  if (direction !== null) return { kind: "direction", direction };
  if (targetId === null) return null;
  const target = roster.seat(targetId);
  if (target === null || target.connection === "left") return "unknown_target";
  return { kind: "target", slot: target.slot };
}

function abilityDeed(
  order: ActionOrder,
  { aim, verdict: { grant, unanswered } }: { aim: Aim | null; verdict: Granted },
): Deed {
  const ability = abilityAsked(order);
  if (ability === null) return "unknown_ability";
  return { type: "ability", ability, aim, spot: order.spot ?? null, grant, ...(unanswered && { unanswered }) };
}

/** The ability that an order is to use; null where it is none, or of none. */
export function abilityAsked({ type, abilityId = null }: ActionOrder): AbilityName | null {
  if (type !== "ability" && type !== "special_move") return null;
  const name = abilityId ?? (type === "special_move" ? USUAL_MOVE : "");
  if (!isAbility(name)) return null;
  return type === "special_move" && !ABILITIES[name].isMove ? null : name;
}

function itemDeed({ itemId }: ActionOrder): Deed {
  return itemId != null && isItem(itemId) ? { type: "use_item", item: itemId } : "unknown_item";
}

function isItem(name: string): name is ItemName {
  return Object.hasOwn(ITEMS, name);
}

function isAbility(name: string): name is AbilityName {
  return Object.hasOwn(ABILITIES, name);
}
