/**
 * Limiter: how often somebody may do something; and its adapter in this process's memory.
 * Law: a key gets `points` per `durationSeconds`; what is over is refused with the time to wait; nothing is queued.
 * Bound: `keysMax` keys have a count of their own. While all are in use, newcomers share a few counts by their hash:
 *        memory stays bounded, whoever is known already is not affected, and the rate still holds.
 */
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { LIMITER_SHARED_BUCKETS } from "./limits.ts";

export type LimiterVerdict = { readonly ok: true } | { readonly ok: false; readonly retryAfterMs: number };

export type Limiter = {
  /** Takes `points` (default 1) from what `key` has left. Atomic; a refused take counts too. */
  take(key: string, points?: number): Promise<LimiterVerdict>;
};

export type MemoryLimiterOptions = {
  readonly points: number;
  readonly durationSeconds: number;
  readonly keysMax: number;
};

export function createMemoryLimiter({ points, durationSeconds, keysMax }: MemoryLimiterOptions): Limiter {
  const counts = new RateLimiterMemory({ points, duration: durationSeconds });
  const expiryByKey = new Map<string, number>(); // In order of expiry, since all keys live equally long.

  function ownKey(key: string): string {
    const nowMs = performance.now();
    for (const [oldest, expiresAtMs] of expiryByKey) {
      if (expiresAtMs > nowMs) break;
      expiryByKey.delete(oldest);
    }
    if (expiryByKey.has(key)) return `own:${key}`;
    if (expiryByKey.size >= keysMax) return `shared:${hashOf(key) % LIMITER_SHARED_BUCKETS}`;
    expiryByKey.set(key, nowMs + durationSeconds * 1000);
    return `own:${key}`;
  }

  return {
    async take(key, taken = 1) {
      try {
        await counts.consume(ownKey(key), taken);
        return { ok: true };
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal; // The library rejects with its result for "no".
        return { ok: false, retryAfterMs: Math.max(1, Math.ceil(refusal.msBeforeNext)) };
      }
    },
  };
}

/** FNV-1a, 32 bits: spreads keys over the shared counts; not secret, since sharing one only means waiting. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
