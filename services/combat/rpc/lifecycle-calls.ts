/** Calls about a session as a whole: create, read, list, change, end. */
import { createHash, randomInt, randomUUID } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { EmptySchema } from "@bufbuild/protobuf/wkt";
import { actsForOthers, type Principal } from "#auth/principal.ts";
import {
  type CreateSessionRequest,
  CreateSessionRequestSchema,
  ListSessionsResponseSchema,
  type UpdateSessionRequest,
} from "#gen/necpgame/combat/v1/session_service_pb.js";
import type { Clock } from "#kit/clock.ts";
import { optional } from "#kit/optional.ts";
import { no, type Problem, ProblemError, problem } from "#wire/problem.ts";
import { type PlayerService, type Profile, profilesOf } from "../related/player.ts";
import { planEnd, planSeat, planStatus, planUpdate, type Update } from "../session/changes.ts";
import type { Checks } from "../session/check-modes.ts";
import { isOver } from "../session/lifecycle.ts";
import { recordOf } from "../session/record.ts";
import { Session } from "../session/session.ts";
import { joinTold } from "../session/tell.ts";
import type { SessionRecord, SessionStore } from "../stores/session-store.ts";
import * as access from "./access.ts";
import { integer, refusal, word } from "./decode.ts";
import {
  idempotencyKey,
  maxRounds,
  type NewSession,
  newSession,
  ROUNDS_MAX,
  timeLimitMinutes,
} from "./decode-create.ts";
import { type Desk, unwrap } from "./desk.ts";
import { combatSession } from "./encode-session.ts";
import type { UnaryHandlers } from "./handlers.ts";
import { pageOf, positionOf } from "./page-token.ts";
import { GAME_MODE, STATUS } from "./words.ts";

export type LifecycleParts = {
  desk: Desk;
  sessions: SessionStore;
  players: PlayerService;
  clock: Clock;
  /** How moves are checked in sessions that begin. */
  checks: Checks;
  /** False while this instance drains. */
  acceptsSessions(): boolean;
};

/** Who asks, and what tells the request from another. */
type Asked = { principal: Principal; fingerprint: string };

type LifecycleCalls = Pick<
  UnaryHandlers,
  | "createSession"
  | "getSession"
  | "listSessions"
  | "updateSession"
  | "endSession"
  | "startSession"
  | "pauseSession"
  | "resumeSession"
>;

export function lifecycleCalls(parts: LifecycleParts): LifecycleCalls {
  const { desk, sessions, players, clock } = parts;
  const { host } = desk;

  async function found(wanted: NewSession, asked: Asked): Promise<SessionRecord> {
    const { principal, fingerprint } = asked;
    const listed = wanted.roster.map(({ playerId }) => playerId);
    const profiles = await profilesOf(players, listed);
    const session = newborn(wanted, { principal, clock, owner: host.owner, profiles });
    // What is told with it has yet to be kept: whoever finds nothing but the record tells it under these same numbers.
    const record = { ...recordOf(session), lastSeq: session.seqOfLastTaken };
    const told = record.participants.map(joinTold);
    const { idempotencyKey: key } = wanted;
    const named = key === null ? null : { caller: principal.playerId, key, fingerprint };
    const outcome = await sessions.create(record, named, told);
    if (outcome.kind === "key_reused") throw refusal("idempotency_key", key, "a new one for another request");
    if (outcome.kind === "repeat") return (await host.lookup.record(outcome.record.id)) ?? outcome.record;
    host.adopt(session);
    return record;
  }

  /** An explicit move: unlike an update, asking for the status it has already is refused. */
  async function move(principal: Principal, sessionId: string, to: "active" | "paused", from: SessionRecord["status"]) {
    const { hosted, record } = await desk.changeable(principal, sessionId);
    if (hosted === null) throw new ProblemError(await desk.notHere(record));
    await desk.change(hosted, () => {
      const { status } = hosted.session;
      if (status === from) return planStatus(hosted.session, to, clock.unixMs());
      const message = `This call takes a session from ${from} to ${to}; it is ${status}`;
      return no(problem("INVALID_STATE_TRANSITION", message, { from: status, to }));
    });
    return combatSession(recordOf(hosted.session));
  }

  return {
    async createSession(request, { principal }) {
      access.requirePlayer(principal);
      const wanted = newSession(request, principal);
      wanted.settings.checks = parts.checks;
      if (!parts.acceptsSessions() || host.room <= 0) {
        throw new ProblemError(noRoom("No new sessions here just now", 1000));
      }
      if (host.isSpent) {
        const message = "The matches here take all the time this instance has; try again, or at another";
        throw new ProblemError(noRoom(message, 5000));
      }
      return combatSession(await found(wanted, { principal, fingerprint: fingerprintOf(request) }));
    },

    async getSession({ sessionId }, { principal }) {
      return combatSession(await desk.record(principal, sessionId));
    },

    async listSessions(request, { principal }) {
      const limit = integer("page_size", request.pageSize, { min: 1, max: 100, or: 20 });
      const records = await sessions.list({
        status: request.status === undefined ? null : word("status", STATUS, request.status),
        gameMode: request.gameMode === undefined ? null : word("game_mode", GAME_MODE, request.gameMode),
        visibleTo: actsForOthers(principal) ? null : principal.playerId,
        limit: limit + 1,
        after: request.pageToken === undefined ? null : positionOf(request.pageToken),
      });
      const { page, nextPageToken } = pageOf(records, limit);
      const listed = await host.lookup.readListed(page);
      return create(ListSessionsResponseSchema, { sessions: listed.map(combatSession), nextPageToken });
    },

    async updateSession(request, { principal }) {
      const update = readUpdate(request, principal);
      const { hosted, record } = await desk.changeable(principal, request.sessionId);
      if (hosted === null) {
        const same = update.status === record.status && update.settings === null;
        if (same) return combatSession(record);
        throw new ProblemError(await desk.notHere(record));
      }
      await desk.change(hosted, () => planUpdate(hosted.session, update, clock.unixMs()));
      return combatSession(recordOf(hosted.session));
    },

    async endSession({ sessionId, idempotencyKey: key }, { principal }) {
      idempotencyKey(key); // Ending twice changes nothing anyway; a key that is wrong is still said.
      const { hosted, record } = await desk.changeable(principal, sessionId);
      if (hosted === null && !isOver(record.status)) throw new ProblemError(await desk.notHere(record)); // Not here just now.
      if (hosted === null) return create(EmptySchema);
      await desk.change(hosted, () => {
        const status = hosted.session.status === "waiting" ? "cancelled" : "ended";
        return planEnd(hosted.session, { status, reason: "cancelled" }, clock.unixMs());
      });
      return create(EmptySchema);
    },

    startSession: ({ sessionId }, { principal }) => move(principal, sessionId, "active", "waiting"),
    pauseSession: ({ sessionId }, { principal }) => move(principal, sessionId, "paused", "active"),
    resumeSession: ({ sessionId }, { principal }) => move(principal, sessionId, "active", "paused"),
  };
}

/** `profiles`: of the roster, in its order. */
type Birth = { principal: Principal; clock: Clock; owner: string; profiles: readonly Profile[] };

function newborn({ settings, roster, seed }: NewSession, { principal, clock, owner, profiles }: Birth): Session {
  const time = { nowMs: clock.nowMs(), unixMs: clock.unixMs() };
  const start = {
    id: randomUUID(),
    hostPlayerId: principal.playerId,
    seed: seed ?? randomInt(2 ** 32),
    epoch: 1,
    owner,
    version: 1,
    lastSeq: 0,
    createdAtMs: time.unixMs,
    settings,
  };
  const session = new Session(start, time.nowMs);
  for (const [at, { playerId, teamId }] of roster.entries()) {
    const asked = { playerId, teamId, listed: true, key: null, newTeamId: randomUUID(), unixMs: time.unixMs };
    const seat = { ...asked, ...optional("profile", profiles[at] ?? null) };
    unwrap(planSeat(session, seat)).apply(time);
  }
  return session;
}

function readUpdate(request: UpdateSessionRequest, principal: Principal): Update {
  const round = { min: 1, max: ROUNDS_MAX, or: 0 };
  const settings = {
    maxRounds: maxRounds(request.maxRounds),
    timeLimitMinutes: timeLimitMinutes(request.timeLimitMinutes, principal),
    allowSpectators: request.allowSpectators ?? null,
    currentRound: request.currentRound === undefined ? null : integer("current_round", request.currentRound, round),
  };
  return {
    expectedVersion: request.expectedVersion ?? null,
    status: request.status === undefined ? null : word("status", STATUS, request.status),
    settings: Object.values(settings).some((value) => value !== null) ? settings : null,
  };
}

/** Tells one request from another under the same idempotency key: as it was asked, whatever is default here or set today. */
function fingerprintOf({ idempotencyKey: _, ...asked }: CreateSessionRequest): string {
  return createHash("sha256").update(toBinary(CreateSessionRequestSchema, asked)).digest("hex");
}

/** Nothing of the call was done: another instance may be asked at once. */
function noRoom(message: string, retryAfterMs: number): Problem {
  return problem("UNAVAILABLE", message, { reason: "no_room", retry_after_ms: retryAfterMs });
}
