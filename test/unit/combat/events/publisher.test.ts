/** Publisher: kept events reach the sink in order, again and again until it has them, within a bounded memory. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Publisher, type ReadBack } from "#combat/events/publisher.ts";
import { readJournal } from "#combat/events/read-journal.ts";
import { PUBLISH_BATCH_MAX, PUBLISH_RETRY_MS, SAMPLES_WAITING_MAX } from "#combat/limits.ts";
import type { SessionEvent } from "#combat/session/session-events.ts";
import { stateOf } from "#combat/session/state.ts";
import { createMemoryLiveStore } from "#combat/stores/live-store-memory.ts";
import { encodeEntry } from "#combat/stores/state-codec.ts";
import { type Log, silentLog } from "#kit/log.ts";
import { createRng, nextBelow } from "#kit/rng.ts";
import { type Gate, gate, unavailable } from "../session/faults.ts";
import { Stage } from "../session/fixture.ts";
import { outgoing, settle, useFakeTimers } from "../session/keeping.ts";
import { seeds } from "../session/random-play.ts";

vi.mock("node:timers/promises", () => import("../session/timer-promises.ts"));

/** A sink that takes, refuses or waits, as told. */
class Sink {
  /** Every publication that was tried, by event ids. */
  readonly tried: string[][] = [];
  readonly taken: string[] = [];
  away = false;
  waits: Gate | null = null;

  async publish(events: readonly { eventId: string }[]): Promise<void> {
    const ids = events.map(({ eventId }) => eventId);
    this.tried.push(ids);
    await this.waits?.opened;
    if (this.away) unavailable();
    this.taken.push(...ids);
  }

  async close(): Promise<void> {}
}

/** Journals as a live store has them: what was kept, and is not cut off. */
class Journals {
  readonly kept = new Map<string, SessionEvent[]>();
  away = false;
  waits: Gate | null = null;
  reads = 0;
  pageMax = Number.POSITIVE_INFINITY;

  readonly readBack: ReadBack = async (sessionId, afterSeq) => {
    this.reads += 1;
    await this.waits?.opened;
    if (this.away) unavailable();
    return (this.kept.get(sessionId) ?? []).filter(({ seq }) => seq > afterSeq).slice(0, this.pageMax);
  };
}

let sink: Sink;
let journals: Journals;

beforeEach(() => {
  useFakeTimers();
  sink = new Sink();
  journals = new Journals();
});

afterEach(() => {
  vi.useRealTimers();
});

type Rest = { queueMax?: number; journals?: boolean; spills?: boolean; encode?: typeof outgoing; log?: Log };

function publisherOf(rest: Rest = {}): Publisher {
  const { queueMax = 1_000, spills = true, encode = outgoing, log = silentLog } = rest;
  const readBack = rest.journals === false ? null : journals.readBack;
  return new Publisher({ sink, encode, readBack, spills, log, queueMax });
}

function event(sessionId: string, seq: number): SessionEvent {
  return { sessionId, epoch: 1, seq, tick: seq, atUnixMs: 0, body: { kind: "player_left", playerId: String(seq) } };
}

function events(sessionId: string, fromSeq: number, toSeq: number): SessionEvent[] {
  return Array.from({ length: toSeq - fromSeq + 1 }, (_, index) => event(sessionId, fromSeq + index));
}

/** As the keeper does: kept first, accepted then. */
function accept(publisher: Publisher, some: readonly SessionEvent[]): void {
  for (const one of some) journals.kept.set(one.sessionId, [...(journals.kept.get(one.sessionId) ?? []), one]);
  publisher.handleAccepted(some);
}

function ids(sessionId: string, fromSeq: number, toSeq: number): string[] {
  return events(sessionId, fromSeq, toSeq).map((one) => outgoing(one).eventId);
}

function takenOf(sessionId: string): string[] {
  return sink.taken.filter((id) => id.startsWith(`${sessionId}:`));
}

/** Lets time pass, a retry at a time. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= PUBLISH_RETRY_MS.first) {
    await settle();
    vi.advanceTimersByTime(Math.min(left, PUBLISH_RETRY_MS.first));
  }
  await settle();
}

describe("kept events", () => {
  test("reach the sink as soon as they are accepted, in order", async () => {
    const publisher = publisherOf();
    publisher.begin("one", 0);
    accept(publisher, events("one", 1, 3));
    accept(publisher, events("one", 4, 5));
    await settle();
    expect(sink.taken).toEqual(ids("one", 1, 5));
    expect([publisher.publishedSeq("one"), publisher.lag, publisher.isFailing]).toEqual([5, 0, false]);
  });

  test.each(Array.from({ length: 12 }, (_, microtasks) => microtasks))(
    "that come %i moments after the last were taken do not wait for others to come",
    async (microtasks) => {
      const publisher = publisherOf();
      publisher.begin("one", 0);
      sink.waits = gate();
      accept(publisher, [event("one", 1)]);
      await settle();
      sink.waits.open();
      for (let left = microtasks; left > 0; left--) await Promise.resolve();
      accept(publisher, [event("one", 2)]);
      await settle();
      expect(sink.taken).toEqual(ids("one", 1, 2));
    },
  );

  test("that were accepted before, or published by an owner before, are not sent again", async () => {
    const publisher = publisherOf();
    publisher.begin("one", 2);
    accept(publisher, events("one", 1, 4));
    accept(publisher, events("one", 3, 5));
    await settle();
    expect(sink.taken).toEqual(ids("one", 3, 5));
  });

  test("of sessions that nobody began are nobody's business", async () => {
    const publisher = publisherOf();
    publisher.handleAccepted(events("unknown", 1, 2));
    await settle();
    expect([sink.tried, publisher.lag, publisher.publishedSeq("unknown")]).toEqual([[], 0, 0]);
  });

  test("are published one publication at a time, none larger than the cap", async () => {
    const publisher = publisherOf({ queueMax: 10 * PUBLISH_BATCH_MAX });
    publisher.begin("one", 0);
    sink.waits = gate();
    accept(publisher, events("one", 1, 2));
    accept(publisher, events("one", 3, 2 * PUBLISH_BATCH_MAX + 3));
    await settle();
    expect(sink.tried).toEqual([ids("one", 1, 2)]);
    sink.waits.open();
    await settle();
    expect(sink.tried.map(({ length }) => length)).toEqual([2, PUBLISH_BATCH_MAX, PUBLISH_BATCH_MAX, 1]);
    expect(sink.taken).toEqual(ids("one", 1, 2 * PUBLISH_BATCH_MAX + 3));
  });

  test("that the sink refuses are sent again as they were, before anything newer, ever more slowly", async () => {
    const publisher = publisherOf();
    publisher.begin("one", 0);
    sink.away = true;
    accept(publisher, events("one", 1, 2));
    await settle();
    accept(publisher, events("one", 3, 3));
    await pass(PUBLISH_RETRY_MS.first * 40);
    expect([publisher.isFailing, publisher.lag, publisher.publishedSeq("one")]).toEqual([true, 3, 0]);
    expect(new Set(sink.tried.map(String))).toEqual(new Set([String(ids("one", 1, 2))]));
    expect(sink.tried.length).toBeLessThan(10);
    expect(publisher.counts.failures).toBe(sink.tried.length);
    sink.away = false;
    await pass(PUBLISH_RETRY_MS.longest);
    expect(sink.taken).toEqual(ids("one", 1, 3));
    expect([publisher.isFailing, publisher.counts.published, publisher.lag]).toEqual([false, 3, 0]);
  });

  test("one that cannot be encoded is given up and counted; the others are published", async () => {
    const encode: typeof outgoing = (one) => {
      if (one.seq === 2) throw new Error("no such word");
      return outgoing(one);
    };
    const publisher = publisherOf({ encode });
    publisher.begin("one", 0);
    accept(publisher, events("one", 1, 4));
    await settle();
    expect(sink.taken).toEqual([...ids("one", 1, 1), ...ids("one", 3, 4)]);
    expect(publisher.counts).toEqual({ published: 3, failures: 0, lost: 1 });
    expect([publisher.publishedSeq("one"), publisher.lag]).toEqual([4, 0]);
  });

  test("progress is each session's own", async () => {
    const publisher = publisherOf();
    publisher.begin("one", 0);
    publisher.begin("two", 7);
    accept(publisher, events("one", 1, 3));
    await settle();
    sink.waits = gate();
    accept(publisher, events("two", 8, 9));
    await settle();
    expect([publisher.publishedSeq("one"), publisher.publishedSeq("two"), publisher.lag]).toEqual([3, 7, 2]);
    sink.waits.open();
    await settle();
    expect([publisher.publishedSeq("one"), publisher.publishedSeq("two"), publisher.lag]).toEqual([3, 9, 0]);
  });

  test("that are not published are found by session and in order, those on their way too", async () => {
    const publisher = publisherOf();
    for (const id of ["one", "two"]) publisher.begin(id, 0);
    sink.waits = gate();
    accept(publisher, events("one", 1, 2));
    accept(publisher, events("two", 1, 1));
    accept(publisher, events("one", 3, 4));
    await settle();
    expect(publisher.unpublished()).toEqual(
      new Map([
        ["one", events("one", 1, 4)],
        ["two", events("two", 1, 1)],
      ]),
    );
    sink.waits.open();
    await settle();
    expect(publisher.unpublished().size).toBe(0);
  });
});

describe("beyond what memory may hold", () => {
  /** A sink that is away, and events of two sessions beyond the cap of 20. */
  async function overflown(rest: { journals?: boolean; spills?: boolean } = {}): Promise<Publisher> {
    const publisher = publisherOf({ queueMax: 20, ...rest });
    for (const id of ["one", "two"]) publisher.begin(id, 0);
    sink.away = true;
    for (let seq = 1; seq <= 100; seq++) {
      accept(publisher, [event("one", seq)]);
      if (seq % 4 === 0) accept(publisher, [event("two", seq / 4)]);
      if (seq % 10 === 0) await nextTurn();
    }
    return publisher;
  }

  const inMemory = (publisher: Publisher) => [...publisher.unpublished().values()].flat().length;

  test("events stay in their journals, and are read from there: in order, each once, none lost", async () => {
    const publisher = await overflown();
    expect([publisher.lag, inMemory(publisher) <= 20 + 1]).toEqual([125, true]);
    sink.away = false;
    await pass(PUBLISH_RETRY_MS.longest);
    expect(takenOf("one")).toEqual(ids("one", 1, 100));
    expect(takenOf("two")).toEqual(ids("two", 1, 25));
    expect([publisher.lag, publisher.counts.lost, publisher.publishedSeq("two")]).toEqual([0, 0, 25]);
    const { reads } = journals;
    accept(publisher, events("one", 101, 103));
    await settle();
    expect(takenOf("one")).toEqual(ids("one", 1, 103));
    expect(journals.reads).toBe(reads); // Nobody is behind any more.
  });

  test("however much a journal gives at once, memory holds no more than the cap", async () => {
    const publisher = await overflown();
    sink.away = false;
    sink.waits = gate();
    let most = 0;
    for (let turns = 0; turns < 80; turns++) {
      const waits: Gate = sink.waits;
      sink.waits = gate();
      waits.open();
      await pass(PUBLISH_RETRY_MS.first);
      most = Math.max(most, inMemory(publisher));
    }
    expect(most).toBeLessThanOrEqual(20 + 1);
    expect([publisher.lag, publisher.counts.lost]).toEqual([0, 0]);
  });

  test.each([1, 3])("a journal that is read by %i at a time is read to its end", async (pageMax) => {
    journals.pageMax = pageMax;
    const publisher = await overflown();
    sink.away = false;
    await pass(PUBLISH_RETRY_MS.longest);
    expect([takenOf("one"), takenOf("two")]).toEqual([ids("one", 1, 100), ids("two", 1, 25)]);
    expect(publisher.lag).toBe(0);
  });

  test("of a session taken over, what its journal has is published first, and never held beyond the cap", async () => {
    journals.kept.set("one", events("one", 1, 300));
    journals.pageMax = 7;
    const publisher = publisherOf({ queueMax: 20 });
    publisher.begin("one", 40, 300);
    expect(publisher.lag).toBe(260);
    accept(publisher, [event("one", 301)]);
    sink.waits = gate();
    let most = 0;
    for (let turns = 0; turns < 80; turns++) {
      const waits: Gate = sink.waits;
      sink.waits = gate();
      waits.open();
      await pass(PUBLISH_RETRY_MS.first);
      most = Math.max(most, inMemory(publisher));
    }
    expect(takenOf("one")).toEqual(ids("one", 41, 301));
    expect([most <= 20 + 1, publisher.lag, publisher.counts.lost]).toEqual([true, 0, 0]);
  });

  test("of a session taken over, what its journal has is in memory, too, though the sink takes nothing", async () => {
    const publisher = publisherOf();
    publisher.begin("busy", 0);
    sink.away = true;
    accept(publisher, [event("busy", 1)]);
    await pass(PUBLISH_RETRY_MS.first);
    journals.kept.set("one", events("one", 1, 30));
    publisher.begin("one", 4, 30);
    await pass(PUBLISH_RETRY_MS.first);
    journals.kept.clear(); // The live store lost everything.
    accept(publisher, [event("one", 31)]);
    sink.away = false;
    await pass(PUBLISH_RETRY_MS.longest);
    expect([takenOf("one"), publisher.counts.lost]).toEqual([ids("one", 5, 31), 0]);
  });

  test("of a session taken over, what cannot be read is counted as a gap, and what follows goes on", async () => {
    journals.kept.set("one", events("one", 3, 5));
    const publisher = publisherOf();
    publisher.begin("one", 0, 9);
    await pass(PUBLISH_RETRY_MS.longest);
    expect([takenOf("one"), publisher.lag, publisher.counts.lost]).toEqual([ids("one", 3, 5), 0, 2 + 4]);
    accept(publisher, [event("one", 10)]);
    await settle();
    expect(takenOf("one")).toEqual([...ids("one", 3, 5), ...ids("one", 10, 10)]);
  });

  test("where journals are memory as well, what was kept is read, and what has no room is given up", async () => {
    journals.kept.set("two", events("two", 1, 5));
    const publisher = await overflown({ spills: false });
    publisher.begin("two", 2, 5);
    sink.away = false;
    await pass(PUBLISH_RETRY_MS.longest);
    expect(takenOf("two").slice(-3)).toEqual(ids("two", 3, 5));
    expect(publisher.counts.lost).toBeGreaterThan(50);
  });

  test("an event that is kept but not accepted yet is left for its own time", async () => {
    const publisher = await overflown();
    journals.kept.get("one")!.push(event("one", 101));
    sink.away = false;
    await pass(PUBLISH_RETRY_MS.longest);
    expect(takenOf("one")).toEqual(ids("one", 1, 100));
    publisher.handleAccepted([event("one", 101)]);
    await settle();
    expect(takenOf("one")).toEqual(ids("one", 1, 101));
  });

  test("a journal that is read while the others take the last room loses nothing, and is read again", async () => {
    const publisher = publisherOf({ queueMax: 10 });
    for (const id of ["one", "two"]) publisher.begin(id, 0);
    sink.waits = gate();
    journals.waits = gate();
    accept(publisher, events("one", 1, 40));
    accept(publisher, events("two", 1, 1)); // All of the first are on their way: there is room to read.
    expect(journals.reads).toBe(1);
    accept(publisher, events("two", 2, 30));
    await settle();
    journals.waits.open();
    await settle();
    sink.waits.open();
    await settle();
    for (const [id, seq] of [
      ["one", 40],
      ["two", 30],
    ] as const)
      expect(takenOf(id)).toEqual(ids(id, 1, seq));
    expect([publisher.lag, publisher.counts.lost]).toEqual([0, 0]);
  });

  test("what no journal has any more is counted as a gap, and what comes after it goes on", async () => {
    const publisher = await overflown();
    const inQueue = publisher.unpublished().get("one")!.length;
    journals.kept.set("one", events("one", 90, 100)); // The live store lost the others.
    journals.kept.set("two", []);
    const ofTwo = publisher.unpublished().get("two")?.length ?? 0;
    sink.away = false;
    await pass(PUBLISH_RETRY_MS.longest);
    expect(takenOf("one")).toEqual([...ids("one", 1, inQueue), ...ids("one", 90, 100)]);
    expect(publisher.counts.lost).toBe(89 - inQueue + 25 - ofTwo);
    // Nobody waits for what is lost.
    expect([publisher.lag, publisher.publishedSeq("one"), publisher.publishedSeq("two")]).toEqual([0, 100, 25]);
  });

  test("a gap at the end is not passed while something before it is not published", async () => {
    const publisher = await overflown();
    journals.kept.clear();
    sink.away = false;
    sink.waits = gate();
    await pass(PUBLISH_RETRY_MS.longest);
    expect(publisher.publishedSeq("one")).toBe(0);
    sink.waits.open();
    await pass(PUBLISH_RETRY_MS.longest);
    expect([publisher.publishedSeq("one"), publisher.lag]).toEqual([100, 0]);
  });

  test("while journals cannot be read the others' events are published without waiting for that", async () => {
    const publisher = await overflown();
    publisher.begin("three", 0);
    journals.away = true;
    sink.away = false;
    await pass(PUBLISH_RETRY_MS.longest);
    for (let seq = 1; seq <= 5; seq++) {
      accept(publisher, [event("three", seq)]);
      await pass(PUBLISH_RETRY_MS.first);
      expect(takenOf("three")).toEqual(ids("three", 1, seq));
    }
    expect(journals.reads).toBeLessThan(5);
    journals.away = false;
    await pass(2 * PUBLISH_RETRY_MS.longest);
    expect(takenOf("one")).toEqual(ids("one", 1, 100));
    expect([publisher.lag, publisher.counts.lost]).toEqual([0, 0]);
  });

  test("where no journal outlives memory the oldest are given up and counted, and nobody waits for them", async () => {
    const publisher = await overflown({ journals: false });
    const waiting = inMemory(publisher);
    expect(waiting).toBeLessThanOrEqual(20 + 1 + 10); // The queue, its last hundredth, and what is on its way.
    sink.away = false;
    await pass(PUBLISH_RETRY_MS.longest);
    expect(sink.taken).toHaveLength(waiting);
    expect(publisher.counts).toMatchObject({ published: waiting, lost: 125 - waiting });
    expect(takenOf("one").at(-1)).toBe(ids("one", 100, 100)[0]);
    expect([publisher.lag, publisher.publishedSeq("one"), publisher.publishedSeq("two")]).toEqual([0, 100, 25]);
  });

  test("a session that is given up whole is not waited for either", async () => {
    const publisher = publisherOf({ queueMax: 20, journals: false });
    for (const id of ["short", "on its way", "long"]) publisher.begin(id, 0);
    sink.away = true;
    accept(publisher, events("on its way", 1, 1));
    await settle();
    accept(publisher, [...events("short", 1, 2), ...events("on its way", 2, 2), ...events("long", 1, 60)]);
    sink.away = false;
    await pass(PUBLISH_RETRY_MS.longest);
    expect(["short", "on its way", "long"].map((id) => publisher.publishedSeq(id))).toEqual([2, 2, 60]);
    expect([publisher.lag, takenOf("on its way")]).toEqual([0, ids("on its way", 1, 1)]);
  });
});

describe("a session that is somebody else's from now on", () => {
  test("is not published from here any more, in memory or behind", async () => {
    const publisher = publisherOf({ queueMax: 10 });
    for (const id of ["gone", "stays"]) publisher.begin(id, 0);
    sink.away = true;
    accept(publisher, events("stays", 1, 1));
    await settle();
    accept(publisher, [...events("gone", 1, 40), ...events("stays", 2, 9)]);
    publisher.forget("gone");
    sink.away = false;
    await pass(PUBLISH_RETRY_MS.longest);
    expect(sink.taken).toEqual(ids("stays", 1, 9));
    expect([publisher.lag, publisher.publishedSeq("gone"), publisher.unpublished().size]).toEqual([0, 0, 0]);
  });

  test("and comes back while its journal is being read goes on from where it is now", async () => {
    const publisher = publisherOf({ queueMax: 10 });
    publisher.begin("one", 0);
    journals.waits = gate();
    accept(publisher, events("one", 1, 40));
    await settle();
    const before = sink.taken.length;
    expect([before >= 10, journals.reads]).toEqual([true, 1]);
    publisher.forget("one");
    publisher.begin("one", 30); // By the next owner all of it up to there was published.
    publisher.handleAccepted(events("one", 31, 33));
    journals.waits.open();
    await settle();
    expect(sink.taken.slice(before)).toEqual(ids("one", 31, 33));
    expect([publisher.publishedSeq("one"), publisher.lag, publisher.counts.lost]).toEqual([33, 0, 0]);
  });
});

test("that samples are given up is said once in an outage, and again in the next", async () => {
  const said: string[] = [];
  const publisher = publisherOf({ log: { ...silentLog, warn: (_fields, message) => void said.push(message) } });
  const full = () => {
    for (let count = 0; count < SAMPLES_WAITING_MAX + 2_000; count++) publisher.handleSample(event("one", 0));
    return said.filter((message) => message.includes("given up")).length;
  };
  sink.waits = gate();
  expect(full()).toBe(1);
  sink.waits.open();
  await pass(PUBLISH_RETRY_MS.first);
  sink.waits = gate();
  expect(full()).toBe(2);
  sink.waits.open();
});

describe("when the process ends", () => {
  test("what waits is published first", async () => {
    const publisher = publisherOf();
    publisher.begin("one", 0);
    sink.waits = gate();
    accept(publisher, events("one", 1, 5));
    const closed = publisher.close();
    await settle();
    sink.waits.open();
    await closed;
    expect(sink.taken).toEqual(ids("one", 1, 5));
  });

  test("what the sink does not take is left to the next run, after one more attempt", async () => {
    const publisher = publisherOf();
    publisher.begin("one", 0);
    sink.away = true;
    accept(publisher, events("one", 1, 5));
    await settle();
    accept(publisher, events("one", 6, 7)); // While the first are on their way.
    let closed = false;
    const closing = publisher.close().then(() => {
      closed = true;
    });
    await pass(PUBLISH_RETRY_MS.longest);
    await closing;
    expect([closed, sink.tried.length, publisher.lag]).toEqual([true, 2, 7]);
    expect(publisher.unpublished().get("one")).toEqual(events("one", 1, 7));
  });

  test("what is in journals alone is left to the next run, however much it is", async () => {
    const publisher = publisherOf({ queueMax: 10 });
    publisher.begin("one", 0);
    sink.waits = gate();
    accept(publisher, events("one", 1, 400));
    const closing = publisher.close();
    sink.waits.open();
    await closing;
    expect([journals.reads, publisher.counts.lost]).toEqual([0, 0]);
    expect(sink.taken).toEqual(ids("one", 1, sink.taken.length));
    expect(publisher.lag).toBe(400 - sink.taken.length);
  });

  test("a journal that cannot be read does not hold it up", async () => {
    const publisher = publisherOf({ queueMax: 10 });
    publisher.begin("one", 0);
    sink.waits = gate();
    journals.away = true;
    accept(publisher, events("one", 1, 40));
    const closing = publisher.close();
    sink.waits.open();
    await pass(PUBLISH_RETRY_MS.first);
    await closing;
    expect(publisher.lag).toBeGreaterThan(0);
  });
});

test.each(seeds(20))(
  "seed %i: whatever fails when, each session's events arrive in order, none missing",
  async (seed) => {
    const rng = createRng(seed);
    const publisher = publisherOf({ queueMax: 5 + nextBelow(rng, 30) });
    const sessions = ["one", "two", "three"];
    const seqs = new Map(sessions.map((id) => [id, 0]));
    for (const id of sessions) publisher.begin(id, 0);
    for (let steps = 0; steps < 150; steps++) {
      const dice = nextBelow(rng, 10);
      if (dice === 0) sink.away = !sink.away;
      else if (dice === 1) journals.away = !journals.away;
      else if (dice === 2) journals.pageMax = 1 + nextBelow(rng, 20);
      else if (dice < 5) await pass(nextBelow(rng, 600));
      else {
        const id = sessions[nextBelow(rng, 3)]!;
        const from = seqs.get(id)! + 1;
        const to = from + nextBelow(rng, 12);
        seqs.set(id, to);
        accept(publisher, events(id, from, to));
      }
    }
    sink.away = journals.away = false;
    await pass(3 * PUBLISH_RETRY_MS.longest);
    for (const [id, seq] of seqs) expect(takenOf(id)).toEqual(ids(id, 1, seq));
    expect([publisher.lag, publisher.counts.lost]).toEqual([0, 0]);
  },
);

describe("a journal read back", () => {
  test("gives the events after a number, in order, and passes over what cannot be read", async () => {
    const live = createMemoryLiveStore();
    const { session } = new Stage();
    const write = (toSeq: number, fromSeq: number, torn = false) => {
      const bytes = encodeEntry({ events: events("one", fromSeq, toSeq), after: { state: stateOf(session) } });
      if (torn) bytes[20]! ^= 1;
      const entry = { lastSeq: toSeq, bytes };
      return { sessionId: "one", epoch: 1, entry, checkpoint: null, trimSeq: null, publishedSeq: null, afterSeq: null };
    };
    await live.open([write(3, 1), write(5, 4), write(6, 6, true), write(9, 7)]);
    const seqs = async (afterSeq: number) => (await readJournal(live, "one", afterSeq)).map(({ seq }) => seq);
    expect(await seqs(0)).toEqual([1, 2, 3, 4, 5, 7, 8, 9]);
    expect(await seqs(2)).toEqual([3, 4, 5, 7, 8, 9]);
    expect(await seqs(9)).toEqual([]);
    expect(await readJournal(live, "unknown", 0)).toEqual([]);
    expect((await readJournal(live, "one", 0))[0]).toEqual(event("one", 1));
  });
});
