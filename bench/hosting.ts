/**
 * Hosting: sessions hosted in this process as the service hosts them, with the parts that a benchmark chooses, and a
 * driver that deals damage in them.
 * In:  servers, which live store and which sink, how many sessions of how many players.   Out: the host, running.
 * Law: records are real (PostgreSQL), as are scheduler, delivery, keeper and publisher. Damage comes at a rate of its own,
 *      whatever becomes of it; who is down is not aimed at, so that each blow is an event.
 */

import { Publisher } from "#combat/events/publisher.ts";
import { readJournal } from "#combat/events/read-journal.ts";
import { encoder } from "#combat/rpc/encode.ts";
import { eventEncoder } from "#combat/rpc/encode-event.ts";
import { planStatus } from "#combat/session/changes.ts";
import { SessionHost } from "#combat/session/host.ts";
import type { Hosted } from "#combat/session/hosted.ts";
import { recordOf } from "#combat/session/record.ts";
import { Scheduler } from "#combat/session/scheduler.ts";
import type { Session } from "#combat/session/session.ts";
import type { SessionEvent } from "#combat/session/session-events.ts";
import { openPostgresDatabase } from "#combat/stores/database-postgres.ts";
import type { EventSink } from "#combat/stores/event-sink.ts";
import type { LiveStore } from "#combat/stores/live-store.ts";
import { openRecordStores } from "#combat/stores/record-stores.ts";
import { type Clock, systemClock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import { createRng, nextBelow, type Rng } from "#kit/rng.ts";
import { createUuid } from "./ids.ts";
import { OpenLoop } from "./measure/open-loop.ts";
import { newborn } from "./newborn.ts";

/** Only what an operator would be woken by. */
export const loudLog: Log = {
  debug() {},
  info() {},
  warn: (fields, message) => console.error(message, fields),
  error: (fields, message) => console.error(message, fields),
};

export const nullSink: EventSink = { publish: () => Promise.resolve(), close: () => Promise.resolve() };

export type HostingOptions = {
  readonly databaseUrl: string;
  readonly live: LiveStore;
  readonly sink: EventSink;
  readonly sessions: number;
  readonly players: number;
  readonly tickRateHz: number;
  readonly seed: number;
  /** Told of each event when its frame is made: the moment it is shown, milliseconds after its tick. */
  readonly onShown?: (event: SessionEvent, sinceTickMs: number) => void;
  /** False: nothing is kept. Events are shown at once, and accepted for publication. */
  readonly keeps?: boolean;
};

export type Hosting = {
  readonly host: SessionHost;
  readonly publisher: Publisher;
  readonly hosted: readonly Hosted[];
  /** Blows a second in all sessions together. */
  setRate(blowsPerSecond: number): void;
  /** Blows that were asked for since the start. */
  readonly blows: () => number;
  /** Ticks that the sessions have had, all together. */
  ticks(): number;
  /** Stops and drops everything; live store and sink are the caller's. */
  close(): Promise<void>;
};

/** Each has other sessions than the ones before it: their records are in one database. */
let hostingsOpened = 0;

/** Hundredths of a point: forty blows fell a player. */
const BLOW = 250;
const SAVES_AT_ONCE = 16;

export async function openHosting(options: HostingOptions): Promise<Hosting> {
  const { databaseUrl, live, sink, onShown, seed, keeps = true } = options;
  const clock = systemClock;
  const ticks = new TickTimes();
  const rng = createRng((seed + 7919 * hostingsOpened++) >>> 0);
  const database = await openPostgresDatabase({ url: databaseUrl, log: loudLog });
  const stores = await openRecordStores({ database, clock });
  const publisher = new Publisher({
    sink,
    encode: eventEncoder("protobuf"),
    readBack: (sessionId, afterSeq) => readJournal(live, sessionId, afterSeq),
    log: loudLog,
  });
  const scheduler = new Scheduler(clock);
  const owner = `bench#${createUuid(rng)}`;
  const shownBy = onShown === undefined ? encoder : { ...encoder, event: shownThrough(ticks, onShown) };
  const parts = { ...stores, live, publisher, owner, encoder: shownBy, scheduler, clock, log: loudLog };
  const host = new SessionHost(parts);
  if (!keeps) await keepNothing(host, publisher);
  const sessions = Array.from({ length: options.sessions }, () => newborn(options, { owner, rng, clock }));
  for (let from = 0; from < sessions.length; from += SAVES_AT_ONCE) {
    const some = sessions.slice(from, from + SAVES_AT_ONCE);
    await Promise.all(some.map((session) => stores.sessions.create(recordOf(session), null)));
  }
  if (onShown !== undefined) for (const session of sessions) ticks.watch(session);
  const hosted = sessions.map((session) => host.adopt(session));
  await startAll(host, hosted, clock);
  const driver = new Driver(hosted, rng);
  return {
    host,
    publisher,
    hosted,
    setRate: (rate) => driver.loop.setRate(rate),
    blows: () => driver.count,
    ticks: () => hosted.reduce((sum, { session }) => sum + session.world.tick, 0),
    async close() {
      driver.loop.stop();
      await host.stop();
      await publisher.close();
      await host.release();
      await stores.close();
    },
  };
}

function shownThrough(ticks: TickTimes, onShown: NonNullable<HostingOptions["onShown"]>) {
  return (frame: number, event: SessionEvent) => {
    onShown(event, ticks.since(event));
    return encoder.event(frame, event);
  };
}

/** Ticks whose moment is remembered, of each session; an event is shown long before they are over. */
const TICKS_KEPT = 64;

/** When each session's latest ticks were, exactly; events themselves say it in whole milliseconds. */
class TickTimes {
  private readonly bySession = new Map<string, Float64Array>();

  watch(session: Session): void {
    const times = new Float64Array(TICKS_KEPT);
    this.bySession.set(session.id, times);
    const tick = session.handleTick.bind(session);
    session.handleTick = (nowMs, unixMs) => {
      const atMs = performance.now();
      tick(nowMs, unixMs);
      times[session.world.tick % TICKS_KEPT] = atMs;
    };
  }

  since({ sessionId, tick }: SessionEvent): number {
    const atMs = this.bySession.get(sessionId)?.[tick % TICKS_KEPT] ?? 0;
    return atMs === 0 ? 0 : performance.now() - atMs;
  }
}

/** The host as it is, but for its keeper: what that costs is the difference. */
async function keepNothing({ keeper }: SessionHost, publisher: Publisher): Promise<void> {
  await keeper.stop(); // There is no session yet: this ends its turns, and writes nothing.
  keeper.mayShow = () => true; // Without turns it would think that the process sleeps.
  keeper.keep = async (all) => {
    for (const { events } of all) publisher.handleAccepted(events);
    return all.map(() => "kept" as const);
  };
}

async function startAll(host: SessionHost, hosted: readonly Hosted[], clock: Clock): Promise<void> {
  for (let from = 0; from < hosted.length; from += SAVES_AT_ONCE) {
    const started = hosted.slice(from, from + SAVES_AT_ONCE).map((one) => {
      return host.change(one, () => planStatus(one.session, "active", clock.unixMs()));
    });
    for (const result of await Promise.all(started)) {
      if (!result.ok) throw new Error(`a session did not start: ${result.problem.message}`);
    }
  }
}

/** Deals blows in all sessions in turn; in each from one side to the other. */
class Driver {
  readonly loop: OpenLoop;
  count = 0;
  private next = 0;
  private readonly hosted: readonly Hosted[];
  private readonly rng: Rng;

  constructor(hosted: readonly Hosted[], rng: Rng) {
    this.hosted = hosted;
    this.rng = rng;
    this.loop = new OpenLoop((count) => {
      for (let dealt = 0; dealt < count; dealt++) this.blow();
    });
  }

  private blow(): void {
    const { session } = this.hosted[this.next++ % this.hosted.length]!;
    const { seats } = session.roster;
    const first = nextBelow(this.rng, seats.length);
    for (let step = 0; step < seats.length; step++) {
      const target = seats[(first + step) % seats.length]!;
      if (!session.fighter(target)?.alive) continue;
      const attacker = seats[(first + step + 1) % seats.length]!;
      const { playerId: targetId } = target;
      const order = { attackerId: attacker.playerId, targetId, damage: BLOW, weapon: "assault_rifle" as const };
      session.handleDamage({ ...order, damageType: "bullet", headshot: false }, null);
      this.count += 1;
      return;
    }
  }
}
