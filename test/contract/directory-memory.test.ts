/** The directory in memory holds the contract of Directory. */
import { createMemoryDirectory, type DirectoryTable } from "#combat/stores/directory-memory.ts";
import { directoryContract, LISTED_MAX } from "./directory.contract.ts";

directoryContract("Memory", async () => {
  const table: DirectoryTable = new Map();
  const open = () => createMemoryDirectory(table, { instancesMax: LISTED_MAX });
  const [directory, other] = [open(), open()];
  return {
    directory,
    other,
    open,
    clear: async () => table.clear(),
    end: async () => {
      await directory.close();
      await other.close();
    },
  };
});
