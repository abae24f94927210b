/**
 * Encode: a client message to what goes on the wire. JSON is {"type", "data", "seq", "timestamp"}; protobuf is one
 * ClientMessage of realtime.proto. Both say the same. Absent optional fields stay absent.
 * Not here: numbering of inputs and when to send (combat-socket.ts).
 */
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import * as realtime from "#gen/necpgame/combat/v1/realtime_pb.js";
import { CameraMode as WireCameraMode } from "#gen/necpgame/combat/v1/session_pb.js";
import type { ActionType, ClientMessage, Stance } from "./messages.ts";
import type { CameraMode } from "./session.ts";

export type WireFormat = "json" | "protobuf";

/** Text for JSON, bytes for protobuf. */
export function encode(message: ClientMessage, format: WireFormat): string | Uint8Array<ArrayBuffer> {
  return format === "json" ? encodeJson(message) : encodeProtobuf(message);
}

function encodeJson({ type, data, seq, timestampMs }: ClientMessage): string {
  return JSON.stringify({ type, data, seq, timestamp: new Date(timestampMs).toISOString() });
}

function encodeProtobuf(message: ClientMessage): Uint8Array<ArrayBuffer> {
  const wire = create(realtime.ClientMessageSchema, {
    seq: message.seq,
    timestamp: timestampFromMs(message.timestampMs),
    body: bodyOf(message),
  });
  return toBinary(realtime.ClientMessageSchema, wire);
}

type Body = MessageInitShape<typeof realtime.ClientMessageSchema>["body"];

function bodyOf(message: ClientMessage): Body {
  switch (message.type) {
    case "position_update": {
      const { stance, client_ms: clientMs, ...rest } = message.data;
      return { case: "positionUpdate", value: { ...rest, clientMs, stance: stance && STANCES[stance] } };
    }
    case "combat_action":
      return { case: "combatAction", value: actionOf(message.data) };
    case "ping":
      return { case: "ping", value: message.data };
    case "resume":
      return { case: "resume", value: message.data };
    case "camera_update": {
      const { camera_mode, follow_target, ...rest } = message.data;
      return {
        case: "cameraUpdate",
        value: { ...rest, cameraMode: CAMERA_MODES[camera_mode], followTarget: follow_target },
      };
    }
    case "leave":
      return { case: "leave", value: {} };
    case "auth_refresh":
      return { case: "authRefresh", value: message.data };
  }
}

function actionOf(data: Extract<ClientMessage, { type: "combat_action" }>["data"]) {
  return {
    actionType: ACTION_TYPES[data.action_type],
    weapon: data.weapon,
    abilityId: data.ability_id,
    direction: data.direction,
    targetId: data.target_id,
    targetPosition: data.target_position,
    itemId: data.item_id,
    clientTick: data.client_tick,
    clientMs: data.client_ms,
  };
}

const STANCES = {
  stand: realtime.Stance.STAND,
  crouch: realtime.Stance.CROUCH,
} as const satisfies Record<Stance, realtime.Stance>;

const ACTION_TYPES = {
  attack: realtime.ActionType.ATTACK,
  ability: realtime.ActionType.ABILITY,
  special_move: realtime.ActionType.SPECIAL_MOVE,
  reload: realtime.ActionType.RELOAD,
  switch_weapon: realtime.ActionType.SWITCH_WEAPON,
  use_item: realtime.ActionType.USE_ITEM,
} as const satisfies Record<ActionType, realtime.ActionType>;

const CAMERA_MODES = {
  free: WireCameraMode.FREE,
  follow_player: WireCameraMode.FOLLOW_PLAYER,
  overview: WireCameraMode.OVERVIEW,
  cinematic: WireCameraMode.CINEMATIC,
} as const satisfies Record<CameraMode, WireCameraMode>;
