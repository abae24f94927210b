/**
 * Session records: what is known of every session, running or over, across restarts.
 * Order: updates of one session are issued one after the other by its owner. Atomicity: each call is one transaction.
 * Loss: what a call resolved for is durable; a rejected call changed nothing or is unknown (ask again).
 * Every call rejects with StoreUnavailable when the store is away or slower than its deadline.
 */
import type { Seat } from "../session/roster.ts";
import type { EventBody } from "../session/session-events.ts";
import type { ConnectionStatus, EndReason, GameMode, SessionSettings, SessionStatus } from "../session/settings.ts";
import type { Tally } from "../session/tally.ts";
import type { Loadout } from "../sim/loadout.ts";
import type { Feats } from "../sim/world.ts";
import type { RecordingStore } from "./recording-store.ts";

export type ParticipantRecord = {
  playerId: string;
  teamId: string;
  slot: number;
  joinedAtMs: number;
  /** Was on the roster when the session was created. */
  listed: boolean;
  /** Took the seat, by a call of join or by connecting. Absent in rows of older releases. */
  confirmed: boolean;
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
  /** Absent in rows of older releases. */
  feats?: Feats;
  /** What the player is called and has along. Absent in rows of older releases. */
  displayName?: string;
  loadout?: Loadout;
  /** Absent for the local rule. */
  profiledBy?: NonNullable<Seat["profiledBy"]>;
  /** For cheating; absent for everybody else. */
  removed?: true;
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
  /** The run of the instance that owns the session: `name#boot` (directory.ts). Never told to clients. */
  owner: string;
  /** Number of the last event the session had told when this was written. */
  lastSeq: number;
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
  /** What was told, added up. Absent in rows of older releases. */
  tally?: Tally;
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

/**
 * What a change of the record tells, written to the outbox in the same transaction. It stays there until the owner
 * settles it: until what it tells is published, or was never to be.
 */
export type Told = readonly EventBody[];

export type SessionStore = {
  /** Inserts; with a key seen within 24 h the earlier session is found again instead. */
  create(record: SessionRecord, key: IdempotencyKey | null, told?: Told): Promise<CreateOutcome>;
  get(id: string): Promise<SessionRecord | null>;
  /** Newest first, then by id. */
  list(query: ListQuery): Promise<SessionRecord[]>;
  /** Writes if the stored version is `record.version - 1` and the stored epoch is not above; else false. */
  update(record: SessionRecord, told?: Told): Promise<boolean>;
};

export type Claim = { readonly id: string; readonly owner: string };

/** Who owns what; counted up here, in the store that does not forget. Law as above. */
export type SessionClaims = {
  /** All that are waiting, active or paused, and all whose outbox is not settled; oldest first. */
  unfinished(): Promise<Claim[]>;
  /**
   * Takes those that are still owned as said: epoch and version grow by one, in one transaction. Resolves to their
   * records as they are now; those that somebody else took meanwhile are missing from it.
   */
  claim(claims: readonly Claim[], newOwner: string): Promise<SessionRecord[]>;
  /** Of these sessions, those that this owner does not own (any more). */
  notOwned(ids: readonly string[], owner: string): Promise<string[]>;
};

/** `version` is the record's that told it. */
export type OutboxRow = { readonly version: number; readonly body: EventBody; readonly writtenAtMs: number };

/** What records told and nobody has published for certain. Law as above. */
export type Outbox = {
  /** Of one session, in order. */
  pending(sessionId: string): Promise<OutboxRow[]>;
  /** All rows of these sessions up to their version are done with. */
  settle(settled: readonly { readonly sessionId: string; readonly version: number }[]): Promise<void>;
  /** Rows that wait, in all sessions. */
  count(): Promise<number>;
};

/** All of it, over one database. */
export type RecordStores = {
  readonly sessions: SessionStore;
  readonly claims: SessionClaims;
  readonly outbox: Outbox;
  readonly recordingStore: RecordingStore;
  close(): Promise<void>;
};

/** A store is away or late, or has too much to do. What was asked may have been done or not. */
export class StoreUnavailable extends Error {
  override name = "StoreUnavailable";
}
