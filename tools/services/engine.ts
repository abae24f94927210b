/**
 * Engine: up, down and status, through Docker or as processes, with what the state file remembers.
 * Law: servers stay with the engine that started them. One command at a time changes a folder; asking is always free.
 */
import { rmdir } from "node:fs/promises";
import { dockerAnswers, dockerDown, dockerStatus, dockerUp } from "./docker.ts";
import { withLock } from "./lock.ts";
import { nativeDown, nativeStatus, nativeUp } from "./native.ts";
import { RECIPES } from "./recipes.ts";
import type { Job } from "./server.ts";
import { ownFolder, placeOf, readState, removeState, type ServerStatus, type State } from "./state.ts";

/** DATABASE_URL, REDIS_URL, KAFKA_BROKERS. */
export type ServicesEnvironment = { readonly [setting: string]: string };

export const SETTING_NAMES: readonly string[] = RECIPES.map(({ setting }) => setting);

export type UpOptions = { readonly install?: boolean; readonly native?: boolean };

/** Starts what does not run; resolves when all serve. `isNew`: nothing had been brought up before. */
export async function up(
  folder: string,
  { install = false, native = false }: UpOptions,
  job: Job,
): Promise<{ readonly environment: ServicesEnvironment; readonly isNew: boolean }> {
  return changing(folder, async () => {
    const before = await readState(folder);
    const engine = before?.engine ?? (!native && (await dockerAnswers()) ? "docker" : "native");
    if (native && engine === "docker") {
      throw new Error("the servers run through Docker: npm run services -- down, then up --native");
    }
    const state =
      engine === "docker"
        ? await dockerUp(folder, before, job)
        : await nativeUp({ folder, before, mayInstall: install }, job);
    return { environment: environmentOf(folder, state), isNew: before === null };
  });
}

/** Stops all and removes their data; whether there was anything to stop. */
export async function down(folder: string): Promise<boolean> {
  return changing(folder, async () => {
    const state = await readState(folder);
    if (state === null) return false;
    if (state.engine === "docker") await dockerDown(state);
    else await nativeDown(folder, state);
    await removeState(folder);
    return true;
  });
}

/** null: nothing was brought up. `environment` is null while one of them does not serve. */
export async function status(
  folder: string,
): Promise<{ readonly servers: readonly ServerStatus[]; readonly environment: ServicesEnvironment | null } | null> {
  const state = await readState(folder);
  if (state === null) return null;
  const servers = await (state.engine === "docker" ? dockerStatus : nativeStatus)(folder, state);
  const allServe = servers.every(({ serves }) => serves);
  return { servers, environment: allServe ? environmentOf(folder, state) : null };
}

/** Holds the folder for the work; leaves none where nothing is left in it. */
async function changing<T>(folder: string, work: () => Promise<T>): Promise<T> {
  await ownFolder(folder);
  try {
    return await withLock(folder, work);
  } finally {
    await rmdir(folder).catch(() => undefined); // Refused while anything is in it, as it should be.
  }
}

function environmentOf(folder: string, state: State): ServicesEnvironment {
  return Object.fromEntries(RECIPES.map((recipe) => [recipe.setting, recipe.url(placeOf(folder, state, recipe.kind))]));
}
