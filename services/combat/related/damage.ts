/**
 * Port of the game's damage service: what a hit takes.
 * Order: none; answers come as they come. Atomicity: each call by itself; it changes nothing. Loss: a call without an
 * answer is not repeated.
 * Its other method, ValidateDamage, is not called: docs/decisions/0012-other-services.md says why.
 */
import type { DamageQuestion } from "../sim/damage-sum.ts";
import type { Answer } from "./answer.ts";

export type DamageAsked = DamageQuestion & {
  readonly sessionId: string;
  readonly attackerId: string;
  readonly targetId: string;
  readonly headshot: boolean;
};

export type DamageDecided = {
  /** Hundredths of a point, 0 to DAMAGE_MAX. */
  readonly damage: number;
  /** Share that armour took, thousandths, 0 to 1000. */
  readonly mitigation: number;
  readonly critical: boolean;
};

export type DamageService = {
  /** Whether it is worth asking: else sessions sum up by themselves, within the step, which gives the same. */
  readonly isElsewhere: boolean;
  /** Never rejects. */
  compute(asked: DamageAsked): Promise<Answer<DamageDecided>>;
  close(): void;
};
