/** A recorded part comes back from its bytes as it was, and bytes that are none are refused whole. */
import { gunzipSync, gzipSync } from "node:zlib";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { CONTENT_VERSION } from "#combat/sim/content-version.ts";
import { RECORDING_ENDS, type RecordedPart } from "#combat/sim/recorder.ts";
import { RECORDING_PART_BYTES_MAX } from "#combat/stores/limits.ts";
import { BrokenRecording, decodePart, encodePart, RECORDING_FORMAT } from "#combat/stores/recording-codec.ts";
import { type RecordedPart as Message, RecordedPartSchema } from "#gen/necpgame/combat/v1/recording_pb.js";

const PART: RecordedPart = {
  number: 3,
  firstTick: 900,
  lastTick: 1_200,
  world: '{"tick":900}',
  inputs: Uint8Array.from({ length: 300 }, (_, at) => at % 256),
  end: null,
};

const SEATS = [
  { slot: 0, playerId: "ann", teamId: "red" },
  { slot: 7, playerId: "bob", teamId: "blue" },
];
const OWNER = { sessionId: "session", epoch: 2, seed: 4_294_967_295, seats: SEATS };

test.each<{ name: string; part: RecordedPart; seats: typeof SEATS }>([
  { name: "with a world", part: PART, seats: SEATS },
  { name: "that follows on another", part: { ...PART, world: null }, seats: [] },
  ...RECORDING_ENDS.map((end) => {
    return { name: `that ends as ${end}`, part: { ...PART, inputs: new Uint8Array(0), end }, seats: SEATS };
  }),
])("a part $name comes back as it was, with whose it is and under which content", async ({ part, seats }) => {
  const decoded = decodePart(await encodePart(part, OWNER));
  expect({ ...decoded, inputs: new Uint8Array(decoded.inputs) }).toEqual({
    ...part,
    ...OWNER,
    seats,
    contentVersion: CONTENT_VERSION,
  });
});

describe("refused", () => {
  async function changed(change: (message: Message) => void): Promise<Uint8Array> {
    const message = fromBinary(RecordedPartSchema, gunzipSync(await encodePart(PART, OWNER)));
    change(message);
    return gzipSync(toBinary(RecordedPartSchema, message));
  }

  const newer = (message: Message) => {
    message.format = RECORDING_FORMAT + 1;
  };
  const otherEnd = (message: Message) => {
    message.end = "bored";
  };
  test.each<{ name: string; bytes: () => Promise<Uint8Array>; says: string }>([
    { name: "cut off", bytes: async () => (await encodePart(PART, OWNER)).slice(0, -9), says: "torn" },
    { name: "no gzip", bytes: async () => new Uint8Array(40), says: "torn" },
    { name: "gzip of something else", bytes: async () => gzipSync("hello"), says: "torn" },
    { name: "gzip of nothing", bytes: async () => gzipSync(""), says: "no part" },
    { name: "newer than this release", bytes: () => changed(newer), says: "newer release" },
    { name: "of an end that nobody knows", bytes: () => changed(otherEnd), says: '"bored"' },
    {
      name: "larger than any part is",
      bytes: async () => gzipSync(new Uint8Array(RECORDING_PART_BYTES_MAX + 1)),
      says: "torn",
    },
  ])("bytes that are $name", async ({ bytes, says }) => {
    const given = await bytes();
    expect(() => decodePart(given)).toThrow(BrokenRecording);
    expect(() => decodePart(given)).toThrow(says);
  });

  test("a part with any byte flipped", async () => {
    const bytes = await encodePart(PART, OWNER);
    // The head of gzip has a time, a system and flags that say nothing of the content; the rest is under its checksum.
    for (let at = 10; at < bytes.length; at++) {
      const flipped = Uint8Array.from(bytes);
      flipped[at]! ^= 1;
      expect(() => decodePart(flipped), `byte ${at}`).toThrow(BrokenRecording);
    }
  });
});
