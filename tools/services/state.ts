/**
 * State: which servers run for this machine's user, by whom and on which ports; a file, so that later commands know.
 * Law: written whole and renamed, so that a reader never sees half; a file of another shape is told, not guessed at.
 */
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KINDS, type Place, type ServerKind } from "./server.ts";

export const ENGINES = ["docker", "native"] as const;
export type Engine = (typeof ENGINES)[number];

export type State = {
  readonly engine: Engine;
  /** The first port of a server is its clients'. */
  readonly ports: { readonly [Kind in ServerKind]: readonly number[] };
};

export type ServerStatus = { readonly kind: ServerKind; readonly serves: boolean; readonly words: string };

/** SERVICES_DIR, else a folder of the system's temporary one. */
export function servicesFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env["SERVICES_DIR"] || join(tmpdir(), "necpgame-services");
}

export function placeOf(folder: string, state: State, kind: ServerKind): Place {
  return { folder: join(folder, kind), ports: state.ports[kind] };
}

/** null: nothing was brought up. */
export async function readState(folder: string): Promise<State | null> {
  let text: string;
  try {
    text = await readFile(stateFile(folder), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const state = parseState(text);
  if (state === null)
    throw new Error(`${stateFile(folder)} is not a state of these tools: look at it, then remove ${folder}`);
  return state;
}

export async function writeState(folder: string, state: State): Promise<void> {
  await ownFolder(folder);
  const unfinished = `${stateFile(folder)}.${process.pid}`;
  await writeFile(unfinished, `${JSON.stringify(state, null, 2)}\n`);
  await rename(unfinished, stateFile(folder));
}

/** Makes the folder; refuses one that another user made first, since what lies in it is run and removed by name. */
export async function ownFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true });
  if (made !== undefined) await chmod(folder, 0o755); // Whatever the umask: PostgreSQL's own user passes through it.
  const { uid } = await stat(folder);
  if (uid !== process.getuid?.())
    throw new Error(`${folder} belongs to another user: set SERVICES_DIR to a folder of yours`);
}

/** Removes what these tools made; of what else lies in the folder, nothing. */
export async function removeState(folder: string): Promise<void> {
  for (const kind of KINDS) await rm(join(folder, kind), { recursive: true, force: true });
  await rm(stateFile(folder), { force: true });
}

export function parseState(text: string): State | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const { engine, ports } = (value ?? {}) as Partial<State>;
  if (!ENGINES.includes(engine as Engine)) return null;
  const isWhole = KINDS.every(
    (kind) => Array.isArray(ports?.[kind]) && ports[kind].length > 0 && ports[kind].every(isPort),
  );
  return isWhole ? ({ engine, ports } as State) : null;
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= 65_535;
}

function stateFile(folder: string): string {
  return join(folder, "state.json");
}
