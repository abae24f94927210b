/** Redis holds the contract of LiveStore, and what of it is Redis's own: keys, expiry, spoilt keys, lost parts. */
import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRedisLiveStore } from "#combat/stores/live-store-redis.ts";
import { StoreUnavailable } from "#combat/stores/session-store.ts";
import { silentLog } from "#kit/log.ts";
import { item, kept, liveStoreContract, opened, writing } from "../contract/live-store.contract.ts";
import { connect, removeKeys } from "./redis-fixture.ts";

const prefix = `test-${randomUUID()}:`;
const storeOver = (redis: Redis) => createRedisLiveStore({ redis, prefix, log: silentLog, callMsMax: 10_000 });

liveStoreContract("Redis", async () => {
  const connections = [await connect(), await connect()] as const;
  const [store, other] = [storeOver(connections[0]), storeOver(connections[1])];
  return {
    store,
    other,
    open: () => storeOver(connections[0]),
    async end() {
      await Promise.all([store.close(), other.close()]);
      await removeKeys(connections[0], prefix);
      for (const redis of connections) redis.disconnect();
    },
  };
});

let redis: Redis;
beforeAll(async () => {
  redis = await connect();
});
afterAll(async () => {
  await removeKeys(redis, prefix);
  redis.disconnect();
});

const keysOf = (sessionId: string) => [`${prefix}{${sessionId}}:state`, `${prefix}{${sessionId}}:journal`] as const;

test("a living session has no expiry; a finished one has, on both keys, until it is written again", async () => {
  const store = storeOver(redis);
  const sessionId = await opened(store);
  await store.write([writing(sessionId, { entry: item(1) })]);
  const expiries = () => Promise.all(keysOf(sessionId).map((key) => redis.pttl(key)));
  expect(await expiries()).toEqual([-1, -1]);
  await store.finish({ sessionId, epoch: 1, ms: 60_000 });
  for (const ms of await expiries()) expect(ms).toBeGreaterThan(0);
  await store.write([writing(sessionId)]);
  expect(await expiries()).toEqual([-1, -1]);
});

test.each([
  ["hash", 0],
  ["stream", 1],
] as const)(
  "a spoilt %s rejects that session's calls by its name; others of the same call are written",
  async (_what, spoilt) => {
    const store = storeOver(redis);
    const ids = await Promise.all(Array.from({ length: 40 }, () => opened(store)));
    const key = keysOf(ids[20] ?? "")[spoilt];
    await redis.set(key, "somebody else's");
    const call = store.write(ids.map((id) => writing(id, { entry: item(1), checkpoint: item(1) })));
    await expect(call).rejects.toThrow(StoreUnavailable);
    await expect(call).rejects.toThrow(key);
    for (const id of ids.filter((_, index) => index !== 20)) {
      expect(await kept(store, id, 1)).toMatchObject({ checkpoint: { lastSeq: 1 }, entries: [{ lastSeq: 1 }] });
    }
    await expect(store.take({ sessionId: ids[20] ?? "", epoch: 2 })).rejects.toThrow(StoreUnavailable);
    if (spoilt === 1)
      expect((await store.read(ids[20] ?? "", 600_000))?.lastSeq).toBe(0); // Whole or not at all.
    else await expect(store.read(ids[20] ?? "", 600_000)).rejects.toThrow(key);
    expect(await redis.get(key)).toBe("somebody else's");
  },
);

test("a journal that got lost beside its hash makes a write missing; opening the session anew heals it", async () => {
  const store = storeOver(redis);
  const sessionId = await opened(store);
  await store.write([writing(sessionId, { entry: item(1) })]);
  await redis.del(keysOf(sessionId)[1]);
  expect(await store.write([writing(sessionId, { entry: item(2) })])).toEqual(["missing"]);
  expect(await kept(store, sessionId, 1)).toMatchObject({ checkpoint: { lastSeq: 0 }, entries: [] });
  expect(await store.open([writing(sessionId, { entry: item(2), checkpoint: item(2) })])).toEqual(["kept"]);
  expect(await store.write([writing(sessionId, { entry: item(3) })])).toEqual(["kept"]);
  expect(await kept(store, sessionId, 1)).toMatchObject({ entries: [{ lastSeq: 2 }, { lastSeq: 3 }] });
});

test("a taker is told in the log that a journal got lost, and takes the checkpoint", async () => {
  const told: Record<string, unknown>[] = [];
  const log = { ...silentLog, warn: (fields: Record<string, unknown>) => void told.push(fields) };
  const store = createRedisLiveStore({ redis, prefix, log });
  const sessionId = await opened(store);
  await store.write([writing(sessionId, { entry: item(1) })]);
  expect(await kept(store, sessionId, 2)).toMatchObject({ entries: [{ lastSeq: 1 }] });
  expect(told).toEqual([]);
  await redis.del(keysOf(sessionId)[1]);
  expect(await kept(store, sessionId, 3)).toMatchObject({ checkpoint: { lastSeq: 0 }, entries: [] });
  expect(told).toEqual([{ sessionId }]);
});

test("a session of a release that did not note the newest entry goes on", async () => {
  const store = storeOver(redis);
  const sessionId = await opened(store);
  await store.write([writing(sessionId, { entry: item(5) })]);
  await redis.hdel(keysOf(sessionId)[0], "top");
  expect(await store.write([writing(sessionId, { entry: item(8), afterSeq: 7 })])).toEqual(["kept"]);
  expect(await store.write([writing(sessionId, { entry: item(11), afterSeq: 10 })])).toEqual(["stale"]);
});

test("whoever writes is told when the connection was lost and is there again, until the store is closed", async () => {
  const own = await connect();
  const store = storeOver(own);
  let told = 0;
  store.onBack = () => {
    told += 1;
  };
  const sessionId = await opened(store);
  expect(told).toBe(0);
  const before = performance.now();
  own.disconnect(true);
  await expect.poll(() => told, { timeout: 5_000 }).toBe(1);
  expect(store.backAtMs).toBeGreaterThan(before);
  expect(await store.write([writing(sessionId)])).toEqual(["kept"]);
  await store.close();
  own.disconnect(true);
  await expect.poll(() => own.status, { timeout: 5_000 }).toBe("ready");
  expect(told).toBe(1);
  own.disconnect();
});

test("a hash that got lost is a missing session; what is left of its journal does not come back", async () => {
  const store = storeOver(redis);
  const sessionId = await opened(store);
  await store.write([writing(sessionId, { entry: item(7) })]);
  await redis.del(keysOf(sessionId)[0]);
  expect(await store.take({ sessionId, epoch: 2 })).toBe("missing");
  expect(await store.write([writing(sessionId, { entry: item(8) })])).toEqual(["missing"]);
  expect(await store.open([writing(sessionId, { epoch: 2, entry: item(3), checkpoint: item(2) })])).toEqual(["kept"]);
  expect(await kept(store, sessionId, 2)).toMatchObject({ entries: [{ lastSeq: 3 }] });
});

test("scripts that the server forgot are sent again, within one call too; order and verdicts stay", async () => {
  const store = storeOver(redis);
  const ids = await Promise.all(Array.from({ length: 40 }, () => opened(store)));
  await redis.script("FLUSH");
  const calls = [1, 2, 3].map((seq) => store.write(ids.map((id) => writing(id, { entry: item(seq) }))));
  expect(new Set((await Promise.all(calls)).flat())).toEqual(new Set(["kept"]));
  for (const id of ids) {
    expect(await kept(store, id, 1)).toMatchObject({ entries: [{ lastSeq: 1 }, { lastSeq: 2 }, { lastSeq: 3 }] });
  }
});

test("more bytes than may wait are refused at once, whole, and later ones are taken again", async () => {
  const store = createRedisLiveStore({ redis, prefix, log: silentLog, callMsMax: 10_000, waitingBytesMax: 1_000 });
  const sessionId = await opened(store);
  const entry = (lastSeq: number) => writing(sessionId, { entry: { lastSeq, bytes: new Uint8Array(600) } });
  const first = store.write([entry(1)]);
  await expect(store.write([entry(2)])).rejects.toThrow(/600 bytes are waiting/);
  expect(await first).toEqual(["kept"]);
  expect(await store.write([entry(3)])).toEqual(["kept"]);
  expect(await kept(store, sessionId, 1)).toMatchObject({ entries: [{ lastSeq: 1 }, { lastSeq: 3 }] });
});
