/**
 * Redis at the start: reads REDIS_URL, looks whether the server can be used, and says what is wrong if not.
 * In:  the URL, an error of the client or the server.   Out: an address, or RedisUnusable naming setting, host and port.
 * Law: no message shows the password.
 */
import type { Redis } from "ioredis";

/** Redis cannot be used as REDIS_URL says. The message tells why, and what to do. */
export class RedisUnusable extends Error {
  override name = "RedisUnusable";
}

export type RedisAddress = {
  readonly host: string;
  readonly port: number;
  readonly username: string | null;
  readonly password: string | null;
  readonly db: number;
  readonly tls: boolean;
  /** The URL without its password. */
  readonly shown: string;
};

/** Throws RedisUnusable for anything that is not redis://[user:password@]host[:port][/number], or rediss://. */
export function readRedisUrl(url: string): RedisAddress {
  const refuse = (why: string) =>
    new RedisUnusable(`REDIS_URL ${why}; it looks like redis://user:password@host:6379/0, or rediss:// for TLS`);
  const parsed = URL.parse(url);
  if (parsed === null) throw refuse("is not a URL");
  if (parsed.protocol !== "redis:" && parsed.protocol !== "rediss:") throw refuse("is not a redis:// or rediss:// URL");
  if (parsed.hostname === "") throw refuse("names no host");
  if (parsed.search !== "" || parsed.hash !== "") throw refuse("has a part behind ? or #, which means nothing here");
  const db = /^\/?(\d{0,4})$/.exec(parsed.pathname)?.[1];
  if (db === undefined) throw refuse("has a path that is not the number of a database");
  const user = parsed.username === "" ? "" : parsed.username;
  const secret = parsed.password === "" ? "" : ":[redacted]";
  const port = parsed.port === "" ? 6379 : Number(parsed.port);
  try {
    return {
      host: parsed.hostname.replace(/^\[|\]$/g, ""), // IPv6 stands in brackets in a URL, and without in a socket.
      port,
      username: parsed.username === "" ? null : decodeURIComponent(parsed.username),
      password: parsed.password === "" ? null : decodeURIComponent(parsed.password),
      db: Number(db),
      tls: parsed.protocol === "rediss:",
      shown: `${parsed.protocol}//${user}${secret}${user + secret === "" ? "" : "@"}${parsed.hostname}:${port}/${Number(db)}`,
    };
  } catch {
    throw refuse("has a user or password with a % that is not percent-encoding");
  }
}

const VERSION_MIN = { major: 6, minor: 2 } as const; // XTRIM MINID came with it.

/**
 * Rejects when the server is too old, or a replica that takes no writes. Resolves to what is not as it should be; `keeps`:
 * for a caller whose data must outlive the server's process.
 */
export async function usableServer(redis: Redis, { keeps }: { readonly keeps: boolean }): Promise<string[]> {
  const [server, replication, memory, persistence] = await Promise.all([
    redis.info("server"),
    redis.info("replication"),
    redis.info("memory"),
    redis.info("persistence"),
  ]);
  const version = /^redis_version:(\d+)\.(\d+)\S*/m.exec(server);
  if (version !== null) {
    const [shown, major, minor] = [version[0].slice("redis_version:".length), Number(version[1]), Number(version[2])];
    const old = major < VERSION_MIN.major || (major === VERSION_MIN.major && minor < VERSION_MIN.minor);
    if (old) throw new Error(`OLD ${shown}`);
  }
  if (/^role:slave/m.test(replication) && /^slave_read_only:1/m.test(replication)) throw new Error("READONLY");
  const evicts = /^maxmemory:[1-9]/m.test(memory) && /^maxmemory_policy:allkeys/m.test(memory);
  const cautions: string[] = [];
  if (evicts) cautions.push("a full Redis would evict what is alive; set its maxmemory-policy to noeviction");
  if (keeps && /^aof_enabled:0/m.test(persistence)) {
    cautions.push("after a crash Redis would come back with less than it answered for; set its appendonly to yes");
  }
  return cautions;
}

type Explanation = {
  readonly sign: RegExp;
  readonly wrong: string;
  readonly remedy: string;
  /** Waiting does not help. */
  readonly final: boolean;
};

/** The first whose sign is in the error's code or message explains it. */
const EXPLANATIONS: readonly Explanation[] = [
  {
    sign: /WRONGPASS|invalid password|invalid username/,
    wrong: "it refuses the user or password",
    remedy: "correct them in REDIS_URL (percent-encoded)",
    final: true,
  },
  {
    sign: /NOAUTH|without any password configured/,
    wrong: "it asks for a password, and REDIS_URL has none",
    remedy: "write redis://:password@host:port",
    final: true,
  },
  {
    sign: /NOPERM/,
    wrong: "its user may not run what is needed",
    remedy: "allow INFO, scripts, hashes, streams and expiry for that user",
    final: true,
  },
  {
    sign: /DENIED/,
    wrong: "it is in protected mode and takes local connections alone",
    remedy: "set a password there, or bind it for this network",
    final: true,
  },
  {
    sign: /DB index/,
    wrong: "it has no database of that number",
    remedy: "use a smaller number behind the / in REDIS_URL",
    final: true,
  },
  {
    sign: /CERT|self.signed|certificate|ALTNAME/i,
    wrong: "its certificate is not trusted",
    remedy: "give Node the authority with NODE_EXTRA_CA_CERTS",
    final: true,
  },
  {
    sign: /EPROTO|SSL|wrong version number/i,
    wrong: "it does not speak TLS on that port",
    remedy: "use redis:// or the TLS port",
    final: true,
  },
  {
    sign: /^OLD /,
    wrong: "it is older than 6.2",
    remedy: "use Redis 6.2 or newer, or Valkey",
    final: true,
  },
  {
    sign: /READONLY/,
    wrong: "it is a replica, which takes no writes",
    remedy: "name the primary in REDIS_URL",
    final: true,
  },
  {
    sign: /LOADING/,
    wrong: "it is still loading its data",
    remedy: "wait until it has, then start again",
    final: false,
  },
  {
    sign: /max number of clients/,
    wrong: "it has no connection left",
    remedy: "raise maxclients there or close other clients",
    final: false,
  },
  {
    sign: /ENOTFOUND|EAI_AGAIN/,
    wrong: "nobody knows that host",
    remedy: "correct the host, or look whether its name resolves here",
    final: false,
  },
  {
    sign: /ECONNREFUSED/,
    wrong: "nothing listens there",
    remedy: "start Redis, or correct host and port",
    final: false,
  },
  {
    sign: /ETIMEDOUT|timed out|timeout|EHOSTUNREACH|ENETUNREACH/i,
    wrong: "it does not answer",
    remedy: "look whether it runs, is reachable from here, and does not expect TLS (rediss://)",
    final: false,
  },
];

function explanationOf(error: unknown): Explanation | undefined {
  const told = textOf(error);
  return EXPLANATIONS.find(({ sign }) => sign.test(told));
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  return error.message.includes(code) ? error.message : `${error.message} ${code}`;
}

/** Whether the error says why; others only follow from an earlier one. */
export function isTelling(error: unknown): boolean {
  return explanationOf(error) !== undefined;
}

export function isFinal(error: unknown): boolean {
  return explanationOf(error)?.final ?? false;
}

/** What stopped the start, for whoever reads its log. */
export function explainRedis({ host, port, shown }: RedisAddress, error: unknown): RedisUnusable {
  const found = explanationOf(error);
  const where = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const wrong = found?.wrong ?? "the connection fails";
  const remedy = found?.remedy ?? "look into the log of that server";
  return new RedisUnusable(`REDIS_URL ${shown}: Redis at ${where}: ${wrong} (${textOf(error)}); ${remedy}`, {
    cause: error,
  });
}
