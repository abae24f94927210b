/**
 * Own loader: calls over grpc-js from a process of our own, where ghz cannot be had.
 * In:  a load.   Out: what came of it.
 * Law: it shares runtime and library with the server, so that its own cost is part of what it measures more than with ghz.
 */
import { fork } from "node:child_process";
import { nextMessage } from "../sockets/answers.ts";
import type { Load, Loader, Measured } from "./load.ts";

const PROCESS = new URL("own-loader-process.ts", import.meta.url).pathname;

export const OWN_LOADER: Loader = { name: "our own client", run: runOwn };

async function runOwn(load: Load): Promise<Measured> {
  const child = fork(PROCESS, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  try {
    child.send(load);
    return await nextMessage<Measured>(child);
  } finally {
    child.kill("SIGKILL");
  }
}
