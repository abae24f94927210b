/** Migrations: each applied once, all or none, and never against a schema that this code does not know. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Database } from "#combat/stores/database.ts";
import { openPgliteDatabase } from "#combat/stores/database-pglite.ts";
import { type Migration, migrate, readMigrations, SchemaUnusable } from "#combat/stores/migrate.ts";
import { openRecordStores } from "#combat/stores/record-stores.ts";
import { ManualClock } from "#kit/clock.ts";
import { ended, seat, sessionRecord } from "../../../contract/session-record.ts";

let database: Database;
beforeAll(async () => {
  database = await openPgliteDatabase(null);
});
beforeEach(() => database.script("drop schema public cascade; create schema public"));
afterAll(() => database.close());

function migration(version: number, sql: string): Migration {
  return { version, name: `step-${version}`, sql, checksum: `checksum of ${sql}` };
}

const one = migration(1, "create table one (a integer)");
const two = migration(2, "create table two (b integer)");

test("each is applied once, in order, and a later release adds its own", async () => {
  expect(await migrate(database, [one])).toEqual([1]);
  expect(await migrate(database, [one])).toEqual([]);
  expect(await migrate(database, [one, two])).toEqual([2]);
  expect(await database.query("select count(*)::int as n from two", [])).toEqual([{ n: 0 }]);
});

test("two starts at once apply each one once", async () => {
  const applied = await Promise.all([migrate(database, [one, two]), migrate(database, [one, two])]);
  expect(applied.flat().sort()).toEqual([1, 2]);
});

test("one that fails leaves nothing behind, not even those before it", async () => {
  await expect(migrate(database, [one, migration(2, "create table nonsense (")])).rejects.toThrow();
  expect(await database.query("select to_regclass('one') as t", [])).toEqual([{ t: null }]);
  expect(await migrate(database, [one, two])).toEqual([1, 2]);
});

test("a schema newer than this release is refused, naming both", async () => {
  await migrate(database, [one, two]);
  const refused = migrate(database, [one]);
  await expect(refused).rejects.toBeInstanceOf(SchemaUnusable);
  await expect(refused).rejects.toThrow(/version 2 \(step-2\).*knows 1/);
});

test("an applied one with other content is refused, naming it", async () => {
  await migrate(database, [one]);
  const refused = migrate(database, [migration(1, "create table one (a bigint)")]);
  await expect(refused).rejects.toBeInstanceOf(SchemaUnusable);
  await expect(refused).rejects.toThrow(/step-1/);
});

test("the store does not start over a newer schema, and changes nothing in it", async () => {
  const released = await readMigrations();
  await migrate(database, [...released, migration(released.length + 1, "alter table combat_sessions add later text")]);
  await expect(openRecordStores({ database, clock: new ManualClock() })).rejects.toBeInstanceOf(SchemaUnusable);
  const versions = await database.query("select count(*)::int as n from schema_version", []);
  expect(versions).toEqual([{ n: released.length + 1 }]);
});

test("records of the first schema get an owner, and results where they ended, and go on", async () => {
  const [first, ...later] = (await readMigrations()) as [Migration, ...Migration[]];
  await migrate(database, [first]);
  const waiting = sessionRecord({ createdAtMs: 1 });
  const players = [seat(crypto.randomUUID(), 0), { ...seat(crypto.randomUUID(), 1), kills: 2, damageDealt: 123 }];
  const over = ended(sessionRecord({ participants: players }), { winnerTeamId: "blue" });
  const cancelled = ended(sessionRecord(), { status: "cancelled" });
  for (const { owner: _owner, lastSeq: _lastSeq, ...old } of [waiting, over, cancelled]) {
    await database.query(
      `insert into combat_sessions values ($1, $2, $3, $4, 'deathmatch', false, $5, '{}', $6, $7::text::jsonb)`,
      [old.id, old.version, old.epoch, old.status, old.hostPlayerId, old.createdAtMs, JSON.stringify(old)],
    );
  }
  await migrate(database, [first, ...later]);
  const { sessions, claims } = await openRecordStores({ database, clock: new ManualClock() });
  for (const record of [waiting, over, cancelled]) {
    expect(await sessions.get(record.id)).toEqual({ ...record, owner: "", lastSeq: 0 });
  }
  expect(await claims.unfinished()).toEqual([{ id: waiting.id, owner: "" }]);
  expect(await claims.claim([{ id: waiting.id, owner: "" }], "combat-1#boot")).toHaveLength(1);
  expect(
    await database.query("select session_id, player_id, won, kills, damage_dealt from player_results order by won", []),
  ).toEqual([
    { session_id: over.id, player_id: players[0]?.playerId, won: false, kills: 0, damage_dealt: 0 },
    { session_id: over.id, player_id: players[1]?.playerId, won: true, kills: 2, damage_dealt: 123 },
  ]);
});
