/**
 * Bench: `npm run bench`, benchmarks of the simulation alone and of the service on real servers.
 * In:  the command line.   Out: progress while it runs, tables at the end, files under bench/results/ and
 *      docs/BENCHMARKS.md made of them.
 * Exit: 0 when all scenarios ran, whatever they measured; 1 when one could not; 2 for a command line that cannot be done.
 * Not here: what is measured and how (bench/).
 */
import { fork } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { SCENARIOS } from "../bench/catalogue.ts";
import { HELP, type Order, readOrder } from "../bench/options.ts";
import { figureTable } from "../bench/report/figure-table.ts";
import { writeDocument, writeResults } from "../bench/report/files.ts";
import { machineOf } from "../bench/report/machine.ts";
import { terminalTable } from "../bench/report/table.ts";
import type { BenchServers, Report } from "../bench/scenario.ts";
import type { ScenarioMessage, ScenarioOrder } from "../bench/scenario-process.ts";
import { type OwnServers, openServers } from "../bench/servers.ts";
import { hideTimerWarning, say, stoppableJob } from "./services/console.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const RESULTS = join(ROOT, "bench/results");
const DOCUMENT = join(ROOT, "docs/BENCHMARKS.md");
const PROCESS = join(ROOT, "bench/scenario-process.ts");
/** A scenario that has not ended by then, and the minutes it was given, is killed, and counts as failed. */
const SCENARIO_MS_MAX = 15 * 60_000;

const print = (text: string) => process.stdout.write(`${text}\n`);

async function runAll(order: Order): Promise<number> {
  const job = stoppableJob();
  const folder = order.out ?? (order.quick ? await mkdtemp(join(tmpdir(), "necpgame-bench-")) : RESULTS);
  const seed = order.seed ?? Math.floor(Math.random() * 2 ** 32);
  const startedMs = performance.now();
  const done: { name: string; report: Report }[] = [];
  print(`${order.scenarios.join(", ")}; seed ${seed}${order.quick ? "; quick, its figures mean little" : ""}`);
  for (const name of order.scenarios) {
    if (job.signal.aborted) break;
    const report = await runOne({ name, seed, quick: order.quick, minutes: order.minutes }, folder, {
      startedMs,
      signal: job.signal,
    });
    if (report !== null) done.push({ name, report });
  }
  for (const { name, report } of done) for (const table of tablesOf(name, report)) print(`\n${terminalTable(table)}`);
  print(`\nresults: ${relative(process.cwd(), folder) || "."}`);
  if (folder === RESULTS && done.length > 0) print(`made of them: ${await writeBook()}`);
  return done.length === order.scenarios.length ? 0 : 1;
}

async function writeBook(): Promise<string> {
  const names = await writeDocument(RESULTS, DOCUMENT);
  return names.length === 0 ? "nothing, there are no results" : `docs/BENCHMARKS.md (${names.join(", ")})`;
}

type Running = { readonly startedMs: number; readonly signal: AbortSignal };

/** Servers of its own for each that needs any, so that none finds what another left. Null: it failed, and that was said. */
async function runOne(
  asked: Omit<ScenarioOrder, "servers">,
  folder: string,
  { startedMs, signal }: Running,
): Promise<Report | null> {
  const { name } = asked;
  const tell = (text: string) =>
    print(`${((performance.now() - startedMs) / 1000).toFixed(0).padStart(4)} s  ${name}  ${text}`);
  let servers: OwnServers | null = null;
  const atUnixMs = Date.now();
  const fromMs = performance.now();
  try {
    if (SCENARIOS[name]?.needs === "servers") servers = await openServers();
    const report = await inProcess({ ...asked, servers: servers && addressesOf(servers) }, tell, signal);
    const seconds = (performance.now() - fromMs) / 1000;
    const machine = machineOf(servers?.versions ?? null);
    await writeResults(folder, name, report, { machine, atUnixMs, seconds });
    return report;
  } catch (error) {
    say(`${name} failed: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  } finally {
    await servers?.release().catch((error: unknown) => say(`${name}: not all was removed: ${String(error)}`));
  }
}

function addressesOf({ databaseUrl, redisUrl, brokers, topicPrefix }: OwnServers): BenchServers {
  return { databaseUrl, redisUrl, brokers, topicPrefix };
}

/** Resolves or rejects when the process is gone. */
function inProcess(order: ScenarioOrder, tell: (text: string) => void, signal: AbortSignal): Promise<Report> {
  return new Promise((resolve, reject) => {
    let report: Report | null = null;
    let why = "it ended without a report";
    const child = fork(PROCESS, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const end = (because: string) => {
      why = because;
      child.kill("SIGTERM");
      setTimeout(() => child.kill("SIGKILL"), 10_000).unref();
    };
    const msMax = SCENARIO_MS_MAX + (order.minutes ?? 0) * 60_000;
    const timer = setTimeout(() => end(`not done after ${msMax} ms`), msMax);
    const stop = () => end("stopped");
    signal.addEventListener("abort", stop, { once: true });
    child.on("message", (message: ScenarioMessage) => {
      if (message.kind === "progress") tell(message.text);
      else if (message.kind === "report") report = message.report;
      else why = message.why;
    });
    child.once("error", reject);
    child.once("exit", () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      if (report === null) reject(new Error(why));
      else resolve(report);
    });
    child.send(order);
  });
}

function tablesOf(name: string, { figures, tables }: Report) {
  return [figureTable(name, figures), ...tables];
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
  if (read.kind === "write-docs") {
    print(await writeBook());
    return 0;
  }
  hideTimerWarning();
  return runAll(read.order);
}

process.exitCode = await main();
