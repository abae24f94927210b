/**
 * Sessions in PostgreSQL: creates, reads, lists and updates records.
 * In:  records and queries in domain words.   Out: rows of combat_sessions, combat_outbox and player_results.
 * Law: the whole record is kept as jsonb beside the columns that statements look for. A write names its version and
 *      its epoch, so an older owner changes nothing. What it tells, and the results when it says ended, are written by
 *      the same statement: both are there or neither, and no session stays locked by an owner that stands still.
 * Not here: keys (idempotency-sql.ts), owners (claims-sql.ts), how told rows go (outbox-sql.ts), the schema (migrations/).
 */
import type { Database, Parameter, Row, Statements } from "./database.ts";
import { takeKey } from "./idempotency-sql.ts";
import { LIST_ROWS_MAX } from "./limits.ts";
import { upToDate } from "./older-records.ts";
import type { CreateOutcome, IdempotencyKey, ListQuery, SessionRecord, Told } from "./session-store.ts";

type Write = { readonly record: SessionRecord; readonly told: Told; readonly nowMs: number };

/** Events told by `written`, which must have id and version; $12 is the list of them, $13 now. */
const TELL = `insert into combat_outbox (session_id, version, position, body, written_at_ms)
  select written.id, written.version, told.position, told.body, $13
  from written, jsonb_array_elements($12::text::jsonb) with ordinality as told (body, position)`;

const INSERT = `with written as (
    insert into combat_sessions (id, version, epoch, owner, status, game_mode, is_private, host_player_id, player_ids,
      created_at_ms, record)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::uuid[], $10, $11::text::jsonb) returning id, version)
  ${TELL}`;

const UPDATE = `update combat_sessions set version = $2, epoch = $3, owner = $4, status = $5, game_mode = $6,
    is_private = $7, host_player_id = $8, player_ids = $9::text::uuid[], created_at_ms = $10, record = $11::text::jsonb
  where id = $1 and version = $2 - 1 and epoch <= $3 returning id, version, status, record`;

/** Over again when a record that says ended is written again: the results are always the record's. */
const RESULTS = `insert into player_results (session_id, player_id, team_id, won, kills, deaths, assists, damage_dealt,
    damage_taken, shots_fired, shots_hit, headshots, ended_at_ms)
  select written.id, p."playerId", p."teamId", coalesce(p."teamId" = written.record ->> 'winnerTeamId', false),
    p.kills, p.deaths, p.assists, p."damageDealt", p."damageTaken", p."shotsFired", p."shotsHit", p.headshots,
    (written.record ->> 'endedAtMs')::bigint
  from written, jsonb_to_recordset(written.record -> 'participants') as p(
    "playerId" uuid, "teamId" text, kills integer, deaths integer, assists integer, "damageDealt" bigint,
    "damageTaken" bigint, "shotsFired" integer, "shotsHit" integer, headshots integer)
  where written.status = 'ended'
  on conflict (session_id, player_id) do update set team_id = excluded.team_id, won = excluded.won,
    kills = excluded.kills, deaths = excluded.deaths, assists = excluded.assists,
    damage_dealt = excluded.damage_dealt, damage_taken = excluded.damage_taken, shots_fired = excluded.shots_fired,
    shots_hit = excluded.shots_hit, headshots = excluded.headshots, ended_at_ms = excluded.ended_at_ms`;

const UPDATE_AND_TELL = `with written as (${UPDATE}), told as (${TELL}), results as (${RESULTS}) select id from written`;

export async function create(
  database: Database,
  { key, ...write }: Write & { readonly key: IdempotencyKey | null },
): Promise<CreateOutcome> {
  if (key === null) return insert(database, write);
  return database.transaction(async (statements) => {
    const earlier = await takeKey(statements, { key, sessionId: write.record.id, nowMs: write.nowMs });
    return earlier ?? insert(statements, write);
  });
}

async function insert(statements: Statements, write: Write): Promise<CreateOutcome> {
  await statements.query(INSERT, parameters(write));
  return { kind: "created" };
}

export async function get(database: Database, id: string): Promise<SessionRecord | null> {
  const [row] = await database.query("select record from combat_sessions where id = $1", [id]);
  return row === undefined ? null : recordOf(row);
}

export async function list(database: Database, query: ListQuery): Promise<SessionRecord[]> {
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

export async function update(database: Database, write: Write): Promise<boolean> {
  const written = await database.query(UPDATE_AND_TELL, parameters(write));
  return written.length > 0 || isWritten(database, write.record);
}

/** Whether this very record is there already: an update asked again after its answer was lost. */
async function isWritten(database: Database, record: SessionRecord): Promise<boolean> {
  const same = await database.query(
    "select id from combat_sessions where id = $1 and version = $2 and epoch = $3 and record = $4::text::jsonb",
    [record.id, record.version, record.epoch, JSON.stringify(record)],
  );
  return same.length > 0;
}

function parameters({ record, told, nowMs }: Write): Parameter[] {
  return [
    record.id,
    record.version,
    record.epoch,
    record.owner,
    record.status,
    record.settings.gameMode,
    record.settings.isPrivate,
    record.hostPlayerId,
    `{${record.participants.map(({ playerId }) => playerId).join(",")}}`,
    record.createdAtMs,
    JSON.stringify(record),
    JSON.stringify(told),
    nowMs,
  ];
}

export function recordOf(row: Row): SessionRecord {
  return upToDate(row["record"] as SessionRecord); // Written by parameters() above, changed by claims-sql.ts, and by nobody else.
}
