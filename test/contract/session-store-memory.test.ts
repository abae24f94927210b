/** The double that the host's tests use holds the contract of what it has: updates, claims, outbox and recordings. */
import { beforeEach, describe } from "vitest";
import { ManualClock } from "#kit/clock.ts";
import { MemoryRecordStores } from "../unit/combat/session/memory-store.ts";
import { recordingStoreContract } from "./recording-store.contract.ts";
import { sessionClaimsContract } from "./session-claims.contract.ts";
import { sessionOutboxContract } from "./session-outbox.contract.ts";
import { updateContract } from "./session-store.contract.ts";
import type { StoresUnderTest } from "./session-stores-under-test.ts";

describe("the memory double as RecordStores", () => {
  let under: StoresUnderTest;
  beforeEach(() => {
    const clock = new ManualClock();
    const stores = new MemoryRecordStores();
    stores.unixMs = stores.recordingStore.unixMs = () => clock.unixMs();
    const nothing = async () => {};
    under = { stores, clock, clear: nothing, restart: nothing, end: nothing };
  });
  const given = () => under;
  updateContract(given);
  sessionClaimsContract(given);
  sessionOutboxContract(given);
  recordingStoreContract(given);
});
