/**
 * Limiter: how often somebody may do something; and its adapter in this process's memory.
 * Law: a key gets `points` per `durationSeconds`; what is over is refused with the time to wait; nothing is queued.
 * Bound: `keysMax` keys have a count of their own. While all are in use, newcomers share a few counts by their hash:
 *        memory stays bounded, whoever is known already is not affected, and the rate still holds.
 * Not here: one count for several processes (limiter-redis.ts).
 */
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { createCountNames } from "./limiter-keys.ts";

export type LimiterVerdict = { readonly ok: true } | { readonly ok: false; readonly retryAfterMs: number };

export type Limiter = {
  /** Takes `points` (default 1) from what `key` has left. Atomic; a refused take counts too. Never rejects. */
  take(key: string, points?: number): Promise<LimiterVerdict>;
};

export type LimiterRate = {
  readonly points: number;
  readonly durationSeconds: number;
  readonly keysMax: number;
};

export function createMemoryLimiter({ points, durationSeconds, keysMax }: LimiterRate): Limiter {
  const counts = new RateLimiterMemory({ points, duration: durationSeconds });
  const countOf = createCountNames({ durationSeconds, keysMax });
  return {
    async take(key, taken = 1) {
      try {
        await counts.consume(countOf(key), taken);
        return { ok: true };
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal; // The library rejects with its result for "no".
        return refused(refusal);
      }
    },
  };
}

export function refused({ msBeforeNext }: RateLimiterRes): LimiterVerdict {
  return { ok: false, retryAfterMs: Math.max(1, Math.ceil(msBeforeNext)) };
}
