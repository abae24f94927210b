/**
 * Messages: what travels on a socket, as public JSON shows it; both wire formats decode to these shapes.
 * Source: proto/necpgame/combat/v1/realtime.proto. Optional fields are absent when they say nothing.
 * Not here: how they look as bytes (decode.ts, encode.ts), what a match is (session.ts).
 */
import type { CameraMode, CombatSession, EndReason, GameMode, SessionParticipant, Team, Vec3 } from "./session.ts";

export type Stance = "stand" | "crouch";

export type ActionType = "attack" | "ability" | "special_move" | "reload" | "switch_weapon" | "use_item";

export type BodyPart = "head" | "torso" | "legs";

export type DamageType = "bullet" | "melee" | "explosion" | "ability" | "environmental";

/** A solid box, metres. */
/** `rises`: a ramp, up to its whole height at that end. */
export type Box = { min: Vec3; max: Vec3; rises?: "x+" | "x-" | "y+" | "y-" };

/** `bases`: none, or where the flags of the first two teams stand, until sides are swapped. */
export type World = { map_id: string; bounds: Box; walls: Box[]; bases?: Vec3[] };

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
  /** The match time at which the player stood there; absent from servers that do not say. */
  pose_ms?: number;
  /** Absent for none. */
  armor?: number;
  /** What abilities cost: 0 to 100. */
  energy?: number;
  /** The item being used; absent for none. */
  using_item?: string;
  /** What lies on the player for a while, each kind once. */
  effects?: ActiveEffect[];
};

export type EffectKind =
  | "bleed"
  | "burn"
  | "poison"
  | "stun"
  | "slow"
  | "blind"
  | "silence"
  | "shield"
  | "damage_boost"
  | "haste"
  | "reveal";

/** `potency` is 0 to 1, `until_ms` the match_ms of its end; a kind that this version does not know has no name. */
export type ActiveEffect = { effect?: EffectKind; potency: number; stacks: number; until_ms: number };

/** What the round is about. A side is the index of a team in the session's `teams`. */
export type Objectives = {
  /** The first two sides have changed bases. */
  sides_swapped: boolean;
  /** Sudden death: whoever is ahead next wins. */
  overtime: boolean;
  /** Points of the round, by side. */
  scores: number[];
  flags: FlagStatus[];
  zones: ZoneStatus[];
};

/** `state` is home, carried or dropped; `position` is where it lies or was taken. */
export type FlagStatus = { side: number; state: string; carrier_id?: string; position?: Vec3 };

export type ZoneStatus = {
  place: string;
  position?: Vec3;
  radius: number;
  owner?: number;
  taker?: number;
  taken_percent: number;
  /** Two sides are in it: nobody scores. */
  contested: boolean;
};

/** What abilities laid on the ground. */
export type Ground = { fields: GroundField[] };

/** `side` is the index of a team; `player_id` is absent for who left; `until_ms` the match_ms of its end. */
export type GroundField = {
  ability_id: string;
  player_id?: string;
  side: number;
  position?: Vec3;
  radius: number;
  until_ms: number;
};

/** One player's figures at the end. */
export type PlayerFigures = {
  player_id: string;
  team_id: string;
  kills: number;
  deaths: number;
  assists: number;
  damage_dealt: number;
  damage_taken: number;
  shots_fired: number;
  shots_hit: number;
  headshots: number;
  /** Milliseconds in zones and carrying flags. */
  objective_ms: number;
  captures: number;
  longest_streak: number;
  /** Most different deeds against one enemy; 0 for none. */
  best_combo: number;
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
  /** In modes with flags or zones. */
  objectives?: Objectives;
  /** Match time of this state, milliseconds. */
  match_ms: number;
  /** Absent when nothing lies there. */
  ground?: Ground;
  /** In flight. */
  projectiles?: ProjectileFired[];
};

/** Only players that changed, unless it is a keyframe. */
export type StateUpdate = Envelope & {
  type: "state_update";
  tick: number;
  keyframe: boolean;
  players: PlayerState[];
  /** All of them, when anything of them changed. */
  objectives?: Objectives;
  /** Match time of this state, milliseconds; stands still in a pause. */
  match_ms: number;
  /** All that lies there, when anything came or went. */
  ground?: Ground;
};

/** What flies, from where it was at the time. */
export type ProjectileFired = {
  projectile_id: number;
  /** The shooter; absent when it has left since. */
  player_id?: string;
  weapon: string;
  position?: Vec3;
  /** Metres per second. */
  velocity?: Vec3;
  /** Metres per second and second. */
  gravity: number;
};

/** `data` by the name of the event. */
export type EventData = {
  session_started: { map_id: string; game_mode?: GameMode };
  session_paused: Record<string, never>;
  session_resumed: Record<string, never>;
  session_ended: { end_reason?: EndReason; winner_team_id?: string; teams: Team[]; players?: PlayerFigures[] };
  round_started: { round: number; max_rounds: number };
  round_ended: { round: number; winner_team_id?: string; teams: Team[] };
  overtime_started: { round: number; ends_after_ms: number };
  objective_changed: {
    /** flag, zone or hill. */
    objective: string;
    /** taken, dropped, returned, captured, neutralised or moved. */
    change: string;
    place: string;
    owner_team_id?: string;
    team_id?: string;
    player_id?: string;
    position?: Vec3;
  };
  player_joined: { player_id: string; team_id: string; slot: number; display_name?: string; profiled_by?: string };
  player_left: { player_id: string; reason?: string };
  player_disconnected: { player_id: string };
  player_reconnected: { player_id: string };
  player_respawned: { player_id: string; position?: Vec3 };
  /** It flies: position + velocity · t − gravity · t² / 2 (downwards), t in seconds, until it ends. */
  projectile_fired: ProjectileFired;
  projectile_ended: { projectile_id: number; position?: Vec3; exploded: boolean };
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
    /** Where a weapon struck. */
    body_part?: BodyPart;
    /** What the target's armour took beside `damage`, and what share of all that is, 0 to 1; absent for nothing. */
    armor_absorbed?: number;
    mitigation?: number;
    critical?: boolean;
    /** local, damage_service or fallback. */
    decided_by?: string;
  };
  player_killed: {
    victim_id: string;
    killer_id?: string;
    weapon?: string;
    headshot: boolean;
    assist_ids: string[];
  };
  ability_used: {
    player_id: string;
    ability_id: string;
    target_id?: string;
    position?: Vec3;
    /** Energy paid. */
    cost: number;
    /** abilities_service or fallback; absent where nobody is asked. */
    decided_by?: string;
  };
  /** A use is done; `left` are left in this life. */
  item_used: { player_id: string; item_id: string; left: number };
  /** Begins, grows or lasts longer: as it is now. */
  effect_applied: {
    target_id: string;
    source_id?: string;
    effect?: EffectKind;
    potency: number;
    stacks: number;
    duration_ms: number;
  };
  /** Its time is up, or it was cured; a fall ends all without this. */
  effect_ended: { target_id: string; effect?: EffectKind };
  player_healed: { player_id: string; healer_id?: string; amount: number; health: number; cause: string };
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
  /** Of the player struck. */
  body_part?: BodyPart;
  /** Of what flies. */
  projectile_id?: number;
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
  /** Energy actually paid. */
  cost?: number;
  /** What came upon whom. */
  effects?: AppliedEffect[];
  /** Health given back. */
  healed?: number;
  /** Different deeds of the combo that this one made or went on with; absent below 2. */
  combo?: number;
};

export type AppliedEffect = {
  target_id: string;
  effect?: EffectKind;
  potency: number;
  stacks: number;
  duration_ms: number;
};

/** To the shooter: a later round of a burst, or what flew and landed. */
export type ShotLanded = Envelope & { type: "shot_landed"; seq: number; weapon: string; hit?: HitReceipt };

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
  | ShotLanded
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
    client_ms?: number;
  };
  combat_action: {
    action_type: ActionType;
    weapon?: string;
    ability_id?: string;
    direction?: Vec3;
    target_id?: string;
    target_position?: Vec3;
    item_id?: string;
    client_tick?: number;
    client_ms?: number;
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
