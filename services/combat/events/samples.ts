/**
 * Samples: what is worth publishing only while it is fresh, waiting for the sink.
 * In:  samples, session by session.   Out: the oldest that wait, each saying how many of its session and kind were given up
 *      before it (of shots and findings: these, not records).
 * Law: never more than SAMPLES_WAITING_MAX; beyond, the oldest goes, counted; what speaks against players goes last.
 */
import { SAMPLES_WAITING_MAX } from "../limits.ts";
import { type EventBody, isSample, type SessionEvent } from "../session/session-events.ts";

export class Samples {
  /** Since the start. */
  givenUp = 0;
  private waiting: SessionEvent[] = [];
  /** Given up since the last of its kind that was taken, by session and kind. */
  private readonly skipped = new Map<string, number>();

  get count(): number {
    return this.waiting.length;
  }

  add(sample: SessionEvent): void {
    this.waiting.push(sample);
    if (this.waiting.length <= SAMPLES_WAITING_MAX) return;
    const first = this.waiting.findIndex(({ body }) => body.kind !== "movement_checked");
    const [oldest] = this.waiting.splice(Math.max(0, first), 1);
    if (oldest === undefined) return;
    this.givenUp += 1;
    const key = keyOf(oldest);
    this.skipped.set(key, (this.skipped.get(key) ?? 0) + countOf(oldest.body));
  }

  /** The oldest, up to so many. */
  take(countMax: number): SessionEvent[] {
    if (this.waiting.length === 0) return [];
    return this.waiting.splice(0, countMax).map((sample) => {
      const { body } = sample;
      const skipped = this.skipped.get(keyOf(sample));
      if (skipped === undefined || !isSample(body)) return sample;
      this.skipped.delete(keyOf(sample));
      return { ...sample, body: { ...body, skipped: body.skipped + skipped } };
    });
  }

  forget(sessionId: string): void {
    for (const key of this.skipped.keys()) if (key.startsWith(`${sessionId} `)) this.skipped.delete(key);
    if (this.waiting.length > 0) this.waiting = this.waiting.filter((sample) => sample.sessionId !== sessionId);
  }
}

/** What is lost with a record. */
function countOf(body: EventBody): number {
  if (body.kind === "shots_fired") return body.shots.length + body.skipped;
  if (body.kind !== "movement_checked") return 1;
  return body.findings.reduce((sum, { count }) => sum + count, body.skipped);
}

function keyOf({ sessionId, body }: SessionEvent): string {
  return `${sessionId} ${body.kind}`;
}
