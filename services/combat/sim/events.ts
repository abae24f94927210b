/** What a step tells, in the order it happened. Slots and sides, no names: session/ knows those. */
import type { BodyPart } from "./body.ts";
import type { AbilityName } from "./content/abilities.ts";
import type { ItemName } from "./content/items.ts";
import type { WeaponName } from "./content.ts";
import type { EffectKind } from "./effect-table.ts";
import type { Point } from "./world.ts";

export type DamageType = "bullet" | "melee" | "explosion" | "ability" | "environmental";

/** Who said what a use costs: the abilities service, or the table because that had no answer. */
export type AbilityDecidedBy = "abilities_service" | "fallback";

/** Our own sum, the game's damage service, or our own sum because that had no answer. */
export type DecidedBy = "local" | "damage_service" | "fallback";

export type EndCause = "victory" | "timeout" | "disconnect" | "cancelled";

export type SideStand = { score: number; roundsWon: number };

export type ObjectiveKind = "flag" | "zone" | "hill";

export type ObjectiveChange = "taken" | "dropped" | "returned" | "captured" | "neutralised" | "moved";

export type SimEvent =
  | { kind: "round_started"; round: number }
  /** `sides`: how they stood when it ended; the next round begins with scores of zero in the same step. */
  | { kind: "round_ended"; round: number; winner: number | null; sides: SideStand[] }
  /** The time is up and nobody is ahead: the next to be ahead wins. */
  | { kind: "overtime_started"; round: number; endsAfterMs: number }
  | {
      kind: "objective_changed";
      objective: ObjectiveKind;
      change: ObjectiveChange;
      /** The place's name; empty for flags. */
      place: string;
      /** Whose flag it is; who holds the zone now. */
      owner: number | null;
      /** Who did it; null for time alone, the slot also where several did. */
      side: number | null;
      slot: number | null;
      position: Point;
    }
  | { kind: "match_ended"; cause: EndCause; winner: number | null }
  | { kind: "respawned"; slot: number; position: Point }
  | {
      kind: "projectile_fired";
      id: number;
      by: number;
      weapon: WeaponName;
      /** Centimetres, cm/s, and cm/s² downwards. */
      position: Point;
      velocity: Point;
      gravity: number;
    }
  /** `by`: null when the shooter has left since. */
  | { kind: "projectile_ended"; id: number; by: number | null; position: Point; exploded: boolean }
  | {
      kind: "damaged";
      by: number | null;
      target: number;
      /** Health actually lost, hundredths. */
      damage: number;
      /** Health left, hundredths. */
      health: number;
      weapon: WeaponName | null;
      damageType: DamageType;
      headshot: boolean;
      /** Where it struck; null where that means nothing. */
      part: BodyPart | null;
      /** What the target's armour took of it, hundredths, and what share that is, thousandths. */
      absorbed: number;
      mitigation: number;
      critical: boolean;
      decidedBy: DecidedBy;
    }
  | {
      kind: "killed";
      victim: number;
      by: number | null;
      weapon: WeaponName | null;
      headshot: boolean;
      assists: number[];
    }
  /** It begins, grows or lasts longer; as it is now, for `durationMs` from now. */
  | {
      kind: "effect_applied";
      target: number;
      by: number | null;
      effect: EffectKind;
      /** Percent. */
      potency: number;
      stacks: number;
      durationMs: number;
    }
  | {
      kind: "ability_used";
      slot: number;
      ability: AbilityName;
      /** On whom, where it is one other or the user by choice; null else. */
      target: number | null;
      /** Where, for those that take a spot. */
      position: Point | null;
      /** Energy paid, hundredths. */
      cost: number;
      /** Absent where the table alone decided. */
      decidedBy?: AbilityDecidedBy;
    }
  /** A use is done; what it did is told after it. */
  | { kind: "item_used"; slot: number; item: ItemName; left: number }
  /** Its time is up, or it was cured. */
  | { kind: "effect_ended"; target: number; effect: EffectKind }
  | {
      kind: "healed";
      target: number;
      by: number | null;
      /** Health gained, and what it is now; hundredths. */
      amount: number;
      health: number;
      /** The ability or item that did it. */
      cause: string;
    };
