/**
 * Movement: takes or refuses one position a client predicted, at once when it arrives.
 * In: the world and a move.   Out: a verdict; when taken, the fighter's pose and budget are written.
 * Law: a refused move changes nothing but the acknowledged input. Each fighter has a travel budget that grows with
 * match time at the greatest legal speed and is spent by distance; it holds one second's worth, so a burst after a
 * silence is forgiven and nothing above the greatest speed holds for longer.
 * Why one budget for all directions: climbing and falling are charged at their own rates and the dearer of ground and
 * height counts, so that a jump at full sprint costs no more than the sprint.
 * Not here: walls and gravity. Feet may pass through walls; shots may not.
 */
import { assert } from "#kit/assert.ts";
import type { Move, MoveCheck, MoveVerdict } from "./inputs.ts";
import { MEASURED_MAX } from "./limits.ts";
import type { Fighter, Point, World } from "./world.ts";

/** Greatest speeds, cm/s: 7, 5 and 20 m/s, each with 10 % of tolerance. */
export const SPEED_CM_PER_S = { ground: 770, climb: 550, fall: 2_200 } as const;

type Direction = keyof typeof SPEED_CM_PER_S;

/** 770 cm/s, and what it makes in one second. */
const BUDGET_MICROMETRES_PER_MS = 7_700;
export const TRAVEL_BUDGET_MICROMETRES_MAX = 1_000 * BUDGET_MICROMETRES_PER_MS;

/** What one centimetre costs: the slower the direction, the dearer. 770 : 770, 770 : 550, 770 : 2,200. */
const COST_MICROMETRES_PER_CM = { ground: 10_000, climb: 14_000, fall: 3_500 } as const;

/** One jump farther than this is a teleport: more than a full budget covers on the ground or upwards. */
export const TELEPORT_CM = 1_000;

const YAW_MAX = 36_000;
const PITCH_MAX = 9_000;

const TAKEN: MoveVerdict = { ok: true };

/** A seat nobody sits in is refused as `dead`; the position named then is the map's first spot. */
export function applyMove(world: World, move: Move): MoveVerdict {
  assert(Number.isFinite(move.atMs), "moves are stamped with match time");
  const fighter = world.fighters[move.slot];
  if (!fighter) return refused("dead", world.map.spawns[0]?.position ?? world.map.bounds.min);
  if (move.seq > 0) fighter.lastInput = move.seq;
  if (world.phase === "over") return refused("over", fighter.position);
  if (!fighter.alive) return refused("dead", fighter.position);

  const outside = outsideCm(world, move);
  if (outside > 0) return refused("bounds", fighter.position, outside, 0);
  const to = quantised(move.position);
  const from = fighter.position;
  const ground = Math.sqrt((to.x - from.x) * (to.x - from.x) + (to.y - from.y) * (to.y - from.y));
  const height = to.z - from.z;
  const jump = Math.sqrt(ground * ground + height * height);
  if (jump > TELEPORT_CM) return refused("teleport", from, jump, TELEPORT_CM);

  const atMs = Math.max(Math.floor(move.atMs), fighter.travelAtMs);
  const budget = budgetAt(fighter, atMs);
  const groundCost = Math.floor(ground * COST_MICROMETRES_PER_CM.ground);
  const heightCost = Math.abs(height) * (height > 0 ? COST_MICROMETRES_PER_CM.climb : COST_MICROMETRES_PER_CM.fall);
  const cost = Math.max(groundCost, heightCost);
  if (cost > budget) {
    const direction = groundCost >= heightCost ? "ground" : height > 0 ? "climb" : "fall";
    return tooFast(from, direction, cost / Math.max(budget, BUDGET_MICROMETRES_PER_MS));
  }

  fighter.position = to;
  fighter.travelBudgetMicrometres = budget - cost;
  fighter.travelAtMs = atMs;
  if (move.yaw !== null) fighter.yaw = angle(move.yaw, YAW_MAX);
  if (move.pitch !== null) fighter.pitch = angle(move.pitch, PITCH_MAX);
  if (move.stance !== null) fighter.stance = move.stance;
  return TAKEN;
}

function budgetAt(fighter: Fighter, atMs: number): number {
  const grown = (atMs - fighter.travelAtMs) * BUDGET_MICROMETRES_PER_MS;
  return Math.min(TRAVEL_BUDGET_MICROMETRES_MAX, fighter.travelBudgetMicrometres + grown);
}

/** How far a move leaves the map, in the worst axis; what is not a number is as far outside as can be said. */
function outsideCm(world: World, move: Move): number {
  const { min, max } = world.map.bounds;
  const { x, y, z } = move.position;
  const finite = Number.isFinite(x) && Number.isFinite(y) && Number.isFinite(z);
  const facing = Number.isFinite(move.yaw ?? 0) && Number.isFinite(move.pitch ?? 0);
  if (!finite || !facing) return MEASURED_MAX;
  return Math.max(min.x - x, x - max.x, min.y - y, y - max.y, min.z - z, z - max.z, 0);
}

/** Whole centimetres; adding 0 turns -0 into 0, which hashes and frames tell apart. */
function quantised(point: Point): Point {
  return { x: Math.round(point.x) + 0, y: Math.round(point.y) + 0, z: Math.round(point.z) + 0 };
}

function angle(value: number, max: number): number {
  return Math.round(Math.min(max, Math.max(-max, value))) + 0;
}

/** `excess`: how many times over the budget the move was. */
function tooFast(position: Point, direction: Direction, excess: number): MoveVerdict {
  const threshold = SPEED_CM_PER_S[direction];
  return refused("speed", position, threshold * excess, threshold);
}

function refused(check: MoveCheck, position: Point, measured = 0, threshold = 0): MoveVerdict {
  const shown = Math.min(MEASURED_MAX, Math.ceil(measured));
  return { ok: false, check, position, measured: shown, threshold };
}
