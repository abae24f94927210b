/**
 * Arena: a whole system of one fault test's own: private stores, one or more combats, each with its gateway.
 * In:  which stores are shared with other arenas, how many combats.   Out: the parts, to be killed and started again.
 * Law: ports stay the same over restarts. `url` is where players go: a getter, since it may change when a gateway dies.
 */
import { randomInt, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { Client } from "pg";
import { loadAuthConfig } from "#auth/auth-config.ts";
import { createIssuer, type Issuer } from "#auth/issuer.ts";
import type { Role } from "#auth/principal.ts";
import { systemClock } from "#kit/clock.ts";
import { type PrivateServer, startPrivateServer } from "#support/servers.ts";
import { isFree } from "#tools/services/ports.ts";
import type { Front } from "./caller.ts";
import { Daemon } from "./daemon.ts";

const TOKEN_SECONDS = 6 * 60 * 60;
/** After its start a system may take this long to serve calls and sockets. */
const SERVING_MS_MAX = 20_000;

export type ArenaOptions = {
  readonly name: string;
  /** How many combats, each with a gateway of its own. Default 1. */
  readonly combats?: number;
  /** Every gateway begins with all of the combats, and not with its own. */
  readonly together?: boolean;
  /** Stores of others; this arena does not stop them. In a shared PostgreSQL it has a database of its own. */
  readonly shared?: { readonly postgres?: PrivateServer; readonly kafka?: PrivateServer };
  readonly env?: { readonly [name: string]: string };
};

export type Stores = { readonly postgres: PrivateServer; readonly redis: PrivateServer; readonly kafka: PrivateServer };

export class Arena {
  readonly name: string;
  readonly stores: Stores;
  readonly combats: readonly Daemon[];
  readonly gateways: readonly Daemon[];
  /** Connections of the drivers; the judge lets them go before it counts what the gateways still hold. */
  readonly agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });
  /** Which of the gateways players go to. */
  active = 0;
  private readonly databaseUrl: string;
  private readonly dataDir: string;
  private readonly issuer: Issuer;
  private readonly tokens = new Map<string, Promise<string>>();
  private readonly owned: readonly PrivateServer[];

  private constructor(parts: {
    name: string;
    stores: Stores;
    owned: readonly PrivateServer[];
    combats: readonly Daemon[];
    gateways: readonly Daemon[];
    databaseUrl: string;
    dataDir: string;
    issuer: Issuer;
  }) {
    this.name = parts.name;
    this.stores = parts.stores;
    this.owned = parts.owned;
    this.combats = parts.combats;
    this.gateways = parts.gateways;
    this.databaseUrl = parts.databaseUrl;
    this.dataDir = parts.dataDir;
    this.issuer = parts.issuer;
  }

  static async open(options: ArenaOptions): Promise<Arena> {
    const { name, combats: count = 1, together = false, shared = {} } = options;
    const [postgres, redis, kafka] = await Promise.all([
      shared.postgres ?? startPrivateServer("postgres"),
      startPrivateServer("redis"),
      shared.kafka ?? startPrivateServer("kafka"),
    ]);
    const stores = { postgres, redis, kafka };
    const owned = Object.values(stores).filter((server) => !Object.values(shared).includes(server));
    const databaseUrl = shared.postgres ? await ownDatabase(postgres.url) : postgres.url;
    const dataDir = await mkdtemp(join(tmpdir(), "combat-arena-"));
    const issuer = createIssuer(await loadAuthConfig({ DATA_DIR: dataDir }), systemClock);
    const common = { ...COMMON, DATA_DIR: dataDir, ...options.env };
    const urls = { DATABASE_URL: databaseUrl, REDIS_URL: redis.url, KAFKA_BROKERS: kafka.url };
    const ports = (await ownPorts(5 * count)).map(String);
    const targets = together
      ? ports
          .filter((_, at) => at % 5 === 0)
          .map((grpc) => `127.0.0.1:${grpc}`)
          .join()
      : null;
    const combats: Daemon[] = [];
    const gateways: Daemon[] = [];
    for (let index = 0; index < count; index++) {
      const [grpc, http, admin, front, frontAdmin] = ports.slice(5 * index, 5 * index + 5) as [
        string,
        string,
        string,
        string,
        string,
      ];
      const combat = { COMBAT_GRPC_PORT: grpc, COMBAT_HTTP_PORT: http, COMBAT_ADMIN_PORT: admin };
      const gateway = {
        GATEWAY_PORT: front,
        GATEWAY_ADMIN_PORT: frontAdmin,
        COMBAT_GRPC_TARGET: targets ?? `127.0.0.1:${grpc}`,
      };
      combats.push(
        new Daemon({
          name: `combat-${index}`,
          service: "combat",
          env: { ...common, ...urls, ...combat, COMBAT_INSTANCE: `${name}-${index}` },
        }),
      );
      gateways.push(
        new Daemon({
          name: `gateway-${index}`,
          service: "gateway",
          env: { ...common, ...gateway, REDIS_URL: redis.url },
        }),
      );
    }
    const arena = new Arena({ name, stores, owned, combats, gateways, databaseUrl, dataDir, issuer });
    try {
      for (const combat of combats) await combat.start();
      for (const gateway of gateways) await gateway.start();
    } catch (error) {
      await arena.close();
      throw error;
    }
    return arena;
  }

  get combat(): Daemon {
    return this.combats[this.active] as Daemon;
  }

  get gateway(): Daemon {
    return this.gateways[this.active] as Daemon;
  }

  /** Where players are served now, whichever gateway that is. */
  get front(): Front {
    const arena = this;
    return {
      agent: this.agent,
      get url() {
        return arena.gateway.frontUrl;
      },
    };
  }

  /** One gateway, always the same. */
  frontOf(index: number): Front {
    return { agent: this.agent, url: (this.gateways[index] as Daemon).frontUrl };
  }

  /** Rows of a query on the arena's own database. */
  async rows(sql: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    const client = new Client({
      connectionString: this.databaseUrl,
      connectionTimeoutMillis: 10_000,
      query_timeout: 20_000,
    });
    await client.connect();
    try {
      return (await client.query(sql, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  /** A connection to the arena's Redis for the length of some work. */
  async withRedis<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.stores.redis.url, { lazyConnect: true, retryStrategy: () => null });
    redis.on("error", () => undefined); // What fails rejects its own call.
    await redis.connect();
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  }

  /** The same for the same person, so that only the first costs a signature. */
  token(sub: string, role: Role): Promise<string> {
    const name = `${role} ${sub}`;
    const known = this.tokens.get(name);
    if (known !== undefined) return known;
    const token = this.issuer.user({ sub, roles: [role], ttlSeconds: TOKEN_SECONDS });
    this.tokens.set(name, token);
    return token;
  }

  /** What combat says of itself on /readyz. */
  async health(daemon: Daemon = this.combat): Promise<{ readonly [check: string]: string } | null> {
    if (!daemon.isRunning) return null;
    try {
      const response = await fetch(`${daemon.address("admin")}/readyz`, { signal: AbortSignal.timeout(2_000) });
      return ((await response.json()) as { checks: { [check: string]: string } }).checks;
    } catch {
      return null;
    }
  }

  async close(): Promise<void> {
    const daemons = [...this.gateways, ...this.combats];
    for (const daemon of daemons) {
      daemon.resume();
      if (daemon.isRunning) await daemon.kill();
    }
    await Promise.all(this.owned.map((server) => server.stop()));
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** Settings under which no load of ours is turned away for being too much. */
const COMMON = {
  GATEWAY_CONNECTS_PER_ADDRESS: "100000",
  GATEWAY_CONNECTS_PER_PLAYER: "100000",
  GATEWAY_REQUESTS_PER_ADDRESS: "1000000",
  GATEWAY_REQUESTS_PER_PLAYER: "1000000",
  COMBAT_CALLS_PER_SECOND: "10000",
} as const;

/** Below those that servers draw (tools/services/limits.ts): a process that is dead for a while finds its ports free. */
const PORTS = { least: 10_000, most: 14_999 } as const;
const PORT_TRIES_MAX = 1_000;
const drawn = new Set<number>();

async function ownPorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries++) {
    if (tries >= PORT_TRIES_MAX) throw new Error(`no free ports from ${PORTS.least} to ${PORTS.most}`);
    const port = randomInt(PORTS.least, PORTS.most + 1);
    if (drawn.has(port) || !(await isFree(port))) continue;
    drawn.add(port);
    ports.push(port);
  }
  return ports;
}

async function ownDatabase(server: string): Promise<string> {
  const name = `arena_${randomUUID().replaceAll("-", "")}`;
  const client = new Client({ connectionString: server, connectionTimeoutMillis: 10_000, query_timeout: 20_000 });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** Looks again and again until it is so; rejects, saying what is not, when the time is over. */
export async function until(
  what: string,
  isSo: () => Promise<boolean> | boolean,
  msMax: number = SERVING_MS_MAX,
): Promise<void> {
  const endMs = performance.now() + msMax;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`not within ${msMax} ms: ${what}`);
    await delay(50);
  }
}
