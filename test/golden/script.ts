/**
 * Script: plays one whole match on the simulation by bots that follow fixed rules, for golden hashes.
 * In: the name of a match.   Out: the world it ended as, its hash after every tick, its recording, what was told.
 * Law: all draws come from one seeded generator, and arithmetic is on whole numbers and Math.sqrt, which is exact on
 * every machine. So only a change of the simulation, its content or this file changes a hash.
 * Why not the demo's bots: to tune them must not change what is golden. These see through walls, and some of them cheat.
 */

import { FIRST_MAP, MAPS, WEAPON_NAMES } from "#combat/sim/content.ts";
import type { SimEvent } from "#combat/sim/events.ts";
import { hashWorld } from "#combat/sim/hash.ts";
import type { Action, Aim, Move, MoveCheck, Order, StepInput } from "#combat/sim/inputs.ts";
import { applyMove } from "#combat/sim/movement.ts";
import { type Recording, recordMove, recordOrder, recordStep, startRecording } from "#combat/sim/record.ts";
import { decide, step } from "#combat/sim/step.ts";
import { createWorld, type Fighter, type Point, type Rules, type World } from "#combat/sim/world.ts";
import { assert } from "#kit/assert.ts";
import { createRng, nextBelow, type Rng } from "#kit/rng.ts";

type MatchPlan = { readonly rules: Rules; readonly seed: number; readonly players: number; readonly sides: number };

const RULES = { tickRateHz: 30, maxRounds: 3, timeLimitMs: 600_000, respawnMs: 1_500 } as const;

export const MATCHES = {
  deathmatch: {
    rules: { ...RULES, mode: "deathmatch", scoreLimit: 8, friendlyFire: false },
    seed: 20_251,
    players: 8,
    sides: 8,
  },
  team_deathmatch: {
    rules: { ...RULES, mode: "team_deathmatch", scoreLimit: 20, friendlyFire: true },
    seed: 20_252,
    players: 12,
    sides: 3,
  },
} as const satisfies Record<string, MatchPlan>;

export type MatchName = keyof typeof MATCHES;

export type Played = {
  world: World;
  recording: Recording;
  /** After each tick, from the first. */
  hashes: string[];
  events: SimEvent[];
  refusedMoves: Set<MoveCheck>;
};

/** Beyond the time limit: a match that is not over by then never ends, which is a broken promise. */
const TICKS_MAX = 30 * 601;
/** One seat changes hands in every match: given up at the first tick, taken by another fighter at the second. */
const LEAVES_AT_TICK = 400;
const JOINS_AT_TICK = 460;
/** A legal stride of one tick at 30 Hz; one in so many is a jump across the map instead. */
const STRIDE_CM = 25;
const CHEATS_ONE_IN = 200;

export function playMatch(name: MatchName): Played {
  const { rules, seed, players, sides }: MatchPlan = MATCHES[name];
  const map = MAPS[FIRST_MAP];
  assert(map, "the first map is in the table");
  const world = createWorld({ rules, map, seed });
  const recording = startRecording({ rules, mapId: map.id, seed });
  const played: Played = { world, recording, hashes: [], events: [], refusedMoves: new Set() };
  const rng = createRng(seed + 1);
  const tick = (inputs: StepInput[]) => {
    recordStep(recording, world, inputs);
    played.events.push(...step(world, inputs).events);
    played.hashes.push(hashWorld(world));
  };
  const order = (given: Order) => {
    recordOrder(recording, world, given);
    played.events.push(...decide(world, given));
  };
  for (let slot = 0; slot < players; slot++) order({ kind: "add", slot, side: slot % sides });
  tick([]);
  order({ kind: "start" });
  while (world.phase !== "over") {
    assert(world.tick < TICKS_MAX, "a match ends at its time limit");
    moveAll(played, rng);
    tick([...seatChanges(world, sides), ...wishes(world, rng)]);
  }
  return played;
}

function seatChanges(world: World, sides: number): StepInput[] {
  if (world.tick === LEAVES_AT_TICK) return [{ kind: "remove", slot: 1 }];
  if (world.tick === JOINS_AT_TICK) return [{ kind: "add", slot: 1, side: sides === 3 ? 1 : sides }];
  return [];
}

/** Everybody walks towards the nearest enemy, and round it when near. */
function moveAll({ world, recording, refusedMoves }: Played, rng: Rng): void {
  for (const fighter of world.fighters) {
    if (!fighter) continue;
    const { slot } = fighter;
    const position = strideOf(world, fighter, rng);
    const stance = nextBelow(rng, 16) === 0 ? "crouch" : nextBelow(rng, 4) === 0 ? "stand" : null;
    const move: Move = {
      slot,
      seq: world.tick,
      position,
      yaw: nextBelow(rng, 36_000),
      pitch: null,
      stance,
      atMs: world.nowMs,
    };
    recordMove(recording, world, move);
    const verdict = applyMove(world, move);
    if (!verdict.ok) refusedMoves.add(verdict.check);
  }
}

function strideOf(world: World, fighter: Fighter, rng: Rng): Point {
  const { x, y, z } = fighter.position;
  if (nextBelow(rng, CHEATS_ONE_IN) === 0) return { x: x + 900, y: y + 900, z };
  const enemy = nearestEnemy(world, fighter);
  if (!enemy) return fighter.position;
  const dx = enemy.position.x - x;
  const dy = enemy.position.y - y;
  const distance = Math.sqrt(dx * dx + dy * dy);
  if (distance < 1) return { x: x + STRIDE_CM, y, z };
  const share = STRIDE_CM / distance;
  return distance > 1_200 ? { x: x + dx * share, y: y + dy * share, z } : { x: x - dy * share, y: y + dx * share, z };
}

/** What everybody asks for in this tick; now and then the map itself hurts somebody. */
function wishes(world: World, rng: Rng): StepInput[] {
  const inputs: StepInput[] = [];
  for (const fighter of world.fighters) {
    if (!fighter || nextBelow(rng, 3) > 0) continue;
    const { slot } = fighter;
    const clientTick = world.tick;
    inputs.push({
      kind: "action",
      slot,
      seq: clientTick,
      id: inputs.length,
      clientTick,
      do: deedOf(world, fighter, rng),
    });
  }
  if (nextBelow(rng, 120) === 0) {
    const target = nextBelow(rng, world.fighters.length);
    const blow = { damage: 1_000, damageType: "environmental", weapon: null, headshot: false } as const;
    inputs.push({ kind: "damage", id: inputs.length, by: null, target, ...blow });
  }
  return inputs;
}

function deedOf(world: World, fighter: Fighter, rng: Rng): Action["do"] {
  if (nextBelow(rng, 100) === 0) {
    return { type: "switch_weapon", weapon: WEAPON_NAMES[nextBelow(rng, WEAPON_NAMES.length)]! };
  }
  if (fighter.magazine[fighter.weapon] === 0 || nextBelow(rng, 150) === 0) return { type: "reload" };
  const enemy = nearestEnemy(world, fighter);
  const aim: Aim = enemy ? aimAt(fighter, enemy, rng) : { kind: "direction", direction: { x: 1_000_000, y: 0, z: 0 } };
  return { type: "attack", aim, weapon: null };
}

/** Named, or at some height of the body with up to 5 % of error, as whole millionths. */
function aimAt(fighter: Fighter, enemy: Fighter, rng: Rng): Aim {
  if (nextBelow(rng, 4) === 0) return { kind: "target", slot: enemy.slot };
  const height = [90, 110, 165][nextBelow(rng, 3)]!;
  const dx = enemy.position.x - fighter.position.x;
  const dy = enemy.position.y - fighter.position.y;
  const dz = enemy.position.z + height - fighter.position.z - 160;
  const length = Math.sqrt(dx * dx + dy * dy + dz * dz) || 1;
  const millionths = (part: number) => Math.round((part / length) * 1_000_000) + nextBelow(rng, 100_001) - 50_000;
  return { kind: "direction", direction: { x: millionths(dx), y: millionths(dy), z: millionths(dz) } };
}

function nearestEnemy(world: World, fighter: Fighter): Fighter | null {
  let nearest: Fighter | null = null;
  let best = Number.POSITIVE_INFINITY;
  for (const other of world.fighters) {
    if (!other?.alive || other.side === fighter.side) continue;
    const dx = other.position.x - fighter.position.x;
    const dy = other.position.y - fighter.position.y;
    const distance = dx * dx + dy * dy;
    if (distance < best) [nearest, best] = [other, distance];
  }
  return nearest;
}
