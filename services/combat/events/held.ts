/**
 * Held: events that were shown while their session's journal could not be written, and for which the publisher's queue has
 * no room: until the journal has them, this is the one place where they are.
 * In:  such events, session by session in order.   Out: the same, to be written to the journal or published.
 * Law: never more than `countMax`; beyond, the newest are not held, and are told as a gap when their turn comes.
 */
import type { SessionEvent } from "../session/session-events.ts";

export class Held {
  private readonly bySession = new Map<string, SessionEvent[]>();
  private count = 0;
  private readonly countMax: number;

  constructor(countMax: number) {
    this.countMax = countMax;
  }

  add(event: SessionEvent): void {
    if (this.count >= this.countMax) return;
    this.count += 1;
    const events = this.bySession.get(event.sessionId);
    if (events === undefined) this.bySession.set(event.sessionId, [event]);
    else events.push(event);
  }

  all(): SessionEvent[] {
    return [...this.bySession.values()].flat();
  }

  /** What a journal gave, with what is held before its end or right behind it; where it gave nothing, what is held. */
  mergedInto(sessionId: string, events: readonly SessionEvent[]): readonly SessionEvent[] {
    const held = this.bySession.get(sessionId);
    if (held === undefined) return events;
    if (events.length === 0) return held;
    const bySeq = new Map([...held, ...events].map((event) => [event.seq, event]));
    let last = events.at(-1)!.seq;
    while (bySeq.has(last + 1)) last += 1;
    return [...bySeq.values()].filter(({ seq }) => seq <= last).sort((one, other) => one.seq - other.seq);
  }

  /** Events up to this number are in the queue, or lost. */
  release(sessionId: string, seq: number): void {
    const held = this.bySession.get(sessionId);
    if (held === undefined) return;
    const left = held.filter((event) => event.seq > seq);
    this.count -= held.length - left.length;
    if (left.length === 0) this.bySession.delete(sessionId);
    else this.bySession.set(sessionId, left);
  }

  forget(sessionId: string): void {
    this.release(sessionId, Number.POSITIVE_INFINITY);
  }
}
