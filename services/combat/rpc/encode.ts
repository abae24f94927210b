/**
 * Encode: domain to wire, once, at the border. What a session and its frames look like as generated messages.
 * Units: the domain's centimetres and hundredths become metres and points in records; frames stay quantised.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type ActionResult,
  ActionResultSchema,
  ActionType,
  type Camera as CameraMessage,
  CameraSchema,
  HitReceiptSchema,
  type PlayerState,
  PlayerStateSchema,
  PositionCorrectionSchema,
  type QuantisedPosition,
  QuantisedPositionSchema,
  type ServerMessage,
  ServerMessageSchema,
  SessionStateSchema,
  Stance,
  StateUpdateSchema,
  WorldSchema,
} from "#gen/necpgame/combat/v1/realtime_pb.js";
import {
  CameraMode,
  type CombatSession,
  CombatSessionSchema,
  ConnectionStatus,
  EndReason,
  GameMode,
  type SessionParticipant,
  SessionParticipantSchema,
  SessionStatus,
  type Team,
  TeamSchema,
  type Vec3,
  Vec3Schema,
} from "#gen/necpgame/combat/v1/session_pb.js";
import type { AnswerEncoder } from "../session/answers.ts";
import type { BroadcastEncoder } from "../session/audience.ts";
import type { Camera, CameraMode as CameraModeWord } from "../session/cameras.ts";
import type { CameraEncoder } from "../session/delivery.ts";
import type { ActionOrder, ActionType as ActionTypeWord } from "../session/orders.ts";
import { participantOf, recordOf } from "../session/record.ts";
import type { ActionOutcome, Session, SessionMoveVerdict } from "../session/session.ts";
import type * as words from "../session/settings.ts";
import type { Point, Stance as StanceWord } from "../sim/world.ts";
import type { PlayerRow } from "../snapshot/fields.ts";
import type { StateFrame } from "../snapshot/frame.ts";
import type { ParticipantRecord, SessionRecord, TeamRecord } from "../stores/session-store.ts";
import { combatEvent } from "./encode-event.ts";

export const STATUS = {
  waiting: SessionStatus.WAITING,
  active: SessionStatus.ACTIVE,
  paused: SessionStatus.PAUSED,
  ended: SessionStatus.ENDED,
  cancelled: SessionStatus.CANCELLED,
} as const satisfies Record<words.SessionStatus, SessionStatus>;

export const GAME_MODE = {
  deathmatch: GameMode.DEATHMATCH,
  team_deathmatch: GameMode.TEAM_DEATHMATCH,
  capture_the_flag: GameMode.CAPTURE_THE_FLAG,
  king_of_the_hill: GameMode.KING_OF_THE_HILL,
  domination: GameMode.DOMINATION,
  elimination: GameMode.ELIMINATION,
} as const satisfies Record<words.GameMode, GameMode>;

export const END_REASON = {
  victory: EndReason.VICTORY,
  timeout: EndReason.TIMEOUT,
  disconnect: EndReason.DISCONNECT,
  cancelled: EndReason.CANCELLED,
} as const satisfies Record<words.EndReason, EndReason>;

export const CAMERA_MODE = {
  free: CameraMode.FREE,
  follow_player: CameraMode.FOLLOW_PLAYER,
  overview: CameraMode.OVERVIEW,
  cinematic: CameraMode.CINEMATIC,
} as const satisfies Record<CameraModeWord, CameraMode>;

export const ACTION_TYPE = {
  attack: ActionType.ATTACK,
  ability: ActionType.ABILITY,
  special_move: ActionType.SPECIAL_MOVE,
  reload: ActionType.RELOAD,
  switch_weapon: ActionType.SWITCH_WEAPON,
  use_item: ActionType.USE_ITEM,
} as const satisfies Record<ActionTypeWord, ActionType>;

export const STANCE = {
  stand: Stance.STAND,
  crouch: Stance.CROUCH,
} as const satisfies Record<StanceWord, Stance>;

const CONNECTION = {
  expected: ConnectionStatus.EXPECTED,
  connected: ConnectionStatus.CONNECTED,
  disconnected: ConnectionStatus.DISCONNECTED,
  left: ConnectionStatus.LEFT,
} as const satisfies Record<words.ConnectionStatus, ConnectionStatus>;

export function combatSession(record: SessionRecord): CombatSession {
  const { settings } = record;
  return create(CombatSessionSchema, {
    ...settings,
    ...optional("startedAt", time(record.startedAtMs)),
    ...optional("endedAt", time(record.endedAtMs)),
    ...optional("winnerTeamId", record.winnerTeamId),
    ...optional("endReason", record.endReason === null ? null : END_REASON[record.endReason]),
    id: record.id,
    status: STATUS[record.status],
    gameMode: GAME_MODE[settings.gameMode],
    participants: record.participants.map(participant),
    currentRound: record.currentRound,
    createdAt: timestampFromMs(record.createdAtMs),
    hostPlayerId: record.hostPlayerId,
    teams: record.teams.map(team),
    version: record.version,
    epoch: record.epoch,
    seed: record.seed,
  });
}

export function participant(record: ParticipantRecord): SessionParticipant {
  const { playerId, teamId, alive, kills, deaths, assists, slot, weapon } = record;
  return create(SessionParticipantSchema, {
    playerId,
    teamId,
    alive,
    kills,
    deaths,
    assists,
    slot,
    weapon,
    joinedAt: timestampFromMs(record.joinedAtMs),
    position: metres(record.position),
    health: record.health / 100,
    connectionStatus: CONNECTION[record.connection],
    damageDealt: record.damageDealt / 100,
  });
}

export function team({ teamId, score, roundsWon }: TeamRecord): Team {
  return create(TeamSchema, { teamId, score, roundsWon });
}

export function metres({ x, y, z }: Point): Vec3 {
  return create(Vec3Schema, { x: x / 100, y: y / 100, z: z / 100 });
}

export function quantised({ x, y, z }: Point): QuantisedPosition {
  return create(QuantisedPositionSchema, { x, y, z });
}

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

function time(ms: number | null): Timestamp | null {
  return ms === null ? null : timestampFromMs(ms);
}

/** A field that is set only when there is something to say. */
export function optional<Name extends string, Value>(name: Name, value: Value | null): { [Key in Name]?: Value } {
  return value === null ? {} : ({ [name]: value } as { [Key in Name]?: Value });
}

function mutable(details: { readonly [key: string]: unknown }) {
  return JSON.parse(JSON.stringify(details));
}
