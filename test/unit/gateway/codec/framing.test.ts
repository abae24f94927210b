/** Framing: what goes over the socket is what RFC 6455 has, in the shortest form of every length. */
import { expect, test } from "vitest";
import { framed } from "#gateway/codec/framing.ts";

test.each([
  { length: 0, head: [0x82, 0] },
  { length: 125, head: [0x82, 125] },
  { length: 126, head: [0x82, 126, 0, 126] },
  { length: 65_535, head: [0x82, 126, 0xff, 0xff] },
  { length: 65_536, head: [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0] },
])("$length bytes", ({ length, head }) => {
  const payload = Uint8Array.from({ length }, (_, at) => at);
  const frame = framed("protobuf", payload);
  expect([...frame.subarray(0, head.length)]).toEqual(head);
  expect(Buffer.compare(frame.subarray(head.length), payload)).toBe(0);
});

test("JSON is text", () => {
  expect([...framed("json", Buffer.from("{}"))]).toEqual([0x81, 2, ...Buffer.from("{}")]);
});
