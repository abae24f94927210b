/**
 * Session records: what is known of every session, running or over, across restarts.
 * Order: updates of one session are issued one after the other by its owner. Atomicity: each call is one transaction.
 * Loss: what a call resolved for is durable; a rejected call changed nothing or is unknown (ask again).
 * Every call rejects with StoreUnavailable when the store is away or slower than its deadline.
 */
import type { ConnectionStatus, EndReason, GameMode, SessionSettings, SessionStatus } from "../session/settings.ts";

export type ParticipantRecord = {
  playerId: string;
  teamId: string;
  slot: number;
  joinedAtMs: number;
  /** Was on the roster when the session was created. */
  listed: boolean;
  connection: ConnectionStatus;
  /** The idempotency key this seat was taken with. */
  joinKey: string | null;
  kills: number;
  deaths: number;
  assists: number;
  /** Hundredths of a point. */
  damageDealt: number;
  damageTaken: number;
  shotsFired: number;
  shotsHit: number;
  headshots: number;
  /** Centimetres, and hundredths of a point: where and how the player stood when the record was written. */
  position: { x: number; y: number; z: number };
  health: number;
  alive: boolean;
  weapon: string;
};

export type TeamRecord = { teamId: string; score: number; roundsWon: number };

export type SessionRecord = {
  id: string;
  /** Grows by one with each update. */
  version: number;
  /** Counts owners; an update by an older owner is refused. */
  epoch: number;
  status: SessionStatus;
  settings: SessionSettings;
  seed: number;
  hostPlayerId: string;
  /** Milliseconds since 1970. */
  createdAtMs: number;
  startedAtMs: number | null;
  endedAtMs: number | null;
  endReason: EndReason | null;
  winnerTeamId: string | null;
  currentRound: number;
  /** Live match time played so far, milliseconds. */
  playedMs: number;
  participants: ParticipantRecord[];
  teams: TeamRecord[];
};

/** Who asked with which key; `fingerprint` tells the same request from another one under the same key. */
export type IdempotencyKey = { caller: string; key: string; fingerprint: string };

export type CreateOutcome = { kind: "created" } | { kind: "repeat"; record: SessionRecord } | { kind: "key_reused" };

export type ListQuery = {
  status: SessionStatus | null;
  gameMode: GameMode | null;
  /** Whose private sessions may be seen (host or participant); null sees all. */
  visibleTo: string | null;
  limit: number;
  /** Position after which the page begins, from the page before. */
  after: { createdAtMs: number; id: string } | null;
};

export type SessionStore = {
  /** Inserts; with a key seen within 24 h the earlier session is found again instead. */
  create(record: SessionRecord, key: IdempotencyKey | null): Promise<CreateOutcome>;
  get(id: string): Promise<SessionRecord | null>;
  /** Newest first, then by id. */
  list(query: ListQuery): Promise<SessionRecord[]>;
  /** Writes if the stored version is `record.version - 1` and the stored epoch is not above; else false. */
  update(record: SessionRecord): Promise<boolean>;
  /** All that are waiting, active or paused. */
  unfinished(): Promise<SessionRecord[]>;
  close(): Promise<void>;
};

export class StoreUnavailable extends Error {
  override name = "StoreUnavailable";
}
