/**
 * The combat service's process: starts, says when it is ready, drains when told to end.
 * Law: SIGTERM or SIGINT drains and exits 0; a wrong setting or a taken port exits 1 with one line that says which.
 */
import { createLogger } from "#ops/log.ts";
import { SettingError } from "#ops/settings.ts";
import { superviseProcess } from "#ops/supervise.ts";
import { compose } from "./compose.ts";
import { loadConfig } from "./config.ts";

/** What is allowed beyond the calls' own grace: saving, publishing, closing. */
const CLOSE_MS_MAX = 10_000;

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
  if (!(error instanceof SettingError) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exit(1);
}
