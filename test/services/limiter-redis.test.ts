/**
 * The limiter in Redis holds the contract of Limiter over two connections, as two processes have; and what of it is
 * Redis's own: keys that expire, verdicts in time while Redis is away, frozen or slow, and its return.
 */
import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Limiter, LimiterVerdict } from "#auth/limiter.ts";
import { createRedisLimiter, type RedisLimiterOptions } from "#auth/limiter-redis.ts";
import { LIMITER_REDIS_CALLS_MAX } from "#auth/limits.ts";
import { type Log, silentLog } from "#kit/log.ts";
import { closeRedis, openRedis } from "#ops/redis.ts";
import { type PrivateServer, startPrivateServer } from "#support/servers.ts";
import { limiterContract } from "../contract/limiter.contract.ts";
import { connect, removeKeys } from "./redis-fixture.ts";

/** The connection is gone. An error that came with it is none of the test (events.once would reject). */
const lost = (redis: Redis) => new Promise<void>((resolve) => redis.once("reconnecting", () => resolve()));

const prefix = `test-${randomUUID()}:`;
const RATE = { points: 10, durationSeconds: 60, keysMax: 1_000 };

limiterContract("Redis", async () => {
  const connections = [await connect(), await connect()] as const;
  let opened = 0;
  return {
    open(rate) {
      const own = `${prefix}${++opened}:`;
      const over = (redis: Redis) =>
        createRedisLimiter({ ...rate, redis, prefix: own, log: silentLog, callMsMax: 10_000 });
      return [over(connections[0]), over(connections[1])];
    },
    async end() {
      await removeKeys(connections[0], prefix);
      for (const redis of connections) redis.disconnect();
    },
  };
});

describe("counts in Redis", () => {
  let redis: Redis;
  let told: string[];
  const log: Log = {
    ...silentLog,
    warn: (_fields, message) => void told.push(message),
    info: (_fields, message) => void told.push(message),
  };
  const limiterOf = (name: string, rest: Partial<RedisLimiterOptions> = {}) =>
    createRedisLimiter({ ...RATE, redis, prefix: `${prefix}${name}:`, log, callMsMax: 10_000, ...rest });

  beforeAll(async () => {
    redis = await connect();
  });
  beforeEach(() => {
    told = [];
  });
  afterAll(async () => {
    await removeKeys(redis, prefix);
    redis.disconnect();
  });

  test("expire by themselves when their window ends, and begin with the prefix", async () => {
    const limiter = limiterOf("expiring");
    for (let take = 0; take < 20; take++) await limiter.take(`key-${take % 4}`);
    const keys = await redis.keys(`${prefix}expiring:*`);
    expect(keys).toHaveLength(4);
    for (const key of keys) {
      const ms = await redis.pttl(key);
      expect(ms).toBeGreaterThan(0);
      expect(ms).toBeLessThanOrEqual(60_000);
    }
  });

  test("are no more than own and shared ones, however many keys come", async () => {
    const limiter = limiterOf("many", { keysMax: 5 });
    for (let take = 0; take < 2_000; take++) await limiter.take(`key-${take}`);
    expect((await redis.keys(`${prefix}many:*`)).length).toBeLessThanOrEqual(5 + 256);
  });

  test("are not asked for what is used up until its window ends", async () => {
    const limiter = limiterOf("flood");
    await limiter.take("a", 11);
    const [key = ""] = await redis.keys(`${prefix}flood:*`);
    for (let take = 0; take < 100; take++) expect(await limiter.take("a")).toMatchObject({ ok: false });
    expect(await redis.get(key)).toBe("11");
  });

  test("one that is spoilt stops nobody: the key is counted by this process, and others in Redis again", async () => {
    const limiter = limiterOf("spoilt");
    await limiter.take("a");
    const [key = ""] = await redis.keys(`${prefix}spoilt:*`);
    await redis.del(key);
    await redis.hset(key, "not", "a number");
    const verdicts: LimiterVerdict[] = [];
    for (let take = 0; take < 20; take++) verdicts.push(await limiter.take("a"));
    expect(verdicts.filter(({ ok }) => ok)).toHaveLength(10);
    const isCounted = async () => {
      await limiter.take("b");
      return (await redis.keys(`${prefix}spoilt:*b`)).length;
    };
    await expect.poll(isCounted, { timeout: 10_000 }).toBe(1);
    expect(told).toEqual(["Redis does not count: this process counts alone", "Redis counts again"]);
  });
});

describe("while Redis", () => {
  let server: PrivateServer;
  let redis: Redis;
  let limiter: Limiter;
  let told: string[];
  const log: Log = {
    ...silentLog,
    warn: (_fields, message) => void told.push(message),
    info: (_fields, message) => void told.push(message),
  };

  beforeAll(async () => {
    server = await startPrivateServer("redis");
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    told = [];
    redis = await openRedis({ url: server.url, name: "limits", log: silentLog });
    await redis.flushall();
    limiter = createRedisLimiter({ ...RATE, redis, prefix: "away:", log });
    expect(await limiter.take("warm")).toEqual({ ok: true });
  });
  afterEach(() => closeRedis(redis));

  /** Of this many takes at once, how many are let through. */
  async function passed(key: string, takes: number): Promise<number> {
    const verdicts = await Promise.all(Array.from({ length: takes }, () => limiter.take(key)));
    return verdicts.filter(({ ok }) => ok).length;
  }

  /** Resolves when a take is counted in Redis again. */
  async function countsAgain(): Promise<void> {
    const isCounted = async () => {
      await limiter.take("back", 1);
      return (await redis.get("away:own:back").catch(() => null)) !== null;
    };
    await expect.poll(isCounted, { timeout: 20_000, interval: 20 }).toBe(true);
  }

  test("is killed, each key still gets its points and no more; when it is back they are counted there", async () => {
    const away = lost(redis);
    const under = passed("during", 500);
    await server.kill();
    await under;
    await away;
    expect(await passed("a", 500)).toBe(10);
    expect(await passed("a", 500)).toBe(0);
    await server.restart();
    await countsAgain();
  });

  test("is frozen, verdicts come before its connection gives up, and calls under way are bounded", async () => {
    await server.pause();
    let gaveUp = false;
    const silence = redis.ping().catch(() => {
      gaveUp = true;
    });
    expect(await passed("a", 5_000)).toBe(10);
    expect(gaveUp).toBe(false);
    const { commandQueue } = redis as unknown as { commandQueue: ArrayLike<unknown> };
    expect(commandQueue.length).toBeLessThanOrEqual(LIMITER_REDIS_CALLS_MAX + 1); // And the ping.
    expect(await passed("b", 5_000)).toBe(10);
    expect(commandQueue.length).toBeLessThanOrEqual(LIMITER_REDIS_CALLS_MAX + 1); // One looks; the others do not wait.
    await silence;
    expect(await passed("c", 5_000)).toBe(10);
    await server.resume();
    await countsAgain();
    expect(told).toEqual(["Redis does not count: this process counts alone", "Redis counts again"]);
  });

  test("is slow, verdicts do not wait for it; when it answers in time again they are counted there", async () => {
    const second = await openRedis({ url: server.url, name: "second", log: silentLog });
    await second.client("PAUSE", 400);
    const late = redis.ping();
    let hasAnswered = false;
    void late.then(() => {
      hasAnswered = true;
    });
    expect(await passed("a", 500)).toBe(10);
    expect(hasAnswered).toBe(false);
    await late;
    await countsAgain();
    expect(redis.status).toBe("ready");
    expect(told).toEqual(["Redis does not count: this process counts alone", "Redis counts again"]);
    await closeRedis(second);
  });

  test("is full, nobody is refused because of it, and nobody gets more than their points", async () => {
    await redis.config("SET", "maxmemory", 1);
    expect(await passed("a", 500)).toBe(10);
    await redis.config("SET", "maxmemory", 0);
    await countsAgain();
  });

  test("comes back empty, who was refused stays refused by this process", async () => {
    await passed("a", 50);
    await server.kill();
    await server.restart({ wipe: true });
    await countsAgain();
    expect(await passed("a", 50)).toBe(0);
  });

  test("this process stands still for longer than a verdict may take, an answer that came meanwhile counts", async () => {
    const verdict = limiter.take("a");
    await new Promise(setImmediate); // The call is sent.
    const untilMs = performance.now() + 300;
    while (performance.now() < untilMs); // As a long task would.
    expect(await verdict).toEqual({ ok: true });
    expect(told).toEqual([]);
  });
});
