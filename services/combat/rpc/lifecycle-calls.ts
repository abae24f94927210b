/** Calls about a session as a whole: create, read, list, change, end. */
import { createHash, randomInt, randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { EmptySchema } from "@bufbuild/protobuf/wkt";
import { actsForOthers, type Principal } from "#auth/principal.ts";
import { ListSessionsResponseSchema, type UpdateSessionRequest } from "#gen/necpgame/combat/v1/session_service_pb.js";
import type { Clock } from "#kit/clock.ts";
import { no, ProblemError, problem } from "#wire/problem.ts";
import { planEnd, planSeat, planStatus, planUpdate, type Update } from "../session/changes.ts";
import { recordOf } from "../session/record.ts";
import { Session } from "../session/session.ts";
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
import { type Desk, overProblem, unwrap } from "./desk.ts";
import { combatSession } from "./encode-session.ts";
import type { UnaryHandlers } from "./handlers.ts";
import { pageOf, positionOf } from "./page-token.ts";
import { GAME_MODE, STATUS } from "./words.ts";

export type LifecycleParts = {
  desk: Desk;
  store: SessionStore;
  clock: Clock;
  /** False while this instance drains. */
  acceptsSessions(): boolean;
};

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
  const { desk, store, clock } = parts;
  const { host } = desk;

  async function found(wanted: NewSession, principal: Principal): Promise<SessionRecord> {
    const session = newborn(wanted, principal, clock);
    const record = recordOf(session);
    const { idempotencyKey: key } = wanted;
    const named = key === null ? null : { caller: principal.playerId, key, fingerprint: fingerprintOf(wanted) };
    const outcome = await store.create(record, named);
    if (outcome.kind === "key_reused") throw refusal("idempotency_key", key, "a new one for another request");
    if (outcome.kind === "repeat") return (await host.record(outcome.record.id)) ?? outcome.record;
    host.adopt(session);
    return record;
  }

  /** An explicit move: unlike an update, asking for the status it has already is refused. */
  async function move(principal: Principal, sessionId: string, to: "active" | "paused", from: SessionRecord["status"]) {
    const { hosted, record } = await desk.changeable(principal, sessionId);
    if (hosted === null) throw new ProblemError(overProblem(record));
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
      if (!parts.acceptsSessions() || !host.hasRoom) {
        throw new ProblemError(problem("UNAVAILABLE", "No new sessions here just now", { retry_after_ms: 1000 }));
      }
      return combatSession(await found(wanted, principal));
    },

    async getSession({ sessionId }, { principal }) {
      return combatSession(await desk.record(principal, sessionId));
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
      const sessions = page.map((record) => {
        const live = host.find(record.id);
        return combatSession(live === null ? record : recordOf(live.session));
      });
      return create(ListSessionsResponseSchema, { sessions, nextPageToken });
    },

    async updateSession(request, { principal }) {
      const update = readUpdate(request, principal);
      const { hosted, record } = await desk.changeable(principal, request.sessionId);
      if (hosted === null) {
        const same = update.status === record.status && update.settings === null;
        if (same) return combatSession(record);
        throw new ProblemError(overProblem(record));
      }
      await desk.change(hosted, () => planUpdate(hosted.session, update, clock.unixMs()));
      return combatSession(recordOf(hosted.session));
    },

    async endSession({ sessionId, idempotencyKey: key }, { principal }) {
      idempotencyKey(key); // Ending twice changes nothing anyway; a key that is wrong is still said.
      const { hosted } = await desk.changeable(principal, sessionId);
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

function newborn({ settings, roster, seed }: NewSession, principal: Principal, clock: Clock): Session {
  const time = { nowMs: clock.nowMs(), unixMs: clock.unixMs() };
  const start = {
    id: randomUUID(),
    hostPlayerId: principal.playerId,
    seed: seed ?? randomInt(2 ** 32),
    epoch: 1,
    version: 1,
    createdAtMs: time.unixMs,
    settings,
  };
  const session = new Session(start, time.nowMs);
  for (const { playerId, teamId } of roster) {
    const seat = { playerId, teamId, listed: true, key: null, newTeamId: randomUUID(), unixMs: time.unixMs };
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

/** Tells one request from another under the same idempotency key. */
function fingerprintOf(wanted: NewSession): string {
  return createHash("sha256")
    .update(JSON.stringify({ ...wanted, idempotencyKey: null }))
    .digest("hex");
}
