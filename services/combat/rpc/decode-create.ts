/** What a new session is to be: the defaults and bounds of the game's contract. */
import { actsForOthers, type Principal } from "#auth/principal.ts";
import type { CreateSessionRequest } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { PLAYERS_MAX } from "../limits.ts";
import type { GameMode, SessionSettings } from "../session/settings.ts";
import { FIRST_MAP, MAPS } from "../sim/content.ts";
import { TEAMS_MAX } from "../sim/limits.ts";
import {
  MODE_RULE_BOUNDS_S,
  type ModeRules,
  STARTING_ARMOUR_BOUNDS,
  USUAL_MODE_RULES,
} from "../sim/modes/mode-rules.ts";
import { carries, MODES } from "../sim/modes/table.ts";
import { integer, number, refusal, uuid, word } from "./decode.ts";
import { GAME_MODE } from "./words.ts";

export const DEFAULTS = {
  maxRounds: 10,
  timeLimitMinutes: 15,
  tickRateHz: 30,
  reconnectGraceSeconds: 30,
  respawnSeconds: 3,
} as const;

export const ROUNDS_MAX = 20;
export const SCORE_LIMIT_MAX = 500;
export const TIME_LIMIT_MINUTES_MAX = 60;

export type NewSession = {
  settings: SessionSettings;
  roster: { playerId: string; teamId: string | null }[];
  seed: number | null;
  idempotencyKey: string | null;
};

export function newSession(request: CreateSessionRequest, principal: Principal): NewSession {
  if (request.seed !== undefined && !actsForOthers(principal)) {
    throw refusal("seed", request.seed, "left out, unless a service or an admin asks");
  }
  const settings = sessionSettings(request, principal);
  return {
    settings,
    roster: roster(request, settings),
    seed: request.seed ?? null,
    idempotencyKey: idempotencyKey(request.idempotencyKey),
  };
}

function sessionSettings(request: CreateSessionRequest, principal: Principal): SessionSettings {
  const gameMode = word("game_mode", GAME_MODE, request.gameMode);
  const mapId = request.mapId ?? firstMapFor(gameMode);
  const map = Object.hasOwn(MAPS, mapId) ? MAPS[mapId] : undefined;
  if (!map) throw refusal("map_id", mapId, `one of ${Object.keys(MAPS).join(", ")}`);
  if (!carries(map, gameMode)) {
    throw refusal("map_id", mapId, `a map for ${gameMode}: ${mapsFor(gameMode).join(", ")}`);
  }
  return {
    gameMode,
    mapId,
    maxRounds: maxRounds(request.maxRounds) ?? DEFAULTS.maxRounds,
    timeLimitMinutes: timeLimitMinutes(request.timeLimitMinutes, principal) ?? DEFAULTS.timeLimitMinutes,
    scoreLimit: scoreLimit(gameMode, request.scoreLimit),
    modeRules: modeRules(request.modeRules),
    tickRateHz: integer("tick_rate_hz", request.tickRateHz, { min: 1, max: 128, or: DEFAULTS.tickRateHz }),
    maxPlayers: integer("max_players", request.maxPlayers, { min: 2, max: PLAYERS_MAX, or: PLAYERS_MAX }),
    autoStart: request.autoStart ?? true,
    allowSpectators: request.allowSpectators ?? true,
    isPrivate: request.isPrivate ?? false,
    friendlyFire: request.friendlyFire ?? false,
    respawnSeconds: number("respawn_seconds", request.respawnSeconds ?? DEFAULTS.respawnSeconds, 0, 60),
    reconnectGraceSeconds: integer("reconnect_grace_seconds", request.reconnectGraceSeconds, {
      min: 0,
      max: 300,
      or: DEFAULTS.reconnectGraceSeconds,
    }),
  };
}

/** The first map of the table, where it carries the mode; else the first that does. */
export function firstMapFor(mode: GameMode): string {
  return mapsFor(mode)[0] ?? FIRST_MAP;
}

function mapsFor(mode: GameMode): string[] {
  return Object.values(MAPS)
    .filter((map) => carries(map, mode))
    .map(({ id }) => id);
}

function scoreLimit(mode: GameMode, value: number | undefined): number {
  const { scoreLimit: usual } = MODES[mode];
  if (usual === null && value !== undefined) {
    throw refusal("score_limit", value, `left out: no score wins a round of ${mode}`);
  }
  return integer("score_limit", value, { min: 1, max: SCORE_LIMIT_MAX, or: usual ?? 1 });
}

function modeRules(asked: CreateSessionRequest["modeRules"]): ModeRules {
  const ms = (field: string, value: number | undefined, of: keyof typeof MODE_RULE_BOUNDS_S) =>
    integer(`mode_rules.${field}`, value, { ...MODE_RULE_BOUNDS_S[of], or: USUAL_MODE_RULES[of] / 1000 }) * 1000;
  return {
    overtimeMs: ms("overtime_seconds", asked?.overtimeSeconds, "overtimeMs"),
    swapSides: asked?.swapSides ?? USUAL_MODE_RULES.swapSides,
    flagReturnMs: ms("flag_return_seconds", asked?.flagReturnSeconds, "flagReturnMs"),
    captureWithFlagAway: asked?.captureWithFlagAway ?? USUAL_MODE_RULES.captureWithFlagAway,
    zoneCaptureMs: ms("zone_capture_seconds", asked?.zoneCaptureSeconds, "zoneCaptureMs"),
    hillMovesMs: ms("hill_moves_seconds", asked?.hillMovesSeconds, "hillMovesMs"),
    startingArmour:
      integer("mode_rules.starting_armor", asked?.startingArmor, {
        ...STARTING_ARMOUR_BOUNDS,
        or: USUAL_MODE_RULES.startingArmour / 100,
      }) * 100,
  };
}

export function maxRounds(value: number | undefined): number | null {
  return value === undefined ? null : integer("max_rounds", value, { min: 1, max: ROUNDS_MAX, or: 0 });
}

/** Players may not make matches shorter than the game's five minutes; services may, down to one. */
export function timeLimitMinutes(value: number | undefined, principal: Principal): number | null {
  if (value === undefined) return null;
  const min = actsForOthers(principal) ? 1 : 5;
  return integer("time_limit_minutes", value, { min, max: TIME_LIMIT_MINUTES_MAX, or: 0 });
}

export function idempotencyKey(value: string | undefined): string | null {
  if (value === undefined) return null;
  if (value.length === 0 || value.length > 128) throw refusal("idempotency_key", value, "1 to 128 characters");
  return value;
}

function roster({ participants }: CreateSessionRequest, settings: SessionSettings): NewSession["roster"] {
  const { maxPlayers: seats, gameMode } = settings;
  const teamsMax = MODES[gameMode].teamsMax ?? TEAMS_MAX;
  if (participants.length > seats) throw refusal("participants", participants.length, `at most ${seats} entries`);
  const players = new Set<string>();
  const teams = new Set<string>();
  return participants.map((entry, index) => {
    const playerId = uuid(`participants[${index}].player_id`, entry.playerId);
    if (players.has(playerId)) throw refusal(`participants[${index}].player_id`, playerId, "listed once");
    players.add(playerId);
    const teamId = entry.teamId === undefined ? null : uuid(`participants[${index}].team_id`, entry.teamId);
    if (teamId !== null) teams.add(teamId);
    if (teams.size > teamsMax)
      throw refusal(`participants[${index}].team_id`, teamId, `one of at most ${teamsMax} teams`);
    return { playerId, teamId };
  });
}
