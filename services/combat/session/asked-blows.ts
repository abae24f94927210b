/**
 * Asked blows: what the simulation gave out to be decided, by the players' names, each once.
 * In:  a world and who sits where.   Out: the blows that nobody was asked about yet.
 * Law: of a session that another process had before, all that are open are asked again: its answers went with it.
 */
import type { Blow } from "../sim/damage.ts";
import type { World } from "../sim/world.ts";
import type { Roster } from "./roster.ts";

export type AskedBlow = {
  readonly id: number;
  readonly blow: Blow;
  /** Null for somebody who has left, or begun another life. */
  readonly attackerId: string | null;
  readonly targetId: string | null;
  /** Of the target, now. */
  readonly armour: number;
};

const NONE: readonly AskedBlow[] = [];

export class AskedBlows {
  private askedUpTo = 0;

  poll({ rulings, fighters }: World, roster: Roster): readonly AskedBlow[] {
    const { open, next } = rulings;
    if (next - 1 === this.askedUpTo) return NONE;
    const asked: AskedBlow[] = [];
    for (const { blows } of open) {
      for (const { id, blow } of blows) {
        if (id <= this.askedUpTo) continue;
        const attackerId = blow.by === null ? null : (roster.seatAt(blow.by)?.playerId ?? null);
        const targetId = roster.seatAt(blow.target)?.playerId ?? null;
        asked.push({ id, blow, attackerId, targetId, armour: fighters[blow.target]?.armour.amount ?? 0 });
      }
    }
    this.askedUpTo = next - 1;
    return asked;
  }
}
