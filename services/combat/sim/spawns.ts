/**
 * Spawns: where the next life of a fighter begins.
 * Law: sides with a base appear at it, where the map has spots for it; everybody else anywhere. A free spot before a shared one; among those, the farthest from the nearest living enemy; ties by the match's
 * generator. A free spot has no living fighter on it, friend or foe.
 * In: the world, and a side.   Out: a spot; only the generator moves on.
 */
import { assert } from "#kit/assert.ts";
import { nextBelow } from "#kit/rng.ts";
import type { Spawn } from "./maps.ts";
import { MODES } from "./modes/table.ts";
import { baseOf } from "./objectives.ts";
import type { Point, World } from "./world.ts";

const CROWDED_CM = 150; // Closer than this, two who turn around stand in each other.

export function chooseSpawn(world: World, side: number): Spawn {
  let best: Spawn[] = [];
  let bestFree = false;
  let bestDistance = -1;
  const base = MODES[world.rules.mode].atBases ? baseOf(world, side) : null;
  const atBase = base !== null && world.map.spawns.some((spawn) => spawn.base === base);
  for (const spawn of world.map.spawns) {
    if (atBase && spawn.base !== base) continue;
    const { free, enemyDistance } = surroundings(world, spawn.position, side);
    const better = free === bestFree ? enemyDistance > bestDistance : free;
    if (better) {
      best = [spawn];
      bestFree = free;
      bestDistance = enemyDistance;
    } else if (free === bestFree && enemyDistance === bestDistance) {
      best.push(spawn);
    }
  }
  const chosen = best.length === 1 ? best[0] : best[nextBelow(world.rng, best.length)];
  assert(chosen, "a map has somewhere to appear");
  return chosen;
}

/** Squared centimetres to the nearest living enemy (Infinity without one), and whether anybody stands on the spot. */
function surroundings(world: World, spot: Point, side: number): { free: boolean; enemyDistance: number } {
  let free = true;
  let enemyDistance = Number.POSITIVE_INFINITY;
  for (const fighter of world.fighters) {
    if (!fighter?.alive) continue;
    const dx = fighter.position.x - spot.x;
    const dy = fighter.position.y - spot.y;
    const dz = fighter.position.z - spot.z;
    const distance = dx * dx + dy * dy + dz * dz;
    if (distance < CROWDED_CM * CROWDED_CM) free = false;
    if (fighter.side !== side && distance < enemyDistance) enemyDistance = distance;
  }
  return { free, enemyDistance };
}
