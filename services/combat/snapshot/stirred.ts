/** Stirred: the slots of all who may be otherwise than they were last told, or kept, so that nobody else is looked at. */
import type { World } from "../sim/world.ts";

export class Stirred {
  private everybody = true;
  private readonly some: number[] = [];

  get isAnybody(): boolean {
    return this.everybody || this.some.length > 0;
  }

  stir(slot: number): void {
    if (!this.everybody && !this.some.includes(slot)) this.some.push(slot);
  }

  stirAll(): void {
    this.everybody = true;
  }

  slots({ fighters }: World): Iterable<number> {
    return this.everybody ? fighters.keys() : this.some;
  }

  /** All was told. */
  settle(): void {
    this.everybody = false;
    this.some.length = 0;
  }
}
