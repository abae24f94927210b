/**
 * Recordings: takes what the sessions of this process record, and has it stored behind their backs.
 * In:  sessions that begin and end here.   Out: parts in the recording store, written for all sessions together.
 * Law: no tick and no answer waits for it. A recording has no gap: at the first part that cannot be kept (the cap of one
 *      recording, or the store away for longer than memory holds) it ends, and its last part says why. Parts in memory
 *      are bounded; a crash loses what was not written yet, and the next owner begins with a state that has everything
 *      that was shown.
 * Not here: what is recorded (sim/recorder.ts), bytes (stores/recording-codec.ts), who may read it (rpc/).
 */
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import {
  RECORDING_BATCH_BYTES_MAX,
  RECORDING_CLOSE_MS_MAX,
  RECORDING_PART_MS,
  RECORDING_TURN_MS,
  RECORDING_WAITING_BYTES_MAX,
  RECORDINGS_DELETED_MAX,
  RECORDINGS_SWEEP_MS,
} from "../limits.ts";
import { RECORDED_WORLD_EVERY_MS } from "../sim/limits.ts";
import { type RecordedPart, Recorder, type RecordingEnd } from "../sim/recorder.ts";
import { withDeadline } from "../stores/call-deadline.ts";
import { encodePart } from "../stores/recording-codec.ts";
import type { RecordingStore, StoredPart } from "../stores/recording-store.ts";
import { isOver } from "./lifecycle.ts";
import type { Session } from "./session.ts";

export type RecordingsParts = {
  store: RecordingStore;
  clock: Clock;
  log: Log;
  /** Of one session, as stored; 0 records nothing. */
  bytesMax: number;
  /** Of all that wait for the store. */
  waitingBytesMax?: number;
  /** Recordings that are older are deleted. */
  keptMs: number;
};

/** One session's recording under way. */
type Running = {
  readonly session: Session;
  readonly recorder: Recorder;
  /** When the newest part was cut (monotonic). */
  cutAtMs: number;
  /** Stored so far, by owners before as well; null until the store said. */
  storedBytes: number | null;
  /** It has its last part: what its recorder gives is left out; and, when it is full, also what waits. */
  closed: boolean;
  full: boolean;
};

/** From one whole world to the next. */
const PARTS_OF_A_WORLD = Math.ceil(RECORDED_WORLD_EVERY_MS / RECORDING_PART_MS);
const GOLDEN = 0.6180339887498949; // Spreads any number of phases evenly without knowing how many will come.

type Waiting = { readonly running: Running; readonly part: StoredPart };

export class Recordings {
  /** Since the start; for metrics. */
  readonly counts = { parts: 0, bytes: 0, failures: 0 };
  /** Recordings that ended, by why. */
  readonly ends: Record<RecordingEnd, number> = { over: 0, moved: 0, full: 0, store_away: 0, failed: 0 };
  private readonly running = new Map<string, Running>();
  /** Those that ended, with parts that are yet to be taken from their recorder. */
  private ending: Running[] = [];
  private waiting: Waiting[] = [];
  private waitingSize = 0;
  private tail: Promise<void> = Promise.resolve();
  /** Asked for, and not begun yet. */
  private flushing: Promise<void> | null = null;
  private isAway = false;
  private phase = 0;
  private begun = 0;
  private sweptAtMs: number;
  private readonly timer: NodeJS.Timeout;
  private readonly parts: RecordingsParts;

  constructor(parts: RecordingsParts) {
    this.parts = parts;
    this.sweptAtMs = parts.clock.nowMs();
    let busy = false; // A slow store must not heap up turns.
    this.timer = setInterval(() => {
      if (busy) return;
      busy = true;
      void this.enqueue(() => this.turn()).finally(() => {
        busy = false;
      });
    }, RECORDING_TURN_MS);
    this.timer.unref();
  }

  /** Bytes in memory that are yet to be stored. */
  get waitingBytes(): number {
    return this.waitingSize;
  }

  /** From the session as it stands. One that cannot be recorded is played all the same. */
  begin(session: Session): void {
    if (this.parts.bytesMax === 0 || isOver(session.status)) return;
    try {
      this.run(session, new Recorder(session.world, this.worldEarlierMs()));
    } catch (error) {
      this.parts.log.error({ error, sessionId: session.id }, "a session is not recorded");
    }
  }

  /** Nor are whole worlds of sessions that begin together recorded together: packing them takes cores from who plays. */
  private worldEarlierMs(): number {
    this.begun = (this.begun + 1) % PARTS_OF_A_WORLD;
    return this.begun * RECORDING_PART_MS;
  }

  private run(session: Session, recorder: Recorder): void {
    session.record(recorder);
    const storedBytes = session.epoch === 1 ? 0 : null;
    // The next turn writes how it begins.
    const cutAtMs = Number.NEGATIVE_INFINITY;
    this.running.set(session.id, { session, recorder, cutAtMs, storedBytes, closed: false, full: false });
  }

  /** The session is over, or nothing more of it happens here. */
  end(session: Session, why: RecordingEnd): void {
    const running = this.running.get(session.id);
    if (running?.session !== session) return;
    endNow(running.recorder, why);
    this.running.delete(session.id);
    this.ending.push(running);
  }

  /** Resolves when what a session that is over recorded is stored, or the store did not answer. */
  async flush(sessionId: string): Promise<void> {
    const running = this.running.get(sessionId);
    if (running !== undefined && isOver(running.session.status)) this.end(running.session, "over");
    // However many ask while the store is slow, one piece of work waits for all that ended before it begins.
    this.flushing ??= this.enqueue(() => {
      this.flushing = null;
      return this.store();
    });
    await this.flushing;
  }

  /** Ends what goes on and stores what waits, as far as the store answers in time. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    for (const { session } of [...this.running.values()]) this.end(session, isOver(session.status) ? "over" : "moved");
    const closing = this.enqueue(() => this.store());
    await withDeadline({ what: "recordings", msMax: RECORDING_CLOSE_MS_MAX }, closing).catch((error: unknown) => {
      this.parts.log.warn({ error, bytes: this.waitingSize }, "recordings lost their last seconds");
    });
  }

  /** One piece of work after the other; none of them rejects. */
  private enqueue(work: () => Promise<void>): Promise<void> {
    this.tail = this.tail.then(work).catch((error: unknown) => {
      this.counts.failures += 1;
      if (!this.isAway) this.parts.log.warn({ error }, "recordings are not stored just now; they wait in memory");
      this.isAway = true;
    });
    return this.tail;
  }

  private async turn(): Promise<void> {
    const nowMs = this.parts.clock.nowMs();
    for (const running of [...this.running.values()]) {
      const { session, recorder } = running;
      if (isOver(session.status)) this.end(session, "over");
      else if (recorder.ended !== null) this.end(session, recorder.ended);
      else if (nowMs - running.cutAtMs >= RECORDING_PART_MS && cutNow(recorder)) {
        running.cutAtMs = this.nextCutFrom(running, nowMs);
        await this.take(running); // One after the other: a world takes a millisecond to pack, and ticks wait for it.
      }
    }
    await this.store();
    if (nowMs - this.sweptAtMs < RECORDINGS_SWEEP_MS) return;
    if (await this.sweep()) this.sweptAtMs = nowMs;
  }

  /** Sessions that begin together would be cut together for ever: each has its first part at another length. */
  private nextCutFrom({ cutAtMs }: Running, nowMs: number): number {
    if (cutAtMs > Number.NEGATIVE_INFINITY) return nowMs;
    this.phase = (this.phase + GOLDEN) % 1;
    return nowMs - this.phase * RECORDING_PART_MS;
  }

  /** A batch of old recordings, so that new parts wait for no more; false when there are more, for the next turn. */
  private async sweep(): Promise<boolean> {
    const { store, clock, keptMs, log } = this.parts;
    const deleted = await store.deleteOld(clock.unixMs() - keptMs, RECORDINGS_DELETED_MAX);
    if (deleted > 0) log.info({ deleted }, "old recordings deleted");
    return deleted < RECORDINGS_DELETED_MAX;
  }

  private async store(): Promise<void> {
    await this.collect();
    while (this.waiting.length > 0) await this.write(this.batch());
    if (this.isAway) this.parts.log.info({}, "recordings are stored again");
    this.isAway = false;
  }

  /** Takes parts from the recorders and packs them. */
  private async collect(): Promise<void> {
    const { ending } = this;
    this.ending = [];
    for (const running of [...ending, ...this.running.values()]) await this.take(running);
    for (const { recorder, session } of ending) {
      if (recorder.ended !== null) this.ends[recorder.ended] += 1;
      if (recorder.failure !== null) {
        this.parts.log.error({ error: recorder.failure, sessionId: session.id }, "an input could not be recorded");
      }
    }
  }

  private async take(running: Running): Promise<void> {
    for (const part of running.recorder.pollParts()) await this.pack(running, part);
  }

  private async pack(running: Running, part: RecordedPart): Promise<void> {
    if (running.closed) return;
    const { session } = running;
    const stored = await storedPart(session, part);
    const { waitingBytesMax = RECORDING_WAITING_BYTES_MAX } = this.parts;
    const fits = this.waitingSize + stored.content.length <= waitingBytesMax;
    if (fits || part.end !== null) {
      running.closed = part.end !== null;
      return this.hold({ running, part: stored });
    }
    this.hold({ running, part: await lastPart(session, part, "store_away") });
    this.stop(running, part.firstTick, "store_away");
  }

  /** It has its last part already, or will have. */
  private stop(running: Running, tick: number, why: RecordingEnd): void {
    running.closed = true;
    endNow(running.recorder, why);
    this.parts.log.warn({ sessionId: running.session.id, why, tick }, "a recording ended before its session");
  }

  private hold(waiting: Waiting): void {
    this.waiting.push(waiting);
    this.waitingSize += waiting.part.content.length;
  }

  private batch(): Waiting[] {
    let bytes = 0;
    const end = this.waiting.findIndex(({ part }) => {
      bytes += part.content.length;
      return bytes > RECORDING_BATCH_BYTES_MAX;
    });
    return this.waiting.slice(0, end < 0 ? undefined : Math.max(1, end));
  }

  /** Writes a batch, but for what goes past the cap of its recording. When it rejects nothing has changed. */
  private async write(batch: readonly Waiting[]): Promise<void> {
    const { store, bytesMax } = this.parts;
    const writes: Waiting[] = [];
    const full = new Map<Running, StoredPart>();
    const added = new Map<Running, number>();
    for (const { running, part } of batch) {
      const { session } = running;
      running.storedBytes ??= (await store.list(session.id)).bytes;
      if (running.full || full.has(running)) continue;
      const bytes = (added.get(running) ?? running.storedBytes) + part.content.length;
      const isLast = part.end === null && bytes > bytesMax;
      if (isLast) full.set(running, part);
      else added.set(running, bytes);
      writes.push({ running, part: isLast ? await lastPart(session, part, "full") : part });
    }
    await store.append(writes.map(({ part }) => part));
    for (const { part } of this.waiting.splice(0, batch.length)) this.waitingSize -= part.content.length;
    for (const [running, bytes] of added) running.storedBytes = bytes;
    for (const [running, part] of full) {
      running.full = true;
      this.stop(running, part.firstTick, "full");
    }
    this.counts.parts += writes.length;
    this.counts.bytes += writes.reduce((sum, { part }) => sum + part.content.length, 0);
  }
}

/** A world that cannot be packed is the recording's failure, and nobody else's. */
function endNow(recorder: Recorder, why: RecordingEnd): void {
  try {
    recorder.end(why);
  } catch (error) {
    recorder.fail(error);
  }
}

function cutNow(recorder: Recorder): boolean {
  try {
    return recorder.cut();
  } catch (error) {
    recorder.fail(error);
    return false;
  }
}

/** Where a part would have begun the recording ends. */
function lastPart(
  session: Session,
  part: { number: number; firstTick: number },
  end: RecordingEnd,
): Promise<StoredPart> {
  const { number, firstTick } = part;
  return storedPart(session, { number, firstTick, lastTick: firstTick, world: null, inputs: new Uint8Array(0), end });
}

async function storedPart(session: Session, part: RecordedPart): Promise<StoredPart> {
  const { id: sessionId, epoch, seed, roster } = session;
  const seats = roster.sitting().map(({ slot, playerId, teamId }) => ({ slot, playerId, teamId }));
  const content = await encodePart(part, { sessionId, epoch, seed, seats });
  const { number, firstTick, lastTick, end } = part;
  return { sessionId, epoch, number, firstTick, lastTick, end, content };
}
