/**
 * Maps: where matches take place. Flat ground, boxes and ramps, spots to appear on, places that modes are about; whole
 * centimetres. The first is written here, the others are files beside (maps/, map-file.ts says how they are made).
 * Law: spots are within the bounds, outside of every wall, and more than there are seats, so that nobody has to
 * share one; the map test checks it for every map in the table.
 * Not here: who appears where (spawns.ts), what stops a shot (targeting.ts).
 */
import { mapOfFile, type Rise } from "./map-file.ts";
import causeway from "./maps/causeway.json" with { type: "json" };
import foundry from "./maps/foundry.json" with { type: "json" };
import type { Point } from "./world.ts";

/** A box; a ramp when it rises: then its top goes from the bottom at one end to its whole height at the other. */
export type Wall = { readonly min: Point; readonly max: Point; readonly rises?: Rise };

export type Spawn = {
  readonly position: Point;
  /** Hundredths of a degree. */
  readonly yaw: number;
  /** The base it belongs to, 0 or 1; absent for spots of nobody. */
  readonly base?: number;
};

/** A round place on the ground. */
export type Place = { readonly id: string; readonly position: Point; readonly radiusCm: number };

/** What modes are about. */
export type Places = {
  /** Where flags stand: none, or two. */
  readonly bases: readonly Point[];
  /** In the order in which the hill moves. */
  readonly hills: readonly Place[];
  /** None, or three. */
  readonly zones: readonly Place[];
};

export type GameMap = {
  readonly id: string;
  /** Where feet may be, inclusive. */
  readonly bounds: { readonly min: Point; readonly max: Point };
  readonly walls: readonly Wall[];
  readonly spawns: readonly Spawn[];
  /** Absent where there is only ground to fight on. */
  readonly places?: Places;
};

const FULL_HEIGHT_CM = 300; // Nobody sees or shoots over it from the ground.
const CRATE_HEIGHT_CM = 110; // Hides the crouching (eyes at 100); the standing (eyes at 160) shoot over it.

function wall(xMin: number, yMin: number, xMax: number, yMax: number, height: number = FULL_HEIGHT_CM): Wall {
  return { min: { x: xMin, y: yMin, z: 0 }, max: { x: xMax, y: yMax, z: height } };
}

/**
 * Container yard: 160 x 140 m. A grid of spots fills its middle; walls stand between the grid's lines and cut some of
 * them, so that every spot has lanes of sight and cover a few steps away, and fights begin within seconds.
 */
const YARD_COLUMNS_CM = [2_750, 4_250, 5_750, 7_250, 8_750, 10_250, 11_750, 13_250];
const YARD_ROWS_CM = [2_500, 4_000, 5_500, 7_000, 8_500, 10_000, 11_500];

const YARD_WALLS: readonly Wall[] = [
  // The tower in the middle.
  wall(7_700, 6_300, 8_300, 7_700, 800),
  // Long walls along x, between the rows.
  wall(3_600, 4_700, 7_000, 4_800),
  wall(9_000, 4_700, 12_400, 4_800),
  wall(3_600, 9_200, 7_000, 9_300),
  wall(9_000, 9_200, 12_400, 9_300),
  // Long walls along y, between the columns.
  wall(4_950, 6_300, 5_050, 7_700),
  wall(10_950, 6_300, 11_050, 7_700),
  wall(7_940, 3_200, 8_060, 4_400),
  wall(7_940, 9_600, 8_060, 10_800),
  // Containers that cut the outer lanes.
  wall(3_300, 6_000, 3_700, 6_240),
  wall(12_300, 7_760, 12_700, 8_000),
  wall(6_100, 2_300, 6_700, 2_700),
  wall(9_300, 11_300, 9_900, 11_700),
  // Crates.
  wall(6_350, 6_150, 6_650, 6_350, CRATE_HEIGHT_CM),
  wall(9_350, 6_150, 9_650, 6_350, CRATE_HEIGHT_CM),
  wall(6_350, 7_650, 6_650, 7_850, CRATE_HEIGHT_CM),
  wall(9_350, 7_650, 9_650, 7_850, CRATE_HEIGHT_CM),
  wall(3_400, 3_100, 3_600, 3_500, CRATE_HEIGHT_CM),
  wall(12_400, 3_100, 12_600, 3_500, CRATE_HEIGHT_CM),
  wall(3_400, 10_500, 3_600, 10_900, CRATE_HEIGHT_CM),
  wall(12_400, 10_500, 12_600, 10_900, CRATE_HEIGHT_CM),
];

function gridSpawns(columns: readonly number[], rows: readonly number[], middle: Point): Spawn[] {
  const spawns: Spawn[] = [];
  for (const y of rows) {
    for (const x of columns) spawns.push({ position: { x, y, z: 0 }, yaw: yawTowards(middle.x - x, middle.y - y) });
  }
  return spawns;
}

/** The nearest quarter turn: good enough to look at the fight, and needs no trigonometry. */
function yawTowards(dx: number, dy: number): number {
  if (Math.abs(dx) >= Math.abs(dy)) return dx >= 0 ? 0 : 18_000;
  return dy >= 0 ? 9_000 : 27_000;
}

const CONTAINER_YARD: GameMap = {
  id: "container_yard",
  bounds: { min: { x: 0, y: 0, z: 0 }, max: { x: 16_000, y: 14_000, z: 5_000 } },
  walls: YARD_WALLS,
  spawns: gridSpawns(YARD_COLUMNS_CM, YARD_ROWS_CM, { x: 8_000, y: 7_000, z: 0 }),
};

/** By id. */
export const MAPS: Readonly<Record<string, GameMap>> = Object.fromEntries(
  [CONTAINER_YARD, ...[foundry, causeway].map(mapOfFile)].map((map) => [map.id, map]),
);

/** Where a session plays that asks for no map. */
export const FIRST_MAP: string = CONTAINER_YARD.id;
