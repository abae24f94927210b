/**
 * Ports: whether this process will get the ports it is to listen on, asked before it changes anything elsewhere.
 * In:  a host and ports; 0, any free port, is always free.   Out: nothing, or the system's error for the first that is taken.
 */
import { once } from "node:events";
import { createServer } from "node:net";

export async function ensurePortsFree(host: string, ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    if (port === 0) continue;
    const server = createServer().listen(port, host);
    await once(server, "listening");
    server.close();
    await once(server, "close");
  }
}
