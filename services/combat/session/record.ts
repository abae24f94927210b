/** The record of a session: what outlives it. Made from the live session, and back for one that had not begun. */
import type { Fighter } from "../sim/world.ts";
import type { ParticipantRecord, SessionRecord } from "../stores/session-store.ts";
import type { Seat } from "./roster.ts";
import { Session } from "./session.ts";
import { teamsOf } from "./tell.ts";

/** The session as it stands, under the version it was last saved with. */
export function recordOf(session: Session): SessionRecord {
  const { id, version, epoch, status, settings, seed, hostPlayerId, createdAtMs, startedAtMs, endedAtMs } = session;
  const { endReason, winnerTeamId, world, roster } = session;
  return {
    id,
    version,
    epoch,
    status,
    settings: { ...settings },
    seed,
    hostPlayerId,
    createdAtMs,
    startedAtMs,
    endedAtMs,
    endReason,
    winnerTeamId,
    currentRound: world.round,
    playedMs: startedAtMs === null ? 0 : world.nowMs - world.liveAtMs,
    participants: roster.seats.map((seat) => participantOf(seat, session.fighter(seat))),
    teams: teamsOf(world, roster),
  };
}

export function participantOf(seat: Seat, fighter: Fighter | null): ParticipantRecord {
  const { playerId, teamId, slot, joinedAtMs, listed, connection, joinKey } = seat;
  const figures = fighter ?? NO_FIGURES;
  const { kills, deaths, assists, damageDealt, damageTaken, shotsFired, shotsHit, headshots } = figures;
  const { position, health, alive, weapon } = figures;
  return {
    playerId,
    teamId,
    slot,
    joinedAtMs,
    listed,
    connection,
    joinKey,
    kills,
    deaths,
    assists,
    damageDealt,
    damageTaken,
    shotsFired,
    shotsHit,
    headshots,
    position: { ...position },
    health,
    alive,
    weapon,
  };
}

const NO_FIGURES = {
  kills: 0,
  deaths: 0,
  assists: 0,
  damageDealt: 0,
  damageTaken: 0,
  shotsFired: 0,
  shotsHit: 0,
  headshots: 0,
  position: { x: 0, y: 0, z: 0 },
  health: 0,
  alive: false,
  weapon: "",
};

/** A session that was waiting when its process ended: nothing was played, so the record is all of it. */
export function reopen(record: SessionRecord, time: { nowMs: number; unixMs: number }): Session {
  const session = new Session({ ...record, settings: { ...record.settings } }, time.nowMs);
  for (const seat of record.participants) {
    if (seat.connection === "left") continue;
    const { playerId, teamId, slot, joinedAtMs, listed, joinKey } = seat;
    const confirmed = seat.connection !== "expected";
    const connection = confirmed ? "disconnected" : "expected";
    const kept = {
      playerId,
      teamId,
      slot,
      joinedAtMs,
      listed,
      confirmed,
      connection,
      joinKey,
      graceUsedMs: 0,
    } as const;
    session.handleSeat(time.unixMs, kept);
  }
  session.pollEvents(); // Told before the restart.
  return session;
}
