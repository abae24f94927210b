/** Lookup: reads of living sessions are answered from where they live, lists too, and what answered is counted. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CHECKPOINT_IDLE_MS, LIVE_READ_AGE_MS_MAX } from "#combat/limits.ts";
import { Lookup } from "#combat/session/lookup.ts";
import { recordOf } from "#combat/session/record.ts";
import { sessionOf, stateOf } from "#combat/session/state.ts";
import { createMemoryLiveStore } from "#combat/stores/live-store-memory.ts";
import { silentLog } from "#kit/log.ts";
import { unavailable } from "./faults.ts";
import { must, Stage } from "./fixture.ts";
import { useFakeTimers } from "./keeping.ts";
import { type Process, Stores } from "./processes.ts";

vi.mock("node:timers/promises", () => import("./timer-promises.ts"));

const ID = "session";

let stores: Stores;
let owner: Process;
let other: Process;

/** One process hosts a session whose record is older than it: Bob joined since it was saved. */
beforeEach(async () => {
  useFakeTimers();
  stores = new Stores();
  owner = stores.start("one");
  other = stores.start("two");
  await stores.pass(100);
  const stage = new Stage({}, ID, stores.clock);
  must(stage.join("ann"));
  await stores.records.sessions.create({ ...recordOf(stage.session), owner: owner.owner }, null, []);
  must(stage.join("bob"));
  owner.host.adopt(sessionOf(stateOf(stage.session), { epoch: 1, owner: owner.owner }, stores.clock.nowMs()));
  await stores.pass(2 * CHECKPOINT_IDLE_MS);
});

afterEach(() => {
  stores.end();
  vi.useRealTimers();
});

const saved = () => [...stores.records.records.values()];
const playersOf = (records: readonly ({ participants: readonly unknown[] } | null)[]) =>
  records.map((record) => record?.participants.length);

test.each([
  { name: "one that lives here, from memory", where: () => owner, from: { memory: 2, live: 0, records: 0 } },
  {
    name: "one that lives elsewhere, from the live store",
    where: () => other,
    from: { memory: 0, live: 2, records: 0 },
  },
])("$name: read and listed as it is now", async ({ where, from }) => {
  const { lookup } = where().host;
  expect(playersOf(saved())).toEqual([1]);
  expect(playersOf([await lookup.read(ID)])).toEqual([2]);
  expect(playersOf(await lookup.readListed(saved()))).toEqual([2]);
  expect(lookup.reads).toEqual(from);
});

test("without the live store what is elsewhere is read as it was saved, and counted as a miss", async () => {
  other.faults.before = (call) => (call === "read" ? unavailable() : undefined);
  const { lookup } = other.host;
  expect(playersOf([await lookup.read(ID), ...(await lookup.readListed(saved()))])).toEqual([1, 1]);
  expect(lookup.reads).toEqual({ memory: 0, live: 0, records: 2 });
});

test("a copy that nobody writes any more is not read from: it came back with an older live store", async () => {
  stores.table.get(ID)!.writtenAtMs -= LIVE_READ_AGE_MS_MAX + 1_000;
  Object.assign(saved()[0]!, { status: "ended" });
  expect(await other.host.lookup.read(ID)).toMatchObject({ status: "ended" });
  expect(other.host.lookup.reads).toEqual({ memory: 0, live: 0, records: 0 });
});

describe("right after the live store came within reach", () => {
  const lookupAfter = (backForMs: number) => {
    const { table, clock, records } = stores;
    const live = Object.assign(createMemoryLiveStore(table), { backAtMs: clock.nowMs() - backForMs });
    return new Lookup({ live, sessions: records.sessions, clock, log: silentLog }, new Map());
  };
  /** The match ended, was recorded, and its owner died; the live store came back from before. */
  const endUnseen = () => Object.assign(saved()[0]!, { status: "ended", version: saved()[0]!.version + 1 });

  test("a copy older than its record is not told", async () => {
    endUnseen();
    const lookup = lookupAfter(LIVE_READ_AGE_MS_MAX - 1);
    expect(await lookup.read(ID)).toMatchObject({ status: "ended" });
    expect(lookup.reads).toEqual({ memory: 0, live: 0, records: 0 });
  });

  test("a copy as new as its record is told, and is no miss", async () => {
    const lookup = lookupAfter(0);
    expect(playersOf([await lookup.read(ID)])).toEqual([2]);
    expect(lookup.reads).toEqual({ memory: 0, live: 1, records: 0 });
  });

  test("without the records what there is is told", async () => {
    endUnseen();
    const lookup = lookupAfter(0);
    vi.spyOn(stores.records.sessions, "get").mockImplementationOnce(unavailable);
    expect(playersOf([await lookup.read(ID)])).toEqual([2]);
  });

  test("later every copy was written since, and the records are not asked", async () => {
    const get = vi.spyOn(stores.records.sessions, "get");
    expect(playersOf([await lookupAfter(LIVE_READ_AGE_MS_MAX + 1_001).read(ID)])).toEqual([2]);
    expect(get).not.toHaveBeenCalled();
  });
});

test("what is over is listed as it was recorded, asks nobody and is no miss", async () => {
  const [record] = saved();
  const over = { ...record!, status: "ended" as const };
  other.faults.before = (call) => (call === "read" ? unavailable() : undefined);
  expect(await other.host.lookup.readListed([over])).toEqual([over]);
  expect(other.host.lookup.reads).toEqual({ memory: 0, live: 0, records: 0 });
});
