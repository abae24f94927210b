/** Contract of record stores in SQL: all of their ports over one database. */
import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import type { Database } from "#combat/stores/database.ts";
import { recordingStoreContract } from "./recording-store.contract.ts";
import { sessionClaimsContract } from "./session-claims.contract.ts";
import { sessionOutboxContract } from "./session-outbox.contract.ts";
import { sessionResultsContract } from "./session-results.contract.ts";
import { sessionStoreContract } from "./session-store.contract.ts";
import type { StoresUnderTest } from "./session-stores-under-test.ts";

/** `database` is what the stores are over now. */
export type SqlStoresUnderTest = StoresUnderTest & { database: Database };

export const CLEAR = "truncate combat_sessions, idempotency_keys, combat_outbox, player_results, session_recordings";

export function recordStoresContract(adapter: string, open: () => Promise<SqlStoresUnderTest>): void {
  describe(`${adapter} as RecordStores`, () => {
    let under: SqlStoresUnderTest;
    beforeAll(async () => {
      under = await open();
    });
    beforeEach(() => under.clear());
    afterAll(() => under.end());
    const given = () => under;
    sessionStoreContract(given);
    sessionClaimsContract(given);
    sessionOutboxContract(given);
    recordingStoreContract(given);
    sessionResultsContract(given, () => under.database);
  });
}
