/** A PostgreSQL server as Database: values as the port says, transactions, and a start that cannot be says why. */
import { readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPostgresDatabase, type PostgresDatabase } from "#combat/stores/database-postgres.ts";
import { DatabaseUnusable } from "#combat/stores/database-postgres-start.ts";
import { silentLog } from "#kit/log.ts";
import { type PrivateServer, startPrivateServer } from "#support/servers.ts";

const SECRET = "s3cret-p4ss";

let server: PrivateServer;
let database: PostgresDatabase;

beforeAll(async () => {
  server = await startPrivateServer("postgres");
  const first = await openPostgresDatabase({ url: server.url, log: silentLog });
  await first.script(`create role locked login password '${SECRET}'; create role barred login;
    create role crowded login connection limit 0; create role reader login;
    alter role reader set default_transaction_read_only = on`);
  const [setting] = await first.query("select current_setting('hba_file') as path", []);
  await first.close();
  const path = setting?.["path"] as string;
  const rules = "host all locked all scram-sha-256\nhost all barred all reject\n"; // The first that fits counts.
  await writeFile(path, rules + (await readFile(path, "utf8")));
  await server.restart();
  database = await openPostgresDatabase({ url: server.url, log: silentLog, applicationName: "under-test" });
});
afterAll(async () => {
  await database?.close();
  await server?.stop();
});

describe("values and transactions", () => {
  test("integers to 2^53, jsonb, booleans and null come back plain, uuid and text as strings", async () => {
    const [row] = await database.query(
      `select 9007199254740991::bigint as big, -5::bigint as small, 7::int as int, count(*) as rows,
         $1::text::jsonb as json, $2::uuid as uuid, $3::text as text, $4::boolean as yes, $5::bigint as parameter,
         null as nothing from generate_series(1, 3)`,
      [JSON.stringify({ a: [1, "ä🗝", null] }), "11111111-1111-4111-8111-111111111111", "it's", true, 1_750_000_000_123],
    );
    expect(row).toEqual({
      big: Number.MAX_SAFE_INTEGER,
      small: -5,
      int: 7,
      rows: 3,
      json: { a: [1, "ä🗝", null] },
      uuid: "11111111-1111-4111-8111-111111111111",
      text: "it's",
      yes: true,
      parameter: 1_750_000_000_123,
      nothing: null,
    });
  });

  test("an integer that no number can hold is refused, not rounded", async () => {
    await expect(database.query("select 9007199254740993::bigint as big", [])).rejects.toThrow(/9007199254740993/);
    expect(await database.query("select 1 as one", [])).toEqual([{ one: 1 }]);
  });

  test("errors keep PostgreSQL's code, and the connection", async () => {
    const backend = () => database.query("select pg_backend_pid() as pid", []);
    const before = await backend();
    await expect(database.query("select nonsense", [])).rejects.toMatchObject({ code: "42703" });
    expect(await backend()).toEqual(before);
  });

  test("a transaction whose run rejects leaves nothing, and the next one goes on", async () => {
    await database.script("create table changes (a integer)");
    const failing = database.transaction(async (statements) => {
      await statements.query("insert into changes values ($1)", [1]);
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    await database.transaction((statements) => statements.query("insert into changes values ($1)", [2]));
    expect(await database.query("select a from changes", [])).toEqual([{ a: 2 }]);
  });

  test("a transaction that goes on after a failed statement rejects: it was not committed", async () => {
    await database.script("create table failed (a integer)");
    const hushed = database.transaction(async (statements) => {
      await statements.query("insert into failed values ($1)", [1]);
      await statements.query("select nonsense", []).catch(() => {});
    });
    await expect(hushed).rejects.toThrow(/rolled back/);
    expect(await database.query("select a from failed", [])).toEqual([]);
  });

  test("a transaction that breaks a rule only at its end rejects with its code", async () => {
    await database.script(`create table parent (id integer primary key);
      create table child (id integer references parent (id) deferrable initially deferred)`);
    const orphan = database.transaction((statements) => statements.query("insert into child values ($1)", [1]));
    await expect(orphan).rejects.toMatchObject({ code: "23503" });
    expect(await database.query("select id from child", [])).toEqual([]);
  });

  test("a statement after its transaction is refused", async () => {
    const leaked = await database.transaction(async (statements) => statements);
    await expect(leaked.query("select 1", [])).rejects.toThrow(/after its transaction/);
  });

  test("the server is told who asks, and how long it may take", async () => {
    const settings = ["application_name", "statement_timeout", "idle_in_transaction_session_timeout"];
    const shown = await database.query(
      "select name, setting from pg_settings where name = any (string_to_array($1, ',')) order by name",
      [settings.join(",")],
    );
    expect(shown).toEqual([
      { name: "application_name", setting: "under-test" },
      { name: "idle_in_transaction_session_timeout", setting: "5000" },
      { name: "statement_timeout", setting: "4000" },
    ]);
  });
});

describe("a start that cannot be names DATABASE_URL, host and port, what is wrong and what to do", () => {
  type Wrong = readonly [what: string, change: (url: URL) => void, wrong: RegExp, remedy: RegExp];
  const as = (username: string, password = SECRET) => {
    return (url: URL) => Object.assign(url, { username, password });
  };
  const rows: readonly Wrong[] = [
    [
      "nobody listens",
      (url) => Object.assign(url, { port: "1" }),
      /nothing listens there.*ECONNREFUSED/,
      /start Postgre/,
    ],
    [
      "no such host",
      (url) => Object.assign(url, { host: "no.invalid:5" }),
      /nobody knows that host/,
      /correct the host/,
    ],
    ["a wrong password", as("locked", `${SECRET}x`), /refuses the login.*28P01/, /password in DATABASE_URL/],
    ["no password", as("locked", ""), /refuses the login/, /password in DATABASE_URL/],
    ["a user that is barred", as("barred"), /refuses the login.*28000/, /pg_hba/],
    ["an unknown user", as("nobody"), /refuses the login.*28000/, /correct the user/],
    ["no such database", (url) => Object.assign(url, { pathname: "/nowhere" }), /no such database.*3D000/, /create it/],
    ["no connection left", as("crowded"), /no connection left.*53300/, /max_connections/],
    ["a server that takes no writes", as("reader"), /takes no writes/, /primary/],
    ["TLS where there is none", (url) => url.searchParams.set("sslmode", "require"), /does not speak TLS/, /sslmode/],
  ];
  test.each(rows)("%s", async (_what, change, wrong, remedy) => {
    const url = new URL(server.url);
    url.password = SECRET;
    change(url);
    const error = await openPostgresDatabase({ url: url.href, log: silentLog }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(DatabaseUnusable);
    const { message } = error as Error;
    expect(message).toContain("DATABASE_URL");
    expect(message).toContain(`PostgreSQL at ${url.host}`);
    expect(message).toMatch(wrong);
    expect(message).toMatch(remedy);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET);
  });

  const unreadable: readonly [what: string, url: string, wrong: RegExp][] = [
    ["nothing", "", /is not a postgres/],
    ["another scheme", `mysql://user:${SECRET}@localhost/db`, /is not a postgres/],
    ["a percent that encodes nothing", `postgres://user:%ff${SECRET}@localhost/db`, /percent-encode/],
    ["a port that is no port", `postgres://user:${SECRET}@localhost:99999/db`, /cannot be read/],
  ];
  test.each(unreadable)("a URL with %s", async (_what, url, wrong) => {
    const error = await openPostgresDatabase({ url, log: silentLog }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(DatabaseUnusable);
    expect((error as Error).message).toMatch(wrong);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET);
  });

  test("a server that takes the connection and says nothing", async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    const url = `postgres://user:${SECRET}@127.0.0.1:${port}/db`;
    const refused = openPostgresDatabase({ url, log: silentLog, connectMsMax: 200 });
    await expect(refused).rejects.toThrow(new RegExp(`127.0.0.1:${port}: it does not answer.*reachable`));
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  test("several instances' failed starts leave no connection on the server", async () => {
    const url = new URL(server.url);
    url.username = "reader";
    const starts = Array.from({ length: 5 }, () => openPostgresDatabase({ url: url.href, log: silentLog }));
    expect((await Promise.allSettled(starts)).every(({ status }) => status === "rejected")).toBe(true);
    await expect
      .poll(() => database.query("select count(*) as n from pg_stat_activity where usename = 'reader'", []))
      .toEqual([{ n: 0 }]);
  });
});
