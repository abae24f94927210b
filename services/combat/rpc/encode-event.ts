/**
 * Events as they go over the wire to viewers, and as records to the rest of the game (docs/EVENTS.md).
 * In:  what a session told.   Out: messages for frames; envelopes as protobuf or JSON, under the same event_id each time.
 */
import { hash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type CombatEventEnvelope, CombatEventEnvelopeSchema } from "#gen/necpgame/combat/v1/event_pb.js";
import {
  type CombatEvent,
  CombatEventSchema,
  type HitReceipt,
  HitReceiptSchema,
} from "#gen/necpgame/combat/v1/realtime_pb.js";
import { optional } from "#kit/optional.ts";
import { planBinary } from "#wire/binary-plan.ts";
import { toPublicJson } from "#wire/public-json.ts";
import type { NamedFinding } from "../session/findings.ts";
import { type EventBody, isSample, SAMPLES, type SessionEvent } from "../session/session-events.ts";
import type { NamedHit } from "../session/shots.ts";
import type { ContentType, OutgoingEvent } from "../stores/event-sink.ts";
import { EVENTS_TOPIC, VALIDATION_TOPIC } from "../stores/topics.ts";
import { inUnit, quantised, team } from "./encode-session.ts";
import { BODY_PART, DAMAGE_TYPE, EFFECT_KIND, END_REASON, GAME_MODE } from "./words.ts";

export { EVENTS_TOPIC };

const SOURCE = "combat.realtime";
const ENVELOPE_VERSION = "1.0";

/** domain.entity.action by event, as the game's other services know them. */
export const EVENT_TYPE = {
  session_started: "combat.session.start",
  session_paused: "combat.session.pause",
  session_resumed: "combat.session.resume",
  session_ended: "combat.session.end",
  round_started: "combat.session.round_start",
  round_ended: "combat.session.round_end",
  player_joined: "combat.session.join",
  player_left: "combat.session.leave",
  player_disconnected: "combat.session.disconnect",
  player_reconnected: "combat.session.reconnect",
  player_respawned: "combat.action.respawn",
  damage_dealt: "combat.action.attack",
  player_killed: "combat.action.kill",
  positions_sampled: "combat.action.movement",
  objective_changed: "combat.action.objective",
  overtime_started: "combat.session.overtime",
  ability_used: "combat.action.ability",
  projectile_fired: "combat.action.launch",
  projectile_ended: "combat.action.impact",
  item_used: "combat.action.item",
  shots_fired: "combat.action.shots",
  effect_applied: "combat.action.status",
  effect_ended: "combat.action.status_end",
  player_healed: "combat.action.heal",
  movement_checked: "combat.validation.movement",
} as const satisfies Record<EventBody["kind"], string>;

export function combatEvent(event: SessionEvent): CombatEvent {
  const { seq, tick, epoch } = event;
  return create(CombatEventSchema, { seq, tick, epoch, eventId: eventId(event), event: wireBody(event.body) });
}

export type EventFormat = "protobuf" | "json";

const VALUE = {
  protobuf: { contentType: "application/protobuf", encode: planBinary(CombatEventEnvelopeSchema) },
  json: { contentType: "application/json", encode: jsonLine },
} as const satisfies Record<EventFormat, { contentType: ContentType; encode: (of: CombatEventEnvelope) => Uint8Array }>;

/** Makes the records for the rest of the game, in one format. */
export function eventEncoder(format: EventFormat): (event: SessionEvent) => OutgoingEvent {
  const { contentType, encode } = VALUE[format];
  return (event) => {
    const envelope = eventEnvelope(event);
    const { eventId, eventType, sessionId: key } = envelope;
    return {
      eventId,
      eventType,
      topic: event.body.kind === "movement_checked" ? VALIDATION_TOPIC : EVENTS_TOPIC,
      key,
      atUnixMs: event.atUnixMs,
      value: encode(envelope),
      contentType,
    };
  };
}

export function eventEnvelope(event: SessionEvent): CombatEventEnvelope {
  const data = combatEvent(event);
  const { sessionId } = event;
  return create(CombatEventEnvelopeSchema, {
    ...optional("playerId", subjectOf(event.body)),
    eventId: data.eventId,
    eventType: EVENT_TYPE[event.body.kind],
    source: SOURCE,
    timestamp: timestampFromMs(Math.floor(event.atUnixMs)),
    version: ENVELOPE_VERSION,
    sessionId,
    correlationId: sessionId,
    data,
  });
}

function jsonLine(envelope: CombatEventEnvelope): Uint8Array {
  return Buffer.from(JSON.stringify(toPublicJson(CombatEventEnvelopeSchema, envelope)));
}

/** A UUID (version 8) of the event's number: the same event has the same id however often it is told. */
export function eventId({ sessionId, epoch, seq, tick, body }: SessionEvent): string {
  const which = isSample(body) ? `${SAMPLES[body.kind]}:${tick}` : seq;
  const hex = hash("sha1", `${sessionId}:${epoch}:${which}`);
  const variant = "89ab"[Number.parseInt(hex[16]!, 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Whom the event is about, when it is about one player. */
function subjectOf(body: EventBody): string | null {
  switch (body.kind) {
    case "player_joined":
    case "player_left":
    case "player_disconnected":
    case "player_reconnected":
    case "player_respawned":
      return body.playerId;
    case "projectile_fired":
      return body.playerId;
    case "projectile_ended":
      return body.shooterId;
    case "damage_dealt":
      return body.attackerId ?? body.targetId;
    case "player_killed":
      return body.killerId ?? body.victimId;
    case "objective_changed":
    case "player_healed":
    case "ability_used":
    case "item_used":
      return body.playerId;
    case "effect_applied":
    case "effect_ended":
      return body.targetId;
    default:
      return null;
  }
}

type WireBody = Parameters<typeof create<typeof CombatEventSchema>>[1] extends infer Init
  ? NonNullable<Init> extends { event?: infer Event }
    ? NonNullable<Event>
    : never
  : never;

/** How a shot was judged. */
export function hitReceipt({ targetId, part, projectile, tickClaimed, distanceCm, ...judged }: NamedHit): HitReceipt {
  const named = { ...optional("targetId", targetId), ...optional("projectileId", projectile) };
  const bodyPart = part === null ? null : BODY_PART[part];
  return create(HitReceiptSchema, {
    ...named,
    ...optional("bodyPart", bodyPart),
    ...optional("tickClaimed", tickClaimed),
    ...judged,
    distance: distanceCm,
    hit: judged.struck === "player",
  });
}

/** What flies, from here on. */
export function flight(of: Omit<Extract<EventBody, { kind: "projectile_fired" }>, "kind">) {
  const { id: projectileId, playerId, weapon, position, velocity, gravity } = of;
  const path = { position: quantised(position), velocity: quantised(velocity), gravity };
  return { projectileId, ...optional("playerId", playerId), weapon, ...path };
}

function wireBody(body: EventBody): WireBody {
  switch (body.kind) {
    case "session_started": {
      const { mapId, gameMode } = body;
      return { case: "sessionStarted", value: { mapId, gameMode: GAME_MODE[gameMode] } };
    }
    case "session_paused":
      return { case: "sessionPaused", value: {} };
    case "session_resumed":
      return { case: "sessionResumed", value: {} };
    case "session_ended": {
      const { reason, winnerTeamId, teams, players = [] } = body;
      const endReason = END_REASON[reason];
      return {
        case: "sessionEnded",
        value: { endReason, ...optional("winnerTeamId", winnerTeamId), teams: teams.map(team), players },
      };
    }
    case "round_started":
      return { case: "roundStarted", value: { round: body.round, maxRounds: body.maxRounds } };
    case "round_ended": {
      const { round, winnerTeamId, teams } = body;
      return {
        case: "roundEnded",
        value: { round, ...optional("winnerTeamId", winnerTeamId), teams: teams.map(team) },
      };
    }
    case "overtime_started":
      return { case: "overtimeStarted", value: { round: body.round, endsAfterMs: body.endsAfterMs } };
    case "objective_changed": {
      const { objective, change, place, ownerTeamId, teamId, playerId, position } = body;
      const named = {
        ...optional("ownerTeamId", ownerTeamId),
        ...optional("teamId", teamId),
        ...optional("playerId", playerId),
      };
      return { case: "objectiveChanged", value: { objective, change, place, ...named, position: quantised(position) } };
    }
    case "player_joined": {
      const { playerId, teamId, slot, displayName = "" } = body;
      const named = {
        ...optional("displayName", displayName || null),
        ...optional("profiledBy", body.profiledBy ?? null),
      };
      return { case: "playerJoined", value: { ...named, playerId, teamId, slot } };
    }
    case "player_left":
      return { case: "playerLeft", value: { playerId: body.playerId, ...optional("reason", body.reason ?? null) } };
    case "player_disconnected":
      return { case: "playerDisconnected", value: { playerId: body.playerId } };
    case "player_reconnected":
      return { case: "playerReconnected", value: { playerId: body.playerId } };
    case "player_respawned":
      return { case: "playerRespawned", value: { playerId: body.playerId, position: quantised(body.position) } };
    case "projectile_fired":
      return { case: "projectileFired", value: flight(body) };
    case "projectile_ended": {
      const { id: projectileId, position, exploded } = body;
      return { case: "projectileEnded", value: { projectileId, position: quantised(position), exploded } };
    }
    case "damage_dealt": {
      const { attackerId, targetId, damage, health, weapon, damageType, headshot } = body;
      const { part = null, absorbed = 0, mitigation = 0, critical = false, decidedBy = "local" } = body;
      const bodyPart = part === null ? null : BODY_PART[part];
      const named = { ...optional("attackerId", attackerId), ...optional("weapon", weapon) };
      const mitigated = {
        ...optional("armorAbsorbed", absorbed || null),
        ...optional("mitigation", mitigation || null),
      };
      const how = { ...optional("bodyPart", bodyPart), ...mitigated, critical, decidedBy };
      return {
        case: "damageDealt",
        value: { ...named, targetId, damage, health, headshot, damageType: DAMAGE_TYPE[damageType], ...how },
      };
    }
    case "positions_sampled": {
      const players = body.players.map(({ playerId, position, alive }) => {
        return {
          $typeName: "necpgame.combat.v1.SampledPosition" as const,
          playerId,
          position: quantised(position),
          alive,
        };
      });
      return { case: "positionsSampled", value: { players, skipped: body.skipped } };
    }
    case "shots_fired": {
      const shots = body.shots.map(({ hit, ...shot }) => ({ ...shot, hit: hitReceipt(hit) }));
      return { case: "shotsFired", value: { shots, skipped: body.skipped } };
    }
    case "movement_checked":
      return { case: "movementChecked", value: { findings: body.findings.map(finding), skipped: body.skipped } };
    case "player_killed": {
      const { victimId, killerId, weapon, headshot, assistIds } = body;
      const named = { ...optional("killerId", killerId), ...optional("weapon", weapon) };
      return { case: "playerKilled", value: { ...named, victimId, headshot, assistIds } };
    }
    case "effect_applied": {
      const { targetId, sourceId, effect, potency, stacks, durationMs } = body;
      const named = { targetId, ...optional("sourceId", sourceId), effect: EFFECT_KIND[effect] };
      return { case: "effectApplied", value: { ...named, potency, stacks, durationMs } };
    }
    case "ability_used": {
      const { playerId, ability, targetId, position, cost, decidedBy = null } = body;
      const on = { ...optional("targetId", targetId), ...optional("position", position && quantised(position)) };
      return {
        case: "abilityUsed",
        value: { playerId, abilityId: ability, ...on, cost, ...optional("decidedBy", decidedBy) },
      };
    }
    case "item_used":
      return { case: "itemUsed", value: { playerId: body.playerId, itemId: body.item, left: body.left } };
    case "effect_ended":
      return { case: "effectEnded", value: { targetId: body.targetId, effect: EFFECT_KIND[body.effect] } };
    case "player_healed": {
      const { playerId, healerId, amount, health, cause } = body;
      return { case: "playerHealed", value: { playerId, ...optional("healerId", healerId), amount, health, cause } };
    }
  }
}

function finding({ from, to, claimedMs, rttMs, measured, threshold, ...rest }: NamedFinding) {
  const { check } = rest;
  return {
    ...rest,
    measured: inUnit(check, measured),
    threshold: inUnit(check, threshold),
    from: quantised(from),
    to: quantised(to),
    ...optional("claimedMs", claimedMs),
    ...optional("rttMs", rttMs === null ? null : Math.round(rttMs)),
  };
}
