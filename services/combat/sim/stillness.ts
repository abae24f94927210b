/**
 * Stillness: whether the next step would leave everybody as they look, if nothing came in. Most ticks of a match are such,
 * and whoever looks at the world after each of them (frames, recordings) may spare the look.
 * In:  a world before the step.   Out: true only where nothing about a fighter runs by itself; false is always safe.
 * A test holds every step of a fuzzed match against it.
 */
import { ENERGY_MAX, energyAt } from "./energy.ts";
import type { Fighter, World } from "./world.ts";

export function isStill(world: World): boolean {
  const { nowMs, fighters } = world;
  if (world.fields.length + world.projectiles.length + world.rulings.open.length > 0) return false;
  for (const fighter of fighters) if (fighter !== null && isRestless(fighter, nowMs)) return false;
  return true;
}

/** Waits to come back, or has something on it, in use, or filling up: for all others no timer runs. */
function isRestless(fighter: Fighter, nowMs: number): boolean {
  return (
    !fighter.alive ||
    fighter.reloadedAtMs > 0 ||
    fighter.burst !== null ||
    fighter.effects.length > 0 ||
    fighter.items.using !== null ||
    energyAt(fighter.energy, nowMs) < ENERGY_MAX
  );
}

/** What sides have scored: zones pay by the second, without a word. */
export function pointsOf({ sides, objectives }: World): number {
  if (objectives.zones.length === 0) return 0;
  let points = 0;
  for (const { score } of sides) points += score;
  return points;
}
