/**
 * What goes into a world. Moves are applied when they arrive (movement.ts), orders at once or by the next step, everything
 * else by the next step, in order of arrival. Seed, rules, map and inputs are the whole match: recorder.ts keeps them,
 * replay.ts gives the same hash.
 */

import type { Dose } from "./afflictions.ts";
import type { BodyPart } from "./body.ts";
import type { AbilityName } from "./content/abilities.ts";
import type { ItemName } from "./content/items.ts";
import type { WeaponName } from "./content.ts";
import type { DamageType, EndCause, SimEvent } from "./events.ts";
import type { Past } from "./fighter.ts";
import type { Loadout } from "./loadout.ts";
import type { Check, Finding } from "./suspicion.ts";
import type { Used } from "./use-ability.ts";
import type { Point, Stance } from "./world.ts";

export type Move = {
  slot: number;
  /** 0 for callers that do not count. */
  seq: number;
  /** Centimetres. */
  position: Point;
  /** Hundredths of a degree; null keeps what it was. */
  yaw: number | null;
  pitch: number | null;
  stance: Stance | null;
  /** Match time of arrival, finite, not before the world's nowMs. */
  atMs: number;
  /** The match time the client says it had been told of when it moved; null when it does not say. */
  claimedMs: number | null;
  /** The measured round trip; null where nobody measures. */
  rttMs: number | null;
};

/** What can be wrong with a move. The first are rules; the others are checks that a session may turn off. */
export type MoveCheck = "bounds" | "dead" | "over" | Check;

export type MoveVerdict =
  | { ok: true; findings?: readonly Finding[] }
  /**
   * `position` is the one that holds. `measured` and `threshold` are in the check's unit (suspicion.ts); for bounds how far
   * outside, centimetres; 0 for dead and over. `removed`: there is so much against this player that the seat is to be
   * given up.
   */
  | {
      ok: false;
      check: MoveCheck;
      position: Point;
      measured: number;
      threshold: number;
      findings?: readonly Finding[];
      removed?: true;
    };

/** Whereto a shot goes: a unit vector in millionths (as decode.ts rounds it), or the middle of a player's body. */
export type Aim = { kind: "direction"; direction: Point } | { kind: "target"; slot: number };

/** What another service decided that an ability costs this user: energy in hundredths, milliseconds of match time. */
export type Grant = { cost: number; cooldownMs: number };

export type Action = {
  kind: "action";
  slot: number;
  seq: number;
  /** Session's own number for the outcome; outcomes answer by it. */
  id: number;
  /** Match time of arrival. */
  atMs: number;
  /** The match time the client says it was showing; null when it does not say. */
  claimedMs: number | null;
  /** The measured round trip; null where nobody measures. */
  rttMs: number | null;
  do:
    | { type: "attack"; aim: Aim; weapon: WeaponName | null }
    | { type: "reload" }
    | { type: "switch_weapon"; weapon: WeaponName }
    | {
        type: "ability";
        ability: AbilityName;
        /** On whom, for abilities used on somebody; null for nobody named. */
        aim: Aim | null;
        /** Where, for those used on a spot: centimetres. */
        spot: Point | null;
        grant: Grant | null;
        /** Somebody was asked and did not answer: the table holds, and the event says so. */
        unanswered?: true;
      }
    | { type: "use_item"; item: ItemName };
};

/** Damage that another service decided, armour and all; answered by its `id`. */
export type Damage = {
  kind: "damage";
  id: number;
  by: number | null;
  target: number;
  damage: number;
  damageType: DamageType;
  weapon: WeaponName | null;
  headshot: boolean;
  /** Share that armour took, thousandths; absent for none. */
  mitigation?: number;
  critical?: boolean;
  /** What comes with it; absent for none. */
  effects?: readonly Dose[];
};

/** What became of a blow that was given out to be decided; null when nobody answered. */
export type Ruling = {
  kind: "ruling";
  id: number;
  /** Hundredths of a point, and the share that armour took in thousandths. */
  decided: { damage: number; mitigation: number; critical: boolean } | null;
};

/** What the session decides: seats, limits, beginnings and ends. Taken with a tick, or between two by `decide`. */
export type Order =
  /** Without a loadout: everything. `past`: of who was here before and comes again. */
  | { kind: "add"; slot: number; side: number; loadout?: Loadout; past?: Past }
  | { kind: "remove"; slot: number }
  | { kind: "start" }
  | { kind: "rules"; maxRounds: number; timeLimitMs: number }
  | { kind: "round"; round: number }
  /** A pause is over. */
  | { kind: "resume" }
  /** Match time stood still while the players' went on: what they did meanwhile is not held against them. */
  | { kind: "stalled" }
  | { kind: "end"; cause: EndCause }
  /** Whether blows of weapons are given out from now on. */
  | { kind: "rulings"; outside: boolean };

export type StepInput = Action | Damage | Ruling | Order;

export type ActionRefusal =
  | "not_active"
  | "dead"
  | "stunned"
  | "cooldown"
  | "reloading"
  | "empty_magazine"
  | "full_magazine"
  | "wrong_weapon"
  | "not_in_loadout"
  | "unknown_target"
  | "unknown_ability"
  | "silenced"
  | "no_charges"
  | "not_enough_energy"
  | "wrong_target"
  | "out_of_range"
  | "no_line_of_sight"
  | "blocked"
  | "full_health"
  | "unknown_item"
  | "none_left"
  | "using_item"
  | "full_armor"
  | "full_energy"
  | "nothing_to_cure";

/**
 * What became of one action or damage input, answered by its `id`: in the same step, but of a shot whose blows were given
 * out when all of them are decided.
 */
export type Outcome =
  | { kind: "refused"; id: number; slot: number; reason: ActionRefusal; cooldownMs: number; ammunition: number }
  | {
      kind: "done";
      id: number;
      slot: number;
      cooldownMs: number;
      ammunition: number;
      hit: Hit | null;
      used: Used | null;
      /** Different deeds of the combo that this one made or went on with; 0 for none. */
      combo: number;
    }
  /** For damage inputs: health lost and left. */
  | { kind: "damage"; id: number; lost: number; health: number; killed: boolean };

export type Hit = {
  /** in_flight: it flies, and lands later. */
  struck: "player" | "wall" | "nothing" | "in_flight";
  target: number | null;
  distanceCm: number;
  headshot: boolean;
  /** Where a player was struck; null for walls and nothing. */
  part: BodyPart | null;
  /** Hundredths of a point of health lost. */
  damage: number;
  /** What the client said it was showing; null when it does not say, and for what lands later. */
  tickClaimed: number | null;
  /** The tick it was judged by, how far back that is, and whether what was shown is older still. */
  tickUsed: number;
  rewindMs: number;
  capped: boolean;
  /** The number of what flies or flew; null for what strikes at once. */
  projectile: number | null;
};

/** A shot as it was judged, misses too. */
export type ShotReceipt = {
  slot: number;
  /** Of the action that fired it. */
  seq: number;
  weapon: WeaponName;
  /** An outcome says the same: not so for later rounds of a burst, and for what flew and landed. */
  answers: boolean;
  hit: Hit;
};

/** What a tick tells while it is stepped. */
export type Told = { events: SimEvent[]; shots: ShotReceipt[] };

/** `still`: nothing came of it: fighters and scores are what they were. False may be said of such a step, too. */
export type StepResult = {
  readonly events: readonly SimEvent[];
  readonly shots: readonly ShotReceipt[];
  readonly outcomes: readonly Outcome[];
  readonly still: boolean;
};
