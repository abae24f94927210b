/** Published: every numbered event that stands on the topic of combat events, read from its beginning to where it ends now. */
import { randomUUID } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import { Kafka, logLevel } from "kafkajs";
import { EVENTS_TOPIC } from "#combat/rpc/encode-event.ts";
import { type CombatEventEnvelope, CombatEventEnvelopeSchema } from "#gen/necpgame/combat/v1/event_pb.js";

const READ_MS_MAX = 120_000;

export type Published = {
  readonly sessionId: string;
  readonly eventId: string;
  readonly seq: number;
  readonly epoch: number;
  readonly envelope: CombatEventEnvelope;
};

/** In order per session; what was sent twice is there twice. `take` says which sessions are wanted. */
export async function readPublished(
  brokers: readonly string[],
  take: (sessionId: string) => boolean = () => true,
): Promise<Published[]> {
  const kafka = new Kafka({ clientId: "test", brokers: [...brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(EVENTS_TOPIC);
  await admin.disconnect();
  const missing = new Map(
    offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]),
  );
  for (const [partition, { low, high }] of missing) if (high <= low) missing.delete(partition);
  const found: Published[] = [];
  if (missing.size === 0) return found;
  const consumer = kafka.consumer({ groupId: `test-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topic: EVENTS_TOPIC, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the topic was not read in ${READ_MS_MAX} ms`)), READ_MS_MAX);
    consumer
      .run({
        eachBatch: async ({ batch }) => {
          for (const { key, value } of batch.messages) {
            if (key === null || value === null || !take(String(key))) continue;
            const published = publishedOf(value);
            if (published.seq > 0) found.push(published); // Samples have no number and were shown to nobody.
          }
          const end = missing.get(batch.partition)?.high ?? 0;
          if (Number(batch.lastOffset()) >= end - 1) missing.delete(batch.partition);
          if (missing.size > 0) return;
          clearTimeout(timer);
          resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return found;
}

function publishedOf(value: Buffer): Published {
  const envelope = fromBinary(CombatEventEnvelopeSchema, value);
  const { sessionId, eventId, data } = envelope;
  return { sessionId, eventId, seq: data?.seq ?? 0, epoch: data?.epoch ?? 0, envelope };
}
