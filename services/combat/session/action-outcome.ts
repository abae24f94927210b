/** Action outcome: what became of an action, by the players' names. */
import type { Inflicted } from "../sim/afflictions.ts";
import type { ActionRefusal, Outcome } from "../sim/inputs.ts";
import type { Used } from "../sim/use-ability.ts";
import type { Roster } from "./roster.ts";
import type { NamedHit } from "./shots.ts";

/** The simulation's reasons, and the session's own. */
export type SessionRefusal = ActionRefusal | "paused";

export type ActionOutcome =
  | { kind: "refused"; reason: SessionRefusal; cooldownMs: number; ammunition: number }
  /** By the abilities service, in its own words. */
  | { kind: "denied"; reason: string; cooldownMs: number; ammunition: number }
  | {
      kind: "done";
      cooldownMs: number;
      ammunition: number;
      hit: NamedHit | null;
      used: (Omit<Used, "effects"> & { effects: (Omit<Inflicted, "target"> & { targetId: string })[] }) | null;
      combo: number;
    };

/** An outcome of the simulation, named. */
export function actionOutcome(outcome: Exclude<Outcome, { kind: "damage" }>, roster: Roster): ActionOutcome {
  if (outcome.kind === "refused") return outcome;
  const { cooldownMs, ammunition, hit, used, combo } = outcome;
  const name = (slot: number | null) => roster.playerIdAt(slot);
  const effects = used?.effects.map(({ target, ...effect }) => ({ ...effect, targetId: name(target) ?? "" })) ?? [];
  return {
    kind: "done",
    cooldownMs,
    ammunition,
    hit: hit && { ...hit, targetId: name(hit.target) },
    used: used && { ...used, effects },
    combo,
  };
}
