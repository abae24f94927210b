/**
 * Keeping: a keeper with its stores in memory, faults on demand, sessions put in by hand. Not a test itself.
 * Timers are fake and time is the clock's: `pass` moves both, and lets everything happen that follows.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { vi } from "vitest";
import { Publisher } from "#combat/events/publisher.ts";
import { readJournal } from "#combat/events/read-journal.ts";
import { KEEPER_TURN_MS } from "#combat/limits.ts";
import type { KeepVerdict } from "#combat/session/copy.ts";
import { type Hosted, hostedOf } from "#combat/session/hosted.ts";
import { Keeper } from "#combat/session/keeper.ts";
import { recordOf } from "#combat/session/record.ts";
import { type Restored, restore } from "#combat/session/restore.ts";
import type { Session } from "#combat/session/session.ts";
import type { SessionEvent } from "#combat/session/session-events.ts";
import type { OutgoingEvent } from "#combat/stores/event-sink.ts";
import type { LiveStore } from "#combat/stores/live-store.ts";
import { createMemoryLiveStore, type LiveTable } from "#combat/stores/live-store-memory.ts";
import { ManualClock } from "#kit/clock.ts";
import { silentLog } from "#kit/log.ts";
import { type Faults, faulty, noFaults } from "./faults.ts";
import { FakeEncoder, OWNER } from "./fixture.ts";
import { MemoryRecordStores } from "./memory-store.ts";

export class Keeping {
  readonly clock: ManualClock;
  readonly table: LiveTable = new Map();
  readonly liveFaults: Faults = noFaults();
  readonly recordFaults: Faults = noFaults();
  readonly sinkFaults: Faults = noFaults();
  readonly records = new MemoryRecordStores();
  /** Event ids as the sink has them. */
  readonly published: string[] = [];
  readonly live: LiveStore;
  readonly publisher: Publisher;
  readonly keeper: Keeper;
  readonly hosted: Hosted[] = [];
  readonly fenced: string[] = [];
  readonly failed: string[] = [];
  awoken = 0;

  constructor(clock: ManualClock = new ManualClock()) {
    this.clock = clock;
    const live = faulty(createMemoryLiveStore(this.table), this.liveFaults);
    this.live = live;
    const sink = faulty(
      {
        publish: async (events: readonly OutgoingEvent[]) => {
          for (const { eventId } of events) this.published.push(eventId);
        },
        close: async () => {},
      },
      this.sinkFaults,
    );
    const readBack = (sessionId: string, afterSeq: number) => readJournal(live, sessionId, afterSeq);
    this.publisher = new Publisher({ sink, encode: outgoing, readBack, log: silentLog });
    const { claims, outbox } = this.records;
    const stores = { claims: faulty(claims, this.recordFaults), outbox: faulty(outbox, this.recordFaults), live };
    const drop = (hosted: Hosted) => this.hosted.splice(this.hosted.indexOf(hosted) >>> 0, 1).length > 0;
    this.keeper = new Keeper(
      { ...stores, publisher: this.publisher, owner: OWNER, clock: this.clock, log: silentLog },
      {
        sessions: () => this.hosted.values(),
        has: (hosted) => this.hosted.includes(hosted),
        handleFenced: (hosted) => drop(hosted) && this.fenced.push(hosted.session.id),
        handleFailed: (hosted) => drop(hosted) && this.failed.push(hosted.session.id),
        handleAwake: () => {
          this.awoken += 1;
        },
      },
    );
  }

  /** As the host takes a session in. Its record is ours. */
  host(session: Session, kept: { opened: boolean; publishedSeq: number } = { opened: false, publishedSeq: 0 }): Hosted {
    if (!this.records.records.has(session.id)) this.records.records.set(session.id, recordOf(session));
    const hosted = hostedOf(session, new FakeEncoder(), {
      nowMs: this.clock.nowMs(),
      keptSeq: kept.opened ? session.seqOfLastEvent : null,
    });
    this.publisher.begin(session.id, kept.publishedSeq);
    this.hosted.push(hosted);
    this.keeper.handleTold(hosted);
    return hosted;
  }

  /** As delivery does: what these sessions tell now is kept, and counts as shown unless fenced. */
  async show(...shown: Hosted[]): Promise<{ verdicts: KeepVerdict[]; events: SessionEvent[] }> {
    const told = shown.map((hosted) => ({ hosted, events: hosted.session.pollEvents() }));
    for (const { hosted } of told) hosted.journaling = true;
    const verdicts = await this.keeper.keep(told.filter(({ events }) => events.length > 0));
    for (const { hosted } of told) hosted.journaling = false;
    return { verdicts, events: told.flatMap(({ events }) => events) };
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= KEEPER_TURN_MS) {
      const step = Math.min(left, KEEPER_TURN_MS);
      this.clock.advance(step);
      vi.advanceTimersByTime(step);
      await settle();
    }
  }

  /** The live store as it is now, to be put back: it has forgotten then what came after. */
  snapshot(): { putBack(): void } {
    const before = structuredClone([...this.table]);
    return {
      putBack: () => {
        this.table.clear();
        for (const [sessionId, held] of structuredClone(before)) this.table.set(sessionId, held);
      },
    };
  }

  /** What the next owner would make of what is kept now, and publish. */
  async restored(sessionId: string): Promise<Restored & { unpublished: SessionEvent[] }> {
    const held = this.table.get(sessionId);
    if (held === undefined) throw new Error(`nothing is kept of ${sessionId}`);
    const live = createMemoryLiveStore(this.table);
    const kept = await live.take({ sessionId, epoch: held.epoch });
    if (typeof kept === "string") throw new Error(kept);
    const unpublished = await readJournal(live, sessionId, kept.publishedSeq);
    return { ...restore(sessionId, kept), unpublished };
  }

  async end(): Promise<void> {
    await this.keeper.stop();
    for (const held of this.table.values()) if (held.forgetting !== null) clearTimeout(held.forgetting);
  }
}

export function outgoing({ sessionId, epoch, seq, atUnixMs }: SessionEvent): OutgoingEvent {
  const eventId = `${sessionId}:${epoch}:${seq}`;
  const value = new Uint8Array();
  return { eventId, eventType: "t", topic: "t", key: sessionId, value, atUnixMs, contentType: "application/json" };
}

/** Fake timers stand still, but for setImmediate: a few turns of the event loop. */
export async function settle(turns = 5): Promise<void> {
  for (let left = turns; left > 0; left--) await nextTurn();
}

export function useFakeTimers(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
}

/** What of a session was shown, or answered: poses and rounds in magazines are not among it. */
export function shownOf(session: Session) {
  const { status, endReason, winnerTeamId, seqOfLastEvent, world, roster, figuresOfLeft } = session;
  const figures = (fighter: (typeof world.fighters)[number]) => {
    if (fighter === null) return null;
    const { slot, side, health, alive, kills, deaths, assists, damageDealt, damageTaken, hurtBy } = fighter;
    return { slot, side, health, alive, kills, deaths, assists, damageDealt, damageTaken, hurtBy };
  };
  const { phase, round, winner, sides } = world;
  return structuredClone({
    ...{ status, endReason, winnerTeamId, seqOfLastEvent, phase, round, winner, sides },
    teams: roster.teams,
    // The first socket of a seat is not told.
    seats: roster.seats.map(({ playerId, teamId, slot, side, connection }) => {
      return { playerId, teamId, slot, side, connection: connection === "expected" ? "connected" : connection };
    }),
    fighters: world.fighters.map(figures),
    left: [...figuresOfLeft].map(([playerId, fighter]) => ({ playerId, ...figures(fighter) })),
    answers: session.damageAnswers.all().map(({ key, outcome }) => ({ key, ...outcome, id: 0 })),
  });
}
