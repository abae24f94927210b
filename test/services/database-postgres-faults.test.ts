/**
 * Record stores over a PostgreSQL server that breaks: connections that are cut, hang, or wait for a lock leave neither a
 * call without an end, nor a client that is lost, nor a write that is there twice.
 * A failure of a random test names its seed in the title: put it among the seeds, and it comes back.
 */
import { randomInt } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openPostgresDatabase, type PostgresDatabase, type PostgresOptions } from "#combat/stores/database-postgres.ts";
import { openRecordStores } from "#combat/stores/record-stores.ts";
import { type RecordStores, type SessionRecord, StoreUnavailable } from "#combat/stores/session-store.ts";
import { ManualClock } from "#kit/clock.ts";
import { silentLog } from "#kit/log.ts";
import { createRng, nextBelow } from "#kit/rng.ts";
import { type PrivateServer, startPrivateServer } from "#support/servers.ts";
import { next, sessionRecord } from "../contract/session-record.ts";
import { CLEAR } from "../contract/session-stores.contract.ts";
import { startCuttingProxy } from "./cutting-proxy.ts";

const CLIENTS_MAX = 3;
const CALL_MS_MAX = 800;
const WITHIN = { timeout: 10_000 };
const PAUSED = { kind: "session_paused" } as const;

let server: PrivateServer;
let database: PostgresDatabase;
let stores: RecordStores;
/** Over the same server, to break things with. */
let admin: PostgresDatabase;

function open(options: Partial<PostgresOptions> = {}): Promise<PostgresDatabase> {
  const short = { clientsMax: CLIENTS_MAX, connectMsMax: 500, statementMsMax: 400, answerMsMax: 600 };
  return openPostgresDatabase({ url: server.url, log: silentLog, applicationName: "under-test", ...short, ...options });
}

beforeAll(async () => {
  server = await startPrivateServer("postgres");
});
beforeEach(async () => {
  admin = await openPostgresDatabase({ url: server.url, log: silentLog, applicationName: "admin" });
  database = await open();
  stores = await openRecordStores({ database, clock: new ManualClock(), callMsMax: CALL_MS_MAX });
  await admin.script(CLEAR);
});
afterEach(async () => {
  await stores.close();
  await admin.close();
});
afterAll(() => server?.stop());

async function created(): Promise<SessionRecord> {
  const record = sessionRecord();
  await stores.sessions.create(record, null);
  return record;
}

/** Cuts all connections of the stores; resolves to how many. */
async function cut(): Promise<number> {
  const rows = await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'under-test'",
    [],
  );
  return rows.length;
}

async function sessionsOnServer(): Promise<number> {
  const [row] = await admin.query(
    "select count(*) as n from pg_stat_activity where application_name = 'under-test'",
    [],
  );
  return row?.["n"] as number;
}

/** All clients are back in the pool, and the server has no more connections than these. */
async function expectNoLeak(): Promise<void> {
  await expect.poll(() => database.clients(), WITHIN).toMatchObject({ waiting: 0 });
  await expect.poll(() => database.clients().open - database.clients().idle, WITHIN).toBe(0);
  expect(database.clients().open).toBeLessThanOrEqual(CLIENTS_MAX);
  await expect.poll(sessionsOnServer, WITHIN).toBe(database.clients().open);
}

describe("connections that are cut", () => {
  test("in the midst of a transaction: it rejects, nothing of it is there, the next call works", async () => {
    const record = sessionRecord();
    const broken = database.transaction(async (statements) => {
      await statements.query("insert into idempotency_keys values ('a', 'b', 'c', $1, 1)", [record.id]);
      expect(await cut()).toBeGreaterThan(0);
      await statements.query("select 1", []);
    });
    await expect(broken).rejects.toThrow();
    expect(await stores.sessions.create(record, null)).toEqual({ kind: "created" });
    expect(await database.query("select key from idempotency_keys", [])).toEqual([]);
    await expectNoLeak();
  });

  test("while a transaction asks nothing: its next statement rejects, and nothing is thrown past it", async () => {
    const broken = database.transaction(async (statements) => {
      await cut();
      await expect.poll(sessionsOnServer, WITHIN).toBe(0);
      await new Promise(setImmediate); // The end of the socket comes with a turn of the event loop, between statements.
      await statements.query("select 1", []);
    });
    await expect(broken).rejects.toThrow();
    await expectNoLeak();
  });

  test("while a statement runs: the call is StoreUnavailable", async () => {
    const record = await created();
    const locked = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    const holding = admin.transaction(async (statements) => {
      await statements.query("select 1 from combat_sessions where id = $1 for update", [record.id]);
      locked.resolve();
      await done.promise;
    });
    await locked.promise;
    const update = stores.sessions.update(next(record)).catch((error: unknown) => error);
    await expect.poll(cut, WITHIN).toBeGreaterThan(0);
    expect(await update).toBeInstanceOf(StoreUnavailable);
    done.resolve();
    await holding;
    expect(await stores.sessions.update(next(record))).toBe(true);
  });

  test("while nobody uses them: they are forgotten, and the next calls work", async () => {
    await Promise.all([created(), created(), created()]);
    await cut();
    await expect.poll(() => database.clients().open, WITHIN).toBe(0);
    await created();
    await expectNoLeak();
  });
});

describe("answers that are lost", () => {
  const seeds = [1, 2, 3, randomInt(2 ** 32)];
  test.each(seeds)("seed %i: asked again until it is answered, each write is there once", async (seed) => {
    const rng = createRng(seed);
    let cutting = false;
    await using way = await startCuttingProxy(server.url, () => cutting && nextBelow(rng, 6) === 0);
    const cutOff = await open({ url: way.url });
    const owner = await openRecordStores({ database: cutOff, clock: new ManualClock(), callMsMax: CALL_MS_MAX });
    cutting = true;
    const lost = { count: 0 };
    const histories = Array.from({ length: 4 }, async (_, player) => {
      const key = { caller: `player-${player}`, key: "k", fingerprint: "f" };
      const made = await answer(() => owner.sessions.create(sessionRecord(), key, [PAUSED]), lost);
      let record = made.kind === "repeat" ? made.record : await only(player);
      for (let write = 0; write < 40; write++) {
        record = next(record, { playedMs: write });
        expect(await answer(() => owner.sessions.update(record, [PAUSED]), lost)).toBe(true);
      }
      await answer(() => owner.outbox.settle([{ sessionId: record.id, version: 10 }]), lost);
      return record;
    });
    const records = await Promise.all(histories);
    cutting = false;
    for (const record of records) {
      expect(await stores.sessions.get(record.id)).toEqual(record);
      const versions = (await stores.outbox.pending(record.id)).map(({ version }) => version);
      expect(versions).toEqual(Array.from({ length: 31 }, (_, index) => index + 11));
    }
    expect(await admin.query("select count(*) as n from combat_sessions", [])).toEqual([{ n: records.length }]);
    expect(lost.count).toBeGreaterThan(0);
    await owner.close();
    expect(cutOff.clients()).toEqual({ open: 0, idle: 0, waiting: 0 });

    /** The session that this player's key stands for. */
    async function only(player: number): Promise<SessionRecord> {
      const sql =
        "select record from combat_sessions s join idempotency_keys k on k.session_id = s.id where caller = $1";
      const [row] = await admin.query(sql, [`player-${player}`]);
      return row?.["record"] as SessionRecord;
    }
  });

  /** Asks until there is an answer. */
  async function answer<T>(call: () => Promise<T>, lost: { count: number }): Promise<T> {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        lost.count += 1;
      }
    }
  }
});

describe("a server that is killed", () => {
  test("calls reject with StoreUnavailable while it is away, and work when it is back, with all it answered", async () => {
    const record = await created();
    const change = next(record, { status: "active" });
    expect(await stores.sessions.update(change, [PAUSED])).toBe(true);
    await server.kill();
    const calls = [
      () => stores.sessions.get(record.id),
      () => stores.sessions.create(sessionRecord(), { caller: "a", key: "k", fingerprint: "f" }),
      () => stores.sessions.update(next(change)),
      () => stores.claims.unfinished(),
      () => stores.outbox.settle([{ sessionId: record.id, version: 2 }]),
    ];
    for (const call of [...calls, ...calls]) await expect(call()).rejects.toBeInstanceOf(StoreUnavailable);
    await server.restart();
    expect(await stores.sessions.get(record.id)).toEqual(change);
    expect(await stores.outbox.count()).toBe(1);
    expect(await stores.sessions.update(next(change))).toBe(true);
    await expectNoLeak();
  });
});

describe("a server that stands still", () => {
  afterEach(() => server.resume());

  test("no call waits for ever; when it goes on, calls work and no client is lost", { timeout: 30_000 }, async () => {
    const record = await created();
    await server.pause();
    const wave = () =>
      Array.from({ length: CLIENTS_MAX * 4 }, (_, index) =>
        index % 2 === 0 ? stores.sessions.get(record.id) : stores.sessions.update(next(record)),
      );
    for (let waves = 0; waves < 3; waves++) {
      const outcomes = await Promise.allSettled(wave());
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(StoreUnavailable) });
      }
    }
    await server.resume();
    await expect
      .poll(async () => stores.sessions.get(record.id).catch(() => null), WITHIN)
      .toMatchObject({ id: record.id });
    await expectNoLeak();
    const stored = (await stores.sessions.get(record.id)) as SessionRecord;
    expect(stored.version).toBeLessThanOrEqual(2); // One of the updates may have come through, and only one.
    expect(await stores.sessions.update(next(stored))).toBe(true);
  });

  test("in the midst of a transaction: it rejects, and what it had locked is free again", async () => {
    const record = await created();
    const hung = database.transaction(async (statements) => {
      await statements.query("select 1 from combat_sessions where id = $1 for update", [record.id]);
      await server.pause();
      await statements.query("select 1", []);
    });
    await expect(hung).rejects.toThrow(/timeout/);
    await server.resume();
    await expect.poll(async () => stores.sessions.update(next(record)).catch(() => false), WITHIN).toBe(true);
    await expectNoLeak();
  });

  test("the stores close all the same", async () => {
    await created();
    await server.pause();
    const unanswered = created().catch((error: unknown) => error);
    await stores.close();
    expect(await unanswered).toBeInstanceOf(StoreUnavailable);
    expect(database.clients()).toEqual({ open: 0, idle: 0, waiting: 0 });
  });
});

describe("a server that is slow", () => {
  test("it calls a slow statement off, nothing of it is done, and the client stays", async () => {
    const record = await created();
    const backend = () => database.query("select pg_backend_pid() as pid", []);
    const before = await backend();
    await admin.transaction(async (statements) => {
      await statements.query("select 1 from combat_sessions where id = $1 for update", [record.id]);
      await expect(database.query("update combat_sessions set epoch = 9", [])).rejects.toMatchObject({ code: "57014" });
    });
    expect(await backend()).toEqual(before);
    expect((await stores.sessions.get(record.id))?.epoch).toBe(1);
  });

  test("calls beyond the clients wait for one, give up in time, and are not lost to those who come later", async () => {
    const busy = Promise.withResolvers<void>();
    const taken = Array.from({ length: CLIENTS_MAX }, () => database.transaction(() => busy.promise));
    await expect.poll(() => database.clients().open - database.clients().idle, WITHIN).toBe(CLIENTS_MAX);
    await expect(created()).rejects.toBeInstanceOf(StoreUnavailable);
    busy.resolve();
    await Promise.all(taken);
    await created();
    await expectNoLeak();
  });

  test("a client that stands still in a transaction does not keep its rows from the others", async () => {
    const record = await created();
    const waking = Promise.withResolvers<void>();
    const asleep = database.transaction(async (statements) => {
      await statements.query("select 1 from combat_sessions where id = $1 for update", [record.id]);
      await waking.promise;
      await statements.query("select 1", []);
    });
    const failed = asleep.catch((error: unknown) => error);
    try {
      await expect.poll(async () => stores.sessions.update(next(record)).catch(() => false), WITHIN).toBe(true);
    } finally {
      waking.resolve();
    }
    expect(await failed).toBeInstanceOf(Error);
    await expectNoLeak();
  });
});
