/**
 * Lookup: what is known of any session, wherever it is.
 * In:  an id.   Out: its record, and what answered: this process's memory, the live store (it lives in another instance),
 *      or the records; null where it is over or unknown, which is the records' to answer by design.
 * Law: a session that is not over is answered from memory or the live store whenever one of them has it. Right after the
 *      live store came within reach its copies may be older than the records: then the newer of the two is told.
 */
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import { LIVE_READ_AGE_MS_MAX } from "../limits.ts";
import type { LiveStore } from "../stores/live-store.ts";
import type { SessionRecord, SessionStore } from "../stores/session-store.ts";
import { decodeState } from "../stores/state-codec.ts";
import type { Hosted } from "./hosted.ts";
import { isOver } from "./lifecycle.ts";
import { recordOf } from "./record.ts";
import { sessionOf } from "./state.ts";

export type LookupParts = { live: LiveStore; sessions: SessionStore; clock: Clock; log: Log };

/** The live store tells ages in whole seconds. */
const AGE_STEP_MS = 1_000;

type Found = { record: SessionRecord | null; from: "memory" | "live" | "records" | null };

export class Lookup {
  /** Where reads of sessions that are not over were answered from. */
  readonly reads = { memory: 0, live: 0, records: 0 };
  private readonly parts: LookupParts;
  private readonly hosted: ReadonlyMap<string, Hosted>;

  constructor(parts: LookupParts, hosted: ReadonlyMap<string, Hosted>) {
    this.parts = parts;
    this.hosted = hosted;
  }

  /** The record of any session there ever was: from memory, else as it lives elsewhere, else as it was saved. */
  async record(id: string): Promise<SessionRecord | null> {
    return (await this.find(id)).record;
  }

  /** As record, for those who read: what answered is counted. */
  async read(id: string): Promise<SessionRecord | null> {
    return this.counted(await this.find(id)).record;
  }

  /** Sessions that the records listed, each as it is now: the records know which there are, not how the living stand. */
  async readListed(records: readonly SessionRecord[]): Promise<SessionRecord[]> {
    const found = await Promise.all(records.map((record) => this.fresh(record)));
    return found.map((one, index) => this.counted(one).record ?? records[index]!);
  }

  private async find(id: string): Promise<Found> {
    const living = await this.living(id);
    if (living !== null) return living;
    const record = await this.parts.sessions.get(id);
    return { record, from: record === null || isOver(record.status) ? null : "records" };
  }

  private async fresh(record: SessionRecord): Promise<Found> {
    if (isOver(record.status)) return { record, from: null };
    return (await this.living(record.id, record)) ?? { record, from: "records" };
  }

  private counted(found: Found): Found {
    if (found.from !== null) this.reads[found.from] += 1;
    return found;
  }

  /** `record`: where it is known already. */
  private async living(id: string, record?: SessionRecord): Promise<Found | null> {
    const hosted = this.hosted.get(id);
    if (hosted !== undefined) return { record: recordAsSaved(hosted), from: "memory" };
    const kept = await this.kept(id);
    if (kept === null || isOver(kept.status)) return null;
    return (await this.newerThan(kept, record)) ?? { record: kept, from: "live" };
  }

  /** The record, where the live store may have lost what came after its copy, and has. */
  private async newerThan(kept: SessionRecord, known?: SessionRecord): Promise<Found | null> {
    const { live, clock, sessions, log } = this.parts;
    if (clock.nowMs() - live.backAtMs > LIVE_READ_AGE_MS_MAX + AGE_STEP_MS) return null; // Its copy was written since.
    try {
      const record = known ?? (await sessions.get(kept.id));
      if (record === null || record.version <= kept.version) return null;
      return { record, from: isOver(record.status) ? null : "records" };
    } catch (error) {
      log.warn({ error, sessionId: kept.id }, "the records did not give a session; what the live store has is told");
      return null;
    }
  }

  private async kept(id: string): Promise<SessionRecord | null> {
    const { live, clock, log } = this.parts;
    try {
      // What its owner does not write any more is over, or came back with a live store that had lost the end.
      const checkpoint = await live.read(id, LIVE_READ_AGE_MS_MAX);
      if (checkpoint === null) return null;
      const state = decodeState(checkpoint.bytes);
      return recordOf(sessionOf(state, { epoch: state.start.epoch, owner: "" }, clock.nowMs()));
    } catch (error) {
      log.warn({ error, sessionId: id }, "the live store did not give a session; its record is read instead");
      return null;
    }
  }
}

/** What ended by itself is saved a moment later, under the next version: that is the one to tell. */
function recordAsSaved({ session, unsaved }: Hosted): SessionRecord {
  const record = recordOf(session);
  if (isOver(session.status) && (unsaved || session.hasRecordChanged)) record.version += 1;
  return record;
}
