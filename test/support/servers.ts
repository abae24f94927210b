/**
 * Servers: a PostgreSQL, Redis or Kafka of one test's own, to kill, hang and start again under the code that is tested.
 * In:  the kind.   Out: its address, which stays the same, and what can be done to it.
 * Law: every call resolves when it is so: killed processes are gone, paused ones stand still, restarted ones serve. A server
 *      dies with the process that started it, however that ends. Calls to one server come one after the other.
 * Not here: servers that tests share (`npm run services`); those are never killed by a test.
 */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "#tools/services/ports.ts";
import {
  continueTree,
  isAlive,
  killTree,
  ownId,
  type ProcessId,
  parseId,
  stopTree,
  treeOf,
} from "#tools/services/processes.ts";
import { RECIPES } from "#tools/services/recipes.ts";
import {
  dataOf,
  type Job,
  logOf,
  type Place,
  type Recipe,
  removeData,
  runningAt,
  type ServerKind,
  startServer,
  stopServer,
} from "#tools/services/server.ts";

export type PrivateServer = AsyncDisposable & {
  readonly kind: ServerKind;
  /** For DATABASE_URL, REDIS_URL or KAFKA_BROKERS; the same after every restart. */
  readonly url: string;
  readonly logFile: string;
  /** Of all its processes, the first one first; none while it does not run. */
  pids(): Promise<readonly number[]>;
  /** SIGKILL to all its processes: it has no time to write or to say anything. What it had on disk stays. */
  kill(): Promise<void>;
  /** SIGSTOP to all: connections stay open, new ones are taken by the system, nothing is answered. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Its files as they are now, in a folder that goes with it. It runs on, so only for one that appends: Redis. */
  copy(): Promise<string>;
  /** Starts it again on its port: over its data; with `wipe`, empty; `from` a copy. One that runs is ended in order first. */
  restart(options?: { readonly wipe?: boolean; readonly from?: string }): Promise<void>;
  /** Ends it for good and removes its data. A second time does nothing. */
  stop(): Promise<void>;
};

const PREFIX = "necpgame-private-";
const ownerFile = (folder: string) => join(folder, "owner");

const JOB: Job = { say: () => undefined, signal: new AbortController().signal };

/** Rejects, naming the package, when the server is not installed. */
export async function startPrivateServer(kind: ServerKind): Promise<PrivateServer> {
  const recipe = mortal(RECIPES.find((one) => one.kind === kind) as Recipe);
  await recipe.find(JOB);
  await removeOrphans();
  const folder = await mkdtemp(join(tmpdir(), PREFIX));
  await writeFile(ownerFile(folder), JSON.stringify(await ownId()));
  const place: Place = { folder, ports: await freePorts(recipe.portCount) };
  try {
    await startServer(recipe, place, JOB);
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
  return handles(recipe, place);
}

/** Data of servers whose test was killed: the servers died with it, their folders did not. */
async function removeOrphans(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = join(tmpdir(), name);
    const owner = parseId(await readFile(ownerFile(folder), "utf8").catch(() => "")); // None: it is being made or removed.
    if (owner !== null && !(await isAlive(owner))) await rm(folder, { recursive: true, force: true });
  }
}

function handles(recipe: Recipe, place: Place): PrivateServer {
  const running = async (): Promise<ProcessId> => {
    const id = await runningAt(place);
    if (id === null) throw new Error(`the private ${recipe.kind} does not run`);
    return id;
  };
  const stop = async () => {
    const id = await runningAt(place);
    if (id !== null) await killTree(id);
    await rm(place.folder, { recursive: true, force: true });
  };
  return {
    kind: recipe.kind,
    url: recipe.url(place),
    logFile: logOf(place),
    pids: async () => {
      const id = await runningAt(place);
      return id === null ? [] : (await treeOf(id)).map(({ pid }) => pid);
    },
    kill: async () => killTree(await running()),
    pause: async () => {
      await stopTree(await running());
    },
    resume: async () => continueTree(await running()),
    copy: async () => {
      const folder = await mkdtemp(join(place.folder, "copy-"));
      await cp(dataOf(place), folder, { recursive: true, preserveTimestamps: true });
      return folder;
    },
    restart: async ({ wipe = false, from = null } = {}) => {
      await stopServer(recipe, place);
      if (wipe) await removeData(place);
      if (from !== null) {
        await rm(dataOf(place), { recursive: true });
        await cp(from, dataOf(place), { recursive: true, preserveTimestamps: true });
      }
      await startServer(recipe, place, JOB);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The same server, killed by the kernel when the thread that starts it ends. */
function mortal(recipe: Recipe): Recipe {
  return {
    ...recipe,
    async command(place) {
      const { program, args, ...rest } = await recipe.command(place);
      return { program: "setpriv", args: ["--pdeathsig", "KILL", program, ...args], ...rest };
    },
  };
}
