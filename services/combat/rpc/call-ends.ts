/**
 * Call ends: how a call that stands for a socket ends where the socket would close: one table over all reasons.
 * Law: UNAVAILABLE and RATE_LIMITED where a socket's client would come back, and for no other reason; so callers of both
 *      kinds do the same.
 */
import { CLOSES, type CloseReason } from "#wire/close-codes.ts";
import { type Problem, problem, type Reason } from "#wire/problem.ts";

/** Null: the call ends well. */
const ENDS: Record<CloseReason, Reason | null> = {
  done: null,
  draining: "UNAVAILABLE",
  protocol_error: "INVALID_ARGUMENT",
  invalid_payload: "INVALID_ARGUMENT",
  too_big: "PAYLOAD_TOO_LARGE",
  slow_reader: "RATE_LIMITED",
  token_expired: "UNAVAILABLE",
  unavailable: "UNAVAILABLE",
  no_heartbeat: "UNAVAILABLE",
  internal: "UNAVAILABLE",
  rate_limited: "RATE_LIMITED",
  malformed: "INVALID_ARGUMENT",
  token_invalid: "UNAUTHENTICATED",
  forbidden: "FORBIDDEN",
  session_not_found: "SESSION_NOT_FOUND",
  taken_over: "INVALID_STATE_TRANSITION",
  session_over: null,
  removed: "FORBIDDEN",
};

export function endOf(reason: CloseReason): Problem | "over" {
  const error = ENDS[reason];
  if (error === null) return "over";
  const { meaning, reconnect } = CLOSES[reason];
  const what = reconnect ? "open the stream again" : "do not open it again";
  return problem(error, `The stream has ended (${meaning}); ${what}`, { reason });
}
