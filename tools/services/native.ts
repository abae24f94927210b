/**
 * Native: the three servers as processes of this machine.
 * Law: what runs already is left running. When one cannot be started, those started with it are stopped again; data that
 *      were there before are kept, data made for the failed start go.
 */
import { install } from "./install.ts";
import { newPorts, RECIPES } from "./recipes.ts";
import { isServing, type Job, NotInstalled, type Recipe, runningAt, startServer, stopServer } from "./server.ts";
import { placeOf, removeState, type ServerStatus, type State, writeState } from "./state.ts";

export type NativeUp = { readonly folder: string; readonly before: State | null; readonly mayInstall: boolean };

/** Starts what does not run; resolves when all serve. */
export async function nativeUp({ folder, before, mayInstall }: NativeUp, job: Job): Promise<State> {
  await findAll(mayInstall, job);
  const state: State = before ?? { engine: "native", ports: await newPorts() };
  await writeState(folder, state);
  const started: Recipe[] = [];
  const starts = RECIPES.map(async (recipe) => {
    const place = placeOf(folder, state, recipe.kind);
    if (await isServing(recipe, place)) {
      job.say(`${recipe.kind}: runs already`);
      return;
    }
    started.push(recipe);
    await stopServer(recipe, place); // One that runs but does not answer is of no use to anybody.
    await startServer(recipe, place, job);
  });
  const failures = (await Promise.allSettled(starts)).flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  if (failures.length === 0) return state;
  await Promise.all(started.map((recipe) => stopServer(recipe, placeOf(folder, state, recipe.kind))));
  if (before === null) await removeState(folder);
  job.signal.throwIfAborted();
  throw new Error(failures.map(({ message }: Error) => message).join("\n\n"), { cause: failures[0] });
}

export async function nativeDown(folder: string, state: State): Promise<void> {
  await Promise.all(RECIPES.map((recipe) => stopServer(recipe, placeOf(folder, state, recipe.kind))));
}

export async function nativeStatus(folder: string, state: State): Promise<readonly ServerStatus[]> {
  return Promise.all(
    RECIPES.map(async (recipe) => {
      const place = placeOf(folder, state, recipe.kind);
      const id = await runningAt(place);
      const serves = await isServing(recipe, place);
      const how = id === null ? "does not run" : `${serves ? "serves" : "runs, but does not answer"}, pid ${id.pid}`;
      return { kind: recipe.kind, serves, words: `port ${place.ports[0]}  ${how}, in ${place.folder}` };
    }),
  );
}

/** All that is missing is told, or installed, at once. */
async function findAll(mayInstall: boolean, job: Job): Promise<void> {
  const missing = await missingOf(job);
  if (missing.length === 0) return;
  if (!mayInstall) throw new Error(missing.map(({ message }) => message).join("\n"));
  await install(missing, job);
  const [still] = await missingOf(job);
  if (still) throw new Error(`${still.message} (that was just done: look at what apt-get said)`);
}

async function missingOf(job: Job): Promise<readonly NotInstalled[]> {
  const missing: NotInstalled[] = [];
  for (const recipe of RECIPES) {
    try {
      await recipe.find(job);
    } catch (error) {
      if (!(error instanceof NotInstalled)) throw error;
      missing.push(error);
    }
  }
  return missing;
}
