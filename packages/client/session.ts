/**
 * Session: how public JSON shows a match and who is in it; REST and sockets alike.
 * Source: proto/necpgame/combat/v1/session.proto. Positions in metres, angles in degrees, health 0 to 100, times RFC 3339.
 */

/** x and y along the ground, z up; metres, or metres per second for velocities. */
export type Vec3 = { x: number; y: number; z: number };

export type SessionStatus = "waiting" | "active" | "paused" | "ended" | "cancelled";

export type GameMode =
  | "deathmatch"
  | "team_deathmatch"
  | "capture_the_flag"
  | "king_of_the_hill"
  | "domination"
  | "elimination";

export type EndReason = "victory" | "timeout" | "disconnect" | "cancelled";

export type CameraMode = "free" | "follow_player" | "overview" | "cinematic";

export type ConnectionStatus = "expected" | "connected" | "disconnected" | "left";

/** One side; in deathmatch every player is a side of its own. */
export type Team = { team_id: string; score: number; rounds_won: number };

/** One player's seat. */
export type SessionParticipant = {
  player_id: string;
  team_id: string;
  joined_at?: string;
  position?: Vec3;
  health: number;
  alive: boolean;
  connection_status?: ConnectionStatus;
  kills: number;
  deaths: number;
  assists: number;
  damage_dealt: number;
  slot: number;
  weapon: string;
  /** For people; absent when nobody said. */
  display_name?: string;
  /** What the player may take in hand and use; absent for everything, an empty list for all of its kind. */
  loadout?: { weapons: string[]; ability_ids: string[] };
};

/** One match. */
export type CombatSession = {
  id: string;
  status: SessionStatus;
  participants: SessionParticipant[];
  current_round: number;
  max_rounds: number;
  created_at?: string;
  /** Set when a winner is decided; absent for a draw. */
  winner_team_id?: string;
  game_mode: GameMode;
  map_id: string;
  host_player_id: string;
  started_at?: string;
  ended_at?: string;
  teams: Team[];
  allow_spectators: boolean;
  is_private: boolean;
  version: number;
  time_limit_minutes: number;
  score_limit: number;
  tick_rate_hz: number;
  max_players: number;
  auto_start: boolean;
  reconnect_grace_seconds: number;
  respawn_seconds: number;
  friendly_fire: boolean;
  end_reason?: EndReason;
  epoch: number;
  seed: number;
  mode_rules?: ModeRules;
};

/** What of a mode may be chosen. */
export type ModeRules = {
  overtime_seconds?: number;
  swap_sides?: boolean;
  flag_return_seconds?: number;
  capture_with_flag_away?: boolean;
  zone_capture_seconds?: number;
  hill_moves_seconds?: number;
  starting_armor?: number;
};
