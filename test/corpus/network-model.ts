/**
 * Network model: when a message arrives that was sent over TCP. Delay and jitter; a segment that is lost comes a
 * retransmission later, and everything behind it waits with it and then comes at once.
 */
import type { Chance } from "./chance.ts";

export type Link = { readonly rttMs: number; readonly jitterMs: number; readonly loss: number };

export class Direction {
  private lastMs = 0;
  private readonly link: Link;
  private readonly chance: Chance;

  constructor(link: Link, chance: Chance) {
    this.link = link;
    this.chance = chance;
  }

  /** Arrival of what is sent now; never before what was sent earlier. */
  arrivalMs(sentMs: number): number {
    const { rttMs, jitterMs, loss } = this.link;
    let lateMs = rttMs / 2 + this.chance.between(0, jitterMs);
    let waitMs = Math.max(200, rttMs + 2 * jitterMs);
    for (let tries = 0; tries < 2 && this.chance.happens(loss); tries++) {
      lateMs += waitMs;
      waitMs *= 2; // A repetition that is lost too is waited for twice as long.
    }
    this.lastMs = Math.max(this.lastMs, sentMs + lateMs);
    return this.lastMs;
  }
}
