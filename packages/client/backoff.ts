/**
 * Back-off: how long to wait before coming back, so that a thousand clients cut off together do not return together.
 * Law: full jitter, anything from 0 to the doubled step; a hint of the server is the least there is.
 * Not here: whether to come back at all (packages/wire/close-codes.ts).
 */
import { CLOSE_REASON_CHARS_MAX, RETRY_HINT_MS_MAX } from "./limits.ts";

export type BackoffSettings = { readonly baseMs: number; readonly ceilingMs: number };

/** `failures` counts failed attempts in a row, 0 for the first return. `random` gives 0 to 1. */
export function retryDelayMs(
  turn: { failures: number; hintMs: number | null },
  settings: BackoffSettings,
  random: () => number,
): number {
  const step = Math.min(settings.ceilingMs, settings.baseMs * 2 ** turn.failures);
  return (turn.hintMs ?? 0) + random() * step;
}

/** `retry_after_ms` of a close reason, or null when the reason is anything else. */
export function retryHintMs(reason: string): number | null {
  if (!reason.startsWith("{") || reason.length > CLOSE_REASON_CHARS_MAX) return null;
  try {
    const hint: unknown = JSON.parse(reason).retry_after_ms;
    return typeof hint === "number" && hint >= 0 ? Math.min(hint, RETRY_HINT_MS_MAX) : null;
  } catch {
    return null; // A reason for people, not for us.
  }
}
