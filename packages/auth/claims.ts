/**
 * Claims: the payload of a token whose signature holds, as our own types.
 * Law: a claim of the wrong type refuses the token; nothing is guessed and nothing is dropped in silence.
 * Not here: issuer, audience and expiry against the clock (verifier.ts).
 */
import type { JWTPayload } from "jose";
import { isUuid } from "#kit/uuid.ts";
import { no, ok, type Result } from "#wire/problem.ts";
import { unauthenticated } from "./bearer.ts";
import { NAME_CHARS_MAX, ROLES_MAX } from "./limits.ts";
import { type InternalCaller, isRole, type Principal, type Role, type Ticket } from "./principal.ts";

const UNIX_SECONDS_MAX = 8.64e12; // The last second that a Date can hold.

export function readPrincipal(claims: JWTPayload): Result<Principal> {
  const { sub, roles, name, sid } = claims;
  if (!isUuid(sub)) return no(unauthenticated("subject", "claim sub must be the player's canonical UUID"));
  if (!Array.isArray(roles) || roles.length === 0 || roles.length > ROLES_MAX || !roles.every(isRole)) {
    return no(unauthenticated("roles", "claim roles must be an array of player, spectator, service, admin"));
  }
  if (name !== undefined && (typeof name !== "string" || name.length > NAME_CHARS_MAX)) {
    return no(unauthenticated("claims", `claim name must be text of at most ${NAME_CHARS_MAX} characters`));
  }
  if (sid !== undefined && !isUuid(sid)) return no(unauthenticated("claims", "claim sid must be a session's UUID"));
  const expiry = readExpiry(claims);
  if (!expiry.ok) return expiry;
  return ok({
    playerId: sub,
    roles: rolesOf(roles),
    name: name ?? null,
    sessionId: sid ?? null,
    expiresAtUnixMs: expiry.value,
  });
}

const KNOWN_ROLES = new Map<string, ReadonlySet<Role>>();

/** The same set for the same roles in the same order: there are four, and thousands of principals are remembered. */
function rolesOf(roles: readonly Role[]): ReadonlySet<Role> {
  const each = new Set(roles);
  const name = [...each].join();
  const known = KNOWN_ROLES.get(name) ?? each;
  KNOWN_ROLES.set(name, known);
  return known;
}

export function readTicket(claims: JWTPayload): Result<Ticket> {
  const { jti, sid, sub, role } = claims;
  const whole = isUuid(jti) && isUuid(sid) && isUuid(sub) && (role === "player" || role === "spectator");
  if (!whole) return no(unauthenticated("claims", "the join ticket lacks jti, sid, sub or role"));
  const expiry = readExpiry(claims);
  if (!expiry.ok) return expiry;
  return ok({ ticketId: jti, sessionId: sid, playerId: sub, role, expiresAtUnixMs: expiry.value });
}

export function readInternalCaller(claims: JWTPayload): Result<InternalCaller> {
  if (typeof claims.sub !== "string" || claims.sub === "" || claims.sub.length > NAME_CHARS_MAX) {
    return no(unauthenticated("subject", "claim sub must name the calling service"));
  }
  const expiry = readExpiry(claims);
  return expiry.ok ? ok({ name: claims.sub, expiresAtUnixMs: expiry.value }) : expiry;
}

function readExpiry({ exp }: JWTPayload): Result<number> {
  const usable = typeof exp === "number" && exp > 0 && exp <= UNIX_SECONDS_MAX;
  return usable ? ok(Math.floor(exp) * 1000) : no(unauthenticated("expiry", "claim exp must be a number of seconds"));
}
