/**
 * Idempotency keys in PostgreSQL: which session was made for whom under which key.
 * In:  a key, within the transaction that creates a session.   Out: null when the key is taken now, else what it is for.
 * Law: a key names one session for 24 hours; two creations at once under one key wait for each other.
 * Not here: the session itself (sessions-sql.ts).
 */
import type { Statements } from "./database.ts";
import { IDEMPOTENCY_KEPT_MS, IDEMPOTENCY_SWEEP_ROWS } from "./limits.ts";
import { type CreateOutcome, type IdempotencyKey, type SessionRecord, StoreUnavailable } from "./session-store.ts";

type Taking = { readonly key: IdempotencyKey; readonly sessionId: string; readonly nowMs: number };

/** Takes the key for this session, or says what it was taken for. */
export async function takeKey(statements: Statements, taking: Taking): Promise<CreateOutcome | null> {
  const { key, sessionId, nowMs } = taking;
  await forget(statements, { key, beforeMs: nowMs - IDEMPOTENCY_KEPT_MS });
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
  if (row["fingerprint"] !== key.fingerprint) return { kind: "key_reused" };
  return { kind: "repeat", record: row["record"] as SessionRecord };
}

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
