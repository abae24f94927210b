/**
 * Start on real stores: a wrong setting, a store that cannot be reached or a schema from the future ends the start with exit
 * code 1 and one line that names the setting, shows no password, and leaves nothing half done in the other stores.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { Kafka, logLevel } from "kafkajs";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type PrivateServer, startPrivateServer } from "#support/servers.ts";
import { startService } from "#support/system.ts";
import { freePorts, HOST } from "#tools/services/ports.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const TEST_MS_MAX = 120_000;
const PASSWORD = "hunter2hunter2";

let postgres: PrivateServer;
let redis: PrivateServer;
let kafka: PrivateServer;
let dataDir: string;
let closedPort: number;

beforeAll(async () => {
  [postgres, redis, kafka] = await Promise.all([
    startPrivateServer("postgres"),
    startPrivateServer("redis"),
    startPrivateServer("kafka"),
  ]);
});

afterAll(async () => {
  await Promise.all([postgres, redis, kafka].map((server) => server?.stop()));
});

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "combat-start-"));
  [closedPort] = (await freePorts(1)) as [number];
});

afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

type Environment = { readonly [name: string]: string };

const reachable = (): Environment => ({
  DATABASE_URL: postgres.url,
  REDIS_URL: redis.url,
  KAFKA_BROKERS: kafka.url,
});

const ANY_PORTS = { COMBAT_GRPC_PORT: "0", COMBAT_HTTP_PORT: "0", COMBAT_ADMIN_PORT: "0" };

type Ended = { readonly code: number | null; readonly out: string; readonly errors: string };

/** Starts combat and waits for its end. */
async function start(env: Environment): Promise<Ended> {
  const child = spawn(process.execPath, [join(ROOT, "services/combat/main.ts")], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"] ?? "", ...ANY_PORTS, DATA_DIR: dataDir, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, errors] = [child.stdout, child.stderr].map((stream) => {
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    return () => Buffer.concat(parts).toString();
  }) as [() => string, () => string];
  const [code] = await once(child, "close");
  return { code, out: out(), errors: errors() };
}

/** One line for people: the setting's name and no secret. Node's own warnings come from libraries and are not ours. */
function expectRefusal({ code, out, errors }: Ended, said: RegExp): void {
  const lines = errors
    .split("\n")
    .filter((line) => line !== "" && !/Warning|^\(Use `node|^Timeout duration/.test(line));
  expect({ code, lines }).toEqual({ code: 1, lines: [expect.stringMatching(said)] });
  expect(lines[0]).toMatch(/^combat cannot start: /);
  expect(out + errors).not.toContain(PASSWORD);
  expect(out).not.toContain('"msg":"ready"');
}

async function tables(): Promise<string[]> {
  const client = new Client({ connectionString: postgres.url, connectionTimeoutMillis: 10_000, query_timeout: 10_000 });
  await client.connect();
  try {
    const { rows } = await client.query("select tablename from pg_tables where schemaname = 'public' order by 1");
    return rows.map((row) => String(row.tablename));
  } finally {
    await client.end();
  }
}

async function query(sql: string): Promise<void> {
  const client = new Client({ connectionString: postgres.url, connectionTimeoutMillis: 10_000, query_timeout: 10_000 });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

async function keys(): Promise<string[]> {
  const client = new Redis(redis.url);
  try {
    return await client.keys("*");
  } finally {
    client.disconnect();
  }
}

async function topics(): Promise<string[]> {
  const admin = new Kafka({ brokers: [kafka.url], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

async function expectNothingDone(): Promise<void> {
  expect({ tables: await tables(), keys: await keys(), topics: await topics() }).toEqual({
    tables: [],
    keys: [],
    topics: [],
  });
  expect((await readdir(dataDir)).filter((name) => name.endsWith(".lock"))).toEqual([]);
}

describe("nothing is half done", () => {
  test.each([
    { name: "PostgreSQL", setting: "DATABASE_URL", url: () => `postgres://app:${PASSWORD}@${HOST}:${closedPort}/game` },
    { name: "Redis", setting: "REDIS_URL", url: () => `redis://:${PASSWORD}@${HOST}:${closedPort}` },
    { name: "Kafka", setting: "KAFKA_BROKERS", url: () => `${HOST}:${closedPort}` },
  ])(
    "when $name cannot be reached: $setting is named",
    async ({ setting, url }) => {
      expectRefusal(await start({ ...reachable(), [setting]: url() }), new RegExp(setting));
      await expectNothingDone();
    },
    TEST_MS_MAX,
  );

  test.each([
    { name: "another protocol", setting: "DATABASE_URL", url: `mysql://app:${PASSWORD}@db.example/game` },
    { name: "no URL", setting: "DATABASE_URL", url: `app:${PASSWORD}` },
    { name: "another protocol", setting: "REDIS_URL", url: `http://:${PASSWORD}@cache.example` },
    { name: "no port", setting: "KAFKA_BROKERS", url: "kafka.example" },
    { name: "a word for a port", setting: "KAFKA_BROKERS", url: "kafka.example:port" },
    { name: "an IPv6 address", setting: "KAFKA_BROKERS", url: "[::1]:9092" },
    { name: "an unknown format", setting: "EVENT_FORMAT", url: "xml" },
    { name: "a space", setting: "COMBAT_INSTANCE", url: "one two" },
  ])(
    "when $setting is wrong: $name",
    async ({ setting, url }) => {
      expectRefusal(await start({ ...reachable(), [setting]: url }), new RegExp(setting));
      await expectNothingDone();
    },
    TEST_MS_MAX,
  );

  test(
    "when the database that is named is not there",
    async () => {
      const url = postgres.url.replace(/\/[^/]*$/, "/nowhere");
      expectRefusal(await start({ ...reachable(), DATABASE_URL: url }), /DATABASE_URL.*nowhere/);
      await expectNothingDone();
    },
    TEST_MS_MAX,
  );

  test(
    "when the user of the database may not make tables",
    async () => {
      await query(`create role reader login password '${PASSWORD}'`);
      try {
        const url = new URL(postgres.url);
        Object.assign(url, { username: "reader", password: PASSWORD });
        expectRefusal(await start({ ...reachable(), DATABASE_URL: url.href }), /DATABASE_URL.*grant CREATE/);
      } finally {
        await query("drop role reader");
      }
      await expectNothingDone();
    },
    TEST_MS_MAX,
  );

  test(
    "when Redis asks for another password",
    async () => {
      const client = new Redis(redis.url);
      await client.config("SET", "requirepass", "another");
      try {
        const url = redis.url.replace("redis://", `redis://:${PASSWORD}@`);
        expectRefusal(await start({ ...reachable(), REDIS_URL: url }), /REDIS_URL/);
      } finally {
        await client.config("SET", "requirepass", "");
        client.disconnect();
      }
      await expectNothingDone();
    },
    TEST_MS_MAX,
  );
});

test(
  "a schema that is newer than this release is refused and left as it is",
  async () => {
    const env = { ...ANY_PORTS, DATA_DIR: dataDir, ...reachable() };
    const service = await startService("combat", env);
    expect(await service.stop()).toBe(0);
    const before = await tables();
    await query("insert into schema_version (version, name, checksum) values (1000, 'from-the-future', 'x')");
    expectRefusal(await start(reachable()), /DATABASE_URL.*schema version 1000 \(from-the-future\).*release/);
    expect(await tables()).toEqual(before);
  },
  TEST_MS_MAX,
);
