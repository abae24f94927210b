/**
 * Redis calls: what every call of a Redis adapter has in common.
 * In:  a connection (packages/ops/redis.ts) and a call.   Out: its answer, or StoreUnavailable and why.
 * Law: while the connection is away a call rejects at once and nothing is sent; one that is late rejects at its
 *      deadline; after close every call rejects. The connection belongs to whoever opened it and stays open.
 */
import type { Redis } from "ioredis";
import { AssertionError } from "#kit/assert.ts";
import { withDeadline } from "./call-deadline.ts";
import { StoreUnavailable } from "./session-store.ts";

export class RedisCalls {
  readonly redis: Redis;
  private readonly msMax: number;
  private readonly running = new Set<Promise<unknown>>();
  private closed = false;

  constructor({ redis, msMax }: { redis: Redis; msMax: number }) {
    this.redis = redis;
    this.msMax = msMax;
  }

  async run<T>(what: string, call: () => Promise<T>, msMax = this.msMax): Promise<T> {
    if (this.closed) throw new StoreUnavailable(`${what}: the store is closed`);
    if (this.redis.status !== "ready") throw new StoreUnavailable(`${what}: Redis is away`);
    const answer = withDeadline({ what, msMax }, call());
    this.running.add(answer);
    try {
      return await answer;
    } catch (error) {
      throw unavailable(what, error);
    } finally {
      this.running.delete(answer);
    }
  }

  /** Waits for calls under way; they have deadlines. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.running);
  }
}

function unavailable(what: string, cause: unknown): Error {
  if (cause instanceof StoreUnavailable || cause instanceof AssertionError) return cause;
  return new StoreUnavailable(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
