/**
 * System: the whole system as a process of its own, for tools that need one running.
 * In:  the environment, as `npm start` has it.   Out: where the gateway is, and a way to stop it all in order.
 * Law: what it says is passed on; it stops when this process is gone, however it went.
 * Why not in this process: the system is then exactly what `npm start` runs.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { SYSTEM_STOP_MS_MAX } from "./limits.ts";

export type System = {
  readonly gatewayUrl: string;
  /** Resolves to how it ended, in words; before `stop` that is a failure. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
};

const READY = /^ready: (\S+)/;

/** Rejects when the system ends before it is ready; `signal` stops it then. */
export async function startSystem(signal: AbortSignal): Promise<System> {
  const child = spawn(process.execPath, [new URL("../start.ts", import.meta.url).pathname], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    detached: true, // A group of its own: Ctrl-C reaches this process only, which then stops it in order.
  });
  const ended = once(child, "exit").then(([code, by]) => (by ? `killed by ${by}` : `exit code ${code}`));
  const ready = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout as Readable }).on("line", (line) => {
      const gatewayUrl = READY.exec(line)?.[1];
      if (gatewayUrl) resolve(gatewayUrl);
      console.log(line);
    });
  });
  const stopEarly = () => child.kill("SIGTERM");
  signal.addEventListener("abort", stopEarly);
  const failed = ended.then((how) => {
    throw new Error(`the system ended before it was ready (${how})`);
  });
  failed.catch(() => {}); // Its normal end, later, is not this promise's business.
  try {
    return { gatewayUrl: await Promise.race([ready, failed]), ended, stop: () => stop(child, ended) };
  } finally {
    signal.removeEventListener("abort", stopEarly);
  }
}

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), SYSTEM_STOP_MS_MAX);
  await ended;
  clearTimeout(timer);
}
