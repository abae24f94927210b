/**
 * Gateways on one Redis: a player and an address have one rate over all of them; without Redis they serve on, each
 * counting alone; and when it is back they count together again.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadAuthConfig } from "#auth/auth-config.ts";
import { createIssuer, type Issuer } from "#auth/issuer.ts";
import { systemClock } from "#kit/clock.ts";
import { type PrivateServer, startPrivateServer } from "#support/servers.ts";
import { refusedSocket } from "#support/socket-client.ts";
import { type Service, startService } from "#support/system.ts";
import { freePorts } from "#tools/services/ports.ts";

/** In ten seconds. */
const RATES = { address: 40, player: 20, connects: 3 } as const;
const RATE_LIMITED = 429;
const NOT_FOUND = 404;

let dataDir: string;
let redis: PrivateServer;
let combat: Service;
let gateways: [Service, Service];
let issuer: Issuer;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "gateway-limits-"));
  redis = await startPrivateServer("redis");
  const ports = { COMBAT_GRPC_PORT: "0", COMBAT_HTTP_PORT: "0", COMBAT_ADMIN_PORT: "0" };
  combat = await startService("combat", { ...ports, DATA_DIR: dataDir, COMBAT_CALLS_PER_SECOND: "10000" });
  issuer = createIssuer(await loadAuthConfig({ DATA_DIR: dataDir }), systemClock);
  gateways = [await startGateway(), await startGateway()];
});
afterAll(async () => {
  await Promise.all([...(gateways ?? []), combat].map((service) => service?.stop()));
  await redis?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

function startGateway(redisUrl = redis.url): Promise<Service> {
  return startService("gateway", {
    DATA_DIR: dataDir,
    COMBAT_GRPC_TARGET: String(combat.ready["grpc"]),
    REDIS_URL: redisUrl,
    GATEWAY_PORT: "0",
    GATEWAY_ADMIN_PORT: "0",
    GATEWAY_TRUSTED_PROXIES: "127.0.0.0/8,::1",
    GATEWAY_REQUESTS_PER_ADDRESS: String(RATES.address),
    GATEWAY_REQUESTS_PER_PLAYER: String(RATES.player),
    GATEWAY_CONNECTS_PER_PLAYER: String(RATES.connects),
  });
}

type Caller = { readonly token: string; readonly address: () => string };

let addresses = 0;
/** Somewhere nobody has asked from. */
function newAddress(): string {
  addresses += 1;
  return `198.18.${Math.floor(addresses / 250)}.${(addresses % 250) + 1}`;
}

async function newPlayer(): Promise<Caller> {
  const token = await issuer.user({ sub: randomUUID(), roles: ["player"], ttlSeconds: 600 });
  return { token, address: newAddress };
}

/** Asks for a session there is not: 404 where the rate lets it through. */
async function ask(gateway: Service, { token, address }: Caller): Promise<number> {
  const answer = await fetch(`${String(gateway.ready["http"])}/sessions/${randomUUID()}`, {
    headers: { authorization: `Bearer ${token}`, "x-forwarded-for": address() },
    signal: AbortSignal.timeout(20_000),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** How many of so many requests, sent at once to the gateways in turn, were let through. All others are over the rate. */
async function passed(caller: Caller, to: readonly Service[], requests = 100): Promise<number> {
  const asked = Array.from({ length: requests }, (_, index) => ask(to[index % to.length] as Service, caller));
  const statuses = await Promise.all(asked);
  expect(statuses.filter((status) => status !== NOT_FOUND && status !== RATE_LIMITED)).toEqual([]);
  return statuses.filter((status) => status === NOT_FOUND).length;
}

async function readiness(gateway: Service): Promise<unknown> {
  const answer = await fetch(`${String(gateway.ready["admin"])}/readyz`, { signal: AbortSignal.timeout(20_000) });
  return { status: answer.status, ...((await answer.json()) as object) };
}

const standing = (redisIs: string) => ({ status: 200, ready: true, checks: { combat: "serving", redis: redisIs } });
const bothStand = (redisIs: string) =>
  expect
    .poll(() => Promise.all(gateways.map(readiness)), { timeout: 20_000, interval: 50 })
    .toEqual([standing(redisIs), standing(redisIs)]);

/** On a machine that is busy for a tenth of a second a gateway counts alone, as it should: then it is tried again. */
const MAY_BE_BUSY = { retry: 2 };

test(
  "two gateways share a player's rate: of requests at once to both exactly that many are let through",
  MAY_BE_BUSY,
  async () => {
    expect(await passed(await newPlayer(), gateways)).toBe(RATES.player);
  },
);

test("two gateways share an address's rate, whoever asks from there", MAY_BE_BUSY, async () => {
  const address = newAddress();
  const players = await Promise.all(Array.from({ length: 10 }, newPlayer));
  const counts = players.map((player) => passed({ ...player, address: () => address }, gateways, 10));
  const through = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  expect(through).toBe(RATES.address);
});

test("two gateways share a player's rate of connection attempts", MAY_BE_BUSY, async () => {
  const { token } = await newPlayer();
  const attempts = Array.from({ length: 12 }, async (_, index) => {
    const http = String(gateways[index % 2]?.ready["http"]);
    const url = `${http.replace("http:", "ws:")}/ws/sessions/${randomUUID()}?token=${token}`;
    return (await refusedSocket(url, { headers: { "x-forwarded-for": newAddress() } })).status;
  });
  const statuses = (await Promise.all(attempts)).sort();
  const expected = Array.from({ length: 12 }, (_, at) => (at < RATES.connects ? NOT_FOUND : RATE_LIMITED));
  expect(statuses).toEqual(expected);
});

test("readiness names Redis, and does not depend on it", async () => {
  await bothStand("serving");
});

test("Redis is killed under load: every request is answered, each gateway counts alone, together again afterwards", async () => {
  const player = await newPlayer();
  const under = passed(player, gateways, 600);
  await redis.kill();
  const through = await under;
  expect(through).toBeGreaterThanOrEqual(RATES.player);
  expect(through).toBeLessThanOrEqual(3 * RATES.player); // In Redis, and then of each gateway.
  expect(await passed(await newPlayer(), gateways)).toBe(2 * RATES.player);
  await bothStand("away");
  await redis.restart();
  await countTogether();
  await bothStand("serving");
});

test("Redis is frozen: every request is answered, each gateway counts alone, together again afterwards", async () => {
  await redis.pause();
  expect(await passed(await newPlayer(), gateways)).toBe(2 * RATES.player);
  await bothStand("away");
  expect(await passed(await newPlayer(), gateways)).toBe(2 * RATES.player);
  await redis.resume();
  await countTogether();
  await bothStand("serving");
});

test.each([
  ["frozen", () => redis.pause(), () => redis.resume()],
  ["gone", () => redis.kill(), () => redis.restart()],
])("a gateway drains while Redis is %s", { timeout: 60_000 }, async (_how, end, begin) => {
  const third = await startGateway();
  await end();
  try {
    expect(await third.stop()).toBe(0);
    expect(third.output()).toContain('"msg":"drained"'); // To its end, not because nothing was left to wait for.
  } finally {
    third.process.kill("SIGKILL"); // For one that does not end.
    await begin();
  }
});

test.each([
  [
    "cannot be reached",
    async () => `redis://:geheim@127.0.0.1:${(await freePorts(1))[0]}`,
    /REDIS_URL .*nothing listens/,
  ],
  [
    "is no Redis URL",
    async () => "http://:geheim@127.0.0.1:6379",
    /REDIS_URL is not valid; allowed: a redis:\/\/ or rediss:\/\/ URL/,
  ],
])("a start whose REDIS_URL %s exits 1 and says so in one line, without its password", async (_what, url, said) => {
  const failure = await startGateway(await url()).then(
    () => "started",
    (error: Error) => error.message,
  );
  expect(failure).toMatch(/^gateway ended with 1 before it was ready/);
  expect(failure.split("\n")).toEqual([expect.any(String), expect.stringMatching(said), ""]);
  expect(failure).not.toContain("geheim");
});

/** Resolves when a new player's rate is one for both again. */
async function countTogether(): Promise<void> {
  const rate = async () => passed(await newPlayer(), gateways);
  await expect.poll(rate, { timeout: 20_000, interval: 50 }).toBe(RATES.player);
}
