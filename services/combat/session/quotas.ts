/** Quotas: how much of what arrives between two ticks is taken in; what is more is answered RATE_LIMITED. */
import { ACTIONS_PER_TICK_MAX, DAMAGE_PER_TICK_MAX, MOVES_PER_TICK_MAX } from "../limits.ts";

export class Quotas {
  /** By slot. */
  private readonly taken: { moves: number; actions: number }[] = [];
  private damage = 0;
  private isTouched = false;

  takesMove(slot: number): boolean {
    return ++this.of(slot).moves <= MOVES_PER_TICK_MAX;
  }

  takesAction(slot: number): boolean {
    return ++this.of(slot).actions <= ACTIONS_PER_TICK_MAX;
  }

  takesDamage(): boolean {
    this.isTouched = true;
    return ++this.damage <= DAMAGE_PER_TICK_MAX;
  }

  handleTick(): void {
    if (!this.isTouched) return;
    this.isTouched = false;
    for (const taken of this.taken) taken.moves = taken.actions = 0;
    this.damage = 0;
  }

  private of(slot: number): { moves: number; actions: number } {
    this.isTouched = true;
    while (this.taken.length <= slot) this.taken.push({ moves: 0, actions: 0 });
    return this.taken[slot]!;
  }
}
