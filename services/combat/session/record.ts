/**
 * The record of a session: what outlives it. Made from the live session, and back where nothing else is left of it: all of
 * one that had not begun; of one that had, the figures as they were last saved.
 */
import { optional } from "#kit/optional.ts";
import { WEAPON_NAMES } from "../sim/content.ts";
import { newFighter, noFeats } from "../sim/fighter.ts";
import { EVERYTHING } from "../sim/loadout.ts";
import type { Fighter } from "../sim/world.ts";
import type { ParticipantRecord, SessionRecord } from "../stores/session-store.ts";
import { NO_FIGURES } from "./figures.ts";
import { isOver } from "./lifecycle.ts";
import type { Seat } from "./roster.ts";
import { Session } from "./session.ts";
import { noTally } from "./tally.ts";
import { teamsOf } from "./tell.ts";

/** The session as it stands, under the version it was last saved with. */
export function recordOf(session: Session): SessionRecord {
  const { id, version, epoch, status, settings, seed, hostPlayerId, createdAtMs, startedAtMs, endedAtMs } = session;
  const { endReason, winnerTeamId, world, roster, owner, seqOfLastEvent: lastSeq } = session;
  return {
    id,
    version,
    epoch,
    owner,
    lastSeq,
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
    tally: structuredClone(session.tally),
  };
}

export function participantOf(seat: Seat, fighter: Fighter | null): ParticipantRecord {
  const { playerId, teamId, slot, joinedAtMs, listed, confirmed, connection, joinKey, displayName, loadout } = seat;
  const { profiledBy = null } = seat;
  const figures = fighter ?? NOBODY;
  const { kills, deaths, assists, damageDealt, damageTaken, shotsFired, shotsHit, headshots } = figures;
  const { position, health, alive, weapon } = figures;
  return {
    playerId,
    teamId,
    slot,
    joinedAtMs,
    listed,
    confirmed,
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
    feats: { ...figures.feats },
    displayName,
    loadout,
    ...optional("profiledBy", profiledBy),
    ...optional("removed", seat.removed ?? null),
    position: { ...position },
    health,
    alive,
    weapon,
  };
}

const NOBODY = {
  ...NO_FIGURES,
  feats: noFeats(),
  position: { x: 0, y: 0, z: 0 },
  health: 0,
  alive: false,
  weapon: "",
};

/** A session out of its record alone. Everyone is disconnected; what the record told is told. */
export function reopen(record: SessionRecord, time: { nowMs: number; unixMs: number }): Session {
  const session = new Session({ ...record, settings: { ...record.settings } }, time.nowMs);
  const teams = record.teams.map(({ teamId }) => teamId);
  session.roster.restore(teams, []);
  for (const participant of record.participants) {
    const seat = seatOf(participant);
    if (isOver(record.status)) seat.connection = participant.connection; // As they were when it ended.
    if (seat.connection === "left") session.roster.restore([], [{ ...seat, side: session.roster.sideOf(seat.teamId) }]);
    else session.handleSeat(time.unixMs, seat);
  }
  const { status, startedAtMs, endedAtMs, endReason, winnerTeamId } = record;
  Object.assign(session, { status, startedAtMs, endedAtMs, endReason, winnerTeamId });
  if (startedAtMs !== null) restoreFigures(session, record);
  session.handleReopened(record.lastSeq);
  session.tally = record.tally === undefined ? noTally() : structuredClone(record.tally);
  return session;
}

/** The seat of a participant who is not there just now. */
export function seatOf(participant: ParticipantRecord): Omit<Seat, "side"> {
  const { playerId, teamId, slot, joinedAtMs, listed, joinKey } = participant;
  const { displayName = "", loadout = EVERYTHING } = participant;
  const confirmed = participant.confirmed ?? participant.connection !== "expected";
  const connection = participant.connection === "connected" ? "disconnected" : participant.connection;
  const seat = { playerId, teamId, slot, joinedAtMs, listed, confirmed, connection, joinKey, displayName, loadout };
  const named = {
    ...optional("profiledBy", participant.profiledBy ?? null),
    ...optional("removed", participant.removed ?? null),
  };
  return { ...seat, ...named, graceUsedMs: 0 };
}

/** The figures, scores and the round as they were when the record was written. */
export function restoreFigures(session: Session, { participants, teams, currentRound, playedMs }: SessionRecord): void {
  const { world, roster, figuresOfLeft } = session;
  for (const participant of participants) {
    const { playerId, weapon, position, health, alive, kills, deaths, assists, feats = noFeats() } = participant;
    const { damageDealt, damageTaken, shotsFired, shotsHit, headshots } = participant;
    const figures = {
      kills,
      deaths,
      assists,
      damageDealt,
      damageTaken,
      shotsFired,
      shotsHit,
      headshots,
      feats: { ...feats },
    };
    const seat = roster.seat(playerId);
    const fighter = seat === null ? null : (session.fighter(seat) ?? newFighter(seat.slot, seat.side));
    if (seat === null || fighter === null) continue;
    Object.assign(fighter, figures, { position, health, alive }, isWeapon(weapon) ? { weapon } : {});
    if (seat.connection === "left") figuresOfLeft.set(playerId, fighter);
  }
  teams.forEach(({ score, roundsWon }, side) => {
    while (world.sides.length <= side) world.sides.push({ score: 0, roundsWon: 0, kills: 0 });
    Object.assign(world.sides[side]!, { score, roundsWon });
  });
  Object.assign(world, { round: currentRound, nowMs: playedMs, liveAtMs: 0 });
}

function isWeapon(name: string): boolean {
  return (WEAPON_NAMES as readonly string[]).includes(name);
}
