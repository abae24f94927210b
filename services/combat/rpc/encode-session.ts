/** A session's record as the wire has it. The record's centimetres and hundredths become metres and points. */
import { create } from "@bufbuild/protobuf";
import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { QuantisedPosition } from "#gen/necpgame/combat/v1/realtime_pb.js";
import {
  type CombatSession,
  CombatSessionSchema,
  LoadoutSchema,
  ModeRulesSchema,
  type SessionParticipant,
  SessionParticipantSchema,
  type Team,
  TeamSchema,
  type Vec3,
  Vec3Schema,
} from "#gen/necpgame/combat/v1/session_pb.js";
import { optional } from "#kit/optional.ts";
import { EVERYTHING, type Loadout } from "../sim/loadout.ts";
import { type ModeRules, PLAIN_MODE_RULES } from "../sim/modes/mode-rules.ts";
import type { Point } from "../sim/world.ts";
import type { ParticipantRecord, SessionRecord, TeamRecord } from "../stores/session-store.ts";
import { CONNECTION, END_REASON, GAME_MODE, STATUS } from "./words.ts";

export function combatSession(record: SessionRecord): CombatSession {
  const { settings } = record;
  return create(CombatSessionSchema, {
    ...settings,
    ...optional("startedAt", time(record.startedAtMs)),
    ...optional("endedAt", time(record.endedAtMs)),
    ...optional("winnerTeamId", record.winnerTeamId),
    ...optional("endReason", record.endReason === null ? null : END_REASON[record.endReason]),
    id: record.id,
    status: STATUS[record.status],
    gameMode: GAME_MODE[settings.gameMode],
    modeRules: modeRules(settings.modeRules ?? PLAIN_MODE_RULES),
    participants: record.participants.map(participant),
    currentRound: record.currentRound,
    createdAt: timestampFromMs(record.createdAtMs),
    hostPlayerId: record.hostPlayerId,
    teams: record.teams.map(team),
    version: record.version,
    epoch: record.epoch,
    seed: record.seed,
  });
}

function modeRules(rules: ModeRules) {
  return create(ModeRulesSchema, {
    overtimeSeconds: rules.overtimeMs / 1000,
    swapSides: rules.swapSides,
    flagReturnSeconds: rules.flagReturnMs / 1000,
    captureWithFlagAway: rules.captureWithFlagAway,
    zoneCaptureSeconds: rules.zoneCaptureMs / 1000,
    hillMovesSeconds: rules.hillMovesMs / 1000,
    startingArmor: rules.startingArmour / 100,
  });
}

export function participant(record: ParticipantRecord): SessionParticipant {
  const { playerId, teamId, alive, kills, deaths, assists, slot, weapon, displayName = "" } = record;
  return create(SessionParticipantSchema, {
    playerId,
    teamId,
    alive,
    kills,
    deaths,
    assists,
    slot,
    weapon,
    ...optional("displayName", displayName || null),
    ...optional("loadout", loadout(record.loadout)),
    joinedAt: timestampFromMs(record.joinedAtMs),
    position: metres(record.position),
    health: record.health / 100,
    connectionStatus: CONNECTION[record.connection],
    damageDealt: record.damageDealt / 100,
  });
}

/** Absent for everything. */
function loadout(of: Loadout = EVERYTHING) {
  const { weapons, abilities = null } = of;
  if (weapons === null && abilities === null) return null;
  return create(LoadoutSchema, { weapons: [...(weapons ?? [])], abilityIds: [...(abilities ?? [])] });
}

export function team({ teamId, score, roundsWon }: TeamRecord): Team {
  return create(TeamSchema, { teamId, score, roundsWon });
}

/** What a check of a move measured: lengths and speeds by the metre, times by the second, rates as they are. */
export function inUnit(check: string, value: number): number {
  if (check === "rate") return value;
  return value / (check === "latency" || check === "time" ? 1_000 : 100);
}

export function metres({ x, y, z }: Point): Vec3 {
  return create(Vec3Schema, { x: x / 100, y: y / 100, z: z / 100 });
}

export function quantised({ x, y, z }: Point): QuantisedPosition {
  return { $typeName: "necpgame.combat.v1.QuantisedPosition", x, y, z }; // Not by `create`: there are many.
}

function time(ms: number | null): Timestamp | null {
  return ms === null ? null : timestampFromMs(ms);
}
