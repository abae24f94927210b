/**
 * Contract of SessionStore: what every adapter must hold, run over each of them by a *.test.ts beside this file.
 * Not here: claims and outbox (session-claims.contract.ts, session-outbox.contract.ts), results
 * (session-results.contract.ts), what one adapter alone promises (test/unit/combat/stores, test/services).
 */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { ListQuery, SessionRecord } from "#combat/stores/session-store.ts";
import { ended, next, seat, sessionRecord } from "./session-record.ts";
import type { Given } from "./session-stores-under-test.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const EVERYTHING: ListQuery = { status: null, gameMode: null, visibleTo: null, limit: 100, after: null };

export function sessionStoreContract(given: Given): void {
  createContract(given);
  updateContract(given);
  listContract(given);
  restartContract(given);
}

function key(fingerprint = "same request") {
  return { caller: "player-1", key: "key-1", fingerprint };
}

function createContract(given: Given): void {
  test("what was created comes back as it was, to the last field", async () => {
    const { sessions } = given().stores;
    const record = sessionRecord({ participants: [seat(randomUUID(), 0), seat(randomUUID(), 1)] });
    expect(await sessions.create(record, null)).toEqual({ kind: "created" });
    expect(await sessions.get(record.id)).toEqual(record);
  });

  test("an unknown id is null, not an error", async () => {
    expect(await given().stores.sessions.get(randomUUID())).toBeNull();
  });

  test("the same key again finds the session as it is now, creates nothing and tells nothing", async () => {
    const { sessions, outbox } = given().stores;
    const first = sessionRecord();
    await sessions.create(first, key());
    const changed = next(first, { status: "active" });
    await sessions.update(changed);
    const second = sessionRecord();
    const repeated = await sessions.create(second, key(), [{ kind: "session_paused" }]);
    expect(repeated).toEqual({ kind: "repeat", record: changed });
    expect(await sessions.get(second.id)).toBeNull();
    expect(await outbox.count()).toBe(0);
  });

  test("the same key for another request is key_reused, and creates nothing", async () => {
    const { sessions } = given().stores;
    await sessions.create(sessionRecord(), key("one request"));
    const other = sessionRecord();
    expect(await sessions.create(other, key("another request"))).toEqual({ kind: "key_reused" });
    expect(await sessions.get(other.id)).toBeNull();
  });

  test("the same key of another caller is another key", async () => {
    const { sessions } = given().stores;
    await sessions.create(sessionRecord(), key());
    expect(await sessions.create(sessionRecord(), { ...key(), caller: "player-2" })).toEqual({ kind: "created" });
  });

  test("without a key the same request creates twice", async () => {
    const { sessions } = given().stores;
    await sessions.create(sessionRecord(), null);
    expect(await sessions.create(sessionRecord(), null)).toEqual({ kind: "created" });
    expect(await sessions.list(EVERYTHING)).toHaveLength(2);
  });

  test("a key is kept for 24 hours and forgotten then", async () => {
    const { stores, clock } = given();
    const { sessions } = stores;
    await sessions.create(sessionRecord(), key());
    clock.advance(DAY_MS - 1);
    expect(await sessions.create(sessionRecord(), key())).toMatchObject({ kind: "repeat" });
    clock.advance(1);
    expect(await sessions.create(sessionRecord(), key("new request"))).toEqual({ kind: "created" });
  });

  test("of creations at once under one key one creates and all others find it", async () => {
    const { sessions } = given().stores;
    const records = Array.from({ length: 8 }, () => sessionRecord());
    const outcomes = await Promise.all(records.map((record) => sessions.create(record, key())));
    expect(outcomes.filter(({ kind }) => kind === "created")).toHaveLength(1);
    const made = records[outcomes.findIndex(({ kind }) => kind === "created")];
    for (const outcome of outcomes)
      if (outcome.kind !== "created") expect(outcome).toEqual({ kind: "repeat", record: made });
    expect(await sessions.list(EVERYTHING)).toEqual([made]);
  });

  test("a creation that fails leaves its key free", async () => {
    const { sessions } = given().stores;
    const taken = sessionRecord();
    await sessions.create(taken, null);
    await expect(sessions.create(sessionRecord({ id: taken.id }), key())).rejects.toThrow();
    expect(await sessions.get(taken.id)).toEqual(taken);
    expect(await sessions.create(sessionRecord(), key())).toEqual({ kind: "created" });
  });

  test("texts that are SQL stay texts", async () => {
    const { sessions } = given().stores;
    const record = sessionRecord({ settings: { mapId: "'); drop table combat_sessions; --" } });
    await sessions.create(record, { caller: "';--", key: "$1", fingerprint: "\\" });
    expect(await sessions.get(record.id)).toEqual(record);
  });
}

export function updateContract(given: Given): void {
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
    const { sessions } = given().stores;
    const record = sessionRecord(stored);
    await sessions.create(record, null);
    const change: SessionRecord = { ...ended(record), ...write };
    expect(await sessions.update(change)).toBe(written);
    expect(await sessions.get(record.id)).toEqual(written ? change : record);
  });

  test("an update asked again after its answer was lost is still true", async () => {
    const { sessions } = given().stores;
    const record = sessionRecord();
    await sessions.create(record, null);
    const change = next(record, { status: "active" });
    expect(await sessions.update(change)).toBe(true);
    expect(await sessions.update(change)).toBe(true);
    expect(await sessions.update({ ...change, status: "paused" })).toBe(false);
  });

  test("an update of what was never created is refused and creates nothing", async () => {
    const { sessions } = given().stores;
    const record = sessionRecord({ version: 2 });
    expect(await sessions.update(record)).toBe(false);
    expect(await sessions.get(record.id)).toBeNull();
  });

  test("of updates at once to one version exactly one is written", async () => {
    const { sessions } = given().stores;
    const record = sessionRecord();
    await sessions.create(record, null);
    const changes = Array.from({ length: 6 }, (_, played) => next(record, { playedMs: played + 1 }));
    const answers = await Promise.all(changes.map((change) => sessions.update(change)));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await sessions.get(record.id)).toEqual(changes[answers.indexOf(true)]);
  });
}

function listContract(given: Given): void {
  async function fill(records: readonly SessionRecord[]): Promise<void> {
    for (const record of records) await given().stores.sessions.create(record, null);
  }

  test("newest first, then by id", async () => {
    const old = sessionRecord({ createdAtMs: 1_000 });
    const twins = [sessionRecord({ createdAtMs: 2_000 }), sessionRecord({ createdAtMs: 2_000 })];
    const fresh = sessionRecord({ createdAtMs: 3_000 });
    await fill([...twins, old, fresh]);
    const ids = twins.map(({ id }) => id).sort();
    expect((await given().stores.sessions.list(EVERYTHING)).map(({ id }) => id)).toEqual([fresh.id, ...ids, old.id]);
  });

  test("by status, by mode, and by both", async () => {
    const one = sessionRecord({ status: "active", settings: { gameMode: "deathmatch" } });
    const two = sessionRecord({ status: "active", settings: { gameMode: "domination" } });
    const three = sessionRecord({ status: "ended", settings: { gameMode: "deathmatch" } });
    await fill([one, two, three]);
    const idsOf = async (filter: Partial<ListQuery>) =>
      new Set((await given().stores.sessions.list({ ...EVERYTHING, ...filter })).map(({ id }) => id));
    expect(await idsOf({ status: "active" })).toEqual(new Set([one.id, two.id]));
    expect(await idsOf({ gameMode: "deathmatch" })).toEqual(new Set([one.id, three.id]));
    expect(await idsOf({ status: "active", gameMode: "deathmatch" })).toEqual(new Set([one.id]));
    expect(await idsOf({ status: "cancelled" })).toEqual(new Set());
  });

  test("a filter sees what an update made of a record", async () => {
    const record = sessionRecord();
    await fill([record]);
    await given().stores.sessions.update(next(record, { status: "active" }));
    expect(await given().stores.sessions.list({ ...EVERYTHING, status: "waiting" })).toEqual([]);
    expect(await given().stores.sessions.list({ ...EVERYTHING, status: "active" })).toHaveLength(1);
  });

  test("private sessions are seen by their host, by those in them, and by whoever sees all", async () => {
    const insider = randomUUID();
    const open = sessionRecord();
    const hidden = sessionRecord({ settings: { isPrivate: true }, participants: [seat(insider, 0)] });
    await fill([open, hidden]);
    const seenBy = async (visibleTo: string | null) =>
      (await given().stores.sessions.list({ ...EVERYTHING, visibleTo })).map(({ id }) => id).sort();
    const both = [open.id, hidden.id].sort();
    expect(await seenBy(insider)).toEqual(both);
    expect(await seenBy(hidden.hostPlayerId)).toEqual(both);
    expect(await seenBy(null)).toEqual(both);
    expect(await seenBy(randomUUID())).toEqual([open.id]);
  });

  test("pages follow each other without gap or repeat, whatever is created meanwhile", async () => {
    const records = Array.from({ length: 11 }, (_, index) => sessionRecord({ createdAtMs: 1_000 + (index >> 2) }));
    await fill(records);
    const expected = (await given().stores.sessions.list(EVERYTHING)).map(({ id }) => id);
    const seen: string[] = [];
    let after: ListQuery["after"] = null;
    for (let page = 0; page < 10; page++) {
      const rows: SessionRecord[] = await given().stores.sessions.list({ ...EVERYTHING, limit: 3, after });
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

function restartContract(given: Given): void {
  test("a restart keeps records, versions, keys and what was told", async () => {
    const under = given();
    const record = sessionRecord();
    await under.stores.sessions.create(record, key());
    const change = next(record, { status: "active", epoch: 2 });
    await under.stores.sessions.update(change, [{ kind: "session_paused" }]);
    await under.restart();
    expect(await under.stores.sessions.get(record.id)).toEqual(change);
    expect(await under.stores.claims.unfinished()).toEqual([{ id: record.id, owner: record.owner }]);
    expect((await under.stores.outbox.pending(record.id)).map(({ body }) => body.kind)).toEqual(["session_paused"]);
    expect(await under.stores.sessions.create(sessionRecord(), key())).toEqual({ kind: "repeat", record: change });
    expect(await under.stores.sessions.update(next(change, { epoch: 1 }))).toBe(false);
    expect(await under.stores.sessions.update(next(change, { epoch: 3 }))).toBe(true);
  });
}
