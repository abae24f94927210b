/**
 * The embedded PostgreSQL (PGlite, WASM), kept in a folder across restarts.
 * Law: one process at a time has the folder; statements run one after the other. A commit is in the operating
 *      system's hands when it resolves: it survives kill -9, a power cut may take the newest.
 * Not here: deadlines (record-stores.ts); a statement that runs cannot be called off.
 */
import { mkdir } from "node:fs/promises";
import { PGlite, type Transaction } from "@electric-sql/pglite";
import type { Database, Parameter, Row, Statements } from "./database.ts";
import { type FileLock, lockFile } from "./file-lock.ts";

/** Opens or makes the database in `folder`; null keeps it in memory. Rejects with FileInUse when another has it. */
export async function openPgliteDatabase(folder: string | null): Promise<Database> {
  const lock = folder === null ? null : await lockFolder(folder);
  try {
    const pglite = folder === null ? await PGlite.create() : await PGlite.create({ dataDir: folder });
    return databaseOver(pglite, { lock, name: `DATA_DIR ${folder ?? "in memory"}` });
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

async function lockFolder(folder: string): Promise<FileLock> {
  await mkdir(folder, { recursive: true });
  return lockFile(`${folder}.lock`);
}

function databaseOver(pglite: PGlite, { lock, name }: { lock: FileLock | null; name: string }): Database {
  return {
    name,
    ...statementsOver(pglite),
    transaction: (run) => pglite.transaction((transaction) => run(statementsOver(transaction))),
    close: async () => {
      try {
        await pglite.close();
      } finally {
        await lock?.release();
      }
    },
  };
}

function statementsOver(target: Pick<Transaction, "query" | "exec">): Statements {
  return {
    query: async (sql: string, parameters: readonly Parameter[]) =>
      (await target.query<Row>(sql, [...parameters])).rows,
    script: async (sql: string) => {
      await target.exec(sql);
    },
  };
}
