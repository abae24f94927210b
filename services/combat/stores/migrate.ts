/**
 * Migrate: brings a database to the schema this code knows, at start.
 * In:  the SQL files of migrations/, named NNNN-what.sql.   Out: a database with all of them applied, once each.
 * Law: all in one transaction under a lock, so that two instances starting together do it once and a failure leaves
 *      nothing behind. An applied file never changes (its checksum is kept), and a schema newer than this code is
 *      refused: an old instance must not write what a newer one wrote differently.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { assert } from "#kit/assert.ts";
import type { Database, Row, Statements } from "./database.ts";
import { MIGRATIONS_MS_MAX } from "./limits.ts";

/** The database's schema and this code do not fit, or its user may not make it fit; no restart will help. */
export class SchemaUnusable extends Error {
  override name = "SchemaUnusable";
}

export type Migration = {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
};

const FOLDER = new URL("./migrations/", import.meta.url);
const FILE_NAME = /^(\d{4})-([a-z0-9-]+)\.sql$/;
const LOCK = 7_201_977; // Any number, the same in every instance: pg_advisory_xact_lock needs one.

/** The migrations of a folder in order; versions must run 1, 2, 3, … without gaps. */
export async function readMigrations(folder: URL = FOLDER): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  return Promise.all(
    names.map(async (fileName, index) => {
      const match = FILE_NAME.exec(fileName);
      assert(match !== null && Number(match[1]) === index + 1, `migration ${fileName} is not number ${index + 1}`);
      const sql = await readFile(new URL(fileName, folder), "utf8");
      const checksum = createHash("sha256").update(sql.replaceAll("\r\n", "\n")).digest("hex");
      return { version: index + 1, name: match[2] ?? "", sql, checksum };
    }),
  );
}

/** Applies what is missing; resolves to the versions it applied. Rejects with SchemaUnusable when it must not. */
export async function migrate(database: Database, migrations: readonly Migration[]): Promise<number[]> {
  const { name } = database;
  return database.transaction(async (statements) => {
    // A script, which may take its time, as the wait for another instance's migrations does.
    await statements.script(
      `set local statement_timeout = ${MIGRATIONS_MS_MAX}; select pg_advisory_xact_lock(${LOCK})`,
    );
    await statements.script(`create table if not exists schema_version (
      version integer primary key, name text not null, checksum text not null,
      applied_at timestamptz not null default now())`);
    const applied = await statements.query("select version, name, checksum from schema_version order by version", []);
    for (const row of applied) compare(name, row, migrations);
    const missing = migrations.slice(applied.length);
    for (const migration of missing) await apply(statements, migration);
    return missing.map(({ version }) => version);
  });
}

/** Rejects with SchemaUnusable where migrate would, also for want of rights. Changes nothing. */
export async function checkSchema(database: Database): Promise<void> {
  const { name } = database;
  const migrations = await readMigrations();
  const [found] = await database.query("select to_regclass('schema_version')::text as name", []);
  const applied =
    found?.["name"] == null
      ? []
      : await database.query("select version, name, checksum from schema_version order by version", []);
  for (const row of applied) compare(name, row, migrations);
  if (applied.length === migrations.length) return;
  const [rights] = await database.query("select has_schema_privilege(current_schema(), 'create') as create", []);
  if (rights?.["create"] !== true) {
    throw new SchemaUnusable(
      `${name}: this user may not make tables there, and ${migrations.length - applied.length} migrations are due: ` +
        "grant CREATE on the schema, or let its owner start a combat service once",
    );
  }
}

function compare(name: string, row: Row, migrations: readonly Migration[]): void {
  const version = Number(row["version"]);
  const known = migrations[version - 1];
  if (known === undefined) {
    throw new SchemaUnusable(
      `${name} has schema version ${version} (${row["name"]}), this release knows ${migrations.length}: ` +
        "start a release at least as new as the one that wrote it",
    );
  }
  if (known.checksum !== row["checksum"]) {
    throw new SchemaUnusable(
      `${name}: migration ${version} (${known.name}) was applied with other content than this release has: ` +
        "restore the file as released and put the change into a new migration",
    );
  }
}

async function apply(statements: Statements, { version, name, sql, checksum }: Migration): Promise<void> {
  await statements.script(sql);
  await statements.query("insert into schema_version (version, name, checksum) values ($1, $2, $3)", [
    version,
    name,
    checksum,
  ]);
}
