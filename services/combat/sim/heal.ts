/**
 * Heal: gives health back.
 * In: whom, how much, and by whose doing.   Out: the health gained; writes the fighter on behalf of step, and is told.
 * Law: never over the maximum, never the fallen; what is told is exactly the health gained, and nothing is not news.
 */
import { assert } from "#kit/assert.ts";
import type { SimEvent } from "./events.ts";
import { HEALTH_MAX } from "./fighter.ts";
import type { World } from "./world.ts";

export type Healing = {
  readonly by: number | null;
  readonly target: number;
  /** Hundredths of a point, before the maximum clips it. */
  readonly amount: number;
  /** The ability or item that did it. */
  readonly cause: string;
};

export function heal(world: World, { by, target, amount, cause }: Healing, events: SimEvent[]): number {
  assert(Number.isSafeInteger(amount) && amount >= 0, "healing is whole hundredths, not negative");
  const fighter = world.fighters[target];
  const gained = fighter?.alive ? Math.min(HEALTH_MAX - fighter.health, amount) : 0;
  if (!fighter || gained === 0) return 0;
  fighter.health += gained;
  events.push({ kind: "healed", target, by, amount: gained, health: fighter.health, cause });
  return gained;
}
