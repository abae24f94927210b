/**
 * Turnstile: how many handshakes begin in a second, so that a storm of clients who come back leaves alone who plays.
 * In:  the address of each who comes.   Out: when it is its turn; or at once that it would wait too long, and when to come again.
 * Law: addresses take turns, whatever their number of clients; those of one address keep their order; who could not be let in
 *      within WAIT_MS_MAX is sent away at once, with a pause that spreads such clients over the time that all of them take.
 * Why before anything else: a token's signature and combat's answer are what a handshake costs.
 * Not here: how many an address may ever try (auth's limiter).
 */
import type { Clock } from "#kit/clock.ts";
import { TURNSTILE_STEP_MS, TURNSTILE_WAIT_MS_MAX } from "../limits.ts";

export type Turn =
  | { readonly kind: "now" }
  /** Resolves to true when it is its turn; to false when it was given up. */
  | { readonly kind: "wait"; readonly turn: Promise<boolean> }
  | { readonly kind: "away"; readonly retryAfterMs: number };

type Waiting = { readonly resolve: (isTurn: boolean) => void };

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
  private readonly burst: number;
  private readonly clock: Clock;
  /** 0 to 1. */
  private readonly random: () => number;

  constructor(perSecond: number, { clock, random }: { clock: Clock; random: () => number }) {
    this.perSecond = perSecond;
    this.burst = Math.max(1, (perSecond * TURNSTILE_STEP_MS) / 1000);
    this.tokens = this.burst;
    this.countedMs = clock.nowMs();
    this.clock = clock;
    this.random = random;
  }

  enter(address: string): Turn {
    this.count();
    if (this.waitingCount === 0 && this.tokens >= 1) {
      this.tokens -= 1;
      return { kind: "now" };
    }
    const line = this.lines.get(address) ?? [];
    const aheadCount = Math.min(this.waitingCount, (line.length + 1) * Math.max(1, this.lines.size));
    if ((aheadCount * 1000) / this.perSecond > TURNSTILE_WAIT_MS_MAX) return this.sendAway();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    line.push({ resolve });
    this.lines.set(address, line);
    this.waitingCount += 1;
    this.timer ??= setInterval(() => this.turn(), TURNSTILE_STEP_MS);
    return { kind: "wait", turn: promise };
  }

  /** Nobody's turn comes any more. */
  close(): void {
    for (const line of this.lines.values()) for (const { resolve } of line) resolve(false);
    this.lines.clear();
    this.waitingCount = 0;
    this.rest();
  }

  private turn(): void {
    this.count();
    while (this.tokens >= 1 && this.waitingCount > 0) {
      const [address, line] = this.lines.entries().next().value!;
      this.lines.delete(address);
      const first = line.shift()!;
      if (line.length > 0) this.lines.set(address, line); // Behind all others.
      this.waitingCount -= 1;
      this.tokens -= 1;
      first.resolve(true);
    }
    if (this.waitingCount === 0) this.rest();
  }

  private count(): void {
    const nowMs = this.clock.nowMs();
    const letIn = ((nowMs - this.countedMs) * this.perSecond) / 1000;
    this.tokens = Math.min(this.burst, this.tokens + letIn);
    this.awayCount = Math.max(0, this.awayCount - letIn);
    this.countedMs = nowMs;
  }

  /** Some time between the end of the line and when all who were sent away could be through. */
  private sendAway(): Turn {
    this.awayCount += 1;
    const places = this.waitingCount + this.random() * this.awayCount;
    return { kind: "away", retryAfterMs: Math.ceil((places * 1000) / this.perSecond) };
  }

  private rest(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }
}
