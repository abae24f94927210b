/**
 * Roster: who sits where. A seat is a player's place in the session; its slot is the fighter's in the simulation.
 * Law: one seat a player; a slot has one sitting player; who left stays listed with the figures frozen, the slot is free.
 * Not here: whether a player may join (session.ts), sockets (audience.ts).
 */
import { assert } from "#kit/assert.ts";
import type { ProfiledBy } from "../related/player.ts";
import type { Loadout } from "../sim/loadout.ts";
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
  /** Removed for cheating: the seat is given up for good. */
  removed?: true;
  joinKey: string | null;
  /** Milliseconds of grace used up while disconnected; counts only while the match clock runs. */
  graceUsedMs: number;
  /** What the player is called, for people; empty for nobody knows. */
  displayName: string;
  loadout: Loadout;
  /** Who said both; absent for the local rule. */
  profiledBy?: ProfiledBy;
};

export class Roster {
  /** In order of joining. */
  readonly seats: Seat[] = [];
  /** Team ids by side. */
  readonly teams: string[] = [];
  /** Counts changes of who sits where. */
  revision = 0;
  private readonly byPlayer = new Map<string, Seat>();
  private readonly bySlot: (Seat | null)[] = [];

  seat(playerId: string): Seat | null {
    return this.byPlayer.get(playerId) ?? null;
  }

  seatAt(slot: number): Seat | null {
    return this.bySlot[slot] ?? null;
  }

  /** Null for nobody, and where nobody sits any more. */
  playerIdAt(slot: number | null): string | null {
    return slot === null ? null : (this.seatAt(slot)?.playerId ?? null);
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
    this.list(placed);
    while (this.bySlot.length <= seat.slot) this.bySlot.push(null);
    this.bySlot[seat.slot] = placed;
    this.revision += 1;
    return placed;
  }

  private list(seat: Seat): void {
    const before = this.seats.findIndex((other) => other.playerId === seat.playerId);
    if (before === -1) this.seats.push(seat);
    else this.seats[before] = seat;
    this.byPlayer.set(seat.playerId, seat);
  }

  /** Seats everyone as it was kept: sides by their teams' order, seats in order of joining. */
  restore(teams: readonly string[], seats: readonly Seat[]): void {
    this.teams.push(...teams);
    for (const { side: _, ...seat } of seats) {
      // Who left gave the slot back; somebody else may sit there.
      if (seat.connection === "left") this.list({ ...seat, side: this.sideOf(seat.teamId) });
      else this.sit(seat);
    }
  }

  leave(seat: Seat): void {
    seat.connection = "left";
    if (this.bySlot[seat.slot] === seat) this.bySlot[seat.slot] = null;
    this.revision += 1;
  }
}
