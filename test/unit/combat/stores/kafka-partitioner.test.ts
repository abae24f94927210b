/** A session's partition is the one that Kafka's Java client takes for its id. */
import { randomInt, randomUUID } from "node:crypto";
import { Partitioners } from "kafkajs";
import { expect, test } from "vitest";
import { murmur2, sessionPartitioner } from "#combat/stores/kafka-partitioner.ts";

// org.apache.kafka.common.utils.UtilsTest, testMurmur2.
test.each([
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["a-little-bit-longer-string", -1486304829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ["abc", 479470107],
])("murmur2 of %s is %d", (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash);
  const within = Buffer.from(`x${text}x`);
  expect(murmur2(within.subarray(1, within.length - 1))).toBe(hash);
});

test("any key goes where kafkajs' Java-compatible partitioner has it, the first time and later", () => {
  const ours = sessionPartitioner();
  const theirs = Partitioners.JavaCompatiblePartitioner();
  for (let run = 0; run < 5_000; run += 1) {
    const key = run % 3 ? randomUUID() : "ä🗝x".repeat(randomInt(40)) + randomInt(1000);
    const partitionMetadata = Array.from({ length: 1 + randomInt(30) }, (_, partitionId) => ({
      partitionId,
      partitionErrorCode: 0,
      leader: 1,
      replicas: [1],
      isr: [1],
    }));
    const of = { topic: "t", partitionMetadata, message: { key, value: null } };
    const partition = theirs(of);
    expect([ours(of), ours(of)], `${key} of ${partitionMetadata.length}`).toEqual([partition, partition]);
  }
});
