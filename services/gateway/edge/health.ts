/**
 * Health: whether this gateway can do its work just now, for GET /health and the readiness probe.
 * Law: combat is asked at most once a second, however many ask us.
 */
import type { Clock } from "#kit/clock.ts";
import { HEALTH_AGE_MS_MAX } from "../limits.ts";

export type Health = {
  /** Resolves within the health deadline; never rejects. */
  isCombatServing(): Promise<boolean>;
};

export function createHealth(ask: () => Promise<boolean>, clock: Clock): Health {
  let latest: { readonly answer: Promise<boolean>; readonly askedAtMs: number } | null = null;
  return {
    isCombatServing() {
      const nowMs = clock.nowMs();
      if (latest === null || nowMs - latest.askedAtMs >= HEALTH_AGE_MS_MAX) {
        latest = { answer: ask().catch(() => false), askedAtMs: nowMs };
      }
      return latest.answer;
    },
  };
}
