/**
 * Input bytes: what goes into a world as a stream of small numbers, and back.
 * In:  moves, orders, the inputs of ticks, pulses and hashes, in order.   Out: bytes; the same again.
 * Law: read(write(x)) is x, to the last field, also one that this file has never heard of. Moves are nearly all of the
 *      volume, so their known fields are written as differences to the same seat's move before; a move that has anything
 *      else, and all other inputs, are written as JSON. A stream begins with no move before: it is read by itself.
 * Layout: each entry begins with a varint, (argument * 8 + what it is). Signed numbers are zigzag varints.
 *      ticks: how many in a row had no input. move: the seat; then a byte of flags, and what they announce. order,
 *      inputs, other move: length of the JSON that follows. pulse: a bit for each lane that changed; two bytes of each.
 *      hash: 8 bytes follow.
 */
import { assert } from "#kit/assert.ts";
import type { Move, Order, StepInput } from "./inputs.ts";
import { SLOTS_MAX } from "./limits.ts";
import { noPulse, PULSE_LANES, type Pulse } from "./pulse.ts";

export type InputEntry =
  | { readonly kind: "move"; readonly move: Move }
  | { readonly kind: "order"; readonly order: Order }
  /** One tick with inputs, or so many without. */
  | { readonly kind: "inputs"; readonly inputs: readonly StepInput[] }
  | { readonly kind: "ticks"; readonly count: number }
  /** Of the world after the newest tick. */
  | { readonly kind: "pulse"; readonly pulse: Pulse }
  | { readonly kind: "hash"; readonly hash: string };

const TICKS = 0;
const MOVE = 1;
const ORDER = 2;
const INPUTS = 3;
const PULSE = 4;
const HASH = 5;
const OTHER_MOVE = 6;

const FIRST_BYTES = 4 * 1024;
/** What one entry without JSON takes at most, generously. */
const ENTRY_BYTES_MAX = 128;
const WORD = 2 ** 32;
/** Zigzag doubles a number, and it must stay whole. */
const ZIGZAG_MAX = 2 ** 51;

/** Flags of a move: what is there beside where it goes. */
const HAS_HEIGHT = 1;
const HAS_YAW = 2;
const HAS_PITCH = 4;
const CROUCHES = 8;
const STANDS = 16;
const HAS_CLAIM = 32;
const HAS_ROUND_TRIP = 64;

/** What the next move of a seat is written against. */
class Before {
  seq = 0;
  x = 0;
  y = 0;
  z = 0;
  yaw = 0;
  pitch = 0;
  behindMs = 0;
  rttMs = 0;
}

const MOVE_FIELDS = ["slot", "seq", "position", "yaw", "pitch", "stance", "atMs", "claimedMs", "rttMs"].length;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

export class InputWriter {
  private bytes = new Uint8Array(FIRST_BYTES);
  private length = 0;
  private idleTicks = 0;
  private atMs = 0;
  private befores: Before[] = [];
  private pulse = noPulse();

  get size(): number {
    return this.length;
  }

  move(move: Move): void {
    this.endIdle();
    if (!isPlain(move)) return this.json(OTHER_MOVE, move);
    const { slot, position, yaw, pitch, stance, claimedMs, rttMs } = move;
    while (this.befores.length <= slot) this.befores.push(new Before());
    const before = this.befores[slot]!;
    this.head(MOVE, slot);
    let flags = 0;
    if (position.z !== before.z) flags |= HAS_HEIGHT;
    if (yaw !== null) flags |= HAS_YAW;
    if (pitch !== null) flags |= HAS_PITCH;
    if (stance !== null) flags |= stance === "crouch" ? CROUCHES : STANDS;
    if (claimedMs !== null) flags |= HAS_CLAIM;
    if (rttMs !== null) flags |= HAS_ROUND_TRIP;
    this.bytes[this.length++] = flags;
    this.signed(move.seq - before.seq);
    this.signed(position.x - before.x);
    this.signed(position.y - before.y);
    this.signed(move.atMs - this.atMs);
    if (position.z !== before.z) this.signed(position.z - before.z);
    if (yaw !== null) this.signed(yaw - before.yaw);
    if (pitch !== null) this.signed(pitch - before.pitch);
    if (claimedMs !== null) this.signed(move.atMs - claimedMs - before.behindMs);
    if (rttMs !== null) this.signed(rttMs - before.rttMs);
    note(before, move);
    this.atMs = move.atMs;
  }

  order(order: Order): void {
    this.endIdle();
    this.json(ORDER, order);
  }

  step(inputs: readonly StepInput[]): void {
    if (inputs.length === 0) {
      this.idleTicks += 1;
      return;
    }
    this.endIdle();
    this.json(INPUTS, inputs);
  }

  /** After a step; nothing is written when nothing changed. */
  pulseIs(pulse: Pulse): void {
    let changed = 0;
    for (let lane = 0; lane < pulse.length; lane++) if (pulse[lane] !== this.pulse[lane]) changed |= 1 << lane;
    if (changed === 0) return;
    this.endIdle();
    this.head(PULSE, changed);
    for (let lane = 0; lane < pulse.length; lane++) {
      if ((changed & (1 << lane)) === 0) continue;
      this.pulse[lane] = pulse[lane]!;
      this.bytes[this.length++] = pulse[lane]! & 0xff;
      this.bytes[this.length++] = pulse[lane]! >>> 8;
    }
  }

  /** 16 hex digits. */
  hash(hash: string): void {
    this.endIdle();
    this.head(HASH, 0);
    for (let at = 0; at < 16; at += 2) this.bytes[this.length++] = Number.parseInt(hash.slice(at, at + 2), 16);
  }

  /** What was written since the last call; the next begins a stream of its own. */
  take(): Uint8Array {
    this.endIdle();
    const taken = this.bytes.slice(0, this.length);
    this.length = 0;
    this.atMs = 0;
    this.befores = [];
    this.pulse = noPulse();
    return taken;
  }

  private endIdle(): void {
    this.room(ENTRY_BYTES_MAX);
    if (this.idleTicks === 0) return;
    this.head(TICKS, this.idleTicks);
    this.idleTicks = 0;
  }

  private json(kind: number, value: unknown): void {
    const text = encoder.encode(JSON.stringify(value));
    this.head(kind, text.length);
    this.room(text.length + ENTRY_BYTES_MAX);
    this.bytes.set(text, this.length);
    this.length += text.length;
  }

  private head(kind: number, argument: number): void {
    this.varint(argument * 8 + kind);
  }

  private signed(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  private varint(value: number): void {
    let rest = value;
    while (rest >= WORD) {
      this.bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    while (rest > 0x7f) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  private room(length: number): void {
    if (this.length + length <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + length));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

/** Whether the short form has all of a move. */
function isPlain(move: Move): boolean {
  const { slot, seq, position, yaw, pitch, stance, atMs, claimedMs, rttMs } = move;
  if (slot < 0 || slot >= SLOTS_MAX || !(stance === null || stance === "crouch" || stance === "stand")) return false;
  if (!(isShort(slot) && isShort(seq) && isShort(atMs) && isShort(position.x) && isShort(position.y))) return false;
  if (!(isShort(position.z) && isShort(yaw ?? 0) && isShort(pitch ?? 0))) return false;
  if (!(isShort(claimedMs ?? 0) && isShort(rttMs ?? 0))) return false;
  return Object.keys(move).length === MOVE_FIELDS && Object.keys(position).length === 3;
}

function isShort(value: number): boolean {
  return Number.isInteger(value) && value < ZIGZAG_MAX / 2 && value > -ZIGZAG_MAX / 2 && !Object.is(value, -0);
}

function note(before: Before, { seq, position, yaw, pitch, atMs, claimedMs, rttMs }: Move): void {
  before.seq = seq;
  before.x = position.x;
  before.y = position.y;
  before.z = position.z;
  if (yaw !== null) before.yaw = yaw;
  if (pitch !== null) before.pitch = pitch;
  if (claimedMs !== null) before.behindMs = atMs - claimedMs;
  if (rttMs !== null) before.rttMs = rttMs;
}

/** The entries of one stream. Throws where it is none. */
export function* readInputs(bytes: Uint8Array): Generator<InputEntry, void> {
  const reader = new Reader(bytes);
  while (!reader.isDone) yield reader.entry();
}

class Reader {
  private at = 0;
  private atMs = 0;
  private readonly befores: Before[] = [];
  private readonly pulse = noPulse();
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isDone(): boolean {
    return this.at >= this.bytes.length;
  }

  entry(): InputEntry {
    const head = this.varint();
    const argument = Math.floor(head / 8);
    switch (head % 8) {
      case TICKS:
        return { kind: "ticks", count: argument };
      case MOVE:
        return { kind: "move", move: this.move(argument) };
      case OTHER_MOVE:
        return { kind: "move", move: this.json(argument) as Move };
      case ORDER:
        return { kind: "order", order: this.json(argument) as Order };
      case INPUTS:
        return { kind: "inputs", inputs: this.json(argument) as StepInput[] };
      case PULSE:
        return { kind: "pulse", pulse: this.pulseOf(argument) };
      case HASH:
        return { kind: "hash", hash: this.hex(8) };
      default:
        throw new Error(`a recording has an entry of kind ${head % 8}, which this release does not know`);
    }
  }

  private move(slot: number): Move {
    assert(slot < SLOTS_MAX, "a recorded move names a seat");
    while (this.befores.length <= slot) this.befores.push(new Before());
    const before = this.befores[slot]!;
    const flags = this.byte();
    const has = (flag: number) => (flags & flag) !== 0;
    const seq = before.seq + this.signed();
    const x = before.x + this.signed();
    const y = before.y + this.signed();
    const atMs = this.atMs + this.signed();
    const z = before.z + (has(HAS_HEIGHT) ? this.signed() : 0);
    const yaw = has(HAS_YAW) ? before.yaw + this.signed() : null;
    const pitch = has(HAS_PITCH) ? before.pitch + this.signed() : null;
    const claimedMs = has(HAS_CLAIM) ? atMs - before.behindMs - this.signed() : null;
    const rttMs = has(HAS_ROUND_TRIP) ? before.rttMs + this.signed() : null;
    const stance = has(CROUCHES) ? "crouch" : has(STANDS) ? "stand" : null;
    const move: Move = { slot, seq, position: { x, y, z }, yaw, pitch, stance, atMs, claimedMs, rttMs };
    note(before, move);
    this.atMs = atMs;
    return move;
  }

  private pulseOf(changed: number): Pulse {
    for (let lane = 0; lane < PULSE_LANES.length; lane++) {
      if ((changed & (1 << lane)) !== 0) this.pulse[lane] = this.byte() + this.byte() * 0x100;
    }
    return this.pulse.slice();
  }

  private json(length: number): unknown {
    const text = decoder.decode(this.block(length));
    return JSON.parse(text);
  }

  private hex(length: number): string {
    return [...this.block(length)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  private block(length: number): Uint8Array {
    assert(this.at + length <= this.bytes.length, "a recorded stream ends with a whole entry");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  private byte(): number {
    assert(this.at < this.bytes.length, "a recorded stream ends with a whole entry");
    return this.bytes[this.at++]!;
  }

  private signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  private varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 56; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new Error("a recorded number is too long");
  }
}
