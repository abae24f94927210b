/** Migrations: each applied once, all or none, and never against a schema that this code does not know. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Database } from "#combat/stores/database.ts";
import { openPgliteDatabase } from "#combat/stores/database-pglite.ts";
import { type Migration, migrate, readMigrations, SchemaMismatch } from "#combat/stores/migrate.ts";
import { openPostgresSessionStore } from "#combat/stores/session-store-postgres.ts";
import { ManualClock } from "#kit/clock.ts";

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
  await expect(refused).rejects.toBeInstanceOf(SchemaMismatch);
  await expect(refused).rejects.toThrow(/version 2 \(step-2\).*knows 1/);
});

test("an applied one with other content is refused, naming it", async () => {
  await migrate(database, [one]);
  const refused = migrate(database, [migration(1, "create table one (a bigint)")]);
  await expect(refused).rejects.toBeInstanceOf(SchemaMismatch);
  await expect(refused).rejects.toThrow(/step-1/);
});

test("the store does not start over a newer schema, and changes nothing in it", async () => {
  const released = await readMigrations();
  await migrate(database, [...released, migration(released.length + 1, "alter table combat_sessions add later text")]);
  await expect(openPostgresSessionStore({ database, clock: new ManualClock() })).rejects.toBeInstanceOf(SchemaMismatch);
  const versions = await database.query("select count(*)::int as n from schema_version", []);
  expect(versions).toEqual([{ n: released.length + 1 }]);
});
