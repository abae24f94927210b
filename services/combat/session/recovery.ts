/**
 * Recovery: finds sessions whose owner is gone, takes them, and goes on with them.
 * In:  records, live copies, who is heard in the directory.   Out: sessions adopted by this process's host.
 * Law: a session is claimed in the records first (its epoch grows, which fences every older owner off), then its live
 *      copy is taken; so there is one owner. Whose live state is gone for good ends as cancelled, and that is told.
 *      Of sessions that are over, what was not published yet is published.
 *      What a newer release has written is left to an instance of that one, as it is.
 * Not here: who counts as gone (watch.ts), what is in a copy (restore.ts), what the record says besides (reconcile.ts).
 */
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import { readJournal } from "../events/read-journal.ts";
import { BEAT_MS, RESTORE_SESSIONS_MAX, SWEEP_MS } from "../limits.ts";
import type { Directory, Instance } from "../stores/directory.ts";
import type { KeptSession, LiveStore } from "../stores/live-store.ts";
import type { Claim, Outbox, SessionClaims, SessionRecord } from "../stores/session-store.ts";
import { NewerBlock } from "../stores/state-codec.ts";
import { endTold } from "./changes.ts";
import type { Kept, SessionHost } from "./host.ts";
import { isOver } from "./lifecycle.ts";
import { reconcile } from "./reconcile.ts";
import { recordOf, reopen } from "./record.ts";
import { Repeating } from "./repeating.ts";
import { restore } from "./restore.ts";
import type { Session } from "./session.ts";
import { revive } from "./state.ts";
import { ownerOf, type Watch } from "./watch.ts";

/** No run of an instance; instances are named after hosts. */
const NOBODY = "nobody#0";

export type RecoveryParts = {
  host: SessionHost;
  claims: SessionClaims;
  outbox: Outbox;
  live: LiveStore;
  directory: Directory;
  watch: Watch;
  self: Instance;
  clock: Clock;
  log: Log;
};

export type RecoveryCounts = { restored: number; waiting: number; over: number; lost: number };

export class Recovery {
  readonly totals: RecoveryCounts = { restored: 0, waiting: 0, over: 0, lost: 0 };
  /** Whether the directory answered the last beat. */
  directoryAnswers = true;
  private readonly owner: string;
  private readonly knownGone = new Set<string>();
  /** Ours by the records, but not hosted, and since when: a creation may be on its way; after a while it is to be taken. */
  private homeless = new Map<string, number>();
  /** Kept by a newer release. */
  private beyondUs = new Set<string>();
  private sweptAtMs = Number.NEGATIVE_INFINITY;
  /** Apart from each other: who takes over much, or waits for slow records, lives all the same and says so. */
  private readonly beating = new Repeating(() => this.beat());
  private readonly looking = new Repeating(() => this.look());
  private stopped = false;
  private readonly parts: RecoveryParts;

  constructor(parts: RecoveryParts) {
    this.parts = parts;
    this.owner = ownerOf(parts.self);
  }

  /** Hears the directory once, takes what is free already, and goes on looking until stopped. */
  async start(): Promise<RecoveryCounts> {
    await this.beat();
    this.beating.start(BEAT_MS);
    await this.sweep();
    this.looking.start(BEAT_MS);
    return { ...this.totals };
  }

  /** Takes nothing any more. */
  async halt(): Promise<void> {
    this.stopped = true;
    await this.looking.stop();
  }

  /** Says that this run has ended. */
  async leave(): Promise<void> {
    const { directory, self, log } = this.parts;
    await this.beating.stop(); // A beat after the end would bring it back.
    await directory.leave(self).catch((error: unknown) => log.warn({ error }, "the directory was not told of the end"));
  }

  private async look(): Promise<void> {
    try {
      if (this.hasWork()) await this.sweep();
    } catch (error) {
      this.parts.log.warn({ error }, "looking for sessions without an owner failed; it is tried again");
    }
  }

  private async beat(): Promise<void> {
    const { directory, self, watch, clock, log } = this.parts;
    try {
      watch.handleHeard(clock.nowMs(), await directory.beat(self));
      this.directoryAnswers = true;
    } catch (error) {
      if (this.directoryAnswers) log.warn({ error }, "the directory is away: sessions cannot move");
      this.directoryAnswers = false;
      return;
    }
    for (const dead of watch.pollDead(clock.nowMs())) {
      this.knownGone.delete(ownerOf(dead));
      await directory.forget(dead).catch((error: unknown) => log.warn({ error, dead }, "a dead run was not forgotten"));
    }
  }

  private hasWork(): boolean {
    const { watch, clock } = this.parts;
    const nowMs = clock.nowMs();
    if (nowMs - this.sweptAtMs >= SWEEP_MS) return true;
    let news = false;
    for (const owner of watch.owners()) {
      if (!watch.isGone(owner, nowMs)) this.knownGone.delete(owner);
      else if (!this.knownGone.has(owner)) {
        this.knownGone.add(owner);
        news = true;
      }
    }
    return news;
  }

  private async sweep(): Promise<void> {
    const { claims, host, watch, clock, log } = this.parts;
    const unfinished = await claims.unfinished();
    const nowMs = clock.nowMs();
    this.sweptAtMs = nowMs;
    const unfinishedIds = new Set(unfinished.map(({ id }) => id));
    this.beyondUs = this.beyondUs.intersection(unfinishedIds);
    const isLeft = ({ id, owner }: Claim) => this.beyondUs.has(id) && owner !== this.owner;
    const elsewhere = unfinished.filter((one) => !host.has(one.id) && !isLeft(one));
    const ours = elsewhere.filter(({ owner }) => owner === this.owner);
    this.homeless = new Map(ours.map(({ id }) => [id, this.homeless.get(id) ?? nowMs]));
    const free = elsewhere.filter(({ id, owner }) => {
      const sinceMs = this.homeless.get(id);
      return sinceMs === undefined ? watch.isGone(owner, nowMs) : nowMs - sinceMs >= SWEEP_MS;
    });
    for (let from = 0; from < free.length && !this.stopped; ) {
      const room = Math.min(RESTORE_SESSIONS_MAX, host.room);
      if (room <= 0) break; // The next look finds the rest, here or elsewhere.
      await this.take(free.slice(from, from + room));
      from += room;
    }
    if (free.length > 0) log.info({ ...this.totals }, "sessions taken over since the start");
  }

  private async take(free: readonly Claim[]): Promise<void> {
    const records = await this.parts.claims.claim(free, this.owner);
    await Promise.all(records.map((record) => this.takeOne(record)));
  }

  /** One that fails stays ours by the records, and is found again as homeless. */
  private async takeOne(record: SessionRecord): Promise<void> {
    const { live, log, host } = this.parts;
    try {
      const kept = await live.take({ sessionId: record.id, epoch: record.epoch });
      if (kept === "fenced") return; // Somebody claimed it after us.
      const taken = kept === "missing" ? await this.withoutCopy(record) : await this.withCopy(record, kept);
      if (!this.stopped) host.adopt(...taken);
    } catch (error) {
      if (error instanceof NewerBlock) return this.leaveToNewer(record);
      log.error({ error, sessionId: record.id }, "a session could not be restored; it is tried again");
    }
  }

  /** Nobody's, so whoever looks for sessions without an owner finds it. Where that fails it is ours, and left the next time. */
  private async leaveToNewer({ id }: SessionRecord): Promise<void> {
    const { claims, log } = this.parts;
    this.beyondUs.add(id);
    try {
      await claims.claim([{ id, owner: this.owner }], NOBODY);
      log.warn({ sessionId: id }, "a session was kept by a newer release; it is left to an instance that can read it");
    } catch (error) {
      log.error({ error, sessionId: id }, "a session of a newer release could not be left; it is tried again");
    }
  }

  private async withCopy(record: SessionRecord, copy: KeptSession): Promise<[Session, Kept]> {
    const { clock, log } = this.parts;
    const { id: sessionId } = record;
    const { state, toldSeq, topSeq, broken } = restore(sessionId, copy);
    if (broken.length > 0) log.error({ sessionId, broken }, "parts of a session's live copy cannot be used");
    if (state === null) return this.withoutCopy(record, topSeq);
    const intact = broken.length === 0 && toldSeq === topSeq && state.start.lastSeq === topSeq;
    const { publishedSeq } = copy;
    // Into memory at once, as far as one step goes: until then they are in the live store alone.
    const unpublished = await readJournal(this.parts.live, sessionId, publishedSeq);
    const retold = toldSeq < topSeq ? await this.parts.outbox.pending(sessionId) : [];
    const time = { nowMs: clock.nowMs(), unixMs: clock.unixMs() };
    const { version } = state.start;
    const at = { ...state, start: { ...state.start, lastSeq: topSeq } };
    const session = revive(at, { epoch: record.epoch, owner: this.owner }, time);
    // The last events cannot be read any more: what of them the record told is told again.
    const again = retold.filter(({ version: told }) => told <= version).map(({ body }) => body);
    for (const body of again) session.handleUntold(time.unixMs, body);
    const isEndTold = again.some(({ kind }) => kind === "session_ended");
    if (toldSeq < topSeq && isOver(session.status) && !isEndTold) tellEnd(session, time.unixMs);
    reconcile(session, record, state.start, time.unixMs);
    this.totals[isOver(session.status) ? "over" : "restored"] += 1;
    return [session, { opened: intact, publishedSeq, journalSeq: topSeq, unpublished }];
  }

  /**
   * Nothing but the record is left. One that waited goes on from it; one that had begun is lost, and says so.
   * `topSeq`: the highest number in a live copy that cannot be read.
   */
  private async withoutCopy(record: SessionRecord, topSeq = 0): Promise<[Session, Kept]> {
    const { outbox, clock, log } = this.parts;
    const { id: sessionId, status } = record;
    const time = { nowMs: clock.nowMs(), unixMs: clock.unixMs() };
    const pending = await outbox.pending(sessionId);
    // What the creation told is not settled: it has the first numbers, and keeps them.
    const isUntold = record.lastSeq === pending.filter(({ version }) => version === 1).length;
    const lastSeq = Math.max(isUntold ? 0 : record.lastSeq, topSeq);
    const kept: Kept = { opened: false, publishedSeq: lastSeq, journalSeq: lastSeq, unpublished: [] };
    const session = reopen({ ...record, lastSeq }, time);
    for (const { body } of pending) session.handleUntold(time.unixMs, body);
    if (status === "waiting" || isOver(status)) {
      this.totals[status === "waiting" ? "waiting" : "over"] += 1;
      return [session, kept];
    }
    log.error({ sessionId, status }, "session cancelled: its live state is gone");
    session.handleEnd(time.unixMs, { status: "cancelled", reason: "cancelled", winner: null });
    session.handleRecordStale();
    this.totals.lost += 1;
    return [session, kept];
  }
}

/** Whatever else was lost: that it is over is told. */
function tellEnd(session: Session, unixMs: number): void {
  for (const body of endTold(recordOf(session))) session.handleUntold(unixMs, body);
}
