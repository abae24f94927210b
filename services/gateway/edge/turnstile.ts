/**
 * Turnstile: how many handshakes begin in a second, so that a storm of clients who come back leaves alone who plays.
 * In:  the address of each who comes, and whether it is still there.   Out: its turn, or when to come again.
 * Law: addresses take turns, whatever their number of clients; those of one address keep their order; nobody waits longer than
 *      TURNSTILE_WAIT_MS_MAX: who would, or has, is sent away with a pause that spreads such clients over the time that all of them
 *      take, up to a bound. Who has gone takes nobody's turn.
 * Why before a token is looked at: its signature, and combat's answer, are what a handshake costs.
 * Not here: how many an address may ever try (auth's limiter).
 */
import type { Clock } from "#kit/clock.ts";
import { TURNSTILE_RETRY_MS_MAX, TURNSTILE_STEP_MS, TURNSTILE_WAIT_MS_MAX } from "../limits.ts";

/** closed: nobody's turn comes any more. */
export type Turn =
  | { readonly kind: "now" }
  | { readonly kind: "away"; readonly retryAfterMs: number }
  | { readonly kind: "closed" };

type Waiting = { readonly dueMs: number; isOver(): boolean; readonly resolve: (turn: Turn) => void };

const NOW: Turn = { kind: "now" };

export class Turnstile {
  /** Those who wait, by address; the address whose turn is next comes first. */
  private readonly lines = new Map<string, Waiting[]>();
  private waitingCount = 0;
  /** Of those sent away, how many may still come back before the others are through. */
  private awayCount = 0;
  private tokens: number;
  private countedMs: number;
  private timer: NodeJS.Timeout | null = null;
  private readonly perSecond: number;
  private readonly tokensMax: number;
  private readonly clock: Clock;
  /** 0 to 1. */
  private readonly random: () => number;

  constructor(perSecond: number, { clock, random }: { clock: Clock; random: () => number }) {
    this.perSecond = perSecond;
    this.tokensMax = 1 + (perSecond * TURNSTILE_STEP_MS) / 1000; // What a step leaves of one is not lost.
    this.tokens = this.tokensMax;
    this.countedMs = clock.nowMs();
    this.clock = clock;
    this.random = random;
  }

  /** `isOver`: nobody is left to be let in. */
  enter(address: string, isOver: () => boolean): Turn | Promise<Turn> {
    this.count();
    if (this.waitingCount === 0 && this.tokens >= 1) {
      this.tokens -= 1;
      return NOW;
    }
    const line = this.lines.get(address) ?? [];
    const aheadCount = Math.min(this.waitingCount, (line.length + 1) * Math.max(1, this.lines.size));
    if ((aheadCount * 1000) / this.perSecond > TURNSTILE_WAIT_MS_MAX) return this.sendAway();
    const { promise, resolve } = Promise.withResolvers<Turn>();
    line.push({ dueMs: this.clock.nowMs() + TURNSTILE_WAIT_MS_MAX, isOver, resolve });
    this.lines.set(address, line);
    this.waitingCount += 1;
    this.timer ??= setInterval(() => this.turn(), TURNSTILE_STEP_MS);
    return promise;
  }

  close(): void {
    for (const line of this.lines.values()) for (const { resolve } of line) resolve({ kind: "closed" });
    this.lines.clear();
    this.waitingCount = 0;
    this.rest();
  }

  private turn(): void {
    this.count();
    this.clear();
    while (this.tokens >= 1 && this.waitingCount > 0) {
      const [address, line] = this.lines.entries().next().value!;
      this.lines.delete(address);
      const { resolve } = line.shift()!;
      if (line.length > 0) this.lines.set(address, line); // Behind all others.
      this.waitingCount -= 1;
      this.tokens -= 1;
      resolve(NOW);
    }
    if (this.waitingCount === 0) this.rest();
  }

  /** Takes out who has gone, and who has waited too long: addresses that came later took turns before it. */
  private clear(): void {
    const nowMs = this.clock.nowMs();
    for (const [address, line] of this.lines) {
      const left = line.filter(({ dueMs, isOver, resolve }) => {
        if (isOver()) resolve(NOW);
        else if (nowMs > dueMs) resolve(this.sendAway());
        else return true;
        return false;
      });
      this.waitingCount -= line.length - left.length;
      if (left.length === 0) this.lines.delete(address);
      else this.lines.set(address, left);
    }
  }

  private count(): void {
    const nowMs = this.clock.nowMs();
    const letIn = ((nowMs - this.countedMs) * this.perSecond) / 1000;
    this.tokens = Math.min(this.tokensMax, this.tokens + letIn);
    this.awayCount = Math.max(0, this.awayCount - letIn);
    this.countedMs = nowMs;
  }

  /** Some time between the end of the line and when all who were sent away could be through. */
  private sendAway(): Turn {
    this.awayCount = Math.min(this.awayCount + 1, (this.perSecond * TURNSTILE_RETRY_MS_MAX) / 1000);
    const places = this.waitingCount + this.random() * this.awayCount;
    return {
      kind: "away",
      retryAfterMs: Math.min(TURNSTILE_RETRY_MS_MAX, Math.ceil((places * 1000) / this.perSecond)),
    };
  }

  private rest(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }
}
