/**
 * Elsewhere: what is answered about a session that lives, but not in this process.
 * In:  a session's id.   Out: UNAVAILABLE, with `served_at` (host:port of the owner's gRPC) where the owner lives and said
 *      where it is; without, while the session moves from one owner to the next.
 * Law: nothing of the call was done, so whoever asked may ask there at once. Many who ask about one session at once cost one
 *      read of the records.
 */
import type { Clock } from "#kit/clock.ts";
import { type Problem, type ProblemDetails, problem } from "#wire/problem.ts";
import type { SessionStore } from "../stores/session-store.ts";
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
    const address = record === null ? null : watch.addressOf(record.owner, clock.nowMs());
    const details: ProblemDetails = { session_id: sessionId, retry_after_ms: RETRY_AFTER_MS };
    if (address === null) return problem("UNAVAILABLE", "The session is not served here just now; try again", details);
    return problem("UNAVAILABLE", "Another instance serves the session", { ...details, served_at: address });
  }
}
