/**
 * Afflictions: effects come upon somebody, hurt for as long as they last, and end; each is told.
 * In:  what a hit or an ability brings; a tick.   Out: writes the fighters concerned on behalf of step, adds events.
 * Law: of one hit no more than EFFECTS_PER_HIT_MAX come, the first of them. Damage of an effect is dealt each half second and
 *      at its end, for the time that passed, so what it comes to does not hang on the tick rate. It is its causer's, like
 *      any blow; who left causes nothing any more. An end by time is told; a fall ends all at once, and is told as a fall.
 * Not here: stacking and readers (effects.ts), what a blow takes (damage.ts), whom a hit spares (who brings them knows).
 */
import { WEAPONS, type Weapon, type WeaponName } from "./content.ts";
import { deal } from "./damage.ts";
import { EFFECTS } from "./effect-table.ts";
import { type Affliction, afflict, type Effect, endDueEffects } from "./effects.ts";
import type { SimEvent } from "./events.ts";
import { EFFECTS_PER_HIT_MAX } from "./limits.ts";
import type { Fighter, World } from "./world.ts";

/** An affliction before it is known whose it is. */
export type Dose = Omit<Affliction, "by">;

/** What came upon somebody, as it is then. */
export type Inflicted = Pick<Effect, "kind" | "potency" | "stacks"> & { target: number; durationMs: number };

/** What is there already is not stopped by armour. Boosts and shields count as for any blow. */
const UNDER_THE_SKIN = { part: null, penetration: 1000, modifiers: [], critical: false } as const;

/** Damage of effects is dealt this often. */
const PAY_MS = 500;

export function bringEffects(
  world: World,
  { by, target, doses }: { by: number | null; target: number; doses: readonly Dose[] },
  events: SimEvent[],
): Inflicted[] {
  const fighter = world.fighters[target];
  if (!fighter) return [];
  const causer = by !== null && world.fighters[by] ? by : null;
  const inflicted: Inflicted[] = [];
  for (const dose of doses.slice(0, EFFECTS_PER_HIT_MAX)) {
    const came = afflict(world, fighter, { ...dose, by: causer });
    const effect = fighter.effects.find(({ kind }) => kind === dose.kind);
    if (came === "ignored" || !effect) continue;
    inflicted.push(tellApplied(world, target, effect, events));
  }
  return inflicted;
}

/** What a weapon brings beside the damage it did: nothing for who lost none, or fell by it. */
export function bringByWeapon(
  world: World,
  { by, target, weapon }: { by: number | null; target: number; weapon: WeaponName | null },
  events: SimEvent[],
): void {
  const doses = weapon === null ? undefined : (WEAPONS[weapon] as Weapon).brings;
  if (doses) bringEffects(world, { by, target, doses }, events);
}

export function tellApplied(world: World, target: number, effect: Effect, events: SimEvent[]): Inflicted {
  const { kind, potency, stacks, untilMs, by } = effect;
  const durationMs = untilMs - world.nowMs;
  events.push({ kind: "effect_applied", target, by, effect: kind, potency, stacks, durationMs });
  return { target, kind, potency, stacks, durationMs };
}

/** A tick of what lies on one fighter. True when it hurt. */
export function runEffects(world: World, fighter: Fighter, events: SimEvent[]): boolean {
  if (fighter.effects.length === 0) return false;
  let hurt = false;
  for (const effect of fighter.effects) {
    if (pay(world, fighter, effect, events)) hurt = true;
    if (!fighter.alive) return hurt; // All are gone with the fall.
  }
  for (const { kind } of endDueEffects(fighter, world.nowMs)) {
    events.push({ kind: "effect_ended", target: fighter.slot, effect: kind });
  }
  return hurt;
}

/** Deals what an effect owes for the time since it last did; true when that was anything. */
function pay(world: World, fighter: Fighter, effect: Effect, events: SimEvent[]): boolean {
  const { damagePerSecond, damageType } = EFFECTS[effect.kind];
  const toMs = Math.min(world.nowMs, effect.untilMs);
  const owedMs = toMs - effect.paidMs;
  if (damagePerSecond === 0 || (owedMs < PAY_MS && toMs < effect.untilMs)) return false;
  effect.paidMs = toMs;
  const base = Math.floor((damagePerSecond * effect.potency * effect.stacks * owedMs) / 100_000);
  const blow = { by: effect.by, target: fighter.slot, weapon: null, damageType, base, ...UNDER_THE_SKIN };
  return deal(world, blow, events).lost > 0;
}
