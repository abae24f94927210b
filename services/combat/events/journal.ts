/**
 * Journal: what was shown is kept. Frames that carry events leave only after the journal accepted those events.
 * Order: events of one session in the order given. Atomicity: a batch is accepted whole or not at all.
 * Loss: what `append` resolved for survives what the adapter promises; memory survives nothing but is asked the same way.
 */
import type { SessionEvent } from "../session/session-events.ts";

export type Journal = {
  append(events: readonly SessionEvent[]): Promise<void>;
};

/** Hands every accepted event on, at once; what is read again after a crash needs a real store. */
export class MemoryJournal implements Journal {
  private readonly accepted: (events: readonly SessionEvent[]) => void;

  constructor(accepted: (events: readonly SessionEvent[]) => void) {
    this.accepted = accepted;
  }

  append(events: readonly SessionEvent[]): Promise<void> {
    this.accepted(events);
    return Promise.resolve();
  }
}
