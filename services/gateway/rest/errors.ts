/**
 * Errors: a problem as an HTTP answer, and what was thrown as a problem that tells nothing but an id.
 * Law: the body is always {"error", "message", "details"}; 429 and 503 say when to come back; 401 says how to
 *      authenticate; an unexpected error is in the log under the id that the answer has.
 */
import { randomUUID } from "node:crypto";
import type { Log } from "#kit/log.ts";
import { type Problem, ProblemError, problem, REASONS } from "#wire/problem.ts";
import { UNAVAILABLE_RETRY_AFTER_MS } from "../limits.ts";

export type HttpAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent: no body. */
  readonly body?: string;
};

export const JSON_TYPE = "application/json; charset=utf-8";

export function problemAnswer(why: Problem): HttpAnswer {
  const { error, message, details } = why;
  return {
    status: REASONS[error].http,
    headers: { "content-type": JSON_TYPE, ...hintHeaders(why) },
    body: JSON.stringify({ error, message, details }),
  };
}

/** The headers that say what to do about it; Connect's answers carry them too. */
export function hintHeaders({ error, details }: Problem): Record<string, string> {
  const status = REASONS[error].http;
  if (status === 401) return { "www-authenticate": challenge(details["reason"]) };
  if (status === 426) return { upgrade: "websocket", connection: "upgrade" };
  if (status === 429 || status === 503) return { "retry-after": String(retryAfterSeconds(details["retry_after_ms"])) };
  return {};
}

function challenge(reason: unknown): string {
  return reason === "missing" ? 'Bearer realm="combat"' : 'Bearer realm="combat", error="invalid_token"';
}

function retryAfterSeconds(retryAfterMs: unknown): number {
  const ms = typeof retryAfterMs === "number" && retryAfterMs > 0 ? retryAfterMs : UNAVAILABLE_RETRY_AFTER_MS;
  return Math.ceil(ms / 1000);
}

/** What was thrown, as a problem: its own where it carries one, else INTERNAL with an id that is in the log. */
export function caught(cause: unknown, log: Log, about: Record<string, unknown>): Problem {
  if (cause instanceof ProblemError) return cause.problem;
  const id = randomUUID();
  log.error({ ...about, id, error: cause }, "unexpected error");
  return internalProblem(id);
}

export function internalProblem(id: string): Problem {
  return problem("INTERNAL", "something went wrong here; the id finds it in the log", { id });
}
