/**
 * The combat service's process: starts, says when it is ready, drains when told to end.
 * Law: SIGTERM or SIGINT drains and exits 0; a wrong setting, a store that cannot be used or a taken port exits 1 with
 *      one line that says which and what to do.
 */
import { letHeapGrow } from "#ops/heap.ts";
import { createLogger } from "#ops/log.ts";
import { RedisUnusable } from "#ops/redis-start.ts";
import { SettingError } from "#ops/settings.ts";
import { superviseProcess } from "#ops/supervise.ts";
import { compose } from "./compose.ts";
import { loadConfig } from "./config.ts";
import { DatabaseUnusable } from "./stores/database-postgres-start.ts";
import { KafkaUnusable } from "./stores/event-sink-kafka.ts";
import { FileInUse } from "./stores/file-lock.ts";
import { SchemaUnusable } from "./stores/migrate.ts";
import { StoreUnavailable } from "./stores/session-store.ts";

/** What is allowed beyond the calls' own grace: saving, publishing, closing. */
const CLOSE_MS_MAX = 20_000;

/** What is wrong outside of this code: the message says it all. */
const OUTSIDE = [
  SettingError,
  DatabaseUnusable,
  RedisUnusable,
  KafkaUnusable,
  SchemaUnusable,
  StoreUnavailable,
  FileInUse,
];

letHeapGrow(300);
try {
  const config = await loadConfig(process.env);
  const log = createLogger({ name: "combat", level: config.logLevel });
  const supervisor = superviseProcess(log);
  if (config.auth.devKey) {
    log.warn(
      { dataDir: config.dataDir },
      "DEVELOPMENT KEY: anyone who reads DATA_DIR can sign any token; never in production",
    );
  }
  const service = await compose(config, log);
  supervisor.onStop(service.drain, config.drainMs + CLOSE_MS_MAX);
  log.announce({ ...service.addresses }, "ready");
} catch (error) {
  process.stderr.write(`combat cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
  const isOutside = OUTSIDE.some((kind) => error instanceof kind);
  if (!isOutside && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exit(1);
}
