/**
 * Session records in PostgreSQL, embedded or a server (database.ts).
 * In:  SessionRecord and queries in domain words.   Out: rows of combat_sessions and idempotency_keys.
 * Law: the whole record is kept as jsonb beside the columns that statements look for; a write names its version and
 *      its epoch, so an older owner changes nothing. Every call has a deadline, and waiting calls are counted.
 * Not here: the schema (migrations/), the connection (database-*.ts), what a change means (session/).
 */
import type { Clock } from "#kit/clock.ts";
import { withDeadline } from "./call-deadline.ts";
import type { Database, Parameter, Row, Statements } from "./database.ts";
import {
  IDEMPOTENCY_KEPT_MS,
  IDEMPOTENCY_SWEEP_ROWS,
  LIST_ROWS_MAX,
  MIGRATIONS_MS_MAX,
  STORE_CALL_MS_MAX,
  STORE_CALLS_WAITING_MAX,
  UNFINISHED_ROWS_MAX,
} from "./limits.ts";
import { migrate, readMigrations } from "./migrate.ts";
import {
  type CreateOutcome,
  type IdempotencyKey,
  type ListQuery,
  type SessionRecord,
  type SessionStore,
  StoreUnavailable,
} from "./session-store.ts";

export type PostgresStoreOptions = {
  readonly database: Database;
  readonly clock: Clock;
  readonly callMsMax?: number;
  readonly callsWaitingMax?: number;
};

/** Migrates the database and resolves to the store over it; the store closes the database. */
export async function openPostgresSessionStore(options: PostgresStoreOptions): Promise<SessionStore> {
  const { database, clock } = options;
  const migrations = await readMigrations();
  await withDeadline({ what: "migrations", msMax: MIGRATIONS_MS_MAX }, migrate(database, migrations));
  const guarded = guard(options);
  return {
    create: (record, key) => guarded("create", () => create(database, { record, key, nowMs: clock.unixMs() })),
    get: (id) => guarded("get", () => get(database, id)),
    list: (query) => guarded("list", () => list(database, query)),
    update: (record) => guarded("update", () => update(database, record)),
    unfinished: () => guarded("unfinished", () => unfinished(database)),
    close: () => database.close(),
  };
}

/** Gives every call a deadline, counts those that wait, and says StoreUnavailable where the store is at fault. */
function guard(options: PostgresStoreOptions) {
  const msMax = options.callMsMax ?? STORE_CALL_MS_MAX;
  const waitingMax = options.callsWaitingMax ?? STORE_CALLS_WAITING_MAX;
  let waiting = 0;
  return async <T>(what: string, call: () => Promise<T>): Promise<T> => {
    if (waiting >= waitingMax) throw new StoreUnavailable(`${what}: ${waiting} calls are waiting already`);
    waiting += 1;
    const running = call().finally(() => {
      waiting -= 1; // When it truly ends: a call past its deadline still burdens the store.
    });
    try {
      return await withDeadline({ what, msMax }, running);
    } catch (error) {
      throw isOurMistake(error) ? error : unavailable(what, error);
    }
  };
}

/** Errors of the statement or its values (classes 22, 23, 42) are our bugs; any other failure is the store's. */
function isOurMistake(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return true;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && code.length === 5 && /^(22|23|42)/.test(code);
}

function unavailable(what: string, cause: unknown): StoreUnavailable {
  if (cause instanceof StoreUnavailable) return cause;
  return new StoreUnavailable(`${what}: the record store is away`, { cause });
}

type Creation = { readonly record: SessionRecord; readonly key: IdempotencyKey | null; readonly nowMs: number };

async function create(database: Database, { record, key, nowMs }: Creation): Promise<CreateOutcome> {
  return database.transaction(async (statements) => {
    if (key !== null) {
      await forget(statements, { key, beforeMs: nowMs - IDEMPOTENCY_KEPT_MS });
      const earlier = await claim(statements, { key, sessionId: record.id, nowMs });
      if (earlier !== null) return earlier;
    }
    await statements.query(INSERT, columns(record));
    return { kind: "created" };
  });
}

const INSERT = `insert into combat_sessions
  (id, version, epoch, status, game_mode, is_private, host_player_id, player_ids, created_at_ms, record)
  values ($1, $2, $3, $4, $5, $6, $7, $8::text::uuid[], $9, $10::text::jsonb)`;

/** Forgets this key if it is too old, and a few others that are. */
async function forget(statements: Statements, { key, beforeMs }: { key: IdempotencyKey; beforeMs: number }) {
  await statements.query("delete from idempotency_keys where caller = $1 and key = $2 and created_at_ms <= $3", [
    key.caller,
    key.key,
    beforeMs,
  ]);
  // Skipping what another creation has locked keeps two sweeps from waiting for each other.
  await statements.query(
    `delete from idempotency_keys where (caller, key) in (
       select caller, key from idempotency_keys where created_at_ms <= $1
       order by created_at_ms limit $2 for update skip locked)`,
    [beforeMs, IDEMPOTENCY_SWEEP_ROWS],
  );
}

type Claim = { readonly key: IdempotencyKey; readonly sessionId: string; readonly nowMs: number };

/** Takes the key for this session, or says what it was taken for. Waits for a creation under the same key. */
async function claim(statements: Statements, { key, sessionId, nowMs }: Claim): Promise<CreateOutcome | null> {
  const taken = await statements.query(
    `insert into idempotency_keys (caller, key, fingerprint, session_id, created_at_ms)
     values ($1, $2, $3, $4, $5) on conflict (caller, key) do nothing returning key`,
    [key.caller, key.key, key.fingerprint, sessionId, nowMs],
  );
  if (taken.length > 0) return null;
  const [row] = await statements.query(
    `select k.fingerprint, s.record from idempotency_keys k join combat_sessions s on s.id = k.session_id
     where k.caller = $1 and k.key = $2`,
    [key.caller, key.key],
  );
  if (row === undefined) throw new StoreUnavailable("create: the idempotency key was forgotten meanwhile; ask again");
  return row["fingerprint"] === key.fingerprint ? { kind: "repeat", record: recordOf(row) } : { kind: "key_reused" };
}

async function get(database: Database, id: string): Promise<SessionRecord | null> {
  const [row] = await database.query("select record from combat_sessions where id = $1", [id]);
  return row === undefined ? null : recordOf(row);
}

async function list(database: Database, query: ListQuery): Promise<SessionRecord[]> {
  const rows = await database.query(
    `select record from combat_sessions
     where ($1::text is null or status = $1::text)
       and ($2::text is null or game_mode = $2::text)
       and ($3::uuid is null or not is_private or host_player_id = $3::uuid or $3::uuid = any (player_ids))
       and ($4::bigint is null or created_at_ms < $4::bigint or (created_at_ms = $4::bigint and id > $5::uuid))
     order by created_at_ms desc, id limit $6`,
    [
      query.status,
      query.gameMode,
      query.visibleTo,
      query.after?.createdAtMs ?? null,
      query.after?.id ?? null,
      Math.min(query.limit, LIST_ROWS_MAX),
    ],
  );
  return rows.map(recordOf);
}

async function update(database: Database, record: SessionRecord): Promise<boolean> {
  const written = await database.query(
    `update combat_sessions set version = $2, epoch = $3, status = $4, game_mode = $5, is_private = $6,
       host_player_id = $7, player_ids = $8::text::uuid[], created_at_ms = $9, record = $10::text::jsonb
     where id = $1 and version = $2 - 1 and epoch <= $3 returning id`,
    columns(record),
  );
  return written.length > 0 || isWritten(database, record);
}

/** Whether this very record is there already: an update asked again after its answer was lost. */
async function isWritten(database: Database, record: SessionRecord): Promise<boolean> {
  const same = await database.query(
    `select id from combat_sessions where id = $1 and version = $2 and epoch = $3 and record = $4::text::jsonb`,
    [record.id, record.version, record.epoch, JSON.stringify(record)],
  );
  return same.length > 0;
}

async function unfinished(database: Database): Promise<SessionRecord[]> {
  const rows = await database.query(
    `select record from combat_sessions where status in ('waiting', 'active', 'paused')
     order by created_at_ms, id limit $1`,
    [UNFINISHED_ROWS_MAX],
  );
  return rows.map(recordOf);
}

function columns(record: SessionRecord): Parameter[] {
  return [
    record.id,
    record.version,
    record.epoch,
    record.status,
    record.settings.gameMode,
    record.settings.isPrivate,
    record.hostPlayerId,
    `{${record.participants.map(({ playerId }) => playerId).join(",")}}`,
    record.createdAtMs,
    JSON.stringify(record),
  ];
}

function recordOf(row: Row): SessionRecord {
  return row["record"] as SessionRecord; // Written by columns() above and by nobody else.
}
