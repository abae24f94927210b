/**
 * Pace: how often a reader that does not keep up gets state. All that changed meanwhile is merged, so what it sees is right, and
 * less often.
 *   0 as it comes ──full──▶ 1 at half rate ──full a second later──▶ 2 once a second;   a while with room leads one step back
 * Events have no pace: they leave in order, or the reader is given up (outbox.ts).
 * Why steps: a reader that is a little too slow plays on at half rate and hardly knows; only who is far too slow sees a picture a second.
 */
import { PACE_EASE_MS, PACE_RAISE_MS, STATE_HALF_MS, STATE_SPARSE_MS } from "../limits.ts";

const PAUSES_MS = [0, STATE_HALF_MS, STATE_SPARSE_MS] as const;

export class Pace {
  private step = 0;
  private changedMs = Number.NEGATIVE_INFINITY;
  private fullMs = Number.NEGATIVE_INFINITY;
  private leftMs = Number.NEGATIVE_INFINITY;

  /** The socket holds as much as it may. */
  handleFull(nowMs: number): void {
    this.fullMs = nowMs;
    if (this.step === PAUSES_MS.length - 1 || nowMs - this.changedMs < PACE_RAISE_MS) return;
    this.step += 1;
    this.changedMs = nowMs;
  }

  /** It has room. */
  handleRoom(nowMs: number): void {
    if (this.step === 0 || nowMs - Math.max(this.fullMs, this.changedMs) < PACE_EASE_MS) return;
    this.step -= 1;
    this.changedMs = nowMs;
  }

  handleStateLeft(nowMs: number): void {
    this.leftMs = nowMs;
  }

  isEasy(): boolean {
    return this.step === 0;
  }

  /** When the next state may leave. */
  dueMs(): number {
    return this.leftMs + PAUSES_MS[this.step]!;
  }
}
