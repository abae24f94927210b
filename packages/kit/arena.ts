/**
 * Arena: bytes that are given out one piece after the other and used again all together, so that what is written many times a
 * second leaves no garbage outside of the heap (of which 64 MiB make the collector look at everything).
 * Law: nobody reads a piece after `reset`; pieces given out before it grew stay as they are.
 */
const FIRST_BYTES = 64 * 1024;

export class Arena {
  private bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  private used = 0;

  /** So many bytes, with whatever is in them. */
  take(length: number): Buffer {
    if (this.used + length > this.bytes.length) {
      this.bytes = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.bytes.length));
      this.used = 0;
    }
    const from = this.used;
    this.used += length;
    return this.bytes.subarray(from, this.used);
  }

  reset(): void {
    this.used = 0;
  }
}
