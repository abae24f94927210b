/**
 * Redis: one connection that fails at once while the server is away and comes back by itself.
 * In:  REDIS_URL.   Out: a connected ioredis client, or an error that says what is wrong with it and what to do.
 * Law: no command waits for ever, none waits for a server to come back, none is carried out twice by the client.
 *      An outage is logged once when it begins and once when it ends.
 * Not here: what is stored (stores/*-redis.ts), what a caller does while Redis is away.
 */
import { Redis } from "ioredis";
import type { Log } from "#kit/log.ts";
import {
  REDIS_CLOSE_MS_MAX,
  REDIS_COMMAND_MS_MAX,
  REDIS_CONNECT_MS_MAX,
  REDIS_KEEP_ALIVE_MS,
  REDIS_OPEN_MS_MAX,
  REDIS_RETRY_MS_MAX,
  REDIS_RETRY_MS_MIN,
} from "./limits.ts";
import { explainRedis, isFinal, isTelling, type RedisAddress, readRedisUrl, usableServer } from "./redis-start.ts";

export type RedisOpening = {
  /** redis://user:password@host:port/number, or rediss:// for TLS. */
  readonly url: string;
  /** What the server's CLIENT LIST shows of us; without spaces. */
  readonly name: string;
  readonly log: Log;
  /** What is written there must be there after a crash of the server: one that is not set so is warned of. */
  readonly keeps?: boolean;
  readonly commandMsMax?: number;
  readonly openMsMax?: number;
};

/** Resolves when the server takes commands. Rejects with RedisUnusable when it does not within about ten seconds. */
export async function openRedis(opening: RedisOpening): Promise<Redis> {
  const address = readRedisUrl(opening.url);
  const redis = new Redis(optionsOf(address, opening));
  // From the first moment on, and for ever: an error event without a listener would be printed past the log.
  const outages = watchOutages(redis, { shown: address.shown, log: opening.log });
  try {
    await firstReady(redis, opening.openMsMax ?? REDIS_OPEN_MS_MAX);
    const cautions = await usableServer(redis, { keeps: opening.keeps ?? false });
    for (const caution of cautions) opening.log.warn({ redis: address.shown }, caution);
  } catch (error) {
    redis.disconnect();
    throw explainRedis(address, error);
  }
  outages.begin();
  return redis;
}

/** Lets answers under way arrive, then closes; a connection that is away or silent is dropped. */
export async function closeRedis(redis: Redis): Promise<void> {
  if (redis.status === "end") return;
  const ended = new Promise<void>((resolve) => {
    redis.once("end", resolve);
  });
  const dropping = setTimeout(() => redis.disconnect(), REDIS_CLOSE_MS_MAX);
  try {
    await redis.quit();
  } catch {
    redis.disconnect(); // Away: QUIT has nowhere to go, and there is nothing to wait for.
  }
  // Between two attempts to connect there is nothing left to end, and the library tells of no end.
  if (redis.status !== "reconnecting") await ended;
  clearTimeout(dropping);
}

function optionsOf(address: RedisAddress, { name, commandMsMax = REDIS_COMMAND_MS_MAX }: RedisOpening) {
  return {
    host: address.host,
    port: address.port,
    db: address.db,
    ...(address.username === null ? {} : { username: address.username }),
    ...(address.password === null ? {} : { password: address.password }),
    ...(address.tls ? { tls: {} } : {}),
    connectionName: name,
    lazyConnect: true,
    protocol: 2 as const, // Nothing here needs what the third adds, and every server and proxy speaks the second.
    keepAlive: REDIS_KEEP_ALIVE_MS,
    connectTimeout: REDIS_CONNECT_MS_MAX,
    // A peer that does not answer our FIN would hold up the next attempt for this long.
    disconnectTimeout: REDIS_RETRY_MS_MAX,
    maxLoadingRetryTime: REDIS_RETRY_MS_MAX,
    retryStrategy: retryMs,
    // While there is no connection a command fails at once: what waits here would only come too late.
    enableOfflineQueue: false,
    // What is in flight when the connection breaks is rejected in that moment. The library would otherwise keep it
    // and send it again, behind commands that were given later; or, told not to, forget it without an answer: it only
    // settles what it flushes, and of the three options only this one flushes.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // Each command has its deadline. But one that is late stays in the queue of answers to come, so a server that
    // is frozen would let that queue grow: a silence as long as the deadline cuts the connection and empties it.
    commandTimeout: commandMsMax,
    socketTimeout: commandMsMax,
    // After a failover the address may lead elsewhere; a server that became a replica must be left.
    reconnectOnError: (error: Error) => error.message.includes("READONLY"),
  };
}

/** 50 ms, doubled up to 1 s, of which up to half is left to chance: many processes do not return in one moment. */
function retryMs(attempt: number): number {
  const longest = Math.min(REDIS_RETRY_MS_MAX, REDIS_RETRY_MS_MIN * 2 ** Math.min(attempt, 10));
  return longest / 2 + (Math.random() * longest) / 2;
}

function firstReady(redis: Redis, msMax: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let last: Error | null = null;
    const settle = (outcome: () => void) => {
      clearTimeout(timer);
      redis.off("ready", ready);
      redis.off("error", failed);
      outcome();
    };
    const ready = () => settle(resolve);
    const failed = (error: Error) => {
      if (last === null || isTelling(error)) last = error;
      if (isFinal(error)) settle(() => reject(error));
    };
    const late = () => settle(() => reject(last ?? new Error(redis.status === "connect" ? "LOADING" : "ETIMEDOUT")));
    const timer = setTimeout(late, msMax);
    redis.on("ready", ready);
    redis.on("error", failed);
    redis.connect().catch(failed); // The first attempt; the client itself makes all others.
  });
}

/** Logs from `begin` on. The listeners stay as long as the client. */
function watchOutages(redis: Redis, { shown, log }: { shown: string; log: Log }): { begin(): void } {
  let begun = false;
  let awaySinceMs: number | null = null;
  let last: Error | null = null;
  redis.on("error", (error: Error) => {
    last = error; // Each attempt brings one; the log hears of the outage below.
  });
  redis.on("reconnecting", () => {
    if (!begun || awaySinceMs !== null) return;
    awaySinceMs = performance.now();
    log.warn({ redis: shown, reason: last?.message ?? "the server closed the connection" }, "Redis is away");
  });
  redis.on("ready", () => {
    last = null;
    if (awaySinceMs === null) return;
    log.info({ redis: shown, awayMs: Math.round(performance.now() - awaySinceMs) }, "Redis is back");
    awaySinceMs = null;
  });
  return {
    begin: () => {
      begun = true;
    },
  };
}
