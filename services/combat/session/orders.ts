/** What a client may ask for, as rpc/decode.ts makes it of the wire's messages. By players' names, not slots. */
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
};

export const ACTION_TYPES = ["attack", "ability", "special_move", "reload", "switch_weapon", "use_item"] as const;
export type ActionType = (typeof ACTION_TYPES)[number];

export type ActionOrder = {
  seq: number;
  type: ActionType;
  weapon: WeaponName | null;
  /** Unit vector in millionths. Attacks have this or `targetId`. */
  direction: Point | null;
  targetId: string | null;
  clientTick: number | null;
};

export type DamageOrder = {
  attackerId: string | null;
  targetId: string;
  /** Hundredths of a point. */
  damage: number;
  damageType: DamageType;
  weapon: WeaponName | null;
  headshot: boolean;
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
