/** Redis holds the contract of Directory, and what of it is Redis's own: spoilt data, and a loss of everything. */
import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createRedisDirectory } from "#combat/stores/directory-redis.ts";
import { StoreUnavailable } from "#combat/stores/session-store.ts";
import { directoryContract, instance, LISTED_MAX } from "../contract/directory.contract.ts";
import { connect, removeKeys } from "./redis-fixture.ts";

const prefix = `test-${randomUUID()}:`;
const KEY = `${prefix}instances`;
const directoryOver = (redis: Redis) =>
  createRedisDirectory({ redis, prefix, callMsMax: 10_000, instancesMax: LISTED_MAX });

directoryContract("Redis", async () => {
  const connections = [await connect(), await connect()] as const;
  const [directory, other] = [directoryOver(connections[0]), directoryOver(connections[1])];
  return {
    directory,
    other,
    open: () => directoryOver(connections[0]),
    clear: async () => void (await connections[0].del(KEY)),
    async end() {
      await Promise.all([directory.close(), other.close()]);
      await removeKeys(connections[0], prefix);
      for (const redis of connections) redis.disconnect();
    },
  };
});

let redis: Redis;
beforeAll(async () => {
  redis = await connect();
});
beforeEach(async () => {
  await redis.del(KEY);
});
afterAll(async () => {
  await removeKeys(redis, prefix);
  redis.disconnect();
});

test("when Redis lost everything, one beat of each fills it again, and no beats have fallen", async () => {
  const [one, two] = [directoryOver(redis), directoryOver(redis)];
  const [first, second] = [instance("a:1"), instance("b:1")];
  for (let beat = 0; beat < 5; beat++) await one.beat(first);
  await two.beat(second);
  await redis.del(KEY);
  await one.beat(first);
  const heard = await two.beat(second);
  expect(new Map(heard.map(({ boot, beats }) => [boot, beats]))).toEqual(
    new Map([
      [first.boot, 6],
      [second.boot, 2],
    ]),
  );
});

test.each([
  ["no number", "garbage"],
  ["no instance", "4 1750000000000000 null"],
  ["no JSON", "4 1750000000000000 {{{"],
  ["nothing", ""],
])("a field with %s in it is not heard of, and stops nobody", async (_what, value) => {
  const directory = directoryOver(redis);
  await redis.hset(KEY, randomUUID(), value);
  const self = instance();
  expect(await directory.beat(self)).toEqual([{ ...self, beats: 1 }]);
  await redis.hset(KEY, self.boot, value); // Our own field spoilt: what we counted ourselves goes on.
  expect((await directory.beat(self))[0]?.beats).toBeGreaterThanOrEqual(2);
});

test("a spoilt key rejects every call by its name, and is left as it is", async () => {
  const directory = directoryOver(redis);
  await redis.set(KEY, "somebody else's");
  for (const call of [directory.beat(instance()), directory.leave(instance()), directory.forget(instance())]) {
    await expect(call).rejects.toThrow(StoreUnavailable);
    await expect(call).rejects.toThrow(KEY);
  }
  expect(await redis.get(KEY)).toBe("somebody else's");
});
