/**
 * Host: the sessions of this process and the IO around them. Ticks them, runs the changes of their records one after
 * the other (saved first, applied then), and takes leave of those that are over.
 * Law: a session that throws is quarantined and stops no other; what was answered is saved.
 * Not here: rules (sim/), what viewers are shown (delivery.ts, audience.ts), who gets in (door.ts), who asks (rpc/).
 */
import { setTimeout as pause } from "node:timers/promises";
import type { CloseReason } from "#wire/close-codes.ts";
import { no, ok, type Problem, problem, type Result } from "#wire/problem.ts";
import { COMMANDS_WAITING_MAX, OVER_KEPT_MS, SAVE_RETRY_MS, SESSIONS_MAX, UNATTENDED_MS_MAX } from "../limits.ts";
import type { SessionRecord, SessionStore } from "../stores/session-store.ts";
import type { BroadcastEncoder, Viewer } from "./audience.ts";
import { type Change, planEnd, planSave, planStatus } from "./changes.ts";
import { type CameraEncoder, Delivery, type DeliveryParts } from "./delivery.ts";
import { answerAll, type Hosted, hostedOf } from "./hosted.ts";
import { isOver } from "./lifecycle.ts";
import { recordOf, reopen } from "./record.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Session } from "./session.ts";

export type HostParts = DeliveryParts & {
  store: SessionStore;
  encoder: BroadcastEncoder & CameraEncoder;
  scheduler: Scheduler;
};

export class SessionHost {
  private readonly sessions = new Map<string, Hosted>();
  private readonly delivery: Delivery;
  private readonly parts: HostParts;

  constructor(parts: HostParts) {
    this.parts = parts;
    this.delivery = new Delivery(parts, {
      handleDelivered: (hosted) => this.handleDelivered(hosted),
      handleFailed: (hosted, error) => this.quarantine(hosted, error),
    });
  }

  get count(): number {
    return this.sessions.size;
  }

  get hasRoom(): boolean {
    return this.sessions.size < SESSIONS_MAX;
  }

  find(id: string): Hosted | null {
    return this.sessions.get(id) ?? null;
  }

  /** The record of any session there ever was: the live one's as it stands now. */
  async record(id: string): Promise<SessionRecord | null> {
    const live = this.sessions.get(id);
    return live === undefined ? this.parts.store.get(id) : recordOf(live.session);
  }

  /** Takes a session in and lets its time pass. */
  adopt(session: Session): Hosted {
    const hosted = hostedOf(session, this.parts.encoder, this.parts.clock.nowMs());
    this.sessions.set(session.id, hosted);
    hosted.ticking = this.parts.scheduler.add(session.tickMs, (nowMs) => this.tick(hosted, nowMs));
    this.touch(hosted);
    return hosted;
  }

  /** At start: sessions that had not begun wait on; those that had are lost with their state, and say so. */
  async restore(): Promise<{ waiting: number; lost: number }> {
    const { store, clock, log } = this.parts;
    const counts = { waiting: 0, lost: 0 };
    for (const record of await store.unfinished()) {
      const next = { ...record, version: record.version + 1, epoch: record.epoch + 1 };
      if (record.status === "waiting") {
        if (!(await store.update(next))) continue;
        this.adopt(reopen(next, { nowMs: clock.nowMs(), unixMs: clock.unixMs() }));
        counts.waiting += 1;
      } else {
        if (await store.update(cancelled(next, clock.unixMs()))) counts.lost += 1;
        log.warn({ sessionId: record.id }, "session cancelled: its live state ended with the process that had it");
      }
    }
    return counts;
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
    this.delivery.touch(hosted);
  }

  /** Lets frames through to a viewer that was let in. */
  enter(hosted: Hosted, viewer: Viewer): void {
    hosted.audience.enter(viewer, this.parts.clock.unixMs());
    this.touch(hosted);
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
    this.delivery.stop();
    for (const hosted of this.sessions.values()) {
      hosted.audience.closeAll("unavailable");
      answerAll(hosted);
    }
    await Promise.allSettled([...this.sessions.values()].map((hosted) => hosted.tail));
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
    const { record, apply } = planned.value;
    if (record !== null && !(await this.save(record))) {
      this.quarantine(hosted, new Error("another owner has written this session's record"));
      return no(unavailable("The session has moved; try again"));
    }
    if (record !== null) session.version = record.version;
    const { clock } = this.parts;
    const value = apply({ nowMs: clock.nowMs(), unixMs: clock.unixMs() });
    this.touch(hosted);
    return ok(value);
  }

  /** Writes a record. A write whose answer was lost may have left a newer version of our own: then this goes over it. */
  private async save(record: SessionRecord): Promise<boolean> {
    const { store } = this.parts;
    if (await store.update(record)) return true;
    const stored = await store.get(record.id);
    if (stored === null || stored.epoch > record.epoch) return false;
    record.version = stored.version + 1;
    return store.update(record);
  }

  private tick(hosted: Hosted, nowMs: number): void {
    const { session, audience } = hosted;
    try {
      session.handleTick(nowMs, this.parts.clock.unixMs());
      for (const viewer of audience.viewers()) {
        if (viewer.stage === "held" && nowMs >= viewer.heldUntilMs) this.enter(hosted, viewer);
      }
      this.changeByItself(hosted, nowMs);
    } catch (error) {
      return this.quarantine(hosted, error);
    }
    this.touch(hosted);
  }

  /** What a session does unasked: begin when all are there, end when nobody is. */
  private changeByItself(hosted: Hosted, nowMs: number): void {
    const { session, audience } = hosted;
    if (!audience.isEmpty) hosted.unattendedSinceMs = nowMs;
    if (hosted.changingByItself || isOver(session.status)) return;
    const unixMs = this.parts.clock.unixMs();
    let plan: (() => Result<Change>) | null = null;
    if (nowMs - hosted.unattendedSinceMs >= UNATTENDED_MS_MAX) {
      plan = () => planEnd(session, { status: "cancelled", reason: "disconnect" }, unixMs);
    } else if (session.wantsStart()) {
      plan = () => planStatus(session, "active", unixMs);
    }
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
    if (session.pollRecordChanged() && !hosted.unsaved) void this.saveUntilDone(hosted);
    if (isOver(session.status) && hosted.ticking !== null) this.finish(hosted);
  }

  private async saveUntilDone(hosted: Hosted): Promise<void> {
    hosted.unsaved = true;
    while (this.sessions.get(hosted.session.id) === hosted) {
      try {
        const saved = await this.change(hosted, () => ok(planSave(hosted.session)));
        if (saved.ok) break;
      } catch (error) {
        this.parts.log.warn({ error, sessionId: hosted.session.id }, "record not saved; it is tried again");
      }
      await pause(SAVE_RETRY_MS);
    }
    hosted.unsaved = false;
  }

  /** Over, and everyone has seen it: sockets close; the record is read from memory for a while, then from the store. */
  private finish(hosted: Hosted): void {
    if (hosted.ticking !== null) this.parts.scheduler.remove(hosted.ticking);
    hosted.ticking = null;
    hosted.audience.closeAll("session_over");
    answerAll(hosted);
    const forget = () => {
      if (hosted.unsaved || hosted.changesWaiting > 0) setTimeout(forget, OVER_KEPT_MS).unref();
      else this.drop(hosted);
    };
    setTimeout(forget, OVER_KEPT_MS).unref();
  }

  /** A session that broke a promise of our own code is set aside; others must not notice. */
  private quarantine(hosted: Hosted, error: unknown): void {
    const { session, audience } = hosted;
    const { log, clock } = this.parts;
    log.error({ error, sessionId: session.id }, "session quarantined");
    this.drop(hosted);
    audience.closeAll("internal");
    if (isOver(session.status)) return;
    const record = { ...recordOf(session), version: session.version + 1 };
    this.save(cancelled(record, clock.unixMs())).catch((cause: unknown) => {
      log.error({ error: cause, sessionId: session.id }, "the quarantined session's end was not recorded");
    });
  }

  private drop(hosted: Hosted): void {
    if (hosted.ticking !== null) this.parts.scheduler.remove(hosted.ticking);
    hosted.ticking = null;
    this.delivery.forget(hosted);
    if (this.sessions.get(hosted.session.id) === hosted) this.sessions.delete(hosted.session.id);
    answerAll(hosted);
  }
}

function cancelled(record: SessionRecord, unixMs: number): SessionRecord {
  return { ...record, status: "cancelled", endReason: "cancelled", endedAtMs: unixMs };
}

function unavailable(message: string): Problem {
  return problem("UNAVAILABLE", message, { retry_after_ms: 1000 });
}
