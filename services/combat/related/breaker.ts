/**
 * Breaker: whether another service is asked at all. One that fails is left alone for a while, so that nobody waits for it.
 * In:  the time, and how calls ended.   Out: whether the next may be made.
 * Law: closed lets all through; enough failures, in a row or as a share, open it; after the pause it is half open and lets
 *      a single call through, whose end closes it or opens it anew. Calls that began before it opened say nothing any more.
 * Not here: deadlines, and what failing means (service-client.ts).
 */
import {
  BREAKER_FAILED_IN_A_ROW_MAX,
  BREAKER_FAILED_IN_WINDOW_MAX,
  BREAKER_PAUSE_MS,
  BREAKER_WINDOW_CALLS,
} from "./limits.ts";

export type BreakerState = "closed" | "half_open" | "open";

/** The right to make one call; its end is told with it. */
export type Permit = { readonly generation: number };

export class Breaker {
  private generation = 0;
  private openedAtMs: number | null = null;
  private isProbing = false;
  private failedInARow = 0;
  /** The newest calls in order of their ends; true for failed. */
  private window: boolean[] = [];

  /** How it stands: open turns half open by the passing of time alone. */
  state(nowMs: number): BreakerState {
    if (this.openedAtMs === null) return "closed";
    return nowMs - this.openedAtMs >= BREAKER_PAUSE_MS ? "half_open" : "open";
  }

  /** Null: no call is made. Whoever gets a permit tells how the call ended. */
  permit(nowMs: number): Permit | null {
    const state = this.state(nowMs);
    if (state === "open" || (state === "half_open" && this.isProbing)) return null;
    if (state === "half_open") this.isProbing = true;
    return { generation: this.generation };
  }

  /** True when this end opened the breaker, or closed it again. */
  handleEnd({ generation }: Permit, failed: boolean, nowMs: number): boolean {
    if (generation !== this.generation) return false;
    if (this.openedAtMs !== null) {
      this.turn(failed ? nowMs : null);
      return !failed;
    }
    this.failedInARow = failed ? this.failedInARow + 1 : 0;
    this.window.push(failed);
    if (this.window.length > BREAKER_WINDOW_CALLS) this.window.shift();
    const failedCount = this.window.filter((one) => one).length;
    if (this.failedInARow < BREAKER_FAILED_IN_A_ROW_MAX && failedCount < BREAKER_FAILED_IN_WINDOW_MAX) return false;
    this.turn(nowMs);
    return true;
  }

  private turn(openedAtMs: number | null): void {
    this.openedAtMs = openedAtMs;
    this.isProbing = false;
    this.failedInARow = 0;
    this.window = [];
    this.generation += 1;
  }
}
