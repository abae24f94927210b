/**
 * Redis: Debian's redis-server on the loopback address, with the append-only file as the only copy on disk.
 * Law: written every second, so kill -9 of the machine loses at most that second, kill -9 of Redis nothing it answered;
 *      past the memory it refuses writes instead of dropping what it holds.
 */
import { mkdir } from "node:fs/promises";
import { Redis } from "ioredis";
import { PING_MS_MAX } from "./limits.ts";
import { HOST } from "./ports.ts";
import { run } from "./run.ts";
import { dataOf, NotInstalled, type Place, type Recipe, withinPing } from "./server.ts";

const PROGRAM = "redis-server";
const VERSION_MIN = [6, 2] as const;

export const redis: Recipe = {
  kind: "redis",
  portCount: 1,
  setting: "REDIS_URL",
  stopSignal: "SIGTERM",
  find,
  create: async (place) => {
    await mkdir(dataOf(place));
  },
  async command(place) {
    const settings = {
      bind: HOST,
      port: place.ports[0],
      dir: dataOf(place),
      daemonize: "no",
      appendonly: "yes",
      appendfsync: "everysec",
      save: "",
      maxmemory: "2gb",
      "maxmemory-policy": "noeviction",
    };
    return {
      program: PROGRAM,
      args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    };
  },
  async ping({ ports: [port] }) {
    const client = new Redis(port as number, HOST, {
      lazyConnect: true,
      connectTimeout: PING_MS_MAX,
      commandTimeout: PING_MS_MAX,
      retryStrategy: () => null,
      enableReadyCheck: false, // The ping is the check: while Redis reads its file it answers LOADING.
      maxRetriesPerRequest: 0,
    });
    let lost: Error | null = null;
    client.on("error", (error: Error) => {
      lost = error;
    });
    try {
      await withinPing("redis", client.connect());
      await withinPing("redis", client.ping());
    } catch (error) {
      throw lost ?? error; // Why the connection failed says more than that it did.
    } finally {
      client.disconnect();
    }
  },
  url: ({ ports: [port] }: Place) => `redis://${HOST}:${port}`,
};

async function find(): Promise<void> {
  let said: string;
  try {
    said = await run({ program: PROGRAM, args: ["--version"] });
  } catch {
    throw new NotInstalled("redis-server is not installed", ["redis-server"]);
  }
  const [, major, minor] = /v=(\d+)\.(\d+)/.exec(said) ?? [];
  const isNew = Number(major) > VERSION_MIN[0] || (Number(major) === VERSION_MIN[0] && Number(minor) >= VERSION_MIN[1]);
  if (!isNew) throw new Error(`redis-server is ${major}.${minor}: ${VERSION_MIN.join(".")} or newer is needed`);
}
