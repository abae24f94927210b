/**
 * Principal: who is asking, as a verified token says it. Ticket: the right to open one socket once.
 * Law: these come out of verifier.ts alone; nothing in a body or a frame changes them.
 */

export const ROLES = ["player", "spectator", "service", "admin"] as const;
export type Role = (typeof ROLES)[number];

export type Principal = {
  /** Claim `sub`: canonical UUID. */
  readonly playerId: string;
  readonly roles: ReadonlySet<Role>;
  /** Claim `name`, for people. */
  readonly name: string | null;
  /** Claim `sid`: the token is good for that session only. null: for all. */
  readonly sessionId: string | null;
  readonly expiresAtUnixMs: number;
};

export type SeatRole = "player" | "spectator";

export type Ticket = {
  /** Claim `jti`: whoever admits the socket uses it up. */
  readonly ticketId: string;
  readonly sessionId: string;
  readonly playerId: string;
  readonly role: SeatRole;
  readonly expiresAtUnixMs: number;
};

/** A service of ours, such as a gateway on its Relay stream. */
export type InternalCaller = { readonly name: string; readonly expiresAtUnixMs: number };

/** Services and admins may name another player in a request; everybody else acts for `sub` alone. */
export function actsForOthers(principal: Principal): boolean {
  return principal.roles.has("service") || principal.roles.has("admin");
}

export function isRole(text: unknown): text is Role {
  return (ROLES as readonly unknown[]).includes(text);
}
