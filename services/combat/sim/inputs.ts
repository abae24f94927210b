/**
 * What goes into a world. Moves are applied when they arrive (movement.ts), orders at once or by the next step, everything
 * else by the next step, in order of arrival. Seed, rules, map and inputs are the whole match: record.ts keeps them,
 * replay gives the same hash.
 */
import type { WeaponName } from "./content.ts";
import type { DamageType, EndCause, SimEvent } from "./events.ts";
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
};

export type MoveCheck = "bounds" | "speed" | "teleport" | "dead" | "over";

export type MoveVerdict =
  | { ok: true }
  /**
   * `position` is the one that holds. `measured` and `threshold`: centimetres for bounds (how far outside) and teleport,
   * cm/s for speed, 0 for dead and over.
   */
  | { ok: false; check: MoveCheck; position: Point; measured: number; threshold: number };

/** Whereto a shot goes: a unit vector in millionths (as decode.ts rounds it), or the middle of a player's body. */
export type Aim = { kind: "direction"; direction: Point } | { kind: "target"; slot: number };

export type Action = {
  kind: "action";
  slot: number;
  seq: number;
  /** Session's own number for the outcome; outcomes answer by it. */
  id: number;
  clientTick: number | null;
  do:
    | { type: "attack"; aim: Aim; weapon: WeaponName | null }
    | { type: "reload" }
    | { type: "switch_weapon"; weapon: WeaponName };
};

/** Damage that another service decided; answered by its `id`. */
export type Damage = {
  kind: "damage";
  id: number;
  by: number | null;
  target: number;
  damage: number;
  damageType: DamageType;
  weapon: WeaponName | null;
  headshot: boolean;
};

/** What the session decides: seats, limits, beginnings and ends. Taken with a tick, or between two by `decide`. */
export type Order =
  | { kind: "add"; slot: number; side: number }
  | { kind: "remove"; slot: number }
  | { kind: "start" }
  | { kind: "rules"; maxRounds: number; timeLimitMs: number }
  | { kind: "round"; round: number }
  | { kind: "end"; cause: EndCause };

export type StepInput = Action | Damage | Order;

export type ActionRefusal =
  | "not_active"
  | "dead"
  | "cooldown"
  | "reloading"
  | "empty_magazine"
  | "full_magazine"
  | "wrong_weapon"
  | "unknown_target";

/** What became of one action or damage input, answered by its `id`. */
export type Outcome =
  | { kind: "refused"; id: number; slot: number; reason: ActionRefusal; cooldownMs: number; ammunition: number }
  | { kind: "done"; id: number; slot: number; cooldownMs: number; ammunition: number; hit: Hit | null }
  /** For damage inputs: health lost and left. */
  | { kind: "damage"; id: number; lost: number; health: number; killed: boolean };

export type Hit = {
  struck: "player" | "wall" | "nothing";
  target: number | null;
  distanceCm: number;
  headshot: boolean;
  /** Hundredths of a point of health lost. */
  damage: number;
  tickUsed: number;
};

export type StepResult = { events: SimEvent[]; outcomes: Outcome[] };
