/**
 * Messages: what travels on a socket, as public JSON shows it; both wire formats decode to these shapes.
 * Source: proto/necpgame/combat/v1/realtime.proto. Optional fields are absent when they say nothing.
 * Not here: how they look as bytes (decode.ts, encode.ts), what a match is (session.ts).
 */
import type { CameraMode, CombatSession, EndReason, GameMode, SessionParticipant, Team, Vec3 } from "./session.ts";

export type Stance = "stand" | "crouch";

export type ActionType = "attack" | "ability" | "special_move" | "reload" | "switch_weapon" | "use_item";

export type DamageType = "bullet" | "melee" | "explosion" | "ability" | "environmental";

/** A solid box, metres. */
export type Box = { min: Vec3; max: Vec3 };

export type World = { map_id: string; bounds: Box; walls: Box[] };

/** One player as frames have it. */
export type PlayerState = {
  player_id: string;
  /** Feet, metres. */
  position?: Vec3;
  /** Degrees, counter-clockwise from the x axis. */
  yaw: number;
  /** Degrees above the horizon. */
  pitch: number;
  health: number;
  alive: boolean;
  /** `seq` of this player's last input that was applied or refused. */
  last_input: number;
  /** Rounds in the magazine of the weapon in hand. */
  ammunition: number;
  stance?: Stance;
};

/** What stands on every server message. `frame` counts the frames that all viewers share. */
export type Envelope = { session_id: string; timestamp: string; frame: number };

export type SessionState = Envelope & {
  type: "session_state";
  session: CombatSession;
  world?: World;
  /** Your own seat; absent for spectators. */
  you?: SessionParticipant;
  epoch: number;
  tick_rate_hz: number;
  tick: number;
  server_time: string;
  /** Number of the last event before this state. */
  last_seq: number;
  players: PlayerState[];
};

/** Only players that changed, unless it is a keyframe. */
export type StateUpdate = Envelope & {
  type: "state_update";
  tick: number;
  keyframe: boolean;
  players: PlayerState[];
};

/** `data` by the name of the event. */
export type EventData = {
  session_started: { map_id: string; game_mode?: GameMode };
  session_paused: Record<string, never>;
  session_resumed: Record<string, never>;
  session_ended: { end_reason?: EndReason; winner_team_id?: string; teams: Team[] };
  round_started: { round: number; max_rounds: number };
  round_ended: { round: number; winner_team_id?: string; teams: Team[] };
  player_joined: { player_id: string; team_id: string; slot: number };
  player_left: { player_id: string };
  player_disconnected: { player_id: string };
  player_reconnected: { player_id: string };
  player_respawned: { player_id: string; position?: Vec3 };
  damage_dealt: {
    attacker_id?: string;
    target_id: string;
    /** Health actually lost. */
    damage: number;
    weapon?: string;
    damage_type?: DamageType;
    headshot: boolean;
    /** Health left. */
    health: number;
  };
  player_killed: {
    victim_id: string;
    killer_id?: string;
    weapon?: string;
    headshot: boolean;
    assist_ids: string[];
  };
  /** Of a kind that this version does not know; `data` is empty. */
  unknown: Record<string, never>;
};

export type EventName = keyof EventData;

/** Something that happened; `seq` grows by one with each event of the session. */
export type CombatEvent = {
  [Name in EventName]: Envelope & {
    type: "combat_event";
    event: Name;
    data: EventData[Name];
    seq: number;
    event_id: string;
    tick: number;
    epoch: number;
  };
}[EventName];

/** How a shot was judged. */
export type HitReceipt = {
  hit: boolean;
  target_id?: string;
  distance: number;
  headshot: boolean;
  damage: number;
  tick_claimed?: number;
  tick_used: number;
  struck: string;
};

export type ActionResult = Envelope & {
  type: "action_result";
  seq: number;
  success: boolean;
  action_type?: ActionType;
  /** Why not: dead, cooldown, reloading, empty_magazine, not_active, wrong_weapon, … */
  reason?: string;
  cooldown_ms: number;
  ammunition: number;
  hit?: HitReceipt;
};

export type PositionCorrection = Envelope & {
  type: "position_correction";
  seq: number;
  position: Vec3;
  check: string;
  measured: number;
  threshold: number;
};

export type Camera = Envelope & {
  type: "camera";
  camera_mode?: CameraMode;
  follow_target?: string;
  position?: Vec3;
  direction?: Vec3;
};

export type Pong = Envelope & { type: "pong"; t: number; tick: number; server_time: string };

/** A refusal of one message; the socket stays. */
export type SocketError = Envelope & {
  type: "error";
  error: string;
  message: string;
  details?: Record<string, unknown>;
};

export type TokenExpiring = Envelope & { type: "token_expiring"; expires_at: string };

export type ServerMessage =
  | SessionState
  | StateUpdate
  | CombatEvent
  | ActionResult
  | PositionCorrection
  | Camera
  | Pong
  | SocketError
  | TokenExpiring;

export type ServerMessageType = ServerMessage["type"];

/** What a client says, by type. */
export type ClientData = {
  position_update: {
    x: number;
    y: number;
    z: number;
    vx?: number;
    vy?: number;
    vz?: number;
    yaw?: number;
    pitch?: number;
    stance?: Stance;
  };
  combat_action: {
    action_type: ActionType;
    weapon?: string;
    ability_id?: string;
    direction?: Vec3;
    target_id?: string;
    client_tick?: number;
  };
  ping: { t: number };
  resume: { epoch: number; frame: number };
  camera_update: {
    camera_mode: CameraMode;
    follow_target?: string;
    x?: number;
    y?: number;
    z?: number;
    direction?: Vec3;
  };
  leave: Record<string, never>;
  auth_refresh: { token: string };
};

export type ClientMessageType = keyof ClientData;

/** `seq` counts position updates and actions; 0 for what does not count. */
export type ClientMessage = {
  [Type in ClientMessageType]: { type: Type; data: ClientData[Type]; seq: number; timestampMs: number };
}[ClientMessageType];
