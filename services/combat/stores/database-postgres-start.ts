/**
 * PostgreSQL at the start: reads DATABASE_URL, looks whether the server can be used, and says what is wrong if not.
 * In:  the URL, an error of the client or the server.   Out: an address, or DatabaseUnusable naming setting, host, port.
 * Law: no message shows user or password of the URL. It is tried once: whoever starts the process starts it again.
 */
import { Client, type Pool } from "pg";
import { POSTGRES_VERSION_MIN } from "./limits.ts";

/** PostgreSQL cannot be used as DATABASE_URL says. The message tells why, and what to do. */
export class DatabaseUnusable extends Error {
  override name = "DatabaseUnusable";
}

export type DatabaseAddress = {
  readonly host: string;
  readonly port: number;
  /** The URL without user, password and options. */
  readonly shown: string;
};

/** Throws DatabaseUnusable for anything that is not postgres://[user[:password]@]host[:port]/database. */
export function readDatabaseUrl(url: string): DatabaseAddress {
  const refuse = (why: string) =>
    new DatabaseUnusable(`DATABASE_URL ${why}; it looks like postgres://user:password@host:5432/database`);
  if (!/^postgres(ql)?:\/\//.test(url)) throw refuse("is not a postgres:// or postgresql:// URL");
  let client: Client;
  try {
    client = new Client({ connectionString: url }); // What the driver makes of it, with the environment's PG… settings.
  } catch {
    throw refuse("cannot be read: percent-encode what is special in user and password"); // Its error may show them.
  }
  const { host, port } = client;
  const where = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return { host, port, shown: `postgres://[redacted]@${where}/${client.database ?? ""}` };
}

/** Rejects when the server is too old, or takes no writes. */
export async function usableServer(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ version: string; number: number; reads: boolean }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
       current_setting('transaction_read_only')::bool as reads`,
  );
  const [server] = rows;
  if (server === undefined || server.number < POSTGRES_VERSION_MIN * 10_000) {
    throw new Error(`OLD: version ${server?.version}`);
  }
  if (server.reads) throw new Error("READS: transaction_read_only is on");
}

type Explanation = { readonly sign: RegExp; readonly wrong: string; readonly remedy: string };

/** The first whose sign is in the error's code or message explains it. Codes are PostgreSQL's, then Node's. */
const EXPLANATIONS: readonly Explanation[] = [
  {
    sign: /\b28P01\b|password must be a string|password authentication/i,
    wrong: "it refuses the login",
    remedy: "correct user and password in DATABASE_URL (percent-encoded)",
  },
  {
    sign: /\b28000\b/,
    wrong: "it refuses the login",
    remedy: "correct the user in DATABASE_URL, or allow it from here in the server's pg_hba.conf",
  },
  {
    sign: /\b3D000\b/,
    wrong: "it has no such database",
    remedy: "create it (createdb), or correct the name at the end of DATABASE_URL",
  },
  {
    sign: /\b42501\b/,
    wrong: "this user may not use that database",
    remedy: "grant CONNECT on it, and CREATE on its schema public",
  },
  {
    sign: /\b53300\b/,
    wrong: "it has no connection left",
    remedy: "raise max_connections there, or run fewer instances",
  },
  {
    sign: /\b57P03\b/,
    wrong: "it is starting or stopping",
    remedy: "start again when it accepts connections",
  },
  {
    sign: /does not support SSL/,
    wrong: "it does not speak TLS",
    remedy: "take sslmode out of DATABASE_URL, or turn TLS on there",
  },
  {
    sign: /CERT|certificate|ALTNAME/i,
    wrong: "its certificate is not trusted",
    remedy: "give Node the authority with NODE_EXTRA_CA_CERTS, or sslrootcert in DATABASE_URL",
  },
  {
    sign: /^OLD/,
    wrong: `it is older than PostgreSQL ${POSTGRES_VERSION_MIN}`,
    remedy: "use a newer server",
  },
  {
    sign: /^READS/,
    wrong: "it takes no writes",
    remedy: "name the primary in DATABASE_URL, not a replica",
  },
  {
    sign: /ENOTFOUND|EAI_AGAIN/,
    wrong: "nobody knows that host",
    remedy: "correct the host, or look whether its name resolves here",
  },
  {
    sign: /ECONNREFUSED|ENOENT/,
    wrong: "nothing listens there",
    remedy: "start PostgreSQL, or correct host and port",
  },
  {
    sign: /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|time(d )?out/i,
    wrong: "it does not answer",
    remedy: "look whether it runs and is reachable from here",
  },
];

/** What stopped the start, for whoever reads its log. */
export function explainDatabase({ host, port, shown }: DatabaseAddress, error: unknown): DatabaseUnusable {
  const told = textOf(error);
  const found = EXPLANATIONS.find(({ sign }) => sign.test(told));
  const where = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const wrong = found?.wrong ?? "the connection fails";
  const remedy = found?.remedy ?? "look into the log of that server";
  return new DatabaseUnusable(`DATABASE_URL ${shown}: PostgreSQL at ${where}: ${wrong} (${told}); ${remedy}`, {
    cause: error,
  });
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  return [error.message, code].filter((part) => part !== "").join(" "); // No message: all of a host's addresses failed.
}
