/**
 * CombatSessionService's unary calls, written once for every transport: check who asks, decode, let the host do it,
 * encode. Refusals are thrown as ProblemError; a call that was refused changed nothing.
 * Not here: streams (play-stream.ts, watch-stream.ts), rules of lifecycle (session/changes.ts), transports.
 */
import { createHash, randomInt, randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { EmptySchema, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Issuer } from "#auth/issuer.ts";
import { actsForOthers, type Principal } from "#auth/principal.ts";
import * as messages from "#gen/necpgame/combat/v1/session_service_pb.js";
import type { Clock } from "#kit/clock.ts";
import { type Problem, ProblemError, problem, type Result } from "#wire/problem.ts";
import { CAMERA_MODES } from "../session/cameras.ts";
import {
  type Change,
  planConfirm,
  planEnd,
  planLeave,
  planSeat,
  planSettings,
  planStatus,
} from "../session/changes.ts";
import { problemWithSpectating, sessionNotFound } from "../session/door.ts";
import type { SessionHost } from "../session/host.ts";
import type { Hosted } from "../session/hosted.ts";
import { isOver } from "../session/lifecycle.ts";
import { recordOf } from "../session/record.ts";
import type { Seat } from "../session/roster.ts";
import { Session } from "../session/session.ts";
import type { Outcome } from "../sim/inputs.ts";
import type { SessionRecord, SessionStore } from "../stores/session-store.ts";
import * as access from "./access.ts";
import { actionOrder, cameraRequest, integer, moveOrder, number, refusal, uuid, weaponName, word } from "./decode.ts";
import { idempotencyKey, maxRounds, type NewSession, newSession, timeLimitMinutes } from "./decode-create.ts";
import { actionResult, CAMERA_MODE, combatSession, GAME_MODE, metres, optional, participant, STATUS } from "./encode.ts";
import { DAMAGE_TYPE } from "./encode-event.ts";
import type { UnaryHandlers } from "./handlers.ts";
import { pageOf, positionOf } from "./page-token.ts";
import { sessionStats } from "./stats.ts";

export type SessionServiceParts = {
  host: SessionHost;
  store: SessionStore;
  issuer: Issuer;
  clock: Clock;
  /** Where clients open sockets, for example ws://localhost:8080. */
  gatewayPublicUrl: string;
  /** False while this instance drains or cannot write records. */
  acceptsSessions(): boolean;
};

export function sessionService(parts: SessionServiceParts): UnaryHandlers {
  const { host, store, issuer, clock, gatewayPublicUrl } = parts;

  /** The session when it is live here, after the caller's right to name it was checked. */
  async function hostedFor(principal: Principal, sessionId: string): Promise<Hosted> {
    const hosted = host.find(uuid("session_id", sessionId));
    access.requireScope(principal, sessionId);
    if (hosted !== null) return hosted;
    const record = await recordFor(principal, sessionId);
    throw new ProblemError(overProblem(record));
  }

  async function recordFor(principal: Principal, sessionId: string): Promise<SessionRecord> {
    const record = await host.record(uuid("session_id", sessionId));
    access.requireScope(principal, sessionId);
    if (record === null) throw new ProblemError(sessionNotFound(sessionId));
    access.requireSight(principal, record);
    return record;
  }

  /** For host, services and admins: the session as the host has it, or as it ended. */
  async function changeable(principal: Principal, sessionId: string): Promise<Hosted | SessionRecord> {
    const hosted = host.find(uuid("session_id", sessionId));
    access.requireScope(principal, sessionId);
    const subject = hosted ?? (await host.record(sessionId));
    if (subject === null) throw new ProblemError(sessionNotFound(sessionId));
    access.requireHost(principal, "session" in subject ? subject.session : subject);
    return subject;
  }

  async function change<T>(hosted: Hosted, plan: () => Result<Change<T>>): Promise<T> {
    return unwrap(await host.change(hosted, plan));
  }

  async function changeStatus(principal: Principal, sessionId: string, status: "active" | "paused", from: string) {
    const hosted = await changeable(principal, sessionId);
    if (!("session" in hosted)) throw new ProblemError(overProblem(hosted));
    await change(hosted, () => {
      const { session } = hosted;
      if (session.status !== from) {
        const details = { from: session.status, to: status };
        const message = `A session that is ${session.status} cannot become ${status} by this call`;
        return { ok: false, problem: problem("INVALID_STATE_TRANSITION", message, details) };
      }
      return planStatus(session, status, clock.unixMs());
    });
    return combatSession(recordOf(hosted.session));
  }

  async function seatFor(hosted: Hosted, request: { playerId: string; teamId: string | null; key: string | null }) {
    return change(hosted, (): Result<Change<Seat>> => {
      const { session } = hosted;
      const { playerId, key } = request;
      const seat = session.roster.seat(playerId);
      if (seat === null || seat.connection === "left") {
        const newTeamId = randomUUID();
        return planSeat(session, { ...request, listed: false, newTeamId, unixMs: clock.unixMs() });
      }
      if (seat.confirmed && (key === null || key !== seat.joinKey)) {
        const details = { player_id: playerId, team_id: seat.teamId };
        return { ok: false, problem: problem("ALREADY_JOINED", `Player '${playerId}' has a seat already`, details) };
      }
      if (request.teamId !== null && request.teamId !== seat.teamId && session.settings.gameMode !== "deathmatch") {
        return { ok: false, problem: refusal("team_id", request.teamId, `${seat.teamId}, as the roster says`).problem };
      }
      return planConfirm(session, seat, key);
    });
  }

  async function create_(settings: NewSession, principal: Principal, fingerprint: string): Promise<SessionRecord> {
    const unixMs = clock.unixMs();
    const start = {
      id: randomUUID(),
      hostPlayerId: principal.playerId,
      seed: settings.seed ?? randomInt(2 ** 32),
      epoch: 1,
      version: 1,
      createdAtMs: unixMs,
      settings: settings.settings,
    };
    const session = new Session(start, clock.nowMs());
    for (const { playerId, teamId } of settings.roster) {
      const request = { playerId, teamId, listed: true, key: null, newTeamId: randomUUID(), unixMs };
      const planned = unwrap(planSeat(session, request));
      planned.apply({ nowMs: clock.nowMs(), unixMs });
    }
    const record = recordOf(session);
    const { idempotencyKey: key } = settings;
    const outcome = await store.create(record, key === null ? null : { caller: principal.playerId, key, fingerprint });
    if (outcome.kind === "key_reused") {
      throw refusal("idempotency_key", key, "a new one for another request");
    }
    if (outcome.kind === "repeat") return (await host.record(outcome.record.id)) ?? outcome.record;
    host.adopt(session);
    return record;
  }

  return {
    async createSession(request, { principal }) {
      access.requirePlayer(principal);
      const settings = newSession(request, principal);
      if (!parts.acceptsSessions() || !host.hasRoom) {
        throw new ProblemError(problem("UNAVAILABLE", "No new sessions here just now", { retry_after_ms: 1000 }));
      }
      return combatSession(await create_(settings, principal, fingerprintOf(settings)));
    },

    async getSession({ sessionId }, { principal }) {
      return combatSession(await recordFor(principal, sessionId));
    },

    async listSessions(request, { principal }) {
      const limit = integer("page_size", request.pageSize, { min: 1, max: 100, or: 20 });
      const records = await store.list({
        status: request.status === undefined ? null : word("status", STATUS, request.status),
        gameMode: request.gameMode === undefined ? null : word("game_mode", GAME_MODE, request.gameMode),
        visibleTo: actsForOthers(principal) ? null : principal.playerId,
        limit: limit + 1,
        after: request.pageToken === undefined ? null : positionOf(request.pageToken),
      });
      const { page, nextPageToken } = pageOf(records, limit);
      const current = page.map((record) => {
        const live = host.find(record.id);
        return combatSession(live === null ? record : recordOf(live.session));
      });
      return create(messages.ListSessionsResponseSchema, { sessions: current, nextPageToken });
    },

    async updateSession(request, { principal }) {
      const subject = await changeable(principal, request.sessionId);
      const update = readUpdate(request, principal);
      if (!("session" in subject)) throw new ProblemError(overProblem(subject));
      const { session } = subject;
      requireVersion(request.expectedVersion, session);
      if (update.settings !== null) {
        const settings = update.settings;
        await change(subject, () => versioned(request, session) ?? planSettings(session, settings));
      }
      const { status } = update;
      if (status === null || status === session.status) return combatSession(recordOf(session));
      const unixMs = clock.unixMs();
      const guard = update.settings === null ? () => versioned(request, session) : () => null;
      if (status === "active" || status === "paused") {
        await change(subject, () => guard() ?? planStatus(session, status, unixMs));
      } else if (status === "ended" || status === "cancelled") {
        await change(subject, () => guard() ?? planEnd(session, { status, reason: "cancelled" }, unixMs));
      } else {
        throw new ProblemError(
          problem("INVALID_STATE_TRANSITION", `A session that is ${session.status} cannot become ${status}`, {
            from: session.status,
            to: status,
          }),
        );
      }
      return combatSession(recordOf(session));
    },

    async endSession({ sessionId, idempotencyKey: key }, { principal }) {
      idempotencyKey(key);
      const subject = await changeable(principal, sessionId);
      if (!("session" in subject) || isOver(subject.session.status)) return create(EmptySchema);
      await change(subject, () => {
        const status = subject.session.status === "waiting" ? "cancelled" : "ended";
        return planEnd(subject.session, { status, reason: "cancelled" }, clock.unixMs());
      });
      return create(EmptySchema);
    },

    startSession: ({ sessionId }, { principal }) => changeStatus(principal, sessionId, "active", "waiting"),
    pauseSession: ({ sessionId }, { principal }) => changeStatus(principal, sessionId, "paused", "active"),
    resumeSession: ({ sessionId }, { principal }) => changeStatus(principal, sessionId, "active", "paused"),

    async joinSession(request, { principal }) {
      access.requirePlayer(principal);
      const hosted = await hostedFor(principal, request.sessionId);
      const { session } = hosted;
      const playerId = access.playerOf(principal, "player_id", request.playerId);
      const teamId = request.teamId === undefined ? null : uuid("team_id", request.teamId);
      access.requireInvitation(principal, session.settings.isPrivate, session.roster.seat(playerId) !== null);
      const seat = await seatFor(hosted, { playerId, teamId, key: idempotencyKey(request.idempotencyKey) });
      const fighter = session.fighter(seat);
      return create(messages.JoinSessionResponseSchema, {
        sessionId: session.id,
        playerId,
        assignedTeamId: seat.teamId,
        websocketUrl: `${gatewayPublicUrl}/ws/sessions/${session.id}`,
        startPosition: metres(fighter?.position ?? { x: 0, y: 0, z: 0 }),
        initialHealth: (fighter?.health ?? 0) / 100,
        authToken: await issuer.ticket({ sessionId: session.id, playerId, role: "player" }),
      });
    },

    async leaveSession(request, { principal }) {
      const hosted = await hostedFor(principal, request.sessionId);
      const playerId = access.playerOf(principal, "player_id", request.playerId);
      const viewer = hosted.audience.viewer(playerId);
      if (viewer?.spectator === true) {
        host.close(hosted, viewer, "done");
      } else {
        await change(hosted, () => planLeave(hosted.session, playerId));
        if (viewer !== null) host.close(hosted, viewer, "done");
      }
      const message = `Player '${playerId}' has left the session`;
      return create(messages.LeaveSessionResponseSchema, { success: true, message });
    },

    async spectateSession(request, { principal }) {
      const hosted = await hostedFor(principal, request.sessionId);
      const { session } = hosted;
      const playerId = access.playerOf(principal, "player_id", request.playerId);
      const camera = cameraRequest(request.preferredCameraMode ?? CAMERA_MODE.free, request.followTargetId);
      if (isOver(session.status)) throw new ProblemError(overProblem(recordOf(session)));
      const seat = session.roster.seat(playerId);
      const sits = seat !== null && seat.connection !== "left";
      const refused = problemWithSpectating(session, { playerId, trusted: actsForOthers(principal), sits });
      if (refused !== null) throw new ProblemError(refused);
      return create(messages.SpectateSessionResponseSchema, {
        sessionId: session.id,
        spectatorId: playerId,
        websocketUrl: `${gatewayPublicUrl}/ws/sessions/${session.id}/spectate`,
        initialCameraPosition: metres(session.cameras.compose(camera).position),
        availableCameraModes: CAMERA_MODES.map((mode) => CAMERA_MODE[mode]),
        sessionParticipants: recordOf(session).participants.map(participant),
        authToken: await issuer.ticket({ sessionId: session.id, playerId, role: "spectator" }),
      });
    },

    async updatePosition(request, { principal }) {
      access.requirePlayer(principal);
      const hosted = await hostedFor(principal, request.sessionId);
      const seat = sittingSeat(hosted.session, access.playerOf(principal, "player_id", request.playerId));
      if (request.position === undefined) throw refusal("position", undefined, "given");
      const verdict = hosted.session.handleMove(clock.nowMs(), seat, moveOrder(0, request.position, request));
      if ("error" in verdict) throw new ProblemError(verdict);
      host.touch(hosted);
      const serverTimestamp = timestampFromMs(Math.floor(clock.unixMs()));
      if (verdict.ok) return create(messages.UpdatePositionResponseSchema, { validated: true, serverTimestamp });
      const { check, measured, threshold, position } = verdict;
      return create(messages.UpdatePositionResponseSchema, {
        serverTimestamp,
        check,
        correctedPosition: metres(position),
        measured: measured / 100,
        threshold: threshold / 100,
      });
    },

    async performAction(request, { principal, signal }) {
      access.requirePlayer(principal);
      const hosted = await hostedFor(principal, request.sessionId);
      const { session } = hosted;
      const seat = sittingSeat(session, access.playerOf(principal, "player_id", request.playerId));
      const order = actionOrder(0, request);
      const taken = unwrap(session.handleAction(seat, order));
      if (typeof taken !== "number") return actionResult(order, taken);
      const outcome = await outcomeOf(hosted, taken, signal);
      if (outcome.kind === "damage") throw new Error("an action was answered as damage");
      return actionResult(order, session.actionOutcome(outcome));
    },

    async applyDamage(request, { principal, signal }) {
      access.requireService(principal);
      const hosted = await hostedFor(principal, request.sessionId);
      const points = number("damage", request.damage, 0, 1000);
      const damage = Math.round(points * 100);
      if (damage === 0) throw refusal("damage", request.damage, "over 0 and at most 1000");
      const id = unwrap(
        hosted.session.handleDamage({
          attackerId: request.attackerId === undefined ? null : uuid("attacker_id", request.attackerId),
          targetId: uuid("target_id", request.targetId),
          damage,
          damageType: word("damage_type", DAMAGE_TYPE, request.damageType),
          weapon: request.weapon === undefined ? null : weaponName(request.weapon),
          headshot: request.headshot,
        }, idempotencyKey(request.idempotencyKey)),
      );
      const outcome = typeof id === "number" ? await outcomeOf(hosted, id, signal) : id;
      if (outcome.kind !== "damage") throw new ProblemError(overProblem(recordOf(hosted.session)));
      const { lost, health, killed } = outcome;
      return create(messages.ApplyDamageResponseSchema, { damageApplied: lost / 100, health: health / 100, killed });
    },

    async getSessionStats({ sessionId }, { principal }) {
      const record = await recordFor(principal, sessionId);
      return sessionStats(record, host.find(sessionId)?.session.cameras.count ?? 0);
    },
  };
}

/** Waits for the tick that plays an action; the caller's deadline bounds it. */
function outcomeOf(hosted: Hosted, id: number, signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      hosted.awaiting.delete(id);
      reject(signal.reason);
    };
    signal.addEventListener("abort", giveUp, { once: true });
    hosted.awaiting.set(id, (outcome) => {
      signal.removeEventListener("abort", giveUp);
      resolve(outcome);
    });
  });
}

type Update = {
  status: SessionRecord["status"] | null;
  settings: Parameters<typeof planSettings>[1] | null;
};

function readUpdate(request: messages.UpdateSessionRequest, principal: Principal): Update {
  const status = request.status === undefined ? null : word("status", STATUS, request.status);
  const settings = {
    maxRounds: maxRounds(request.maxRounds),
    timeLimitMinutes: timeLimitMinutes(request.timeLimitMinutes, principal),
    allowSpectators: request.allowSpectators ?? null,
    currentRound:
      request.currentRound === undefined ? null : integer("current_round", request.currentRound, { min: 1, max: 20, or: 0 }),
  };
  const changes = Object.values(settings).some((value) => value !== null);
  return { status, settings: changes ? settings : null };
}

function versioned(request: messages.UpdateSessionRequest, session: Session): Result<never> | null {
  const { expectedVersion } = request;
  if (expectedVersion === undefined || expectedVersion === session.version) return null;
  const details = { field: "expected_version", got: expectedVersion, allowed: session.version };
  const message = `The session is at version ${session.version}; read it again and decide anew`;
  return { ok: false, problem: problem("VERSION_CONFLICT", message, details) };
}

function requireVersion(_expected: number | undefined, _session: Session): void {}

function sittingSeat(session: Session, playerId: string): Seat {
  const seat = session.roster.seat(playerId);
  if (seat !== null && seat.connection !== "left") return seat;
  throw new ProblemError(
    problem("PARTICIPANT_NOT_FOUND", `Player '${playerId}' does not play in this session`, { player_id: playerId }),
  );
}

function overProblem(record: SessionRecord): Problem {
  if (!isOver(record.status)) {
    return problem("UNAVAILABLE", "The session is not served here just now; try again", { retry_after_ms: 1000 });
  }
  return problem("INVALID_STATE_TRANSITION", `The session is ${record.status}`, { status: record.status });
}

function fingerprintOf(settings: NewSession): string {
  const { idempotencyKey: _, ...rest } = settings;
  return createHash("sha256").update(JSON.stringify(rest)).digest("hex");
}

function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new ProblemError(result.problem);
}
