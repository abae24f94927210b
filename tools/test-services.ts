/**
 * Test services: `npm run test:services`, the tests that need real servers.
 * In:  arguments for vitest.   Out: vitest's own output and exit code.
 * Servers: those that DATABASE_URL, REDIS_URL and KAFKA_BROKERS name when all three are set; else those of
 *          `npm run services`; when these are not up, they are brought up for the run and taken down after it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { hideTimerWarning, say, stoppableJob } from "./services/console.ts";
import { down, SETTING_NAMES, type ServicesEnvironment, status, up } from "./services/engine.ts";
import type { Job } from "./services/server.ts";
import { servicesFolder } from "./services/state.ts";

const VITEST = new URL("../node_modules/.bin/vitest", import.meta.url).pathname;
const CONFIG = new URL("../vitest.services.config.ts", import.meta.url).pathname;

type Servers = { readonly environment: ServicesEnvironment; readonly isOurs: boolean };

async function findServers(folder: string, job: Job): Promise<Servers> {
  const given = SETTING_NAMES.filter((name) => process.env[name]);
  if (given.length === SETTING_NAMES.length) return { environment: {}, isOurs: false };
  if (given.length > 0) say(`${given.join(", ")} without the rest of ${SETTING_NAMES.join(", ")}: not used`);
  const running = await status(folder);
  if (running?.environment) return { environment: running.environment, isOurs: false };
  const { environment, isNew } = await up(folder, {}, job);
  return { environment, isOurs: isNew };
}

/** The exit code. Ctrl-C reaches vitest by itself, and this waits for its end. */
async function runTests(environment: ServicesEnvironment, { signal }: Job): Promise<number> {
  const args = ["run", "--config", CONFIG, ...process.argv.slice(2)];
  const child = spawn(VITEST, args, { env: { ...process.env, ...environment }, stdio: "inherit" });
  const pass = () => child.kill("SIGTERM");
  signal.addEventListener("abort", pass, { once: true });
  const [code] = await once(child, "exit");
  return code ?? 1;
}

async function main(): Promise<number> {
  hideTimerWarning();
  const folder = servicesFolder();
  const job = stoppableJob();
  const servers = await findServers(folder, job);
  try {
    return await runTests(servers.environment, job);
  } finally {
    if (servers.isOurs) await down(folder);
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
