/**
 * Decode: what came from the wire to one server message, the same whichever format carried it.
 * In:  text (JSON) or bytes (protobuf) of one frame.   Out: a ServerMessage, or why there is none.
 * Law: never throws; a type this version does not know is "unknown", not an error, so that servers may grow.
 * State: protobuf names players by slot, so the decoder keeps who sits where: learnt from session_state and
 *      player_joined, kept across reconnects (a resumed stream does not repeat them).
 * Not here: what a message means for the match (view.ts).
 */
import { fromBinary } from "@bufbuild/protobuf";
import * as realtime from "#gen/necpgame/combat/v1/realtime_pb.js";
import { ConnectionStatus } from "#gen/necpgame/combat/v1/session_pb.js";
import { toPublicJson } from "#wire/public-json.ts";
import { printUnixMs } from "#wire/rfc3339.ts";
import { SLOTS_MAX } from "./limits.ts";
import type {
  ActiveEffect,
  Envelope,
  EventName,
  Ground,
  Objectives,
  PlayerState,
  ServerMessage,
  ServerMessageType,
  Stance,
  StateUpdate,
} from "./messages.ts";
import type { CombatSession, SessionParticipant } from "./session.ts";

export type Decoded =
  | { readonly ok: true; readonly message: ServerMessage }
  | { readonly ok: false; readonly why: "unknown" | "malformed"; readonly detail: string };

export class Decoder {
  private readonly sessionId: string;
  private readonly playerIds: string[] = [];

  constructor(sessionId: string) {
    this.sessionId = sessionId;
  }

  /** Text is JSON, bytes are protobuf. */
  decode(frame: string | ArrayBuffer | Uint8Array): Decoded {
    if (typeof frame === "string") return decodeJson(frame);
    return this.decodeBytes(frame instanceof Uint8Array ? frame : new Uint8Array(frame));
  }

  private decodeBytes(bytes: Uint8Array): Decoded {
    let wire: realtime.ServerMessage;
    try {
      wire = fromBinary(realtime.ServerMessageSchema, bytes);
    } catch (error) {
      return malformed(String(error));
    }
    const envelope = { session_id: this.sessionId, timestamp: printUnixMs(wire.timestamp), frame: wire.frame };
    const { body } = wire;
    if (body.case === undefined) return unknown(`frame ${wire.frame} has no body this version knows`);
    if (body.case === "stateUpdate") return { ok: true, message: this.stateUpdate(envelope, body.value) };
    if (body.case === "combatEvent") return this.combatEvent(envelope, body.value);
    if (body.case === "sessionState") this.learnSeats(body.value);
    return checked({ type: TYPE_BY_CASE[body.case], ...envelope, ...this.publicBody(wire, body.case) });
  }

  /** The hot one, written out: the general conversion walks descriptors. */
  private stateUpdate(envelope: Envelope, body: realtime.StateUpdate): ServerMessage {
    const players: PlayerState[] = [];
    for (const row of body.players) {
      const player_id = this.playerIds[row.slot];
      if (player_id) players.push(playerState(player_id, row)); // Nobody we heard of: the next full state names it.
    }
    const update: StateUpdate = {
      type: "state_update",
      ...envelope,
      tick: body.tick,
      keyframe: body.keyframe,
      players,
      match_ms: body.matchMs,
    };
    if (body.objectives) update.objectives = this.objectives(body.objectives);
    if (body.ground) update.ground = this.ground(body.ground);
    return update;
  }

  private objectives(body: realtime.Objectives): Objectives {
    return toPublicJson(realtime.ObjectivesSchema, body, { playerIds: this.playerIds }) as Objectives;
  }

  private ground(body: realtime.Ground): Ground {
    return toPublicJson(realtime.GroundSchema, body, { playerIds: this.playerIds }) as Ground;
  }

  private combatEvent(envelope: Envelope, body: realtime.CombatEvent): Decoded {
    const { seq, eventId: event_id, tick, epoch, event } = body;
    if (event.case === "playerJoined") this.seat(event.value.slot, event.value.playerId);
    const name = event.case === undefined ? "unknown" : snakeCase(event.case);
    const data = toPublicJson(realtime.CombatEventSchema, body)[name] ?? {};
    return checked({ type: "combat_event", event: name, data, ...envelope, seq, event_id, tick, epoch });
  }

  private publicBody(wire: realtime.ServerMessage, bodyCase: OtherCase): object {
    const json = toPublicJson(realtime.ServerMessageSchema, wire, { playerIds: this.playerIds });
    return json[TYPE_BY_CASE[bodyCase]] as object;
  }

  private learnSeats(state: realtime.SessionState): void {
    this.playerIds.length = 0;
    for (const participant of state.session?.participants ?? []) {
      if (participant.connectionStatus === ConnectionStatus.LEFT && this.playerIds[participant.slot]) continue; // Their seat was given on.
      this.seat(participant.slot, participant.playerId);
    }
  }

  private seat(slot: number, playerId: string): void {
    if (slot < SLOTS_MAX) this.playerIds[slot] = playerId;
  }
}

type OtherCase = Exclude<realtime.ServerMessage["body"]["case"], "stateUpdate" | "combatEvent" | undefined>;

const TYPE_BY_CASE = {
  sessionState: "session_state",
  actionResult: "action_result",
  shotLanded: "shot_landed",
  positionCorrection: "position_correction",
  camera: "camera",
  pong: "pong",
  error: "error",
  tokenExpiring: "token_expiring",
} as const satisfies Record<OtherCase, ServerMessageType>;

const STANCES: Partial<Record<realtime.Stance, Stance>> = {
  [realtime.Stance.STAND]: "stand",
  [realtime.Stance.CROUCH]: "crouch",
};

function playerState(player_id: string, row: realtime.PlayerState): PlayerState {
  const { position } = row;
  const stance = STANCES[row.stance];
  return {
    player_id,
    ...(position && { position: { x: position.x / 100, y: position.y / 100, z: position.z / 100 } }),
    yaw: row.yaw / 100,
    pitch: row.pitch / 100,
    health: row.health / 100,
    alive: row.alive,
    last_input: row.lastInput,
    ammunition: row.ammunition,
    ...(stance && { stance }),
    pose_ms: row.poseMs,
    ...(row.armor !== undefined && { armor: row.armor / 100 }),
    energy: row.energy,
    ...(row.usingItem !== undefined && { using_item: row.usingItem }),
    effects: row.effects.map((effect) => toPublicJson(realtime.ActiveEffectSchema, effect) as ActiveEffect),
  };
}

function decodeJson(text: string): Decoded {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return malformed(String(error));
  }
  return isObject(json) ? checked(json) : malformed("not an object");
}

/** What the view reads without asking; the rest of a message is the caller's to look at. */
const FIELDS = {
  session_state: { session: "object", epoch: "number", last_seq: "number", players: "array" },
  state_update: { tick: "number", players: "array" },
  combat_event: { event: "string", data: "object", seq: "number", epoch: "number" },
  action_result: { seq: "number", success: "boolean", cooldown_ms: "number" },
  shot_landed: { seq: "number", weapon: "string" },
  position_correction: { seq: "number", position: "object", check: "string" },
  camera: {},
  pong: { t: "number" },
  error: { error: "string", message: "string" },
  token_expiring: { expires_at: "string" },
} as const satisfies Record<ServerMessageType, Record<string, Kind>>;

type Kind = "number" | "string" | "boolean" | "object" | "array";

function checked(json: Record<string, unknown>): Decoded {
  const type = json["type"];
  if (typeof type !== "string") return malformed("no type");
  if (!Object.hasOwn(FIELDS, type)) return unknown(`type ${type.slice(0, 40)}`);
  if (typeof json["frame"] !== "number") return malformed(`${type} without frame`);
  for (const [field, kind] of Object.entries<Kind>(FIELDS[type as ServerMessageType])) {
    if (kindOf(json[field]) !== kind) return malformed(`${type}.${field} is not of kind ${kind}`);
  }
  const message = withKnownEvent(json as ServerMessage);
  if (!rowsHaveNames(message)) return malformed(`${type} has a player without player_id`);
  return { ok: true, message };
}

/** A newer server's event keeps its number, or the events after it would look like a gap. */
function withKnownEvent(message: ServerMessage): ServerMessage {
  if (message.type !== "combat_event" || Object.hasOwn(EVENT_NAMES, message.event)) return message;
  return { ...message, event: "unknown", data: {} };
}

const EVENT_NAMES: Record<EventName, true> = {
  session_started: true,
  session_paused: true,
  session_resumed: true,
  session_ended: true,
  round_started: true,
  round_ended: true,
  player_joined: true,
  player_left: true,
  player_disconnected: true,
  player_reconnected: true,
  player_respawned: true,
  objective_changed: true,
  overtime_started: true,
  ability_used: true,
  item_used: true,
  effect_applied: true,
  effect_ended: true,
  player_healed: true,
  projectile_fired: true,
  projectile_ended: true,
  damage_dealt: true,
  player_killed: true,
  unknown: true,
};

function rowsHaveNames(message: ServerMessage): boolean {
  if (message.type === "state_update") return message.players.every(isNamed);
  if (message.type !== "session_state") return true;
  const participants = (message.session as Partial<CombatSession>).participants;
  return Array.isArray(participants) && participants.every(isNamed) && message.players.every(isNamed);
}

function isNamed(row: Partial<SessionParticipant | PlayerState>): boolean {
  return isObject(row) && typeof row.player_id === "string";
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return value === null ? "null" : typeof value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return kindOf(value) === "object";
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function malformed(detail: string): Decoded {
  return { ok: false, why: "malformed", detail };
}

function unknown(detail: string): Decoded {
  return { ok: false, why: "unknown", detail };
}
