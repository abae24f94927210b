/** Live state in memory holds the contract of LiveStore. */
import { createMemoryLiveStore, type LiveTable } from "#combat/stores/live-store-memory.ts";
import { liveStoreContract } from "./live-store.contract.ts";

liveStoreContract("Memory", async () => {
  const table: LiveTable = new Map();
  const [store, other] = [createMemoryLiveStore(table), createMemoryLiveStore(table)];
  return {
    store,
    other,
    open: () => createMemoryLiveStore(table),
    end: async () => {
      await store.close();
      await other.close();
    },
  };
});
