/** Connections for tests to the Redis that REDIS_URL names, and tidying up behind them. */
import type { Redis } from "ioredis";
import { silentLog } from "#kit/log.ts";
import { openRedis } from "#ops/redis.ts";

export function connect(): Promise<Redis> {
  const url = process.env["REDIS_URL"];
  if (url === undefined) throw new Error("REDIS_URL is not set; npm run test:services sets it");
  return openRedis({ url, name: "test", log: silentLog, commandMsMax: 10_000 });
}

/** Removes what one test file has written. */
export async function removeKeys(redis: Redis, prefix: string): Promise<void> {
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1_000 })) {
    if ((keys as string[]).length > 0) await redis.unlink(keys as string[]);
  }
}
