/**
 * Claims in PostgreSQL: who owns which session.
 * In:  claims, owners.   Out: owner, epoch and version in the columns and the record of combat_sessions alike.
 * Law: of all that claim a session from the same owner at once, one gets it. Rows are locked in order of id, so that
 *      two who claim the same sessions wait for each other and never both for ever.
 * Not here: who is dead (session/), what an epoch fences (sessions-sql.ts, live-store.ts).
 */
import type { Database } from "./database.ts";
import { CLAIMS_MAX, UNFINISHED_ROWS_MAX } from "./limits.ts";
import type { Claim, SessionRecord } from "./session-store.ts";
import { recordOf } from "./sessions-sql.ts";

/** Each kind has its own cap: however long nothing can be published, sessions that go on are found. */
const UNFINISHED = `with live as (
    select id, owner, created_at_ms from combat_sessions where status in ('waiting', 'active', 'paused')
    order by created_at_ms, id limit $1),
  unsettled as (
    select s.id, s.owner, s.created_at_ms from (select distinct session_id from combat_outbox) o
    join combat_sessions s on s.id = o.session_id where s.status in ('ended', 'cancelled')
    order by s.created_at_ms, s.id limit $1)
  select id, owner from (select * from live union all select * from unsettled) as unfinished
  order by created_at_ms, id`;

/** Who waited for the lock compares the owner again, with the row as it is then: PostgreSQL's READ COMMITTED does so. */
const CLAIM = `with wanted as (
    select id, owner from jsonb_to_recordset($1::text::jsonb) as wanted (id uuid, owner text)),
  locked as (
    select s.id from combat_sessions s join wanted on wanted.id = s.id and wanted.owner = s.owner
    order by s.id for no key update of s)
  update combat_sessions s set version = s.version + 1, epoch = s.epoch + 1, owner = $2, record = s.record ||
    jsonb_build_object('version', s.version + 1, 'epoch', s.epoch + 1, 'owner', $2::text)
  from locked where s.id = locked.id returning s.record`;

export async function unfinished(database: Database): Promise<Claim[]> {
  const rows = await database.query(UNFINISHED, [UNFINISHED_ROWS_MAX]);
  return rows.map((row) => ({ id: row["id"] as string, owner: row["owner"] as string }));
}

export async function claim(
  database: Database,
  { claims, newOwner }: { readonly claims: readonly Claim[]; readonly newOwner: string },
): Promise<SessionRecord[]> {
  if (claims.length === 0) return [];
  const wanted = claims.slice(0, CLAIMS_MAX).map(({ id, owner }) => ({ id, owner }));
  return (await database.query(CLAIM, [JSON.stringify(wanted), newOwner])).map(recordOf);
}

export async function notOwned(
  database: Database,
  { ids, owner }: { readonly ids: readonly string[]; readonly owner: string },
): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await database.query(
    `select asked.id from jsonb_array_elements_text($1::text::jsonb) as asked (id)
     where not exists (select from combat_sessions s where s.id = asked.id::uuid and s.owner = $2)`,
    [JSON.stringify(ids), owner],
  );
  const found = new Set(rows.map((row) => row["id"]));
  return ids.filter((id) => found.has(id));
}
