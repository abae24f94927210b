/** What a step tells, in the order it happened. Slots and sides, no names: session/ knows those. */
import type { WeaponName } from "./content.ts";
import type { Point } from "./world.ts";

export type DamageType = "bullet" | "melee" | "explosion" | "ability" | "environmental";

export type EndCause = "victory" | "timeout" | "disconnect" | "cancelled";

export type SimEvent =
  | { kind: "round_started"; round: number }
  | { kind: "round_ended"; round: number; winner: number | null }
  | { kind: "match_ended"; cause: EndCause; winner: number | null }
  | { kind: "respawned"; slot: number; position: Point }
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
    }
  | {
      kind: "killed";
      victim: number;
      by: number | null;
      weapon: WeaponName | null;
      headshot: boolean;
      assists: number[];
    };
