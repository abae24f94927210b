/**
 * Peer formats: what clients of Socket.IO and of Colyseus say and read, as far as a load needs it.
 * In:  frames of their servers.   Out: as wire-format.ts has it.
 * Law: what is said is what their own clients would say: an event with an object, by the default parser; a message with an object,
 *      in MessagePack. What is read is read by position, since the servers in peers/ send nothing else.
 */
import { MESSAGE, readChanges } from "./colyseus-reader.ts";
import type { WireFormat } from "./wire-format.ts";

const NOWHERE = { spot: { x: 0, y: 0, z: 0 } };
const ZERO = "0".charCodeAt(0);

/** Packets of Engine.IO, and of Socket.IO within its messages. */
const PACKET = { open: ZERO, ping: ZERO + 2 } as const;
const PONG = Buffer.from("3");
const CONNECT = Buffer.from("40");
const WELCOME = '42["welcome"]';
const MOVE = Buffer.from('42["move",{"slot":');
const SEQ = ',"seq":';

export const SOCKET_IO: WireFormat = {
  subprotocol: "",
  isText: true,
  pathOf: ({ room }) => `/socket.io/?EIO=4&transport=websocket&match=${room.sessionId}`,
  replyTo(payload) {
    if (payload[0] === PACKET.ping) return PONG;
    return payload[0] === PACKET.open ? CONNECT : null;
  },
  begins: (payload) => (payload.toString("latin1") === WELCOME ? NOWHERE : null),
  move(seq, { x, y, z }, slot) {
    return Buffer.from(`42${JSON.stringify(["move", { slot, seq, x, y, z }])}`);
  },
  readInputs(payload, _room, see) {
    if (payload.length <= MOVE.length || MOVE.compare(payload, 0, MOVE.length) !== 0) return;
    let at = MOVE.length;
    let slot = 0;
    for (; isDigit(payload[at]); at++) slot = slot * 10 + payload[at]! - ZERO;
    let seq = 0;
    for (at += SEQ.length; isDigit(payload[at]); at++) seq = seq * 10 + payload[at]! - ZERO;
    see(slot, seq);
  },
};

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= ZERO + 9;
}

const JOINED = Buffer.from([MESSAGE.join]);
/** The message's name, then an object of four: short strings as keys, a whole number, three doubles. */
const MOVE_HEAD = Buffer.concat([Buffer.from([MESSAGE.data, 0xa4]), Buffer.from("move"), Buffer.from([0x84])]);
const KEYS = { seq: Buffer.from("\xa3seq\xce", "latin1"), ...doubleKeys() };
const MOVE_BYTES = MOVE_HEAD.length + KEYS.seq.length + 4 + 3 * (3 + 8);

function doubleKeys() {
  const key = (name: string) => Buffer.from(`\xa1${name}\xcb`, "latin1");
  return { x: key("x"), y: key("y"), z: key("z") };
}

export const COLYSEUS: WireFormat = {
  subprotocol: "",
  isText: false,
  /** Asks for a seat, as its clients do. */
  async pathOf({ room, slot }, port) {
    const asked = await fetch(`http://127.0.0.1:${port}/matchmake/joinOrCreate/arena`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ match: room.sessionId, slot }),
    });
    if (!asked.ok) throw new Error(`no seat: ${asked.status} ${await asked.text()}`);
    const seat = (await asked.json()) as { processId: string; roomId: string; sessionId: string };
    return `/${seat.processId}/${seat.roomId}?sessionId=${seat.sessionId}`;
  },
  replyTo: (payload) => (payload[0] === MESSAGE.join ? JOINED : null),
  begins(payload, { room }) {
    if (payload[0] !== MESSAGE.state) return null;
    readChanges(payload, room.slotByRef, () => {});
    return NOWHERE;
  },
  move(seq, { x, y, z }) {
    const bytes = Buffer.allocUnsafe(MOVE_BYTES);
    let at = MOVE_HEAD.copy(bytes);
    at += KEYS.seq.copy(bytes, at);
    at = bytes.writeUInt32BE(seq, at);
    at = bytes.writeDoubleBE(x, at + KEYS.x.copy(bytes, at));
    at = bytes.writeDoubleBE(y, at + KEYS.y.copy(bytes, at));
    bytes.writeDoubleBE(z, at + KEYS.z.copy(bytes, at));
    return bytes;
  },
  readInputs(payload, { slotByRef }, see) {
    readChanges(payload, slotByRef, see);
  },
};
