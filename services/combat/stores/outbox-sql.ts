/**
 * Outbox in PostgreSQL: what records told and nobody has published for certain.
 * In:  sessions, versions.   Out: rows of combat_outbox, read or deleted; they are written by sessions-sql.ts.
 * Law: rows of one session come in order, and those of one version together.
 * Not here: publishing (events/).
 */
import type { EventBody } from "../session/session-events.ts";
import type { Database } from "./database.ts";
import { OUTBOX_PENDING_ROWS_MAX } from "./limits.ts";
import type { OutboxRow } from "./session-store.ts";

/** With ties, so that no version is cut: who settles one must have seen all of it. */
const PENDING = `select version, body, written_at_ms from (
    select version, position, body, written_at_ms from combat_outbox where session_id = $1
    order by version fetch first ($2) rows with ties) as first_rows
  order by version, position`;

/** Locked in order before they are deleted, so that two who settle the same sessions never wait for each other. */
const SETTLE = `delete from combat_outbox where (session_id, version, position) in (
    select o.session_id, o.version, o.position
    from jsonb_to_recordset($1::text::jsonb) as settled ("sessionId" uuid, version integer)
    join combat_outbox o on o.session_id = settled."sessionId" and o.version <= settled.version
    order by o.session_id, o.version, o.position for update of o)`;

export async function pending(database: Database, sessionId: string): Promise<OutboxRow[]> {
  const rows = await database.query(PENDING, [sessionId, OUTBOX_PENDING_ROWS_MAX]);
  return rows.map((row) => ({
    version: row["version"] as number,
    body: row["body"] as EventBody,
    writtenAtMs: row["written_at_ms"] as number,
  }));
}

export async function settle(
  database: Database,
  settled: readonly { readonly sessionId: string; readonly version: number }[],
): Promise<void> {
  if (settled.length === 0) return;
  const rows = settled.map(({ sessionId, version }) => ({ sessionId, version }));
  await database.query(SETTLE, [JSON.stringify(rows)]);
}

export async function count(database: Database): Promise<number> {
  const [row] = await database.query("select count(*) as rows from combat_outbox", []);
  return row?.["rows"] as number;
}
