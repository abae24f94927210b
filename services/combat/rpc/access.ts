/**
 * Access: who may do what to a session, by the verified principal alone.
 * Law: a player acts for its own `sub`; host, services and admins change a session; services and admins act for others.
 */
import { actsForOthers, type Principal } from "#auth/principal.ts";
import { ProblemError, problem } from "#wire/problem.ts";
import type { SessionRecord } from "../stores/session-store.ts";
import { uuid } from "./decode.ts";

/** The player a call is about: the caller, or whom a service or an admin names. */
export function playerOf(principal: Principal, field: string, named: string | undefined): string {
  const playerId = named === undefined ? principal.playerId : uuid(field, named);
  if (playerId !== principal.playerId && !actsForOthers(principal)) {
    throw forbidden("A player acts for itself alone", { field, got: playerId, allowed: principal.playerId });
  }
  return playerId;
}

/** Those who may take part: a token of a mere spectator may not. */
export function requirePlayer(principal: Principal): void {
  if (principal.roles.has("player") || actsForOthers(principal)) return;
  throw forbidden("This token may watch, not play", { roles: [...principal.roles] });
}

export function requireService(principal: Principal): void {
  if (!actsForOthers(principal)) throw forbidden("For services and admins only", { roles: [...principal.roles] });
}

/** A token that was made for one session is good for no other. */
export function requireScope(principal: Principal, sessionId: string): void {
  if (principal.sessionId === null || principal.sessionId === sessionId) return;
  throw forbidden("This token is for another session", { session_id: sessionId });
}

export function requireHost(principal: Principal, record: { hostPlayerId: string }): void {
  if (record.hostPlayerId === principal.playerId || actsForOthers(principal)) return;
  throw forbidden("Only the session's host, services and admins may change or end it", {});
}

/** Private sessions are seen by those in them, their host, services and admins. */
export function requireSight(principal: Principal, record: SessionRecord): void {
  if (!record.settings.isPrivate || actsForOthers(principal) || record.hostPlayerId === principal.playerId) return;
  if (record.participants.some((participant) => participant.playerId === principal.playerId)) return;
  throw forbidden("This session is private", { session_id: record.id });
}

/** Private sessions are joined by those on their roster; others only when a service or an admin brings them. */
export function requireInvitation(principal: Principal, isPrivate: boolean, hasSeat: boolean): void {
  if (isPrivate && !hasSeat && !actsForOthers(principal)) throw forbidden("This session is private", {});
}

function forbidden(message: string, details: Record<string, string | readonly string[]>): ProblemError {
  return new ProblemError(problem("FORBIDDEN", message, details));
}
