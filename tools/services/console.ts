/** Console: what both commands share towards the person who runs them. */
import type { Job } from "./server.ts";

export const say = (line: string) => process.stderr.write(`${line}\n`);

/** Work that Ctrl-C or SIGTERM ends early, taking back what was being started. */
export function stoppableJob(): Job {
  const told = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => told.abort(new Error(`stopped by ${signal}; what was being started is stopped too`)));
  }
  return { say, signal: told.signal };
}

/** kafkajs 2.2.4 sets timers to a time long past, of which Node warns; all other warnings are shown. */
export function hideTimerWarning(): void {
  process.removeAllListeners("warning");
  process.on("warning", (warning) => {
    if (warning.name !== "TimeoutNegativeWarning") say(`${warning.name}: ${warning.message}`);
  });
}
