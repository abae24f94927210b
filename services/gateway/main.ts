/**
 * The gateway's process: starts, says when it is ready, drains when told to end.
 * Law: SIGTERM or SIGINT drains and exits 0 within GATEWAY_DRAIN_MS; a wrong setting, a Redis that cannot be used or
 *      a taken port exits 1 with one line that says which (of several workers each says it); a broken promise of ours is logged and exits 1.
 */
import cluster from "node:cluster";
import { letHeapGrow } from "#ops/heap.ts";
import { createLogger } from "#ops/log.ts";
import { RedisUnusable } from "#ops/redis-start.ts";
import { SettingError } from "#ops/settings.ts";
import { reportToPrimary, WorkerDied, Workers } from "#ops/workers.ts";
import { compose } from "./compose.ts";
import { readConfig } from "./config.ts";

type Started = {
  /** What the ready line says. */
  readonly addresses: { readonly [field: string]: unknown };
  drain(): Promise<void>;
};

letHeapGrow(100); // Little of what it makes grows old, and what lives is what sockets need: memory counts for more.
try {
  await start();
} catch (error) {
  process.stderr.write(`gateway cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
  const isOutside = [SettingError, RedisUnusable, WorkerDied].some((kind) => error instanceof kind); // The message says it all.
  if (!isOutside && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exit(1);
}

async function start(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLogger({ name: "gateway", level: config.logLevel });
  process.on("unhandledRejection", (error) => void die("unhandled rejection", error));
  process.on("uncaughtException", (error) => void die("uncaught exception", error));
  const { addresses, drain } = await (config.workers > 1 && cluster.isPrimary ? startMany() : startOne());
  process.on("SIGTERM", () => void end("SIGTERM"));
  process.on("SIGINT", () => void end("SIGINT"));
  process.on("disconnect", () => void end("the starter is gone")); // Only with a channel to it (tools/system.ts).
  if (cluster.isPrimary) log.announce(addresses, "ready");

  async function startMany(): Promise<Started> {
    const { workers: count, adminHost, adminPort, drainMs } = config;
    const workers = new Workers({ count, adminHost, adminPort, drainMs, log });
    return { addresses: { ...(await workers.start()), workers: count }, drain: () => workers.drain() };
  }

  async function startOne(): Promise<Started> {
    const gateway = await compose({ config, env: process.env, log });
    const http = await gateway.listen();
    const drain = () => gateway.drain();
    if (cluster.isWorker) {
      const said = { http, dev_key: gateway.devKey };
      reportToPrimary({ metrics: gateway.metrics, said, ready: () => gateway.ready(), log });
      return { addresses: { http }, drain };
    }
    return { addresses: { http, admin: await gateway.listenToOperators(), dev_key: gateway.devKey }, drain };
  }

  let ending = false;
  async function end(signal: string): Promise<void> {
    if (ending) return; // A second Ctrl-C while draining changes nothing; the deadline ends it.
    ending = true;
    log.info({ signal }, "draining");
    await drain();
    log.info({}, "drained");
    await log.flush();
    process.exit(0);
  }

  async function die(what: string, error: unknown): Promise<void> {
    log.error({ error }, what);
    await log.flush();
    process.exit(1);
  }
}
