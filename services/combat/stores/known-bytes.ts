/**
 * Known bytes: what the fighters and seats of one session were as bytes when they were encoded last. Of twenty fighters two
 * or three change between two checkpoints, of their seats hardly any, and to make messages of all of them was nearly half of
 * what combat allocates.
 * Law: a fighter who may have changed is forgotten before the next encoding. Of a seat a change is seen by looking.
 */
import type { Seat } from "../session/roster.ts";
import { SLOTS_MAX } from "../sim/limits.ts";

/** Most take about half; who takes more is encoded each time. */
const BYTES_MAX = 320;

class FighterBytes {
  private bytes = Buffer.alloc(0);
  /** By slot; 0 for who is not kept. */
  private readonly lengths = new Uint16Array(SLOTS_MAX);

  forget(slot: number): void {
    this.lengths[slot] = 0;
  }

  /** The kept ones, or those that `encode` gives, which are kept. Valid until the slot is encoded again. */
  of(slot: number, encode: () => Buffer): Buffer {
    const from = slot * BYTES_MAX;
    const length = this.lengths[slot]!;
    if (length > 0) return this.bytes.subarray(from, from + length);
    const fresh = encode();
    if (fresh.length > BYTES_MAX) return fresh;
    this.grow(from + BYTES_MAX);
    fresh.copy(this.bytes, from);
    this.lengths[slot] = fresh.length;
    return fresh;
  }

  private grow(length: number): void {
    if (length <= this.bytes.length) return;
    const larger = Buffer.alloc(length);
    this.bytes.copy(larger);
    this.bytes = larger;
  }
}

type KnownSeat = { readonly seat: Seat; readonly bytes: Buffer };

class SeatBytes {
  private readonly bySeat = new WeakMap<Seat, KnownSeat>();

  /** The kept ones, or those that `encode` gives, which are kept. */
  of(seat: Seat, encode: () => Buffer): Buffer {
    const known = this.bySeat.get(seat);
    if (known !== undefined && isSame(known.seat, seat)) return known.bytes;
    const bytes = Buffer.from(encode()); // A copy: the other's place is used again.
    this.bySeat.set(seat, { seat: { ...seat }, bytes });
    return bytes;
  }
}

export class KnownBytes {
  readonly fighters = new FighterBytes();
  readonly seats = new SeatBytes();
}

/** What is within a seat is replaced, never changed. */
function isSame(known: Seat, seat: Seat): boolean {
  for (const field in seat) if (seat[field as keyof Seat] !== known[field as keyof Seat]) return false;
  return true;
}
