/**
 * Server: one real PostgreSQL, Redis or Kafka in a folder of its own, started and stopped as its recipe says.
 * In:  a recipe and a place.   Out: a server that answers its own protocol, or an error with the end of its log.
 * Law: a start that fails leaves no process behind. Data are made once and kept until the folder is removed. Who runs
 *      is in the folder's pid file, so that another process can ask and stop.
 * Not here: which servers there are (postgres.ts, redis.ts, kafka.ts), which of them run together (native.ts).
 */
import { chmod, mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { LOG_LINES_SHOWN, LOG_TAIL_BYTES, PING_EVERY_MS, PING_MS_MAX, READY_MS_MAX, STOP_MS_MAX } from "./limits.ts";
import { isFree } from "./ports.ts";
import {
  type Command,
  continueTree,
  isAlive,
  isGoneWithin,
  killTree,
  launch,
  type ProcessId,
  parseId,
  signalProcess,
} from "./processes.ts";

export const KINDS = ["postgres", "redis", "kafka"] as const;
export type ServerKind = (typeof KINDS)[number];

/** The first port is the clients'. */
export type Place = { readonly folder: string; readonly ports: readonly number[] };

/** Work under way: whom to tell of progress, and what ends it early. */
export type Job = { readonly say: (line: string) => void; readonly signal: AbortSignal };

export type Recipe = {
  readonly kind: ServerKind;
  readonly portCount: number;
  /** The setting of the services that takes the address. */
  readonly setting: string;
  /** Asks the server to end in order. */
  readonly stopSignal: NodeJS.Signals;
  /** Finds the programs, and fetches what no package brings; throws NotInstalled. */
  find(job: Job): Promise<void>;
  /** Makes the data of a new server; they must not be there. */
  create(place: Place, signal: AbortSignal): Promise<void>;
  command(place: Place): Promise<Command>;
  /** Resolves when the server serves. It may take PING_MS_MAX. */
  ping(place: Place): Promise<void>;
  url(place: Place): string;
};

/** Something of the machine is missing; the message says how to get it. */
export class NotInstalled extends Error {
  override name = "NotInstalled";
  /** Any one of these Debian packages brings it; the first that there is will do. */
  readonly packages: readonly string[];
  constructor(what: string, packages: readonly string[]) {
    super(`${what}: run with --install, or apt-get install ${packages.join(" or ")}`);
    this.packages = packages;
  }
}

/** A server must never be taken for one of ours because it answers on our port. */
const ANEW = "npm run services -- down, then up, takes other ports";

export const dataOf = ({ folder }: Place) => join(folder, "data");
export const logOf = ({ folder }: Place) => join(folder, "log");
const pidFileOf = ({ folder }: Place) => join(folder, "pid");
const madeFileOf = ({ folder }: Place) => join(folder, "made");

/** Starts it, over the data it had, and waits until it serves. It must not run. */
export async function startServer(recipe: Recipe, place: Place, job: Job): Promise<ProcessId> {
  await makeData(recipe, place, job);
  const command = await recipe.command(place);
  for (const port of place.ports) {
    if (!(await isFree(port))) throw new Error(`${recipe.kind}: port ${port} is another program's by now: ${ANEW}`);
  }
  job.signal.throwIfAborted();
  const startMs = performance.now();
  const id = await launch(command, logOf(place));
  try {
    await writeFile(pidFileOf(place), JSON.stringify(id));
    await untilServing(recipe, place, { signal: job.signal, isAlive: () => isAlive(id) });
  } catch (error) {
    await killTree(id);
    await rm(pidFileOf(place), { force: true });
    job.signal.throwIfAborted();
    const { message } = error as Error;
    throw new Error(`${message}; its log ends:\n${await tailOf(logOf(place))}`, { cause: error });
  }
  job.say(`${recipe.kind}: serves after ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  return id;
}

/** Ends it in order, else by force; one that does not run is fine. */
export async function stopServer(recipe: Recipe, place: Place): Promise<void> {
  const id = await runningAt(place);
  if (id !== null) {
    await continueTree(id);
    await signalProcess(id, recipe.stopSignal);
    if (!(await isGoneWithin(id, STOP_MS_MAX))) await killTree(id);
  }
  await rm(pidFileOf(place), { force: true });
}

/** Who runs there, or null. */
export async function runningAt(place: Place): Promise<ProcessId | null> {
  let text: string;
  try {
    text = await readFile(pidFileOf(place), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const id = parseId(text);
  return id !== null && (await isAlive(id)) ? id : null;
}

/** Whether it runs and serves. */
export async function isServing(recipe: Recipe, place: Place): Promise<boolean> {
  return (await runningAt(place)) !== null && (await answerOf(recipe, place)) === null;
}

/** The next start makes new ones. */
export async function removeData(place: Place): Promise<void> {
  await rm(madeFileOf(place), { force: true });
  await rm(dataOf(place), { recursive: true, force: true });
}

async function makeData(recipe: Recipe, place: Place, { say, signal }: Job): Promise<void> {
  await mkdir(place.folder, { recursive: true });
  await chmod(place.folder, 0o755); // Whatever the umask: PostgreSQL's own user passes through it.
  try {
    await readFile(madeFileOf(place));
    return;
  } catch {
    // Not made, or not to the end.
  }
  say(`${recipe.kind}: making its data in ${place.folder}`);
  await removeData(place);
  await recipe.create(place, signal);
  await writeFile(madeFileOf(place), "");
}

export type Wait = {
  readonly signal: AbortSignal;
  /** False ends the wait: nobody will ever answer. */
  readonly isAlive: () => Promise<boolean>;
};

/** Resolves when the server serves; rejects when it is gone, or takes too long. */
export async function untilServing(recipe: Recipe, place: Place, { signal, isAlive }: Wait): Promise<void> {
  const endMs = performance.now() + READY_MS_MAX;
  for (;;) {
    signal.throwIfAborted();
    const answer = await answerOf(recipe, place);
    if (!(await isAlive())) throw new Error(`${recipe.kind} ended before it served`);
    if (answer === null) return;
    if (performance.now() > endMs) {
      throw new Error(`${recipe.kind} does not serve after ${READY_MS_MAX} ms (${answer.message})`, { cause: answer });
    }
    await delay(PING_EVERY_MS);
  }
}

/** null: it serves. */
export async function answerOf(recipe: Recipe, place: Place): Promise<Error | null> {
  try {
    await recipe.ping(place);
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function tailOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - LOG_TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LOG_TAIL_BYTES), 0, LOG_TAIL_BYTES, from);
    return buffer.toString("utf8", 0, bytesRead).trimEnd().split("\n").slice(-LOG_LINES_SHOWN).join("\n");
  } finally {
    await file.close();
  }
}

/** For clients that have no deadline of their own for the whole of a try. */
export async function withinPing<T>(what: string, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what}: no answer in ${PING_MS_MAX} ms`)), PING_MS_MAX);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
