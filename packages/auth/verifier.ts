/**
 * Verifier: turns a token into who is asking.
 * In:  a token as it came.   Out: Principal, Ticket or InternalCaller, or UNAUTHENTICATED with details.reason.
 * Law: length first, then signature by a key of ours alone (keys in the token's header have no effect), then every
 *      claim, then the claim's type; only EdDSA, ES256 and RS256. A key server that is away is UNAVAILABLE, not 401.
 * Not here: what a principal may do, and that a ticket is used once (combat keeps that).
 */
import { createHash } from "node:crypto";
import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from "jose";
import type { Clock } from "#kit/clock.ts";
import { no, ok, type Problem, problem, type Result } from "#wire/problem.ts";
import { type AuthConfig, INTERNAL_AUDIENCE, INTERNAL_ISSUER, TICKET_AUDIENCE } from "./auth-config.ts";
import { type TokenReason, unauthenticated } from "./bearer.ts";
import { readInternalCaller, readPrincipal, readTicket } from "./claims.ts";
import { KEYS_TRIED_MAX, TOKEN_CHARS_MAX, VERIFIED_TOKEN_MS_MAX, VERIFIED_TOKENS_MAX } from "./limits.ts";
import type { InternalCaller, Principal, Ticket } from "./principal.ts";

export type SocketCredential =
  | { readonly kind: "ticket"; readonly ticket: Ticket }
  | { readonly kind: "user"; readonly principal: Principal };

export type Verifier = {
  /** A user's own token. */
  user(token: string): Promise<Result<Principal>>;
  /** A join ticket, signed by combat. */
  ticket(token: string): Promise<Result<Ticket>>;
  /** A gateway's own token, signed by the gateway. */
  internal(token: string): Promise<Result<InternalCaller>>;
  /** Either of the two that open a socket, told apart by `aud`. */
  socket(token: string): Promise<Result<SocketCredential>>;
};

/** One kind of token: which key, which claims, and how the claims are read. */
type Kind<T> = {
  readonly name: string;
  readonly keys: JWTVerifyGetKey;
  readonly options: JWTVerifyOptions;
  /** Our own tokens have exactly one audience, so that none of them opens two doors. */
  readonly audienceAlone: string | null;
  readonly read: (claims: JWTPayload) => Result<T>;
};

export function createVerifier(config: AuthConfig, clock: Clock): Verifier {
  const remembered = createMemory(clock);
  const users: Kind<Principal> = {
    name: "user",
    keys: config.userKeys,
    options: { issuer: config.issuer, audience: config.audience, algorithms: ["EdDSA", "ES256", "RS256"] },
    audienceAlone: null,
    read: readPrincipal,
  };
  const tickets = ownKind(config, "ticket", TICKET_AUDIENCE, readTicket);
  const internals = ownKind(config, "internal", INTERNAL_AUDIENCE, readInternalCaller);

  async function check<T extends { readonly expiresAtUnixMs: number }>(
    kind: Kind<T>,
    token: string,
  ): Promise<Result<T>> {
    if (token === "") return no(unauthenticated("missing", "a token is needed"));
    if (token.length > TOKEN_CHARS_MAX) {
      return no(unauthenticated("too_long", `a token has at most ${TOKEN_CHARS_MAX} characters`));
    }
    const key = `${kind.name}:${createHash("sha256").update(token).digest("base64")}`;
    const known = remembered.get(key);
    if (known) return ok(known as T);
    const claims = await verifiedClaims(kind, token, clock);
    if (!claims.ok) return claims;
    const value = kind.read(claims.value);
    if (value.ok) remembered.set(key, value.value);
    return value;
  }

  return {
    user: (token) => check(users, token),
    ticket: (token) => check(tickets, token),
    internal: (token) => check(internals, token),
    async socket(token) {
      if (audienceOf(token) === TICKET_AUDIENCE) {
        const ticket = await check(tickets, token);
        return ticket.ok ? ok({ kind: "ticket", ticket: ticket.value }) : ticket;
      }
      const principal = await check(users, token);
      return principal.ok ? ok({ kind: "user", principal: principal.value }) : principal;
    },
  };
}

function ownKind<T>(config: AuthConfig, name: string, audience: string, read: Kind<T>["read"]): Kind<T> {
  const options = { issuer: INTERNAL_ISSUER, audience, algorithms: ["EdDSA"] };
  return { name, keys: config.internalKeys, options, audienceAlone: audience, read };
}

/** What the token says of itself, unverified: decides which check it has to pass, and nothing else. */
function audienceOf(token: string): unknown {
  if (token.length > TOKEN_CHARS_MAX) return null;
  try {
    return decodeJwt(token).aud;
  } catch {
    return null; // The check of users' tokens then says what is wrong with it.
  }
}

async function verifiedClaims<T>(kind: Kind<T>, token: string, clock: Clock): Promise<Result<JWTPayload>> {
  const options = { ...kind.options, requiredClaims: ["exp", "sub"], currentDate: new Date(clock.unixMs()) };
  try {
    const { payload } = await verifyWithAnyKey(token, kind.keys, options);
    if (kind.audienceAlone !== null && payload.aud !== kind.audienceAlone) {
      return no(unauthenticated("audience", "the token is not for this use"));
    }
    return ok(payload);
  } catch (cause) {
    return no(problemOf(cause));
  }
}

/** A token without `kid` may fit several keys of a set; jose leaves trying them to us. */
async function verifyWithAnyKey(token: string, keys: JWTVerifyGetKey, options: JWTVerifyOptions) {
  try {
    return await jwtVerify(token, keys, options);
  } catch (cause) {
    if (!(cause instanceof errors.JWKSMultipleMatchingKeys)) throw cause;
    let tried = 0;
    for await (const key of cause) {
      if (++tried > KEYS_TRIED_MAX) break;
      try {
        return await jwtVerify(token, key, options);
      } catch (mismatch) {
        if (!(mismatch instanceof errors.JWSSignatureVerificationFailed)) throw mismatch;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

const CLAIM_REASONS: { readonly [claim: string]: TokenReason } = {
  iss: "issuer",
  aud: "audience",
  exp: "expiry",
  nbf: "not_yet_valid",
  sub: "subject",
};

function problemOf(cause: unknown): Problem {
  if (cause instanceof errors.JWTExpired) return unauthenticated("expired", "the token has expired; get a fresh one");
  if (cause instanceof errors.JWTClaimValidationFailed) {
    const reason = CLAIM_REASONS[cause.claim] ?? "claims";
    return unauthenticated(
      reason,
      `claim ${cause.claim} of the token is ${cause.reason === "missing" ? "missing" : "wrong"}`,
    );
  }
  if (cause instanceof errors.JOSEAlgNotAllowed) {
    return unauthenticated("algorithm", "the token must be signed with EdDSA, ES256 or RS256");
  }
  if (cause instanceof errors.JWSSignatureVerificationFailed || cause instanceof errors.JWKSNoMatchingKey) {
    return unauthenticated("signature", "the token is not signed by a key that is trusted here");
  }
  if (isKeyServerFailure(cause)) {
    return problem("UNAVAILABLE", "the keys that tokens are checked with cannot be had just now", {
      retry_after_ms: 2000,
    });
  }
  return unauthenticated("malformed", "the token is not a signed JWT");
}

/** jose tells a failed fetch by a plain JOSEError, a timeout, a bad key set, or lets fetch's own error through. */
function isKeyServerFailure(cause: unknown): boolean {
  if (cause instanceof errors.JWKSTimeout || cause instanceof errors.JWKSInvalid) return true;
  if (cause instanceof errors.JOSEError) return cause.code === errors.JOSEError.code;
  return cause instanceof TypeError && cause.message === "fetch failed";
}

type Remembered = { readonly value: { readonly expiresAtUnixMs: number }; readonly untilUnixMs: number };

/** Tokens that passed, by their hash: the token itself is not kept. A Map keeps order of use. */
function createMemory(clock: Clock) {
  const entries = new Map<string, Remembered>();
  return {
    get(key: string): Remembered["value"] | null {
      const entry = entries.get(key);
      if (!entry) return null;
      entries.delete(key);
      if (entry.untilUnixMs <= clock.unixMs()) return null;
      entries.set(key, entry);
      return entry.value;
    },
    set(key: string, value: Remembered["value"]): void {
      if (entries.size >= VERIFIED_TOKENS_MAX) entries.delete(entries.keys().next().value as string);
      const untilUnixMs = Math.min(value.expiresAtUnixMs, clock.unixMs() + VERIFIED_TOKEN_MS_MAX);
      entries.set(key, { value, untilUnixMs });
    },
  };
}
