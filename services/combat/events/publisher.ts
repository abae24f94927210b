/**
 * Publisher: carries kept events to the sink, in order, again and again until the sink has them.
 * In:  events as they were kept, session by session in order of `seq`.   Out: records for the rest of the game, and how
 *      far each session is published.
 * Law: one publication at a time; an event that was sent twice has the same event_id. Beyond PUBLISH_QUEUE_MAX events
 *      in memory a session's further ones stay in its journal and are read from there when there is room; only where
 *      no journal has them are the oldest given up, counted and logged as a gap.
 *      Samples are published beside them, as room allows.
 * Not here: what a record looks like (rpc/encode-event.ts), where journals are kept (stores/live-store.ts).
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Log } from "#kit/log.ts";
import {
  PUBLISH_BATCH_MAX,
  PUBLISH_QUEUE_MAX,
  PUBLISH_RETRY_MS,
  SAMPLES_TURN_MS,
  SAMPLES_WAITING_MAX,
} from "../limits.ts";
import type { SessionEvent } from "../session/session-events.ts";
import type { EventSink, OutgoingEvent } from "../stores/event-sink.ts";
import { Held } from "./held.ts";
import { Samples } from "./samples.ts";

/** Reads a session's kept events with numbers above `afterSeq`, some or all of what follows, in order. */
export type ReadBack = (sessionId: string, afterSeq: number) => Promise<readonly SessionEvent[]>;

export type PublisherParts = {
  sink: EventSink;
  encode: (event: SessionEvent) => OutgoingEvent;
  /** Null where there are no journals. */
  readBack: ReadBack | null;
  /** False where journals are this process's memory, too: then what has no room is given up, for waiting there frees none. */
  spills?: boolean;
  log: Log;
  queueMax?: number;
};

/**
 * `queuedSeq`: up to here events are, or were, in the queue, or are lost; `waitingSeq`: the last of them that is not
 * lost; `acceptedSeq`: up to here they are kept.
 */
type Progress = { publishedSeq: number; waitingSeq: number; queuedSeq: number; acceptedSeq: number };

export class Publisher {
  private queue: SessionEvent[] = [];
  private inFlight: readonly SessionEvent[] = [];
  /** Kept nowhere else: the oldest go first when there is no room. */
  private readonly samples = new Samples();
  private readonly progress = new Map<string, Progress>();
  /** Encoded before their turn. */
  private readonly ahead = new WeakMap<SessionEvent, OutgoingEvent | null>();
  /** Sessions with kept events that are not in the queue. */
  private readonly behind = new Set<string>();
  private running: Promise<void> | null = null;
  private reading: Promise<void> | null = null;
  private samplesTimer: NodeJS.Timeout | null = null;
  private closing = false;
  /** Samples are being given up, and it was said. */
  private isShedding = false;
  /** The sink did not take the last publication. */
  isFailing = false;
  private readonly parts: PublisherParts;
  private readonly queueMax: number;
  private readonly held: Held;
  /** Since the start. */
  readonly counts = { published: 0, failures: 0, lost: 0 };

  constructor(parts: PublisherParts) {
    this.parts = parts;
    this.queueMax = parts.queueMax ?? PUBLISH_QUEUE_MAX;
    this.held = new Held(this.queueMax);
  }

  get samplesGivenUp(): number {
    return this.samples.givenUp;
  }

  /** Events that are kept and not published, those still in journals included. */
  get lag(): number {
    let lag = 0;
    for (const { acceptedSeq, publishedSeq } of this.progress.values()) lag += acceptedSeq - publishedSeq;
    return lag;
  }

  /**
   * From here on a session's events come, after those with numbers up to `publishedSeq`. Those after them, up to
   * `journalSeq`, are in its journal: `first` of them, the others are read as there is room, for nobody can hold all
   * journals of a takeover in memory.
   */
  begin(sessionId: string, publishedSeq: number, journalSeq = publishedSeq, first: readonly SessionEvent[] = []): void {
    const seq = publishedSeq;
    const acceptedSeq = Math.max(seq, journalSeq);
    const progress = { publishedSeq, waitingSeq: seq, queuedSeq: seq, acceptedSeq };
    this.progress.set(sessionId, progress);
    this.behind.delete(sessionId);
    if (acceptedSeq === seq) return;
    this.behind.add(sessionId);
    if (first.length > 0) this.handleReadBack(sessionId, progress, first);
    this.run();
  }

  /** Events of begun sessions that are shown now; `inJournal` false: they are kept in no journal yet. */
  handleAccepted(events: readonly SessionEvent[], inJournal = true): void {
    for (const event of events) {
      const progress = this.progress.get(event.sessionId);
      if (progress === undefined || event.seq <= progress.acceptedSeq) continue;
      progress.acceptedSeq = event.seq;
      if (!this.mustWait(event.sessionId)) {
        this.enqueue(event, progress);
        continue;
      }
      this.behind.add(event.sessionId);
      if (!inJournal) this.held.add(event);
    }
    this.run();
  }

  /** A sample that nobody kept: published when the sink takes it soon, else given up. */
  handleSample(sample: SessionEvent): void {
    this.samples.add(sample);
    if (this.samples.count === SAMPLES_WAITING_MAX && !this.isShedding) {
      this.isShedding = true;
      this.parts.log.warn({}, "samples wait for the sink; the oldest are given up from here on");
    }
    if (this.running === null) this.samplesTimer ??= setTimeout(() => this.handleSamplesTurn(), SAMPLES_TURN_MS);
  }

  publishedSeq(sessionId: string): number {
    return this.progress.get(sessionId)?.publishedSeq ?? 0;
  }

  /** What is in memory and not published, by session, in order: of all, or of these with numbers above those said. */
  unpublished(above: ReadonlyMap<string, number> | null = null): Map<string, SessionEvent[]> {
    const bySession = new Map<string, SessionEvent[]>();
    for (const some of [this.inFlight, this.queue, this.held.all()]) {
      for (const event of some) {
        if (above !== null && event.seq <= (above.get(event.sessionId) ?? Number.POSITIVE_INFINITY)) continue;
        const events = bySession.get(event.sessionId);
        if (events === undefined) bySession.set(event.sessionId, [event]);
        else events.push(event);
      }
    }
    return bySession;
  }

  /** The session's events are somebody else's business from here on. */
  forget(sessionId: string): void {
    this.progress.delete(sessionId);
    this.behind.delete(sessionId);
    this.samples.forget(sessionId);
    this.held.forget(sessionId);
    if (this.queue.some((event) => event.sessionId === sessionId)) {
      this.queue = this.queue.filter((event) => event.sessionId !== sessionId);
    }
  }

  /** Publishes what waits in memory, as long as the sink takes it; what is in journals is left to the next run. */
  async close(): Promise<void> {
    this.closing = true;
    if (this.samplesTimer !== null) this.handleSamplesTurn();
    await this.running;
    if (this.lag > 0) this.parts.log.warn({ events: this.lag }, "events left unpublished; the next run publishes them");
  }

  /** Samples alone gather for a moment: a publication costs the sink as much for one as for many. */
  private handleSamplesTurn(): void {
    if (this.samplesTimer !== null) clearTimeout(this.samplesTimer);
    this.samplesTimer = null;
    this.run();
  }

  /** Order within a session: who is behind stays behind until all that is older was read. */
  private mustWait(sessionId: string): boolean {
    const { readBack, spills = true } = this.parts;
    if (readBack === null) return false;
    return this.behind.has(sessionId) || (spills && this.queue.length >= this.queueMax);
  }

  private enqueue(event: SessionEvent, progress: Progress): void {
    this.queue.push(event);
    progress.queuedSeq = progress.waitingSeq = event.seq;
    // A hundredth at a time: one gap is told once, not event by event.
    if (this.queue.length > this.queueMax * 1.01) this.giveUp(this.queue.length - this.queueMax);
  }

  private get isIdle(): boolean {
    return this.queue.length === 0 && this.samples.count === 0;
  }

  private run(): void {
    this.read();
    if (this.isIdle) return;
    this.running ??= this.publishAll().finally(() => {
      this.running = null;
      if (!this.closing) this.run(); // What came just as it ended.
    });
  }

  private async publishAll(): Promise<void> {
    while (!this.isIdle) {
      // Taken out first, so that giving up the oldest that wait cannot touch what is on its way.
      this.inFlight = this.queue.splice(0, PUBLISH_BATCH_MAX);
      const batch = [...this.inFlight, ...this.samples.take(PUBLISH_BATCH_MAX)];
      const delivered = batch.length === 0 || (await this.deliver(batch));
      if (!delivered) this.queue.unshift(...this.inFlight);
      this.inFlight = [];
      if (!delivered) return;
      if (this.samples.count === 0) this.isShedding = false;
      this.read();
    }
  }

  /** Beside publishing: while the sink takes nothing, what is in a journal alone comes into memory all the same. */
  private read(): void {
    const hasRoom = this.queue.length < this.queueMax / 2;
    if (this.closing || this.behind.size === 0 || !hasRoom) return; // A journal may hold hours of work: not at the end.
    this.reading ??= this.catchUp().finally(() => {
      this.reading = null;
      if (!this.closing) this.run();
    });
  }

  /** Tries until the sink has the batch; false when closing and the sink still refuses. */
  private async deliver(batch: readonly SessionEvent[]): Promise<boolean> {
    const records = batch.flatMap((event) => this.encoded(event) ?? []);
    for (let retryMs: number = PUBLISH_RETRY_MS.first; ; retryMs = Math.min(PUBLISH_RETRY_MS.longest, retryMs * 2)) {
      try {
        if (records.length > 0) await this.publish(records);
        this.counts.published += records.length;
        this.isFailing = false;
        this.handlePublished(batch);
        return true;
      } catch (error) {
        this.isFailing = true;
        this.counts.failures += 1;
        this.parts.log.warn({ error, waiting: this.lag, retryMs }, "the sink did not take events; they are sent again");
        if (this.closing) return false;
        await pause(retryMs);
      }
    }
  }

  /** While the sink has these, the next ones are encoded, if there are any: under load that time would be lost. */
  private async publish(records: readonly OutgoingEvent[]): Promise<void> {
    const publishing = this.parts.sink.publish(records);
    if (this.queue.length === 0) return publishing;
    const encoding = setImmediate(() => {
      for (const event of this.queue.slice(0, PUBLISH_BATCH_MAX)) this.ahead.set(event, this.encoded(event));
    });
    try {
      await publishing;
    } finally {
      clearImmediate(encoding); // A sink that was as quick as that waits for nobody.
    }
  }

  /** Null for what cannot be encoded: it is given up, so that what comes after it is not. */
  private encoded(event: SessionEvent): OutgoingEvent | null {
    const ready = this.ahead.get(event);
    if (ready !== undefined) return ready;
    try {
      return this.parts.encode(event);
    } catch (error) {
      const { sessionId, seq } = event;
      this.parts.log.error({ error, sessionId, seq }, "an event cannot be encoded");
      this.noteGap(sessionId, { count: 1, fromSeq: seq });
      return null;
    }
  }

  private handlePublished(batch: readonly SessionEvent[]): void {
    for (const { sessionId, seq } of batch) {
      const progress = this.progress.get(sessionId);
      if (progress === undefined || seq <= progress.publishedSeq) continue;
      progress.publishedSeq = seq;
      passGap(progress);
    }
  }

  /** Reads from the journals what had no room. */
  private async catchUp(): Promise<void> {
    const { readBack, log } = this.parts;
    for (const sessionId of this.behind) {
      const progress = this.progress.get(sessionId);
      if (progress === undefined) {
        this.behind.delete(sessionId);
        continue;
      }
      try {
        const events = readBack === null ? [] : await readBack(sessionId, progress.queuedSeq);
        if (this.progress.get(sessionId) === progress) this.handleReadBack(sessionId, progress, events);
      } catch (error) {
        log.warn({ error, sessionId }, "a journal cannot be read just now; its events are published later");
        await pause(PUBLISH_RETRY_MS.longest);
        return;
      }
      if (this.closing || this.queue.length >= this.queueMax / 2) break;
    }
  }

  private handleReadBack(sessionId: string, progress: Progress, events: readonly SessionEvent[]): void {
    const { queuedSeq, acceptedSeq } = progress;
    if (this.queue.length >= this.queueMax) return; // Others filled it meanwhile: read again when there is room.
    for (const event of this.held.mergedInto(sessionId, events)) {
      if (event.seq <= progress.queuedSeq || event.seq > acceptedSeq) continue; // The newest are not accepted yet.
      if (this.queue.length >= this.queueMax) break;
      this.skipTo(sessionId, progress, event.seq - 1);
      this.enqueue(event, progress);
    }
    if (progress.queuedSeq === queuedSeq) this.skipTo(sessionId, progress, acceptedSeq);
    this.held.release(sessionId, progress.queuedSeq);
    if (progress.queuedSeq >= acceptedSeq) this.behind.delete(sessionId);
  }

  /** No journal has the events up to here. */
  private skipTo(sessionId: string, progress: Progress, seq: number): void {
    const count = seq - progress.queuedSeq;
    if (count <= 0) return;
    this.noteGap(sessionId, { count, fromSeq: progress.queuedSeq + 1 });
    progress.queuedSeq = seq;
    passGap(progress);
  }

  private giveUp(count: number): void {
    const bySession = Map.groupBy(this.queue.splice(0, count), ({ sessionId }) => sessionId);
    for (const [sessionId, events] of bySession) {
      this.noteGap(sessionId, { count: events.length, fromSeq: events[0]!.seq });
      const progress = this.progress.get(sessionId);
      if (progress === undefined || progress.waitingSeq > events.at(-1)!.seq) continue;
      const onItsWay = this.inFlight.findLast((event) => event.sessionId === sessionId);
      progress.waitingSeq = onItsWay?.seq ?? progress.publishedSeq;
      passGap(progress);
    }
  }

  private noteGap(sessionId: string, gap: { count: number; fromSeq: number }): void {
    this.counts.lost += gap.count;
    this.parts.log.error({ sessionId, ...gap }, "gap: events given up unpublished");
  }
}

/** When all that is not lost is published, the lost ones behind it are not waited for. */
function passGap(progress: Progress): void {
  if (progress.publishedSeq >= progress.waitingSeq) progress.publishedSeq = progress.queuedSeq;
}
