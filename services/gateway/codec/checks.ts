/**
 * Checks: what a decoded ClientMessage must be beyond its types, the same for both formats.
 * In:  a body as protobuf or JSON gave it.   Out: null, or the problem that names the field as JSON does (`data.x`).
 * Law: afterwards numbers are finite, within CLIENT_METRES_MAX where they are lengths, and never -0; enums are known;
 *      ids are canonical UUIDs. -0 is written as 0 in place: it is the same point.
 * Not here: the map, the rules, the weapons: combat judges those.
 */
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import {
  ActionType,
  type CameraUpdate,
  type ClientMessage,
  type CombatAction,
  type PositionUpdate,
  Stance,
} from "#gen/necpgame/combat/v1/realtime_pb.js";
import { CameraMode, type Vec3 } from "#gen/necpgame/combat/v1/session_pb.js";
import { isUuid } from "#kit/uuid.ts";
import { invalid, type Problem } from "#wire/problem.ts";
import type { ClientMessageType } from "../connection/messages.ts";
import { CLIENT_METRES_MAX, CLIENT_NAME_CHARS_MAX } from "../limits.ts";

/** What JSON must give under `data`; protobuf cannot tell 0 from absent. */
export const REQUIRED_FIELDS = {
  position_update: ["x", "y", "z"],
  combat_action: ["action_type"],
  ping: [],
  resume: ["epoch", "frame"],
  camera_update: ["camera_mode"],
  leave: [],
  auth_refresh: ["token"],
} as const satisfies Record<ClientMessageType, readonly string[]>;

/** What google.protobuf.Timestamp allows: years 1 to 9999. */
const SECONDS_MIN = -62_135_596_800n;
const SECONDS_MAX = 253_402_300_799n;

export function checkTimestamp(timestamp: Timestamp | undefined): Problem | null {
  if (timestamp === undefined) return null;
  const { seconds, nanos } = timestamp;
  if (seconds >= SECONDS_MIN && seconds <= SECONDS_MAX && nanos >= 0 && nanos < 1e9) return null;
  return invalid("timestamp", String(seconds), "a time of the years 1 to 9999");
}

export function checkBody(body: ClientMessage["body"]): Problem | null {
  switch (body.case) {
    case "positionUpdate":
      return checkPosition(body.value);
    case "combatAction":
      return checkAction(body.value);
    case "cameraUpdate":
      return checkCamera(body.value);
    case "ping":
      return checkNumbers(body.value, ["t"], Number.MAX_VALUE);
    case "authRefresh":
      return body.value.token === "" ? invalid("data.token", "", "a token") : null;
    case "resume":
    case "leave":
    case undefined:
      return null;
  }
}

function checkPosition(position: PositionUpdate): Problem | null {
  return (
    checkNumbers(position, ["x", "y", "z", "vx", "vy", "vz"], CLIENT_METRES_MAX) ??
    checkNumbers(position, ["yaw"], 360) ??
    checkNumbers(position, ["pitch"], 90) ??
    (position.stance === undefined ? null : checkEnum("data.stance", position.stance, Stance))
  );
}

function checkAction(action: CombatAction): Problem | null {
  return (
    checkEnum("data.action_type", action.actionType, ActionType) ??
    checkName("data.weapon", action.weapon) ??
    checkName("data.ability_id", action.abilityId) ??
    checkName("data.item_id", action.itemId) ??
    checkId("data.target_id", action.targetId) ??
    checkDirection(action.direction) ??
    (action.targetPosition === undefined
      ? null
      : checkNumbers(action.targetPosition, ["x", "y", "z"], CLIENT_METRES_MAX, "data.target_position"))
  );
}

function checkCamera(camera: CameraUpdate): Problem | null {
  return (
    checkEnum("data.camera_mode", camera.cameraMode, CameraMode) ??
    checkId("data.follow_target", camera.followTarget) ??
    checkNumbers(camera, ["x", "y", "z"], CLIENT_METRES_MAX) ??
    checkDirection(camera.direction)
  );
}

function checkDirection(direction: Vec3 | undefined): Problem | null {
  if (direction === undefined) return null;
  const why = checkNumbers(direction, ["x", "y", "z"], CLIENT_METRES_MAX, "data.direction");
  if (why !== null) return why;
  const isZero = direction.x === 0 && direction.y === 0 && direction.z === 0;
  return isZero ? invalid("data.direction", "0, 0, 0", "a vector of any length but zero") : null;
}

/** Numbers that are given must be finite and of at most `max` either way. */
function checkNumbers<Name extends string>(
  body: { [name in Name]?: number | undefined },
  names: readonly Name[],
  max: number,
  path = "data",
): Problem | null {
  for (const name of names) {
    const value = body[name];
    if (value === undefined) continue;
    const isWithin = Math.abs(value) <= max; // Neither NaN nor Infinity is.
    if (!isWithin)
      return invalid(
        `${path}.${name}`,
        value,
        max === Number.MAX_VALUE ? "a finite number" : `a number from ${-max} to ${max}`,
      );
    if (value === 0) body[name] = 0; // Takes the sign off -0.
  }
  return null;
}

function checkEnum(field: string, value: number, numbers: Readonly<Record<number, string>>): Problem | null {
  if (value !== 0 && numbers[value] !== undefined) return null;
  const words = Object.values(numbers).filter((word) => typeof word === "string" && word !== "UNSPECIFIED");
  return invalid(field, value === 0 ? null : value, `one of ${words.join(", ").toLowerCase()}`);
}

function checkName(field: string, name: string | undefined): Problem | null {
  if (name === undefined || (name !== "" && name.length <= CLIENT_NAME_CHARS_MAX)) return null;
  return invalid(field, name, `a name of 1 to ${CLIENT_NAME_CHARS_MAX} characters`);
}

function checkId(field: string, id: string | undefined): Problem | null {
  return id === undefined || isUuid(id) ? null : invalid(field, id, "a canonical lower-case UUID");
}
