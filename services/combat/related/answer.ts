/**
 * Answer: what came of asking another service: its answer, or why there is none, and then the local rule decides.
 * Law: asking never throws and never takes longer than RELATED_CALL_MS_MAX.
 */

export const WHY_NOT = [
  /** The breaker is open: too many calls failed lately, and none is made. */
  "open",
  /** Too many calls are under way. */
  "crowded",
  /** No answer in time. */
  "late",
  /** It cannot be reached, or said no; the breaker counts what it says of the question itself as an answer. */
  "failed",
  /** It answered what the contract does not allow. */
  "nonsense",
] as const;

export type WhyNot = (typeof WHY_NOT)[number];

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: WhyNot };

export function answered<T>(value: T): Answer<T> {
  return { ok: true, value };
}

export function unanswered(why: WhyNot): { readonly ok: false; readonly why: WhyNot } {
  return { ok: false, why };
}
