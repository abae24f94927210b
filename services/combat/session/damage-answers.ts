/** Damage answers: what became of damage that was asked for under an idempotency key, so that asking twice deals once. */
import { DAMAGE_KEYS_MAX } from "../limits.ts";
import type { Outcome } from "../sim/inputs.ts";

export class DamageAnswers {
  /** In order of asking. */
  private readonly byKey = new Map<string, Outcome | "underway">();
  private readonly keyById = new Map<number, string>();

  /** The answer given before, or that it is being dealt; null for a new key. */
  known(key: string | null): Outcome | "underway" | null {
    return key === null ? null : (this.byKey.get(key) ?? null);
  }

  begin(id: number, key: string): void {
    this.keyById.set(id, key);
    this.byKey.set(key, "underway");
    if (this.byKey.size <= DAMAGE_KEYS_MAX) return;
    const oldest = this.byKey.keys().next();
    if (!oldest.done) this.byKey.delete(oldest.value);
  }

  settle(outcome: Outcome): void {
    const key = this.keyById.get(outcome.id);
    if (key === undefined) return;
    this.keyById.delete(outcome.id);
    if (this.byKey.has(key)) this.byKey.set(key, outcome);
  }
}
