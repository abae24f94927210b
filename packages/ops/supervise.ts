/**
 * Supervise: how a service's process ends.
 * In:  signals, errors that nobody caught, the starter going away.   Out: a drain, and an exit code.
 * Law: the first SIGTERM, SIGINT or loss of the starter drains and exits 0; a drain that fails or takes too long
 *      exits 1; so does an error that nobody caught, at once, for after it nothing is certain. Logs are written first.
 */
import type { Logger } from "./log.ts";

export type Supervisor = {
  /** What draining means from here on, and how long it may take. Until then a signal just ends the process. */
  onStop(stop: () => Promise<void>, msMax: number): void;
};

export function superviseProcess(log: Logger): Supervisor {
  let stop = (): Promise<void> => Promise.resolve();
  let stopMsMax = 0;
  let stopping = false;

  const exit = async (code: number) => {
    await log.flush();
    process.exit(code);
  };

  const drain = async (cause: string) => {
    if (stopping) return; // A second Ctrl-C changes nothing: the deadline already runs.
    stopping = true;
    log.info({ cause }, "draining");
    const timer = setTimeout(() => {
      log.error({ ms: stopMsMax }, "drain took too long");
      void exit(1);
    }, stopMsMax);
    try {
      await stop();
      clearTimeout(timer);
      log.info({}, "drained");
      await exit(0);
    } catch (error) {
      clearTimeout(timer);
      log.error({ error }, "drain failed");
      await exit(1);
    }
  };

  const fail = (kind: string) => (error: unknown) => {
    log.error({ error }, kind);
    void exit(1);
  };

  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => void drain(signal));
  // Only when started with a channel (tools/start.ts): it closes when the starter ends in whatever way.
  process.on("disconnect", () => void drain("the starter is gone"));
  process.on("unhandledRejection", fail("unhandled rejection"));
  process.on("uncaughtException", fail("uncaught exception"));

  return {
    onStop: (newStop, msMax) => {
      stop = newStop;
      stopMsMax = msMax;
    },
  };
}
