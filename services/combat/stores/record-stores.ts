/**
 * Record stores: sessions, claims, outbox and recordings over one PostgreSQL, embedded or a server (database.ts).
 * In:  an open database.   Out: the four ports over it, its schema brought up to date.
 * Law: every call has a deadline, and waiting calls are counted; where the store is at fault it is StoreUnavailable.
 * Not here: the statements (*-sql.ts), the schema (migrations/), the connection (database-*.ts).
 */
import type { Clock } from "#kit/clock.ts";
import { withDeadline } from "./call-deadline.ts";
import { claim, notOwned, unfinished } from "./claims-sql.ts";
import type { Database } from "./database.ts";
import { MIGRATIONS_MS_MAX, STORE_CALL_MS_MAX, STORE_CALLS_WAITING_MAX } from "./limits.ts";
import { migrate, readMigrations } from "./migrate.ts";
import { count, pending, settle } from "./outbox-sql.ts";
import * as recordings from "./recordings-sql.ts";
import { type RecordStores, StoreUnavailable } from "./session-store.ts";
import { create, get, list, update } from "./sessions-sql.ts";

export type RecordStoresOptions = {
  readonly database: Database;
  readonly clock: Clock;
  readonly callMsMax?: number;
  readonly callsWaitingMax?: number;
};

/**
 * Migrates the database and resolves to the stores over it; closing them closes the database. Rejects with
 * SchemaUnusable when the database is of another release, with the database left open and as it was.
 */
export async function openRecordStores(options: RecordStoresOptions): Promise<RecordStores> {
  const { database, clock } = options;
  const migrations = await readMigrations();
  await withDeadline({ what: `migrations: ${database.name}`, msMax: MIGRATIONS_MS_MAX }, migrate(database, migrations));
  const guarded = guard(options);
  return {
    sessions: {
      create: (record, key, told = []) =>
        guarded("create", () => create(database, { record, key, told, nowMs: clock.unixMs() })),
      get: (id) => guarded("get", () => get(database, id)),
      list: (query) => guarded("list", () => list(database, query)),
      update: (record, told = []) => guarded("update", () => update(database, { record, told, nowMs: clock.unixMs() })),
    },
    claims: {
      unfinished: () => guarded("unfinished", () => unfinished(database)),
      claim: (claims, newOwner) => guarded("claim", () => claim(database, { claims, newOwner })),
      notOwned: (ids, owner) => guarded("notOwned", () => notOwned(database, { ids, owner })),
    },
    outbox: {
      pending: (sessionId) => guarded("pending", () => pending(database, sessionId)),
      settle: (settled) => guarded("settle", () => settle(database, settled)),
      count: () => guarded("count", () => count(database)),
    },
    recordingStore: {
      append: (parts) => guarded("append", () => recordings.append(database, parts, clock.unixMs())),
      list: (sessionId) => guarded("list of parts", () => recordings.list(database, sessionId)),
      read: (sessionId, from, bytesMax) =>
        guarded("read", () => recordings.read(database, { sessionId, from, bytesMax })),
      deleteOld: (beforeUnixMs, recordingsMax) =>
        guarded("deleteOld", () => recordings.deleteOld(database, { beforeUnixMs, recordingsMax })),
    },
    close: () => database.close(),
  };
}

/** Gives every call a deadline, counts those that wait, and says StoreUnavailable where the store is at fault. */
function guard(options: RecordStoresOptions) {
  const { name } = options.database;
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
      return await withDeadline({ what: `${what}: ${name}`, msMax }, running);
    } catch (error) {
      throw isOurMistake(error) ? error : unavailable(`${what}: ${name}`, error);
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
  return new StoreUnavailable(`${what} is away`, { cause });
}
