/**
 * Clock: the one place where time is read.
 * Ticks, leases and timeouts use `nowMs` (monotonic); only token expiry and what people read use `unixMs`.
 */

export type Clock = {
  /** Milliseconds since some fixed moment, fractional, never backwards. */
  nowMs(): number;
  /** Milliseconds since 1970 (UTC), as the machine's wall clock has it. */
  unixMs(): number;
};

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  unixMs: () => Date.now(),
};

/** A clock that stands still until told otherwise. */
export class ManualClock implements Clock {
  private elapsedMs = 0;
  private readonly startUnixMs: number;

  constructor(startUnixMs = 1_750_000_000_000) {
    this.startUnixMs = startUnixMs;
  }

  nowMs(): number {
    return this.elapsedMs;
  }

  unixMs(): number {
    return this.startUnixMs + this.elapsedMs;
  }

  advance(ms: number): void {
    this.elapsedMs += ms;
  }
}
