/**
 * Servers: where the real PostgreSQL, Redis and Kafka are, and in them a place that a run has for itself.
 * In:  DATABASE_URL, REDIS_URL, KAFKA_BROKERS; else what `npm run services` has up.   Out: addresses, versions, release.
 * Law: nothing of others is touched: a new database, a logical database of Redis that was empty, topics under a prefix of
 *      the run's own. All of it is removed at the end.
 */
import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { Kafka, logLevel } from "kafkajs";
import { Client } from "pg";
import { SETTING_NAMES, type ServicesEnvironment, status } from "#tools/services/engine.ts";
import { KAFKA_VERSION } from "#tools/services/jars.ts";
import { servicesFolder } from "#tools/services/state.ts";
import type { ServerVersions } from "./report/machine.ts";
import type { BenchServers } from "./scenario.ts";

const CALL_MS_MAX = 20_000;
/** Logical databases that are looked at for an empty one, from the last on; the first belongs to services. */
const REDIS_DATABASES = 15;

export type OwnServers = BenchServers & {
  readonly versions: ServerVersions;
  /** Removes what the run has made. */
  release(): Promise<void>;
};

type Found = { readonly environment: ServicesEnvironment; readonly kafkaVersion: string };

export async function openServers(): Promise<OwnServers> {
  const { environment, kafkaVersion } = await find();
  const named = (name: string) => environment[name] as string;
  const brokers = named("KAFKA_BROKERS").split(",");
  const topicPrefix = `bench-${randomUUID().slice(0, 8)}-`;
  const database = await ownDatabase(named("DATABASE_URL"));
  try {
    const redis = await ownRedis(named("REDIS_URL"));
    return {
      databaseUrl: database.url,
      redisUrl: redis.url,
      brokers,
      topicPrefix,
      versions: { postgres: database.version, redis: redis.version, kafka: kafkaVersion },
      release: async () => {
        await removeTopics(brokers, topicPrefix);
        await redis.release();
        await database.release();
      },
    };
  } catch (error) {
    await database.release();
    throw error;
  }
}

async function find(): Promise<Found> {
  const given = SETTING_NAMES.filter((name) => process.env[name]);
  if (given.length === SETTING_NAMES.length) {
    const environment = Object.fromEntries(given.map((name) => [name, process.env[name] as string]));
    return { environment, kafkaVersion: "of KAFKA_BROKERS" };
  }
  if (given.length > 0) throw new Error(`${given.join(", ")} without the rest of ${SETTING_NAMES.join(", ")}`);
  const running = await status(servicesFolder());
  if (running?.environment) return { environment: running.environment, kafkaVersion: KAFKA_VERSION };
  throw new Error(`no servers: set ${SETTING_NAMES.join(", ")}, or run: npm run services -- up`);
}

async function ownDatabase(server: string) {
  const name = `bench_${randomUUID().replaceAll("-", "")}`;
  const [row] = await ask(server, "show server_version");
  await ask(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    version: String(row?.["server_version"]).split(" ")[0] as string,
    release: async () => {
      await ask(server, `drop database if exists ${name} with (force)`);
    },
  };
}

async function ask(url: string, sql: string): Promise<{ [column: string]: unknown }[]> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CALL_MS_MAX,
    query_timeout: CALL_MS_MAX,
  });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function ownRedis(server: string) {
  const redis = new Redis(server, { commandTimeout: CALL_MS_MAX, maxRetriesPerRequest: 1 });
  try {
    const number = await emptyDatabase(redis);
    const url = new URL(server);
    url.pathname = `/${number}`;
    const version = /redis_version:(\S+)/.exec(await redis.info("server"))?.[1] ?? "unknown";
    const release = async () => {
      await redis.select(number);
      await redis.flushdb();
      redis.disconnect();
    };
    return { url: url.href, version, release };
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}

async function emptyDatabase(redis: Redis): Promise<number> {
  for (let number = REDIS_DATABASES; number >= 1; number--) {
    await redis.select(number);
    if ((await redis.dbsize()) === 0) return number;
  }
  throw new Error("REDIS_URL has no empty logical database: a run needs one for itself");
}

async function removeTopics(brokers: readonly string[], prefix: string): Promise<void> {
  const kafka = new Kafka({ clientId: "bench", brokers: [...brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
  if (topics.length > 0) await admin.deleteTopics({ topics });
  await admin.disconnect();
}
