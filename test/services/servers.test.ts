/**
 * A test's own servers do what fault tests ask of them: killed is gone, paused is silent, restarted has what it
 * acknowledged, wiped has nothing, and none outlives the test that started it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { Redis } from "ioredis";
import { Kafka, logLevel } from "kafkajs";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PrivateServer, startPrivateServer } from "#support/servers.ts";
import { RECIPES } from "#tools/services/recipes.ts";
import { answerOf } from "#tools/services/server.ts";

/** Ways to write one more row and to count them; each opens a connection of its own. */
const CLIENTS = {
  postgres: {
    make: (url: string) => postgres(url, "create table fact (n int)"),
    add: (url: string) => postgres(url, "insert into fact values (1)"),
    count: async (url: string) => Number((await postgres(url, "select count(*) from fact"))[0]?.["count"]),
    empty: /relation "fact" does not exist/,
  },
  redis: {
    make: async () => undefined,
    add: (url: string) => redis(url, (client) => client.rpush("fact", 1)),
    count: (url: string) => redis(url, (client) => client.llen("fact")),
    empty: 0,
  },
  kafka: {
    make: (url: string) => kafkaAdmin(url, (admin) => admin.createTopics({ topics: [{ topic: "fact" }] })),
    add: async (url: string) => {
      const producer = kafkaClient(url).producer();
      await producer.connect();
      await producer.send({ topic: "fact", acks: -1, messages: [{ value: "1" }] }).finally(() => producer.disconnect());
    },
    count: (url: string) =>
      kafkaAdmin(url, async (admin) => Number((await admin.fetchTopicOffsets("fact"))[0]?.offset)),
    empty: /does not host this topic-partition/,
  },
} as const;

async function postgres(url: string, sql: string): Promise<{ [column: string]: unknown }[]> {
  const client = new Client(url);
  client.on("error", () => undefined); // Its query rejects as well.
  await client.connect();
  return (await client.query(sql).finally(() => client.end())).rows;
}

async function redis<T>(url: string, run: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { retryStrategy: () => null });
  client.on("error", () => undefined); // Its command rejects as well.
  return run(client).finally(() => client.disconnect());
}

function kafkaClient(url: string): Kafka {
  return new Kafka({ brokers: [url], logLevel: logLevel.NOTHING, retry: { retries: 8, maxRetryTime: 1_000 } });
}

async function kafkaAdmin<T>(url: string, run: (admin: ReturnType<Kafka["admin"]>) => Promise<T>): Promise<T> {
  const admin = kafkaClient(url).admin();
  await admin.connect();
  return run(admin).finally(() => admin.disconnect());
}

/** As the kernel says: R, S, T and so on; null when there is no such process, or a dead one. */
function stateOf(pid: number): string | null {
  if (!existsSync(`/proc/${pid}/stat`)) return null;
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const state = text.slice(text.lastIndexOf(")") + 2, text.lastIndexOf(")") + 3);
  return state === "Z" ? null : state;
}

describe.each(RECIPES)("$kind", (recipe) => {
  const { kind } = recipe;
  const client = CLIENTS[kind];
  let server: PrivateServer;
  const place = () => ({ folder: dirname(server.logFile), ports: [Number(/:(\d+)(\/|$)/.exec(server.url)?.[1])] });
  const answer = () => answerOf(recipe, place());

  beforeAll(async () => {
    server = await startPrivateServer(kind);
    await client.make(server.url);
  });
  afterAll(async () => server?.stop());

  test("killed, it is gone with all its processes; restarted, it has what it acknowledged, on the same port", async () => {
    const before = await client.count(server.url);
    await client.add(server.url);
    const pids = await server.pids();
    expect(pids.length).toBeGreaterThanOrEqual(kind === "postgres" ? 5 : 1);
    await server.kill();
    expect(pids.map(stateOf)).toEqual(pids.map(() => null));
    expect(await server.pids()).toEqual([]);
    expect(await answer()).toMatchObject({ message: expect.stringMatching(/ECONNREFUSED/) });
    await server.restart();
    expect(await client.count(server.url)).toBe(before + 1);
    if (kind === "postgres") {
      expect(readFileSync(server.logFile, "utf8")).toMatch(/not properly shut down; automatic recovery/);
    }
  });

  test("paused, nobody moves and nobody answers; resumed, the question asked meanwhile is answered", async () => {
    const before = await client.count(server.url);
    await server.pause();
    const pids = await server.pids();
    expect(pids.map(stateOf)).toEqual(pids.map(() => "T"));
    expect(await answer()).not.toBeNull();
    const asked = client.count(server.url);
    await server.resume();
    expect(await asked).toBe(before);
    expect((await server.pids())[0]).toBe(pids[0]);
  });

  test("paused, it can be killed", async () => {
    await server.pause();
    const pids = await server.pids();
    await server.kill();
    expect(pids.map(stateOf)).toEqual(pids.map(() => null));
    await server.restart();
    expect(await answer()).toBeNull();
  });

  test("restarted while it runs, it ends in order and keeps its data; wiped, it has none", async () => {
    await client.add(server.url);
    const before = await client.count(server.url);
    const [first] = await server.pids();
    await server.restart();
    expect((await server.pids())[0]).not.toBe(first);
    expect(await client.count(server.url)).toBe(before);
    await server.kill();
    await server.restart({ wipe: true });
    if (client.empty instanceof RegExp) await expect(client.count(server.url)).rejects.toThrow(client.empty);
    else expect(await client.count(server.url)).toBe(client.empty);
  });

  test("stopped, neither processes nor data are left", async () => {
    const pids = await server.pids();
    await server.stop();
    expect(pids.map(stateOf)).toEqual(pids.map(() => null));
    expect(existsSync(dirname(server.logFile))).toBe(false);
    await server.stop();
  });
});

test("a server dies with the test that started it, even if that is killed; the next one removes what it left", async () => {
  const script = `
    import { startPrivateServer } from "#support/servers.ts";
    const server = await startPrivateServer("redis");
    console.log(server.url, server.logFile);
    setInterval(() => undefined, 1_000);`;
  const starter = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface({ input: starter.stdout }), "line");
  const [url = "", logFile = ""] = String(line).split(" ");
  const client = new Redis(url, { retryStrategy: () => null });
  client.on("error", () => undefined);
  await client.ping();
  const closed = once(client, "close");
  starter.kill("SIGKILL");
  await closed;
  await expect(redis(url, (other) => other.ping())).rejects.toThrow();
  await using next = await startPrivateServer("redis");
  expect(existsSync(logFile)).toBe(false);
  expect(existsSync(next.logFile)).toBe(true);
});
