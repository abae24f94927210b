/**
 * Walk map: where a body can stand on a map, and the way from here to there round the walls.
 * In:  the world as session_state tells it.   Out: clear steps and routes over the ground, metres.
 * Law: a step that is taken from a free spot never enters a wall or leaves the map. Pure: no clock, no randomness.
 * How: every wall that reaches body height is a rectangle grown by the body's radius; the corners of these rectangles
 *      are the only places where a shortest way bends, so they are the nodes, and all distances between them are
 *      worked out once.
 * Not here: who wants to go where (brain.ts), who sees whom (sight.ts).
 */
import type { Box, World } from "#client/index.ts";
import { CORNERS_MAX } from "./limits.ts";

/** A spot on the ground. */
export type Spot = { readonly x: number; readonly y: number };

type Rectangle = { readonly minX: number; readonly minY: number; readonly maxX: number; readonly maxY: number };

export type WalkMap = {
  readonly area: Rectangle;
  readonly blocks: readonly Rectangle[];
  readonly corners: readonly Spot[];
  /** Length of the shortest way between two corners, row by row; Infinity where there is none. */
  readonly lengths: Float64Array;
  /** The corner after the first on that way. */
  readonly nexts: Int32Array;
};

const BODY_RADIUS_METRES = 0.35;
const BODY_HEIGHT_METRES = 1.8;
/** Kept from walls beyond the radius, so that rounding to centimetres never touches one. */
const MARGIN_METRES = 0.1;
const CLEARANCE_METRES = BODY_RADIUS_METRES + MARGIN_METRES;
/** Corners stand this much off their rectangle: a way along its edge is then clear of it. */
const CORNER_OFFSET_METRES = 0.05;

export function createWalkMap(world: Pick<World, "bounds" | "walls">): WalkMap {
  const area = grown(world.bounds, -CLEARANCE_METRES);
  const groundZ = world.bounds.min.z;
  const blocks = world.walls
    .filter((wall) => wall.min.z < groundZ + BODY_HEIGHT_METRES && wall.max.z > groundZ)
    .map((wall) => grown(wall, CLEARANCE_METRES));
  const free = (spot: Spot) => isInside(area, spot) && !blocks.some((block) => isInside(block, spot));
  const corners = blocks.flatMap(cornersOf).filter(free).slice(0, CORNERS_MAX);
  return { area, blocks, corners, ...shortestWays({ area, blocks }, corners) };
}

export function isFree(map: Pick<WalkMap, "area" | "blocks">, spot: Spot): boolean {
  return isInside(map.area, spot) && !map.blocks.some((block) => isInside(block, spot));
}

/** Whether the straight way is free from end to end. */
export function isClear(map: Pick<WalkMap, "area" | "blocks">, from: Spot, to: Spot): boolean {
  return isInside(map.area, to) && !map.blocks.some((block) => crosses(block, from, to));
}

/** Goes to `to` if the way is clear, else as far along one axis as it is, else stays. From inside a wall: straight out. */
export function stepTowards(map: WalkMap, from: Spot, to: Spot): Spot {
  const within = map.blocks.find((block) => isInside(block, from));
  if (within) return wayOut(within, from, Math.hypot(to.x - from.x, to.y - from.y));
  if (isClear(map, from, to)) return to;
  const alongX = { x: to.x, y: from.y };
  const alongY = { x: from.x, y: to.y };
  const [longer, shorter] = Math.abs(to.x - from.x) >= Math.abs(to.y - from.y) ? [alongX, alongY] : [alongY, alongX];
  if (isClear(map, from, longer)) return longer;
  return isClear(map, from, shorter) ? shorter : from;
}

/** The bends on the way and `to` itself; just `to` when no way is known: the walls will turn the walker. */
export function route(map: WalkMap, from: Spot, to: Spot): Spot[] {
  if (isClear(map, from, to)) return [to];
  const exits = reachable(map, to);
  let best = { length: Number.POSITIVE_INFINITY, first: -1, last: -1 };
  for (const start of reachable(map, from)) {
    for (const exit of exits) {
      const length = start.length + map.lengths[start.corner * map.corners.length + exit.corner]! + exit.length;
      if (length < best.length) best = { length, first: start.corner, last: exit.corner };
    }
  }
  return best.first < 0 ? [to] : [...bends(map, best.first, best.last), to];
}

function bends(map: WalkMap, first: number, last: number): Spot[] {
  const spots: Spot[] = [map.corners[first]!];
  for (let corner = first; corner !== last; ) {
    corner = map.nexts[corner * map.corners.length + last]!;
    spots.push(map.corners[corner]!);
  }
  return spots;
}

function reachable(map: WalkMap, spot: Spot): { corner: number; length: number }[] {
  const found: { corner: number; length: number }[] = [];
  for (let corner = 0; corner < map.corners.length; corner++) {
    const at = map.corners[corner]!;
    if (isClear(map, spot, at)) found.push({ corner, length: Math.hypot(at.x - spot.x, at.y - spot.y) });
  }
  return found;
}

/** Floyd and Warshall's: all pairs at once, corner by corner as a stopover. */
function shortestWays(map: Pick<WalkMap, "area" | "blocks">, corners: readonly Spot[]) {
  const count = corners.length;
  const lengths = new Float64Array(count * count).fill(Number.POSITIVE_INFINITY);
  const nexts = new Int32Array(count * count).fill(-1);
  for (const [a, from] of corners.entries()) {
    for (const [b, to] of corners.entries()) {
      if (a !== b && !isClear(map, from, to)) continue;
      lengths[a * count + b] = Math.hypot(to.x - from.x, to.y - from.y);
      nexts[a * count + b] = b;
    }
  }
  for (let over = 0; over < count; over++) {
    for (let a = 0; a < count; a++) {
      for (let b = 0; b < count; b++) {
        const length = lengths[a * count + over]! + lengths[over * count + b]!;
        if (length >= lengths[a * count + b]!) continue;
        lengths[a * count + b] = length;
        nexts[a * count + b] = nexts[a * count + over]!;
      }
    }
  }
  return { lengths, nexts };
}

function grown({ min, max }: Box, by: number): Rectangle {
  return { minX: min.x - by, minY: min.y - by, maxX: max.x + by, maxY: max.y + by };
}

function cornersOf({ minX, minY, maxX, maxY }: Rectangle): Spot[] {
  const off = CORNER_OFFSET_METRES;
  return [
    { x: minX - off, y: minY - off },
    { x: maxX + off, y: minY - off },
    { x: maxX + off, y: maxY + off },
    { x: minX - off, y: maxY + off },
  ];
}

function isInside({ minX, minY, maxX, maxY }: Rectangle, { x, y }: Spot): boolean {
  return x > minX && x < maxX && y > minY && y < maxY;
}

/** Whether the way from one spot to the other has a stretch within the rectangle; touching its edge is none. */
function crosses(block: Rectangle, from: Spot, to: Spot): boolean {
  const alongX = within(from.x, to.x, block.minX, block.maxX);
  if (!alongX) return false;
  const alongY = within(from.y, to.y, block.minY, block.maxY);
  return alongY !== null && Math.max(alongX.enter, alongY.enter) < Math.min(alongX.leave, alongY.leave);
}

/** Which part of the way (0 to 1) lies between two lines across one axis. */
function within(from: number, to: number, min: number, max: number): { enter: number; leave: number } | null {
  if (from === to) return from > min && from < max ? { enter: 0, leave: 1 } : null;
  const one = (min - from) / (to - from);
  const other = (max - from) / (to - from);
  const enter = Math.max(0, Math.min(one, other));
  const leave = Math.min(1, Math.max(one, other));
  return enter < leave ? { enter, leave } : null;
}

function wayOut({ minX, minY, maxX, maxY }: Rectangle, { x, y }: Spot, length: number): Spot {
  const left = x - minX;
  const right = maxX - x;
  const down = y - minY;
  const up = maxY - y;
  const nearest = Math.min(left, right, down, up);
  const by = Math.min(length, nearest);
  if (nearest === left) return { x: x - by, y };
  if (nearest === right) return { x: x + by, y };
  return nearest === down ? { x, y: y - by } : { x, y: y + by };
}
