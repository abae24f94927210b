/**
 * Host: the sessions of this process and the IO around them. Ticks them, runs the changes of their records one after
 * the other (saved first, applied then), and takes leave of those that are over or have moved.
 * Law: a session that throws is quarantined and stops no other; what was answered is saved; a session that somebody
 *      else owns is dropped, and nothing more is shown of it.
 * Not here: rules (sim/), what viewers are shown (delivery.ts, audience.ts), who gets in (door.ts), who asks (rpc/).
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Log } from "#kit/log.ts";
import type { CloseReason } from "#wire/close-codes.ts";
import { no, ok, type Problem, problem, type Result } from "#wire/problem.ts";
import type { Publisher } from "../events/publisher.ts";
import {
  COMMANDS_WAITING_MAX,
  OVER_KEPT_MS,
  PUT_OFF_MS,
  SAVE_RETRY_MS,
  SESSIONS_MAX,
  STILL_LOOK_MS,
  UNTIL_SHOWN_MAX,
  UNTIL_SHOWN_MS_MAX,
} from "../limits.ts";
import type { LiveStore } from "../stores/live-store.ts";
import type { Outbox, SessionClaims, SessionRecord, SessionStore, Told } from "../stores/session-store.ts";
import { isLookDue, tellAsides, tellPositions } from "./asides.ts";
import type { BroadcastEncoder, Viewer } from "./audience.ts";
import type { Backfill } from "./backfill.ts";
import { type Change, endTold, planSave } from "./changes.ts";
import { isAtRest } from "./copy.ts";
import { Delivery, type DeliveryParts, type PrivateEncoder } from "./delivery.ts";
import { answerAll, type Hosted, hostedOf } from "./hosted.ts";
import { Keeper } from "./keeper.ts";
import { isOver } from "./lifecycle.ts";
import { Lookup } from "./lookup.ts";
import { recordOf } from "./record.ts";
import type { Recordings } from "./recordings.ts";
import type { Referee } from "./referee.ts";
import { removePlayer } from "./removal.ts";
import type { Scheduler, Ticking } from "./scheduler.ts";
import type { Session } from "./session.ts";
import type { SessionEvent } from "./session-events.ts";
import type { SessionStatus } from "./settings.ts";
import { planUnasked } from "./unasked.ts";

export type HostParts = Omit<DeliveryParts, "keeper"> & {
  sessions: SessionStore;
  claims: SessionClaims;
  outbox: Outbox;
  live: LiveStore;
  publisher: Publisher;
  /** The run of this instance, as records name it. */
  owner: string;
  /** Between two samples of where everybody stands, for the rest of the game; 0 for none. */
  sampleMs?: number;
  /** Absent: nothing is recorded. */
  recordings?: Recordings;
  /** Absent: sessions decide all blows themselves. */
  referee?: Referee;
  /** Absent: nobody is asked for players. */
  backfill?: Backfill;
  log: Log;
  encoder: BroadcastEncoder & PrivateEncoder;
  scheduler: Scheduler;
};

/**
 * What stands in the live store of a session that is adopted. `opened`: it is there under our epoch already; `journalSeq`:
 * events above the published ones, up to here, are in its journal, as far as they can be read; `unpublished`: the first
 * of them.
 */
export type Kept = {
  opened: boolean;
  publishedSeq: number;
  journalSeq: number;
  unpublished: readonly SessionEvent[];
};

const NOTHING_KEPT: Kept = { opened: false, publishedSeq: 0, journalSeq: 0, unpublished: [] };

export class SessionHost {
  private readonly sessions = new Map<string, Hosted>();
  readonly keeper: Keeper;
  readonly lookup: Lookup;
  private readonly delivery: Delivery;
  private readonly parts: HostParts;

  constructor(parts: HostParts) {
    this.parts = parts;
    this.keeper = new Keeper(parts, {
      sessions: () => this.sessions.values(),
      has: (hosted) => this.sessions.get(hosted.session.id) === hosted,
      handleFailed: (hosted, error) => this.quarantine(hosted, error),
      handleFenced: (hosted) => this.lose(hosted),
      handleAwake: () => this.delivery.handleAwake(),
    });
    this.lookup = new Lookup(parts, this.sessions);
    this.delivery = new Delivery(
      { ...parts, keeper: this.keeper },
      {
        handleDelivered: (hosted) => this.handleDelivered(hosted),
        handleFailed: (hosted, error) => this.quarantine(hosted, error),
        handleFenced: (hosted) => this.lose(hosted),
      },
    );
  }

  /** The run of this instance, for sessions that begin here. */
  get owner(): string {
    return this.parts.owner;
  }

  get count(): number {
    return this.sessions.size;
  }

  countByStatus<Status extends SessionStatus>(statuses: readonly Status[]): Record<Status, number> {
    const counts = Object.fromEntries(statuses.map((status) => [status, 0])) as Record<string, number>;
    for (const { session } of this.sessions.values()) counts[session.status] = (counts[session.status] ?? 0) + 1;
    return counts as Record<Status, number>;
  }

  /** Sessions more that may be hosted here; those that are over and only wait to be published do not count. */
  get room(): number {
    let living = 0;
    for (const { ticking } of this.sessions.values()) if (ticking !== null) living += 1;
    return SESSIONS_MAX - living;
  }

  /** The time of this process is spent: who is here stays, and nobody should come. */
  get isSpent(): boolean {
    return this.parts.scheduler.load.isSpent;
  }

  find(id: string): Hosted | null {
    return this.sessions.get(id) ?? null;
  }

  /** Hosted here, or over and only to be published and settled: nobody else has to look after it. */
  has(id: string): boolean {
    return this.sessions.has(id) || this.keeper.isLeaving(id);
  }

  /** Takes a session in, a new one or what was kept of one, and lets its time pass. Of one that is here the newer stays. */
  adopt(session: Session, kept: Kept = NOTHING_KEPT): Hosted {
    const { encoder, clock, publisher } = this.parts;
    const here = this.sessions.get(session.id);
    if (here !== undefined && here.session.epoch >= session.epoch) return here;
    if (here !== undefined) this.lose(here);
    const keptSeq = kept.opened ? kept.journalSeq : null;
    const hosted = hostedOf(session, encoder, { nowMs: clock.nowMs(), keptSeq });
    this.keeper.forget(session.id);
    publisher.begin(session.id, kept.publishedSeq, kept.journalSeq, kept.unpublished);
    this.sessions.set(session.id, hosted);
    this.parts.recordings?.begin(session);
    this.parts.referee?.handleAdopted(session, clock.unixMs());
    hosted.ticking = this.letTimePass(hosted);
    this.keeper.handleTold(hosted);
    this.touch(hosted);
    return hosted;
  }

  /** Plans, saves and applies a change of the record; changes of one session run one after the other. */
  change<T>(hosted: Hosted, plan: () => Result<Change<T>>): Promise<Result<T>> {
    if (hosted.changesWaiting >= COMMANDS_WAITING_MAX) {
      return Promise.resolve(no(unavailable("Too many calls wait for this session; try again")));
    }
    hosted.changesWaiting += 1;
    const run = hosted.tail.then(() => this.runChange(hosted, plan));
    const done = () => {
      hosted.changesWaiting -= 1;
    };
    hosted.tail = run.then(done, done);
    return run;
  }

  /** Something happened to the session: what it tells goes out at the end of this turn. */
  touch(hosted: Hosted): void {
    hosted.session.rouse();
    this.delivery.touch(hosted);
  }

  /** Lets frames through to a viewer that was let in. A full state must not say more than what is kept. */
  enter(hosted: Hosted, viewer: Viewer): void {
    this.whenShown(hosted, () => {
      if (viewer.stage !== "held") return;
      hosted.audience.enter(viewer, this.parts.clock.unixMs());
      this.touch(hosted);
    });
  }

  /** Does this once everything that was told is kept and shown: at once, if it is. */
  whenShown(hosted: Hosted, run: () => void): void {
    const { untilShown } = hosted;
    const nowMs = this.parts.clock.nowMs();
    const isFree = isAtRest(hosted) && untilShown.length === 0 && this.keeper.mayShow(nowMs);
    if (isFree || untilShown.length >= UNTIL_SHOWN_MAX) return run();
    if (untilShown.length === 0) hosted.untilShownSinceMs = nowMs;
    untilShown.push(run);
    this.touch(hosted);
  }

  /** Too much speaks against a player. */
  remove(hosted: Hosted, playerId: string): void {
    removePlayer(this, hosted, playerId).catch((error: unknown) => {
      this.parts.log.warn({ error, sessionId: hosted.session.id }, "a removal waits for the record store");
    });
  }

  /** A viewer's socket is gone. */
  detach(hosted: Hosted, viewer: Viewer): void {
    if (viewer.stage === "gone") return;
    if (hosted.audience.remove(viewer)) this.leaveView(hosted, viewer);
    this.touch(hosted);
  }

  /** Closes a viewer's socket from here. */
  close(hosted: Hosted, viewer: Viewer, reason: CloseReason): void {
    if (viewer.stage === "gone") return;
    viewer.outlet.close(viewer, reason);
    this.detach(hosted, viewer);
  }

  /** Lets everyone go; what waits to be saved is saved. */
  async stop(): Promise<void> {
    this.parts.scheduler.stop();
    await this.delivery.stop();
    await this.keeper.stop();
    for (const hosted of this.sessions.values()) {
      hosted.audience.closeAll("unavailable");
      answerAll(hosted);
    }
    await Promise.allSettled([...this.sessions.values()].map((hosted) => hosted.tail));
  }

  /** After the publisher's end: what it published is settled. The sessions are somebody else's from here on. */
  async release(): Promise<void> {
    await this.keeper.close();
    this.sessions.clear();
  }

  private leaveView({ session }: Hosted, viewer: Viewer): void {
    if (viewer.spectator) return session.cameras.handleGone(viewer.playerId);
    const seat = session.roster.seat(viewer.playerId);
    if (seat !== null) session.handleDisconnect(this.parts.clock.unixMs(), seat);
  }

  private async runChange<T>(hosted: Hosted, plan: () => Result<Change<T>>): Promise<Result<T>> {
    const { session } = hosted;
    if (this.sessions.get(session.id) !== hosted)
      return no(unavailable("The session has just moved or ended; try again"));
    const planned = plan();
    if (!planned.ok) return planned;
    const { record, told, apply } = planned.value;
    if (record !== null && !(await this.save(record, told))) {
      this.lose(hosted);
      return no(unavailable("The session has moved; try again"));
    }
    if (record !== null) session.version = record.version;
    const { clock } = this.parts;
    const value = apply({ nowMs: clock.nowMs(), unixMs: clock.unixMs() });
    if (told.length > 0) this.keeper.handleTold(hosted);
    this.touch(hosted);
    return ok(value);
  }

  /** Writes a record. A write whose answer was lost may have left a newer version of our own: then this goes over it. */
  private async save(record: SessionRecord, told: Told): Promise<boolean> {
    const { sessions } = this.parts;
    if (await sessions.update(record, told)) return true;
    const stored = await sessions.get(record.id);
    if (stored === null || stored.epoch > record.epoch || stored.owner !== record.owner) return false;
    record.version = stored.version + 1;
    return sessions.update(record, told);
  }

  private letTimePass(hosted: Hosted): Ticking {
    const { scheduler } = this.parts;
    const { session, audience } = hosted;
    const isIdle = () => audience.held.size + hosted.untilShown.length === 0 && session.isIdleFor(PUT_OFF_MS);
    const ticking = scheduler.add(session.tickMs, (nowMs) => this.tick(hosted, nowMs), isIdle);
    session.rouse = () => scheduler.rouse(ticking);
    return ticking;
  }

  private tick(hosted: Hosted, nowMs: number): void {
    const { session, audience } = hosted;
    // Stands still for once, or a store that is slower than the ticks would keep out for ever who waits to enter.
    if (hosted.untilShown.length > 0 && nowMs - hosted.untilShownSinceMs >= UNTIL_SHOWN_MS_MAX)
      return this.touch(hosted);
    try {
      const unixMs = this.parts.clock.unixMs();
      session.handleTick(nowMs, unixMs);
      this.parts.referee?.handleTick(session);
      this.parts.backfill?.handleTick(session);
      tellPositions(hosted, nowMs, this.parts);
      for (const viewer of audience.held) if (nowMs >= viewer.heldUntilMs) this.enter(hosted, viewer);
      this.changeByItself(hosted, nowMs, unixMs);
    } catch (error) {
      return this.quarantine(hosted, error);
    }
    if (!session.isStirred && !isLookDue(hosted, nowMs)) return; // Most ticks of a match have nothing to tell.
    hosted.lookAtMs = nowMs + STILL_LOOK_MS;
    this.touch(hosted);
  }

  /** What a session does unasked: begin when all are there, end when nobody is. */
  private changeByItself(hosted: Hosted, nowMs: number, unixMs: number): void {
    const { session, audience } = hosted;
    if (!audience.isEmpty) hosted.unattendedSinceMs = nowMs;
    if (hosted.changingByItself || isOver(session.status)) return;
    const unattendedMs = nowMs - hosted.unattendedSinceMs;
    const plan = planUnasked(session, { unattendedMs, unixMs });
    if (plan === null) return;
    hosted.changingByItself = true;
    this.change(hosted, plan)
      .catch(async (error: unknown) => {
        this.parts.log.warn({ error, sessionId: session.id }, "the session's next step waits for the record store");
        await pause(SAVE_RETRY_MS);
      })
      .finally(() => {
        hosted.changingByItself = false;
      });
  }

  private handleDelivered(hosted: Hosted): void {
    const { session } = hosted;
    tellAsides(hosted, this.parts);
    const { untilShown } = hosted;
    if (untilShown.length > 0 && isAtRest(hosted)) {
      hosted.untilShown = [];
      for (const run of untilShown) run();
    }
    if (session.hasRecordChanged && !hosted.unsaved) void this.saveUntilDone(hosted);
    // Not while its end waits to be shown: what was delivered just now may be of a tick before.
    if (isOver(session.status) && hosted.ticking !== null && !session.hasEvents) this.finish(hosted);
  }

  /** Also what changes while it is being saved. */
  private async saveUntilDone(hosted: Hosted): Promise<void> {
    const { session } = hosted;
    hosted.unsaved = true;
    while (this.sessions.get(session.id) === hosted && session.hasRecordChanged) {
      if (await this.saveOnce(hosted)) continue;
      session.handleRecordStale();
      await pause(SAVE_RETRY_MS);
    }
    hosted.unsaved = false;
  }

  private async saveOnce(hosted: Hosted): Promise<boolean> {
    const { session } = hosted;
    const plan = () => {
      session.pollRecordChanged();
      return ok(planSave(session));
    };
    try {
      return (await this.change(hosted, plan)).ok;
    } catch (error) {
      this.parts.log.warn({ error, sessionId: session.id }, "record not saved; it is tried again");
      return false;
    }
  }

  /** Over, and everyone has seen it: sockets close; the record is read from memory for a while, then from the store. */
  private finish(hosted: Hosted): void {
    if (hosted.ticking !== null) this.parts.scheduler.remove(hosted.ticking);
    hosted.ticking = null;
    hosted.audience.closeAll("session_over");
    hosted.audience.forgetHistory();
    answerAll(hosted);
    const forget = () => {
      if (this.sessions.get(hosted.session.id) !== hosted) return; // Somebody else's meanwhile.
      const isDone = !hosted.unsaved && hosted.changesWaiting === 0 && this.keeper.isDone(hosted);
      if (isDone) this.drop(hosted);
      else if (hosted.changesWaiting === 0 && this.keeper.letLeave(hosted)) this.letGo(hosted);
      else setTimeout(forget, OVER_KEPT_MS).unref();
    };
    setTimeout(forget, OVER_KEPT_MS).unref();
  }

  /** A session that broke a promise of our own code is set aside; others must not notice. */
  private quarantine(hosted: Hosted, error: unknown): void {
    const { session, audience } = hosted;
    const { log, clock } = this.parts;
    log.error({ error, sessionId: session.id }, "session quarantined");
    this.parts.recordings?.end(session, "failed");
    this.drop(hosted);
    audience.closeAll("internal");
    if (isOver(session.status)) return;
    const record = { ...recordOf(session), version: session.version + 1 };
    const end = cancelled(record, clock.unixMs());
    // Told by whoever finds it in the outbox: this process's next look at sessions without an owner.
    this.save(end, endTold(end)).catch((cause: unknown) => {
      log.error({ error: cause, sessionId: session.id }, "the quarantined session's end was not recorded");
    });
  }

  /** Somebody else owns the session: viewers come back by where it is now. */
  private lose(hosted: Hosted): void {
    const { session, audience } = hosted;
    if (this.sessions.get(session.id) !== hosted) return;
    this.parts.log.warn({ sessionId: session.id, epoch: session.epoch }, "session dropped: another instance owns it");
    this.drop(hosted);
    audience.closeAll("unavailable");
  }

  private drop(hosted: Hosted): void {
    if (this.letGo(hosted)) this.parts.publisher.forget(hosted.session.id);
  }

  /** Out of this process's memory; true when it was there. What waits to be published does so. */
  private letGo(hosted: Hosted): boolean {
    if (hosted.ticking !== null) this.parts.scheduler.remove(hosted.ticking);
    hosted.ticking = null;
    this.delivery.forget(hosted);
    this.parts.recordings?.end(hosted.session, isOver(hosted.session.status) ? "over" : "moved");
    answerAll(hosted);
    if (this.sessions.get(hosted.session.id) !== hosted) return false;
    return this.sessions.delete(hosted.session.id);
  }
}

function cancelled(record: SessionRecord, unixMs: number): SessionRecord {
  return { ...record, status: "cancelled", endReason: "cancelled", endedAtMs: unixMs };
}

function unavailable(message: string): Problem {
  return problem("UNAVAILABLE", message, { retry_after_ms: 1000 });
}
