/**
 * Used tickets in Redis: one key per ticket, combat:ticket:<id>, which expires by itself.
 * In:  tickets.   Out: whether each was new to all combat processes, those before a restart too.
 * Law: as used-tickets.ts says. What this process has let in it remembers itself, so a ticket that came here before is
 *      refused even while Redis is away. An outage is logged once when it begins and once when it ends.
 * Loss: a call that was late may have used the ticket up in Redis; here it has opened, once, as it should.
 */
import type { Redis } from "ioredis";
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import { TICKET_CALL_MS_MAX } from "./limits.ts";
import { RedisCalls } from "./redis-calls.ts";
import { StoreUnavailable } from "./session-store.ts";
import { keptMs, type Ticket, type UsedTickets } from "./used-tickets.ts";
import { createMemoryUsedTickets } from "./used-tickets-memory.ts";

export type RedisUsedTicketsOptions = {
  /** The caller closes it, when no call is under way any more. */
  readonly redis: Redis;
  readonly clock: Clock;
  readonly log: Log;
  readonly prefix?: string;
  readonly callMsMax?: number;
};

export function createRedisUsedTickets(options: RedisUsedTicketsOptions): UsedTickets {
  return new RedisUsedTickets(options);
}

class RedisUsedTickets implements UsedTickets {
  private readonly own: UsedTickets;
  private readonly calls: RedisCalls;
  private readonly redis: Redis;
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly prefix: string;
  private away = false;

  constructor({ redis, clock, log, prefix = "combat:", callMsMax = TICKET_CALL_MS_MAX }: RedisUsedTicketsOptions) {
    this.own = createMemoryUsedTickets(clock);
    this.calls = new RedisCalls({ redis, msMax: callMsMax });
    this.redis = redis;
    this.clock = clock;
    this.log = log;
    this.prefix = `${prefix}ticket:`;
  }

  async use(ticket: Ticket): Promise<boolean> {
    if (!(await this.own.use(ticket))) return false;
    try {
      const isNew = await this.calls.run("use of a ticket", () => this.keep(ticket));
      if (this.away) this.log.info({}, "used tickets are shared through Redis again");
      this.away = false;
      return isNew;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      if (!this.away) this.log.warn({ reason: error.message }, "used tickets are remembered by this process alone");
      this.away = true;
      return true;
    }
  }

  async giveBack(ticket: Ticket): Promise<void> {
    await this.own.giveBack(ticket);
    try {
      await this.calls.run("return of a ticket", () => this.redis.del(this.prefix + ticket.id));
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      this.log.warn({ reason: error.message }, "a ticket that opened nothing stays used");
    }
  }

  private async keep(ticket: Ticket): Promise<boolean> {
    const ms = keptMs(ticket, this.clock.unixMs());
    return (await this.redis.set(this.prefix + ticket.id, "", "PX", ms, "NX")) === "OK";
  }
}
