/**
 * Framing: a message as it goes over a WebSocket, header and all (RFC 6455, section 5.2), made once for all its readers.
 * A server neither masks nor, here, fragments or compresses, so every reader of a format gets the same bytes.
 */
import type { Format } from "../connection/messages.ts";

const FINAL = 0x80;
const OPCODE = { json: 1, protobuf: 2 } as const satisfies Record<Format, number>;
const BYTES_IN_7_BITS = 125;
const BYTES_IN_16_BITS = 0xffff;

/** A copy: it pins no larger buffer. */
export function framed(format: Format, payload: Uint8Array): Buffer {
  const { length } = payload;
  const headBytes = length <= BYTES_IN_7_BITS ? 2 : length <= BYTES_IN_16_BITS ? 4 : 10;
  const frame = Buffer.allocUnsafeSlow(headBytes + length);
  frame[0] = FINAL | OPCODE[format];
  if (headBytes === 2) frame[1] = length;
  else if (headBytes === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.set(payload, headBytes);
  return frame;
}
