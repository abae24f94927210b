/** A session's record as the wire has it. The record's centimetres and hundredths become metres and points. */
import { create } from "@bufbuild/protobuf";
import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type QuantisedPosition, QuantisedPositionSchema } from "#gen/necpgame/combat/v1/realtime_pb.js";
import {
  type CombatSession,
  CombatSessionSchema,
  type SessionParticipant,
  SessionParticipantSchema,
  type Team,
  TeamSchema,
  type Vec3,
  Vec3Schema,
} from "#gen/necpgame/combat/v1/session_pb.js";
import type { Point } from "../sim/world.ts";
import type { ParticipantRecord, SessionRecord, TeamRecord } from "../stores/session-store.ts";
import { CONNECTION, END_REASON, GAME_MODE, STATUS } from "./words.ts";

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

function time(ms: number | null): Timestamp | null {
  return ms === null ? null : timestampFromMs(ms);
}

/** A field that is set only when there is something to say. */
export function optional<Name extends string, Value>(name: Name, value: Value | null): { [Key in Name]?: Value } {
  return value === null ? {} : ({ [name]: value } as { [Key in Name]?: Value });
}
