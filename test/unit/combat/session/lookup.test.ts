/** Lookup: reads of living sessions are answered from where they live, lists too, and what answered is counted. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CHECKPOINT_IDLE_MS, LIVE_READ_AGE_MS_MAX } from "#combat/limits.ts";
import { recordOf } from "#combat/session/record.ts";
import { sessionOf, stateOf } from "#combat/session/state.ts";
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

test("what is over is listed as it was recorded, asks nobody and is no miss", async () => {
  const [record] = saved();
  const over = { ...record!, status: "ended" as const };
  other.faults.before = (call) => (call === "read" ? unavailable() : undefined);
  expect(await other.host.lookup.readListed([over])).toEqual([over]);
  expect(other.host.lookup.reads).toEqual({ memory: 0, live: 0, records: 0 });
});
