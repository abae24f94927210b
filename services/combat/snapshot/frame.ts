/**
 * Frame: what changed since the frame before. Remembers per slot what was last told, so that a change is told once.
 * Law: rows are absolute, never differences: a viewer that misses a frame is right again with the next keyframe.
 */
import type { World } from "../sim/world.ts";
import { type PlayerRow, rowOf, sameAsRow } from "./fields.ts";

export type StateFrame = { tick: number; keyframe: boolean; players: PlayerRow[] };

export class FrameSource {
  private readonly told: (PlayerRow | null)[] = [];

  /** What changed since the last call, or null for nothing. */
  pollChanges(world: World): StateFrame | null {
    let players: PlayerRow[] | null = null;
    for (const fighter of world.fighters) {
      if (fighter === null) continue;
      const told = this.told[fighter.slot];
      if (told != null && sameAsRow(fighter, told)) continue;
      const row = rowOf(fighter);
      this.told[fighter.slot] = row;
      if (players === null) players = [row];
      else players.push(row);
    }
    return players === null ? null : { tick: world.tick, keyframe: false, players };
  }

  /** The fighter of this slot is another one now. */
  forget(slot: number): void {
    this.told[slot] = null;
  }
}

/** Everything, for those who begin to watch. */
export function keyframe(world: World): StateFrame {
  const players = world.fighters.filter((fighter) => fighter !== null).map(rowOf);
  return { tick: world.tick, keyframe: true, players };
}
