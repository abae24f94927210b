/**
 * Reconcile: brings a session that was restored from its live copy to what its record says, where the record is ahead.
 * That is so when the owner died between saving a change and keeping it: the caller may have been answered.
 * In:  a restored session, the record as claimed, version and last event of what was kept.   Out: the session changed;
 *      what changed is told like any change.
 * Law: a change that was saved is there, once. What the session did by itself meanwhile stays (seats given up, rounds,
 *      its end), and where it is ahead that way the record is to be saved again.
 * Order: who came, who left, settings, start, round, then pause, resume or end: as the changes could have come.
 */
import { SLOTS_MAX } from "../sim/limits.ts";
import type { ParticipantRecord, SessionRecord } from "../stores/session-store.ts";
import { isOver, mayMove } from "./lifecycle.ts";
import { restoreFigures, seatOf } from "./record.ts";
import type { Seat } from "./roster.ts";
import type { Session } from "./session.ts";

export type KeptAt = { readonly version: number; readonly lastSeq: number };

export function reconcile(session: Session, record: SessionRecord, kept: KeptAt, unixMs: number): void {
  // Claiming counted the version up once: a copy of the version before is up to date.
  if (record.version - 1 > kept.version && !isOver(session.status)) catchUp(session, record, kept.lastSeq, unixMs);
  session.version = record.version;
  if (isAhead(session, record)) session.handleRecordStale();
}

function catchUp(session: Session, record: SessionRecord, keptSeq: number, unixMs: number): void {
  catchUpSeats(session, record.participants, unixMs);
  catchUpSettings(session, record, unixMs);
  if (record.startedAtMs !== null && session.status === "waiting") session.handleStatus(unixMs, "active");
  // What was told beyond the copy is lost; of a session that is over at least the result is as it was saved.
  if (isOver(record.status) && record.startedAtMs !== null && record.lastSeq > keptSeq) restoreFigures(session, record);
  else if (isRoundSet(session, record, keptSeq)) session.handleRound(unixMs, record.currentRound);
  catchUpStatus(session, record, unixMs);
}

/**
 * Who came first, then who left: a team must not stand empty in between, for that would end the match. Who came to a slot
 * that another had left gets a free one; where none is free, its own once that other has left.
 */
function catchUpSeats(session: Session, participants: readonly ParticipantRecord[], unixMs: number): void {
  const { roster } = session;
  const came = participants.filter((participant) => isNew(roster.seat(participant.playerId), participant));
  const leave = ({ playerId, removed }: ParticipantRecord) => {
    session.handleLeave(unixMs, playerId, removed ? "removed" : null);
  };
  const late = came.filter((participant) => {
    leave(participant); // Who sits has left, too, and come back.
    const slot = roster.seatAt(participant.slot) === null ? participant.slot : roster.freeSlot();
    if (slot < SLOTS_MAX) session.handleSeat(unixMs, { ...seatOf(participant), slot });
    return slot >= SLOTS_MAX;
  });
  participants.filter(({ connection }) => connection === "left").forEach(leave);
  for (const participant of late) session.handleSeat(unixMs, seatOf(participant));
  for (const participant of participants) {
    const seat = roster.seat(participant.playerId);
    const { confirmed, joinKey } = seatOf(participant);
    if (seat === null) continue;
    Object.assign(seat, { joinKey, confirmed: seat.confirmed || confirmed });
    if (participant.removed) seat.removed = true; // Also where the copy knows of the leaving, and not why.
  }
}

/** Sits by a join that the session has not seen. Who sat by the same join and gave the seat up has not come back. */
function isNew(seat: Seat | null, { connection, joinedAtMs }: ParticipantRecord): boolean {
  return connection !== "left" && (seat === null || seat.joinedAtMs !== joinedAtMs);
}

function catchUpSettings(session: Session, { settings }: SessionRecord, unixMs: number): void {
  const { maxRounds, timeLimitMinutes, allowSpectators } = settings;
  const saved = { maxRounds, timeLimitMinutes, allowSpectators };
  const names = Object.keys(saved) as (keyof typeof saved)[];
  if (names.some((name) => session.settings[name] !== saved[name])) session.handleSettings(unixMs, saved);
}

/** A later round was set; or an earlier one, by a record that knows of every event that led to the later one. */
function isRoundSet({ world }: Session, { currentRound, lastSeq }: SessionRecord, keptSeq: number): boolean {
  if (world.phase !== "live") return false;
  return currentRound > world.round || (currentRound < world.round && lastSeq >= keptSeq);
}

function catchUpStatus(session: Session, record: SessionRecord, unixMs: number): void {
  const { status, endReason, winnerTeamId, startedAtMs, endedAtMs } = record;
  if (status === "ended" || status === "cancelled") {
    const winner = winnerTeamId === null ? -1 : session.roster.sideOf(winnerTeamId);
    session.handleEnd(unixMs, { status, reason: endReason ?? "cancelled", winner: winner === -1 ? null : winner });
  } else if (status !== "waiting" && status !== session.status && mayMove(session.status, status)) {
    session.handleStatus(unixMs, status);
  }
  // As the caller was answered.
  if (startedAtMs !== null) session.startedAtMs = startedAtMs;
  if (endedAtMs !== null) session.endedAtMs = endedAtMs;
}

function isAhead({ status, roster, world }: Session, record: SessionRecord): boolean {
  const differs = ({ playerId, slot, connection }: ParticipantRecord) => {
    const seat = roster.seat(playerId);
    return connection !== "left" && (seat?.connection === "left" || seat?.slot !== slot);
  };
  return status !== record.status || world.round > record.currentRound || record.participants.some(differs);
}
