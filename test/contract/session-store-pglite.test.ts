/** The embedded PostgreSQL holds the contract of SessionStore. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "#combat/stores/database.ts";
import { openPgliteDatabase } from "#combat/stores/database-pglite.ts";
import { openPostgresSessionStore } from "#combat/stores/session-store-postgres.ts";
import { ManualClock } from "#kit/clock.ts";
import { type StoreUnderTest, sessionStoreContract } from "./session-store.contract.ts";

sessionStoreContract("PGlite in a folder", openPglite);

async function openPglite(): Promise<StoreUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "pglite-contract-"));
  const clock = new ManualClock();
  let database: Database;
  const open = async () => {
    database = await openPgliteDatabase(join(folder, "records"));
    return openPostgresSessionStore({ database, clock });
  };
  const under: StoreUnderTest = {
    store: await open(),
    clock,
    clear: () => database.script("truncate combat_sessions, idempotency_keys"),
    async restart() {
      await under.store.close();
      under.store = await open();
    },
    async end() {
      await under.store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return under;
}
