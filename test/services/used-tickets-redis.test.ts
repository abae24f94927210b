/**
 * Used tickets in Redis hold the contract of UsedTickets over two connections, as two combat processes have; and what of
 * it is Redis's own: keys that expire, a process that comes after another, and what holds while Redis is away.
 */
import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { TICKET_KEPT_MS_MAX, TICKET_SKEW_MS } from "#combat/stores/limits.ts";
import { createRedisUsedTickets } from "#combat/stores/used-tickets-redis.ts";
import { ManualClock, systemClock } from "#kit/clock.ts";
import { type Log, silentLog } from "#kit/log.ts";
import { closeRedis, openRedis } from "#ops/redis.ts";
import { type PrivateServer, startPrivateServer } from "#support/servers.ts";
import { ticketAt, usedTicketsContract } from "../contract/used-tickets.contract.ts";
import { connect, removeKeys } from "./redis-fixture.ts";

/** The connection is gone. An error that came with it is none of the test (events.once would reject). */
const lost = (redis: Redis) => new Promise<void>((resolve) => redis.once("reconnecting", () => resolve()));

const prefix = `test-${randomUUID()}:`;
const clock = systemClock;
const newTicket = () => ticketAt(clock.unixMs());
const over = (redis: Redis) => createRedisUsedTickets({ redis, clock, log: silentLog, prefix, callMsMax: 10_000 });

usedTicketsContract("Redis", async () => {
  const connections = [await connect(), await connect()] as const;
  return {
    tickets: over(connections[0]),
    other: over(connections[1]),
    unixMs: () => clock.unixMs(),
    async end() {
      await removeKeys(connections[0], prefix);
      for (const redis of connections) redis.disconnect();
    },
  };
});

describe("tickets in Redis", () => {
  let redis: Redis;
  beforeAll(async () => {
    redis = await connect();
  });
  afterAll(async () => {
    await removeKeys(redis, prefix);
    redis.disconnect();
  });

  test("a process that starts after another has ended knows what that one let in", async () => {
    const ticket = newTicket();
    expect(await over(redis).use(ticket)).toBe(true);
    expect(await over(redis).use(ticket)).toBe(false);
  });

  test.each([
    ["a minute left", 60_000, 60_000 + TICKET_SKEW_MS],
    ["run out", -60_000, TICKET_SKEW_MS],
    ["a year left", 365 * 24 * 60 * 60 * 1000, TICKET_KEPT_MS_MAX],
  ])("one that has %s expires there by itself", async (_what, leftMs, keptMs) => {
    const manual = new ManualClock();
    const tickets = createRedisUsedTickets({ redis, clock: manual, log: silentLog, prefix, callMsMax: 10_000 });
    const ticket = ticketAt(manual.unixMs(), { expiresAtUnixMs: manual.unixMs() + leftMs });
    await tickets.use(ticket);
    const ms = await redis.pttl(`${prefix}ticket:${ticket.id}`);
    expect(ms).toBeGreaterThan(keptMs / 2);
    expect(ms).toBeLessThanOrEqual(keptMs);
  });
});

describe("while Redis", () => {
  let server: PrivateServer;
  let redis: Redis;
  let told: string[];
  const log: Log = {
    ...silentLog,
    warn: (_fields, message) => void told.push(message),
    info: (_fields, message) => void told.push(message),
  };
  const OUTAGE = [
    "used tickets are remembered by this process alone",
    "used tickets are shared through Redis again",
  ] as const;
  const newProcess = () => createRedisUsedTickets({ redis, clock, log });
  const isReady = () => expect.poll(() => redis.status, { timeout: 20_000 }).toBe("ready");

  beforeAll(async () => {
    server = await startPrivateServer("redis");
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    told = [];
    redis = await openRedis({ url: server.url, name: "tickets", log: silentLog });
  });
  afterEach(() => closeRedis(redis));

  test("is killed, new tickets open once here, used ones stay used, and it is told once; then they are shared again", async () => {
    const tickets = newProcess();
    const before = newTicket();
    expect(await tickets.use(before)).toBe(true);
    const away = lost(redis);
    await server.kill();
    await away;
    expect(await tickets.use(before)).toBe(false);
    const during = Array.from({ length: 20 }, newTicket);
    for (const ticket of during) expect(await tickets.use(ticket)).toBe(true);
    for (const ticket of during) expect(await tickets.use(ticket)).toBe(false);
    expect(told).toEqual([OUTAGE[0]]);
    await server.restart();
    await isReady();
    const after = newTicket();
    expect(await tickets.use(after)).toBe(true);
    expect(await newProcess().use(after)).toBe(false);
    for (const ticket of during) expect(await tickets.use(ticket)).toBe(false);
    expect(told).toEqual(OUTAGE);
  });

  test("is frozen, one of many that show a ticket at once is let in before the connection gives up", async () => {
    const tickets = newProcess();
    await server.pause();
    let gaveUp = false;
    const silence = redis.ping().catch(() => {
      gaveUp = true;
    });
    const ticket = newTicket();
    const uses = await Promise.all(Array.from({ length: 50 }, () => tickets.use(ticket)));
    expect(uses.filter(Boolean)).toHaveLength(1);
    expect(gaveUp).toBe(false);
    await server.resume();
    await silence;
    await isReady();
    expect(await tickets.use(ticket)).toBe(false);
    expect(await tickets.use(newTicket())).toBe(true);
    expect(told).toEqual(OUTAGE);
  });

  test("is full, tickets open once here", async () => {
    const tickets = newProcess();
    await redis.config("SET", "maxmemory", 1);
    const ticket = newTicket();
    expect(await tickets.use(ticket)).toBe(true);
    await redis.config("SET", "maxmemory", 0);
    expect(await tickets.use(ticket)).toBe(false);
    expect(told).toEqual([OUTAGE[0]]);
  });
});
