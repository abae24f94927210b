/**
 * Elsewhere: what is answered about a session that does not live in this process.
 * In:  a session's id.   Out: SESSION_NOT_FOUND; INVALID_STATE_TRANSITION when it is over; else UNAVAILABLE, with `served_at`
 *      (host:port of the owner's gRPC) where the owner lives and said where it is; without, while the session moves from
 *      one owner to the next.
 * Law: nothing of the call was done, so whoever asked may ask there at once. Many who ask about one session at once cost
 *      one read of the records.
 */
import type { Clock } from "#kit/clock.ts";
import { type Problem, type ProblemDetails, problem } from "#wire/problem.ts";
import type { SessionRecord, SessionStore } from "../stores/session-store.ts";
import { isOver } from "./lifecycle.ts";
import type { Watch } from "./watch.ts";

const RETRY_AFTER_MS = 1_000;

export type ElsewhereParts = {
  readonly sessions: Pick<SessionStore, "get">;
  readonly watch: Pick<Watch, "addressOf">;
  readonly clock: Clock;
};

export class Elsewhere {
  private readonly parts: ElsewhereParts;
  private readonly underway = new Map<string, Promise<Problem>>();

  constructor(parts: ElsewhereParts) {
    this.parts = parts;
  }

  /** Rejects with StoreUnavailable when the records are away. */
  problemFor(sessionId: string): Promise<Problem> {
    const known = this.underway.get(sessionId);
    if (known !== undefined) return known;
    const asked = this.ask(sessionId).finally(() => this.underway.delete(sessionId));
    this.underway.set(sessionId, asked);
    return asked;
  }

  private async ask(sessionId: string): Promise<Problem> {
    const { sessions, watch, clock } = this.parts;
    const record = await sessions.get(sessionId);
    if (record === null) return sessionNotFound(sessionId);
    if (isOver(record.status)) return overProblem(record.status);
    const address = watch.addressOf(record.owner, clock.nowMs());
    const details: ProblemDetails = { session_id: sessionId, retry_after_ms: RETRY_AFTER_MS };
    if (address === null) return problem("UNAVAILABLE", "The session is not served here just now; try again", details);
    return problem("UNAVAILABLE", "Another instance serves the session", { ...details, served_at: address });
  }
}

export function sessionNotFound(sessionId: string): Problem {
  return problem("SESSION_NOT_FOUND", `Combat session with ID '${sessionId}' not found`, { session_id: sessionId });
}

export function overProblem(status: SessionRecord["status"]): Problem {
  return problem("INVALID_STATE_TRANSITION", `The session is ${status}`, { status });
}
