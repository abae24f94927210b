/**
 * Changes of the record, in two halves: a plan says what the record would be, or why not; once that is saved, `apply`
 * makes it so. So a call that was answered is committed, and one that failed changed nothing.
 * Law: plans read, only `apply` writes; the host runs the changes of one session one after the other.
 */
import { optional } from "#kit/optional.ts";
import { invalid, no, ok, type Problem, problem, type Result } from "#wire/problem.ts";
import { PLAYERS_MAX, SEATS_EVER_MAX, TEAM_LEAD_MAX } from "../limits.ts";
import { type Profile, UNKNOWN_PLAYER } from "../related/player.ts";
import { MODES } from "../sim/modes/table.ts";
import type { SessionRecord, Told } from "../stores/session-store.ts";
import { problemWithStart } from "./beginning.ts";
import { figuresOf } from "./figures.ts";
import { isOver, mayMove } from "./lifecycle.ts";
import { participantOf, recordOf } from "./record.ts";
import type { Roster, Seat } from "./roster.ts";
import type { Session } from "./session.ts";
import type { EventBody } from "./session-events.ts";
import type { EndReason, SessionStatus } from "./settings.ts";
import { tallied } from "./tally.ts";
import { joinTold } from "./tell.ts";

export type Change<T = void> = {
  /** What is to be saved, under the next version; null when nothing changes. */
  record: SessionRecord | null;
  /** What applying it tells: goes into the outbox with the record, so that it is told whatever happens in between. */
  told: Told;
  apply(time: { nowMs: number; unixMs: number }): T;
};

export type SeatRequest = {
  playerId: string;
  teamId: string | null;
  listed: boolean;
  key: string | null;
  /** A team id to use when a new team is needed. */
  newTeamId: string;
  /** As the player service said; left out for somebody of whom nothing is known. */
  profile?: Profile;
  unixMs: number;
};

/** A new seat. Whoever has one already is not this function's business. */
export function planSeat(session: Session, request: SeatRequest): Result<Planned<Seat>> {
  const problemFound = problemWithSeat(session, request);
  if (problemFound !== null) return no(problemFound);
  const { playerId, listed, profile = UNKNOWN_PLAYER } = request;
  const seat: Omit<Seat, "side"> = {
    playerId,
    teamId: teamFor(session, request),
    slot: session.roster.freeSlot(),
    joinedAtMs: request.unixMs,
    listed,
    confirmed: !listed,
    connection: "expected",
    joinKey: request.key,
    graceUsedMs: 0,
    ...profile,
  };
  const record = nextRecord(session);
  record.participants = record.participants.filter((other) => other.playerId !== playerId);
  const left = session.figuresOfLeft.get(playerId);
  record.participants.push(participantOf({ ...seat, side: 0 }, left ? { ...left, alive: false, health: 0 } : null));
  return ok({ record, told: [joinTold(seat)], apply: (time) => session.handleSeat(time.unixMs, seat) });
}

function problemWithSeat(session: Session, { playerId, teamId, listed }: SeatRequest): Problem | null {
  const { roster, settings } = session;
  if (isOver(session.status)) return overAlready(session);
  if (roster.seat(playerId)?.removed) {
    return problem("FORBIDDEN", "You were removed from this session", { reason: "removed_for_cheating" });
  }
  const sitting = roster.sitting().length;
  const seats = Math.min(settings.maxPlayers, PLAYERS_MAX);
  if (sitting >= seats || roster.seats.length >= SEATS_EVER_MAX) {
    return problem("SESSION_FULL", "The session is full", { players: sitting, max_players: seats });
  }
  const { teamsMax } = MODES[settings.gameMode];
  if (teamsMax === null || teamId === null) return null;
  if (roster.sideOf(teamId) === -1 && roster.teams.length >= teamsMax) {
    return invalid("team_id", teamId, `one of the session's ${teamsMax} teams`);
  }
  return listed ? null : problemWithBalance(roster, teamId);
}

/** Who comes by oneself may not make a team lead the smallest that plays by more than TEAM_LEAD_MAX. */
function problemWithBalance(roster: Roster, teamId: string): Problem | null {
  const counts = new Map([[teamId, 1]]);
  for (const seat of roster.sitting()) counts.set(seat.teamId, (counts.get(seat.teamId) ?? 0) + 1);
  const smallest = Math.min(...counts.values());
  if ((counts.get(teamId) ?? 1) - smallest <= TEAM_LEAD_MAX) return null;
  return invalid("team_id", teamId, `left out, or a team at most ${TEAM_LEAD_MAX} players ahead of the smallest`);
}

/** In deathmatch everyone is a side; else the team asked for, or the smallest of at least two. */
function teamFor(session: Session, { playerId, teamId, newTeamId }: SeatRequest): string {
  if (MODES[session.settings.gameMode].teamsMax === null) return playerId;
  if (teamId !== null) return teamId;
  const smallest = session.roster.smallestTeam();
  return session.roster.teams.length < 2 || smallest === null ? newTeamId : smallest;
}

/** Confirms a seat that the roster gave. */
export function planConfirm(session: Session, seat: Seat, key: string | null): Result<Planned<Seat>> {
  if (isOver(session.status)) return no(overAlready(session));
  const record = nextRecord(session);
  for (const other of record.participants) {
    if (other.playerId === seat.playerId) Object.assign(other, { confirmed: true, joinKey: key });
  }
  return ok({
    record,
    told: [],
    apply: () => {
      seat.confirmed = true;
      seat.joinKey = key;
      return seat;
    },
  });
}

/** `why`: removed for cheating, and not to come back; null for who leaves. */
export function planLeave(session: Session, playerId: string, why: "removed" | null = null): Result<Change> {
  const seat = session.roster.seat(playerId);
  if (seat === null || seat.connection === "left") {
    return no(
      problem("PARTICIPANT_NOT_FOUND", `Player '${playerId}' does not play in this session`, { player_id: playerId }),
    );
  }
  if (isOver(session.status)) return no(overAlready(session));
  const record = nextRecord(session);
  const mark = why === null ? {} : { removed: true as const };
  for (const other of record.participants) {
    if (other.playerId === playerId) Object.assign(other, { connection: "left", ...mark });
  }
  const told: Told = [{ kind: "player_left", playerId, ...optional("reason", why) }];
  return ok({ record, told, apply: (time) => session.handleLeave(time.unixMs, playerId, why) });
}

export function planStatus(session: Session, status: "active" | "paused", unixMs: number): Result<Planned> {
  const illegal = problemWithMove(session, status);
  if (illegal !== null) return no(illegal);
  const starts = session.status === "waiting";
  if (starts) {
    const notYet = problemWithStart(session);
    if (notYet !== null) return no(notYet);
  }
  const record = { ...nextRecord(session), status };
  if (starts) record.startedAtMs = unixMs;
  return ok({
    record,
    told: [statusTold(session, status)],
    apply: (time) => {
      // The match may have ended by itself while the record was being saved; then that end stands.
      if (mayMove(session.status, status)) session.handleStatus(time.unixMs, status);
    },
  });
}

function statusTold({ status: from, settings }: Session, to: "active" | "paused"): EventBody {
  if (to === "paused") return { kind: "session_paused" };
  if (from === "paused") return { kind: "session_resumed" };
  return { kind: "session_started", mapId: settings.mapId, gameMode: settings.gameMode };
}

export type End = { status: "ended" | "cancelled"; reason: EndReason };

export function planEnd(session: Session, end: End, unixMs: number): Result<Planned> {
  const illegal = problemWithMove(session, end.status);
  if (illegal !== null) return no(illegal);
  const record = { ...nextRecord(session), status: end.status, endReason: end.reason, endedAtMs: unixMs };
  const told = endTold(record);
  record.tally = tallied(session.tally, told);
  return ok({
    record,
    told,
    apply: (time) => {
      // The match went on while this was being saved: its figures are not the last ones.
      if (session.seqOfLastEvent !== record.lastSeq) session.handleRecordStale();
      session.handleEnd(time.unixMs, { ...end, winner: null });
    },
  });
}

export type SettingsChange = {
  maxRounds: number | null;
  timeLimitMinutes: number | null;
  allowSpectators: boolean | null;
  currentRound: number | null;
};

export function planSettings(session: Session, change: SettingsChange): Result<Planned> {
  if (isOver(session.status)) return no(overAlready(session));
  const { settings, world } = session;
  const maxRounds = change.maxRounds ?? settings.maxRounds;
  const round = change.currentRound ?? world.round;
  if (change.currentRound !== null && session.status === "waiting") {
    const details = { field: "current_round", status: session.status };
    return no(problem("INVALID_STATE_TRANSITION", "Rounds are set in sessions that have begun", details));
  }
  if (round > maxRounds) {
    const field = change.currentRound === null ? "max_rounds" : "current_round";
    const allowed = field === "max_rounds" ? `${round} or more, the round being played` : `1 to ${maxRounds}`;
    return no(invalid(field, field === "max_rounds" ? maxRounds : round, allowed));
  }
  const next = {
    maxRounds,
    timeLimitMinutes: change.timeLimitMinutes ?? settings.timeLimitMinutes,
    allowSpectators: change.allowSpectators ?? settings.allowSpectators,
  };
  const record = nextRecord(session);
  Object.assign(record.settings, next);
  record.currentRound = round;
  return ok({
    record,
    told: [],
    apply: (time) => {
      if (isOver(session.status)) return;
      session.handleSettings(time.unixMs, next);
      if (change.currentRound !== null) session.handleRound(time.unixMs, round);
    },
  });
}

export type Update = {
  /** The version the change is based on; null for whatever it is. */
  expectedVersion: number | null;
  status: SessionStatus | null;
  settings: SettingsChange | null;
};

/** Settings and status in one change. The status a session has already is no change. */
export function planUpdate(session: Session, update: Update, unixMs: number): Result<Change> {
  const { expectedVersion, status, settings } = update;
  if (expectedVersion !== null && expectedVersion !== session.version) {
    const details = { field: "expected_version", got: expectedVersion, allowed: session.version };
    const message = `The session is at version ${session.version}; read it again and decide anew`;
    return no(problem("VERSION_CONFLICT", message, details));
  }
  const planned: Planned[] = [];
  if (settings !== null) {
    const change = planSettings(session, settings);
    if (!change.ok) return change;
    planned.push(change.value);
  }
  if (status !== null && status !== session.status) {
    const change = planMove(session, status, unixMs);
    if (!change.ok) return change;
    // Status last: its record is laid over the settings' one.
    planned.push({ ...change.value, record: { ...change.value.record, ...settingsOf(planned[0]) } });
  }
  return ok({
    record: planned.at(-1)?.record ?? null,
    told: planned.flatMap(({ told }) => told),
    apply: (time) => {
      for (const change of planned) change.apply(time);
    },
  });
}

/** A change that is certain to change something. */
type Planned<T = void> = Change<T> & { record: SessionRecord };

function settingsOf(change: Planned | undefined): Partial<SessionRecord> {
  return change === undefined ? {} : { settings: change.record.settings, currentRound: change.record.currentRound };
}

function planMove(session: Session, status: SessionStatus, unixMs: number): Result<Planned> {
  if (status === "active" || status === "paused") return planStatus(session, status, unixMs);
  if (status === "ended" || status === "cancelled") return planEnd(session, { status, reason: "cancelled" }, unixMs);
  return no(problemWithMove(session, status) ?? invalid("status", status, "active, paused, ended or cancelled"));
}

/** Saves what changed by itself. */
export function planSave(session: Session): Change {
  const record = nextRecord(session);
  return { record, told: isOver(session.status) ? endTold(record) : [], apply: () => {} };
}

export function endTold({ endReason, winnerTeamId, teams, participants }: SessionRecord): Told {
  const players = participants.map((participant) => figuresOf(participant, participant));
  return [{ kind: "session_ended", reason: endReason ?? "cancelled", winnerTeamId, teams, players }];
}

function problemWithMove(session: Session, to: SessionStatus): Problem | null {
  if (mayMove(session.status, to)) return null;
  const details = { field: "status", from: session.status, to };
  return problem("INVALID_STATE_TRANSITION", `A session that is ${session.status} cannot become ${to}`, details);
}

function overAlready(session: Session): Problem {
  return problem("INVALID_STATE_TRANSITION", `The session is ${session.status}`, { status: session.status });
}

function nextRecord(session: Session): SessionRecord {
  const record = recordOf(session);
  return { ...record, version: record.version + 1 };
}
