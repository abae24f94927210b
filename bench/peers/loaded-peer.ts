/**
 * Peer under load: the server of a folder beside this file in a process of its own, and a swarm in its rooms.
 * In:  which, how many.   Out: what it holds, and what it used over a stretch.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { memoryOf } from "../services.ts";
import { nextMessage } from "../sockets/answers.ts";
import { type Played, type PlayOrder, Swarm } from "../sockets/swarm.ts";
import type { Format } from "../sockets/wire-format.ts";

const HERE = new URL(".", import.meta.url).pathname;

export const PEERS = {
  "bare-ws": { server: "server.ts", format: "relayed" },
  "socket-io": { server: "server.js", format: "socket-io" },
  colyseus: { server: "server.js", format: "colyseus" },
} as const satisfies { readonly [folder: string]: { server: string; format: Format } };

export type PeerName = keyof typeof PEERS;

export function peerFolder(name: PeerName): string {
  return `${HERE}${name}`;
}

export class LoadedPeer {
  /** Before rooms and sockets. */
  readonly empty: NodeJS.MemoryUsage;
  private readonly child: ChildProcess;
  private readonly swarm: Swarm;

  private constructor(child: ChildProcess, swarm: Swarm, empty: NodeJS.MemoryUsage) {
    this.child = child;
    this.swarm = swarm;
    this.empty = empty;
  }

  /** `nodeArgs`: with MEMORY_PROBE among them. Its packages have to be there. */
  static async start(
    name: PeerName,
    { sessions, players }: { sessions: number; players: number },
    nodeArgs: readonly string[],
  ): Promise<LoadedPeer> {
    const { server, format } = PEERS[name];
    const stdio = ["ignore", "ignore", "inherit", "ipc"] as const;
    const child = fork(`${peerFolder(name)}/${server}`, { stdio: [...stdio], execArgv: [...nodeArgs] });
    const swarm = new Swarm();
    try {
      const { port } = await nextMessage<{ port: number }>(child);
      const peer = new LoadedPeer(child, swarm, await memoryOf(child));
      const rooms = Array.from({ length: sessions }, (_, at) => {
        return { sessionId: `room-${at}`, playerIds: Array.from({ length: players }, String), spectatorIds: [] };
      });
      await swarm.connect(rooms, { port, dataDir: null, format });
      return peer;
    } catch (error) {
      await swarm.end();
      child.kill("SIGKILL");
      throw error;
    }
  }

  /** CPU of the server is the first of what was watched. */
  play(order: Omit<PlayOrder, "watched">): Promise<Played> {
    return this.swarm.play({ ...order, watched: [this.child.pid!] });
  }

  /** When garbage is gone. */
  held(): Promise<NodeJS.MemoryUsage> {
    return memoryOf(this.child);
  }

  async end(): Promise<void> {
    await this.swarm.end();
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
  }
}
