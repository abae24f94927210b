/** The servers' tools, as far as no server is needed: command line, state file, list of jars, address of Maven Central. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fetchJars, jarFolder, KAFKA_JARS, KAFKA_VERSION } from "#tools/services/jars.ts";
import { JAR_BYTES_MAX, PORT_MAX, PORT_MIN } from "#tools/services/limits.ts";
import { withLock } from "#tools/services/lock.ts";
import { mavenCentralUrl, mirrorOfCentral, PUBLIC_URL } from "#tools/services/maven-central.ts";
import { HELP, readOrder } from "#tools/services/options.ts";
import { freePorts, isFree } from "#tools/services/ports.ts";
import { isAlive, killTree, launch, ownId, stopTree, treeOf } from "#tools/services/processes.ts";
import { parseState, readState, removeState, type State, writeState } from "#tools/services/state.ts";

const STATE: State = { engine: "native", ports: { postgres: [20_001], redis: [20_002], kafka: [20_003, 20_004] } };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "services-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("command line", () => {
  test.each([
    { line: "up", order: { action: "up", install: false, native: false } },
    { line: "up --install --native", order: { action: "up", install: true, native: true } },
    { line: "--install up", order: { action: "up", install: true, native: false } },
    { line: "down", order: { action: "down", install: false, native: false } },
    { line: "status", order: { action: "status", install: false, native: false } },
  ])("$line", ({ line, order }) => {
    expect(readOrder(line.split(" "))).toEqual({ kind: "order", order });
  });

  test.each([
    { line: "", why: /nothing is not one of up, down, status/ },
    { line: "start", why: /start is not one of up, down, status/ },
    { line: "up down", why: /up down is not one of/ },
    { line: "down --install", why: /for up/ },
    { line: "up --fast", why: /--fast/ },
  ])("refused: '$line'", ({ line, why }) => {
    expect(readOrder(line.split(" ").filter(Boolean))).toEqual({ kind: "wrong", why: expect.stringMatching(why) });
  });

  test("--help is printed by the command itself and names every action", () => {
    const { stdout, status } = spawnSync(process.execPath, ["tools/services.ts", "--help"], { encoding: "utf8" });
    expect(stdout).toBe(HELP);
    expect(status).toBe(0);
    for (const action of ["up", "down", "status"]) expect(HELP).toContain(`npm run services -- ${action}`);
  });

  test("status of nothing says so, with exit code 1 and no environment", () => {
    const env = { ...process.env, SERVICES_DIR: join(folder, "none") };
    const done = spawnSync(process.execPath, ["tools/services.ts", "status"], { encoding: "utf8", env });
    expect(done.stdout).toMatch(/^# nothing runs/);
    expect(done.stdout).not.toContain("export");
    expect(done.status).toBe(1);
  });
});

describe("state file", () => {
  test("what was written is read; what was removed is not", async () => {
    expect(await readState(folder)).toBeNull();
    await writeState(folder, STATE);
    expect(await readState(folder)).toEqual(STATE);
    await removeState(folder);
    expect(await readState(folder)).toBeNull();
  });

  test("removing takes the servers' folders and nothing else", async () => {
    await writeState(folder, STATE);
    await mkdir(join(folder, "redis"));
    await writeFile(join(folder, "a letter"), "");
    await removeState(folder);
    expect(await readdir(folder)).toEqual(["a letter"]);
  });

  test("a folder it makes can be passed through by PostgreSQL's user, whatever the umask", async () => {
    const before = process.umask(0o077);
    try {
      await writeState(join(folder, "made"), STATE);
    } finally {
      process.umask(before);
    }
    expect((await stat(join(folder, "made"))).mode & 0o777).toBe(0o755);
    await chmod(folder, 0o700);
    await writeState(folder, STATE);
    expect((await stat(folder)).mode & 0o777, "one that was there is left as it is").toBe(0o700);
  });

  test.each([
    { name: "no JSON", text: "{" },
    { name: "null", text: "null" },
    { name: "another engine", text: JSON.stringify({ ...STATE, engine: "podman" }) },
    { name: "a server without port", text: JSON.stringify({ ...STATE, ports: { ...STATE.ports, redis: [] } }) },
    { name: "a server missing", text: JSON.stringify({ ...STATE, ports: { redis: [1] } }) },
    { name: "no number", text: JSON.stringify({ ...STATE, ports: { ...STATE.ports, redis: ["1"] } }) },
    { name: "past the last port", text: JSON.stringify({ ...STATE, ports: { ...STATE.ports, redis: [65_536] } }) },
  ])("refused, naming the file: $name", async ({ text }) => {
    expect(parseState(text)).toBeNull();
    await writeFile(join(folder, "state.json"), text);
    await expect(readState(folder)).rejects.toThrow(/state\.json.*remove/);
  });
});

describe("lock", () => {
  test("a second command is refused while the first is at work, and not after", async () => {
    await withLock(folder, async () => {
      await expect(withLock(folder, async () => "in")).rejects.toThrow(`pid ${process.pid}`);
    });
    expect(await withLock(folder, async () => "in")).toBe("in");
  });

  test.each([
    { name: "of a process that is gone", text: JSON.stringify({ pid: process.pid, startedTicks: "1" }) },
    { name: "cut short", text: '{"pi' },
  ])("a lock $name is nobody's", async ({ text }) => {
    await writeFile(join(folder, "lock"), text);
    expect(await withLock(folder, async () => "in")).toBe("in");
  });
});

describe("list of jars", () => {
  test("every row can be fetched and checked; no two jars have one name", () => {
    expect(KAFKA_VERSION).toMatch(/^4\.\d+\.\d+$/);
    for (const jar of KAFKA_JARS) {
      expect(jar.path).toMatch(/^[\w./-]+\.jar$/);
      expect(jar.sha256, jar.path).toMatch(/^[0-9a-f]{64}$/);
      expect(jar.bytes, jar.path).toBeLessThanOrEqual(JAR_BYTES_MAX);
    }
    expect(new Set(KAFKA_JARS.map(({ path }) => basename(path))).size).toBe(KAFKA_JARS.length);
  });

  test("holds Kafka itself, in the version that the list names, and what it logs through", () => {
    const paths = KAFKA_JARS.map(({ path }) => path);
    expect(paths).toContain(`org/apache/kafka/kafka_2.13/${KAFKA_VERSION}/kafka_2.13-${KAFKA_VERSION}.jar`);
    for (const name of ["log4j-core", "log4j-slf4j-impl", "kafka-server", "scala-library"]) {
      expect(
        paths.some((path) => path.includes(`/${name}/`)),
        name,
      ).toBe(true);
    }
  });

  test("a jar with another checksum is refused by name, and is not kept", async () => {
    const server = createServer((_, response) => response.end("not a jar")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const before = { cache: process.env["XDG_CACHE_HOME"], url: process.env["MAVEN_CENTRAL_URL"] };
    Object.assign(process.env, { XDG_CACHE_HOME: folder, MAVEN_CENTRAL_URL: `http://127.0.0.1:${port}/` });
    const told: string[] = [];
    try {
      const job = { say: (line: string) => told.push(line), signal: new AbortController().signal };
      await expect(fetchJars(job)).rejects.toThrow(/\.jar has not the checksum/);
      expect(await readdir(jarFolder())).toEqual([]);
    } finally {
      setOrDelete("XDG_CACHE_HOME", before.cache);
      setOrDelete("MAVEN_CENTRAL_URL", before.url);
      server.close();
    }
    expect(told[0]).toContain(`fetching ${KAFKA_VERSION} from http://127.0.0.1:${port}`);
  });
});

function setOrDelete(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

describe("address of Maven Central", () => {
  const mirror = (of: string, url = "https://mirror.example/m2/") =>
    `<settings><mirrors><mirror><id>m</id><mirrorOf>${of}</mirrorOf><url>${url}</url></mirror></mirrors></settings>`;

  test("the environment's own comes first, without a slash at its end", async () => {
    expect(await mavenCentralUrl({ MAVEN_CENTRAL_URL: "https://here.example/m2//" })).toBe("https://here.example/m2");
    expect(PUBLIC_URL).toBe("https://repo1.maven.org/maven2");
  });

  test.each([
    { name: "of central", xml: mirror("central"), found: "https://mirror.example/m2/" },
    { name: "of all", xml: mirror("*"), found: "https://mirror.example/m2/" },
    { name: "of all but another", xml: mirror("*,!ours"), found: "https://mirror.example/m2/" },
    { name: "of all but central", xml: mirror("*,!central"), found: null },
    { name: "of another", xml: mirror("ours"), found: null },
    { name: "in a comment", xml: `<!-- ${mirror("*")} -->`, found: null },
    { name: "with a variable", xml: mirror("*", "https://$" + "{env.HOST}/m2"), found: null },
    { name: "not over HTTP", xml: mirror("*", "file:///m2"), found: null },
    { name: "Maven's own block on HTTP", xml: mirror("external:http:*", "http://0.0.0.0/"), found: null },
    { name: "after another's", xml: mirror("ours") + mirror("*", "https://b.example"), found: "https://b.example" },
    { name: "none", xml: "", found: null },
  ])("mirror $name", ({ xml, found }) => {
    expect(mirrorOfCentral(xml)).toBe(found);
  });
});

describe("ports", () => {
  test("are free, different, and outside the range of outgoing connections", async () => {
    const ports = await freePorts(4);
    expect(new Set(ports).size).toBe(4);
    for (const port of ports) {
      expect(port).toBeGreaterThanOrEqual(PORT_MIN);
      expect(port).toBeLessThanOrEqual(PORT_MAX);
      expect(await isFree(port)).toBe(true);
    }
  });

  test("one in use is not free", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    expect(await isFree((server.address() as AddressInfo).port)).toBe(false);
    server.close();
  });
});

describe("processes", () => {
  /** A shell with a child in a session of its own, as PostgreSQL's are, and one in its group. */
  const start = () =>
    launch({ program: "sh", args: ["-c", "setsid sleep 600 & sleep 600 & wait"] }, join(folder, "log"));

  async function wholeTree() {
    const id = await start();
    await expect.poll(async () => (await treeOf(id)).length).toBe(3);
    return { id, tree: await treeOf(id) };
  }

  test("killing takes the whole tree, also who leads a group of its own", async () => {
    const { id, tree } = await wholeTree();
    await killTree(id);
    expect(await Promise.all(tree.map(isAlive))).toEqual([false, false, false]);
    await killTree(id); // Gone already: nothing to do.
  });

  test("stopping holds the whole tree, and it can be killed then", async () => {
    const { id, tree } = await wholeTree();
    const stopped = await stopTree(id);
    expect(stopped.map(({ pid }) => pid).sort()).toEqual(tree.map(({ pid }) => pid).sort());
    expect((await treeOf(id)).map(({ state }) => state)).toEqual(["T", "T", "T"]);
    await killTree(id);
    expect(await isAlive(id)).toBe(false);
  });

  test("another process with the pid of one that is gone is not taken for it", async () => {
    const own = await ownId();
    expect(await isAlive(own)).toBe(true);
    const gone = { ...own, startedTicks: "1" };
    expect(await isAlive(gone)).toBe(false);
    await killTree(gone); // Would end this very test.
  });

  test("a program that is not there is told", async () => {
    await expect(launch({ program: "no-such-program", args: [] }, join(folder, "log"))).rejects.toThrow(/ENOENT/);
  });
});
