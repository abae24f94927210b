/**
 * Script: plays one whole match on the simulation by bots that follow fixed rules, for golden hashes.
 * In: the name of a match.   Out: the world it ended as, its hash after every tick, its recording, what was told.
 * Law: all draws come from one seeded generator, and arithmetic is on whole numbers and Math.sqrt, which is exact on
 * every machine. So only a change of the simulation, its content or this file changes a hash.
 * Why not the demo's bots: to tune them must not change what is golden. These see through walls, know no way round them, and some of them cheat.
 */

import { ABILITY_NAMES } from "#combat/sim/content/abilities.ts";
import { ITEM_NAMES } from "#combat/sim/content/items.ts";
import { FIRST_MAP, MAPS, WEAPON_NAMES, WEAPONS } from "#combat/sim/content.ts";
import type { SimEvent } from "#combat/sim/events.ts";
import { clipOf } from "#combat/sim/ground.ts";
import { hashWorld } from "#combat/sim/hash.ts";
import type { Action, Aim, Move, MoveCheck, Order, StepInput } from "#combat/sim/inputs.ts";
import { USUAL_MODE_RULES } from "#combat/sim/modes/mode-rules.ts";
import { applyMove } from "#combat/sim/movement.ts";
import { type Recording, recordMove, recordOrder, recordStep, startRecording } from "#combat/sim/record.ts";
import { decide, step } from "#combat/sim/step.ts";
import { createWorld, type Fighter, type Point, type Rules, type World } from "#combat/sim/world.ts";
import { assert } from "#kit/assert.ts";
import { createRng, nextBelow, type Rng } from "#kit/rng.ts";

type MatchPlan = {
  readonly rules: Rules;
  readonly mapId: string;
  readonly seed: number;
  readonly players: number;
  readonly sides: number;
};

const RULES = { tickRateHz: 30, maxRounds: 3, timeLimitMs: 600_000, respawnMs: 1_500 } as const;

const OBJECTIVE = { friendlyFire: false, modeRules: { ...USUAL_MODE_RULES, hillMovesMs: 15_000 } } as const;

export const MATCHES = {
  deathmatch: {
    rules: { ...RULES, mode: "deathmatch", scoreLimit: 8, friendlyFire: false },
    mapId: FIRST_MAP,
    seed: 20_262,
    players: 8,
    sides: 8,
  },
  team_deathmatch: {
    rules: { ...RULES, mode: "team_deathmatch", scoreLimit: 20, friendlyFire: true },
    mapId: FIRST_MAP,
    seed: 20_253,
    players: 12,
    sides: 3,
  },
  capture_the_flag: {
    rules: { ...RULES, ...OBJECTIVE, mode: "capture_the_flag", scoreLimit: 1 },
    mapId: "foundry",
    seed: 20_256,
    players: 10,
    sides: 2,
  },
  king_of_the_hill: {
    rules: { ...RULES, ...OBJECTIVE, mode: "king_of_the_hill", scoreLimit: 20 },
    mapId: "causeway",
    seed: 20_254,
    players: 10,
    sides: 2,
  },
  domination: {
    rules: { ...RULES, ...OBJECTIVE, mode: "domination", scoreLimit: 60 },
    mapId: "foundry",
    seed: 20_255,
    players: 12,
    sides: 2,
  },
  elimination: {
    rules: { ...RULES, ...OBJECTIVE, mode: "elimination", scoreLimit: 1, maxRounds: 5 },
    mapId: "causeway",
    seed: 20_259,
    players: 12,
    sides: 2,
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

/** Beyond the time limit and the overtime: a match that is not over by then never ends, which is a broken promise. */
const TICKS_MAX = 30 * 661;
/** One seat changes hands in every match: given up at the first tick, taken by another fighter at the second. */
const LEAVES_AT_TICK = 400;
const JOINS_AT_TICK = 460;
/** A legal stride of one tick at 30 Hz, standing and crouched; one in so many is a jump across the map instead. */
const STRIDE_CM = 23;
const CROUCHED_STRIDE_CM = 13;
const CHEATS_ONE_IN = 1_500;
/** Everybody is as far away as the seat says, and every other shot names what was shown. */
const MS_AWAY = 25;

export function playMatch(name: MatchName): Played {
  const { rules, mapId, seed, players, sides }: MatchPlan = MATCHES[name];
  const map = MAPS[mapId];
  assert(map, "the map is in the table");
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
  if (world.tick === JOINS_AT_TICK) return [{ kind: "add", slot: 1, side: sides <= 3 ? 1 : sides }];
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
      claimedMs: null,
      rttMs: MS_AWAY * (slot % 4),
    };
    recordMove(recording, world, move);
    const verdict = applyMove(world, move);
    if (!verdict.ok) refusedMoves.add(verdict.check);
  }
}

function strideOf(world: World, fighter: Fighter, rng: Rng): Point {
  const { x, y, z } = fighter.position;
  if (nextBelow(rng, CHEATS_ONE_IN) === 0) return { x: x + 900, y: y + 900, z };
  const stride = fighter.stance === "crouch" ? CROUCHED_STRIDE_CM : STRIDE_CM;
  const goal = goalOf(world, fighter);
  if (goal) return strideTo(world, fighter, goal, stride);
  const enemy = nearestEnemy(world, fighter)?.position;
  if (!enemy) return fighter.position;
  const dx = enemy.x - x;
  const dy = enemy.y - y;
  const nearCm = fighter.weapon === "katana" ? 100 : 1_200;
  if (dx * dx + dy * dy > nearCm * nearCm) return strideTo(world, fighter, enemy, stride);
  return around(world, fighter, { x: -dy, y: dx }, stride);
}

/** Along this direction, or the first one beside it that no wall stops; to the same side for a second at a time. */
function around(world: World, { slot, position }: Fighter, { x, y }: { x: number; y: number }, stride: number): Point {
  const length = Math.sqrt(x * x + y * y) || 1;
  const side = (Math.floor(world.tick / 120) + slot) % 2 === 0 ? 1 : -1;
  for (const [along, across] of TURNS) {
    const dx = ((x * along - y * across * side) * stride) / length;
    const dy = ((y * along + x * across * side) * stride) / length;
    const to = { x: Math.trunc(position.x + dx), y: Math.trunc(position.y + dy), z: position.z };
    if (isWalkable(world, position, to)) return to;
  }
  return position;
}

/** Straight on, then ever farther to one side, as cosine and sine. */
const TURNS = [
  [1, 0],
  [0.7, 0.7],
  [0, 1],
  [-0.7, 0.7],
  [0, -1],
  [-1, 0],
] as const;

function isWalkable({ map }: World, from: Point, to: Point): boolean {
  const { min, max } = map.bounds;
  const within = to.x >= min.x && to.x <= max.x && to.y >= min.y && to.y <= max.y;
  return within && clipOf(map, { from, to, stance: "stand", was: "stand" }) === null;
}

/** Where the mode draws somebody; every fourth fights instead. */
function goalOf(world: World, { slot, side }: Fighter): Point | null {
  const { flags, zones } = world.objectives;
  const { places } = world.map;
  if (slot % 4 === 3 || !places) return null;
  if (flags.length > 0) {
    const own = flags[side];
    const other = flags[1 - side];
    if (other?.carrier === slot) return places.bases[world.objectives.swapped ? 1 - side : side] ?? null;
    if (own?.state === "dropped" && slot % 4 === 2) return own.position;
    return other?.state === "carried" ? null : (other?.position ?? null);
  }
  if (zones.length === 0) return places.hills[0]?.position ?? null; // Elimination: to the middle, to be found.
  const zone = zones[(slot >> 1) % zones.length];
  const kind = world.rules.mode === "king_of_the_hill" ? places.hills : places.zones;
  return zone ? (kind[zone.place]?.position ?? null) : null;
}

/** Stays where it is once near. */
function strideTo(world: World, fighter: Fighter, goal: Point, stride: number): Point {
  const dx = goal.x - fighter.position.x;
  const dy = goal.y - fighter.position.y;
  if (dx * dx + dy * dy < STRIDE_CM * STRIDE_CM) return fighter.position;
  return around(world, fighter, { x: dx, y: dy }, stride);
}

/** What everybody asks for in this tick; now and then the map itself hurts somebody. */
function wishes(world: World, rng: Rng): StepInput[] {
  const inputs: StepInput[] = [];
  for (const fighter of world.fighters) {
    // Who goes for the objective fights less, or nobody would ever arrive.
    if (!fighter || nextBelow(rng, goalOf(world, fighter) ? 40 : 3) > 0) continue;
    const { slot } = fighter;
    inputs.push({
      kind: "action",
      slot,
      seq: world.tick,
      id: inputs.length,
      atMs: world.nowMs,
      claimedMs: slot % 2 === 0 ? Math.max(0, world.nowMs - MS_AWAY * (slot % 4)) : null,
      rttMs: slot % 3 === 0 ? null : MS_AWAY * (slot % 4),
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
  const { magazineRounds } = WEAPONS[fighter.weapon];
  const isEmpty = magazineRounds > 0 && fighter.magazine[fighter.weapon] === 0;
  if (isEmpty || nextBelow(rng, 150) === 0) return { type: "reload" };
  const enemy = nearestEnemy(world, fighter);
  if (nextBelow(rng, 15) === 0) return abilityOf(fighter, enemy, rng);
  if (nextBelow(rng, 30) === 0) return { type: "use_item", item: ITEM_NAMES[nextBelow(rng, ITEM_NAMES.length)]! };
  const aim: Aim = enemy ? aimAt(fighter, enemy, rng) : { kind: "direction", direction: { x: 1_000_000, y: 0, z: 0 } };
  return { type: "attack", aim, weapon: null };
}

/** At the nearest enemy, or beside it; some of it in vain. */
function abilityOf({ position }: Fighter, enemy: Fighter | null, rng: Rng): Action["do"] {
  const ability = ABILITY_NAMES[nextBelow(rng, ABILITY_NAMES.length)]!;
  const aim: Aim | null = enemy && ability !== "heal" ? { kind: "target", slot: enemy.slot } : null;
  const near = ability === "blink" ? position : (enemy?.position ?? position);
  const beside = () => nextBelow(rng, 1_001) - 500;
  const spot = { x: near.x + beside(), y: near.y + beside(), z: near.z };
  return { type: "ability", ability, aim, spot, grant: null };
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
