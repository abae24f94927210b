/**
 * Owned WebSocket: a `ws` socket that tells all to one owner. Listeners would be five closures and a table for each of ten thousand
 * sockets, 600 bytes; `ws` takes a class of ours for this.
 */
import { WebSocket } from "ws";

export type SocketEvent = "message" | "ping" | "pong" | "close";

export type SocketOwner = {
  /** `data`: of a message, a ping or a pong. */
  handleSocket(event: SocketEvent, data: Buffer, isBinary: boolean): void;
};

const NOTHING = Buffer.alloc(0);

export class OwnedWebSocket extends WebSocket {
  /** Null until its upgrade is complete. */
  owner: SocketOwner | null = null;

  override emit(event: string | symbol, ...told: unknown[]): boolean {
    const { owner } = this;
    if (owner === null) return super.emit(event, ...told);
    if (event === "message") owner.handleSocket(event, told[0] as Buffer, told[1] as boolean);
    else if (event === "ping" || event === "pong") owner.handleSocket(event, told[0] as Buffer, true);
    else if (event === "close") owner.handleSocket(event, NOTHING, false);
    // Of an error: `ws` has answered with the code of RFC 6455 that fits; `close` follows.
    return true;
  }
}
