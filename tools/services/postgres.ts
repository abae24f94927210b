/**
 * PostgreSQL: the newest that Debian's packages have put on this machine, on the loopback address, open to all there.
 * Law: fsync stays on: what it commits survives kill -9. Root runs it as the user `postgres`, since it refuses root.
 */
import { access, chown, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { PING_MS_MAX } from "./limits.ts";
import { HOST } from "./ports.ts";
import type { User } from "./processes.ts";
import { run } from "./run.ts";
import { dataOf, NotInstalled, type Place, type Recipe, withinPing } from "./server.ts";

const VERSIONS = "/usr/lib/postgresql";
const DATABASE = "necpgame";
const CONNECTIONS_MAX = 200;

const url = ({ ports: [port] }: Place) => `postgres://postgres@${HOST}:${port}/${DATABASE}`;

export const postgres: Recipe = {
  kind: "postgres",
  portCount: 1,
  setting: "DATABASE_URL",
  stopSignal: "SIGINT", // Ends the connections and writes a checkpoint; SIGTERM would wait for clients.
  find: async () => {
    await binaries();
    await serverUser();
  },
  create,
  async command(place) {
    const settings = {
      listen_addresses: HOST,
      port: place.ports[0],
      unix_socket_directories: "",
      max_connections: CONNECTIONS_MAX,
      fsync: "on",
      log_line_prefix: "%m [%p] %d ",
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    return {
      program: join(await binaries(), "postgres"),
      args: ["-D", dataOf(place), ...args],
      user: await serverUser(),
    };
  },
  async ping(place) {
    const client = new Client({
      connectionString: url(place),
      connectionTimeoutMillis: PING_MS_MAX,
      query_timeout: PING_MS_MAX,
    });
    let lost: Error | null = null;
    client.on("error", (error) => {
      lost = error;
    });
    await client.connect();
    await client.query("select 1").finally(() => withinPing("postgres", client.end()));
    if (lost !== null) throw lost;
  },
  url,
};

async function create(place: Place, signal: AbortSignal): Promise<void> {
  const user = await serverUser();
  const folder = dataOf(place);
  await mkdir(folder, { mode: 0o700 });
  if (user) await chown(folder, user.uid, user.gid);
  const options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"];
  await run({ program: join(await binaries(), "initdb"), args: [...options, "-D", folder], user }, { signal });
  const alone = { program: join(await binaries(), "postgres"), args: ["--single", "-D", folder, "postgres"], user };
  await run(alone, { input: `create database ${DATABASE};\n`, signal });
}

async function binaries(): Promise<string> {
  const versions = await readdir(VERSIONS).catch(() => []); // No folder: no version.
  for (const version of versions.toSorted((one, other) => Number(other) - Number(one))) {
    const folder = join(VERSIONS, version, "bin");
    if (await isThere(join(folder, "postgres"))) return folder;
  }
  throw new NotInstalled("PostgreSQL is not installed", ["postgresql"]);
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function serverUser(): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const row = /^postgres:[^:]*:(\d+):(\d+):/m.exec(await readFile("/etc/passwd", "utf8"));
  if (row === null) throw new NotInstalled("there is no user postgres to run PostgreSQL as", ["postgresql"]);
  return { uid: Number(row[1]), gid: Number(row[2]) };
}
