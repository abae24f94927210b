/**
 * Start: `npm start`, the whole system on this machine.
 * In:  the environment (docs/OPERATIONS.md).   Out: addresses, how to get a token, the ready line, then warnings.
 * Law: Ctrl-C or SIGTERM drains the gateway, then combat, and exits 0. A service that dies takes the other down in
 *      order, and this exits 1. Logs are shown from `warn` on, or from LOG_LEVEL on if that is set.
 * Not here: starting and stopping the two processes (system.ts).
 */
import { randomUUID } from "node:crypto";
import { type System, startSystem } from "./system.ts";

export { startSystem };

function banner({ combat, gateway, gatewayUrl }: System): string {
  return `
combat   gRPC ${combat["grpc"]}   Connect ${combat["http"]}   metrics and probes ${combat["admin"]}
gateway  REST, Connect and WebSocket ${gatewayUrl}   metrics and probes ${gateway["admin"]}
token    npm run --silent token -- --sub ${randomUUID()}   (--help says more)
ready: ${gatewayUrl}
`;
}

/** Runs the system until it is told to stop or a service dies; resolves to the exit code. */
async function main(): Promise<number> {
  const told = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => told.abort());
  try {
    const system = await startSystem({ signal: told.signal });
    process.stdout.write(banner(system));
    const failure = await Promise.race([system.failed, aborted(told.signal)]);
    if (failure !== null) process.stderr.write(`${failure}; stopping the rest\n`);
    await system.stop();
    return failure === null ? 0 : 1;
  } catch (error) {
    if (told.signal.aborted) return 0; // Told to stop while starting: everything is stopped.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener("abort", () => resolve(null), { once: true });
  });
}

if (import.meta.main) process.exit(await main());
