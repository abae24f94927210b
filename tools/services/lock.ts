/** Lock: one command at a time on a folder of servers. A lock whose process is gone is nobody's. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isAlive, ownId, type ProcessId, parseId } from "./processes.ts";

/** Runs the work while it holds the folder's lock; rejects when another command holds it. */
export async function withLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const path = join(folder, "lock");
  const own = JSON.stringify(await ownId());
  for (;;) {
    try {
      await writeFile(path, own, { flag: "wx" });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const holder = await holderOf(path);
      if (holder !== null) throw new Error(`another services command is at work (pid ${holder.pid}): wait for its end`);
      await rm(path, { force: true });
    }
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function holderOf(path: string): Promise<ProcessId | null> {
  const id = parseId(await readFile(path, "utf8").catch(() => "")); // None: released meanwhile.
  return id !== null && (await isAlive(id)) ? id : null;
}
