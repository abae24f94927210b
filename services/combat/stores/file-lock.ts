/**
 * File lock: one process at a time writes an embedded store's files; two would ruin them.
 * In:  a path of its own beside what it guards.   Out: the lock, or FileInUse naming who holds it.
 * Law: a lock whose process is gone (kill -9, power) is taken over. Where Linux tells when a process started, a
 *      process number that was given out again does not count as the holder.
 */
import { link, readFile, rm, writeFile } from "node:fs/promises";

export class FileInUse extends Error {
  override name = "FileInUse";
}

export type FileLock = { release(): Promise<void> };

const ATTEMPTS_MAX = 5; // Beyond it the start is refused: somebody else takes the lock each time.

/** Locks this process already holds: its own number in a file left by an earlier process means nothing. */
const held = new Set<string>();

export async function lockFile(path: string): Promise<FileLock> {
  if (held.has(path)) throw new FileInUse(`${path} is held by this process already`);
  held.add(path);
  try {
    await take(path);
  } catch (error) {
    held.delete(path);
    throw error;
  }
  return {
    release: async () => {
      await rm(path, { force: true });
      held.delete(path);
    },
  };
}

async function take(path: string): Promise<void> {
  const own = `${path}.${process.pid}`;
  // Written whole and then linked, so that nobody ever reads half a lock.
  await writeFile(own, JSON.stringify({ pid: process.pid, started: await startOf(process.pid) }));
  try {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      if (await linked(own, path)) return;
      const holder = await holderOf(path);
      if (holder !== null)
        throw new FileInUse(`${path} is held by process ${holder}; stop it, or use another DATA_DIR`);
      await rm(path, { force: true });
    }
    throw new FileInUse(`${path} is being taken by other processes`);
  } finally {
    await rm(own, { force: true });
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isErrorCode(error, "EEXIST")) return false;
    throw error;
  }
}

/** The number of the living process that holds the lock, or null. */
async function holderOf(path: string): Promise<number | null> {
  try {
    const content = JSON.parse(await readFile(path, "utf8")) as { pid: number; started: string | null } | null;
    if (content === null) return null; // Ruined.
    const { pid, started } = content;
    if (!Number.isInteger(pid) || pid === process.pid || !isAlive(pid)) return null;
    return started === null || started === (await startOf(pid)) ? pid : null;
  } catch (error) {
    if (error instanceof SyntaxError || isErrorCode(error, "ENOENT")) return null; // Ruined, or just released.
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrorCode(error, "EPERM"); // Alive, but another user's.
  }
}

/** When a process started, in the kernel's own count; null where the system does not tell. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // Field 22 of proc(5); the second field is in brackets and may hold anything, so count from behind it.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null; // No /proc here, or the process is gone: the number alone decides.
  }
}

function isErrorCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
