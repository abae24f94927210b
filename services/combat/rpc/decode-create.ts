/** What a new session is to be: the defaults and bounds of the game's contract. */
import { actsForOthers, type Principal } from "#auth/principal.ts";
import type { CreateSessionRequest } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { PLAYERS_MAX, TEAMS_MAX } from "../limits.ts";
import type { SessionSettings } from "../session/settings.ts";
import { FIRST_MAP, MAPS } from "../sim/content.ts";
import { PLAYED_MODES } from "../sim/world.ts";
import { integer, number, refusal, uuid, word } from "./decode.ts";
import { GAME_MODE } from "./words.ts";

export const DEFAULTS = {
  maxRounds: 10,
  timeLimitMinutes: 15,
  scoreLimit: 5,
  tickRateHz: 30,
  reconnectGraceSeconds: 30,
  respawnSeconds: 3,
} as const;

export const ROUNDS_MAX = 20;
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
    roster: roster(request, settings.maxPlayers),
    seed: request.seed ?? null,
    idempotencyKey: idempotencyKey(request.idempotencyKey),
  };
}

function sessionSettings(request: CreateSessionRequest, principal: Principal): SessionSettings {
  const gameMode = word("game_mode", GAME_MODE, request.gameMode);
  if (!(PLAYED_MODES as readonly string[]).includes(gameMode)) {
    throw refusal("game_mode", gameMode, `one of those this version plays: ${PLAYED_MODES.join(", ")}`);
  }
  const mapId = request.mapId ?? FIRST_MAP;
  if (!Object.hasOwn(MAPS, mapId)) throw refusal("map_id", mapId, `one of ${Object.keys(MAPS).join(", ")}`);
  return {
    gameMode,
    mapId,
    maxRounds: maxRounds(request.maxRounds) ?? DEFAULTS.maxRounds,
    timeLimitMinutes: timeLimitMinutes(request.timeLimitMinutes, principal) ?? DEFAULTS.timeLimitMinutes,
    scoreLimit: integer("score_limit", request.scoreLimit, { min: 1, max: 500, or: DEFAULTS.scoreLimit }),
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

function roster({ participants }: CreateSessionRequest, seats: number): NewSession["roster"] {
  if (participants.length > seats) throw refusal("participants", participants.length, `at most ${seats} entries`);
  const players = new Set<string>();
  const teams = new Set<string>();
  return participants.map((entry, index) => {
    const playerId = uuid(`participants[${index}].player_id`, entry.playerId);
    if (players.has(playerId)) throw refusal(`participants[${index}].player_id`, playerId, "listed once");
    players.add(playerId);
    const teamId = entry.teamId === undefined ? null : uuid(`participants[${index}].team_id`, entry.teamId);
    if (teamId !== null) teams.add(teamId);
    if (teams.size > TEAMS_MAX)
      throw refusal(`participants[${index}].team_id`, teamId, `one of at most ${TEAMS_MAX} teams`);
    return { playerId, teamId };
  });
}
