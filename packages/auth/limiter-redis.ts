/**
 * Limiter in Redis: all processes on one Redis share the count of a key.
 * In:  takes.   Out: verdicts, each within about LIMITER_REDIS_MS_MAX, Redis or not.
 * Law: as limiter.ts says, over all processes. While Redis is away, late or answers errors, each process counts by
 *      itself: a key then gets its points from each, no more, and nobody is refused because Redis is away. One take at a
 *      time looks whether Redis is back; from its answer on all are counted there again.
 * A count's window begins with its first take anywhere, and Redis forgets it when the window ends. Who was refused stays
 * refused until then, so this process says so itself: a flood of one key costs Redis nothing, away or not.
 * Loss: a Redis that comes back empty begins all counts anew. A take that was late may count twice.
 */
import type { Redis } from "ioredis";
import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { Log } from "#kit/log.ts";
import { createMemoryLimiter, type Limiter, type LimiterRate, type LimiterVerdict, refused } from "./limiter.ts";
import { createCountNames } from "./limiter-keys.ts";
import { LIMITER_REDIS_CALLS_MAX, LIMITER_REDIS_MS_MAX, LIMITER_REDIS_PAUSE_MS } from "./limits.ts";

export type RedisLimiterOptions = LimiterRate & {
  /** From packages/ops/redis.ts; whoever opened it closes it. */
  readonly redis: Redis;
  /** What this limiter's keys begin with; limiters of one prefix share their counts. */
  readonly prefix: string;
  readonly log: Log;
  readonly callMsMax?: number;
};

const TAKEN: LimiterVerdict = { ok: true };

export function createRedisLimiter(options: RedisLimiterOptions): Limiter {
  return new RedisLimiter(options);
}

class RedisLimiter implements Limiter {
  private readonly options: RedisLimiterOptions;
  private readonly callMsMax: number;
  private readonly counts: RateLimiterRedis;
  private readonly alone: Limiter;
  private readonly countOf: (key: string) => string;
  /** Counts that are used up, until (monotonic). */
  private readonly usedUp = new Map<string, number>();
  /** Calls that Redis has not answered and the connection has not given up. */
  private underWay = 0;
  /** Redis failed last; from `lookAgainAtMs` on one take asks it again. */
  private doubted = false;
  private lookAgainAtMs = 0;

  constructor(options: RedisLimiterOptions) {
    const { redis, points, durationSeconds } = options;
    this.options = options;
    this.callMsMax = options.callMsMax ?? LIMITER_REDIS_MS_MAX;
    this.counts = new RateLimiterRedis({ storeClient: redis, points, duration: durationSeconds, keyPrefix: "" });
    this.alone = createMemoryLimiter(options);
    this.countOf = createCountNames(options);
  }

  async take(key: string, taken = 1): Promise<LimiterVerdict> {
    const count = this.options.prefix + this.countOf(key);
    const leftMs = this.usedUpMs(count);
    if (leftMs > 0) return { ok: false, retryAfterMs: Math.ceil(leftMs) };
    if (!this.isAsked()) return this.alone.take(key, taken);
    const verdict = await within(this.callMsMax, this.ask(count, taken));
    if (verdict === null || verdict instanceof Error) {
      this.doubt(verdict?.message ?? `no answer within ${this.callMsMax} ms`);
      return this.alone.take(key, taken);
    }
    this.trust();
    return verdict;
  }

  private isAsked(): boolean {
    if (this.options.redis.status !== "ready" || this.underWay >= LIMITER_REDIS_CALLS_MAX) return false;
    if (!this.doubted) return true;
    const nowMs = performance.now();
    if (nowMs < this.lookAgainAtMs) return false;
    this.lookAgainAtMs = nowMs + LIMITER_REDIS_PAUSE_MS;
    return true;
  }

  /** Never rejects. Goes on when nobody waits for it any more, until Redis answers or the connection gives it up. */
  private async ask(count: string, taken: number): Promise<LimiterVerdict | Error> {
    this.underWay += 1;
    try {
      await this.counts.consume(count, taken);
      return TAKEN;
    } catch (answer) {
      if (!(answer instanceof RateLimiterRes)) return answer instanceof Error ? answer : new Error(String(answer));
      this.useUp(count, answer.msBeforeNext);
      return refused(answer);
    } finally {
      this.underWay -= 1;
    }
  }

  private usedUpMs(count: string): number {
    const untilMs = this.usedUp.get(count);
    return untilMs === undefined ? 0 : untilMs - performance.now();
  }

  private useUp(count: string, ms: number): void {
    this.usedUp.delete(count); // So that it stands last, as the newest.
    for (const oldest of this.usedUp.keys()) {
      if (this.usedUp.size < this.options.keysMax && this.usedUpMs(oldest) > 0) break;
      this.usedUp.delete(oldest);
    }
    this.usedUp.set(count, performance.now() + ms);
  }

  /** A connection that is gone is no reason to doubt: its outage is logged by packages/ops, and its end is seen. */
  private doubt(reason: string): void {
    const { redis, log, prefix } = this.options;
    if (this.doubted || redis.status !== "ready") return;
    this.doubted = true;
    this.lookAgainAtMs = performance.now() + LIMITER_REDIS_PAUSE_MS;
    log.warn({ limiter: prefix, reason }, "Redis does not count: this process counts alone");
  }

  private trust(): void {
    if (!this.doubted) return;
    this.doubted = false;
    this.options.log.info({ limiter: this.options.prefix }, "Redis counts again");
  }
}

/** What is awaited, or null after so long. What arrived while this process stood still is read before it counts as late. */
function within<T>(msMax: number, awaited: Promise<T>): Promise<T | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => setImmediate(resolve, null), msMax);
    void awaited.then((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}
