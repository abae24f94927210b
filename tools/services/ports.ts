/** Ports: free ones on the loopback address, outside the range of outgoing connections (see limits.ts). */
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { PORT_MAX, PORT_MIN, PORT_TRIES_MAX } from "./limits.ts";

export const HOST = "127.0.0.1";

/** fetch refuses to speak to it, as browsers do ("bad port"): whatever listens there would seem to be away. */
const FETCH_REFUSES = 10_080;

/** Free when asked; another process may take one before it is used, and the start then fails by name. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries++) {
    if (tries >= PORT_TRIES_MAX) throw new Error(`no free port from ${PORT_MIN} to ${PORT_MAX} after ${tries} tries`);
    const port = randomInt(PORT_MIN, PORT_MAX + 1);
    if (port !== FETCH_REFUSES && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, HOST);
    await once(server, "listening");
    return true;
  } catch {
    return false; // In use, or not allowed: either way not ours to take.
  } finally {
    server.close();
  }
}
