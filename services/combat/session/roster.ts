/**
 * Roster: who sits where. A seat is a player's place in the session; its slot is the fighter's in the simulation.
 * Law: one seat a player; a slot has one sitting player; who left stays listed with the figures frozen, the slot is free.
 * Not here: whether a player may join (session.ts), sockets (audience.ts).
 */
import { assert } from "#kit/assert.ts";
import type { ConnectionStatus } from "./settings.ts";

export type Seat = {
  playerId: string;
  teamId: string;
  slot: number;
  side: number;
  joinedAtMs: number;
  /** On the roster when the session was created. */
  listed: boolean;
  /** Took the seat by a call of join, or by connecting. */
  confirmed: boolean;
  connection: ConnectionStatus;
  joinKey: string | null;
  /** Milliseconds of grace used up while disconnected; counts only while the match clock runs. */
  graceUsedMs: number;
};

export class Roster {
  /** In order of joining. */
  readonly seats: Seat[] = [];
  /** Team ids by side. */
  readonly teams: string[] = [];
  private readonly byPlayer = new Map<string, Seat>();
  private readonly bySlot: (Seat | null)[] = [];

  seat(playerId: string): Seat | null {
    return this.byPlayer.get(playerId) ?? null;
  }

  seatAt(slot: number): Seat | null {
    return this.bySlot[slot] ?? null;
  }

  /** Those who have not left, in order of joining. */
  sitting(): Seat[] {
    return this.seats.filter((seat) => seat.connection !== "left");
  }

  /** Players by slot, "" where nobody sits: what frames are read by. */
  playerIdsBySlot(): string[] {
    return this.bySlot.map((seat) => seat?.playerId ?? "");
  }

  freeSlot(): number {
    const free = this.bySlot.indexOf(null);
    return free === -1 ? this.bySlot.length : free;
  }

  /** The side of a team, or -1. */
  sideOf(teamId: string): number {
    return this.teams.indexOf(teamId);
  }

  /** The team with the fewest sitting players; the earlier one on a tie. */
  smallestTeam(): string | null {
    let best: string | null = null;
    let bestCount = Number.POSITIVE_INFINITY;
    for (const teamId of this.teams) {
      const count = this.sitting().filter((seat) => seat.teamId === teamId).length;
      if (count < bestCount) [best, bestCount] = [teamId, count];
    }
    return best;
  }

  /** Gives a seat, or gives back the one the player left. */
  sit(seat: Omit<Seat, "side">): Seat {
    assert(this.bySlot[seat.slot] == null, "a slot has one sitting player");
    let side = this.sideOf(seat.teamId);
    if (side === -1) side = this.teams.push(seat.teamId) - 1;
    const placed = { ...seat, side };
    const before = this.seats.findIndex((other) => other.playerId === seat.playerId);
    if (before === -1) this.seats.push(placed);
    else this.seats[before] = placed;
    this.byPlayer.set(seat.playerId, placed);
    while (this.bySlot.length <= seat.slot) this.bySlot.push(null);
    if (seat.connection !== "left") this.bySlot[seat.slot] = placed;
    return placed;
  }

  leave(seat: Seat): void {
    seat.connection = "left";
    if (this.bySlot[seat.slot] === seat) this.bySlot[seat.slot] = null;
  }
}
