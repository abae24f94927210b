/**
 * Map check: whether a map can be played.
 * In:  a map.   Out: what is wrong, in plain sentences; nothing when all is well.
 * Law: boxes have room inside and lie within the bounds; there is a spot for every seat, each its own, in nobody's wall;
 * bases come in pairs with spots of their own; places are named once and lie within the bounds, with room to stand; and one
 * can walk from any spot to every other spot, base and place.
 * How the last is found: a flood over a grid of CELL_CM on the ground, a cell being free when a standing body in its middle is;
 * ramps are in its way, so what is needed stands on the ground.
 */
import { BODY_RADIUS_CM, BODY_SIZES } from "./body.ts";
import { CORNER_CM } from "./envelope.ts";
import { slopeOf } from "./geometry.ts";
import { SLOTS_MAX } from "./limits.ts";
import type { GameMap, Wall } from "./maps.ts";
import type { Point } from "./world.ts";

const CELL_CM = 50;
/** A straight line may cut a corner by CORNER_CM: what is thinner would be no wall. */
const WALL_CM_MIN = CORNER_CM + 10;
/** At a full sprint up a steeper ramp feet would climb faster than they can. */
const SLOPE_PERCENT_MAX = 60;
const AXES = ["x", "y", "z"] as const;
/** Spots that each base has at least: half of all seats, and one for who joins before somebody leaves. */
const SPOTS_PER_BASE_MIN = SLOTS_MAX / 2 + 1;

export function faultsOf(map: GameMap): string[] {
  const shape = [...boxFaults(map), ...spotFaults(map), ...placeFaults(map)];
  return shape.length > 0 ? shape : unreachable(map); // A flood means nothing on a map that is broken already.
}

function boxFaults({ bounds, walls }: GameMap): string[] {
  const faults: string[] = [];
  for (const [index, box] of [bounds, ...walls].entries()) {
    const name = index === 0 ? "bounds" : `walls[${index - 1}]`;
    for (const axis of AXES) {
      if (box.min[axis] >= box.max[axis]) faults.push(`${name} has no room inside along ${axis}`);
    }
    if (!isWithin(bounds, box.min) || !isWithin(bounds, box.max)) faults.push(`${name} reaches beyond the bounds`);
    if (index > 0) faults.push(...wallFaults(name, box));
  }
  return faults;
}

/** What feet need of a wall: that it stops them, and that they can walk up its slope. */
function wallFaults(name: string, wall: Wall): string[] {
  const thinnest = Math.min(wall.max.x - wall.min.x, wall.max.y - wall.min.y);
  const faults =
    thinnest > 0 && thinnest < WALL_CM_MIN ? [`${name} is ${thinnest} cm thick, less than ${WALL_CM_MIN}`] : [];
  const slope = wall.rises === undefined ? 0 : Math.ceil(slopeOf(wall) * 100);
  if (slope > SLOPE_PERCENT_MAX) faults.push(`${name} rises by ${slope} %, more than ${SLOPE_PERCENT_MAX}`);
  return faults;
}

function spotFaults(map: GameMap): string[] {
  const { spawns, places } = map;
  const faults: string[] = [];
  if (spawns.length < SLOTS_MAX) faults.push(`${spawns.length} spots are fewer than the ${SLOTS_MAX} seats`);
  const taken = new Set<string>();
  for (const [index, { position, yaw, base }] of spawns.entries()) {
    const name = `spawns[${index}]`;
    const key = nameOf(position);
    if (taken.has(key)) faults.push(`${name} is where another is`);
    taken.add(key);
    if (yaw < 0 || yaw >= 36_000) faults.push(`${name} looks ${yaw}, not 0 to 35999`);
    if (base !== undefined && base !== 0 && base !== 1) faults.push(`${name} belongs to base ${base}, not 0 or 1`);
    faults.push(...standFaults(map, name, position));
  }
  const bases = places?.bases.length ?? 0;
  for (let base = 0; base < bases; base++) {
    const spots = spawns.filter((spawn) => spawn.base === base).length;
    if (spots < SPOTS_PER_BASE_MIN) faults.push(`base ${base} has ${spots} spots, fewer than ${SPOTS_PER_BASE_MIN}`);
  }
  return faults;
}

function placeFaults(map: GameMap): string[] {
  const { bases = [], hills = [], zones = [] } = map.places ?? {};
  const faults: string[] = [];
  if (bases.length !== 0 && bases.length !== 2) faults.push(`${bases.length} bases, not none or two`);
  if (zones.length !== 0 && zones.length !== 3) faults.push(`${zones.length} zones, not none or three`);
  for (const [base, position] of bases.entries()) faults.push(...standFaults(map, `base ${base}`, position));
  for (const kind of [hills, zones]) {
    const names = new Set(kind.map(({ id }) => id));
    if (names.size < kind.length) faults.push("two places of one kind have one name");
    for (const { id, position, radiusCm } of kind) {
      if (radiusCm < 100 || radiusCm > 2_000)
        faults.push(`place ${id} has a radius of ${radiusCm} cm, not 100 to 2000`);
      faults.push(...standFaults(map, `place ${id}`, position));
    }
  }
  return faults;
}

function standFaults(map: GameMap, name: string, feet: Point): string[] {
  if (!isWithin(map.bounds, feet)) return [`${name} at ${nameOf(feet)} is beyond the bounds`];
  const within = map.walls.findIndex((wall) => standsIn(feet, wall));
  return within < 0 ? [] : [`${name} at ${nameOf(feet)} stands in walls[${within}]`];
}

/** Spots, bases and places that cannot be walked to from the first spot. */
function unreachable(map: GameMap): string[] {
  const { bases = [], hills = [], zones = [] } = map.places ?? {};
  const goals: [string, Point][] = [
    ...map.spawns.map(({ position }, index): [string, Point] => [`spawns[${index}]`, position]),
    ...bases.map((position, index): [string, Point] => [`base ${index}`, position]),
    ...[...hills, ...zones].map(({ id, position }): [string, Point] => [`place ${id}`, position]),
  ];
  const start = map.spawns[0];
  if (!start) return [];
  const reached = flood(map, start.position);
  const lost = goals.filter(([, point]) => !around(map, point).some((cell) => reached.has(cell)));
  return lost.map(([name, point]) => `${name} at ${nameOf(point)} cannot be reached from spawns[0]`);
}

function flood(map: GameMap, from: Point): Set<number> {
  const columns = columnsOf(map);
  const rows = Math.floor((map.bounds.max.y - map.bounds.min.y) / CELL_CM) + 1;
  const waiting = around(map, from);
  const reached = new Set(waiting);
  for (let cell = waiting.pop(); cell !== undefined; cell = waiting.pop()) {
    const column = cell % columns;
    const row = Math.floor(cell / columns);
    const beside = [
      column > 0 ? cell - 1 : -1,
      column < columns - 1 ? cell + 1 : -1,
      row > 0 ? cell - columns : -1,
      row < rows - 1 ? cell + columns : -1,
    ];
    for (const next of beside) {
      if (next < 0 || reached.has(next) || !isFree(map, next)) continue;
      reached.add(next);
      waiting.push(next);
    }
  }
  return reached;
}

/** The free cells a body at this point can step into: those of the grid's corners around it. */
function around(map: GameMap, { x, y }: Point): number[] {
  const columns = columnsOf(map);
  const column = Math.floor((x - map.bounds.min.x) / CELL_CM);
  const row = Math.floor((y - map.bounds.min.y) / CELL_CM);
  const cells: number[] = [];
  for (const down of [0, 1]) for (const right of [0, 1]) cells.push((row + down) * columns + column + right);
  return cells.filter((cell) => isFree(map, cell));
}

function isFree(map: GameMap, cell: number): boolean {
  const columns = columnsOf(map);
  const { min } = map.bounds;
  const feet = { x: min.x + (cell % columns) * CELL_CM, y: min.y + Math.floor(cell / columns) * CELL_CM, z: min.z };
  return isWithin(map.bounds, feet) && !map.walls.some((wall) => standsIn(feet, wall));
}

function columnsOf({ bounds }: GameMap): number {
  return Math.floor((bounds.max.x - bounds.min.x) / CELL_CM) + 1;
}

function standsIn(feet: Point, wall: Wall): boolean {
  const beside =
    feet.x + BODY_RADIUS_CM <= wall.min.x ||
    feet.x - BODY_RADIUS_CM >= wall.max.x ||
    feet.y + BODY_RADIUS_CM <= wall.min.y ||
    feet.y - BODY_RADIUS_CM >= wall.max.y;
  return !beside && feet.z < wall.max.z && feet.z + BODY_SIZES.stand.heightCm > wall.min.z;
}

function isWithin(bounds: Wall, point: Point): boolean {
  return AXES.every((axis) => point[axis] >= bounds.min[axis] && point[axis] <= bounds.max[axis]);
}

function nameOf({ x, y, z }: Point): string {
  return `[${x}, ${y}, ${z}]`;
}
