/**
 * Keeper: keeps the second copy of this process's sessions, so that what viewers were shown outlives the process.
 * In:  events about to be shown.   Out: a verdict for each session: kept; degraded (shown all the same, because the live
 *      store is away, missing or late); fenced (somebody else owns the session: nothing is shown any more).
 * Law: events are kept before they are shown, for all sessions of a turn in one write; checkpoints follow once a second.
 *      Nobody waits longer than the live store's deadline: after the first late answer no session waits until the
 *      store has answered again and has everything that was shown meanwhile. After a sleep nothing is shown before
 *      the live store, or the records, said that the sessions are still ours.
 * Not here: what is written (copy-writer.ts, state.ts), publishing (events/publisher.ts), taking over from others (recovery.ts).
 */
import {
  AWAY_RETRY_MS,
  CHECKPOINT_SPREAD_TURNS,
  CHECKPOINTS_AT_ONCE,
  KEEPER_TURN_MS,
  LEAVING_MAX,
  OWNERSHIP_CHECK_MS,
  REWRITE_PASSES_MAX,
  REWRITE_SESSIONS_MAX,
  SETTLE_MS,
} from "../limits.ts";
import { type Outbox, StoreUnavailable } from "../stores/session-store.ts";
import { degrade, isAtRest, isDue, isKeptWhole, type KeepVerdict } from "./copy.ts";
import { CopyWriter, type CopyWriterParts, type Told } from "./copy-writer.ts";
import type { Hosted } from "./hosted.ts";
import { finishPublished, finishSettled, type Settling, settleRows, settlingOf } from "./settle.ts";
import { Sleep } from "./sleep.ts";

export type KeeperParts = CopyWriterParts & { outbox: Outbox };

export type KeeperListener = {
  sessions(): Iterable<Hosted>;
  /** Still one of them. */
  has(hosted: Hosted): boolean;
  /** The session cannot be written at all: its own fault. */
  handleFailed(hosted: Hosted, error: unknown): void;
  /** Somebody else owns the session. */
  handleFenced(hosted: Hosted): void;
  /** What waited may be shown. */
  handleAwake(): void;
};

export class Keeper {
  /** Sessions that turned out to be somebody else's, since the start. */
  fencedCount = 0;
  /** Told how long a write of entries took, milliseconds. */
  onWaited: (ms: number) => void = () => {};
  private away = false;
  /** Calls that the store did not answer, since the start. */
  private failures = 0;
  private settledAtMs = 0;
  private ownershipAtMs = 0;
  private rewrittenAtMs = 0;
  private readonly writer: CopyWriter;
  private readonly sleep: Sleep;
  private readonly underway = new Set<string>();
  /** Over, and not hosted any more: to be published and settled yet. */
  private readonly leaving = new Map<string, Settling>();
  private timer: NodeJS.Timeout | null = null;
  private readonly parts: KeeperParts;
  private readonly listener: KeeperListener;

  constructor(parts: KeeperParts, listener: KeeperListener) {
    this.parts = parts;
    this.listener = listener;
    parts.live.onBack = () => this.handleBack();
    this.writer = new CopyWriter(parts);
    this.sleep = new Sleep(parts.clock.nowMs(), {
      handleAsleep: (ms) => parts.log.warn({ ms }, "this process slept; asking whose its sessions are"),
      ask: () => this.askOwnership(),
      handleAwake: () => listener.handleAwake(),
    });
    this.timer = setInterval(() => this.turn(), KEEPER_TURN_MS);
    this.timer.unref();
  }

  /** What was written since the start. */
  get counts(): CopyWriter["counts"] {
    return this.writer.counts;
  }

  get isAway(): boolean {
    return this.away;
  }

  get degradedCount(): number {
    let count = 0;
    for (const { copy } of this.listener.sessions()) if (copy.degradedSeq !== null) count += 1;
    return count;
  }

  /** False after a sleep, until it is known again whose the sessions are; `handleAwake` follows. */
  mayShow(nowMs: number): boolean {
    return this.sleep.isAwake(nowMs);
  }

  /** Keeps what these sessions are about to show; verdicts in their order. */
  async keep(told: readonly Told[]): Promise<KeepVerdict[]> {
    const { clock, publisher } = this.parts;
    const fromMs = clock.nowMs();
    const written = this.away ? told.map(({ hosted }) => degrade(hosted)) : await this.writeEntries(told);
    this.onWaited(clock.nowMs() - fromMs);
    while (!this.mayShow(clock.nowMs())) await this.sleep.end(); // Slept while the answer was on its way.
    return told.map(({ hosted, events }, index) => {
      if (!this.listener.has(hosted)) return "fenced"; // Dropped meanwhile.
      const verdict = written[index]!;
      if (verdict !== "fenced") publisher.handleAccepted(events, verdict === "kept");
      return verdict;
    });
  }

  /** A change of the record was told by the events up to now: its outbox rows are done with once those are published. */
  handleTold(hosted: Hosted): void {
    const { version, seqOfLastEvent: seq } = hosted.session;
    hosted.copy.unsettled = { version, seq };
  }

  /** Nothing of the session is left to be kept, published or settled. */
  isDone({ copy }: Hosted): boolean {
    return copy.finished;
  }

  /**
   * Takes over what is left to do for a session that is over; false while its host must keep it. Without Kafka or the
   * records for hours these are many, and a match in memory is a hundred times larger than what is left to do for it.
   */
  letLeave(hosted: Hosted): boolean {
    if (!isKeptWhole(hosted) || this.leaving.size >= LEAVING_MAX) return false;
    this.leaving.set(hosted.session.id, settlingOf(hosted));
    return true;
  }

  isLeaving(sessionId: string): boolean {
    return this.leaving.has(sessionId);
  }

  /** Somebody has the session again. */
  forget(sessionId: string): void {
    this.leaving.delete(sessionId);
  }

  /** Writes all sessions as they are now, for whoever owns them next. */
  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    let left = this.resting();
    for (let passes = 0; left.length > 0 && passes < REWRITE_PASSES_MAX; passes++) {
      await this.rewriteAll(left);
      if (this.away) break;
      left = this.resting().filter(({ hosted }) => hosted.copy.degradedSeq !== null);
    }
    if (this.away) this.parts.log.warn({ degraded: this.degradedCount }, "the live store is away: not all are written");
  }

  /** Settles what was published up to now. */
  async close(): Promise<void> {
    try {
      await this.settle();
    } catch (error) {
      this.parts.log.warn({ error }, "published events are not settled; the next owner publishes them again");
    }
  }

  private writeEntries(told: readonly Told[]): Promise<KeepVerdict[]> {
    return this.attempt(told, (some) => this.writer.writeEntries(some));
  }

  /** What this writes is kept, or its sessions are degraded; whom somebody else owns is told. */
  private async attempt<Of extends { hosted: Hosted }>(
    all: readonly Of[],
    write: (some: readonly Of[]) => Promise<KeepVerdict[]>,
  ): Promise<KeepVerdict[]> {
    let verdicts: KeepVerdict[];
    try {
      verdicts = await write(all);
    } catch (error) {
      if (error instanceof StoreUnavailable) this.goAway(error);
      for (const { hosted } of all) degrade(hosted);
      if (error instanceof StoreUnavailable) return all.map(() => "degraded");
      // One session whose state cannot be written must not take the others with it: each is tried alone, as a whole.
      if (all.length > 1) return (await Promise.all(all.map((one) => this.attempt([one], write)))).flat();
      for (const { hosted } of all) this.listener.handleFailed(hosted, error);
      return all.map(() => "fenced");
    }
    all.forEach(({ hosted }, index) => {
      if (verdicts[index] === "fenced") this.handleFenced(hosted);
    });
    return verdicts;
  }

  private handleFenced(hosted: Hosted): void {
    this.fencedCount += 1;
    this.listener.handleFenced(hosted);
  }

  /** It may have less than it answered for. A write of each session tells, and brings what is not there. */
  private handleBack(): void {
    for (const hosted of this.listener.sessions()) if (!hosted.copy.finished) degrade(hosted);
  }

  private goAway(error: unknown): void {
    this.failures += 1;
    if (!this.away) this.parts.log.warn({ error }, "the live store is away: sessions go on, degraded");
    this.away = true;
  }

  /** Many times a second: checkpoints that are due, sessions to write again, outbox rows that are done with. */
  private turn(): void {
    const nowMs = this.parts.clock.nowMs();
    this.sleep.handleTurn(nowMs);
    if (!this.mayShow(nowMs)) return;
    this.once("rewrite", () => this.rewriteDegraded(nowMs));
    if (!this.away) this.once("checkpoints", () => this.writeCheckpoints(nowMs));
    if (this.away && nowMs - this.ownershipAtMs >= OWNERSHIP_CHECK_MS) {
      this.ownershipAtMs = nowMs;
      this.once("ownership", () => this.dropMoved());
    }
    if (nowMs - this.settledAtMs >= SETTLE_MS) {
      this.settledAtMs = nowMs;
      this.once("settle", () => this.settle());
    }
  }

  /** Runs one piece of work of a kind at a time; what fails is said and tried again with the next turn. */
  private once(kind: string, work: () => Promise<void>): void {
    if (this.underway.has(kind)) return;
    this.underway.add(kind);
    work()
      .catch((error: unknown) => this.parts.log.warn({ error, kind }, "keeping sessions: tried again"))
      .finally(() => this.underway.delete(kind));
  }

  private async writeCheckpoints(nowMs: number): Promise<void> {
    const due = this.dueCheckpoints(nowMs);
    if (due.length > 0) await this.attempt(due, (some) => this.writer.writeCheckpoints(some));
  }

  /** Those that fell due together (after a stall, say) are spread over several turns, or they would stay together for good. */
  private dueCheckpoints(nowMs: number): { hosted: Hosted }[] {
    const due: { hosted: Hosted }[] = [];
    for (const hosted of this.listener.sessions()) if (isDue(hosted, nowMs)) due.push({ hosted });
    const most = Math.max(CHECKPOINTS_AT_ONCE, Math.ceil(due.length / CHECKPOINT_SPREAD_TURNS));
    if (due.length <= most) return due;
    return due.sort((left, right) => left.hosted.copy.checkpointAtMs - right.hosted.copy.checkpointAtMs).slice(0, most);
  }

  /** Sessions whose copy is behind are written again, a few at a time; while the store is away one asks for all. */
  private async rewriteDegraded(nowMs: number): Promise<void> {
    if (this.away && nowMs - this.rewrittenAtMs < AWAY_RETRY_MS) return;
    this.rewrittenAtMs = nowMs;
    const degraded = this.resting(isDegraded);
    if (!this.away) return void (await this.rewrite(degraded.slice(0, REWRITE_SESSIONS_MAX)));
    const asking = degraded[0] ?? this.resting()[0];
    const answered =
      asking === undefined
        ? [...this.listener.sessions()].every(({ copy }) => copy.finished)
        : await this.rewrite([asking]);
    if (!answered) return;
    this.away = false;
    this.parts.log.warn({ degraded: degraded.length }, "the live store is back; sessions are written again");
  }

  /** Those that may be written as they are: all that was told is kept or shown, and they go on. */
  private resting(isWanted: (hosted: Hosted) => boolean = () => true): { hosted: Hosted }[] {
    const resting: { hosted: Hosted }[] = [];
    for (const hosted of this.listener.sessions()) {
      if (isWanted(hosted) && !hosted.copy.finished && isAtRest(hosted)) resting.push({ hosted });
    }
    return resting;
  }

  /** True when the store answered. */
  private async rewrite(some: readonly { hosted: Hosted }[]): Promise<boolean> {
    const { failures } = this;
    if (some.length > 0) await this.attempt(some, (each) => this.writer.writeWhole(each));
    return this.failures === failures;
  }

  /** Until the store does not answer: then nobody waits for it again and again. */
  private async rewriteAll(all: readonly { hosted: Hosted }[]): Promise<void> {
    for (let from = 0; from < all.length; from += REWRITE_SESSIONS_MAX) {
      const answered = await this.rewrite(all.slice(from, from + REWRITE_SESSIONS_MAX));
      if (!answered && this.away) return;
    }
  }

  private async dropMoved(): Promise<void> {
    const { claims, owner } = this.parts;
    const ours = [...this.listener.sessions()];
    if (ours.length === 0) return;
    const ids = ours.map(({ session }) => session.id);
    const moved = new Set(await claims.notOwned(ids, owner));
    for (const hosted of ours) if (moved.has(hosted.session.id)) this.handleFenced(hosted);
  }

  /** The records know best; when they are away the live store decides; when both are, the sessions go on, degraded. */
  private async askOwnership(): Promise<void> {
    try {
      await this.dropMoved();
    } catch (error) {
      this.parts.log.warn({ error }, "the records do not say whose the sessions are; the live store decides");
      for (const hosted of this.listener.sessions()) if (!hosted.copy.finished) degrade(hosted);
      await this.rewriteAll(this.resting());
    }
  }

  private async settle(): Promise<void> {
    const all = [...[...this.listener.sessions()].map(settlingOf), ...this.leaving.values()];
    if (!this.away) await finishPublished(all, this.parts);
    await settleRows(all, this.parts);
    if (!this.away) await finishSettled(all, this.parts);
    for (const [sessionId, { copy }] of this.leaving) {
      if (!copy.finished) continue;
      this.leaving.delete(sessionId);
      this.parts.publisher.forget(sessionId);
    }
  }
}

function isDegraded({ copy }: Hosted): boolean {
  return copy.degradedSeq !== null;
}
