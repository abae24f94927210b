/**
 * Docker: the three servers as containers of deploy/compose.yaml, on free ports of this machine.
 * Law: one Compose project; what runs already is left as it is. A start that fails is taken down, with its volumes.
 */
import { INSTALL_MS_MAX } from "./limits.ts";
import { newPorts, RECIPES } from "./recipes.ts";
import { run } from "./run.ts";
import { answerOf, type Job, untilServing } from "./server.ts";
import { placeOf, removeState, type ServerStatus, type State, writeState } from "./state.ts";

const COMPOSE_FILE = new URL("../../deploy/compose.yaml", import.meta.url).pathname;
const PROJECT = "necpgame-services";
const ANSWER_MS_MAX = 10_000;
const LOG_LINES = "15";

/** Whether an engine and its Compose are there. */
export async function dockerAnswers(): Promise<boolean> {
  try {
    await run({ program: "docker", args: ["info"], env: dockerEnvironment() }, { timeoutMs: ANSWER_MS_MAX });
    await run(
      { program: "docker", args: ["compose", "version"], env: dockerEnvironment() },
      { timeoutMs: ANSWER_MS_MAX },
    );
    return true;
  } catch {
    return false; // No client, no engine, or none for us: the native way needs none.
  }
}

export async function dockerUp(folder: string, before: State | null, { say, signal }: Job): Promise<State> {
  const state: State = before ?? { engine: "docker", ports: await newPorts() };
  await writeState(folder, state);
  say("docker compose up (the first time, images are fetched)");
  try {
    await compose(state, ["up", "--detach", "--quiet-pull"], signal);
    const wait = { signal, isAlive: async () => true };
    await Promise.all(RECIPES.map((recipe) => untilServing(recipe, placeOf(folder, state, recipe.kind), wait)));
    return state;
  } catch (error) {
    const log = await compose(state, ["logs", "--tail", LOG_LINES]).catch((failure: Error) => failure.message);
    if (before === null) {
      await dockerDown(state);
      await removeState(folder);
    }
    signal.throwIfAborted();
    throw new Error(`${(error as Error).message}\n${log}`, { cause: error });
  }
}

export async function dockerDown(state: State): Promise<void> {
  await compose(state, ["down", "--volumes", "--timeout", "10"]);
}

export async function dockerStatus(folder: string, state: State): Promise<readonly ServerStatus[]> {
  return Promise.all(
    RECIPES.map(async (recipe) => {
      const place = placeOf(folder, state, recipe.kind);
      const failure = await answerOf(recipe, place);
      const how = failure === null ? "serves" : `does not answer (${failure.message})`;
      return {
        kind: recipe.kind,
        serves: failure === null,
        words: `port ${place.ports[0]}  ${how}  in Compose project ${PROJECT}`,
      };
    }),
  );
}

async function compose(state: State, args: readonly string[], signal?: AbortSignal): Promise<string> {
  const ports = RECIPES.map(({ kind }) => [`${kind.toUpperCase()}_PORT`, String(state.ports[kind][0])]);
  const env = { ...dockerEnvironment(), ...Object.fromEntries(ports) };
  const command = ["compose", "--file", COMPOSE_FILE, "--project-name", PROJECT, ...args];
  return run({ program: "docker", args: command, env }, { timeoutMs: INSTALL_MS_MAX, ...(signal && { signal }) });
}

/** Where the engine is, and who may use it, is the caller's. */
function dockerEnvironment(): { [name: string]: string } {
  const names = ["HOME", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
