/** Sides: whom a shot may hurt. Enemies always, team mates by rule; oneself not by a shot, but by one's own blast. */
import type { World } from "./world.ts";

/** `side`: that the shot was fired for, also where its shooter is gone. */
export function mayHurt(world: World, of: { by: number | null; side: number }, slot: number): boolean {
  return world.rules.friendlyFire || world.fighters[slot]?.side !== of.side;
}
