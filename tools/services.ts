/**
 * Services: `npm run services -- up|down|status`, PostgreSQL, Redis and Kafka for tests on this machine.
 * In:  the command line.   Out: the environment to use, as lines for a shell, on stdout; progress and errors on stderr.
 * Exit: 0 when done (status: when all serve), 1 when not, 2 for a command line that cannot be done.
 * Not here: how the servers are run (services/), tests that start servers of their own (test/support/servers.ts).
 */
import { hideTimerWarning, say, stoppableJob } from "./services/console.ts";
import { down, type ServicesEnvironment, status, up } from "./services/engine.ts";
import { HELP, type Order, readOrder } from "./services/options.ts";
import { servicesFolder } from "./services/state.ts";

const print = (text: string) => process.stdout.write(text);

async function carryOut({ action, install, native }: Order): Promise<number> {
  const folder = servicesFolder();
  if (action === "status") return tellStatus(folder);
  const job = stoppableJob();
  if (action === "up") print(exportsOf((await up(folder, { install, native }, job)).environment));
  else say((await down(folder)) ? "stopped; their data are removed" : "nothing ran");
  return 0;
}

async function tellStatus(folder: string): Promise<number> {
  const found = await status(folder);
  for (const { kind, words } of found?.servers ?? []) print(`# ${kind.padEnd(8)}  ${words}\n`);
  if (found?.environment) {
    print(exportsOf(found.environment));
    return 0;
  }
  print(`# ${found === null ? "nothing runs" : "not all serve"}: npm run services -- up\n`);
  return 1;
}

function exportsOf(environment: ServicesEnvironment): string {
  const lines = Object.entries(environment).map(([name, value]) => `export ${name}=${value}\n`);
  return lines.join("");
}

async function main(): Promise<number> {
  const read = readOrder(process.argv.slice(2));
  if (read.kind === "help") {
    print(HELP);
    return 0;
  }
  if (read.kind === "wrong") {
    say(`${read.why}\n\n${HELP}`);
    return 2;
  }
  hideTimerWarning();
  try {
    return await carryOut(read.order);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

process.exitCode = await main();
