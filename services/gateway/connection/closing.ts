/**
 * Closing: from "no" to a close, and what a close says beside its code.
 * In:  a problem or a reason's name.   Out: a reason of the close table and the text that goes with it.
 * Law: every reason that asks to come back says when, each client another moment, so that they do not come all at once.
 * Not here: the codes themselves (packages/wire/close-codes.ts).
 */
import { CLOSES, type CloseReason } from "#wire/close-codes.ts";
import type { Problem, Reason } from "#wire/problem.ts";

/** Combat's name for a reason; what this version does not know counts as internal. */
export function closeReasonNamed(name: string): CloseReason {
  return Object.hasOwn(CLOSES, name) ? (name as CloseReason) : "internal";
}

/** Why an open connection must go when combat refuses to take it back. */
export function closeReasonOf(refusal: Problem): CloseReason {
  return CLOSE_BY_REFUSAL[refusal.error] ?? "unavailable";
}

/** What is not listed may be different the next time: the client comes back and asks. */
const CLOSE_BY_REFUSAL: { readonly [reason in Reason]?: CloseReason } = {
  SESSION_NOT_FOUND: "session_not_found",
  NOT_FOUND: "session_not_found",
  FORBIDDEN: "forbidden",
  PARTICIPANT_NOT_FOUND: "forbidden",
  UNAUTHENTICATED: "token_invalid",
  INVALID_STATE_TRANSITION: "session_over",
};

/** When to come back, milliseconds: `least`, and up to `spread` more by chance. */
const RETRY_AFTER_MS: { readonly [reason in CloseReason]?: { readonly least: number; readonly spread: number } } = {
  draining: { least: 200, spread: 3_000 },
  slow_reader: { least: 1_000, spread: 2_000 },
  token_expired: { least: 0, spread: 500 },
  unavailable: { least: 500, spread: 2_500 },
  no_heartbeat: { least: 0, spread: 1_000 },
  internal: { least: 500, spread: 2_500 },
  rate_limited: { least: 5_000, spread: 5_000 },
};

/** The text of a close frame: JSON within the 123 bytes that RFC 6455 leaves it. `chance`: 0 to 1. */
export function closeText(reason: CloseReason, chance: number): string {
  const retry = RETRY_AFTER_MS[reason];
  if (retry === undefined) return JSON.stringify({ reason });
  return JSON.stringify({ reason, retry_after_ms: Math.round(retry.least + chance * retry.spread) });
}
