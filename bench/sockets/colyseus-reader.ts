/**
 * Colyseus reader: of the bytes of a state or a patch, which inputs of which players it shows, and nothing else.
 * In:  a state like peers/colyseus/server.js has it: a map of players, whose fields are numbers.   Out: calls, player by player.
 * Why not its own decoder: it keeps a state of its own for each socket, and ten thousand of them cost the load more than the server.
 * Law: every structure is announced by its number, then its changes follow; what this state cannot say is an error.
 */

/** First byte of a message. */
export const MESSAGE = { join: 10, data: 13, state: 14, patch: 15 } as const;
/** In their order in the schema. */
const FIELDS = ["x", "y", "z", "yaw", "slot", "lastInput"] as const;
const FIELD_BITS = 0x3f;
const NEXT_STRUCTURE = 0xff;
/** Structures by number: the state itself, its map, and then its players as they come. */
const STATE = 0;
const MAP = 1;

let at = 0;

/** `slotByRef` is filled by what says where a player sits, and read for what does not. */
export function readChanges(
  message: Buffer,
  slotByRef: number[],
  tell: (slot: number, lastInput: number) => void,
): void {
  if (message[0] !== MESSAGE.state && message[0] !== MESSAGE.patch) return;
  at = 1;
  let structure = STATE;
  while (at < message.length) {
    if (message[at] === NEXT_STRUCTURE) {
      at += 1;
      structure = readNumber(message);
    }
    if (structure === STATE) skipState(message);
    else if (structure === MAP) skipMap(message);
    else readPlayer(message, structure, slotByRef, tell);
  }
}

/** Field and number of its map. */
function skipState(message: Buffer): void {
  while (at < message.length && message[at] !== NEXT_STRUCTURE) {
    at += 1;
    readNumber(message);
  }
}

/** What is done, place, key, number of the player. */
function skipMap(message: Buffer): void {
  while (at < message.length && message[at] !== NEXT_STRUCTURE) {
    at += 1;
    readNumber(message);
    const head = message[at++]!;
    if (head >> 5 !== 0b101) throw new Error(`a key that begins with ${head} is none of a player`);
    at += head & 0x1f;
    readNumber(message);
  }
}

function readPlayer(
  message: Buffer,
  structure: number,
  slotByRef: number[],
  tell: (slot: number, lastInput: number) => void,
): void {
  let lastInput = -1;
  while (at < message.length && message[at] !== NEXT_STRUCTURE) {
    const field = FIELDS[message[at++]! & FIELD_BITS];
    if (field === undefined) throw new Error(`a player has no such field, before byte ${at}`);
    if (field === "slot") slotByRef[structure] = message[at++]!;
    else {
      if (field === "lastInput") lastInput = message.readUInt32LE(at);
      at += 4;
    }
  }
  const slot = slotByRef[structure];
  if (lastInput > 0 && slot !== undefined) tell(slot, lastInput);
}

/** Small ones are a byte; else a byte says how many follow. */
function readNumber(message: Buffer): number {
  const head = message[at++]!;
  if (head < 0x80) return head;
  if (head === 0xcc) return message[at++]!;
  if (head !== 0xcd) throw new Error(`${head} begins no number of this state`);
  at += 2;
  return message.readUInt16LE(at - 2);
}
