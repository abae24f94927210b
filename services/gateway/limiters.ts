/**
 * Limiters: how often an address or a player may ask or connect; counted through Redis by all gateways together where
 * REDIS_URL names one, else by each gateway alone.
 * In:  config and log.   Out: the four limiters, how Redis stands, and their end.
 * Law: a Redis that goes away stops nothing: each gateway then counts alone (packages/auth/limiter-redis.ts). One that
 *      cannot be used at the start stops the start.
 */
import { createMemoryLimiter, type Limiter, type LimiterRate } from "#auth/limiter.ts";
import { createRedisLimiter } from "#auth/limiter-redis.ts";
import type { Logger } from "#ops/log.ts";
import { closeRedis, openRedis } from "#ops/redis.ts";
import type { Config } from "./config.ts";
import { RATE_KEYS_MAX, RATE_WINDOW_SECONDS } from "./limits.ts";

export type Limiters = {
  readonly addressRequests: Limiter;
  readonly playerRequests: Limiter;
  readonly addressConnects: Limiter;
  readonly playerConnects: Limiter;
  /** For the readiness probe's checks, within a second; nothing where there is no Redis. Never rejects. */
  checks(): Promise<{ readonly redis?: "serving" | "away" }>;
  close(): Promise<void>;
};

/** Rejects with RedisUnusable. */
export async function openLimiters(config: Config, log: Logger): Promise<Limiters> {
  const rateOf = (points: number): LimiterRate => {
    return { points, durationSeconds: RATE_WINDOW_SECONDS, keysMax: RATE_KEYS_MAX };
  };
  if (config.redisUrl === null) {
    return {
      ...fourOf(config, (points) => createMemoryLimiter(rateOf(points))),
      checks: async () => ({}),
      close: () => Promise.resolve(),
    };
  }
  const redis = await openRedis({ url: config.redisUrl, name: "gateway", log });
  return {
    ...fourOf(config, (points, name) => {
      return createRedisLimiter({ ...rateOf(points), redis, prefix: `gateway:${name}:`, log });
    }),
    checks: async () => ({ redis: await redis.ping().then(serving, away) }),
    close: () => closeRedis(redis),
  };
}

function fourOf(config: Config, limiter: (points: number, name: string) => Limiter) {
  return {
    addressRequests: limiter(config.requestsPerAddress, "requests:address"),
    playerRequests: limiter(config.requestsPerPlayer, "requests:player"),
    addressConnects: limiter(config.connectsPerAddress, "connects:address"),
    playerConnects: limiter(config.connectsPerPlayer, "connects:player"),
  };
}

const serving = () => "serving" as const;
/** Away, or silent for as long as a command may take (packages/ops). */
const away = () => "away" as const;
