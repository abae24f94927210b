/**
 * Admission: whether a request or an upgrade may go on at all, before anybody looks at its token.
 * In:  what is known of it and of this gateway.   Out: null, or the problem to answer with. Pure.
 * Law: a browser origin outside the list is refused; no Origin header means no browser, which a token judges alone.
 * Origins on the list are exact (`https://game.example`), or leave the port open (`http://localhost:*`).
 * Not here: rates (request-rates.ts), tokens.
 */
import { type Problem, problem } from "#wire/problem.ts";
import { DRAIN_RETRY_AFTER_MS, FULL_RETRY_AFTER_MS } from "../limits.ts";

export type Asking = {
  /** The Origin header as it came. */
  readonly origin: string | undefined;
  readonly draining: boolean;
  readonly connectionCount: number;
};

export type AdmissionRules = { readonly allowedOrigins: readonly string[]; readonly connectionsMax: number };

export function admit(asking: Asking, rules: AdmissionRules): Problem | null {
  if (asking.origin !== undefined && !isOriginAllowed(asking.origin, rules.allowedOrigins)) {
    return problem("FORBIDDEN", "pages of this origin may not call the service", {
      field: "Origin",
      got: shown(asking.origin),
    });
  }
  if (asking.draining) {
    return problem("UNAVAILABLE", "this gateway is shutting down; connect again", {
      retry_after_ms: DRAIN_RETRY_AFTER_MS,
    });
  }
  if (asking.connectionCount >= rules.connectionsMax) {
    return problem("UNAVAILABLE", "this gateway is full; try again", { retry_after_ms: FULL_RETRY_AFTER_MS });
  }
  return null;
}

export function isOriginAllowed(origin: string, allowedOrigins: readonly string[]): boolean {
  return allowedOrigins.some((allowed) => matches(origin, allowed));
}

function matches(origin: string, allowed: string): boolean {
  if (!allowed.endsWith(ANY_PORT)) return origin === allowed;
  const host = allowed.slice(0, -ANY_PORT.length);
  return origin.startsWith(host) && /^(:\d{1,5})?$/.test(origin.slice(host.length)); // localhost:80.evil.example is not.
}

const ANY_PORT = ":*";
const ORIGIN = /^https?:\/\/(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5}|:\*)?$/;
const ORIGIN_SHOWN_CHARS_MAX = 120;

/** Whether a text may stand on the list. */
export function isOriginPattern(candidate: string): boolean {
  return ORIGIN.test(candidate);
}

function shown(origin: string): string {
  return origin.slice(0, ORIGIN_SHOWN_CHARS_MAX);
}
