/** Read journal: kept events of a session, for a publisher that had no room for them when they were told, or was not there. */
import type { SessionEvent } from "../session/session-events.ts";
import type { LiveStore } from "../stores/live-store.ts";
import { BrokenBlock, decodeEntry } from "../stores/state-codec.ts";

/**
 * Events with numbers above `afterSeq`, in order, each once; some of them, or all there are. Unreadable entries are passed
 * over.
 */
export async function readJournal(live: LiveStore, sessionId: string, afterSeq: number): Promise<SessionEvent[]> {
  const bySeq = new Map<number, SessionEvent>();
  for (const { bytes } of await live.entries(sessionId, afterSeq)) {
    try {
      for (const event of decodeEntry(sessionId, bytes).events) if (event.seq > afterSeq) bySeq.set(event.seq, event);
    } catch (error) {
      if (!(error instanceof BrokenBlock)) throw error; // What is missing then is told as a gap.
    }
  }
  return [...bySeq.values()].sort((one, other) => one.seq - other.seq); // Written again as a whole, some are there twice.
}
