/**
 * Limiter keys: which count a key is counted in, so that counts do not grow in number as keys do.
 * In:  keys as they come.   Out: `own:<key>`, or `shared:<bucket>` while `keysMax` others are in use.
 * Law: whoever is known keeps a count of its own for a window from its first take; newcomers at the cap share.
 */
import { LIMITER_SHARED_BUCKETS } from "./limits.ts";

export type KeyBounds = { readonly durationSeconds: number; readonly keysMax: number };

export function createCountNames({ durationSeconds, keysMax }: KeyBounds): (key: string) => string {
  const expiryByKey = new Map<string, number>(); // In order of expiry, since all keys live equally long.
  return (key) => {
    const nowMs = performance.now();
    for (const [oldest, expiresAtMs] of expiryByKey) {
      if (expiresAtMs > nowMs) break;
      expiryByKey.delete(oldest);
    }
    if (expiryByKey.has(key)) return `own:${key}`;
    if (expiryByKey.size >= keysMax) return `shared:${hashOf(key) % LIMITER_SHARED_BUCKETS}`;
    expiryByKey.set(key, nowMs + durationSeconds * 1000);
    return `own:${key}`;
  };
}

/** FNV-1a, 32 bits: spreads keys over the shared counts; not secret, since sharing one only means waiting. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
