/**
 * Issuer: the tokens we sign ourselves: join tickets, our services' own tokens, and users' tokens in development.
 * Law: each kind has its own audience, so that none is good for another's use.
 */
import { randomUUID } from "node:crypto";
import { type JWTPayload, SignJWT } from "jose";
import { assert } from "#kit/assert.ts";
import type { Clock } from "#kit/clock.ts";
import {
  type AuthConfig,
  INTERNAL_AUDIENCE,
  INTERNAL_ISSUER,
  SERVICES_AUDIENCE,
  type SigningKey,
  TICKET_AUDIENCE,
} from "./auth-config.ts";
import { INTERNAL_TOKEN_SECONDS, TICKET_SECONDS } from "./limits.ts";
import type { Role, SeatRole } from "./principal.ts";

export type TicketOrder = {
  readonly sessionId: string;
  readonly playerId: string;
  readonly role: SeatRole;
  readonly ttlSeconds?: number;
};

export type UserOrder = {
  readonly sub: string;
  readonly roles: readonly Role[];
  readonly name?: string;
  readonly sessionId?: string;
  readonly ttlSeconds: number;
};

export type Issuer = {
  /** A join ticket for one socket of one player in one session. */
  ticket(order: TicketOrder): Promise<string>;
  /** The token with which a service of ours calls another; `name` says which. */
  internal(name: string): Promise<string>;
  /** The token with which a service of ours asks the game's other services; it opens no door of ours. */
  outgoing(name: string): Promise<string>;
  /** A user's token, with the development key only. */
  user(order: UserOrder): Promise<string>;
};

export function createIssuer(config: AuthConfig, clock: Clock): Issuer {
  function sign(key: SigningKey, claims: JWTPayload, ttlSeconds: number): Promise<string> {
    const nowSeconds = Math.floor(clock.unixMs() / 1000);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: "EdDSA", typ: "JWT", kid: key.keyId })
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + ttlSeconds)
      .sign(key.privateKey);
  }

  return {
    ticket({ sessionId, playerId, role, ttlSeconds = TICKET_SECONDS }) {
      const claims = {
        iss: INTERNAL_ISSUER,
        aud: TICKET_AUDIENCE,
        jti: randomUUID(),
        sid: sessionId,
        sub: playerId,
        role,
      };
      return sign(config.internalSigningKey, claims, ttlSeconds);
    },
    internal(name) {
      const claims = { iss: INTERNAL_ISSUER, aud: INTERNAL_AUDIENCE, sub: name };
      return sign(config.internalSigningKey, claims, INTERNAL_TOKEN_SECONDS);
    },
    outgoing(name) {
      const claims = { iss: INTERNAL_ISSUER, aud: SERVICES_AUDIENCE, sub: name };
      return sign(config.internalSigningKey, claims, INTERNAL_TOKEN_SECONDS);
    },
    user({ sub, roles, name, sessionId, ttlSeconds }) {
      assert(config.userSigningKey !== null, "users' tokens are signed here with the development key only");
      const claims: JWTPayload = { iss: config.issuer, aud: config.audience, sub, roles: [...roles] };
      if (name !== undefined) claims["name"] = name;
      if (sessionId !== undefined) claims["sid"] = sessionId;
      return sign(config.userSigningKey, claims, ttlSeconds);
    },
  };
}
