/**
 * Slow reader: a spectator's socket that takes so many bytes a second from its kernel and not more, so that what it does not take
 * fills the buffers of both kernels first, and then waits in the gateway. It says something now and then, as clients do: it is
 * slow, and not gone.
 * In:  where, by whose token, how fast.   Out: the numbers of the events it was given, and how it ended.
 */
import { connect, type Socket } from "node:net";
import type { WireSocketOrder } from "./wire-socket.ts";

const TURN_MS = 100;
const HEAD_END = "\r\n\r\n";
const CLOSE = 8;
const TEXT = 1;
const SAY_MS = 5_000;
/** {"type":"ping"} as one masked text frame; masked by zeros, which changes nothing. */
const PING = Buffer.concat([Buffer.from([0x81, 0x80 | 15, 0, 0, 0, 0]), Buffer.from('{"type":"ping"}')]);

export class SlowReader {
  /** Of the events it was given, as they came. */
  readonly seqs: number[] = [];
  /** The code of its close; null while it is open, 0 when it was cut without one. */
  closedWith: number | null = null;
  private owed = 0;
  private rest: Buffer = Buffer.alloc(0);
  private isOpen = false;
  private readonly socket: Socket;
  private readonly timer: NodeJS.Timeout;
  private readonly saying: NodeJS.Timeout;

  /** Speaks JSON, of which a state takes ten times the bytes. */
  constructor({ port, path, protocols }: WireSocketOrder, bytesPerS: number) {
    this.socket = connect({ port, host: "127.0.0.1" });
    this.socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n` +
        `Sec-WebSocket-Protocol: ${protocols.join(", ")}\r\n\r\n`,
    );
    this.socket.on("data", (bytes: Buffer) => this.take(bytes));
    this.socket.on("error", () => {}); // `close` follows.
    this.socket.on("close", () => {
      clearInterval(this.timer);
      clearInterval(this.saying);
      this.closedWith ??= 0;
    });
    this.saying = setInterval(() => this.socket.write(PING), SAY_MS);
    this.timer = setInterval(() => {
      this.owed = Math.max(0, this.owed - (bytesPerS * TURN_MS) / 1000);
      if (this.owed === 0) this.socket.resume();
    }, TURN_MS);
  }

  /** Takes all there still is, as fast as it comes, for so long or until it is closed. */
  async hurry(ms: number): Promise<void> {
    clearInterval(this.timer);
    this.owed = Number.NEGATIVE_INFINITY;
    this.socket.resume();
    for (let waited = 0; waited < ms && this.closedWith === null; waited += TURN_MS) {
      await new Promise((resolve) => setTimeout(resolve, TURN_MS));
    }
    this.socket.destroy();
  }

  private take(bytes: Buffer): void {
    this.owed += bytes.length;
    if (this.owed > 0) this.socket.pause();
    this.rest = Buffer.concat([this.rest, bytes]);
    if (!this.isOpen) {
      const end = this.rest.indexOf(HEAD_END);
      if (end < 0) return;
      this.isOpen = true;
      this.rest = this.rest.subarray(end + HEAD_END.length);
    }
    for (let frame = this.nextFrame(); frame !== null; frame = this.nextFrame())
      this.handle(frame.opcode, frame.payload);
  }

  private nextFrame(): { opcode: number; payload: Buffer } | null {
    const { rest } = this;
    if (rest.length < 2) return null;
    const short = rest[1]! & 0x7f;
    const headBytes = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (rest.length < headBytes) return null;
    const length = headBytes === 2 ? short : headBytes === 4 ? rest.readUInt16BE(2) : rest.readUInt32BE(6);
    if (rest.length < headBytes + length) return null;
    this.rest = rest.subarray(headBytes + length);
    return { opcode: rest[0]! & 0x0f, payload: rest.subarray(headBytes, headBytes + length) };
  }

  private handle(opcode: number, payload: Buffer): void {
    if (opcode === CLOSE) this.closedWith = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    if (opcode !== TEXT) return;
    const message = JSON.parse(payload.toString()) as { type: string; seq?: number };
    if (message.type === "combat_event" && message.seq !== undefined) this.seqs.push(message.seq);
  }
}
