/**
 * Rate limit of one connection: a token bucket by the clock, and a measure of how far beyond it the client goes on.
 * In:  the moments messages arrive.   Out: take it, drop it (and when to try again), or close.
 * Law: a dropped message costs nothing of the bucket, so whoever slows down is served again at once; who does not
 *      collects excess, which is forgiven slowly, and is closed at its cap.
 * Not here: attempts to connect (auth's limiter).
 */
import {
  EXCESS_FORGIVEN_PER_SECOND,
  EXCESS_MESSAGES_MAX,
  MESSAGES_BURST_MAX,
  MESSAGES_PER_SECOND_MAX,
} from "../limits.ts";

export type RateVerdict = "take" | "drop" | "close";

export class RateLimit {
  private tokens = MESSAGES_BURST_MAX;
  private excess = 0;
  private countedMs: number;

  constructor(nowMs: number) {
    this.countedMs = nowMs;
  }

  handleMessage(nowMs: number): RateVerdict {
    this.count(nowMs);
    if (this.tokens >= 1) {
      this.tokens -= 1;
      return "take";
    }
    this.excess += 1;
    return this.excess >= EXCESS_MESSAGES_MAX ? "close" : "drop";
  }

  /** Until the next message would be taken; at least 1. */
  retryAfterMs(): number {
    return Math.max(1, Math.ceil(((1 - this.tokens) * 1000) / MESSAGES_PER_SECOND_MAX));
  }

  private count(nowMs: number): void {
    const seconds = Math.max(0, nowMs - this.countedMs) / 1000;
    this.countedMs = nowMs;
    this.tokens = Math.min(MESSAGES_BURST_MAX, this.tokens + seconds * MESSAGES_PER_SECOND_MAX);
    if (this.excess > 0) this.excess = Math.max(0, this.excess - seconds * EXCESS_FORGIVEN_PER_SECOND);
  }
}
