/** The embedded database's folder has one owner at a time. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openPgliteDatabase } from "#combat/stores/database-pglite.ts";
import { FileInUse } from "#combat/stores/file-lock.ts";

const folder = mkdtempSync(join(tmpdir(), "pglite-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a folder that is open already is refused, and free again after close", async () => {
  const path = join(folder, "records");
  const database = await openPgliteDatabase(path);
  await expect(openPgliteDatabase(path)).rejects.toBeInstanceOf(FileInUse);
  await database.close();
  await (await openPgliteDatabase(path)).close();
});

test("a transaction whose run rejects leaves nothing, and the next one goes on", async () => {
  const database = await openPgliteDatabase(null);
  await database.script("create table t (a integer)");
  const failing = database.transaction(async (statements) => {
    await statements.query("insert into t values ($1)", [1]);
    throw new Error("changed my mind");
  });
  await expect(failing).rejects.toThrow("changed my mind");
  await database.transaction((statements) => statements.query("insert into t values ($1)", [2]));
  expect(await database.query("select a from t", [])).toEqual([{ a: 2 }]);
  await database.close();
});

test("errors keep PostgreSQL's code", async () => {
  const database = await openPgliteDatabase(null);
  await expect(database.query("select nonsense", [])).rejects.toMatchObject({ code: "42703" });
  await database.close();
});
