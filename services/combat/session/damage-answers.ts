/** Damage answers: what became of damage that was asked for under an idempotency key, so that asking twice deals once. */
import { DAMAGE_KEYS_MAX } from "../limits.ts";
import type { Outcome } from "../sim/inputs.ts";

export type DamageOutcome = Extract<Outcome, { kind: "damage" }>;

export type DamageAnswer = { key: string; outcome: DamageOutcome };

export class DamageAnswers {
  /** In order of asking. */
  private readonly byKey = new Map<string, DamageOutcome | "underway">();
  private readonly keyById = new Map<number, string>();
  private fresh: DamageAnswer[] = [];

  /** The answer given before, or that it is being dealt; null for a new key. */
  known(key: string | null): DamageOutcome | "underway" | null {
    return key === null ? null : (this.byKey.get(key) ?? null);
  }

  begin(id: number, key: string): void {
    this.keyById.set(id, key);
    this.byKey.set(key, "underway");
    this.forgetOldest();
  }

  settle(outcome: Outcome): void {
    const key = this.keyById.get(outcome.id);
    if (key === undefined || outcome.kind !== "damage") return;
    this.keyById.delete(outcome.id);
    if (!this.byKey.has(key)) return;
    this.byKey.set(key, outcome);
    this.fresh.push({ key, outcome });
    if (this.fresh.length > DAMAGE_KEYS_MAX) this.fresh.shift();
  }

  /** All that are answered, in order of asking. */
  all(): DamageAnswer[] {
    const answers: DamageAnswer[] = [];
    for (const [key, outcome] of this.byKey) if (outcome !== "underway") answers.push({ key, outcome });
    return answers;
  }

  /** Those answered since the last call. */
  pollFresh(): DamageAnswer[] {
    const { fresh } = this;
    if (fresh.length > 0) this.fresh = [];
    return fresh;
  }

  restore(answers: readonly DamageAnswer[]): void {
    for (const { key, outcome } of answers) {
      this.byKey.set(key, outcome);
      this.forgetOldest();
    }
  }

  private forgetOldest(): void {
    if (this.byKey.size <= DAMAGE_KEYS_MAX) return;
    const oldest = this.byKey.keys().next();
    if (!oldest.done) this.byKey.delete(oldest.value);
  }
}
