/**
 * Effects: what lies on a fighter for a while, when it ends, and what others ask of it.
 * In:  a fighter, and what comes upon it.   Out: the fighter's effects are written on behalf of step; readers only read.
 * Law: at most one effect of each kind, so the list is as long as the table at most; none outlives its fighter. Times are
 *      match time, so a pause freezes them. What comes upon the fallen does nothing. A list is replaced, never changed in
 *      place, so that frames see by its identity whether anything changed.
 * Not here: what kinds there are and how they stack (effect-table.ts).
 */
import { assert } from "#kit/assert.ts";
import { EFFECTS, type EffectKind } from "./effect-table.ts";
import type { Fighter, World } from "./world.ts";

export type Effect = {
  kind: EffectKind;
  /** How strong, in percent: 1 to 100. */
  potency: number;
  /** 1, or more where the kind stacks. */
  stacks: number;
  /** Match time of its end. */
  untilMs: number;
  /** Whose it is; null for nobody, or who left since. */
  by: number | null;
  /** Up to when its damage was dealt. */
  paidMs: number;
};

export type Effects = readonly Effect[];

export const NO_EFFECTS: Effects = [];

/** What comes upon somebody. */
export type Affliction = {
  readonly kind: EffectKind;
  readonly potency: number;
  readonly durationMs: number;
  readonly by: number | null;
};

/** From the game's contract. */
export const EFFECT_MS_MIN = 100;
export const EFFECT_MS_MAX = 300_000;
export const POTENCY_MAX = 100;

/** begun: it was not there. raised: stronger, or a stack more. extended: only longer. ignored: what was there holds. */
export type Afflicted = "begun" | "raised" | "extended" | "ignored";

export function afflict(world: World, target: Fighter, { kind, potency, durationMs, by }: Affliction): Afflicted {
  assert(Number.isInteger(potency) && potency >= 1 && potency <= POTENCY_MAX, "potencies are 1 to 100 percent");
  assert(Number.isInteger(durationMs) && durationMs >= EFFECT_MS_MIN, "effects last whole milliseconds, from 100");
  assert(durationMs <= EFFECT_MS_MAX, "effects last 300 s at most");
  if (!target.alive) return "ignored";
  const untilMs = world.nowMs + durationMs;
  const fresh: Effect = { kind, potency, stacks: 1, untilMs, by, paidMs: world.nowMs };
  const earlier = target.effects.find((effect) => effect.kind === kind);
  if (!earlier) {
    target.effects = [...target.effects, fresh];
    return "begun";
  }
  const merged = merge(earlier, fresh);
  if (merged === earlier) return "ignored";
  target.effects = target.effects.map((effect) => (effect === earlier ? merged : effect));
  return merged.potency > earlier.potency || merged.stacks > earlier.stacks ? "raised" : "extended";
}

/** By the kind's rule; the earlier one itself where that holds. The damage it owes goes on without a break. */
function merge(earlier: Effect, fresh: Effect): Effect {
  const { stacking, stacksMax } = EFFECTS[earlier.kind];
  const { paidMs } = earlier;
  const endsLater = fresh.untilMs > earlier.untilMs;
  const isStronger = fresh.potency > earlier.potency;
  switch (stacking) {
    case "longest":
      return endsLater ? { ...fresh, paidMs } : earlier;
    case "strongest": {
      const isEqual = fresh.potency === earlier.potency;
      return isStronger || (isEqual && endsLater) ? { ...fresh, paidMs } : earlier;
    }
    case "stacks": {
      const stacks = Math.min(stacksMax, earlier.stacks + 1);
      if (stacks === earlier.stacks && !isStronger && !endsLater) return earlier;
      const untilMs = Math.max(earlier.untilMs, fresh.untilMs);
      return { ...fresh, stacks, untilMs, potency: Math.max(earlier.potency, fresh.potency), paidMs };
    }
  }
}

/** Takes out what is over, in the order it came. */
export function endDueEffects(fighter: Fighter, nowMs: number): Effect[] {
  const over = fighter.effects.filter(({ untilMs }) => untilMs <= nowMs);
  if (over.length > 0) fighter.effects = fighter.effects.filter(({ untilMs }) => untilMs > nowMs);
  return over;
}

/** Whose seat is given up leaves what it caused behind, as nobody's: the next to sit there did not do it. */
export function disownEffects(world: World, slot: number): void {
  for (const fighter of world.fighters) {
    for (const effect of fighter?.effects ?? []) if (effect.by === slot) effect.by = null;
  }
}

/** How strong an effect is on somebody, in percent; 0 where it is not. */
export function potencyOf(fighter: Fighter, kind: EffectKind): number {
  for (const effect of fighter.effects) if (effect.kind === kind) return effect.potency;
  return 0;
}

/** How fast somebody may go: 100 as ever, 0 while stunned, less when slowed, more in haste. */
export function speedPercent(fighter: Fighter): number {
  if (fighter.effects.length === 0) return 100; // Asked with every move, and mostly so.
  if (potencyOf(fighter, "stun") > 0) return 0;
  return Math.floor(((100 - potencyOf(fighter, "slow")) * (100 + potencyOf(fighter, "haste"))) / 100);
}

/** The stunned do nothing at all. */
export function canAct(fighter: Fighter): boolean {
  return potencyOf(fighter, "stun") === 0;
}

/** The silenced use no abilities. */
export function isSilenced(fighter: Fighter): boolean {
  return potencyOf(fighter, "silence") > 0;
}

/** What somebody's blows do, in percent of what they would. */
export function damagePercentDealt(fighter: Fighter): number {
  return 100 + potencyOf(fighter, "damage_boost");
}

/** What a blow takes from somebody, in percent of what it would. */
export function damagePercentTaken(fighter: Fighter): number {
  return 100 - potencyOf(fighter, "shield");
}
