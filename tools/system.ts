/**
 * System: combat and the gateway as two processes of the same Node, for start.ts, the demo, benchmarks and tests.
 * In:  settings beside the environment's own.   Out: both ready, their addresses, and a way to stop them in order.
 * Law: stopping drains the gateway first, so that clients are told before combat goes. Each service has a channel to
 *      this process and drains when it closes, so none outlives a starter that was killed.
 * Not here: what is printed about it (start.ts) but the services' own logs, from a chosen level on.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { SETTINGS } from "#gateway/config.ts";
import { LOG_LEVELS, LOG_SETTINGS, type LogLevel } from "#ops/log.ts";
import { type Environment, readSettings } from "#ops/settings.ts";

const READY_MS_MAX = 60_000; // A service that is not ready by then counts as failed.
const STOP_MS_MAX = 30_000; // A service that has not drained by then is killed.

export type SystemOptions = {
  /** Settings for both services, over those of the environment. */
  readonly settings?: { readonly [name: string]: string };
  /** Stops a start that is under way: it then rejects, with everything stopped. */
  readonly signal?: AbortSignal;
};

export type System = {
  readonly gatewayUrl: string;
  /** What the services said when they were ready: their addresses. */
  readonly combat: LogRecord;
  readonly gateway: LogRecord;
  /** Resolves, in words, when a service ended that was not told to; the other still runs then. */
  readonly failed: Promise<string>;
  /** Drains both; resolves when both are gone. Calling it again waits for the same. */
  stop(): Promise<void>;
};

export type LogRecord = { readonly [field: string]: unknown };

/** Resolves when both services are ready; rejects, with nothing left running, when one cannot be. */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const env: Environment = { ...process.env, ...options.settings };
  const running: Service[] = [];
  let stopping: Promise<void> | null = null;
  const stop = () => {
    stopping ??= stopInOrder(running.toReversed());
    return stopping;
  };
  const failure = Promise.withResolvers<string>();
  const run = async (name: string, extra: Environment): Promise<LogRecord> => {
    options.signal?.throwIfAborted();
    const service = startService(name, { ...env, ...extra });
    running.push(service);
    service.ended.then((how) => {
      if (stopping === null) failure.resolve(`${name} ended: ${how}`);
    });
    return readyOrAborted(service, options.signal);
  };
  try {
    // Where clients are told to open their sockets follows the gateway's port, unless an operator says otherwise.
    // Read before it is used: a wrong port must be named as the setting it is.
    const { GATEWAY_PORT } = readSettings({ GATEWAY_PORT: SETTINGS.GATEWAY_PORT }, env);
    const publicUrl = env["GATEWAY_PUBLIC_URL"] || `ws://localhost:${GATEWAY_PORT}`;
    const combat = await run("combat", { GATEWAY_PUBLIC_URL: publicUrl });
    const gateway = await run("gateway", { COMBAT_GRPC_TARGET: env["COMBAT_GRPC_TARGET"] ?? String(combat["grpc"]) });
    return { gatewayUrl: String(gateway["http"]), combat, gateway, failed: failure.promise, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Service = {
  readonly name: string;
  readonly process: ChildProcess;
  /** Resolves to the record that says ready; rejects when the process ends before, or is too slow. */
  readonly ready: Promise<LogRecord>;
  /** Resolves to how the process ended, in words. */
  readonly ended: Promise<string>;
};

function startService(name: string, env: Environment): Service {
  const shownFrom: LogLevel = env["LOG_LEVEL"] ? readSettings(LOG_SETTINGS, env).LOG_LEVEL : "warn";
  const child = spawn(process.execPath, [fileURLToPath(new URL(`../services/${name}/main.ts`, import.meta.url))], {
    // Services write from info on whatever is shown: the record that says ready is one.
    env: { ...env, LOG_LEVEL: shownFrom === "debug" ? "debug" : "info" },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: true, // A group of its own: Ctrl-C reaches this process only, which then stops them in order.
  });
  const ended = endOf(child);
  const ready = Promise.withResolvers<LogRecord>();
  const timer = setTimeout(() => {
    ready.reject(new Error(`${name} is not ready after ${READY_MS_MAX} ms`));
  }, READY_MS_MAX);
  readLines(child.stdout as Readable, (line) => {
    const record = parseRecord(line);
    if (record?.["msg"] === "ready") ready.resolve(record);
    else show(name, line, record, shownFrom);
  });
  readLines(child.stderr as Readable, (line) => process.stderr.write(`${name}: ${line}\n`));
  ended.then((how) => ready.reject(new Error(`${name} ended before it was ready: ${how}`)));
  ready.promise.then(
    () => clearTimeout(timer),
    () => clearTimeout(timer),
  );
  return { name, process: child, ready: ready.promise, ended };
}

async function endOf(child: ChildProcess): Promise<string> {
  try {
    const [code, signal] = await once(child, "exit");
    return signal === null ? `exit code ${code}` : `killed by ${signal}`;
  } catch (error) {
    return `could not be started: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function readyOrAborted(service: Service, signal: AbortSignal | undefined): Promise<LogRecord> {
  if (signal === undefined) return service.ready;
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([service.ready, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function stopInOrder(services: readonly Service[]): Promise<void> {
  for (const service of services) await stopService(service);
}

/** Drains one service; kills it when it does not end in time. */
async function stopService({ name, process: child, ended }: Service): Promise<void> {
  child.kill("SIGTERM"); // Of one that has ended already this does nothing.
  const timer = setTimeout(() => {
    process.stderr.write(`${name} did not drain within ${STOP_MS_MAX} ms and is killed\n`);
    child.kill("SIGKILL");
  }, STOP_MS_MAX);
  await ended;
  clearTimeout(timer);
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
function show(name: string, line: string, record: LogRecord | null, shownFrom: LogLevel): void {
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
