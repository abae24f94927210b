/** One example of every server message, as combat would encode it: two players in slots 0 and 3. */
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ActionType,
  type CombatEventSchema,
  DamageType,
  EffectKind,
  type ServerMessage,
  ServerMessageSchema,
  Stance,
} from "#gen/necpgame/combat/v1/realtime_pb.js";
import {
  CameraMode,
  ConnectionStatus,
  EndReason,
  GameMode,
  SessionStatus,
} from "#gen/necpgame/combat/v1/session_pb.js";

export const SESSION_ID = "0c6f3f5e-1d7a-4b9d-9f10-5a1c7b2d3e4f";
export const ADA = "11111111-1111-4111-8111-111111111111";
export const BOB = "22222222-2222-4222-8222-222222222222";
/** By slot. */
export const PLAYER_IDS = [ADA, "", "", BOB];
const UNIX_MS = 1_750_000_000_123;

type Body = NonNullable<MessageInitShape<typeof ServerMessageSchema>["body"]>;
type Event = NonNullable<MessageInitShape<typeof CombatEventSchema>["event"]>;

export function serverMessage(frame: number, body: Body): ServerMessage {
  return create(ServerMessageSchema, { frame, timestamp: UNIX_MS, body });
}

export function serverBytes(frame: number, body: Body): Uint8Array<ArrayBuffer> {
  return toBinary(ServerMessageSchema, serverMessage(frame, body));
}

export function eventBody(seq: number, event: Event, epoch = 1): Body {
  return { case: "combatEvent", value: { seq, eventId: `event-${seq}`, tick: seq * 10, epoch, event } };
}

export function killBody(seq: number, epoch = 1): Body {
  const value = { victimId: BOB, killerId: ADA, weapon: "assault_rifle", headshot: true, assistIds: [] };
  return eventBody(seq, { case: "playerKilled", value }, epoch);
}

export function pongBody(t: number): Body {
  return { case: "pong", value: { t, tick: 4, serverTime: UNIX_MS } };
}

export function stateBody({ epoch = 1, lastSeq = 0 } = {}): Body {
  const seat = (playerId: string, slot: number) => ({
    playerId,
    teamId: `team-${slot}`,
    joinedAt: timestampFromMs(UNIX_MS),
    position: { x: slot, y: 2, z: 0 },
    health: 100,
    alive: true,
    connectionStatus: ConnectionStatus.CONNECTED,
    slot,
    weapon: "assault_rifle",
  });
  const participants = [seat(ADA, 0), seat(BOB, 3)];
  return {
    case: "sessionState",
    value: {
      session: {
        id: SESSION_ID,
        status: SessionStatus.ACTIVE,
        gameMode: GameMode.TEAM_DEATHMATCH,
        participants,
        currentRound: 1,
        maxRounds: 3,
        mapId: "yard",
        hostPlayerId: ADA,
        createdAt: timestampFromMs(UNIX_MS),
        teams: [{ teamId: "team-0" }, { teamId: "team-3" }],
        tickRateHz: 30,
        respawnSeconds: 2.5,
        epoch,
      },
      world: {
        mapId: "yard",
        bounds: { min: { x: 0, y: 0, z: 0 }, max: { x: 160, y: 140, z: 50 } },
        walls: [{ min: { x: 10, y: 10, z: 0 }, max: { x: 12, y: 20, z: 3 } }],
      },
      you: participants[0]!,
      epoch,
      tickRateHz: 30,
      tick: 3,
      serverTime: UNIX_MS,
      lastSeq,
      players: [playerRow(0, 150), playerRow(3, 8_550)],
    },
  };
}

export function playerRow(slot: number, xCm: number) {
  const position = { x: xCm, y: 6_789, z: 0 };
  return {
    slot,
    position,
    yaw: -4_512,
    pitch: 250,
    health: 8_550,
    alive: true,
    lastInput: 7,
    ammunition: 29,
    stance: Stance.STAND,
    poseMs: 18_140,
    energy: 65,
    usingItem: "medkit",
    effects: [{ effect: EffectKind.BLEED, potency: 50, stacks: 2, untilMs: 61_500 }],
  };
}

const GROUND = {
  fields: [
    { abilityId: "slow_field", by: 3, side: 1, position: { x: 100, y: 200, z: 0 }, radius: 400, untilMs: 9_000 },
    { abilityId: "slow_field", side: 0, position: { x: 300, y: 200, z: 0 }, radius: 400, untilMs: 9_500 },
  ],
};

export function updateBody(slot: number, xCm: number): Body {
  return { case: "stateUpdate", value: { tick: 5, keyframe: false, players: [playerRow(slot, xCm)], ground: GROUND } };
}

const damage = {
  attackerId: ADA,
  targetId: BOB,
  damage: 4_550,
  weapon: "assault_rifle",
  damageType: DamageType.BULLET,
  headshot: true,
  health: 5_450,
};
const teams = [{ teamId: "team-0", score: 2, roundsWon: 1 }];

/** Every event, in the order of their numbers. */
export const EVENTS: readonly Event[] = [
  { case: "sessionStarted", value: { mapId: "yard", gameMode: GameMode.TEAM_DEATHMATCH } },
  { case: "roundStarted", value: { round: 1, maxRounds: 3 } },
  { case: "playerJoined", value: { playerId: BOB, teamId: "team-3", slot: 3 } },
  { case: "damageDealt", value: damage },
  {
    case: "projectileFired",
    value: {
      projectileId: 7,
      playerId: ADA,
      weapon: "grenade_launcher",
      velocity: { x: 1_697, y: 0, z: 1_697 },
      gravity: 981,
    },
  },
  { case: "projectileEnded", value: { projectileId: 7, position: { x: 9_100, y: 0, z: 0 }, exploded: true } },
  {
    case: "playerKilled",
    value: { victimId: BOB, killerId: ADA, weapon: "assault_rifle", headshot: true, assistIds: [ADA] },
  },
  { case: "playerRespawned", value: { playerId: BOB, position: { x: 100, y: 200, z: 0 } } },
  { case: "playerDisconnected", value: { playerId: BOB } },
  { case: "playerReconnected", value: { playerId: BOB } },
  { case: "sessionPaused", value: {} },
  { case: "sessionResumed", value: {} },
  { case: "roundEnded", value: { round: 1, winnerTeamId: "team-0", teams } },
  { case: "overtimeStarted", value: { round: 1, endsAfterMs: 60_000 } },
  {
    case: "objectiveChanged",
    value: { objective: "flag", change: "taken", place: "", ownerTeamId: "team-1", teamId: "team-0" },
  },
  {
    case: "abilityUsed",
    value: { playerId: ADA, abilityId: "slow_field", position: { x: 100, y: 200, z: 0 }, cost: 4_000 },
  },
  { case: "itemUsed", value: { playerId: BOB, itemId: "medkit", left: 1 } },
  {
    case: "effectApplied",
    value: { targetId: BOB, sourceId: ADA, effect: EffectKind.SLOW, potency: 40, stacks: 1, durationMs: 2_500 },
  },
  { case: "effectEnded", value: { targetId: BOB, effect: EffectKind.SLOW } },
  { case: "playerHealed", value: { playerId: BOB, healerId: ADA, amount: 1_050, health: 6_500, cause: "heal" } },
  { case: "playerLeft", value: { playerId: BOB } },
  { case: "sessionEnded", value: { endReason: EndReason.VICTORY, winnerTeamId: "team-0", teams } },
];

/** Every body but events. */
export const BODIES: readonly Body[] = [
  stateBody(),
  updateBody(3, 12_345),
  {
    case: "actionResult",
    value: {
      seq: 9,
      success: true,
      actionType: ActionType.ATTACK,
      cooldownMs: 100,
      ammunition: 28,
      hit: {
        hit: true,
        targetId: BOB,
        distance: 1_234,
        headshot: false,
        damage: 2_275,
        tickClaimed: 4,
        tickUsed: 5,
        struck: "player",
      },
    },
  },
  {
    case: "actionResult",
    value: { seq: 10, success: false, actionType: ActionType.RELOAD, reason: "reloading", cooldownMs: 5 },
  },
  {
    case: "positionCorrection",
    value: { seq: 8, position: { x: 1, y: -2, z: 3 }, check: "speed", measured: 9.5, threshold: 7.7 },
  },
  {
    case: "camera",
    value: {
      cameraMode: CameraMode.CINEMATIC,
      followTarget: BOB,
      position: { x: 5, y: 6, z: 7 },
      direction: { x: 0, y: 1, z: 0 },
    },
  },
  pongBody(12.5),
  {
    case: "error",
    value: { error: "INVALID_ARGUMENT", message: "x must be a finite number", details: { field: "data.x" } },
  },
  { case: "tokenExpiring", value: { expiresAt: UNIX_MS + 60_000 } },
];
