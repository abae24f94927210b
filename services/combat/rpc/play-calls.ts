/** Calls by which callers without a socket play, and by which the damage service deals damage; and the figures. */
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ApplyDamageResponseSchema, UpdatePositionResponseSchema } from "#gen/necpgame/combat/v1/session_service_pb.js";
import type { Clock } from "#kit/clock.ts";
import { ProblemError } from "#wire/problem.ts";
import type { Hosted } from "../session/hosted.ts";
import { recordOf } from "../session/record.ts";
import type { Outcome } from "../sim/inputs.ts";
import * as access from "./access.ts";
import { actionOrder, moveOrder, number, refusal, uuid, weaponName, word } from "./decode.ts";
import { idempotencyKey } from "./decode-create.ts";
import { type Desk, overProblem, sittingSeat, unwrap } from "./desk.ts";
import { actionResult } from "./encode.ts";
import { metres } from "./encode-session.ts";
import type { UnaryHandlers } from "./handlers.ts";
import { sessionStats } from "./stats.ts";
import { DAMAGE_TYPE } from "./words.ts";

export function playCalls({
  desk,
  clock,
}: {
  desk: Desk;
  clock: Clock;
}): Pick<UnaryHandlers, "updatePosition" | "performAction" | "applyDamage" | "getSessionStats"> {
  return {
    async updatePosition(request, { principal }) {
      access.requirePlayer(principal);
      const playerId = access.playerOf(principal, "player_id", request.playerId);
      if (request.position === undefined) throw refusal("position", undefined, "given");
      const order = moveOrder(0, request.position, request);
      const hosted = await desk.hosted(principal, request.sessionId);
      const seat = sittingSeat(hosted.session, playerId);
      const verdict = hosted.session.handleMove(clock.nowMs(), seat, order);
      if ("error" in verdict) throw new ProblemError(verdict);
      desk.host.touch(hosted);
      const serverTimestamp = timestampFromMs(Math.floor(clock.unixMs()));
      if (verdict.ok) return create(UpdatePositionResponseSchema, { validated: true, serverTimestamp });
      const { check, measured, threshold, position } = verdict;
      return create(UpdatePositionResponseSchema, {
        serverTimestamp,
        check,
        correctedPosition: metres(position),
        measured: measured / 100,
        threshold: threshold / 100,
      });
    },

    async performAction(request, { principal, signal }) {
      access.requirePlayer(principal);
      const playerId = access.playerOf(principal, "player_id", request.playerId);
      const order = actionOrder(0, request);
      const hosted = await desk.hosted(principal, request.sessionId);
      const { session } = hosted;
      const taken = unwrap(session.handleAction(sittingSeat(session, playerId), order));
      if (typeof taken !== "number") return actionResult(order, taken);
      const outcome = await outcomeOf(hosted, taken, signal);
      if (outcome.kind === "damage") throw new Error("an action was answered as damage");
      return actionResult(order, session.actionOutcome(outcome));
    },

    async applyDamage(request, { principal, signal }) {
      access.requireService(principal);
      const order = {
        attackerId: request.attackerId === undefined ? null : uuid("attacker_id", request.attackerId),
        targetId: uuid("target_id", request.targetId),
        damage: Math.round(number("damage", request.damage, 0, 1000) * 100),
        damageType: word("damage_type", DAMAGE_TYPE, request.damageType),
        weapon: request.weapon === undefined ? null : weaponName(request.weapon),
        headshot: request.headshot,
      };
      if (order.damage === 0) throw refusal("damage", request.damage, "over 0 and at most 1000");
      const key = idempotencyKey(request.idempotencyKey);
      const hosted = await desk.hosted(principal, request.sessionId);
      const taken = unwrap(hosted.session.handleDamage(order, key));
      const outcome = typeof taken === "number" ? await outcomeOf(hosted, taken, signal) : taken;
      if (outcome.kind !== "damage") throw new ProblemError(overProblem(recordOf(hosted.session)));
      const { lost, health, killed } = outcome;
      return create(ApplyDamageResponseSchema, { damageApplied: lost / 100, health: health / 100, killed });
    },

    async getSessionStats({ sessionId }, { principal }) {
      const record = await desk.record(principal, sessionId);
      return sessionStats(record, desk.host.find(sessionId)?.session.cameras.count ?? 0);
    },
  };
}

/** Waits for the tick that plays an input; the call's deadline bounds it. */
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
