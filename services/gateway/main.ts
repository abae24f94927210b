/**
 * The gateway's process: starts, says when it is ready, drains when told to end.
 * Law: SIGTERM or SIGINT drains and exits 0 within GATEWAY_DRAIN_MS; a wrong setting, a Redis that cannot be used or
 *      a taken port exits 1 with one line that says which; a broken promise of ours is logged and exits 1.
 */
import { createLogger } from "#ops/log.ts";
import { RedisUnusable } from "#ops/redis-start.ts";
import { SettingError } from "#ops/settings.ts";
import { compose } from "./compose.ts";
import { readConfig } from "./config.ts";

try {
  await start();
} catch (error) {
  process.stderr.write(`gateway cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
  const isOutside = error instanceof SettingError || error instanceof RedisUnusable; // The message says it all.
  if (!isOutside && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exit(1);
}

async function start(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLogger({ name: "gateway", level: config.logLevel });
  process.on("unhandledRejection", (error) => void die("unhandled rejection", error));
  process.on("uncaughtException", (error) => void die("uncaught exception", error));
  const gateway = await compose({ config, env: process.env, log });
  process.on("SIGTERM", () => void drain("SIGTERM"));
  process.on("SIGINT", () => void drain("SIGINT"));
  process.on("disconnect", () => void drain("the starter is gone")); // Only with a channel to it (tools/system.ts).
  const addresses = await gateway.listen();
  log.announce({ ...addresses, dev_key: gateway.devKey }, "ready");

  let ending = false;
  async function drain(signal: string): Promise<void> {
    if (ending) return; // A second Ctrl-C while draining changes nothing; the deadline ends it.
    ending = true;
    log.info({ signal }, "draining");
    await gateway.drain();
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
