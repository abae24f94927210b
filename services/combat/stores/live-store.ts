/**
 * Live store: the second copy of running sessions, beside their owner's memory. Of each session it keeps who may write
 * (the epoch), the newest checkpoint and the one before, and the journal: entries since then, each with events.
 * Order: writes take effect in the order given, also over calls that do not wait for each other.
 * Atomicity: each session's write is taken whole or not at all; a call with several is not one transaction.
 * Fence: a write of another epoch than the one that opened or took the session changes nothing.
 * Loss: what is "kept" is there for the next owner as long as the store keeps its data (memory: as this process lives).
 * Every call rejects with StoreUnavailable when the store is away or late; the outcome is then unknown, and the same
 * call may be given again: it is carried out once.
 * A store that was out of reach may come back with less than it answered for (an older snapshot, a replica that lagged, a
 * lost end). It says so by its verdicts, `onBack` by when to ask, and `backAtMs` to who only reads.
 * Not here: what the bytes mean (state-codec.ts), who may own a session (session-store.ts counts the epochs).
 */

/** Events and what they changed. `lastSeq` is the number of the last event in it, and the entry's own. */
export type JournalEntry = { readonly lastSeq: number; readonly bytes: Uint8Array };

/** A whole session, after the event with number `lastSeq`. */
export type Checkpoint = { readonly lastSeq: number; readonly bytes: Uint8Array };

export type LiveWrite = {
  readonly sessionId: string;
  readonly epoch: number;
  /** Events up to this number were kept: a store that does not reach so far has lost some. Null does not ask. */
  readonly afterSeq: number | null;
  /** An entry whose number is not above the newest one's is there already, and is left as it is. */
  readonly entry: JournalEntry | null;
  /** Becomes the newest checkpoint, unless it is of an earlier event; the newest becomes the one before. The same bytes again change nothing. */
  readonly checkpoint: Checkpoint | null;
  /** Entries up to this number are not needed any more; null leaves all. */
  readonly trimSeq: number | null;
  /** Events up to this number are published; null leaves what is noted. */
  readonly publishedSeq: number | null;
};

/**
 * kept: it is there. fenced: a newer owner has the session. missing: the store knows nothing of the session, or has lost
 * track of its journal: the owner opens it anew, with all of it. stale: what is there is from an older owner, or does not
 * reach as far as was kept: whoever owns the session by the records takes it, and writes on from what is there.
 */
export type WriteVerdict = "kept" | "fenced" | "missing" | "stale";

/** What a taker finds: all that the newest state needs. Older entries may wait to be published (`entries`). */
export type KeptSession = {
  readonly checkpoint: Checkpoint | null;
  readonly previous: Checkpoint | null;
  /** Those after the checkpoint before, in order; the newest one at least. */
  readonly entries: readonly JournalEntry[];
  readonly publishedSeq: number;
};

export type LiveStore = {
  /** Verdicts in the order of the writes. */
  write(writes: readonly LiveWrite[]): Promise<WriteVerdict[]>;
  /**
   * As write, but a session that the store does not know is begun with it, and a journal whose place for the entry is
   * taken is begun anew if the checkpoint covers the entry. The checkpoint becomes the one before as well: whoever
   * opens cannot rely on what was there. Never "missing". Over a newer owner's session it is "fenced", over an older
   * one's "stale": whoever is newer takes first.
   */
  open(writes: readonly LiveWrite[]): Promise<WriteVerdict[]>;
  /** Fences all older epochs off and answers what is kept; "fenced" when a newer epoch is there already. */
  take(session: { readonly sessionId: string; readonly epoch: number }): Promise<KeptSession | "missing" | "fenced">;
  /** The first entries after the event with number `afterSeq`, some or all there are, for reading alone. */
  entries(sessionId: string, afterSeq: number): Promise<readonly JournalEntry[]>;
  /** The newest checkpoint, for reading alone; null too where what is there has not been written for `ageMsMax`. */
  read(sessionId: string, ageMsMax: number): Promise<Checkpoint | null>;
  /**
   * The session is over: what is kept of it, by this owner or an older one, is forgotten after `ms`. "missing" when it is
   * gone already.
   */
  finish(session: { readonly sessionId: string; readonly epoch: number; readonly ms: number }): Promise<WriteVerdict>;
  /**
   * When the store last came within reach (monotonic): what is read and was written before may be older than what was
   * answered for. Minus infinity where it can lose nothing.
   */
  readonly backAtMs: number;
  /** Called whenever the store was out of reach and is there again. Whoever writes sets it. */
  onBack: () => void;
  close(): Promise<void>;
};
