/** Session records for tests of stores: whole, lawful, and told apart by what the test names. */
import { randomUUID } from "node:crypto";
import type { ParticipantRecord, SessionRecord } from "#combat/stores/session-store.ts";

type Settings = SessionRecord["settings"];
type Changes = Partial<Omit<SessionRecord, "settings">> & { readonly settings?: Partial<Settings> };

const SETTINGS: Settings = {
  gameMode: "team_deathmatch",
  mapId: "yard",
  maxRounds: 3,
  timeLimitMinutes: 10,
  scoreLimit: 30,
  tickRateHz: 64,
  maxPlayers: 10,
  autoStart: true,
  allowSpectators: true,
  isPrivate: false,
  reconnectGraceSeconds: 30,
  respawnSeconds: 2.5,
  friendlyFire: false,
};

export function sessionRecord(changes: Changes = {}): SessionRecord {
  const { settings, ...rest } = changes;
  return {
    id: randomUUID(),
    version: 1,
    epoch: 1,
    owner: "combat-1#first",
    lastSeq: 0,
    status: "waiting",
    settings: { ...SETTINGS, ...settings },
    seed: 0xffff_ffff,
    hostPlayerId: randomUUID(),
    createdAtMs: 1_750_000_000_123,
    startedAtMs: null,
    endedAtMs: null,
    endReason: null,
    winnerTeamId: null,
    currentRound: 0,
    playedMs: 0,
    participants: [seat(randomUUID(), 0)],
    teams: [{ teamId: "red", score: 0, roundsWon: 0 }],
    ...rest,
  };
}

export function seat(playerId: string, slot: number): ParticipantRecord {
  return {
    playerId,
    teamId: slot % 2 === 0 ? "red" : "blue",
    slot,
    joinedAtMs: 1_750_000_000_500,
    listed: true,
    confirmed: slot % 2 === 0,
    connection: "expected",
    joinKey: "Schlüssel 🗝 'quoted' \"twice\"",
    kills: 0,
    deaths: 0,
    assists: 0,
    damageDealt: 0,
    damageTaken: 0,
    shotsFired: 0,
    shotsHit: 0,
    headshots: 0,
    displayName: "Ada 🗝 'quoted'",
    loadout: { weapons: ["assault_rifle"], abilities: null },
    position: { x: -1_250, y: 3, z: 0 },
    health: 10_000,
    alive: true,
    weapon: "rifle",
  };
}

/** The next version of a record, at its end. */
export function ended(record: SessionRecord, changes: Changes = {}): SessionRecord {
  return next(record, { status: "ended", endReason: "victory", endedAtMs: 1_750_000_060_000, ...changes });
}

/** The next version of a record. */
export function next(record: SessionRecord, changes: Changes = {}): SessionRecord {
  const settings = { ...record.settings, ...changes.settings };
  return { ...record, version: record.version + 1, ...changes, settings };
}
