/** Chance of one trace: every draw comes from its seed, so that a trace that fails comes back. */
import { createRng, nextUint32, type Rng } from "#kit/rng.ts";

export class Chance {
  private readonly rng: Rng;

  constructor(seed: number) {
    this.rng = createRng(seed);
  }

  /** From 0 to just below 1. */
  share(): number {
    return nextUint32(this.rng) / 2 ** 32;
  }

  between(least: number, most: number): number {
    return least + this.share() * (most - least);
  }

  one<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.share() * items.length)]!;
  }

  happens(share: number): boolean {
    return this.share() < share;
  }
}
