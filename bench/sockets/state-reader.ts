/**
 * State reader: of a ServerMessage's bytes, when it was made and which inputs of which players a state shows, and nothing else.
 * Why not the generated code: it makes an object of everything, which at fifty thousand frames a second costs the load more
 * than the service; the field numbers are checked against the contract by a test.
 */

/** Field numbers of the contract. */
export const FIELDS = { timestamp: 2, stateUpdate: 4, players: 3, slot: 1, lastInput: 7 } as const;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

let at = 0;

/** Calls for each player of a state_update; other messages have none. */
export function readInputs(message: Uint8Array, tell: (slot: number, lastInput: number) => void): void {
  at = 0;
  eachField(message, message.length, (field, wire) => {
    if (field !== FIELDS.stateUpdate || wire !== BYTES) return skip(message, wire);
    const end = varint(message) + at;
    eachField(message, end, (inner, innerWire) => {
      if (inner !== FIELDS.players || innerWire !== BYTES) return skip(message, innerWire);
      readPlayer(message, tell);
    });
  });
}

/** Milliseconds since 1970, whole; null where it does not say. */
export function madeAtUnixMs(message: Buffer): number | null {
  at = 0;
  while (at < message.length) {
    const tag = varint(message);
    if (tag === ((FIELDS.timestamp << 3) | FIXED64)) return message.readDoubleLE(at);
    skip(message, tag & 7);
  }
  return null;
}

function readPlayer(message: Uint8Array, tell: (slot: number, lastInput: number) => void): void {
  const end = varint(message) + at;
  let slot = 0;
  let lastInput = 0;
  eachField(message, end, (field, wire) => {
    if (field === FIELDS.slot) slot = varint(message);
    else if (field === FIELDS.lastInput) lastInput = varint(message);
    else skip(message, wire);
  });
  tell(slot, lastInput);
}

function eachField(message: Uint8Array, end: number, read: (field: number, wire: number) => void): void {
  while (at < end) {
    const tag = varint(message);
    read(tag >>> 3, tag & 7);
  }
}

function skip(message: Uint8Array, wire: number): void {
  if (wire === VARINT) varint(message);
  else if (wire === FIXED64) at += 8;
  else if (wire === FIXED32) at += 4;
  else {
    const length = varint(message);
    at += length;
  }
}

/** Up to 32 bits are kept. */
function varint(message: Uint8Array): number {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = message[at++]!;
    if (shift < 32) value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
}
