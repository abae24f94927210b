/** Redis killed, emptied, frozen, full, demoted: what was kept stays kept, no call hangs, and all works again afterwards. */
import { randomUUID } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createRedisDirectory } from "#combat/stores/directory-redis.ts";
import type { KeptSession, LiveStore, WriteVerdict } from "#combat/stores/live-store.ts";
import { createRedisLiveStore } from "#combat/stores/live-store-redis.ts";
import { StoreUnavailable } from "#combat/stores/session-store.ts";
import { type Log, silentLog } from "#kit/log.ts";
import { closeRedis, openRedis } from "#ops/redis.ts";
import { type PrivateServer, startPrivateServer } from "#support/servers.ts";
import { instance } from "../contract/directory.contract.ts";
import { item, kept, opened, writing } from "../contract/live-store.contract.ts";

let server: PrivateServer;
let redis: Redis;
let store: LiveStore;
let told: string[];
let stopWriting = () => {};

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
  redis = await openRedis({ url: server.url, name: "faults", log });
  store = createRedisLiveStore({ redis, log });
});
afterEach(async () => {
  stopWriting(); // A test that failed before it did.
  await store.close();
  await closeRedis(redis);
});

const isReady = () => expect.poll(() => redis.status, { timeout: 20_000 }).toBe("ready");

/** Resolves when the connection breaks. (once() of node:events would reject with the error that comes before.) */
const leaves = () => new Promise<void>((resolve) => void redis.once("reconnecting", () => resolve()));

type Outcome = { readonly seq: number; readonly verdict: WriteVerdict | "unknown" };

/** Writes entry after entry without waiting for answers, until told to stop; every call must settle. */
function keepWriting(sessionId: string) {
  const outcomes: Promise<Outcome>[] = [];
  let goesOn = true;
  stopWriting = () => {
    goesOn = false;
  };
  const write = async (seq: number): Promise<Outcome> => {
    try {
      const [verdict] = await store.write([writing(sessionId, { entry: item(seq) })]);
      return { seq, verdict: verdict ?? "unknown" };
    } catch (error) {
      expect(error).toBeInstanceOf(StoreUnavailable);
      return { seq, verdict: "unknown" };
    }
  };
  const running = (async () => {
    for (let seq = 1; goesOn; seq++) {
      outcomes.push(write(seq));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  return {
    count: () => outcomes.length,
    async stop() {
      stopWriting();
      await running;
      return Promise.all(outcomes);
    },
  };
}

async function journalOf(sessionId: string, epoch = 1): Promise<number[]> {
  const { entries } = (await store.take({ sessionId, epoch })) as KeptSession;
  return entries.map(({ lastSeq }) => lastSeq);
}

/** All that was told to be kept is there, once and in order; beyond it only what nobody was told of. */
function expectNothingLost(journal: readonly number[], outcomes: readonly Outcome[]): void {
  expect(journal).toEqual([...new Set(journal)].sort((left, right) => left - right));
  const there = new Set(journal);
  expect(outcomes.filter(({ seq, verdict }) => verdict === "kept" && !there.has(seq))).toEqual([]);
  const given = new Set(outcomes.map(({ seq }) => seq));
  expect(journal.filter((seq) => !given.has(seq))).toEqual([]);
}

describe("the live store when Redis", () => {
  test("is killed and comes back: calls meanwhile reject, what was kept is there, scripts are loaded again", async () => {
    const sessionId = await opened(store);
    const writer = keepWriting(sessionId);
    await expect.poll(writer.count).toBeGreaterThan(50);
    const away = leaves();
    await server.kill();
    await away;
    await expect(store.write([writing(sessionId)])).rejects.toThrow(/away/);
    const outcomes = await writer.stop();
    await server.restart();
    await isReady();
    expectNothingLost(await journalOf(sessionId), outcomes);
    expect(outcomes.filter(({ verdict }) => verdict === "kept").length).toBeGreaterThan(10);
    const next = outcomes.length + 1;
    expect(await store.write([writing(sessionId, { entry: item(next) })])).toEqual(["kept"]);
    expect((await journalOf(sessionId)).at(-1)).toBe(next);
    expect(told).toEqual(["Redis is away", "Redis is back"]);
  });

  test("comes back empty: sessions are missing, their owner begins them again, instances are heard again", async () => {
    const directory = createRedisDirectory({ redis });
    const self = instance();
    await directory.beat(self);
    const sessionId = await opened(store);
    await server.kill();
    await server.restart({ wipe: true });
    await isReady();
    expect(await store.write([writing(sessionId, { entry: item(1) })])).toEqual(["missing"]);
    expect(await store.take({ sessionId, epoch: 2 })).toBe("missing");
    expect(await store.open([writing(sessionId, { entry: item(2), checkpoint: item(2) })])).toEqual(["kept"]);
    expect(await journalOf(sessionId)).toEqual([2]);
    expect(await directory.beat(self)).toEqual([{ ...self, beats: 2 }]);
  });

  test("freezes: calls reject before it wakes, no queue grows, and what was late is carried out at most once", async () => {
    const sessionId = await opened(store);
    const writer = keepWriting(sessionId);
    await expect.poll(writer.count).toBeGreaterThan(20);
    await server.pause();
    await expect(store.write([writing(sessionId)])).rejects.toThrow(/within 250 ms/);
    await leaves();
    const cut = writer.count();
    await expect.poll(writer.count).toBeGreaterThan(cut + 500);
    const { commandQueue, offlineQueue } = redis as unknown as Record<
      "commandQueue" | "offlineQueue",
      ArrayLike<unknown>
    >;
    expect(commandQueue.length + offlineQueue.length).toBeLessThan(10); // The handshake of the next attempt.
    const outcomes = await writer.stop();
    await server.resume();
    await isReady();
    expectNothingLost(await journalOf(sessionId), outcomes);
    // The owner gives everything again whose outcome it does not know, in order.
    const again = outcomes.filter(({ verdict }) => verdict === "unknown");
    expect(again.length).toBeGreaterThan(500);
    for (const { seq } of again) await store.write([writing(sessionId, { entry: item(seq) })]);
    expect(await journalOf(sessionId)).toEqual(outcomes.map(({ seq }) => seq));
    expect(told).toEqual(["Redis is away", "Redis is back"]);
  });

  test("drops one connection: its calls settle, are given again and carried out once; another connection goes on", async () => {
    const sessionId = await opened(store);
    const id = await redis.client("ID");
    const second = await openRedis({ url: server.url, name: "second", log: silentLog });
    const other = createRedisLiveStore({ redis: second, log: silentLog });
    const calls = Array.from({ length: 300 }, (_, index) =>
      store.write([writing(sessionId, { entry: item(index + 1) })]).catch((error: Error) => error),
    );
    const away = leaves();
    await second.client("KILL", "ID", id);
    await away;
    for (const outcome of await Promise.all(calls)) {
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(StoreUnavailable);
      else expect(outcome).toEqual(["kept"]);
    }
    expect((await other.read(sessionId, 600_000))?.lastSeq).toBe(0);
    await isReady();
    for (let seq = 1; seq <= 300; seq++) await store.write([writing(sessionId, { entry: item(seq) })]);
    expect(await journalOf(sessionId)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
    await other.close();
    await closeRedis(second);
  });

  test("is full: a write is refused whole; given again behind a later one it is not told to be kept", async () => {
    const sessionId = await opened(store);
    const before = await kept(store, sessionId, 1);
    const [, maxmemory = "0"] = (await redis.config("GET", "maxmemory")) as string[];
    await redis.config("SET", "maxmemory", 1);
    const refused = writing(sessionId, { entry: item(1), checkpoint: item(1), publishedSeq: 1 });
    await expect(store.write([refused])).rejects.toThrow(/OOM/);
    await redis.config("SET", "maxmemory", maxmemory);
    expect(await kept(store, sessionId, 1)).toEqual(before);
    expect(await store.write([writing(sessionId, { entry: item(2) })])).toEqual(["kept"]);
    expect(await store.write([writing(sessionId, { entry: item(1) })])).toEqual(["missing"]);
    expect(await store.write([refused])).toEqual(["kept"]); // Its checkpoint covers what the journal has not.
  });

  test("becomes a replica: the connection leaves it, writes reject, and work again when it takes them", async () => {
    const sessionId = await opened(store);
    await redis.replicaof("127.0.0.1", 1);
    const left = leaves();
    await expect(store.write([writing(sessionId, { entry: item(1) })])).rejects.toThrow(/READONLY/);
    await left;
    await isReady();
    await redis.replicaof("NO", "ONE");
    expect(await store.write([writing(sessionId, { entry: item(1) })])).toEqual(["kept"]);
    expect(await journalOf(sessionId)).toEqual([1]);
  });
});

test("commands in flight reject when the connection breaks, others at once while it is away, and none is sent later", async () => {
  const key = randomUUID();
  expect(await redis.incr(key)).toBe(1);
  await server.pause();
  const inFlight = Promise.all(Array.from({ length: 50 }, () => redis.incr(key).catch(() => "rejected")));
  const gone = leaves();
  await server.kill();
  await gone;
  expect(new Set(await Promise.race([inFlight, turn(["pending"])]))).toEqual(new Set(["rejected"]));
  expect(await Promise.race([redis.incr(key).catch(() => "rejected"), turn("pending")])).toBe("rejected");
  await server.restart();
  await isReady();
  expect(await redis.incr(key)).toBe(2);
  expect(told).toEqual(["Redis is away", "Redis is back"]);
});

test("a server that would evict living sessions is used, with a warning", async () => {
  await redis.config("SET", "maxmemory-policy", "allkeys-lru");
  await closeRedis(await openRedis({ url: server.url, name: "start", log }));
  expect(told).toEqual([expect.stringContaining("noeviction")]);
  await redis.config("SET", "maxmemory-policy", "noeviction");
  told = [];
  await closeRedis(await openRedis({ url: server.url, name: "start", log }));
  expect(told).toEqual([]);
});

test("a server that keeps no append-only file is used, with a warning where what is written must be there after a crash", async () => {
  await redis.config("SET", "appendonly", "no");
  told = [];
  await closeRedis(await openRedis({ url: server.url, name: "start", log }));
  expect(told).toEqual([]); // As a gateway opens it.
  await closeRedis(await openRedis({ url: server.url, name: "start", log, keeps: true }));
  expect(told).toEqual([expect.stringContaining("appendonly")]);
  await redis.config("SET", "appendonly", "yes");
  told = [];
  await closeRedis(await openRedis({ url: server.url, name: "start", log, keeps: true }));
  expect(told).toEqual([]);
});

describe("a start is refused with what is wrong, where, and what to do, when Redis", () => {
  const reasonOf = async (url: string): Promise<string> => {
    try {
      await closeRedis(await openRedis({ url, name: "start", log, openMsMax: 3_000 }));
      return "none";
    } catch (error) {
      expect((error as Error).name).toBe("RedisUnusable");
      return (error as Error).message;
    } finally {
      expect(told).toEqual([]); // The error says it; the log is not filled with attempts.
    }
  };
  const withPassword = (password: string) => server.url.replace("redis://", `redis://:${password}@`);
  const where = () => new RegExp(`^REDIS_URL .*${new URL(server.url).host}`);

  test("is reachable as the URL says: it is not refused", async () => {
    expect(await reasonOf(server.url)).toBe("none");
  });

  test("asks for a password, gets none or a wrong one; the message does not show it", async () => {
    await redis.config("SET", "requirepass", "right");
    try {
      expect(await reasonOf(server.url)).toMatch(where());
      expect(await reasonOf(server.url)).toMatch(/asks for a password/);
      const wrong = await reasonOf(withPassword("geheim%21"));
      expect(wrong).toMatch(/refuses the user or password/);
      expect(wrong).not.toMatch(/geheim/);
      expect(await reasonOf(withPassword("right"))).toBe("none");
    } finally {
      await redis.config("SET", "requirepass", "");
    }
  });

  test("has fewer databases", async () => {
    expect(await reasonOf(`${server.url}/5000`)).toMatch(/no database of that number/);
  });

  test("is a replica that takes no writes", async () => {
    await redis.replicaof("127.0.0.1", 1);
    expect(await reasonOf(server.url)).toMatch(/replica, which takes no writes .*name the primary/);
    await redis.replicaof("NO", "ONE");
  });

  test("is frozen", async () => {
    await server.pause();
    try {
      expect(await reasonOf(server.url)).toMatch(/does not answer/);
    } finally {
      await server.resume();
    }
  });

  test("is still loading its data", async () => {
    await using loading = await startPrivateServer("redis");
    const other = await openRedis({ url: loading.url, name: "loading", log: silentLog });
    const value = "x".repeat(4_096);
    await redis.mset(...Array.from({ length: 600 }, (_, index) => [`${randomUUID()}-${index}`, value]).flat());
    // A replica loads what it gets as a server does that starts; here slowly, and looking at its clients often.
    await other.config("SET", "key-load-delay", 50_000);
    await other.config("SET", "loading-process-events-interval-bytes", 1_024);
    const { hostname, port } = new URL(server.url);
    await other.replicaof(hostname, Number(port));
    await expect.poll(() => other.info("persistence"), { timeout: 20_000 }).toMatch(/^loading:1/m);
    expect(await reasonOf(loading.url)).toMatch(/still loading its data/);
    other.disconnect();
  });

  test("does not run", async () => {
    await using gone = await startPrivateServer("redis");
    await gone.kill();
    expect(await reasonOf(gone.url)).toMatch(/nothing listens there .*start Redis/);
  });

  test.each([
    ["no URL at all", "localhost", /not a (redis:|URL)/],
    ["another scheme", "http://:geheim@localhost", /not a redis:\/\//],
    ["a path that is no number", "redis://:geheim@localhost/main", /number of a database/],
    ["options of a client", "redis://:geheim@localhost?maxRetriesPerRequest=9", /behind \?/],
    ["a password with a bare %", "redis://:geheim%@localhost", /percent-encoding/],
  ])("is named by %s", async (_what, url, expected) => {
    const reason = await reasonOf(url);
    expect(reason).toMatch(expected);
    expect(reason).not.toMatch(/geheim/);
  });
});
