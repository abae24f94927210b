/** Kafka for tests: the cluster of this run, what stands on topics, and tidying up behind a test. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Admin, Kafka, logLevel } from "kafkajs";
import { realStores } from "#support/real-stores.ts";

const READ_MS_MAX = 60_000;
const LEADER_TRIES_MAX = 100;
const LEADER_PAUSE_MS = 100;

export type KafkaRecord = {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly atUnixMs: number;
};

export function brokersOfRun(): readonly string[] {
  return realStores().brokers;
}

export async function withAdmin<T>(brokers: readonly string[], use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = client(brokers).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

export function removeTopics(brokers: readonly string[], prefix: string): Promise<void> {
  return withAdmin(brokers, async (admin) => {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  });
}

/** From the beginnings of the topics to their ends as they are now; in order within each partition. */
export async function readRecords(brokers: readonly string[], topics: readonly string[]): Promise<KafkaRecord[]> {
  const missing = await endsOf(brokers, topics);
  const found: KafkaRecord[] = [];
  if (missing.size === 0) return found;
  const consumer = client(brokers).consumer({ groupId: `test-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  const read = Promise.withResolvers<void>();
  const timer = setTimeout(() => read.reject(new Error(`not read in ${READ_MS_MAX} ms`)), READ_MS_MAX);
  consumer
    .run({
      eachBatch: async ({ batch: { topic, partition, messages } }) => {
        const place = `${topic} ${partition}`;
        const end = missing.get(place) ?? 0;
        for (const { offset, key, value, headers, timestamp } of messages) {
          if (Number(offset) >= end) continue;
          const words = Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)]);
          found.push({
            topic,
            partition,
            key: String(key),
            value: value ?? Buffer.alloc(0),
            headers: Object.fromEntries(words),
            atUnixMs: Number(timestamp),
          });
        }
        if (Number(messages.at(-1)?.offset ?? -1) >= end - 1) missing.delete(place);
        if (missing.size === 0) read.resolve();
      },
    })
    .catch(read.reject);
  try {
    await read.promise;
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
  return found;
}

/** By "topic partition", of those that hold something. */
function endsOf(brokers: readonly string[], topics: readonly string[]): Promise<Map<string, number>> {
  return withAdmin(brokers, async (admin) => {
    const ends = new Map<string, number>();
    for (const topic of topics) {
      for (const { partition, low, high } of await offsetsOf(admin, topic)) {
        if (Number(high) > Number(low)) ends.set(`${topic} ${partition}`, Number(high));
      }
    }
    return ends;
  });
}

/** Of a topic that was just made a partition may have no leader yet, of which nothing is told but this error. */
async function offsetsOf(admin: Admin, topic: string): ReturnType<Admin["fetchTopicOffsets"]> {
  for (let triesLeft = LEADER_TRIES_MAX; ; triesLeft--) {
    try {
      return await admin.fetchTopicOffsets(topic);
    } catch (error) {
      const isElecting = error instanceof Error && /not the leader|leadership election/.test(error.message);
      if (!isElecting || triesLeft === 0) throw error;
      await delay(LEADER_PAUSE_MS);
    }
  }
}

function client(brokers: readonly string[]): Kafka {
  return new Kafka({ clientId: "test", brokers: [...brokers], logLevel: logLevel.NOTHING });
}
