/**
 * Decode: wire to domain, once, at the border. Every number is finite and within bounds, every id canonical, every
 * word known, before anything of a session is touched.
 * In: generated messages as the transports decoded them.   Out: orders and settings, or a ProblemError naming the field.
 * Units: metres become whole centimetres, degrees hundredths, points of health hundredths.
 */

import type { CameraUpdate, ClientMessage, CombatAction, PositionUpdate } from "#gen/necpgame/combat/v1/realtime_pb.js";
import type { CameraMode as CameraModeNumber, Vec3 } from "#gen/necpgame/combat/v1/session_pb.js";
import type { HitEffect } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { isUuid } from "#kit/uuid.ts";
import { invalid, no, ok, ProblemError, type Result } from "#wire/problem.ts";
import type { CameraRequest } from "../session/cameras.ts";
import type { ActionOrder, ClientOrder, MoveOrder } from "../session/orders.ts";
import type { Dose } from "../sim/afflictions.ts";
import { WEAPONS, type WeaponName } from "../sim/content.ts";
import { EFFECTS, type EffectKind } from "../sim/effect-table.ts";
import { EFFECT_MS_MAX, EFFECT_MS_MIN } from "../sim/effects.ts";
import { EFFECTS_PER_HIT_MAX } from "../sim/limits.ts";
import type { Point } from "../sim/world.ts";
import { ACTION_TYPE, CAMERA_MODE, EFFECT_KIND, STANCE } from "./words.ts";

/** Beyond any map; positions past it are nonsense, those within it but off the map are corrected. */
const COORDINATE_METRES_MAX = 10_000;
const NAME_CHARS_MAX = 64;
const UINT32_MAX = 4_294_967_295;
/** Parts of a unit vector: fine enough for a centimetre at ten kilometres. */
const DIRECTION_PARTS = 1_000_000;

const HARMFUL = Object.fromEntries(
  Object.entries(EFFECT_KIND).filter(([kind]) => EFFECTS[kind as EffectKind].isHarmful),
) as Record<EffectKind, number>;

/** A refusal of one of this file's functions as a value. */
export function attempt<T>(decode: () => T): Result<T> {
  try {
    return ok(decode());
  } catch (error) {
    if (error instanceof ProblemError) return no(error.problem);
    throw error;
  }
}

/** A socket's message as an order. */
export function clientOrder({ seq, body }: ClientMessage): ClientOrder {
  switch (body.case) {
    case "positionUpdate":
      return { kind: "move", move: moveOrder(seq, body.value, body.value) };
    case "combatAction":
      return { kind: "action", action: actionOrder(seq, body.value) };
    case "ping":
      return { kind: "ping", t: number("t", body.value.t, -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) };
    case "resume":
      return { kind: "resume", cursor: { epoch: body.value.epoch, frame: body.value.frame } };
    case "cameraUpdate":
      return { kind: "camera", camera: cameraUpdate(body.value) };
    case "leave":
      return { kind: "leave" };
    default:
      throw refusal("body", body.case, "a message for the session");
  }
}

type Looks = Pick<Partial<PositionUpdate>, "yaw" | "pitch" | "stance" | "clientMs">;

/** A position in metres with where the player looks. */
export function moveOrder(seq: number, position: { x: number; y: number; z: number }, looks: Looks): MoveOrder {
  return {
    seq,
    position: centimetres("", position),
    yaw: looks.yaw === undefined ? null : hundredths("yaw", looks.yaw, 360),
    pitch: looks.pitch === undefined ? null : hundredths("pitch", looks.pitch, 90),
    stance: looks.stance ? word("stance", STANCE, looks.stance) : null,
    clientMs: looks.clientMs ?? null,
  };
}

type ActionFields = Pick<
  CombatAction,
  "actionType" | "weapon" | "direction" | "targetId" | "abilityId" | "targetPosition" | "itemId"
> &
  Pick<Partial<CombatAction>, "clientTick" | "clientMs">;

export function actionOrder(seq: number, action: ActionFields): ActionOrder {
  const type = word("action_type", ACTION_TYPE, action.actionType);
  const direction = action.direction === undefined ? null : unitVector("direction", action.direction);
  const targetId = action.targetId === undefined ? null : uuid("target_id", action.targetId);
  const weapon = action.weapon === undefined ? null : weaponName(action.weapon);
  const abilityId = action.abilityId === undefined ? null : name("ability_id", action.abilityId);
  const spot = action.targetPosition === undefined ? null : centimetres("target_position.", action.targetPosition);
  if (type === "attack" && direction === null && targetId === null) {
    throw refusal("direction", undefined, "given for an attack, unless target_id is");
  }
  if (type === "switch_weapon" && weapon === null) throw refusal("weapon", undefined, "given with switch_weapon");
  const itemId = action.itemId === undefined ? null : name("item_id", action.itemId);
  if (type === "use_item" && itemId === null) throw refusal("item_id", undefined, "given with use_item");
  if (type === "ability" && abilityId === null) throw refusal("ability_id", undefined, "given with ability");
  const { clientTick = null, clientMs = null } = action;
  return { seq, type, weapon, direction, targetId, abilityId, spot, itemId, clientTick, clientMs };
}

/** What comes with a hit. An effect without strength is none. */
export function hitEffects(effects: readonly HitEffect[]): Dose[] {
  if (effects.length > EFFECTS_PER_HIT_MAX) {
    throw refusal("effects", `${effects.length} effects`, `at most ${EFFECTS_PER_HIT_MAX}`);
  }
  return effects.flatMap(({ effect, potency, durationSeconds }, at) => {
    const kind = word(`effects[${at}].effect`, HARMFUL, effect);
    const percent = Math.round(number(`effects[${at}].potency`, potency, 0, 1) * 100);
    const [min, max] = [EFFECT_MS_MIN / 1000, EFFECT_MS_MAX / 1000];
    const durationMs = Math.round(number(`effects[${at}].duration_seconds`, durationSeconds, min, max) * 1000);
    return percent === 0 ? [] : [{ kind, potency: percent, durationMs }];
  });
}

function cameraUpdate(update: CameraUpdate): CameraRequest {
  const { x, y, z, direction } = update;
  const given = [x, y, z].filter((value) => value !== undefined).length;
  if (given !== 0 && given !== 3) throw refusal("x", x, "given together with y and z");
  const position = x === undefined || y === undefined || z === undefined ? null : { x, y, z };
  return {
    ...cameraRequest(update.cameraMode, update.followTarget),
    position: position === null ? null : centimetres("", position),
    direction: direction === undefined ? null : unitDirection("direction", direction),
  };
}

/** A view by mode and target; unspecified is free. */
export function cameraRequest(mode: CameraModeNumber, followTarget: string | undefined): CameraRequest {
  return {
    mode: mode === 0 ? "free" : word("camera_mode", CAMERA_MODE, mode),
    targetId: followTarget === undefined ? null : uuid("follow_target", followTarget),
    position: null,
    direction: null,
  };
}

export function uuid(field: string, value: string): string {
  if (!isUuid(value)) throw refusal(field, value, "a canonical lower-case UUID");
  return value;
}

export function weaponName(value: string): WeaponName {
  if (!Object.hasOwn(WEAPONS, value)) throw refusal("weapon", value, `one of ${Object.keys(WEAPONS).join(", ")}`);
  return value as WeaponName;
}

export function name(field: string, value: string): string {
  const allowed = `1 to ${NAME_CHARS_MAX} characters`;
  if (value.length === 0 || value.length > NAME_CHARS_MAX) throw refusal(field, value, allowed);
  return value;
}

export function number(field: string, value: number, min: number, max: number): number {
  if (!Number.isFinite(value) || value < min || value > max) throw refusal(field, value, `a number, ${min} to ${max}`);
  return value + 0; // -0 becomes 0.
}

export function integer(
  field: string,
  value: number | undefined,
  bounds: { min: number; max?: number; or: number },
): number {
  if (value === undefined) return bounds.or;
  const max = bounds.max ?? UINT32_MAX;
  if (!Number.isInteger(value) || value < bounds.min || value > max) {
    throw refusal(field, value, `a whole number, ${bounds.min} to ${max}`);
  }
  return value;
}

/** The word of an enum's number by one of encode.ts's tables. */
export function word<Word extends string>(field: string, table: Record<Word, number>, value: number): Word {
  for (const [key, code] of Object.entries<number>(table)) if (code === value) return key as Word;
  throw refusal(field, value === 0 ? undefined : value, `one of ${Object.keys(table).join(", ")}`);
}

export function refusal(field: string, got: unknown, allowed: string): ProblemError {
  return new ProblemError(invalid(field, got, allowed));
}

function centimetres(path: string, { x, y, z }: { x: number; y: number; z: number }): Point {
  const axis = (field: string, value: number) =>
    Math.round(number(path + field, value, -COORDINATE_METRES_MAX, COORDINATE_METRES_MAX) * 100) + 0;
  return { x: axis("x", x), y: axis("y", y), z: axis("z", z) };
}

function hundredths(field: string, degrees: number, max: number): number {
  return Math.round(number(field, degrees, -max, max) * 100) + 0;
}

/** Any finite vector but zero, at length one. Scaled by its longest part first, so that nothing overflows. */
function unitDirection(field: string, vector: Vec3): Point {
  const [x, y, z] = [vector.x, vector.y, vector.z].map((part, axis) => {
    if (!Number.isFinite(part)) throw refusal(`${field}.${"xyz"[axis]}`, part, "a finite number");
    return part;
  }) as [number, number, number];
  const longest = Math.max(Math.abs(x), Math.abs(y), Math.abs(z));
  if (longest === 0) throw refusal(field, "0, 0, 0", "a vector with a length");
  const [sx, sy, sz] = [x / longest, y / longest, z / longest];
  const length = Math.sqrt(sx * sx + sy * sy + sz * sz);
  return { x: sx / length, y: sy / length, z: sz / length };
}

function unitVector(field: string, vector: Vec3): Point {
  const { x, y, z } = unitDirection(field, vector);
  const parts = (value: number) => Math.round(value * DIRECTION_PARTS) + 0;
  return { x: parts(x), y: parts(y), z: parts(z) };
}
