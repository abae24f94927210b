/**
 * Close codes: the one table that makes sockets close, the documentation and what an SDK does.
 * 4000 to 4499: come back, with back-off. 4500 to 4999: do not. So a client needs no table of its own.
 */

type CloseRow = { readonly code: number; readonly reconnect: boolean; readonly meaning: string };

export const CLOSES = {
  done: { code: 1000, reconnect: false, meaning: "done" },
  draining: { code: 1001, reconnect: true, meaning: "this gateway drains; come back after retry_after_ms" },
  protocol_error: { code: 1002, reconnect: false, meaning: "not WebSocket as RFC 6455 has it" },
  invalid_payload: { code: 1007, reconnect: false, meaning: "text that is not UTF-8" },
  too_big: { code: 1009, reconnect: false, meaning: "a message over the limit" },
  slow_reader: { code: 4001, reconnect: true, meaning: "too slow a reader" },
  token_expired: { code: 4002, reconnect: true, meaning: "token expired; come back with a fresh one" },
  unavailable: { code: 4003, reconnect: true, meaning: "session unavailable just now" },
  no_heartbeat: { code: 4004, reconnect: true, meaning: "no heartbeat" },
  internal: { code: 4005, reconnect: true, meaning: "internal error" },
  rate_limited: { code: 4029, reconnect: true, meaning: "too many messages; wait" },
  malformed: { code: 4500, reconnect: false, meaning: "malformed messages, three strikes" },
  token_invalid: { code: 4501, reconnect: false, meaning: "token invalid" },
  forbidden: { code: 4503, reconnect: false, meaning: "not allowed" },
  session_not_found: { code: 4504, reconnect: false, meaning: "no such session" },
  taken_over: { code: 4506, reconnect: false, meaning: "taken over by a newer connection of the same player" },
  session_over: { code: 4510, reconnect: false, meaning: "session over" },
  removed: { code: 4550, reconnect: false, meaning: "removed for cheating" },
} as const satisfies Record<string, CloseRow>;

export type CloseReason = keyof typeof CLOSES;

/** Whether a client that was closed with this code should come back. Unknown codes by their range. */
export function shouldReconnect(code: number): boolean {
  for (const row of Object.values(CLOSES)) if (row.code === code) return row.reconnect;
  if (code >= 4500 && code <= 4999) return false;
  return code !== 1000 && code !== 1002 && code !== 1007 && code !== 1009;
}
