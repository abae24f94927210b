/** Kafka holds the contract of EventSink, and what it alone promises: partitions, headers, acknowledgements, outages. */
import { spawn } from "node:child_process";
import { randomInt, randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { ConfigResourceTypes, Partitioners } from "kafkajs";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { eventEncoder } from "#combat/rpc/encode-event.ts";
import type { EventSink } from "#combat/stores/event-sink.ts";
import { type KafkaSinkOptions, KafkaUnusable, openKafkaEventSink } from "#combat/stores/event-sink-kafka.ts";
import { StoreUnavailable } from "#combat/stores/session-store.ts";
import { EVENTS_TOPIC, TOPICS, VALIDATION_TOPIC } from "#combat/stores/topics.ts";
import { silentLog } from "#kit/log.ts";
import { SAMPLE_EVENTS } from "#support/sample-events.ts";
import { startPrivateServer } from "#support/servers.ts";
import { eventSinkContract, outgoing, type SinkUnderTest } from "../contract/event-sink.contract.ts";
import { brokersOfRun, readRecords, removeTopics, withAdmin } from "./kafka-fixture.ts";

const brokers = brokersOfRun();
const RUN = `test-${randomUUID()}.`;
let prefixCount = 0;

/** Names of topics that no other test has. */
function newPrefix(): string {
  prefixCount += 1;
  return `${RUN}${prefixCount}.`;
}

const open: EventSink[] = [];

async function openSink(options: Partial<KafkaSinkOptions>): Promise<EventSink> {
  const sink = await openKafkaEventSink({ brokers, clientId: "test", log: silentLog, ...options });
  open.push(sink);
  return sink;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((sink) => sink.close()));
});
afterAll(() => removeTopics(brokers, RUN));

eventSinkContract("Kafka", openKafka);

async function openKafka(): Promise<SinkUnderTest> {
  const topicPrefix = newPrefix();
  const topics = TOPICS.map(({ name }) => `${topicPrefix}${name}`);
  const under: SinkUnderTest = {
    sink: await openSink({ topicPrefix }),
    async stored() {
      const records = await readRecords(brokers, topics);
      return records.map(({ topic, key, value, headers }) => ({
        topic: topic.slice(topicPrefix.length),
        key,
        eventId: headers["event_id"] ?? "",
        eventType: headers["event_type"] ?? "",
        value: value.toString(),
      }));
    },
    async restart() {
      await under.sink.close();
      under.sink = await openSink({ topicPrefix });
    },
    async end() {
      await removeTopics(brokers, topicPrefix);
    },
  };
  return under;
}

describe("topics", () => {
  test("those that are missing are made, with the game's numbers of partitions", async () => {
    const topicPrefix = newPrefix();
    await openSink({ topicPrefix });
    const { topics } = await withAdmin(brokers, (admin) =>
      admin.fetchTopicMetadata({ topics: TOPICS.map(({ name }) => `${topicPrefix}${name}`) }),
    );
    const partitions = topics.map(({ name, partitions }) => [name.slice(topicPrefix.length), partitions.length]);
    expect(new Map(partitions as [string, number][])).toEqual(
      new Map([
        ["game.combat.events", 24],
        ["game.combat.damage.validation", 12],
      ]),
    );
  });

  test("one that is there stays as it is, and records go to the partitions that it has", async () => {
    const topicPrefix = newPrefix();
    const topic = `${topicPrefix}${EVENTS_TOPIC}`;
    await withAdmin(brokers, (admin) => admin.createTopics({ topics: [{ topic, numPartitions: 3 }] }));
    const sink = await openSink({ topicPrefix });
    await sink.publish(Array.from({ length: 50 }, (_, number) => outgoing({ key: randomUUID(), number })));
    const { topics } = await withAdmin(brokers, (admin) => admin.fetchTopicMetadata({ topics: [topic] }));
    expect(topics[0]?.partitions).toHaveLength(3);
    expect(await readRecords(brokers, [topic])).toHaveLength(50);
  });

  test("several instances start at once", async () => {
    const topicPrefix = newPrefix();
    const sinks = await Promise.all([1, 2, 3].map(() => openSink({ topicPrefix })));
    await Promise.all(sinks.map((sink, number) => sink.publish([outgoing({ key: "a", number })])));
    expect(await readRecords(brokers, [`${topicPrefix}${EVENTS_TOPIC}`])).toHaveLength(3);
  });
});

describe("records", () => {
  test("each has its key, value, headers and time, and is in the partition that the Java client takes", async () => {
    const topicPrefix = newPrefix();
    const sink = await openSink({ topicPrefix });
    const events = Array.from({ length: 100 }, (_, number) => ({
      ...outgoing({ key: randomUUID(), number }),
      atUnixMs: 1_750_000_000_000.7 + 61_000 * number,
      contentType: number % 2 ? ("application/json" as const) : ("application/protobuf" as const),
    }));
    await sink.publish(events);
    const records = await readRecords(brokers, [`${topicPrefix}${EVENTS_TOPIC}`]);
    const partitionMetadata = Array.from({ length: 24 }, (_, partitionId) => ({
      partitionId,
      partitionErrorCode: 0,
      leader: 1,
      replicas: [1],
      isr: [1],
    }));
    const javaPartition = Partitioners.JavaCompatiblePartitioner();
    const expected = events.map(({ key, value, eventId, eventType, contentType, atUnixMs }) => ({
      topic: `${topicPrefix}${EVENTS_TOPIC}`,
      partition: javaPartition({ topic: "", partitionMetadata, message: { key, value: Buffer.from(value) } }),
      key,
      value,
      headers: { event_id: eventId, event_type: eventType, content_type: contentType },
      atUnixMs: Math.floor(atUnixMs),
    }));
    const byKey = (left: { key: string }, right: { key: string }) => left.key.localeCompare(right.key);
    expect(records.toSorted(byKey)).toEqual(expected.toSorted(byKey));
    expect(new Set(records.map(({ partition }) => partition)).size).toBeGreaterThan(12);
  });

  test("records of a session stay in order over thousands of calls that do not wait for each other", async () => {
    const topicPrefix = newPrefix();
    const sink = await openSink({ topicPrefix });
    const seed = randomInt(1 << 30);
    const keys = Array.from({ length: 20 }, (_, index) => `session-${seed}-${index}`);
    const counts = new Map<string, number>();
    const calls = Array.from({ length: 3_000 }, (_, call) => {
      const events = Array.from({ length: 1 + ((seed + 7 * call) % 9) }, (_, index) => {
        const key = keys[(seed + call * 31 + index * 17) % keys.length]!;
        const number = counts.get(key) ?? 0;
        counts.set(key, number + 1);
        return outgoing({ key, number });
      });
      return sink.publish(events);
    });
    await Promise.all(calls);
    const records = await readRecords(brokers, [`${topicPrefix}${EVENTS_TOPIC}`]);
    for (const key of keys) {
      const ids = records.filter((record) => record.key === key).map(({ headers }) => headers["event_id"]);
      const expected = Array.from({ length: counts.get(key) ?? 0 }, (_, number) => `${key}-${number}`);
      expect(ids, `seed ${seed}`).toEqual(expected);
    }
  });
});

describe("what is not taken", () => {
  test("a call of which one topic took its part and another did not is rejected, and can be sent again", async () => {
    const topicPrefix = newPrefix();
    const topic = `${topicPrefix}${EVENTS_TOPIC}`;
    const largest = (value: string) => [{ name: "max.message.bytes", value }];
    await withAdmin(brokers, (admin) => admin.createTopics({ topics: [{ topic, configEntries: largest("500") }] }));
    const sink = await openSink({ topicPrefix });
    const call = [
      { ...outgoing({ key: "a", number: 1 }), topic: VALIDATION_TOPIC },
      outgoing({ key: "a", number: 2, value: "x".repeat(1_000) }),
    ];
    await expect(sink.publish(call)).rejects.toBeInstanceOf(StoreUnavailable);
    await withAdmin(brokers, (admin) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries: largest("5000") }],
      }),
    );
    await sink.publish(call);
    const topics = [EVENTS_TOPIC, VALIDATION_TOPIC].map((name) => topicPrefix + name);
    const ids = (await readRecords(brokers, topics)).map(({ headers }) => headers["event_id"]);
    expect(ids.toSorted()).toEqual(["a-1", "a-1", "a-2"]);
  });

  test("a record that is too large for Kafka rejects its call, and the next call succeeds", async () => {
    const topicPrefix = newPrefix();
    const sink = await openSink({ topicPrefix });
    const large = outgoing({ key: "a", number: 1, value: "x".repeat(2_000_000) });
    await expect(sink.publish([large])).rejects.toThrow("larger than the max message size");
    await sink.publish([outgoing({ key: "a", number: 2 })]);
  });

  test("records that are large together go in several sends", async () => {
    const topicPrefix = newPrefix();
    const sink = await openSink({ topicPrefix });
    const value = "x".repeat(300_000);
    await sink.publish(Array.from({ length: 12 }, (_, number) => outgoing({ key: "a", number, value })));
    const records = await readRecords(brokers, [`${topicPrefix}${EVENTS_TOPIC}`]);
    expect(records.map(({ headers }) => headers["event_id"])).toEqual(Array.from({ length: 12 }, (_, at) => `a-${at}`));
  });

  test("what waits is bounded: a call that does not fit is rejected whole, the others are stored", async () => {
    const topicPrefix = newPrefix();
    const sink = await openSink({ topicPrefix, waitingBytesMax: 5_000 });
    const calls = [1, 2, 3].map((number) => sink.publish([outgoing({ key: "a", number, value: "x".repeat(2_500) })]));
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    await sink.publish([outgoing({ key: "a", number: 4 })]);
    const records = await readRecords(brokers, [`${topicPrefix}${EVENTS_TOPIC}`]);
    expect(records.map(({ headers }) => headers["event_id"])).toEqual(["a-1", "a-4"]);
  });
});

describe("the start", () => {
  /** Takes connections and never says a word. */
  async function startSilentServer() {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => sockets.add(socket)).listen(0, "127.0.0.1");
    await once(server, "listening");
    return {
      address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
      async [Symbol.asyncDispose]() {
        server.close();
        for (const socket of sockets) socket.destroy();
        await once(server, "close");
      },
    };
  }

  test.each([
    { name: "nobody listens", broker: async () => "127.0.0.1:1" },
    { name: "the name does not exist", broker: async () => "kafka.invalid:9092" },
    { name: "somebody listens and is silent", broker: async (silent: string) => silent },
  ])("is refused, naming setting and address, when $name", async ({ broker }) => {
    await using silent = await startSilentServer();
    const address = await broker(silent.address);
    const opening = openSink({ brokers: [address], startMsMax: 1_500 });
    await expect(opening).rejects.toBeInstanceOf(KafkaUnusable);
    await expect(opening).rejects.toThrow(`KAFKA_BROKERS is ${address};`);
  });

  test("one broker of the list that serves is enough, wherever it stands", async () => {
    await using silent = await startSilentServer();
    const topicPrefix = newPrefix();
    const sink = await openSink({ brokers: ["127.0.0.1:1", silent.address, ...brokers], topicPrefix });
    await sink.publish([outgoing({ key: "a", number: 1 })]);
  });
});

describe("an outage", () => {
  /** One event a call, again and again until it is taken, as the publisher does. */
  async function publishAll(sink: EventSink, numbers: readonly number[]): Promise<{ rejected: number }> {
    let rejected = 0;
    for (const number of numbers) {
      for (;;) {
        try {
          await sink.publish([outgoing({ key: `k${number % 5}`, number })]);
          break;
        } catch (error) {
          expect(error).toBeInstanceOf(StoreUnavailable);
          rejected += 1;
        }
      }
    }
    return { rejected };
  }

  test("a broker that is killed rejects calls; its first call after the return succeeds; nothing acknowledged is lost", async () => {
    await using kafka = await startPrivateServer("kafka");
    const sink = await openSink({ brokers: [kafka.url] });
    await sink.publish([outgoing({ key: "a", number: 1 })]);
    await kafka.kill();
    for (const number of [2, 3, 4]) {
      await expect(sink.publish([outgoing({ key: "a", number })])).rejects.toBeInstanceOf(StoreUnavailable);
    }
    await kafka.restart();
    await sink.publish([outgoing({ key: "a", number: 2 })]);
    await sink.publish([outgoing({ key: "a", number: 3 })]);
    const ids = (await readRecords([kafka.url], [EVENTS_TOPIC])).map(({ headers }) => headers["event_id"]);
    expect([...new Set(ids)]).toEqual(["a-1", "a-2", "a-3"]);
  });

  test("a broker that hangs rejects all calls that wait; the next one after it goes on succeeds", async () => {
    await using kafka = await startPrivateServer("kafka");
    const sink = await openSink({ brokers: [kafka.url] });
    await sink.publish([outgoing({ key: "a", number: 1 })]);
    await kafka.pause();
    const calls = [2, 3, 4].map((number) => sink.publish([outgoing({ key: "a", number })]));
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    await expect(sink.publish([outgoing({ key: "a", number: 2 })])).rejects.toBeInstanceOf(StoreUnavailable);
    await kafka.resume();
    await sink.publish([outgoing({ key: "a", number: 2 }), outgoing({ key: "a", number: 3 })]);
    const ids = (await readRecords([kafka.url], [EVENTS_TOPIC])).map(({ headers }) => headers["event_id"]);
    expect([...new Set(ids)].slice(0, 3)).toEqual(["a-1", "a-2", "a-3"]);
  });

  test("killed and started again under load, each event is there, in the order in which each session's first came", async () => {
    await using kafka = await startPrivateServer("kafka");
    const sink = await openSink({ brokers: [kafka.url] });
    const numbers = Array.from({ length: 3_000 }, (_, number) => number);
    const publishing = publishAll(sink, numbers);
    await kafka.kill();
    await kafka.restart();
    expect((await publishing).rejected).toBeGreaterThan(0);
    const records = await readRecords([kafka.url], [EVENTS_TOPIC]);
    const ids = [...new Set(records.map(({ headers }) => headers["event_id"]))];
    for (let key = 0; key < 5; key += 1) {
      const expected = numbers.filter((number) => number % 5 === key).map((number) => `k${key}-${number}`);
      expect(ids.filter((id) => id?.startsWith(`k${key}-`))).toEqual(expected);
    }
  });

  test("a Kafka that comes back with nothing gets its topics again", async () => {
    await using kafka = await startPrivateServer("kafka");
    const sink = await openSink({ brokers: [kafka.url] });
    await kafka.restart({ wipe: true });
    await publishAll(sink, [1]);
    expect(await readRecords([kafka.url], [EVENTS_TOPIC])).toHaveLength(1);
  });

  test("closing comes to an end while the broker hangs", async () => {
    await using kafka = await startPrivateServer("kafka");
    const sink = await openSink({ brokers: [kafka.url] });
    await kafka.pause();
    const running = sink.publish([outgoing({ key: "a", number: 1 })]);
    const [outcome] = await Promise.allSettled([running, sink.close()]);
    expect(outcome.status).toBe("rejected");
    await kafka.resume();
  });
});

describe("docs/EVENTS.md", () => {
  const root = new URL("../../", import.meta.url).pathname;
  const file = `${root}test/services/.events-consumer-${process.pid}.ts`;
  afterAll(() => rm(file, { force: true }));

  test("its consumer reads both formats as written, drops repeats and notices a gap", async () => {
    const document = await readFile(`${root}docs/EVENTS.md`, "utf8");
    await writeFile(file, /^```ts\n([\s\S]*?)\n```$/m.exec(document)?.[1] ?? "");
    const sessionId = randomUUID();
    const sample = SAMPLE_EVENTS.filter(({ seq }) => seq > 0).map((event) => ({ ...event, sessionId }));
    const encoders = [eventEncoder("protobuf"), eventEncoder("json")];
    const records = sample.map((event, at) => encoders[at % 2]!(event));
    await using kafka = await startPrivateServer("kafka"); // The topic's own name, and records of both formats on it.
    const sink = await openSink({ brokers: [kafka.url] });
    await sink.publish([...records.slice(0, 4), ...records.slice(1, 6), ...records.slice(8)]);
    const child = spawn(process.execPath, ["--disable-warning=TimeoutNegativeWarning", file], {
      cwd: root,
      env: { PATH: process.env["PATH"] ?? "", KAFKA_BROKERS: kafka.url },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const told: string[] = [];
    const done = Promise.withResolvers<void>();
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on("line", (line) => {
        told.push(line);
        // Each by its own stream, so either may come first.
        const isTold = (part: string) => told.some((one) => one.includes(part));
        if (isTold(records.at(-1)?.eventId ?? "?") && isTold("lost")) done.resolve();
      });
    }
    child.once("exit", () => done.reject(new Error(`it ended: ${told.slice(-20).join("\n")}`)));
    try {
      await done.promise;
    } finally {
      child.kill("SIGKILL");
    }
    const lines = told.filter((line) => line.startsWith(sessionId));
    const read = [...sample.slice(0, 6), ...sample.slice(8)];
    const expected = read.map((event) => {
      const { eventType, eventId } = encoders[0]!(event);
      return `${sessionId} ${event.epoch} ${event.seq} ${eventType} ${eventId}`;
    });
    expect(lines.filter((line) => !line.includes("lost"))).toEqual(expected);
    expect(lines.filter((line) => line.includes("lost"))).toEqual([`${sessionId}: events 7 to 8 are lost`]);
  });
});
