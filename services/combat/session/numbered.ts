/**
 * Numbered: what a session told and nobody has taken yet, numbered without gaps.
 * In:  bodies, one after the other.   Out: events, each once, in order of `seq`.
 */
import type { EventBody, SessionEvent } from "./session-events.ts";

export class Numbered {
  /** Of the last event told, here or by an owner before. */
  lastSeq: number;
  private events: SessionEvent[] = [];
  private readonly session: { readonly sessionId: string; readonly epoch: number };

  constructor({ id: sessionId, epoch, lastSeq }: { id: string; epoch: number; lastSeq: number }) {
    this.session = { sessionId, epoch };
    this.lastSeq = lastSeq;
  }

  /** Of the last event that was taken, here or by an owner before. */
  get lastTakenSeq(): number {
    return (this.events[0]?.seq ?? this.lastSeq + 1) - 1;
  }

  handle(body: EventBody, at: { tick: number; atUnixMs: number }): void {
    this.lastSeq += 1;
    this.events.push({ ...this.session, seq: this.lastSeq, ...at, body });
  }

  poll(): SessionEvent[] {
    const { events } = this;
    this.events = []; // Also of none: what is told waits, and must not grow meanwhile.
    return events;
  }

  /** What was told up to here was told by an owner before. */
  handleReopened(lastSeq: number): void {
    this.events = [];
    this.lastSeq = lastSeq;
  }
}
