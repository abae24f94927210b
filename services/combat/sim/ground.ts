/**
 * Ground: where feet meet the map. Walls stop them, tops of boxes and ramps carry them.
 * In:  a map, where feet are and where they go.   Out: how high the ground is there, how far a way goes through a wall.
 * Law: strict at passing through, lenient at touching: a body's own room may be taken by WALL_TOUCH_CM, and the straight
 *      line between two steps may cut a corner by CORNER_CM. Who is in a wall already may leave it, not go deeper.
 * Not here: whether feet may be in the air (movement.ts), what stops a shot (targeting.ts).
 */
import { BODY_SIZES } from "./body.ts";
import { CORNER_CM, FEET_RADIUS_CM, STEP_CM, WALL_TOUCH_CM } from "./envelope.ts";
import { shareWithin, surfaceOf } from "./geometry.ts";
import type { GameMap, Wall } from "./maps.ts";
import { NEAR_CM, wallsNear } from "./wall-grid.ts";
import type { Point, Stance } from "./world.ts";

/** A foot's breadth beyond an edge still stands on it. */
const EDGE_CM = FEET_RADIUS_CM + 10;

/** A way no longer than this stays, with the room of a body, among the walls near its end. */
const STRIDE_CM_MAX = NEAR_CM - FEET_RADIUS_CM;

/** The highest ground that feet at this point can stand on, no more than a step above them. */
export function groundUnder(map: GameMap, feet: Point): number {
  let ground = map.bounds.min.z;
  for (const wall of wallsNear(map, feet)) {
    if (wall.max.z <= ground) continue;
    if (!isOver(wall, feet, EDGE_CM)) continue;
    const surface = Math.floor(surfaceOf(wall, feet, EDGE_CM));
    if (surface <= feet.z + STEP_CM && surface > ground) ground = surface;
  }
  return ground;
}

/** `bumps`: the way ends just inside of the wall, so nothing was gained by it. */
export type Clip = { readonly measured: number; readonly threshold: number; readonly bumps: boolean };

export type Way = { readonly from: Point; readonly to: Point; readonly stance: Stance; readonly was: Stance };

/** How a way clips a wall, centimetres; null when it does not. `was`: the stance it began in, as standing up may hit one too. */
export function clipOf(map: GameMap, { from, to, stance, was }: Way): Clip | null {
  const { heightCm } = BODY_SIZES[stance];
  const isStep = Math.abs(to.x - from.x) <= STRIDE_CM_MAX && Math.abs(to.y - from.y) <= STRIDE_CM_MAX;
  for (const wall of isStep ? wallsNear(map, to) : map.walls) {
    if (isFarFrom(wall, from, to, heightCm)) continue;
    const before = depthIn(wall, from, BODY_SIZES[was].heightCm);
    const depth = depthIn(wall, to, heightCm);
    if (depth > WALL_TOUCH_CM && depth > before)
      return { measured: depth, threshold: WALL_TOUCH_CM, bumps: depth <= FEET_RADIUS_CM + CORNER_CM };
    if (before > WALL_TOUCH_CM) continue; // On its way out.
    const through = throughCm(wall, from, to, heightCm);
    if (through > CORNER_CM) return { measured: through, threshold: CORNER_CM, bumps: false };
  }
  return null;
}

/** Whether a wall takes anything of a body's room. */
export function isInWall({ walls }: GameMap, feet: Point, stance: Stance): boolean {
  const { heightCm } = BODY_SIZES[stance];
  return walls.some((wall) => depthIn(wall, feet, heightCm) > 0);
}

/** Most walls are nowhere near. */
function isFarFrom({ min, max }: Wall, from: Point, to: Point, heightCm: number): boolean {
  return (
    Math.max(from.x, to.x) <= min.x - FEET_RADIUS_CM ||
    Math.min(from.x, to.x) >= max.x + FEET_RADIUS_CM ||
    Math.max(from.y, to.y) <= min.y - FEET_RADIUS_CM ||
    Math.min(from.y, to.y) >= max.y + FEET_RADIUS_CM ||
    Math.min(from.z, to.z) >= max.z - STEP_CM ||
    Math.max(from.z, to.z) + heightCm <= min.z
  );
}

/** How far into the wall's side a body's room reaches, centimetres; 0 when it stands beside, over or under it. */
function depthIn(wall: Wall, feet: Point, heightCm: number): number {
  const { min, max } = wall;
  const beside = Math.min(feet.x - min.x, max.x - feet.x, feet.y - min.y, max.y - feet.y) + FEET_RADIUS_CM;
  if (beside <= 0 || feet.z + heightCm <= min.z) return 0;
  return feet.z >= surfaceOf(wall, feet, 0) - STEP_CM ? 0 : beside;
}

function throughCm(wall: Wall, from: Point, to: Point, heightCm: number): number {
  const share = shareWithin(wall, { from, to, sunkCm: STEP_CM, raisedCm: heightCm });
  if (share <= 0) return 0;
  const [dx, dy, dz] = [to.x - from.x, to.y - from.y, to.z - from.z];
  return share * Math.sqrt(dx * dx + dy * dy + dz * dz);
}

function isOver({ min, max }: Wall, { x, y }: Point, byCm: number): boolean {
  return x >= min.x - byCm && x <= max.x + byCm && y >= min.y - byCm && y <= max.y + byCm;
}
