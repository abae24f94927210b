/**
 * Encode: frames and answers to wire, once, at the border: the encoders that session/ asks for, giving the bytes of a
 * ServerMessage. Units: frames stay quantised, in centimetres and hundredths.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  type ActionResult,
  ActionResultSchema,
  type Camera as CameraMessage,
  CameraSchema,
  HitReceiptSchema,
  type PlayerState,
  PlayerStateSchema,
  PositionCorrectionSchema,
  type ServerMessage,
  ServerMessageSchema,
  SessionStateSchema,
  StateUpdateSchema,
  WorldSchema,
} from "#gen/necpgame/combat/v1/realtime_pb.js";
import { Vec3Schema } from "#gen/necpgame/combat/v1/session_pb.js";
import type { AnswerEncoder } from "../session/answers.ts";
import type { BroadcastEncoder } from "../session/audience.ts";
import type { Camera } from "../session/cameras.ts";
import type { CameraEncoder } from "../session/delivery.ts";
import type { ActionOrder } from "../session/orders.ts";
import { participantOf, recordOf } from "../session/record.ts";
import type { ActionOutcome, Session, SessionMoveVerdict } from "../session/session.ts";
import type { Point } from "../sim/world.ts";
import type { PlayerRow } from "../snapshot/fields.ts";
import type { StateFrame } from "../snapshot/frame.ts";
import { combatEvent } from "./encode-event.ts";
import { combatSession, metres, optional, participant, quantised } from "./encode-session.ts";
import { ACTION_TYPE, CAMERA_MODE, STANCE } from "./words.ts";

export function actionResult(action: ActionOrder, outcome: ActionOutcome): ActionResult {
  const { cooldownMs, ammunition } = outcome;
  const common = { seq: action.seq, actionType: ACTION_TYPE[action.type], cooldownMs, ammunition };
  if (outcome.kind === "refused") return create(ActionResultSchema, { ...common, reason: outcome.reason });
  if (outcome.hit === null) return create(ActionResultSchema, { ...common, success: true });
  const { struck, targetId, distanceCm: distance, headshot, damage, tickUsed } = outcome.hit;
  const receipt = { ...optional("targetId", targetId), struck, distance, headshot, damage, tickUsed };
  const hit = create(HitReceiptSchema, {
    ...receipt,
    ...optional("tickClaimed", action.clientTick),
    hit: struck === "player",
  });
  return create(ActionResultSchema, { ...common, success: true, hit });
}

/** The encoders that session/ asks for, by the bytes of a ServerMessage. */
export const encoder: BroadcastEncoder & CameraEncoder & AnswerEncoder = {
  event: (frame, event) => bytes(frame, event.atUnixMs, { case: "combatEvent", value: combatEvent(event) }),
  state: (frame, unixMs, state) => bytes(frame, unixMs, { case: "stateUpdate", value: stateUpdate(state) }),
  camera: (frame, unixMs, camera) => bytes(frame, unixMs, { case: "camera", value: cameraMessage(camera) }),
  sessionState: (frame, unixMs, session, of) =>
    bytes(frame, unixMs, { case: "sessionState", value: sessionState(session, of, unixMs) }),
  actionResult: (frame, unixMs, action, outcome) =>
    bytes(frame, unixMs, { case: "actionResult", value: actionResult(action, outcome) }),
  correction: (frame, unixMs, seq, verdict) =>
    bytes(frame, unixMs, { case: "positionCorrection", value: correction(seq, verdict) }),
  pong: (frame, unixMs, { t, tick }) =>
    bytes(frame, unixMs, {
      case: "pong",
      value: { $typeName: "necpgame.combat.v1.Pong", t, tick, serverTime: unixMs },
    }),
  error: (frame, unixMs, { error, message, details }) =>
    bytes(frame, unixMs, {
      case: "error",
      value: { $typeName: "necpgame.combat.v1.SocketError", error, message, details: mutable(details) },
    }),
};

function bytes(frame: number, timestamp: number, body: ServerMessage["body"]): Uint8Array {
  return toBinary(ServerMessageSchema, create(ServerMessageSchema, { frame, timestamp, body }));
}

function stateUpdate({ tick, keyframe, players }: StateFrame) {
  return create(StateUpdateSchema, { tick, keyframe, players: players.map(playerState) });
}

function playerState(row: PlayerRow): PlayerState {
  const { slot, x, y, z, yaw, pitch, health, alive, lastInput, ammunition, stance } = row;
  const position = quantised({ x, y, z });
  const state = { slot, position, yaw, pitch, health, alive, lastInput, ammunition, stance: STANCE[stance] };
  return create(PlayerStateSchema, state);
}

function sessionState(session: Session, of: { playerId: string; lastSeq: number }, unixMs: number) {
  const { world } = session;
  const seat = session.roster.seat(of.playerId);
  const you =
    seat === null || seat.connection === "left" ? null : participant(participantOf(seat, session.fighter(seat)));
  return create(SessionStateSchema, {
    ...optional("you", you),
    session: combatSession(recordOf(session)),
    world: create(WorldSchema, {
      mapId: world.map.id,
      bounds: box(world.map.bounds),
      walls: world.map.walls.map(box),
    }),
    epoch: session.epoch,
    tickRateHz: session.settings.tickRateHz,
    tick: world.tick,
    serverTime: unixMs,
    lastSeq: of.lastSeq,
    players: session.keyframe().players.map(playerState),
  });
}

function box({ min, max }: { min: Point; max: Point }) {
  return { min: metres(min), max: metres(max) };
}

function cameraMessage({ mode, targetId, position, direction }: Camera): CameraMessage {
  return create(CameraSchema, {
    ...optional("followTarget", targetId),
    cameraMode: CAMERA_MODE[mode],
    position: quantised(position),
    direction: create(Vec3Schema, direction),
  });
}

function correction(seq: number, verdict: Extract<SessionMoveVerdict, { ok: false }>) {
  const { check, position, measured, threshold } = verdict;
  const scaled = { measured: measured / 100, threshold: threshold / 100 };
  return create(PositionCorrectionSchema, { seq, check, position: quantised(position), ...scaled });
}

function mutable(details: { readonly [key: string]: unknown }) {
  return JSON.parse(JSON.stringify(details));
}
