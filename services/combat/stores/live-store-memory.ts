/**
 * Live store in this process's memory: the default where nothing is installed. What is kept dies with the process.
 * In:  LiveWrite.   Out: verdicts in the order of the writes.
 * Law: as live-store.ts says; bytes are copied on their way in and out. Stores over one table see the same sessions.
 */
import { assert } from "#kit/assert.ts";
import type { Checkpoint, JournalEntry, KeptSession, LiveStore, LiveWrite, WriteVerdict } from "./live-store.ts";
import { StoreUnavailable } from "./session-store.ts";

type Held = {
  epoch: number;
  checkpoint: Checkpoint | null;
  previous: Checkpoint | null;
  /** In order, each number above the one before. */
  readonly entries: JournalEntry[];
  /** The newest entry's number, also when it is trimmed. */
  topSeq: number;
  trimmedSeq: number;
  publishedSeq: number;
  /** Monotonic. */
  writtenAtMs: number;
  forgetting: NodeJS.Timeout | null;
};

export type LiveTable = Map<string, Held>;

export function createMemoryLiveStore(table: LiveTable = new Map()): LiveStore {
  return new MemoryLiveStore(table);
}

/** By how much a checkpoint may grow in its place. */
const SPARE_BYTES = 1024;

class MemoryLiveStore implements LiveStore {
  readonly backAtMs = Number.NEGATIVE_INFINITY;
  onBack = () => {}; // It is never out of reach.
  private readonly table: LiveTable;
  private closed = false;

  constructor(table: LiveTable) {
    this.table = table;
  }

  async write(writes: readonly LiveWrite[]): Promise<WriteVerdict[]> {
    this.checkOpen("write");
    return writes.map((write) => {
      const held = this.table.get(write.sessionId);
      return held === undefined ? "missing" : apply(held, write, { opens: false });
    });
  }

  async open(writes: readonly LiveWrite[]): Promise<WriteVerdict[]> {
    this.checkOpen("open");
    const verdicts = writes.map((write) => {
      const held = this.table.get(write.sessionId) ?? begun(write.epoch);
      const verdict = apply(held, write, { opens: true });
      if (verdict === "kept") this.table.set(write.sessionId, held);
      return verdict;
    });
    if (verdicts.includes("missing")) throw new StoreUnavailable("open: a later entry is there already");
    return verdicts;
  }

  async take({ sessionId, epoch }: { sessionId: string; epoch: number }): Promise<KeptSession | "missing" | "fenced"> {
    this.checkOpen("take");
    const held = this.table.get(sessionId);
    if (held === undefined) return "missing";
    if (held.epoch > epoch) return "fenced";
    held.epoch = epoch;
    revive(held);
    return {
      checkpoint: held.checkpoint && copied(held.checkpoint),
      previous: held.previous && copied(held.previous),
      entries: sinceBefore(held).map(copied),
      publishedSeq: held.publishedSeq,
    };
  }

  async entries(sessionId: string, afterSeq: number): Promise<JournalEntry[]> {
    this.checkOpen("entries");
    const entries = this.table.get(sessionId)?.entries ?? [];
    return entries.filter(({ lastSeq }) => lastSeq > afterSeq).map(copied);
  }

  async read(sessionId: string, ageMsMax: number): Promise<Checkpoint | null> {
    this.checkOpen("read");
    const held = this.table.get(sessionId);
    if (held === undefined || held.checkpoint === null) return null;
    return performance.now() - held.writtenAtMs > ageMsMax ? null : copied(held.checkpoint);
  }

  async finish({ sessionId, epoch, ms }: { sessionId: string; epoch: number; ms: number }): Promise<WriteVerdict> {
    this.checkOpen("finish");
    const held = this.table.get(sessionId);
    if (held === undefined) return "missing";
    if (held.epoch > epoch) return "fenced";
    revive(held);
    held.forgetting = setTimeout(() => this.table.delete(sessionId), ms).unref();
    return "kept";
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  private checkOpen(what: string): void {
    if (this.closed) throw new StoreUnavailable(`${what}: the store is closed`);
  }
}

function begun(epoch: number): Held {
  return {
    epoch,
    checkpoint: null,
    previous: null,
    entries: [],
    topSeq: -1,
    trimmedSeq: -1,
    publishedSeq: 0,
    writtenAtMs: 0,
    forgetting: null,
  };
}

function apply(held: Held, write: LiveWrite, { opens }: { opens: boolean }): WriteVerdict {
  const { entry, checkpoint, trimSeq, publishedSeq, afterSeq } = write;
  for (const number of [write.epoch, entry?.lastSeq, checkpoint?.lastSeq, trimSeq, publishedSeq, afterSeq]) {
    assert((number ?? 0) >= 0 && Number.isSafeInteger(number ?? 0), "epochs and numbers of events are whole numbers");
  }
  if (held.epoch > write.epoch) return "fenced";
  if (held.epoch < write.epoch || (!opens && (afterSeq ?? -1) > reachOf(held))) return "stale";
  if (entry !== null) {
    if (entry.lastSeq > held.topSeq) append(held, entry);
    else if (!isThere(held, entry, opens) && isNeeded(held, write, entry.lastSeq)) {
      // It is nowhere, and its place is taken: the owner has to open the session anew, with all of it.
      if (!opens || (checkpoint?.lastSeq ?? -1) < entry.lastSeq) return "missing";
      held.entries.length = 0;
      append(held, entry);
    }
  }
  if (trimSeq !== null) trim(held, trimSeq);
  if (checkpoint !== null && (opens ? !isOlder(checkpoint, held.checkpoint) : isNews(held.checkpoint, checkpoint))) {
    const spent = held.checkpoint === null ? null : held.previous;
    held.previous = opens ? copied(checkpoint) : (held.checkpoint ?? held.previous);
    held.checkpoint = copiedInto(opens ? null : spent, checkpoint);
  }
  held.publishedSeq = Math.max(held.publishedSeq, publishedSeq ?? 0);
  held.writtenAtMs = performance.now();
  revive(held);
  return "kept";
}

function sinceBefore({ entries, previous }: Held): JournalEntry[] {
  const since = entries.filter(({ lastSeq }) => lastSeq > (previous?.lastSeq ?? -1));
  return since.length > 0 ? since : entries.slice(-1);
}

/** Events up to here are in the journal, in a checkpoint or published. */
function reachOf({ topSeq, checkpoint, publishedSeq }: Held): number {
  return Math.max(topSeq, checkpoint?.lastSeq ?? -1, publishedSeq);
}

/** Whoever opens means this very entry; whoever writes, its number. */
function isThere(held: Held, entry: JournalEntry, exactly: boolean): boolean {
  const there = held.entries.find(({ lastSeq }) => lastSeq === entry.lastSeq);
  return there !== undefined && (!exactly || Buffer.compare(there.bytes, entry.bytes) === 0);
}

/** False for what is trimmed, or published and within a checkpoint. */
function isNeeded(held: Held, { checkpoint, publishedSeq }: LiveWrite, lastSeq: number): boolean {
  const inCheckpoint = lastSeq <= Math.max(held.checkpoint?.lastSeq ?? -1, checkpoint?.lastSeq ?? -1);
  const isPublished = lastSeq <= Math.max(held.publishedSeq, publishedSeq ?? -1);
  return lastSeq > held.trimmedSeq && !(inCheckpoint && isPublished);
}

/** Of an earlier event. */
function isOlder(given: Checkpoint, newest: Checkpoint | null): boolean {
  return newest !== null && given.lastSeq < newest.lastSeq;
}

/** Not of an earlier event, and not the very same. */
function isNews(newest: Checkpoint | null, given: Checkpoint): boolean {
  if (newest === null || given.lastSeq > newest.lastSeq) return true;
  return given.lastSeq === newest.lastSeq && Buffer.compare(given.bytes, newest.bytes) !== 0;
}

function append(held: Held, entry: JournalEntry): void {
  held.entries.push(copied(entry));
  held.topSeq = entry.lastSeq;
}

function trim(held: Held, trimSeq: number): void {
  const left = held.entries.findIndex(({ lastSeq }) => lastSeq > trimSeq);
  held.entries.splice(0, left === -1 ? held.entries.length : left);
  held.trimmedSeq = Math.max(held.trimmedSeq, trimSeq);
}

/** Takes back that the session is to be forgotten. */
function revive(held: Held): void {
  if (held.forgetting === null) return;
  clearTimeout(held.forgetting);
  held.forgetting = null;
}

function copied({ lastSeq, bytes }: JournalEntry): JournalEntry {
  return { lastSeq, bytes: Uint8Array.from(bytes) };
}

/**
 * In the bytes of a checkpoint that is not needed any more, where it fits. A checkpoint lives for two seconds: new bytes for
 * each would all grow old before they are garbage, and make the collector look at the whole heap every few seconds.
 */
function copiedInto(spent: Checkpoint | null, { lastSeq, bytes }: Checkpoint): Checkpoint {
  const fits = spent !== null && spent.bytes.buffer.byteLength >= bytes.length;
  const room = fits ? spent.bytes.buffer : new ArrayBuffer(bytes.length + SPARE_BYTES);
  const kept = new Uint8Array(room, 0, bytes.length);
  kept.set(bytes);
  return { lastSeq, bytes: kept };
}
