/**
 * Lateness: whether match time fell behind the clock, because the process or its store stood still.
 * In:  the moments of ticks and moves (monotonic).   Out: says so once each time; players are owed that time, for theirs went on.
 */

/** Less than this the budgets of moves bear by themselves. */
const LATE_MS_MAX = 100;

export class Lateness {
  private readonly tickMs: number;
  private readonly handleLate: () => void;
  private tickedAtMs: number;
  /** Real time that no tick made up for. */
  private lostMs = 0;
  private isTold = false;

  constructor(tickMs: number, nowMs: number, handleLate: () => void) {
    this.tickMs = tickMs;
    this.tickedAtMs = nowMs;
    this.handleLate = handleLate;
  }

  handleTick(nowMs: number): void {
    this.lostMs = Math.max(0, this.lostMs + (nowMs - this.tickedAtMs) - this.tickMs);
    this.tickedAtMs = nowMs;
    if (this.lostMs > LATE_MS_MAX) {
      this.lostMs = 0;
      if (!this.isTold) this.handleLate();
    }
    this.isTold = false;
  }

  /** A move may come before the tick that is late. */
  handleMove(nowMs: number): void {
    if (this.isTold || this.lostMs + (nowMs - this.tickedAtMs) - this.tickMs <= LATE_MS_MAX) return;
    this.isTold = true;
    this.handleLate();
  }
}
