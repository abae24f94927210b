/**
 * Rng: one match's randomness. The state is four whole numbers and nothing else, so it can be copied, stored,
 * hashed and compared; drawing changes it in place.
 * Law: the same seed gives the same draws on every machine: only 32-bit integer operations are used.
 * Not for secrets: whoever sees a few draws can tell the next.
 */
import { assert } from "./assert.ts";

/** State of a small fast counter generator (the "sfc32" construction): three mixed words and a counter. */
export type Rng = { a: number; b: number; c: number; counter: number };

const WARM_UP_DRAWS = 12; // Enough that seeds differing in one bit share nothing in their first draw.
const BOUND_MAX = 2 ** 21; // draw * bound stays below 2^53, so the product is exact.

/** `seed` is any whole number from 0 to 2^32 - 1. */
export function createRng(seed: number): Rng {
  assert(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32, "a seed is a whole number from 0 to 2^32 - 1");
  const rng: Rng = { a: seed | 0, b: 0x2545f491, c: ~seed, counter: 1 };
  for (let draw = 0; draw < WARM_UP_DRAWS; draw++) nextUint32(rng);
  return rng;
}

/** A whole number from 0 to 2^32 - 1. */
export function nextUint32(rng: Rng): number {
  const drawn = (rng.a + rng.b + rng.counter) | 0;
  rng.counter = (rng.counter + 1) | 0;
  rng.a = rng.b ^ (rng.b >>> 9);
  rng.b = (rng.c + (rng.c << 3)) | 0;
  rng.c = (((rng.c << 21) | (rng.c >>> 11)) + drawn) | 0;
  return drawn >>> 0;
}

/** A whole number from 0 to `bound` - 1. Its bias is below bound / 2^32, which no match is long enough to show. */
export function nextBelow(rng: Rng, bound: number): number {
  assert(Number.isInteger(bound) && bound >= 1 && bound <= BOUND_MAX, "a bound is a whole number from 1 to 2^21");
  return Math.floor((nextUint32(rng) * bound) / 2 ** 32);
}
