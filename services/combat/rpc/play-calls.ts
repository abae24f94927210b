/** Calls by which callers without a socket play, and by which the damage service deals damage. */
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ApplyDamageResponseSchema, UpdatePositionResponseSchema } from "#gen/necpgame/combat/v1/session_service_pb.js";
import type { Clock } from "#kit/clock.ts";
import { ProblemError, type Result } from "#wire/problem.ts";
import type { ActionOutcome } from "../session/action-outcome.ts";
import type { Acts } from "../session/acts.ts";
import { awaitOutcome, type Hosted } from "../session/hosted.ts";
import type { Outcome } from "../sim/inputs.ts";
import * as access from "./access.ts";
import { actionOrder, hitEffects, moveOrder, number, refusal, uuid, weaponName, word } from "./decode.ts";
import { idempotencyKey } from "./decode-create.ts";
import { type Desk, sittingSeat, unwrap } from "./desk.ts";
import { actionResult } from "./encode.ts";
import { inUnit, metres } from "./encode-session.ts";
import type { UnaryHandlers } from "./handlers.ts";
import { DAMAGE_TYPE } from "./words.ts";

export function playCalls({
  desk,
  acts,
  clock,
}: {
  desk: Desk;
  acts: Acts;
  clock: Clock;
}): Pick<UnaryHandlers, "updatePosition" | "performAction" | "applyDamage"> {
  return {
    async updatePosition(request, { principal }) {
      access.requirePlayer(principal);
      const playerId = access.playerOf(principal, "player_id", request.playerId);
      if (request.position === undefined) throw refusal("position", undefined, "given");
      const order = moveOrder(0, request.position, request);
      const hosted = await desk.hosted(principal, request.sessionId);
      const seat = sittingSeat(hosted.session, playerId);
      const verdict = hosted.session.handleMove(clock.nowMs(), seat, order, roundTripOf(hosted, playerId));
      if ("error" in verdict) throw new ProblemError(verdict);
      desk.host.touch(hosted);
      const serverTimestamp = timestampFromMs(Math.floor(clock.unixMs()));
      if (verdict.ok) return create(UpdatePositionResponseSchema, { validated: true, serverTimestamp });
      if ("removed" in verdict) desk.host.remove(hosted, playerId);
      const { check, measured, threshold, position } = verdict;
      return create(UpdatePositionResponseSchema, {
        serverTimestamp,
        check,
        correctedPosition: metres(position),
        measured: inUnit(check, measured),
        threshold: inUnit(check, threshold),
      });
    },

    async performAction(request, { principal, signal }) {
      access.requirePlayer(principal);
      const playerId = access.playerOf(principal, "player_id", request.playerId);
      const order = actionOrder(0, request);
      const hosted = await desk.hosted(principal, request.sessionId);
      sittingSeat(hosted.session, playerId);
      const acted = Promise.withResolvers<Result<ActionOutcome>>();
      const giveUp = () => acted.reject(signal.reason);
      signal.addEventListener("abort", giveUp, { once: true });
      acts.handle(hosted, { playerId, order, rttMs: roundTripOf(hosted, playerId) }, acted.resolve);
      const result = await acted.promise.finally(() => signal.removeEventListener("abort", giveUp));
      return actionResult(order, unwrap(result));
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
        mitigation: Math.round(number("mitigation", request.mitigation, 0, 1) * 1000),
        critical: request.criticalHit,
        effects: hitEffects(request.effects),
      };
      if (order.damage === 0) throw refusal("damage", request.damage, "over 0 and at most 1000");
      const key = idempotencyKey(request.idempotencyKey);
      const hosted = await desk.hosted(principal, request.sessionId);
      const taken = unwrap(hosted.session.handleDamage(order, key));
      const outcome = typeof taken === "number" ? await outcomeOf(hosted, taken, signal) : taken;
      // Known already, but perhaps on its way to be kept just now.
      if (typeof taken !== "number") await new Promise<void>((resolve) => desk.host.whenShown(hosted, resolve));
      if (outcome.kind !== "damage") throw new ProblemError(await desk.notHere(hosted.session));
      const { lost, health, killed } = outcome;
      return create(ApplyDamageResponseSchema, { damageApplied: lost / 100, health: health / 100, killed });
    },
  };
}

/** As measured on the player's socket, if it has one: a call tells nothing of it. */
function roundTripOf({ audience }: Hosted, playerId: string): number | null {
  return audience.viewer(playerId)?.rttMs ?? null;
}

/** Waits for the tick that plays an input; the call's deadline bounds it. */
function outcomeOf(hosted: Hosted, id: number, signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      hosted.awaiting.delete(id);
      reject(signal.reason);
    };
    signal.addEventListener("abort", giveUp, { once: true });
    awaitOutcome(hosted, id, (outcome) => {
      signal.removeEventListener("abort", giveUp);
      resolve(outcome);
    });
  });
}
