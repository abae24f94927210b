/** Stirred: the slots of all who may look otherwise than they were last told, so that nobody else is looked at. */
import type { World } from "../sim/world.ts";

export class Stirred {
  private everybody = true;
  private readonly some = new Set<number>();

  get isAnybody(): boolean {
    return this.everybody || this.some.size > 0;
  }

  stir(slot: number): void {
    if (!this.everybody) this.some.add(slot);
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
    this.some.clear();
  }
}
