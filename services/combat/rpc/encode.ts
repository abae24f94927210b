/**
 * Encode: frames and answers to wire, once, at the border: the encoders that session/ asks for, giving the bytes of a
 * ServerMessage. Units: frames stay quantised, in centimetres and hundredths.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  type ActionResult,
  ActionResultSchema,
  type ActiveEffect,
  type Camera as CameraMessage,
  CameraSchema,
  GroundSchema,
  ObjectivesSchema,
  type PlayerState,
  PositionCorrectionSchema,
  type ServerMessage,
  ServerMessageSchema,
  SessionStateSchema,
  ShotLandedSchema,
  StateUpdateSchema,
  WorldSchema,
} from "#gen/necpgame/combat/v1/realtime_pb.js";
import { Vec3Schema } from "#gen/necpgame/combat/v1/session_pb.js";
import { optional } from "#kit/optional.ts";
import type { ActionOutcome } from "../session/action-outcome.ts";
import type { AnswerEncoder } from "../session/answers.ts";
import type { BroadcastEncoder } from "../session/audience.ts";
import type { Camera } from "../session/cameras.ts";
import type { PrivateEncoder } from "../session/delivery.ts";
import type { ActionOrder } from "../session/orders.ts";
import { participantOf, recordOf } from "../session/record.ts";
import type { Session, SessionMoveVerdict } from "../session/session.ts";
import type { Effect } from "../sim/effects.ts";
import type { Wall } from "../sim/maps.ts";
import { flightOf } from "../sim/projectiles.ts";
import type { PlayerRow } from "../snapshot/fields.ts";
import type { StateFrame } from "../snapshot/frame.ts";
import type { GroundRow } from "../snapshot/ground.ts";
import type { ObjectivesRow } from "../snapshot/objectives.ts";
import { combatEvent, flight, hitReceipt } from "./encode-event.ts";
import { combatSession, inUnit, metres, participant, quantised } from "./encode-session.ts";
import { ACTION_TYPE, CAMERA_MODE, EFFECT_KIND, STANCE } from "./words.ts";

export function actionResult(action: ActionOrder, outcome: ActionOutcome): ActionResult {
  const { cooldownMs, ammunition } = outcome;
  const common = { seq: action.seq, actionType: ACTION_TYPE[action.type], cooldownMs, ammunition };
  if (outcome.kind !== "done") return create(ActionResultSchema, { ...common, reason: outcome.reason });
  const combo = outcome.combo > 0 ? { combo: outcome.combo } : {};
  const done = { ...common, success: true, ...usedAs(outcome), ...combo };
  if (outcome.hit === null) return create(ActionResultSchema, done);
  const hit = hitReceipt(outcome.hit);
  return create(ActionResultSchema, { ...done, hit });
}

function usedAs({ used }: Extract<ActionOutcome, { kind: "done" }>) {
  if (used === null) return {};
  const effects = used.effects.map(({ kind, ...effect }) => ({ ...effect, effect: EFFECT_KIND[kind] }));
  return { cost: used.cost, healed: used.healed, effects };
}

/** The encoders that session/ asks for, by the bytes of a ServerMessage. */
export const encoder: BroadcastEncoder & PrivateEncoder & AnswerEncoder = {
  event: (frame, event) => bytes(frame, event.atUnixMs, { case: "combatEvent", value: combatEvent(event) }),
  state: (frame, unixMs, state) => bytes(frame, unixMs, { case: "stateUpdate", value: stateUpdate(state) }),
  shotLanded: (frame, unixMs, { seq, weapon, hit }) =>
    bytes(frame, unixMs, {
      case: "shotLanded",
      value: create(ShotLandedSchema, { seq, weapon, hit: hitReceipt(hit) }),
    }),
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

function stateUpdate({ tick, matchMs, keyframe, players, objectives, ground }: StateFrame) {
  const places = {
    ...optional("objectives", objectivesMessage(objectives)),
    ...optional("ground", groundMessage(ground)),
  };
  const rows = { ...places, players: players.map(playerState) };
  return create(StateUpdateSchema, { tick, matchMs, keyframe, ...rows });
}

function objectivesMessage(row: ObjectivesRow | null) {
  if (row === null) return null;
  return create(ObjectivesSchema, {
    sidesSwapped: row.swapped,
    overtime: row.overtime,
    scores: row.scores,
    flags: row.flags.map(({ side, state, carrier, position }) => {
      return { side, state, ...optional("carrier", carrier), position: quantised(position) };
    }),
    zones: row.zones.map(({ owner, taker, position, radiusCm: radius, ...zone }) => {
      const sides = { ...optional("owner", owner), ...optional("taker", taker) };
      return { ...zone, ...sides, radius, position: quantised(position) };
    }),
  });
}

function groundMessage(rows: GroundRow[] | null) {
  if (rows === null) return null;
  const fields = rows.map(({ ability: abilityId, by, side, position, radiusCm: radius, untilMs }) => {
    return { abilityId, ...optional("by", by), side, position: quantised(position), radius, untilMs };
  });
  return create(GroundSchema, { fields });
}

/** Written out, not by `create`: there are as many as updates. */
function playerState(row: PlayerRow): PlayerState {
  const { slot, yaw, pitch, health, alive, lastInput, ammunition, poseMs, energy, armour, usingItem, effects } = row;
  const message: PlayerState = {
    $typeName: "necpgame.combat.v1.PlayerState",
    slot,
    position: quantised(row),
    yaw,
    pitch,
    health,
    alive,
    lastInput,
    ammunition,
    stance: STANCE[row.stance],
    poseMs,
    energy,
    effects: effects.map(activeEffect),
  };
  if (usingItem !== null) message.usingItem = usingItem;
  if (armour > 0) message.armor = armour;
  return message;
}

function activeEffect({ kind, potency, stacks, untilMs }: Effect): ActiveEffect {
  return { $typeName: "necpgame.combat.v1.ActiveEffect", effect: EFFECT_KIND[kind], potency, stacks, untilMs };
}

function sessionState(session: Session, of: { playerId: string; lastSeq: number }, unixMs: number) {
  const { world } = session;
  const seat = session.roster.seat(of.playerId);
  const you =
    seat === null || seat.connection === "left" ? null : participant(participantOf(seat, session.fighter(seat)));
  const { players, objectives, ground, matchMs } = session.keyframe();
  return create(SessionStateSchema, {
    ...optional("you", you),
    session: combatSession(recordOf(session)),
    world: create(WorldSchema, {
      mapId: world.map.id,
      bounds: box(world.map.bounds),
      walls: world.map.walls.map(box),
      bases: (world.map.places?.bases ?? []).map(metres),
    }),
    epoch: session.epoch,
    tickRateHz: session.settings.tickRateHz,
    tick: world.tick,
    matchMs,
    serverTime: unixMs,
    lastSeq: of.lastSeq,
    players: players.map(playerState),
    projectiles: world.projectiles.map((projectile) => {
      const seat = projectile.by === null ? null : session.roster.seatAt(projectile.by);
      return flight({ ...flightOf(projectile), playerId: seat?.playerId ?? null });
    }),
    ...optional("objectives", objectivesMessage(objectives)),
    ...optional("ground", groundMessage(ground)),
  });
}

function box({ min, max, rises }: Wall) {
  return { ...optional("rises", rises ?? null), min: metres(min), max: metres(max) };
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
  const scaled = { measured: inUnit(check, measured), threshold: inUnit(check, threshold) };
  return create(PositionCorrectionSchema, { seq, check, position: quantised(position), ...scaled });
}

function mutable(details: { readonly [key: string]: unknown }) {
  return JSON.parse(JSON.stringify(details));
}
