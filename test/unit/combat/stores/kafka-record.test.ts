/** Records are written faster than kafkajs writes them, and are byte for byte the same. */
import { createRequire } from "node:module";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { type EncodeRecord, type KafkaRecord, recordWriter } from "#combat/stores/kafka-record.ts";

const theirs: EncodeRecord = createRequire(import.meta.url)("kafkajs/src/protocol/recordBatch/record/v0/index.js");

const RECORD: KafkaRecord = {
  offsetDelta: 3,
  timestampDelta: 12,
  key: "5f0f2c1e-8f5b-4b52-9a58-2f6a3d0c9d11",
  value: Buffer.from("value"),
  headers: { event_id: "1", content_type: "application/protobuf" },
};

test("any record of ours has kafkajs' bytes, and kafkajs is not asked", () => {
  const ask = vi.fn(theirs);
  const ours = recordWriter(ask);
  const text = fc.string({ unit: "grapheme", maxLength: 200 });
  const record = fc.record({
    offsetDelta: fc.nat(),
    timestampDelta: fc.oneof(fc.nat(), fc.nat(2 ** 52 - 1)),
    key: text,
    value: fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
    headers: fc.dictionary(text, text, { maxKeys: 5 }),
  });
  fc.assert(
    fc.property(record, (given) => {
      const { buf, buffer } = ours(given);
      expect(buffer.equals(theirs(given).buffer)).toBe(true);
      expect(buf).toBe(buffer);
    }),
    { numRuns: 500 },
  );
  expect(ask).not.toHaveBeenCalled();
});

test.each([
  { name: "lengths around where they take another byte", sizes: [62, 63, 64, 65, 8_190, 8_191, 8_192, 8_193] },
  { name: "an empty value and a large one", sizes: [0, 700_000] },
])("$name", ({ sizes }) => {
  for (const size of sizes) {
    const record = { ...RECORD, value: Buffer.alloc(size, 7), key: "k".repeat(size) };
    expect(recordWriter(theirs)(record).buffer.equals(theirs(record).buffer)).toBe(true);
  }
});

test.each<{ name: string; record: KafkaRecord }>([
  { name: "no key", record: { ...RECORD, key: null } },
  { name: "a key of bytes", record: { ...RECORD, key: Buffer.from("k") } },
  { name: "no value", record: { ...RECORD, value: null } },
  { name: "several values of a header", record: { ...RECORD, headers: { a: ["1", "2"] } } },
  { name: "a header of bytes", record: { ...RECORD, headers: { a: Buffer.from("1") } } },
  { name: "a time before the batch's first", record: { ...RECORD, timestampDelta: -1 } },
])("$name: kafkajs writes it", ({ record }) => {
  const ask = vi.fn(theirs);
  expect(recordWriter(ask)(record).buffer.equals(theirs(record).buffer)).toBe(true);
  expect(ask).toHaveBeenCalledExactlyOnceWith(record);
});

test("no headers at all are none", () => {
  const { headers: _, ...bare } = RECORD;
  expect(recordWriter(theirs)(bare).buffer.equals(theirs(bare).buffer)).toBe(true);
});
