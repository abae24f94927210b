/**
 * Restore: makes a session of what the live store kept of it.
 * In:  checkpoints and journal entries as bytes.   Out: the newest whole state, and how far events can be read.
 * Law: everything that was kept is in the state: it is the newest readable checkpoint with every entry after it. What
 *      cannot be read is passed over and said; throws NewerBlock where only a newer release can; an entry that does not follow on what is there already is not guessed at.
 * Not here: events that wait to be published (events/read-journal.ts): those may be many, and no state needs them.
 */
import type { KeptSession } from "../stores/live-store.ts";
import { BrokenBlock, decodeEntry, decodeState, type Entry, NewerBlock } from "../stores/state-codec.ts";
import { patched, type SessionState } from "./state.ts";

export type Restored = {
  /** Null when nothing readable is left. */
  state: SessionState | null;
  /** Of the last event that is published or can be read. Below `topSeq`, what came after it is lost. */
  toldSeq: number;
  /**
   * The highest number that anything kept has. It is above the state's own where something is broken: those events are
   * lost, and whoever goes on must number past them, for a store takes no number twice.
   */
  topSeq: number;
  /** What could not be read or used, for the log. */
  broken: string[];
};

export function restore(sessionId: string, kept: KeptSession): Restored {
  const broken: string[] = [];
  const attempt = <T>(what: string, read: () => T): T | null => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof BrokenBlock) || error instanceof NewerBlock) throw error;
      broken.push(`${what}: ${error.message}`);
      return null;
    }
  };
  const entries: Entry[] = [];
  for (const { lastSeq, bytes } of kept.entries) {
    const entry = attempt(`entry ${lastSeq}`, () => decodeEntry(sessionId, bytes));
    if (entry !== null) entries.push(entry);
  }
  const { checkpoint, previous } = kept;
  const base =
    (checkpoint && attempt("checkpoint", () => decodeState(checkpoint.bytes))) ??
    (previous && attempt("checkpoint before", () => decodeState(previous.bytes)));
  const state = entries.reduce<SessionState | null>((at, entry) => following(at, entry, broken), base ?? null);
  const toldSeq = Math.max(kept.publishedSeq, ...entries.map(({ events }) => events.at(-1)?.seq ?? 0));
  return { state, toldSeq, topSeq: topSeqOf(kept, state), broken };
}

function topSeqOf({ checkpoint, previous, entries, publishedSeq }: KeptSession, state: SessionState | null): number {
  const numbers = [checkpoint?.lastSeq, previous?.lastSeq, entries.at(-1)?.lastSeq, state?.start.lastSeq];
  return Math.max(publishedSeq, ...numbers.map((number) => number ?? 0));
}

/** The state after an entry; or as it was, when the entry is older or does not follow on it. */
function following(state: SessionState | null, entry: Entry, broken: string[]): SessionState | null {
  const first = entry.events[0]?.seq ?? 0;
  const last = entry.events.at(-1)?.seq ?? 0;
  if (state !== null && last <= state.start.lastSeq) return state;
  if ("state" in entry.after) return entry.after.state;
  if (state === null || first > state.start.lastSeq + 1) {
    broken.push(`entry ${last}: begins with event ${first}, after a gap`);
    return state;
  }
  return patched(state, entry.after.patch, entry.events);
}
