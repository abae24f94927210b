/**
 * Chance: everything random of a fault test comes out of one seed, which is printed, so that a failure can be tried again.
 * In:  FAULT_SEED, or a seed drawn now.   Out: numbers and picks.
 * What the machine's own timing decides stays outside of it: the same seed gives the same plan, not the same interleaving.
 */
import { createRng, nextBelow, nextUint32, type Rng } from "#kit/rng.ts";

export class Chance {
  readonly seed: number;
  private readonly rng: Rng;

  constructor(seed: number) {
    this.seed = seed;
    this.rng = createRng(seed);
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + nextBelow(this.rng, most - least + 1);
  }

  pick<T>(items: readonly T[]): T {
    return items[nextBelow(this.rng, items.length)] as T;
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return nextBelow(this.rng, times) === 0;
  }

  /** From 0 to below 1, for those who want it so. */
  readonly fraction = (): number => nextUint32(this.rng) / 2 ** 32;

  /** A generator of its own, so that what one part draws does not change what another gets. */
  fork(): Chance {
    return new Chance(nextUint32(this.rng));
  }
}

/** Prints the seed under the name of who asks. */
export function newChance(name: string): Chance {
  const given = process.env["FAULT_SEED"];
  const seed = given ? wholeNumber("FAULT_SEED", given) : Math.floor(Math.random() * 2 ** 32);
  process.stderr.write(`${name}: FAULT_SEED=${seed}\n`);
  return new Chance(seed);
}

/** How often each fault is repeated. */
export const FAULT_ROUNDS = roundsOf("FAULT_ROUNDS", 20);
/** How often one that takes many seconds each time is. */
export const SLOW_FAULT_ROUNDS = roundsOf("SLOW_FAULT_ROUNDS", 6);
/** How often one that takes more than a minute is. */
export const LONG_FAULT_ROUNDS = roundsOf("LONG_FAULT_ROUNDS", 2);

function roundsOf(name: string, normally: number): number {
  return Math.max(1, wholeNumber(name, process.env[name] ?? String(normally)));
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new Error(`${name} is "${text}"; allowed: a whole number`);
  return Number(text);
}
