/**
 * Problem: an expected "no", as a value. One table turns its reason into an HTTP status and a gRPC code;
 * a reason without a row does not compile.
 */

/** What was wrong where: `field`, `got`, `allowed`, `retry_after_ms` and what else helps. JSON values only. */
export type ProblemDetails = {
  [key: string]: string | number | boolean | null | readonly string[] | readonly number[];
};

export type Problem = {
  readonly error: Reason;
  /** One sentence for people: what was wrong and what to do. */
  readonly message: string;
  readonly details: ProblemDetails;
};

/** HTTP status and gRPC code (numbers of google.rpc.Code) by reason. */
export const REASONS = {
  INVALID_ARGUMENT: { http: 400, grpc: 3 },
  SESSION_FULL: { http: 400, grpc: 9 },
  UNAUTHENTICATED: { http: 401, grpc: 16 },
  FORBIDDEN: { http: 403, grpc: 7 },
  NOT_FOUND: { http: 404, grpc: 5 },
  SESSION_NOT_FOUND: { http: 404, grpc: 5 },
  PARTICIPANT_NOT_FOUND: { http: 404, grpc: 5 },
  METHOD_NOT_ALLOWED: { http: 405, grpc: 12 },
  INVALID_STATE_TRANSITION: { http: 409, grpc: 9 },
  VERSION_CONFLICT: { http: 409, grpc: 10 },
  ALREADY_JOINED: { http: 409, grpc: 6 },
  PAYLOAD_TOO_LARGE: { http: 413, grpc: 3 },
  UNSUPPORTED_MEDIA_TYPE: { http: 415, grpc: 3 },
  UPGRADE_REQUIRED: { http: 426, grpc: 9 },
  RATE_LIMITED: { http: 429, grpc: 8 },
  TOO_MANY_SPECTATORS: { http: 429, grpc: 8 },
  INTERNAL: { http: 500, grpc: 13 },
  UNAVAILABLE: { http: 503, grpc: 14 },
  DEADLINE_EXCEEDED: { http: 504, grpc: 4 },
} as const satisfies Record<string, { http: number; grpc: number }>;

export type Reason = keyof typeof REASONS;

export function problem(error: Reason, message: string, details: ProblemDetails = {}): Problem {
  return { error, message, details };
}

/** The commonest problem: one field of a request is not what it may be. */
export function invalid(field: string, got: unknown, allowed: string): Problem {
  return problem("INVALID_ARGUMENT", `${field} must be ${allowed}`, { field, got: shown(got), allowed });
}

/** A value as the error shows it: short, and without what JSON cannot say. */
function shown(value: unknown): string | number | boolean | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "boolean" || value === null) return value;
  if (value === undefined) return null;
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return text.length > GOT_CHARS_MAX ? `${text.slice(0, GOT_CHARS_MAX)}…` : text;
}

const GOT_CHARS_MAX = 120; // An error body stays small whatever was sent.

/** Carries a problem through code that can only throw, such as an RPC handler. */
export class ProblemError extends Error {
  override name = "ProblemError";
  readonly problem: Problem;

  constructor(cause: Problem) {
    super(`${cause.error}: ${cause.message}`);
    this.problem = cause;
  }
}

/** Either a value or the reason why not. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function no<T = never>(why: Problem): Result<T> {
  return { ok: false, problem: why };
}
