/**
 * Pulse: a few bits of each tick by which a replay is held against its recording, tick by tick. The hash says whether two
 * worlds are the same and costs too much for every tick; a pulse is cheap, and says what differs first.
 * In:  a world.   Out: one number of 16 bits for each of what is told apart.
 * Law: equal worlds have equal pulses; worlds that differ in a field of a lane have other pulses but once in 65,536 times.
 */
import type { World } from "./world.ts";

/** What a lane is of, in the words a person reads. */
export const PULSE_LANES = ["position", "health", "weapon", "score"] as const;

export type Pulse = Uint16Array<ArrayBuffer>;

export function noPulse(): Pulse {
  return new Uint16Array(PULSE_LANES.length);
}

/** Takes the pulse into `pulse`, and gives it back. */
export function takePulse(world: World, pulse: Pulse): Pulse {
  let position = world.fighters.length;
  let health = world.rng.counter | 0;
  let weapon = 0;
  let score = world.round;
  for (const fighter of world.fighters) {
    if (fighter === null) {
      position = Math.imul(position, 31);
      continue;
    }
    const { x, y, z } = fighter.position;
    position = mix(mix(mix(mix(position, x), y), z), fighter.lastInput);
    health = mix(mix(health, fighter.health), Number(fighter.alive));
    weapon = mix(mix(weapon, fighter.readyAtMs), fighter.shotsFired);
    score = mix(mix(score, fighter.kills), fighter.deaths);
  }
  for (const side of world.sides) score = mix(mix(score, side.score), side.roundsWon);
  pulse[0] = fold(position);
  pulse[1] = fold(health);
  pulse[2] = fold(weapon);
  pulse[3] = fold(score);
  return pulse;
}

function mix(lane: number, value: number): number {
  return Math.imul((lane << 5) ^ (lane >>> 27) ^ (value | 0), 0x9e37_79b1);
}

function fold(lane: number): number {
  return (lane ^ (lane >>> 16)) & 0xffff;
}
