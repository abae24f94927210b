/** Bearer: the token out of an `Authorization` header. */
import { no, ok, type Problem, problem, type Result } from "#wire/problem.ts";

/** Why a token is not taken, in one word for programs. */
export type TokenReason =
  | "missing"
  | "scheme"
  | "too_long"
  | "malformed"
  | "algorithm"
  | "signature"
  | "issuer"
  | "audience"
  | "expired"
  | "expiry"
  | "not_yet_valid"
  | "subject"
  | "roles"
  | "claims";

export function unauthenticated(reason: TokenReason, message: string): Problem {
  return problem("UNAUTHENTICATED", message, { reason });
}

/** The token of `Authorization: Bearer <token>`. */
export function readBearer(authorization: string | undefined): Result<string> {
  if (authorization === undefined || authorization === "") {
    return no(unauthenticated("missing", "a token is needed: Authorization: Bearer <jwt>"));
  }
  const match = /^Bearer +([^\s]+)$/i.exec(authorization);
  if (!match?.[1]) return no(unauthenticated("scheme", "Authorization must be: Bearer <jwt>"));
  return ok(match[1]);
}
