/**
 * Processes: several combat instances over the same stores in memory, each of which may be killed or stand still at any
 * of its awaits. Not a test itself.
 * Killed: no call of it is carried out or answered any more, and nothing it shows is seen. Standing still: its clock
 * stands, its calls are held, and all go on from there when it may go on, as after a SIGSTOP.
 */
import { vi } from "vitest";
import { Publisher } from "#combat/events/publisher.ts";
import { readJournal } from "#combat/events/read-journal.ts";
import { SessionHost } from "#combat/session/host.ts";
import type { Hosted } from "#combat/session/hosted.ts";
import { Recovery } from "#combat/session/recovery.ts";
import { Scheduler } from "#combat/session/scheduler.ts";
import type { SessionEvent } from "#combat/session/session-events.ts";
import { ownerOf, Watch } from "#combat/session/watch.ts";
import type { Instance } from "#combat/stores/directory.ts";
import { createMemoryDirectory, type DirectoryTable } from "#combat/stores/directory-memory.ts";
import type { OutgoingEvent } from "#combat/stores/event-sink.ts";
import { createMemoryLiveStore, type LiveTable } from "#combat/stores/live-store-memory.ts";
import type { SessionStore } from "#combat/stores/session-store.ts";
import { type Clock, ManualClock } from "#kit/clock.ts";
import { silentLog } from "#kit/log.ts";
import { type Faults, faulty, type Gate, gate, noFaults } from "./faults.ts";
import { FakeOutlet, shownIn, viewerOf } from "./fixture.ts";
import { outgoing, settle } from "./keeping.ts";
import { MemoryRecordStores } from "./memory-store.ts";

/** What viewers see: an event, or a state (seq 0), and by which owner. */
export type Seen = { sessionId: string; epoch: number; what: string; seq: number; by: string };

const NEVER = new Promise<never>(() => {});

export class Stores {
  readonly clock = new ManualClock();
  readonly table: LiveTable = new Map();
  readonly directory: DirectoryTable = new Map();
  readonly records = new MemoryRecordStores();
  readonly published: SessionEvent[] = [];
  readonly seen: Seen[] = [];
  /** Asked before and after every call of a process; may kill it, or hold the call. */
  onCall: (process: Process, call: string, when: "before" | "after") => void = () => {};
  readonly processes: Process[] = [];

  /** Another instance, begun but not waited for: it may die before it has. */
  start(name: string): Process {
    const process = new Process(this, { name, boot: `boot-${this.processes.length}`, address: name });
    this.processes.push(process);
    void process.recovery.start();
    return process;
  }

  async pass(ms: number, stepMs = 50): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(left, stepMs));
      vi.advanceTimersByTime(Math.min(left, stepMs));
      await settle(6);
    }
  }

  /** The living process that hosts the session. */
  hostOf(sessionId: string): { process: Process; hosted: Hosted } | null {
    for (const process of this.processes) {
      const hosted = process.isDead || process.stands !== null ? null : process.host.find(sessionId);
      if (hosted !== null) return { process, hosted };
    }
    return null;
  }

  /** Published events of a session in order of first arrival, each id once. */
  publishedOf(sessionId: string): SessionEvent[] {
    const byId = new Map<string, SessionEvent>();
    for (const event of this.published) {
      const id = outgoing(event).eventId;
      if (event.sessionId === sessionId && !byId.has(id)) byId.set(id, event);
    }
    return [...byId.values()];
  }

  end(): void {
    for (const process of this.processes) process.kill();
    for (const held of this.table.values()) if (held.forgetting !== null) clearTimeout(held.forgetting);
  }
}

export class Process {
  readonly self: Instance;
  readonly host: SessionHost;
  readonly recovery: Recovery;
  readonly publisher: Publisher;
  readonly outlet: FakeOutlet;
  readonly sessions: SessionStore;
  /** For a test that wants a store to fail for this process. */
  readonly faults: Faults = noFaults();
  isDead = false;
  /** Set while the process stands still. */
  stands: Gate | null = null;
  private stoodAtMs: number | null = null;
  private readonly scheduler: Scheduler;
  private readonly stores: Stores;

  constructor(stores: Stores, self: Instance) {
    this.stores = stores;
    this.self = self;
    const clock: Clock = {
      nowMs: () => this.stoodAtMs ?? stores.clock.nowMs(),
      unixMs: () => 1_750_000_000_000 + (this.stoodAtMs ?? stores.clock.nowMs()),
    };
    const pass = (when: "before" | "after") => async (call: string, parts: readonly unknown[]) => {
      if (this.isDead) await NEVER;
      stores.onCall(this, call, when);
      await this.faults[when](call, parts);
      while (this.stands !== null) await this.stands.opened;
      if (this.isDead) await NEVER;
    };
    const faults: Faults = { before: pass("before"), after: pass("after") };
    const { records } = stores;
    const sessions = faulty(records.sessions, faults);
    this.sessions = sessions;
    const claims = faulty(records.claims, faults);
    const outbox = faulty(records.outbox, faults);
    const live = faulty(createMemoryLiveStore(stores.table), faults);
    const directory = faulty(createMemoryDirectory(stores.directory), faults);
    const readBack = (sessionId: string, afterSeq: number) => readJournal(live, sessionId, afterSeq);
    const publish = async (events: readonly OutgoingEvent[]) => {
      for (const { value } of events) stores.published.push(JSON.parse(Buffer.from(value).toString()));
    };
    const sink = faulty({ publish, close: async () => {} }, faults);
    const encode = (event: SessionEvent) => ({ ...outgoing(event), value: Buffer.from(JSON.stringify(event)) });
    this.publisher = new Publisher({ sink, encode, readBack, log: silentLog, queueMax: 500 });
    this.scheduler = new Scheduler(clock);
    const owner = ownerOf(self);
    const shared = { sessions, claims, outbox, live, publisher: this.publisher, owner, clock, log: silentLog };
    this.host = new SessionHost({ ...shared, encoder: this.encoder(), scheduler: this.scheduler });
    const watch = new Watch({ self, alone: false });
    this.recovery = new Recovery({ ...shared, host: this.host, directory, watch, self });
    this.outlet = new FakeOutlet();
    this.outlet.broadcast = (sessionId, frame) => {
      const { what, of } = shownIn(frame);
      // States do not say whose they are: of a session that is not hosted here they are nobody's.
      const epoch =
        what === "state" ? (this.host.find(sessionId)?.session.epoch ?? -1) : Number(String(of).split(":")[0]);
      const seq = what === "state" ? 0 : Number(String(of).split(":")[1]);
      if (!this.isDead) stores.seen.push({ sessionId, epoch, what, seq, by: owner });
    };
  }

  get owner(): string {
    return ownerOf(this.self);
  }

  /** One who watches each session that is hosted here. */
  watchAll(sessionIds: Iterable<string>): void {
    for (const sessionId of sessionIds) {
      const hosted = this.host.find(sessionId);
      if (hosted === null || !hosted.audience.isEmpty) continue;
      const viewer = viewerOf(this.outlet, 1, { sessionId });
      hosted.audience.add(viewer);
      this.host.enter(hosted, viewer);
    }
  }

  kill(): void {
    this.isDead = true;
    this.scheduler.stop();
  }

  stand(): void {
    this.stands = gate();
    this.stoodAtMs = this.stores.clock.nowMs();
  }

  goOn(): void {
    this.stoodAtMs = null;
    const { stands } = this;
    this.stands = null;
    stands?.open();
  }

  /** Frames that say which event they show, for `seen`. */
  private encoder() {
    const bytes = (what: string, frame: number, of = "") => Buffer.from(JSON.stringify({ frame, what, of }));
    return {
      event: (frame: number, { epoch, seq, body }: SessionEvent) => bytes(body.kind, frame, `${epoch}:${seq}`),
      state: (frame: number) => bytes("state", frame),
      sessionState: (frame: number) => bytes("session_state", frame),
      camera: (frame: number) => bytes("camera", frame),
      shotLanded: (frame: number) => bytes("shot_landed", frame),
    };
  }
}
