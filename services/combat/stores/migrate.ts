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
import type { Database, Statements } from "./database.ts";

/** The database's schema and this code do not fit; no restart will help, only another release. */
export class SchemaMismatch extends Error {
  override name = "SchemaMismatch";
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

/** Applies what is missing; resolves to the versions it applied. Rejects with SchemaMismatch when it must not. */
export async function migrate(database: Database, migrations: readonly Migration[]): Promise<number[]> {
  return database.transaction(async (statements) => {
    await statements.query("select pg_advisory_xact_lock($1)", [LOCK]);
    await statements.script(`create table if not exists schema_version (
      version integer primary key, name text not null, checksum text not null,
      applied_at timestamptz not null default now())`);
    const applied = await statements.query("select version, name, checksum from schema_version order by version", []);
    for (const row of applied) compare(row, migrations);
    const missing = migrations.slice(applied.length);
    for (const migration of missing) await apply(statements, migration);
    return missing.map(({ version }) => version);
  });
}

function compare(row: { readonly [column: string]: unknown }, migrations: readonly Migration[]): void {
  const version = Number(row["version"]);
  const known = migrations[version - 1];
  if (known === undefined) {
    throw new SchemaMismatch(
      `the database has schema version ${version} (${row["name"]}), this release knows ${migrations.length}: ` +
        "start a release at least as new as the one that wrote it",
    );
  }
  if (known.checksum !== row["checksum"]) {
    throw new SchemaMismatch(
      `migration ${version} (${known.name}) was applied with other content than this release has: ` +
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
