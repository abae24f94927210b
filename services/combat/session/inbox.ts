/**
 * Inbox: what waits for the next tick names slots, and a slot may be given up and given again before that tick.
 * In: an input that waits, and the slot that is free from now on.   Out: the input as it is to be played.
 * Law: nobody acts, suffers or is credited for another who sat there before. The simulation answers what names nobody
 * as it answers for an empty seat, so each input still has its outcome.
 */
import type { StepInput } from "../sim/inputs.ts";

/** A slot that is never given. */
const NOBODY = -1;

export function withoutSlot(input: StepInput, slot: number): StepInput {
  if (input.kind === "damage") {
    const by = input.by === slot ? null : input.by;
    return { ...input, by, target: input.target === slot ? NOBODY : input.target };
  }
  if (input.kind !== "action") return input;
  const actor = input.slot === slot ? NOBODY : input.slot;
  const deed = input.do;
  const aimed = deed.type === "attack" || deed.type === "ability" ? deed : null;
  const aimsThere = aimed?.aim?.kind === "target" && aimed.aim.slot === slot;
  if (!aimsThere) return { ...input, slot: actor };
  return { ...input, slot: actor, do: { ...aimed, aim: { kind: "target", slot: NOBODY } } };
}
