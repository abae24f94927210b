/**
 * Desk: finds the session a call is about and says whether the caller may have it. Shared by all handlers.
 * Law: an id that is no UUID is INVALID_ARGUMENT, one that nobody knows SESSION_NOT_FOUND, one of a session that is
 * over INVALID_STATE_TRANSITION wherever something living is needed.
 */
import type { Principal } from "#auth/principal.ts";
import { type Problem, ProblemError, problem, type Result } from "#wire/problem.ts";
import type { Change } from "../session/changes.ts";
import { type Elsewhere, overProblem, sessionNotFound } from "../session/elsewhere.ts";
import type { SessionHost } from "../session/host.ts";
import type { Hosted } from "../session/hosted.ts";
import { isOver } from "../session/lifecycle.ts";
import type { Seat } from "../session/roster.ts";
import type { Session } from "../session/session.ts";
import type { SessionRecord } from "../stores/session-store.ts";
import * as access from "./access.ts";
import { uuid } from "./decode.ts";

export class Desk {
  readonly host: SessionHost;

  private readonly elsewhere: Pick<Elsewhere, "problemFor">;

  constructor(host: SessionHost, elsewhere: Pick<Elsewhere, "problemFor">) {
    this.host = host;
    this.elsewhere = elsewhere;
  }

  /** The record of a session the caller may see. */
  async record(principal: Principal, sessionId: string): Promise<SessionRecord> {
    const record = await this.known(principal, sessionId, (id) => this.host.lookup.read(id));
    access.requireSight(principal, record);
    return record;
  }

  /** The living session. Whether it is private is the caller's business: those on its roster may join. */
  async hosted(principal: Principal, sessionId: string): Promise<Hosted> {
    const record = await this.known(principal, sessionId);
    const hosted = this.host.find(sessionId);
    if (hosted !== null && !isOver(hosted.session.status)) return hosted;
    access.requireSight(principal, record);
    throw new ProblemError(await this.notHere(record));
  }

  /** Why a session that is not hosted here cannot be had: it is over, or served by another instance. */
  async notHere({ id, status }: Pick<SessionRecord, "id" | "status">): Promise<Problem> {
    return isOver(status) ? overProblem(status) : this.elsewhere.problemFor(id);
  }

  /** For those who may change the session: it as it lives, or as it ended. */
  async changeable(principal: Principal, sessionId: string): Promise<{ hosted: Hosted | null; record: SessionRecord }> {
    const record = await this.known(principal, sessionId);
    access.requireHost(principal, record);
    const hosted = this.host.find(sessionId);
    return { hosted: hosted !== null && !isOver(hosted.session.status) ? hosted : null, record };
  }

  async change<T>(hosted: Hosted, plan: () => Result<Change<T>>): Promise<T> {
    return unwrap(await this.host.change(hosted, plan));
  }

  private async known(
    principal: Principal,
    sessionId: string,
    find = (id: string) => this.host.lookup.record(id),
  ): Promise<SessionRecord> {
    uuid("session_id", sessionId);
    access.requireScope(principal, sessionId);
    const record = await find(sessionId);
    if (record === null) throw new ProblemError(sessionNotFound(sessionId));
    return record;
  }
}

export function sittingSeat(session: Session, playerId: string): Seat {
  const seat = session.roster.seat(playerId);
  if (seat !== null && seat.connection !== "left") return seat;
  throw new ProblemError(
    problem("PARTICIPANT_NOT_FOUND", `Player '${playerId}' does not play in this session`, { player_id: playerId }),
  );
}

export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new ProblemError(result.problem);
}
