/**
 * A PostgreSQL server, over a pool of connections.
 * In:  DATABASE_URL.   Out: a Database; or DatabaseUnusable at once when the server cannot be used at the start.
 * Law: no statement waits for ever: the server calls a slow one off, and without an answer the connection is
 *      destroyed. A client goes back to the pool only if the server is known to be done with what it was asked.
 *      A connection that breaks is told to the log and to whoever waits on it, and ends nothing else.
 * Not here: what went wrong at the start (database-postgres-start.ts), the deadline of a call (record-stores.ts).
 */
import { DatabaseError, Pool, type PoolClient, type PoolConfig, type QueryConfig, type QueryResult, types } from "pg";
import { assert } from "#kit/assert.ts";
import type { Log } from "#kit/log.ts";
import type { Database, Parameter, Row, Statements } from "./database.ts";
import { explainDatabase, readDatabaseUrl, usableServer } from "./database-postgres-start.ts";
import {
  MIGRATIONS_MS_MAX,
  POSTGRES_ANSWER_MS_MAX,
  POSTGRES_CLIENTS_MAX,
  POSTGRES_CONNECT_MS_MAX,
  POSTGRES_IDLE_MS_MAX,
  POSTGRES_KEEP_ALIVE_MS,
  POSTGRES_STATEMENT_MS_MAX,
} from "./limits.ts";

export type PostgresOptions = {
  readonly url: string;
  readonly log: Log;
  /** As the server's views show it. */
  readonly applicationName?: string;
  readonly clientsMax?: number;
  readonly connectMsMax?: number;
  readonly statementMsMax?: number;
  readonly answerMsMax?: number;
};

export type PostgresDatabase = Database & {
  /** Connections there are, those without work, and calls that wait for one. */
  clients(): { readonly open: number; readonly idle: number; readonly waiting: number };
};

export async function openPostgresDatabase(options: PostgresOptions): Promise<PostgresDatabase> {
  const { url, log } = options;
  const address = readDatabaseUrl(url);
  const pool = new Pool(poolConfig(options));
  pool.on("connect", (client) => {
    client.on("error", ({ message }) => log.warn({ reason: message }, "a database connection broke"));
  });
  pool.on("error", () => {}); // Of idle clients, whose own listener above has told it; without one here the process ends.
  try {
    await usableServer(pool);
  } catch (error) {
    await pool.end();
    throw explainDatabase(address, error);
  }
  return databaseOver(pool, `DATABASE_URL ${address.shown}`);
}

function poolConfig(options: PostgresOptions): PoolConfig {
  const answerMsMax = options.answerMsMax ?? POSTGRES_ANSWER_MS_MAX;
  return {
    connectionString: options.url,
    application_name: options.applicationName ?? "necpgame-combat",
    max: options.clientsMax ?? POSTGRES_CLIENTS_MAX,
    connectionTimeoutMillis: options.connectMsMax ?? POSTGRES_CONNECT_MS_MAX,
    statement_timeout: options.statementMsMax ?? POSTGRES_STATEMENT_MS_MAX,
    query_timeout: answerMsMax,
    // A transaction whose client stands still must not keep its rows locked from everyone else.
    idle_in_transaction_session_timeout: answerMsMax,
    idleTimeoutMillis: POSTGRES_IDLE_MS_MAX,
    keepAlive: true,
    keepAliveInitialDelayMillis: POSTGRES_KEEP_ALIVE_MS,
    types: { getTypeParser: parserOf },
  };
}

const parserOf: typeof types.getTypeParser = (oid: number, format?: "text" | "binary") =>
  oid === types.builtins.INT8 ? integerOf : types.getTypeParser(oid, format as "text");

function integerOf(text: string): number {
  const integer = Number(text);
  if (!Number.isSafeInteger(integer)) throw new RangeError(`${text} is beyond the integers that a number can be`);
  return integer;
}

function databaseOver(pool: Pool, name: string): PostgresDatabase {
  let closing: Promise<void> | null = null;
  return {
    name,
    query: (sql, parameters) => lend(pool, (loan) => loan.query(sql, parameters)),
    script: (sql) => lend(pool, (loan) => loan.script(sql)),
    transaction: (run) => lend(pool, (loan) => transact(loan, run)),
    clients: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close() {
      closing ??= pool.end(); // Waits for statements that run; each of them has its own end.
      return closing;
    },
  };
}

/** Lends a client; takes it back, or destroys it when nobody knows what its connection is at. */
async function lend<T>(pool: Pool, use: (loan: Loan) => Promise<T>): Promise<T> {
  const loan = new Loan(await pool.connect());
  try {
    return await use(loan);
  } finally {
    loan.end();
  }
}

async function transact<T>(loan: Loan, run: (statements: Statements) => Promise<T>): Promise<T> {
  await loan.query("begin", []);
  let result: T;
  try {
    result = await run(loan);
  } catch (error) {
    await loan.rollBack();
    throw error;
  }
  await loan.commit();
  return result;
}

/** A client in use. */
class Loan implements Statements {
  private readonly client: PoolClient;
  private broken = false;
  private over = false;

  constructor(client: PoolClient) {
    this.client = client;
  }

  async query(sql: string, parameters: readonly Parameter[]): Promise<Row[]> {
    return (await this.ask({ text: sql, values: [...parameters] })).rows;
  }

  async script(sql: string): Promise<void> {
    await this.ask({ text: sql, query_timeout: MIGRATIONS_MS_MAX });
  }

  /** PostgreSQL answers a commit after a failed statement with a rollback, and does not call it an error. */
  async commit(): Promise<void> {
    const { command } = await this.ask({ text: "commit" });
    if (command !== "COMMIT") throw new Error("the transaction was rolled back: a statement in it had failed");
  }

  /** Where the connection is lost, the server rolls back by itself. */
  async rollBack(): Promise<void> {
    if (this.broken) return;
    try {
      await this.ask({ text: "rollback" });
    } catch {
      this.broken = true; // Then the client is destroyed; the error that led here says more than this one.
    }
  }

  end(): void {
    this.over = true;
    this.client.release(this.broken || this.client.getTransactionStatus() !== "I");
  }

  private async ask(statement: QueryConfig & { query_timeout?: number }): Promise<QueryResult<Row>> {
    assert(!this.over, "no statement after its transaction");
    try {
      return await this.client.query<Row>(statement);
    } catch (error) {
      if (!isAnswer(error)) this.broken = true;
      throw error;
    }
  }
}

/** Whether the server answered with this error and goes on serving the connection. */
function isAnswer(error: unknown): boolean {
  return error instanceof DatabaseError && !/^(08|57P|58|XX)/.test(error.code ?? "XX");
}
