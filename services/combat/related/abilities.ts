/**
 * Port of the game's abilities service: whether a player may use an ability, and what that costs.
 * Order: a player's actions are carried out in the order they came, whatever order answers have (session/action-gate.ts).
 * Atomicity: each call by itself; it changes nothing. Loss: a call without an answer is not repeated.
 */
import type { Grant } from "../sim/inputs.ts";
import type { Answer } from "./answer.ts";

export type AbilityAsked = { readonly sessionId: string; readonly playerId: string; readonly abilityId: string };

export type AbilityVerdict =
  /** Null: at the cost and cooldown of the table. */
  | { readonly allowed: true; readonly grant: Grant | null; readonly unanswered?: true }
  /** Lower snake case; and how long that holds, milliseconds, 0 where nobody said. */
  | { readonly allowed: false; readonly reason: string; readonly cooldownMs: number };

export type Granted = Extract<AbilityVerdict, { allowed: true }>;

/** The local rule: everybody may, at what the table says. */
export const BY_THE_TABLE: Granted = { allowed: true, grant: null };

/** The same, because there was no answer. */
export const UNANSWERED: Granted = { allowed: true, grant: null, unanswered: true };

export type AbilitiesService = {
  /** Whether it is worth asking: else the table alone decides, at once. */
  readonly isElsewhere: boolean;
  /** Never rejects. */
  authorize(asked: AbilityAsked): Promise<Answer<AbilityVerdict>>;
  close(): void;
};
