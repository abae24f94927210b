/**
 * Services: processes of the service itself, as an operator starts them, on free ports.
 * In:  settings.   Out: their ready line and when it came; a way to end them.
 * Law: each has a channel to this process and drains when that closes, so none outlives a benchmark that was killed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { nextMessage } from "./sockets/answers.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const READY_MS_MAX = 60_000;
const KEPT_OUTPUT_CHARACTERS = 20_000;

export const ANY_PORTS = {
  GATEWAY_PORT: "0",
  GATEWAY_ADMIN_PORT: "0",
  COMBAT_GRPC_PORT: "0",
  COMBAT_HTTP_PORT: "0",
  COMBAT_ADMIN_PORT: "0",
} as const;

/** How processes are asked what they hold; needs memory-probe.ts in them. */
export const MEMORY_PROBE = ["--import", new URL("sockets/memory-probe.ts", import.meta.url).href] as const;

export type BenchService = {
  readonly pid: number;
  /** Addresses, by name. */
  readonly ready: { readonly [field: string]: unknown };
  /** From its start to its ready line. */
  readonly readyMs: number;
  /** When it was started, milliseconds since 1970, fractional. */
  readonly startedUnixMs: number;
  /** What it holds when garbage is gone; only with MEMORY_PROBE. */
  memory(): Promise<NodeJS.MemoryUsage>;
  /** SIGKILL or SIGTERM; resolves when it is gone. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
};

export async function startService(
  name: "combat" | "gateway",
  settings: { readonly [name: string]: string },
  nodeArgs: readonly string[] = [],
): Promise<BenchService> {
  const startedUnixMs = performance.timeOrigin + performance.now();
  const startedMs = performance.now();
  const child = spawn(process.execPath, [...nodeArgs, `${ROOT}services/${name}/main.ts`], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"] ?? "", LOG_LEVEL: "warn", ...ANY_PORTS, ...settings },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const gone = once(child, "exit");
  const ready = await readyLine(name, child);
  return {
    pid: child.pid!,
    ready,
    readyMs: performance.now() - startedMs,
    startedUnixMs,
    memory: () => memoryOf(child),
    async end(signal) {
      child.kill(signal);
      await gone;
    },
  };
}

export async function memoryOf(child: ChildProcess): Promise<NodeJS.MemoryUsage> {
  child.send("memory");
  return (await nextMessage<{ memory: NodeJS.MemoryUsage }>(child)).memory;
}

function readyLine(name: string, child: ChildProcess): Promise<BenchService["ready"]> {
  let written = "";
  const keep = (text: string) => {
    written = (written + text).slice(-KEPT_OUTPUT_CHARACTERS);
  };
  child.stderr?.on("data", (part) => keep(String(part)));
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      reject(new Error(`${name} ${why}:\n${written}`));
    };
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      fail(`is not ready after ${READY_MS_MAX} ms`);
    }, READY_MS_MAX);
    child.once("exit", (code) => fail(`ended with ${code} before it was ready`));
    createInterface({ input: child.stdout! }).on("line", (line) => {
      if (!line.includes('"msg":"ready"')) return keep(`${line}\n`);
      clearTimeout(timer);
      resolve(JSON.parse(line) as BenchService["ready"]);
    });
  });
}
