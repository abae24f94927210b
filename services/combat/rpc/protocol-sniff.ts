/**
 * Protocol sniff: HTTP/1.1 and HTTP/2 without TLS on one port, told apart by a connection's first bytes.
 * In:  a fresh socket.   Out: the same socket with nothing taken from it, given to one of the two.
 * Law: HTTP/2 begins with a fixed preface (RFC 9113, 3.4) and no HTTP/1.1 method begins so. A connection that stays
 *      silent is closed; one that stops within the preface's beginning too.
 */
import type { Socket } from "node:net";
import { FIRST_BYTES_MS_MAX } from "./limits.ts";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const TELLING_BYTES = 3; // "PRI": POST, PUT, PATCH and PROPFIND have all differed by then.

export type ProtocolChoice = { readonly http1: (socket: Socket) => void; readonly http2: (socket: Socket) => void };

export function sniffProtocol(socket: Socket, choice: ProtocolChoice): void {
  const timer = setTimeout(() => socket.destroy(), FIRST_BYTES_MS_MAX);
  let seen: Buffer = Buffer.alloc(0);
  const onReadable = () => {
    const bytes = socket.read() as Buffer | null;
    if (bytes === null) return; // The end of the stream: 'close' follows.
    seen = Buffer.concat([seen, bytes]);
    const isPreface = PREFACE.subarray(0, seen.length).equals(seen.subarray(0, PREFACE.length));
    // Kept here until then, not put back: what is put back is at once readable again, and that would never end.
    if (isPreface && seen.length < TELLING_BYTES) return;
    settle();
    socket.unshift(seen);
    if (isPreface) choice.http2(socket);
    else choice.http1(socket);
  };
  const onError = () => socket.destroy();
  const settle = () => {
    clearTimeout(timer);
    socket.removeListener("readable", onReadable);
    socket.removeListener("error", onError);
    socket.removeListener("close", settle);
  };
  socket.on("readable", onReadable);
  socket.on("error", onError);
  socket.on("close", settle);
}
