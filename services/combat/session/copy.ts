/**
 * Copy: what is known here of one session's second copy in the live store, and what follows from it.
 * Not here: writing it (copy-writer.ts), when (keeper.ts).
 */
import { CHECKPOINT_IDLE_MS, CHECKPOINT_MS } from "../limits.ts";
import { KnownBytes } from "../stores/known-bytes.ts";
import type { Hosted } from "./hosted.ts";
import { isOver } from "./lifecycle.ts";

/** kept: it will be found. degraded: shown all the same, and written again. fenced: somebody else owns the session. */
export type KeepVerdict = "kept" | "degraded" | "fenced";

export type Copy = {
  /** The live store has this session under our epoch; events up to `keptSeq` are there, or published. */
  opened: boolean;
  keptSeq: number;
  /** Events up to here were shown and may not be kept; null while all are. Then the next write is the whole session. */
  degradedSeq: number | null;
  /** When the newest checkpoint was written (monotonic), and after which event. */
  checkpointAtMs: number;
  checkpointSeq: number;
  /** After which event the newest of an earlier event was written. */
  previousSeq: number;
  /** What of it is known as bytes, from the newest checkpoint. */
  readonly known: KnownBytes;
  /** The newest change of the record that tells something, and the event it was told by; null when it is published. */
  unsettled: { version: number; seq: number } | null;
  /** The session is over and published, and the live store keeps it for a while at most. */
  ends: boolean;
  finished: boolean;
};

/** `keptSeq` of a session that is in the live store under our epoch already; else null. */
export function newCopy(nowMs: number, keptSeq: number | null): Copy {
  const unsettled = null;
  return {
    opened: keptSeq !== null,
    keptSeq: keptSeq ?? 0,
    degradedSeq: null,
    checkpointAtMs: nowMs - Math.random() * CHECKPOINT_MS, // Spread: 500 sessions must not write in one turn.
    checkpointSeq: 0,
    previousSeq: 0,
    known: new KnownBytes(),
    unsettled,
    ends: false,
    finished: false,
  };
}

/** A checkpoint is due. */
export function isDue(hosted: Hosted, nowMs: number): boolean {
  const { session, copy } = hosted;
  // First of all: it is asked of every session a hundred times a second, and the session itself is far from the caches.
  if (nowMs - copy.checkpointAtMs < CHECKPOINT_MS || copy.finished || copy.degradedSeq !== null) return false;
  if (session.status !== "active" && nowMs - copy.checkpointAtMs < CHECKPOINT_IDLE_MS) return false;
  return isAtRest(hosted) && !isKeptWhole(hosted); // Of what is kept whole nothing changes any more.
}

/** A state must not run ahead of the journal: what its last event is must have been kept, or be in the same write. */
export function isAtRest({ session, journaling }: Hosted): boolean {
  return !journaling && !session.hasEvents;
}

/** The next write must be the whole session: without it what is there would have a gap, or no beginning. */
export function needsWhole({ opened, degradedSeq }: Copy): boolean {
  return !opened || degradedSeq !== null;
}

/** Over, recorded, shown, and kept as it stands: nothing needs it here, but to be published and settled. */
export function isKeptWhole(hosted: Hosted): boolean {
  const { session, copy, unsaved, ticking } = hosted;
  if (!isOver(session.status) || ticking !== null || unsaved || session.hasRecordChanged) return false;
  return isAtRest(hosted) && !needsWhole(copy) && copy.keptSeq >= session.seqOfLastEvent;
}

/** What was shown up to now may not be kept. */
export function degrade({ session, copy }: Hosted): "degraded" {
  copy.degradedSeq = session.seqOfLastEvent;
  return "degraded";
}
