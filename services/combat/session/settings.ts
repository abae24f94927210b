/** What was agreed about a session when it was created, and the words for where it stands. Plain data. */

import type { ModeRules } from "../sim/modes/mode-rules.ts";
import type { Checks } from "../sim/suspicion.ts";

export const GAME_MODES = [
  "deathmatch",
  "team_deathmatch",
  "capture_the_flag",
  "king_of_the_hill",
  "domination",
  "elimination",
] as const;
export type GameMode = (typeof GAME_MODES)[number];

export const SESSION_STATUSES = ["waiting", "active", "paused", "ended", "cancelled"] as const;
export type SessionStatus = (typeof SESSION_STATUSES)[number];

export type EndReason = "victory" | "timeout" | "disconnect" | "cancelled";

export type ConnectionStatus = "expected" | "connected" | "disconnected" | "left";

export type SessionSettings = {
  gameMode: GameMode;
  mapId: string;
  maxRounds: number;
  timeLimitMinutes: number;
  scoreLimit: number;
  tickRateHz: number;
  maxPlayers: number;
  autoStart: boolean;
  allowSpectators: boolean;
  isPrivate: boolean;
  reconnectGraceSeconds: number;
  respawnSeconds: number;
  friendlyFire: boolean;
  /** Absent in records of older releases. */
  modeRules?: ModeRules;
  /** How moves are checked; absent in records of older releases: all enforced. */
  checks?: Checks;
};
