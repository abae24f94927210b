/**
 * Processes: starts a server that outlives its starter, and signals, with it, every process it made.
 * In:  a command, or who was started.   Out: who was started; every call resolves when what it asked has happened.
 * Law: a process is known by pid and start time, so that a reused pid is never signalled. A dead process that nobody
 *      has waited for counts as gone. PostgreSQL's children lead groups of their own, so a tree is read from parents,
 *      with the parent held still meanwhile.
 * Linux only: it reads /proc, as the servers themselves are Debian's.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { LOOK_EVERY_MS, SIGNAL_MS_MAX } from "./limits.ts";

export type Command = {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: { readonly [name: string]: string };
  readonly user?: User | undefined;
};

export type User = { readonly uid: number; readonly gid: number };

/** Start time in clock ticks since boot, as the kernel gives it. */
export type ProcessId = { readonly pid: number; readonly startedTicks: string };

/** As written to a file; null for one that is empty or cut short, since its writer is at it or is gone. */
export function parseId(text: string): ProcessId | null {
  try {
    const { pid, startedTicks } = JSON.parse(text) as Partial<ProcessId>;
    return Number.isInteger(pid) && typeof startedTicks === "string" ? { pid: pid as number, startedTicks } : null;
  } catch {
    return null;
  }
}

type Look = ProcessId & { readonly state: string; readonly parent: number; readonly group: number };

const DEAD = new Set(["Z", "X"]);
const STOPPED = new Set(["T", "t"]);

/** Starts in a session of its own, with both outputs at the end of the log file. */
export async function launch({ program, args, env, user }: Command, logFile: string): Promise<ProcessId> {
  const log = await open(logFile, "a");
  try {
    const child = spawn(program, [...args], {
      cwd: "/",
      env: { ...plainEnvironment(), ...env },
      stdio: ["ignore", log.fd, log.fd],
      detached: true,
      ...user,
    });
    await once(child, "spawn");
    child.unref();
    const pid = child.pid as number;
    return { pid, startedTicks: (await look(pid))?.startedTicks ?? "gone" };
  } finally {
    await log.close();
  }
}

/** Nothing of the caller's settings reaches a server: PGPORT and its like would. */
export function plainEnvironment(): { [name: string]: string } {
  return { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8" };
}

export async function isAlive(id: ProcessId): Promise<boolean> {
  const now = await look(id.pid);
  return now !== null && now.startedTicks === id.startedTicks;
}

export async function ownId(): Promise<ProcessId> {
  const { pid, startedTicks } = (await look(process.pid)) as Look;
  return { pid, startedTicks };
}

/** Sends one signal to the first process alone. */
export async function signalProcess(id: ProcessId, signal: NodeJS.Signals): Promise<void> {
  if (await isAlive(id)) send(id.pid, signal);
}

/** SIGKILL to the process and all it made, running or stopped; resolves when all are gone. */
export async function killTree(id: ProcessId): Promise<void> {
  const tree = await stopTree(id);
  for (const { pid } of tree) send(pid, "SIGKILL");
  await until(`killed ${id.pid}`, async () => (await looks(tree)).length === 0);
}

/** SIGSTOP to all; resolves when every one of them stands still. */
export async function stopTree(id: ProcessId): Promise<readonly ProcessId[]> {
  let tree: readonly Look[] = [];
  await until(`stopped ${id.pid}`, async () => {
    tree = await treeOf(id);
    const isStill = await Promise.all(tree.map(({ pid }) => allThreadsStand(pid)));
    const moving = tree.filter((_, at) => !isStill[at]);
    for (const { pid } of moving) send(pid, "SIGSTOP");
    return moving.length === 0; // Only then can nobody have made another process since the tree was read.
  });
  return tree;
}

/** SIGCONT to all: children first, so that the parent finds them awake. */
export async function continueTree(id: ProcessId): Promise<void> {
  const tree = await treeOf(id);
  for (const { pid } of tree.toReversed()) send(pid, "SIGCONT");
  await until(`continued ${id.pid}`, async () => !(await looks(tree)).some(({ state }) => STOPPED.has(state)));
}

/** Whether the process was gone within the time. */
export async function isGoneWithin(id: ProcessId, ms: number): Promise<boolean> {
  const endMs = performance.now() + ms;
  while (await isAlive(id)) {
    if (performance.now() > endMs) return false;
    await delay(LOOK_EVERY_MS);
  }
  return true;
}

/** The process first, then what it made, and what those made; also who is left in its group. */
export async function treeOf(id: ProcessId): Promise<readonly Look[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = (await Promise.all(pids.map(look))).filter((one) => one !== null);
  const root = all.find(({ pid, startedTicks }) => pid === id.pid && startedTicks === id.startedTicks);
  if (root === undefined) return [];
  const tree = [root];
  for (const { pid } of tree) {
    tree.push(...all.filter((one) => (one.parent === pid || one.group === pid) && !tree.includes(one)));
  }
  return tree;
}

async function looks(ids: readonly ProcessId[]): Promise<readonly Look[]> {
  const now = await Promise.all(ids.map(({ pid }) => look(pid)));
  return now.filter((one, at) => one !== null && one.startedTicks === ids[at]?.startedTicks) as Look[];
}

/** null: there is no such process, or it is dead. */
async function look(pid: number): Promise<Look | null> {
  const fields = await statOf(`/proc/${pid}/stat`);
  if (fields === null) return null;
  const [state = "", parent, group] = fields;
  // The first thread of many may be dead while others still are: the process then still holds its ports and files.
  const threadCount = Number(fields[17]);
  if (DEAD.has(state) && threadCount <= 1) return null;
  return { pid, state, parent: Number(parent), group: Number(group), startedTicks: fields[19] ?? "" };
}

async function allThreadsStand(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []); // It ended: nobody moves.
  const stats = await Promise.all(threads.map((thread) => statOf(`/proc/${pid}/task/${thread}/stat`)));
  return stats.every((fields) => fields === null || STOPPED.has(fields[0] ?? "") || DEAD.has(fields[0] ?? ""));
}

/** Fields of a stat file from the state on; null when who it is about is gone. */
export async function statOf(path: string): Promise<readonly string[] | null> {
  try {
    const text = await readFile(path, "utf8");
    // "pid (name) state parent group …": the name may hold anything, so fields count from the last parenthesis.
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null; // The file went, or went while it was read.
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // Gone already: nothing left to tell.
  }
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + SIGNAL_MS_MAX;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`not ${what} within ${SIGNAL_MS_MAX} ms`);
    await delay(LOOK_EVERY_MS);
  }
}
