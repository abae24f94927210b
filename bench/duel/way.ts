/**
 * Way: one direction of a connection, for duels: half of the round trip, and jitter.
 * Law: no message overtakes another, as TCP has it; the same draws give the same delays.
 */
import { nextBelow, type Rng } from "#kit/rng.ts";

export type Distance = {
  /** There and back, without jitter. */
  readonly rttMs: number;
  /** Each way takes up to this much longer, drawn anew for each message. Whole. */
  readonly jitterMs: number;
};

export class Way<Message> {
  private readonly under: { atMs: number; message: Message }[] = [];
  private lastMs = 0;
  private readonly distance: Distance;
  private readonly rng: Rng;

  constructor(distance: Distance, rng: Rng) {
    this.distance = distance;
    this.rng = rng;
  }

  send(nowMs: number, message: Message): void {
    const late = nowMs + this.distance.rttMs / 2 + jitterOf(this.distance, this.rng);
    this.lastMs = Math.max(this.lastMs, late);
    this.under.push({ atMs: this.lastMs, message });
  }

  /** What has come by now, in order; each once. */
  *arrived(nowMs: number): Generator<Message> {
    while (this.under[0] && this.under[0].atMs <= nowMs) yield this.under.shift()!.message;
  }
}

export function jitterOf({ jitterMs }: Distance, rng: Rng): number {
  return jitterMs === 0 ? 0 : nextBelow(rng, jitterMs + 1);
}
