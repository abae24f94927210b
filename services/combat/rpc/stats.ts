/** The figures of a session, from its record. */
import { create } from "@bufbuild/protobuf";
import { type SessionStats, SessionStatsSchema } from "#gen/necpgame/combat/v1/session_service_pb.js";
import type { ParticipantRecord, SessionRecord } from "../stores/session-store.ts";
import { team } from "./encode-session.ts";
import { STATUS } from "./words.ts";

export function sessionStats(record: SessionRecord, spectatorCount: number): SessionStats {
  return create(SessionStatsSchema, {
    sessionId: record.id,
    status: STATUS[record.status],
    currentRound: record.currentRound,
    durationMs: record.playedMs,
    players: record.participants.map(playerStats),
    teams: record.teams.map(team),
    spectatorCount,
  });
}

function playerStats(participant: ParticipantRecord) {
  const { playerId, teamId, kills, deaths, assists, shotsFired, shotsHit, headshots } = participant;
  return {
    playerId,
    teamId,
    kills,
    deaths,
    assists,
    shotsFired,
    shotsHit,
    headshots,
    damageDealt: participant.damageDealt / 100,
    damageTaken: participant.damageTaken / 100,
    accuracy: shotsFired === 0 ? 0 : shotsHit / shotsFired,
  };
}
