/**
 * Wire socket: a client's end of one WebSocket, as little of it as a load needs, so that ten thousand of them and the
 * service fit on two cores.
 * In:  where, by whose token.   Out: the payload of each binary frame as it lies in the chunk that came; when it ended.
 * Law: pings are answered; what is sent is masked as RFC 6455 wants (by zeros: masking costs the sender nothing then).
 * Not for untrusted servers: lengths are believed.
 */
import { connect, type Socket } from "node:net";

export type WireSocketOrder = {
  readonly port: number;
  readonly path: string;
  readonly protocols: readonly string[];
};

const OPCODE = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const MASK_BYTES = 4;
const SHORT_BYTES_MAX = 125;
const NO_BYTES = Buffer.alloc(0);
const HEAD_END = "\r\n\r\n";

export class WireSocket {
  /** Payload of a data frame; only valid during the call. */
  onFrame: (payload: Buffer) => void = () => {};
  onEnd: (why: string) => void = () => {};
  bytesReceived = 0;
  private rest: Buffer = NO_BYTES;
  private why = "it was cut";
  private readonly socket: Socket;

  private constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Rejects with the status line when the server would not have it. */
  static open({ port, path, protocols }: WireSocketOrder): Promise<WireSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      const wire = new WireSocket(socket);
      let head = "";
      const readHead = (chunk: Buffer) => {
        head += chunk.toString("latin1");
        const end = head.indexOf(HEAD_END);
        if (end < 0) return;
        socket.off("data", readHead);
        if (!head.startsWith("HTTP/1.1 101")) {
          socket.destroy();
          reject(new Error(head.slice(0, 400)));
          return;
        }
        socket.on("data", (bytes: Buffer) => wire.read(bytes));
        resolve(wire);
        const early = Buffer.from(head.slice(end + HEAD_END.length), "latin1");
        if (early.length > 0) setImmediate(() => wire.read(early)); // After who opened it listens.
      };
      socket.on("data", readHead);
      socket.on("error", (error) => {
        wire.why = error.message;
        reject(error);
      });
      socket.on("close", () => wire.onEnd(wire.why));
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n` +
          `${protocols.length > 0 ? `Sec-WebSocket-Protocol: ${protocols.join(", ")}\r\n` : ""}\r\n`,
      );
    });
  }

  /** At most 125 bytes. */
  send(payload: Uint8Array, { isText = false } = {}): void {
    this.socket.write(framed(isText ? OPCODE.text : OPCODE.binary, payload));
  }

  /** Without a word, and nothing is told of it any more: the other end finds a reset connection. */
  cut(): void {
    this.onFrame = () => {};
    this.onEnd = () => {};
    this.socket.resetAndDestroy();
  }

  private read(chunk: Buffer): void {
    this.bytesReceived += chunk.length;
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    while (bytes.length - at >= 2) {
      const short = bytes[at + 1]! & 0x7f;
      const headBytes = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (bytes.length - at < headBytes) break;
      const length =
        headBytes === 2 ? short : headBytes === 4 ? bytes.readUInt16BE(at + 2) : bytes.readUInt32BE(at + 6);
      if (bytes.length - at < headBytes + length) break;
      const payload = bytes.subarray(at + headBytes, at + headBytes + length);
      this.handle(bytes[at]! & 0x0f, payload);
      at += headBytes + length;
    }
    this.rest = at === bytes.length ? NO_BYTES : Buffer.from(bytes.subarray(at)); // Its own: the chunk is large.
  }

  private handle(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.ping) this.socket.write(framed(OPCODE.pong, payload));
    else if (opcode === OPCODE.close) this.why = `closed with ${payload.length >= 2 ? payload.readUInt16BE(0) : 1005}`;
    else this.onFrame(payload);
  }
}

function framed(opcode: number, payload: Uint8Array): Buffer {
  if (payload.length > SHORT_BYTES_MAX) throw new Error(`${payload.length} bytes are more than a load sends at once`);
  const frame = Buffer.alloc(2 + MASK_BYTES + payload.length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | payload.length;
  frame.set(payload, 2 + MASK_BYTES);
  return frame;
}
