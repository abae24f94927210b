/**
 * Kafka is away: no player notices, events wait within a bound, and afterwards everything is there, in order. Promise P4.
 * The minute at full rate is played by kafka-driver.ts, without a gateway, and judged by the ledger's law. A suite that has to
 * be done within minutes repeats it once or twice; twenty times, in about half an hour, it is repeated by
 * LONG_FAULT_ROUNDS=20 npm run test:services -- test/services/faults/kafka-away.test.ts -t "60 s"
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Arena, until } from "#support/ledger/arena.ts";
import { type Chance, LONG_FAULT_ROUNDS, newChance, SLOW_FAULT_ROUNDS } from "#support/ledger/chance.ts";
import { inLanes } from "#support/ledger/lanes.ts";
import { Load } from "#support/ledger/load.ts";
import { readPublished } from "#support/published.ts";
import { type PrivateServer, startPrivateServer } from "#support/servers.ts";
import { judgeBook } from "./kafka-book.ts";

const TEST_MS_MAX = 900_000;
const OUTAGES_MS_MAX = LONG_FAULT_ROUNDS * 300_000;
const EVENTS_PER_SECOND = 5_000;
const SESSIONS = 25;
const AWAY_MS = 60_000;
const TICK_RATE_HZ = 30;
/** 200,000 events wait in memory, about 400 bytes each; the rest lies in the journals. */
const MEMORY_MB_MAX = 700;
/** An overload of the machine that the test runs on is no fault of the service: then fewer are dealt, and it is said. */
const DEALT_SHARE_MIN = 0.9;
const CAUGHT_UP_MS_MAX = 180_000;
const VIOLATIONS_SHOWN = 12;
const ROOT = new URL("../../../", import.meta.url).pathname;
const chance = newChance("kafka away");

type Stand = {
  readonly dealt: number;
  readonly refused: number;
  readonly lag: number;
  readonly published: number;
  readonly lost: number;
  readonly rssMb: number;
  readonly ticks: number;
  readonly degraded: number;
  readonly lateMs: number;
  readonly done?: true;
};

/** The process of kafka-driver.ts, and how it says that it stands. */
class Driver {
  readonly stands: Stand[] = [];
  readonly child: ChildProcess;
  errors = "";

  constructor(env: { readonly [name: string]: string }) {
    this.child = spawn(process.execPath, [join(ROOT, "test/services/faults/kafka-driver.ts")], {
      cwd: ROOT,
      env: { PATH: process.env["PATH"] ?? "", ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      if (line.startsWith('{"dealt"')) this.stands.push(JSON.parse(line) as Stand);
      else if (line.includes('"level":"error"') && !line.includes('"msg":"kafkajs ')) this.errors += `${line}\n`;
    });
    this.child.stderr?.on("data", (chunk) => {
      if (!/Warning|trace-warnings|Timeout duration/.test(String(chunk))) this.errors += chunk;
    });
  }

  get now(): Stand {
    const stand = this.stands.at(-1);
    if (stand === undefined || this.child.exitCode !== null) throw new Error(`the driver is gone: ${this.errors}`);
    return stand;
  }

  say(word: "rest" | "end"): void {
    this.child.stdin?.write(`${word}\n`);
  }
}

let servers: readonly PrivateServer[];

beforeAll(async () => {
  servers = await Promise.all((["postgres", "redis"] as const).map(startPrivateServer));
});

afterAll(async () => {
  await Promise.all((servers ?? []).map((server) => server.stop()));
});

type Outage = {
  readonly rate: number;
  /** While Kafka is away. */
  readonly meanwhile: (driver: Driver) => Promise<void>;
  readonly judge: (stands: { before: Stand; away: Stand; peakMb: number }) => void;
};

/** One outage: dealing goes on, Kafka comes back, and every event of every session is there once it has caught up. */
async function surviveOutage(chance: Chance, { rate, meanwhile, judge }: Outage): Promise<void> {
  const [postgres, redis] = servers as [PrivateServer, PrivateServer];
  const kafka = await startPrivateServer("kafka");
  const folder = await mkdtemp(join(tmpdir(), "kafka-book-"));
  const driver = new Driver({
    BOOK_FOLDER: folder,
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    KAFKA_BROKERS: kafka.url,
    EVENTS_PER_SECOND: String(rate),
    SESSIONS: String(SESSIONS),
  });
  try {
    await until("the driver deals", () => (driver.stands.at(-1)?.published ?? 0) > 2 * rate);
    await delay(chance.between(0, 3_000));
    const before = driver.now;
    await kafka.kill();
    await meanwhile(driver);
    const away = driver.now;
    await kafka.restart();
    driver.say("rest");
    await until("everything is published", () => driver.now.lag === 0, CAUGHT_UP_MS_MAX);
    driver.say("end");
    await once(driver.child, "exit");
    const end = driver.stands.at(-1) as Stand;
    const peakMb = Math.max(...driver.stands.map(({ rssMb }) => rssMb));
    process.stderr.write(`kafka away: ${JSON.stringify({ ...end, peakMb, lagAtReturn: away.lag })}\n`);

    expect(driver.errors).toBe("");
    expect(driver.child.exitCode).toBe(0);
    judge({ before, away, peakMb });
    expect(end).toMatchObject({ done: true, lost: 0, lag: 0, refused: 0, degraded: 0 });
    const violations = await judgeBook(folder, await readPublished([kafka.url]));
    expect(violations.slice(0, VIOLATIONS_SHOWN), `FAULT_SEED=${chance.seed}`).toEqual([]);
  } finally {
    driver.child.kill("SIGKILL");
    await kafka.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const LONG: Outage = {
  rate: EVENTS_PER_SECOND,
  meanwhile: () => delay(AWAY_MS),
  judge({ before, away, peakMb }) {
    expect((away.dealt - before.dealt) / (EVENTS_PER_SECOND * (AWAY_MS / 1000))).toBeGreaterThan(DEALT_SHARE_MIN);
    expect((away.ticks - before.ticks) / (TICK_RATE_HZ * (AWAY_MS / 1000))).toBeGreaterThan(DEALT_SHARE_MIN);
    expect(peakMb).toBeLessThan(MEMORY_MB_MAX);
  },
};

test(
  `60 s without Kafka at 5,000 events a second, ${LONG_FAULT_ROUNDS} times: nothing is lost or out of order, memory is bounded`,
  () =>
    inLanes(
      2, // More at once on two cores, and Redis is late for reasons of its own.
      async (_lane, rounds) => {
        for (let round = 1; round <= rounds; round++) await surviveOutage(chance.fork(), LONG);
      },
      LONG_FAULT_ROUNDS,
    ),
  OUTAGES_MS_MAX,
);

/** Fewer than the machine can do, so that Redis is late when it is stopped and at no other time. */
const CALM_RATE = 2_000;
const BACKLOG_MS = 6_000;
const STOPS = 2;
const STOPPED_MS = 1_000;
/** What is written again for a late answer is what was told since, and the state of each session. */
const GROWTH_MAX = 2.5;

/** Bytes of what Redis holds, without buffers. */
async function heldBytes(redis: PrivateServer): Promise<number> {
  const client = new Redis(redis.url, { lazyConnect: true, retryStrategy: () => null });
  client.on("error", () => undefined); // What fails rejects its own call.
  await client.connect();
  const memory = await client.info("memory");
  client.disconnect();
  return Number(/^used_memory_dataset:(\d+)/m.exec(memory)?.[1]);
}

test(
  `without Kafka, SIGSTOP of Redis for 1 s, ${STOPS} times: late answers do not make Redis grow by all that waits, nothing is lost`,
  async () => {
    const [, redis] = servers as [PrivateServer, PrivateServer];
    const perEvent: number[] = [];
    const growth = async (driver: Driver, work: () => Promise<void>) => {
      const [bytes, { dealt }] = [await heldBytes(redis), driver.now];
      await work();
      perEvent.push(((await heldBytes(redis)) - bytes) / (driver.now.dealt - dealt));
    };
    const stopAgainAndAgain = async () => {
      for (let stop = 0; stop < STOPS; stop++) {
        await redis.pause();
        await delay(STOPPED_MS);
        await redis.resume();
        await delay(chance.between(1_000, 2_000));
      }
    };
    await surviveOutage(chance.fork(), {
      rate: CALM_RATE,
      async meanwhile(driver) {
        await growth(driver, () => delay(BACKLOG_MS));
        await growth(driver, stopAgainAndAgain);
      },
      judge() {
        const [calm, stopped] = perEvent as [number, number];
        process.stderr.write(`kafka away, Redis late: ${Math.round(calm)} and ${Math.round(stopped)} bytes an event\n`);
        expect(stopped).toBeLessThan(GROWTH_MAX * calm);
      },
    });
  },
  TEST_MS_MAX,
);

test(
  `kill -9 of Kafka, ${SLOW_FAULT_ROUNDS} times under load: no player notices, everything is there afterwards, in order`,
  () =>
    inLanes(
      3,
      async (lane, rounds) => {
        const [postgres] = servers as [PrivateServer];
        const arena = await Arena.open({ name: `kafka-${lane}`, shared: { postgres } });
        try {
          const load = new Load({ arena, chance: chance.fork(), matches: 2 });
          await load.hasBegun();
          for (let round = 1; round <= rounds; round++) {
            await delay(chance.between(300, 1_200));
            await arena.stores.kafka.kill();
            await load.isServed(); // Without it, too.
            await delay(chance.between(0, 2_000));
            await arena.stores.kafka.restart();
            await load.isServed();
          }
          await load.isHealed();
          await load.judge();
        } finally {
          await arena.close();
        }
      },
      SLOW_FAULT_ROUNDS,
    ),
  TEST_MS_MAX,
);
