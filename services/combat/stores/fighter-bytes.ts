/**
 * Fighter bytes: what the fighters of one session were as bytes when they were encoded last. Of twenty fighters two or three
 * change between two checkpoints, and to make messages of all of them was nearly half of what combat allocates.
 * Law: whoever may have changed is forgotten before the next encoding.
 */
import { SLOTS_MAX } from "../sim/limits.ts";

/** Most take about half; who takes more is encoded each time. */
const BYTES_MAX = 320;

export class FighterBytes {
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
