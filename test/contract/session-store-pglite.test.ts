/** The embedded PostgreSQL holds the contract of RecordStores. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPgliteDatabase } from "#combat/stores/database-pglite.ts";
import { openRecordStores } from "#combat/stores/record-stores.ts";
import { ManualClock } from "#kit/clock.ts";
import { CLEAR, recordStoresContract, type SqlStoresUnderTest } from "./session-stores.contract.ts";

recordStoresContract("PGlite in a folder", openPglite);

async function openPglite(): Promise<SqlStoresUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "pglite-contract-"));
  const clock = new ManualClock();
  const open = async () => {
    const database = await openPgliteDatabase(join(folder, "records"));
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
      await rm(folder, { recursive: true, force: true });
    },
  };
  return under;
}
