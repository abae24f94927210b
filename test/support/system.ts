/**
 * System: combat and gateway as two real processes on free ports, over one data folder, for tests from outside.
 * Law: what is started here is stopped here; a process that ends by itself fails the next wait.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { loadAuthConfig } from "#auth/auth-config.ts";
import { createIssuer } from "#auth/issuer.ts";
import type { Role } from "#auth/principal.ts";
import { systemClock } from "#kit/clock.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const READY_MS_MAX = 60_000;

type Record_ = { readonly [field: string]: unknown };

export type Service = {
  readonly process: ChildProcess;
  readonly ready: Record_;
  /** Everything the process wrote. */
  readonly output: () => string;
  /** SIGTERM, or the signal given; resolves to the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
};

/** Starts one service and waits for its ready line. */
export async function startService(name: "combat" | "gateway", env: { [name: string]: string }): Promise<Service> {
  const child = spawn(process.execPath, [join(ROOT, "services", name, "main.ts")], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"] ?? "", LOG_LEVEL: "info", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let written = "";
  child.stderr.on("data", (chunk) => {
    written += chunk;
  });
  const ended = once(child, "exit").then(([code]) => code as number | null);
  const ready = await new Promise<Record_>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} is not ready:\n${written}`)), READY_MS_MAX);
    ended.then((code) => reject(new Error(`${name} ended with ${code} before it was ready:\n${written}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      written += `${line}\n`;
      if (!line.includes('"msg":"ready"')) return;
      clearTimeout(timer);
      resolve(JSON.parse(line) as Record_);
    });
  });
  return {
    process: child,
    ready,
    output: () => written,
    stop: (signal = "SIGTERM") => {
      child.kill(signal);
      return ended;
    },
  };
}

export type System = {
  readonly combat: Service;
  readonly gateway: Service;
  readonly dataDir: string;
  /** http://localhost:… of the gateway. */
  readonly url: string;
  /** host:port of combat's gRPC. */
  readonly grpc: string;
  /** http://… of combat's Connect port. */
  readonly connect: string;
  token(sub: string, roles?: readonly Role[], extra?: { sessionId?: string; ttlSeconds?: number }): Promise<string>;
  /** Drains both; keeps the data folder when told to. */
  stop(options?: { keepData?: boolean }): Promise<{ combat: number | null; gateway: number | null }>;
};

const ANY_PORTS = {
  GATEWAY_PORT: "0",
  GATEWAY_ADMIN_PORT: "0",
  COMBAT_GRPC_PORT: "0",
  COMBAT_HTTP_PORT: "0",
  COMBAT_ADMIN_PORT: "0",
};

export async function startSystem(
  options: { dataDir?: string; env?: { [name: string]: string } } = {},
): Promise<System> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "combat-test-")));
  const env = { ...ANY_PORTS, DATA_DIR: dataDir, ...options.env };
  const combat = await startService("combat", env);
  const grpc = String(combat.ready["grpc"]);
  const gateway = await startService("gateway", { ...env, COMBAT_GRPC_TARGET: grpc });
  const issuer = createIssuer(await loadAuthConfig({ DATA_DIR: dataDir }), systemClock);
  return {
    combat,
    gateway,
    dataDir,
    grpc,
    url: String(gateway.ready["http"]),
    connect: String(combat.ready["http"]),
    token: (sub, roles = ["player"], { sessionId, ttlSeconds = 600 } = {}) =>
      issuer.user({ sub, roles, ttlSeconds, ...(sessionId === undefined ? {} : { sessionId }) }),
    async stop({ keepData = false } = {}) {
      const codes = { gateway: await gateway.stop(), combat: await combat.stop() };
      if (!keepData) await rm(dataDir, { recursive: true, force: true });
      return codes;
    },
  };
}
