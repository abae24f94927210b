/**
 * Pending upgrade: an upgrade request between its arrival and its answer.
 * Law: it is answered once: by an upgrade, or by an HTTP status with the error body, and then the socket ends. A client
 *      that goes away meanwhile is noticed, as far as TCP tells.
 * Not here: what the answer is (websocket.ts, connection.ts).
 */
import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Server } from "ws";
import type { Problem } from "#wire/problem.ts";
import { problemAnswer } from "../rest/errors.ts";
import type { OwnedWebSocket } from "./owned-websocket.ts";

export class PendingUpgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  private readonly head: Buffer;
  private isAnswered = false;
  private whenGone: () => void = () => {};

  constructor(request: IncomingMessage, socket: Duplex, head: Buffer) {
    this.request = request;
    this.socket = socket;
    this.head = head;
    socket.on("error", this.handleError);
    socket.on("close", this.handleClose);
  }

  /** Answered, or nobody is left to answer. */
  isOver(): boolean {
    return this.isAnswered || this.socket.destroyed;
  }

  /** Told once, if the client goes before it was answered. */
  onGone(whenGone: () => void): void {
    this.whenGone = whenGone;
  }

  /** Null when the client is gone: then onGone was, or will be, told. */
  upgrade(server: Server<typeof OwnedWebSocket>): OwnedWebSocket | null {
    if (this.isOver()) return null;
    let upgraded: OwnedWebSocket | null = null;
    // `ws` completes at once: everything it could object to was looked at by entry.ts.
    server.handleUpgrade(this.request, this.socket, this.head, (webSocket) => {
      upgraded = webSocket;
    });
    if (upgraded !== null) this.settle();
    return upgraded;
  }

  refuse(why: Problem): void {
    if (this.isOver()) return;
    this.isAnswered = true;
    const { status, headers, body = "" } = problemAnswer(why);
    const lines = Object.entries({
      connection: "close",
      "content-length": String(Buffer.byteLength(body)),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    this.socket.once("finish", () => this.socket.destroy());
    this.socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`);
  }

  private settle(): void {
    this.isAnswered = true;
    this.socket.off("error", this.handleError);
    this.socket.off("close", this.handleClose);
  }

  private readonly handleError = (): void => {
    this.socket.destroy(); // A reset: `close` follows and tells.
  };

  private readonly handleClose = (): void => {
    if (!this.isAnswered) this.whenGone();
  };
}
