/** Ids: UUIDs of version 4 out of a seeded generator, so that the same seed gives the same sessions and players. */
import { nextUint32, type Rng } from "#kit/rng.ts";

export function createUuid(rng: Rng): string {
  const bytes = Buffer.alloc(16);
  for (let at = 0; at < 16; at += 4) bytes.writeUInt32BE(nextUint32(rng), at);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
