/** A PostgreSQL server holds the contract of RecordStores, between instances too, and its schema is one for all. */
import { randomInt } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openPostgresDatabase, type PostgresDatabase } from "#combat/stores/database-postgres.ts";
import { type Migration, migrate, readMigrations, SchemaUnusable } from "#combat/stores/migrate.ts";
import { openRecordStores } from "#combat/stores/record-stores.ts";
import type { RecordStores } from "#combat/stores/session-store.ts";
import { ManualClock } from "#kit/clock.ts";
import { silentLog } from "#kit/log.ts";
import { createRng, nextBelow } from "#kit/rng.ts";
import { next, sessionRecord } from "../contract/session-record.ts";
import { CLEAR, recordStoresContract, type SqlStoresUnderTest } from "../contract/session-stores.contract.ts";
import { createOwnDatabase, type OwnDatabase } from "./own-database.ts";

recordStoresContract("PostgreSQL", openPostgres);

async function openPostgres(): Promise<SqlStoresUnderTest> {
  const own = await createOwnDatabase();
  const clock = new ManualClock();
  const open = async () => {
    const database = await openPostgresDatabase({ url: own.url, log: silentLog });
    return { database, stores: await openRecordStores({ database, clock }) };
  };
  const under: SqlStoresUnderTest = {
    ...(await open()),
    clock,
    clear: () => under.database.script(CLEAR),
    async restart() {
      await under.stores.close();
      Object.assign(under, await open());
    },
    async end() {
      await under.stores.close();
      await own.drop();
    },
  };
  return under;
}

let own: OwnDatabase;
let databases: PostgresDatabase[] = [];
let one: PostgresDatabase;
let two: PostgresDatabase;
beforeAll(async () => {
  own = await createOwnDatabase();
  databases = await Promise.all([1, 2, 3].map(() => openPostgresDatabase({ url: own.url, log: silentLog })));
  [one, two] = databases as [PostgresDatabase, PostgresDatabase];
});
beforeEach(() => one.script("drop schema public cascade; create schema public"));
afterAll(async () => {
  await Promise.all(databases.map((database) => database.close()));
  await own?.drop();
});

describe("several instances over one server", () => {
  const open = () => Promise.all(databases.map((database) => openRecordStores({ database, clock: new ManualClock() })));

  test("that start at once migrate once", async () => {
    const stores = await open();
    const versions = (await readMigrations()).map(({ version }) => ({ version }));
    expect(await one.query("select version from schema_version order by version", [])).toEqual(versions);
    expect(await Promise.all(stores.map(({ outbox }) => outbox.count()))).toEqual([0, 0, 0]);
  });

  const seeds = [1, 2, 3, randomInt(2 ** 32)];
  test.each(seeds)("seed %i: owners that claim and write at once leave one history of each session", async (seed) => {
    const rng = createRng(seed);
    const stores = await open();
    const ids = await Promise.all(Array.from({ length: 8 }, () => created(stores[0] as RecordStores)));
    const written = new Map(ids.map((id) => [id, 0]));
    const claimed = new Map(ids.map((id) => [id, 0]));
    await Promise.all(stores.map((instance, index) => contend(instance, `combat-${index}#boot`)));

    async function contend({ claims, sessions }: RecordStores, owner: string): Promise<void> {
      for (let turn = 0; turn < 12; turn++) {
        const wanted = (await claims.unfinished()).filter((claim) => claim.owner !== owner && nextBelow(rng, 3) > 0);
        const mine = await claims.claim(wanted, owner);
        for (const record of mine) {
          count(claimed, record.id);
          for (let change = next(record); await sessions.update(change, [{ kind: "session_paused" }]); ) {
            count(written, record.id);
            if (nextBelow(rng, 2) === 0) break;
            change = next(change);
          }
        }
      }
    }

    for (const id of ids) {
      const record = await stores[0]?.sessions.get(id);
      expect(record?.epoch).toBe(1 + (claimed.get(id) ?? 0));
      expect(record?.version).toBe(1 + (claimed.get(id) ?? 0) + (written.get(id) ?? 0));
      expect(await stores[0]?.outbox.pending(id)).toHaveLength(written.get(id) ?? 0);
    }
  });

  test("that claim or settle the same many in opposite order wait for each other, and not for ever", async () => {
    const stores = await open();
    await one.script(`insert into combat_sessions select gen_random_uuid(), 1, 1, 'active', 'deathmatch', false,
        gen_random_uuid(), '{}', n, '{"settings": {}, "participants": []}', 'a#1' from generate_series(1, 20000) n;
      insert into combat_outbox select id, 1, 0, '{}', 1 from combat_sessions;
      analyze combat_sessions; analyze combat_outbox`); // So many that they are looked up one by one, in the order asked.
    const rows = await one.query("select id from combat_sessions limit 4000", []);
    const all = rows.map((row) => row["id"] as string);
    const ids = all.slice(0, 400);
    for (const owner of ["a#1", "b#1", "c#1", "d#1"]) {
      const claims = ids.map((id) => ({ id, owner }));
      const newOwner = String.fromCharCode(owner.charCodeAt(0) + 1).concat("#1");
      const answers = await Promise.all([
        stores[0]?.claims.claim(claims, newOwner),
        stores[1]?.claims.claim(claims.toReversed(), newOwner),
      ]);
      expect(answers.flat()).toHaveLength(ids.length);
    }
    const settled = all.map((sessionId) => ({ sessionId, version: 1 }));
    await Promise.all([stores[0]?.outbox.settle(settled), stores[1]?.outbox.settle(settled.toReversed())]);
    expect(await stores[0]?.outbox.count()).toBe(20_000 - all.length);
  });

  async function created({ sessions }: RecordStores): Promise<string> {
    const record = sessionRecord();
    await sessions.create(record, null);
    return record.id;
  }

  function count(counts: Map<string, number>, id: string): void {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
});

describe("a schema that does not fit", () => {
  const later: Migration = {
    version: 99,
    name: "later",
    sql: "alter table combat_sessions add later text",
    checksum: "l",
  };

  test("a newer one is refused, naming both, and left as it was", async () => {
    const released = await readMigrations();
    await migrate(one, [...released, { ...later, version: released.length + 1 }]);
    const refused = openRecordStores({ database: two, clock: new ManualClock() });
    await expect(refused).rejects.toBeInstanceOf(SchemaUnusable);
    await expect(refused).rejects.toThrow(new RegExp(`version ${released.length + 1} .*knows ${released.length}`));
    expect(await one.query("select count(*)::int as n from schema_version", [])).toEqual([{ n: released.length + 1 }]);
  });

  test("an applied migration with other content is refused, naming it", async () => {
    const [first, ...rest] = (await readMigrations()) as [Migration, ...Migration[]];
    await migrate(one, [{ ...first, checksum: "of a changed file" }, ...rest]);
    const refused = openRecordStores({ database: two, clock: new ManualClock() });
    await expect(refused).rejects.toBeInstanceOf(SchemaUnusable);
    await expect(refused).rejects.toThrow(/0*1 \(sessions\)/);
  });

  test("a migration that fails leaves nothing of any, and the next start does them all", async () => {
    const released = await readMigrations();
    const failing = { ...later, version: released.length + 1, sql: "create table half (a integer); create nonsense" };
    await expect(migrate(one, [...released, failing])).rejects.toMatchObject({ code: "42601" });
    const tables = await two.query(
      "select table_name from information_schema.tables where table_schema = 'public'",
      [],
    );
    expect(tables).toEqual([]);
    await openRecordStores({ database: two, clock: new ManualClock() });
    expect(one.clients().open).toBe(one.clients().idle);
  });
});
