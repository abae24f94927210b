/** What a client may ask for, as rpc/decode.ts makes it of the wire's messages. By players' names, not slots. */

import type { Dose } from "../sim/afflictions.ts";
import type { WeaponName } from "../sim/content.ts";
import type { DamageType } from "../sim/events.ts";
import type { Point, Stance } from "../sim/world.ts";
import type { CameraRequest } from "./cameras.ts";

/** A position, quantised: centimetres and hundredths of a degree. */
export type MoveOrder = {
  /** 0 for callers that do not count. */
  seq: number;
  position: Point;
  yaw: number | null;
  pitch: number | null;
  stance: Stance | null;
  /** The match time the client says it had been told of; null when it does not say. */
  clientMs: number | null;
};

export const ACTION_TYPES = ["attack", "ability", "special_move", "reload", "switch_weapon", "use_item"] as const;
export type ActionType = (typeof ACTION_TYPES)[number];

export type ActionOrder = {
  seq: number;
  type: ActionType;
  weapon: WeaponName | null;
  /** Unit vector in millionths. Attacks have this or `targetId`; abilities may. */
  direction: Point | null;
  targetId: string | null;
  /** By name, known or not; absent for a special move that names none. */
  abilityId?: string | null;
  /** Where an ability goes: centimetres. */
  spot?: Point | null;
  /** By name, known or not; given with use_item. */
  itemId?: string | null;
  clientTick: number | null;
  /** The match time the client says it was showing; finer than the tick, and goes before it. */
  clientMs: number | null;
};

export type DamageOrder = {
  attackerId: string | null;
  targetId: string;
  /** Hundredths of a point. */
  damage: number;
  damageType: DamageType;
  weapon: WeaponName | null;
  headshot: boolean;
  /** Share that armour took beside it, thousandths; absent for none. */
  mitigation?: number;
  critical?: boolean;
  /** What comes with it; absent for none. */
  effects?: readonly Dose[];
};

/** Where a client stopped. */
export type Cursor = { epoch: number; frame: number };

export type ClientOrder =
  | { kind: "move"; move: MoveOrder }
  | { kind: "action"; action: ActionOrder }
  | { kind: "ping"; t: number }
  | { kind: "resume"; cursor: Cursor }
  | { kind: "camera"; camera: CameraRequest }
  | { kind: "leave" };
