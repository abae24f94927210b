/**
 * Directory in this process's memory: for one combat instance alone, or for several in one process over one table.
 * In:  beats.   Out: every run that beats or did.   Law: as directory.ts says.
 */
import type { Directory, Heard, Instance } from "./directory.ts";
import { INSTANCES_MAX } from "./limits.ts";
import { StoreUnavailable } from "./session-store.ts";

/** By run. A beat moves its run to the end, so the first has not beaten for longest. */
export type DirectoryTable = Map<string, Heard>;

export function createMemoryDirectory(
  table: DirectoryTable = new Map(),
  { instancesMax = INSTANCES_MAX }: { readonly instancesMax?: number } = {},
): Directory {
  let closed = false;
  const checkOpen = (what: string) => {
    if (closed) throw new StoreUnavailable(`${what}: the directory is closed`);
  };
  return {
    async beat({ name, boot, address }: Instance) {
      checkOpen("beat");
      const beats = (table.get(boot)?.beats ?? 0) + 1;
      table.delete(boot);
      table.set(boot, { name, boot, address, beats });
      for (const oldest of table.keys()) {
        if (table.size <= instancesMax) break;
        table.delete(oldest);
      }
      return [...table.values()].map((heard) => ({ ...heard }));
    },
    async leave({ boot }) {
      checkOpen("leave");
      table.delete(boot);
    },
    async forget({ boot }) {
      checkOpen("forget");
      table.delete(boot);
    },
    async close() {
      closed = true;
    },
  };
}
