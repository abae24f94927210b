/** Events as they go over the wire to viewers, and as records to the rest of the game. */
import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { CombatEventEnvelopeSchema } from "#gen/necpgame/combat/v1/event_pb.js";
import { type CombatEvent, CombatEventSchema } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { toPublicJson } from "#wire/public-json.ts";
import type { EventBody, SessionEvent } from "../session/session-events.ts";
import type { OutgoingEvent } from "../stores/event-sink.ts";
import { optional, quantised, team } from "./encode-session.ts";
import { DAMAGE_TYPE, END_REASON, GAME_MODE } from "./words.ts";

export const EVENTS_TOPIC = "game.combat.events";
const SOURCE = "combat.realtime";
const ENVELOPE_VERSION = "1.0";

/** domain.entity.action by event, as the game's other services know them. */
const EVENT_TYPE = {
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
} as const satisfies Record<EventBody["kind"], string>;

export function combatEvent(event: SessionEvent): CombatEvent {
  const { seq, tick, epoch } = event;
  return create(CombatEventSchema, { seq, tick, epoch, eventId: eventId(event), event: wireBody(event.body) });
}

/** The record for the rest of the game. */
export function outgoingEvent(event: SessionEvent): OutgoingEvent {
  const data = combatEvent(event);
  const { sessionId } = event;
  const eventType = EVENT_TYPE[event.body.kind];
  const envelope = create(CombatEventEnvelopeSchema, {
    ...optional("playerId", subjectOf(event.body)),
    eventId: data.eventId,
    eventType,
    source: SOURCE,
    timestamp: timestampFromMs(Math.floor(event.atUnixMs)),
    version: ENVELOPE_VERSION,
    sessionId,
    correlationId: sessionId,
    data,
  });
  const value = toPublicJson(CombatEventEnvelopeSchema, envelope);
  return { eventId: data.eventId, eventType, topic: EVENTS_TOPIC, key: sessionId, value };
}

/** A UUID (version 8) of the event's number: the same event has the same id however often it is told. */
export function eventId({ sessionId, epoch, seq }: SessionEvent): string {
  const digest = createHash("sha1").update(`${sessionId}:${epoch}:${seq}`).digest();
  digest[6] = (digest[6]! & 0x0f) | 0x80;
  digest[8] = (digest[8]! & 0x3f) | 0x80;
  const hex = digest.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
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
    case "damage_dealt":
      return body.attackerId ?? body.targetId;
    case "player_killed":
      return body.killerId ?? body.victimId;
    default:
      return null;
  }
}

type WireBody = Parameters<typeof create<typeof CombatEventSchema>>[1] extends infer Init
  ? NonNullable<Init> extends { event?: infer Event }
    ? NonNullable<Event>
    : never
  : never;

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
      const { reason, winnerTeamId, teams } = body;
      const endReason = END_REASON[reason];
      return {
        case: "sessionEnded",
        value: { endReason, ...optional("winnerTeamId", winnerTeamId), teams: teams.map(team) },
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
    case "player_joined": {
      const { playerId, teamId, slot } = body;
      return { case: "playerJoined", value: { playerId, teamId, slot } };
    }
    case "player_left":
      return { case: "playerLeft", value: { playerId: body.playerId } };
    case "player_disconnected":
      return { case: "playerDisconnected", value: { playerId: body.playerId } };
    case "player_reconnected":
      return { case: "playerReconnected", value: { playerId: body.playerId } };
    case "player_respawned":
      return { case: "playerRespawned", value: { playerId: body.playerId, position: quantised(body.position) } };
    case "damage_dealt": {
      const { attackerId, targetId, damage, health, weapon, damageType, headshot } = body;
      const named = { ...optional("attackerId", attackerId), ...optional("weapon", weapon) };
      return {
        case: "damageDealt",
        value: { ...named, targetId, damage, health, headshot, damageType: DAMAGE_TYPE[damageType] },
      };
    }
    case "player_killed": {
      const { victimId, killerId, weapon, headshot, assistIds } = body;
      const named = { ...optional("killerId", killerId), ...optional("weapon", weapon) };
      return { case: "playerKilled", value: { ...named, victimId, headshot, assistIds } };
    }
  }
}
