/**
 * Shots: every shot as it was judged, misses too, on its way to the rest of the game and to who fired it.
 * In:  what a step judged.   Out: by the players' names: what no answer says, for the shooter; all of them, for the record.
 * Law: no events: they have no number, are kept in no journal and delay nothing that is shown
 *      (docs/decisions/0014-shots.md). Into the record comes a shot once what it did is kept. Bounded: beyond SHOTS_WAITING_MAX the oldest go, counted.
 */
import { SHOTS_WAITING_MAX } from "../limits.ts";
import type { Hit, ShotReceipt } from "../sim/inputs.ts";
import type { Roster } from "./roster.ts";

/** A receipt by names. */
export type NamedHit = Omit<Hit, "target"> & { targetId: string | null };

export type FiredShot = {
  playerId: string;
  weapon: string;
  /** Of the action that fired it. */
  seq: number;
  /** When it was judged. */
  tick: number;
  hit: NamedHit;
};

export class Shots {
  /** Since the record before. */
  skipped = 0;
  private fresh: FiredShot[] = [];
  private waiting: FiredShot[] = [];
  private unanswered: FiredShot[] = [];

  /** How many wait for the record. */
  get count(): number {
    return this.waiting.length;
  }

  /** Neither for the record nor on the way to it. */
  get isEmpty(): boolean {
    return this.fresh.length + this.waiting.length === 0;
  }

  handleStep(shots: readonly ShotReceipt[], tick: number, roster: Roster): void {
    for (const { slot, weapon, seq, answers, hit } of shots) {
      const seat = roster.seatAt(slot);
      if (seat === null) continue; // Nobody is left whose shot it was.
      const { target, ...judged } = hit;
      const targetId = roster.playerIdAt(target);
      const shot = { playerId: seat.playerId, weapon, seq, tick, hit: { ...judged, targetId } };
      this.fresh.push(shot);
      if (!answers) this.unanswered.push(shot);
    }
    this.skipped += cut(this.fresh);
    cut(this.unanswered);
  }

  /** All since the last call, on the way to being kept with what they did. */
  pollFresh(): FiredShot[] {
    const told = this.fresh;
    this.fresh = []; // Also of none: what is told waits, and must not grow meanwhile.
    return told;
  }

  /** What these did is kept and shown: they may go into the record. */
  handleShown(shots: readonly FiredShot[]): void {
    this.waiting.push(...shots);
    this.skipped += cut(this.waiting);
  }

  /** Those that no action's result says: later rounds of a burst, and what flew and landed. */
  pollUnanswered(): FiredShot[] {
    const told = this.unanswered;
    this.unanswered = []; // Also of none: what is told waits, and must not grow meanwhile.
    return told;
  }

  /** All for the record since the last call, and how many went before them for want of room. */
  pollAll(): { shots: FiredShot[]; skipped: number } {
    const { waiting: shots, skipped } = this;
    this.waiting = [];
    this.skipped = 0;
    return { shots, skipped };
  }
}

/** Takes the oldest out beyond the bound; says how many. */
function cut(shots: FiredShot[]): number {
  const excess = Math.max(0, shots.length - SHOTS_WAITING_MAX);
  if (excess > 0) shots.splice(0, excess);
  return excess;
}
