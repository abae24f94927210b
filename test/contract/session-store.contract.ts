/**
 * Contract of SessionStore: what every adapter must hold, run over each of them by a *.test.ts beside this file.
 * Not here: what one adapter alone promises (test/unit/combat/stores).
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ListQuery, SessionRecord, SessionStore } from "#combat/stores/session-store.ts";
import type { ManualClock } from "#kit/clock.ts";
import { next, seat, sessionRecord } from "./session-record.ts";

export type StoreUnderTest = {
  store: SessionStore;
  readonly clock: ManualClock;
  /** Takes all records out. */
  clear(): Promise<void>;
  /** Closes the store and opens it again over what it kept; puts it in `store`. */
  restart(): Promise<void>;
  /** Closes and removes everything. */
  end(): Promise<void>;
};

const DAY_MS = 24 * 60 * 60 * 1000;
const EVERYTHING: ListQuery = { status: null, gameMode: null, visibleTo: null, limit: 100, after: null };

export function sessionStoreContract(adapter: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${adapter} as SessionStore`, () => {
    let under: StoreUnderTest;
    beforeAll(async () => {
      under = await open();
    });
    beforeEach(() => under.clear());
    afterAll(() => under.end());
    const given = () => under;
    createContract(given);
    updateContract(given);
    listContract(given);
    unfinishedContract(given);
    restartContract(given);
  });
}

type Given = () => StoreUnderTest;

function key(fingerprint = "same request") {
  return { caller: "player-1", key: "key-1", fingerprint };
}

function createContract(given: Given): void {
  test("what was created comes back as it was, to the last field", async () => {
    const { store } = given();
    const record = sessionRecord({ participants: [seat(randomUUID(), 0), seat(randomUUID(), 1)] });
    expect(await store.create(record, null)).toEqual({ kind: "created" });
    expect(await store.get(record.id)).toEqual(record);
  });

  test("an unknown id is null, not an error", async () => {
    expect(await given().store.get(randomUUID())).toBeNull();
  });

  test("the same key again finds the session as it is now, and creates nothing", async () => {
    const { store } = given();
    const first = sessionRecord();
    await store.create(first, key());
    const changed = next(first, { status: "active" });
    await store.update(changed);
    const second = sessionRecord();
    expect(await store.create(second, key())).toEqual({ kind: "repeat", record: changed });
    expect(await store.get(second.id)).toBeNull();
  });

  test("the same key for another request is key_reused, and creates nothing", async () => {
    const { store } = given();
    await store.create(sessionRecord(), key("one request"));
    const other = sessionRecord();
    expect(await store.create(other, key("another request"))).toEqual({ kind: "key_reused" });
    expect(await store.get(other.id)).toBeNull();
  });

  test("the same key of another caller is another key", async () => {
    const { store } = given();
    await store.create(sessionRecord(), key());
    expect(await store.create(sessionRecord(), { ...key(), caller: "player-2" })).toEqual({ kind: "created" });
  });

  test("without a key the same request creates twice", async () => {
    const { store } = given();
    await store.create(sessionRecord(), null);
    expect(await store.create(sessionRecord(), null)).toEqual({ kind: "created" });
    expect(await store.list(EVERYTHING)).toHaveLength(2);
  });

  test("a key is kept for 24 hours and forgotten then", async () => {
    const { store, clock } = given();
    await store.create(sessionRecord(), key());
    clock.advance(DAY_MS - 1);
    expect(await store.create(sessionRecord(), key())).toMatchObject({ kind: "repeat" });
    clock.advance(1);
    expect(await store.create(sessionRecord(), key("new request"))).toEqual({ kind: "created" });
  });

  test("of creations at once under one key one creates and all others find it", async () => {
    const { store } = given();
    const records = Array.from({ length: 8 }, () => sessionRecord());
    const outcomes = await Promise.all(records.map((record) => store.create(record, key())));
    expect(outcomes.filter(({ kind }) => kind === "created")).toHaveLength(1);
    const made = records[outcomes.findIndex(({ kind }) => kind === "created")];
    for (const outcome of outcomes)
      if (outcome.kind !== "created") expect(outcome).toEqual({ kind: "repeat", record: made });
    expect(await store.list(EVERYTHING)).toEqual([made]);
  });

  test("a creation that fails leaves its key free", async () => {
    const { store } = given();
    const taken = sessionRecord();
    await store.create(taken, null);
    await expect(store.create(sessionRecord({ id: taken.id }), key())).rejects.toThrow();
    expect(await store.get(taken.id)).toEqual(taken);
    expect(await store.create(sessionRecord(), key())).toEqual({ kind: "created" });
  });

  test("texts that are SQL stay texts", async () => {
    const { store } = given();
    const record = sessionRecord({ settings: { mapId: "'); drop table combat_sessions; --" } });
    await store.create(record, { caller: "';--", key: "$1", fingerprint: "\\" });
    expect(await store.get(record.id)).toEqual(record);
  });
}

function updateContract(given: Given): void {
  const stored = { version: 5, epoch: 3 };
  const rows: readonly [what: string, write: { version: number; epoch: number }, written: boolean][] = [
    ["the next version by the same owner is written", { version: 6, epoch: 3 }, true],
    ["the next version by a newer owner is written", { version: 6, epoch: 4 }, true],
    ["the next version by an older owner is refused", { version: 6, epoch: 2 }, false],
    ["the same version with other content is refused", { version: 5, epoch: 3 }, false],
    ["a version that leaves one out is refused", { version: 7, epoch: 3 }, false],
    ["an older version is refused, whoever the owner", { version: 4, epoch: 9 }, false],
  ];
  test.each(rows)("%s", async (_what, write, written) => {
    const { store } = given();
    const record = sessionRecord(stored);
    await store.create(record, null);
    const change: SessionRecord = { ...record, ...write, status: "ended", endReason: "victory" };
    expect(await store.update(change)).toBe(written);
    expect(await store.get(record.id)).toEqual(written ? change : record);
  });

  test("an update asked again after its answer was lost is still true", async () => {
    const { store } = given();
    const record = sessionRecord();
    await store.create(record, null);
    const change = next(record, { status: "active" });
    expect(await store.update(change)).toBe(true);
    expect(await store.update(change)).toBe(true);
    expect(await store.update({ ...change, status: "paused" })).toBe(false);
  });

  test("an update of what was never created is refused and creates nothing", async () => {
    const { store } = given();
    const record = sessionRecord({ version: 2 });
    expect(await store.update(record)).toBe(false);
    expect(await store.get(record.id)).toBeNull();
  });

  test("of updates at once to one version exactly one is written", async () => {
    const { store } = given();
    const record = sessionRecord();
    await store.create(record, null);
    const changes = Array.from({ length: 6 }, (_, played) => next(record, { playedMs: played + 1 }));
    const answers = await Promise.all(changes.map((change) => store.update(change)));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await store.get(record.id)).toEqual(changes[answers.indexOf(true)]);
  });
}

function listContract(given: Given): void {
  async function fill(records: readonly SessionRecord[]): Promise<void> {
    for (const record of records) await given().store.create(record, null);
  }

  test("newest first, then by id", async () => {
    const old = sessionRecord({ createdAtMs: 1_000 });
    const twins = [sessionRecord({ createdAtMs: 2_000 }), sessionRecord({ createdAtMs: 2_000 })];
    const fresh = sessionRecord({ createdAtMs: 3_000 });
    await fill([...twins, old, fresh]);
    const ids = twins.map(({ id }) => id).sort();
    expect((await given().store.list(EVERYTHING)).map(({ id }) => id)).toEqual([fresh.id, ...ids, old.id]);
  });

  test("by status, by mode, and by both", async () => {
    const one = sessionRecord({ status: "active", settings: { gameMode: "deathmatch" } });
    const two = sessionRecord({ status: "active", settings: { gameMode: "domination" } });
    const three = sessionRecord({ status: "ended", settings: { gameMode: "deathmatch" } });
    await fill([one, two, three]);
    const idsOf = async (filter: Partial<ListQuery>) =>
      new Set((await given().store.list({ ...EVERYTHING, ...filter })).map(({ id }) => id));
    expect(await idsOf({ status: "active" })).toEqual(new Set([one.id, two.id]));
    expect(await idsOf({ gameMode: "deathmatch" })).toEqual(new Set([one.id, three.id]));
    expect(await idsOf({ status: "active", gameMode: "deathmatch" })).toEqual(new Set([one.id]));
    expect(await idsOf({ status: "cancelled" })).toEqual(new Set());
  });

  test("a filter sees what an update made of a record", async () => {
    const record = sessionRecord();
    await fill([record]);
    await given().store.update(next(record, { status: "active" }));
    expect(await given().store.list({ ...EVERYTHING, status: "waiting" })).toEqual([]);
    expect(await given().store.list({ ...EVERYTHING, status: "active" })).toHaveLength(1);
  });

  test("private sessions are seen by their host, by those in them, and by whoever sees all", async () => {
    const insider = randomUUID();
    const open = sessionRecord();
    const hidden = sessionRecord({ settings: { isPrivate: true }, participants: [seat(insider, 0)] });
    await fill([open, hidden]);
    const seenBy = async (visibleTo: string | null) =>
      (await given().store.list({ ...EVERYTHING, visibleTo })).map(({ id }) => id).sort();
    const both = [open.id, hidden.id].sort();
    expect(await seenBy(insider)).toEqual(both);
    expect(await seenBy(hidden.hostPlayerId)).toEqual(both);
    expect(await seenBy(null)).toEqual(both);
    expect(await seenBy(randomUUID())).toEqual([open.id]);
  });

  test("pages follow each other without gap or repeat, whatever is created meanwhile", async () => {
    const records = Array.from({ length: 11 }, (_, index) => sessionRecord({ createdAtMs: 1_000 + (index >> 2) }));
    await fill(records);
    const expected = (await given().store.list(EVERYTHING)).map(({ id }) => id);
    const seen: string[] = [];
    let after: ListQuery["after"] = null;
    for (let page = 0; page < 10; page++) {
      const rows: SessionRecord[] = await given().store.list({ ...EVERYTHING, limit: 3, after });
      seen.push(...rows.map(({ id }) => id));
      const last = rows.at(-1);
      if (!last) break;
      expect(rows.length).toBeLessThanOrEqual(3);
      after = { createdAtMs: last.createdAtMs, id: last.id };
      await fill([sessionRecord({ createdAtMs: 9_000 })]); // Newer than the page: not among what follows.
    }
    expect(seen).toEqual(expected);
  });
}

function unfinishedContract(given: Given): void {
  test("unfinished are those waiting, active or paused, the oldest first", async () => {
    const { store } = given();
    const statuses = ["paused", "ended", "waiting", "cancelled", "active"] as const;
    const records = statuses.map((status, index) => sessionRecord({ status, createdAtMs: 1_000 + index }));
    for (const record of [...records].reverse()) await store.create(record, null);
    expect((await store.unfinished()).map(({ status }) => status)).toEqual(["paused", "waiting", "active"]);
  });
}

function restartContract(given: Given): void {
  test("a restart keeps records, versions and keys", async () => {
    const under = given();
    const record = sessionRecord();
    await under.store.create(record, key());
    const change = next(record, { status: "active", epoch: 2 });
    await under.store.update(change);
    await under.restart();
    expect(await under.store.get(record.id)).toEqual(change);
    expect(await under.store.unfinished()).toEqual([change]);
    expect(await under.store.create(sessionRecord(), key())).toEqual({ kind: "repeat", record: change });
    expect(await under.store.update(next(change, { epoch: 1 }))).toBe(false);
    expect(await under.store.update(next(change, { epoch: 3 }))).toBe(true);
  });
}
