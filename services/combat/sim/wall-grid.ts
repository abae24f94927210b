/**
 * Wall grid: which walls are near a point, without asking each of them. Every move asks, and most walls are far away.
 * In:  a map, where somebody stands, and how far the question reaches.   Out: the walls that can matter, in the map's order.
 * Law: no wall that comes within NEAR_CM of the point along the ground is left out; others may be in. A map is looked at once.
 */
import type { GameMap, Wall } from "./maps.ts";
import type { Point } from "./world.ts";

/** What is this near a point, a step of its feet included, is always found. */
export const NEAR_CM = 150;

const CELL_CM = 1_000;

type Grid = { readonly columns: number; readonly cells: readonly (readonly Wall[])[] };

/** Maps are never changed, so one that was looked at stays right for as long as it is there. */
const GRIDS = new WeakMap<GameMap, Grid>();

/** A point beyond the bounds has all walls near. */
export function wallsNear(map: GameMap, { x, y }: Point): readonly Wall[] {
  const grid = gridOf(map);
  const column = Math.floor((x - map.bounds.min.x) / CELL_CM);
  const row = Math.floor((y - map.bounds.min.y) / CELL_CM);
  if (column < 0 || column >= grid.columns) return map.walls;
  return grid.cells[row * grid.columns + column] ?? map.walls;
}

function gridOf(map: GameMap): Grid {
  const known = GRIDS.get(map);
  if (known) return known;
  const { min, max } = map.bounds;
  const columns = Math.floor((max.x - min.x) / CELL_CM) + 1;
  const rows = Math.floor((max.y - min.y) / CELL_CM) + 1;
  const cells: Wall[][] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const x = min.x + column * CELL_CM;
      const y = min.y + row * CELL_CM;
      cells.push(map.walls.filter((wall) => comesNear(wall, x, y)));
    }
  }
  const grid = { columns, cells };
  GRIDS.set(map, grid);
  return grid;
}

/** Whether a wall comes near the cell whose lowest corner this is. */
function comesNear({ min, max }: Wall, x: number, y: number): boolean {
  const beside = x - NEAR_CM > max.x || x + CELL_CM + NEAR_CM < min.x;
  return !beside && y - NEAR_CM <= max.y && y + CELL_CM + NEAR_CM >= min.y;
}
