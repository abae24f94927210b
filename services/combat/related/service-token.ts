/** Service token: combat's own, held until it has used up part of its life, so that a call need not wait for a signature. */
import type { Clock } from "#kit/clock.ts";
import { SERVICE_TOKEN_RENEW_MS } from "./limits.ts";

export function heldToken(sign: () => Promise<string>, clock: Clock): () => Promise<string> {
  let held: Promise<string> | null = null;
  let signedAtMs = 0;
  return () => {
    const nowMs = clock.nowMs();
    if (held !== null && nowMs - signedAtMs < SERVICE_TOKEN_RENEW_MS) return held;
    signedAtMs = nowMs;
    const fresh = sign();
    fresh.catch(() => {
      held = null; // The next call signs again; this one's asker is told.
    });
    held = fresh;
    return fresh;
  };
}
