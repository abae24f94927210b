/**
 * Start: the whole system on this machine: combat, then the gateway, as two processes of the same Node.
 * In:  the environment (docs/OPERATIONS.md).   Out: addresses, the ready line, then the services' warnings.
 * Law: Ctrl-C or SIGTERM drains the gateway, then combat, and exits 0. A service that dies takes the other down in
 *      order, and this exits 1. Logs are shown from `warn` on, or from LOG_LEVEL on if that is set.
 * Each service has a channel to this process and drains when it closes, so none outlives a killed starter.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { LOG_LEVELS, LOG_SETTINGS, type LogLevel } from "#ops/log.ts";
import { readSettings } from "#ops/settings.ts";

const READY_MS_MAX = 60_000; // A service that is not ready by then counts as failed.
const STOP_MS_MAX = 30_000; // A service that has not drained by then is killed.

type LogRecord = { readonly [field: string]: unknown };

type Service = {
  readonly name: string;
  readonly process: ChildProcess;
  /** Resolves to the record that says ready; rejects when the process ends before. */
  readonly ready: Promise<LogRecord>;
  /** Resolves to how the process ended, in words. */
  readonly ended: Promise<string>;
};

const shownFrom: LogLevel = process.env["LOG_LEVEL"] ? readSettings(LOG_SETTINGS, process.env).LOG_LEVEL : "warn";

function startService(name: string, extra: { readonly [setting: string]: string }): Service {
  const child = spawn(process.execPath, [new URL(`../services/${name}/main.ts`, import.meta.url).pathname], {
    // Services write from info on whatever is shown: the line that says ready is among it.
    env: { ...process.env, ...extra, LOG_LEVEL: shownFrom === "debug" ? "debug" : "info" },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: true, // A group of its own: Ctrl-C reaches this process only, which then stops them in order.
  });
  const ended = once(child, "exit").then(([code, signal]) => (signal ? `killed by ${signal}` : `exit code ${code}`));
  const ready = new Promise<LogRecord>((resolve, reject) => {
    readLines(child.stdout as Readable, (line) => {
      const record = parseRecord(line);
      if (record?.["msg"] === "ready") resolve(record);
      show(name, line, record);
    });
    ended.then((how) => reject(new Error(`${name} ended before it was ready (${how})`)));
    setTimeout(() => reject(new Error(`${name} is not ready after ${READY_MS_MAX} ms`)), READY_MS_MAX).unref();
  });
  readLines(child.stderr as Readable, (line) => process.stderr.write(`${name}: ${line}\n`));
  return { name, process: child, ready, ended };
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", onLine);
}

function parseRecord(line: string): LogRecord | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as LogRecord) : null;
  } catch {
    return null; // Not a log record: shown as it is.
  }
}

const NOT_SHOWN = new Set(["level", "time", "name", "pid", "msg"]);

/** One record for people: time, service, level, message, then what else it says. */
function show(name: string, line: string, record: LogRecord | null): void {
  if (record === null) {
    process.stdout.write(`${name}: ${line}\n`);
    return;
  }
  const level = String(record["level"]);
  if (LOG_LEVELS.indexOf(level as LogLevel) < LOG_LEVELS.indexOf(shownFrom)) return;
  const time = String(record["time"]).slice(11, 23);
  const rest = Object.entries(record).filter(([field]) => !NOT_SHOWN.has(field));
  const fields = rest.map(([field, value]) => `${field}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  process.stdout.write(`${[time, name, level.toUpperCase(), String(record["msg"]), ...fields].join("  ")}\n`);
}

/** Drains one service; kills it when it does not end in time. */
async function stop(service: Service): Promise<void> {
  if (service.process.exitCode !== null || service.process.signalCode !== null) return;
  service.process.kill("SIGTERM");
  const timer = setTimeout(() => {
    process.stderr.write(`${service.name} did not drain within ${STOP_MS_MAX} ms and is killed\n`);
    service.process.kill("SIGKILL");
  }, STOP_MS_MAX);
  await service.ended;
  clearTimeout(timer);
}

const running: Service[] = [];
let stopping: Promise<void> | null = null;

/** Newest first: the gateway tells its clients before combat goes. */
async function stopAll(exitCode: number): Promise<void> {
  for (const service of running.toReversed()) await stop(service);
  process.exitCode = exitCode;
  process.disconnect?.();
}

function beginStop(exitCode: number): void {
  stopping ??= stopAll(exitCode);
}

async function run(name: string, extra: { readonly [setting: string]: string }): Promise<LogRecord> {
  const service = startService(name, extra);
  running.push(service);
  const record = await service.ready;
  service.ended.then((how) => {
    if (stopping !== null) return;
    process.stderr.write(`${name} ended (${how}); stopping the rest\n`);
    beginStop(1);
  });
  return record;
}

async function main(): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => beginStop(0));
  process.on("disconnect", () => beginStop(0)); // Whoever started this over a channel is gone.
  const combat = await run("combat", {});
  if (stopping !== null) return;
  const target = process.env["COMBAT_GRPC_TARGET"] ?? String(combat["grpc"]);
  const gateway = await run("gateway", { COMBAT_GRPC_TARGET: target });
  if (stopping !== null) return;
  process.stdout.write(`
combat   gRPC ${combat["grpc"]}   Connect ${combat["http"]}   metrics and probes ${combat["admin"]}
gateway  REST, Connect and WebSocket ${gateway["http"]}   metrics and probes ${gateway["admin"]}
token    npm run --silent token -- --sub $(npx --no-install node -p 'crypto.randomUUID()')
ready: ${gateway["http"]}
`);
}

try {
  await main();
} catch (error) {
  if (stopping === null) process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  beginStop(1);
}
