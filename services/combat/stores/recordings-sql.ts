/**
 * Recordings in PostgreSQL: parts of recordings, as bytes.
 * In:  parts with their heads.   Out: rows of session_recordings.
 * Law: a part is written once and never changed; recordings go as a whole.
 * Not here: what is in a part (recording-codec.ts), the schema (migrations/).
 */
import type { RecordingEnd } from "../sim/recorder.ts";
import type { Database, Row } from "./database.ts";
import { RECORDING_PARTS_LISTED_MAX } from "./limits.ts";
import type { PartHead, RecordingStore, StoredPart } from "./recording-store.ts";

/** Bytes travel as base64: statements take texts and numbers. */
const APPEND = `insert into session_recordings (session_id, epoch, part, first_tick, last_tick, ending, content,
    content_bytes, written_at_ms)
  select p."sessionId", p.epoch, p.number, p."firstTick", p."lastTick", p."end", decode(p.content, 'base64'), p.bytes, $2
  from jsonb_to_recordset($1::text::jsonb) as p("sessionId" uuid, epoch integer, number integer, "firstTick" integer,
    "lastTick" integer, "end" text, content text, bytes integer)
  on conflict (session_id, epoch, part) do nothing`;

const HEADS = `select epoch, part, first_tick, last_tick, ending, content_bytes from session_recordings
  where session_id = $1 order by epoch, part limit $2`;

/** Sizes are summed up before any content is fetched. */
const READ = `select epoch, part, first_tick, last_tick, ending, encode(content, 'base64') as content from (
    select *, sum(content_bytes) over (order by epoch, part) - content_bytes as bytes_before from session_recordings
    where session_id = $1 and (epoch, part) >= ($2::integer, $3::integer)) as following
  where bytes_before < $4 order by epoch, part`;

const DELETE_OLD = `with old as (
    select session_id, max(written_at_ms) as newest from session_recordings o
    where written_at_ms < $1
      and not exists (select from session_recordings n where n.session_id = o.session_id and n.written_at_ms >= $1)
    group by session_id order by newest limit $2),
  gone as (delete from session_recordings where session_id in (select session_id from old) returning session_id)
  select count(distinct session_id)::integer as recordings from gone`;

export async function append(database: Database, parts: readonly StoredPart[], nowMs: number): Promise<void> {
  if (parts.length === 0) return;
  const rows = parts.map(({ content, ...head }) => {
    return { ...head, content: Buffer.from(content).toString("base64"), bytes: content.length };
  });
  await database.query(APPEND, [JSON.stringify(rows), nowMs]);
}

export async function list(database: Database, sessionId: string): ReturnType<RecordingStore["list"]> {
  const rows = await database.query(HEADS, [sessionId, RECORDING_PARTS_LISTED_MAX]);
  const bytes = rows.reduce((sum, row) => sum + (row["content_bytes"] as number), 0);
  return { parts: rows.map(headOf), bytes };
}

export async function read(
  database: Database,
  { sessionId, from, bytesMax }: { sessionId: string; from: { epoch: number; number: number }; bytesMax: number },
): Promise<StoredPart[]> {
  const rows = await database.query(READ, [sessionId, from.epoch, from.number, bytesMax]);
  return rows.map((row) => {
    return { ...headOf(row), sessionId, content: Buffer.from(row["content"] as string, "base64") };
  });
}

export async function deleteOld(
  database: Database,
  { beforeUnixMs, recordingsMax }: { beforeUnixMs: number; recordingsMax: number },
): Promise<number> {
  const [row] = await database.query(DELETE_OLD, [beforeUnixMs, recordingsMax]);
  return row?.["recordings"] as number;
}

function headOf(row: Row): PartHead {
  return {
    epoch: row["epoch"] as number,
    number: row["part"] as number,
    firstTick: row["first_tick"] as number,
    lastTick: row["last_tick"] as number,
    end: row["ending"] as RecordingEnd | null,
  };
}
