/** Goals: where the round's flags and zones draw a player of one side; all a client was told, and nothing else. */
import type { Objectives, SessionView } from "#client/index.ts";
import type { Spot } from "./walk-map.ts";

export function goalsOf({ objectives, session, world, you }: SessionView): Spot[] {
  const side = session?.teams.findIndex(({ team_id }) => team_id === you?.teamId) ?? -1;
  if (!objectives || !you || side < 0) return [];
  const carries = objectives.flags.some(({ carrier_id }) => carrier_id === you.playerId);
  const base = world?.bases?.[objectives.sides_swapped ? 1 - side : side];
  if (carries && base) return [base];
  return [...flagsToTouch(objectives, side), ...zonesToTake(objectives, side)];
}

/** The enemy's wherever it lies, the own one where it was dropped. */
function flagsToTouch({ flags }: Objectives, side: number): Spot[] {
  const wanted = flags.filter((flag) => flag.state === "dropped" || (flag.side !== side && flag.state === "home"));
  return wanted.flatMap(({ position }) => position ?? []);
}

/** A lone zone is stood in, of several those that are not held yet. */
function zonesToTake({ zones }: Objectives, side: number): Spot[] {
  const wanted = zones.filter(({ owner }) => zones.length === 1 || owner !== side);
  return wanted.flatMap(({ position }) => position ?? []);
}
