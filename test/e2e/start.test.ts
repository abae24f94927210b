/**
 * The commands people begin with: start, demo and token, each as the process that npm would run, on free ports and a
 * data folder of their own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SessionsClient } from "#client/index.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const COMMAND_MS_MAX = 60_000;
const FREE_PORTS = {
  GATEWAY_PORT: "0",
  GATEWAY_ADMIN_PORT: "0",
  COMBAT_GRPC_PORT: "0",
  COMBAT_HTTP_PORT: "0",
  COMBAT_ADMIN_PORT: "0",
};

let dataDir: string;
const commands: ChildProcess[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "combat-start-"));
});

afterEach(async () => {
  for (const command of commands.splice(0)) {
    if (command.exitCode !== null || command.signalCode !== null) continue;
    command.kill("SIGTERM"); // A test failed half way: what it started goes in order, services and all.
    await once(command, "exit");
  }
  await rm(dataDir, { recursive: true, force: true });
});

type Line = { readonly text: string; readonly atMs: number };

type Command = {
  readonly process: ChildProcess;
  /** Everything on stdout, and when it came. */
  readonly lines: readonly Line[];
  readonly errors: () => string;
  readonly exitCode: Promise<number | null>;
  /** The first line that matches, there already or still to come; rejects when the command ends without. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
};

/** Runs a tool as npm would. */
function run(tool: string, args: readonly string[] = [], env: { readonly [name: string]: string } = {}): Command {
  const child = spawn(process.execPath, [join(ROOT, "tools", tool), ...args], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"] ?? "", DATA_DIR: dataDir, ...FREE_PORTS, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  commands.push(child);
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  createInterface({ input: child.stdout as Readable }).on("line", (text) => {
    lines.push({ text, atMs: performance.now() });
    for (const look of [...waiting]) look();
  });
  const exitCode = once(child, "close").then(([code]) => code as number | null);
  const said = () => `${lines.map(({ text }) => text).join("\n")}\n${errors}`;
  return {
    process: child,
    lines,
    errors: () => errors,
    exitCode,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = lines.map(({ text }) => pattern.exec(text)).find((found) => found !== null);
          if (match) resolve(match);
        };
        waiting.add(look);
        look();
        exitCode.then((code) => reject(new Error(`${tool} ended with ${code} without ${pattern}:\n${said()}`)));
      }),
  };
}

describe("start", () => {
  test(
    "prints addresses and the ready line, serves, takes tokens of the token command, and Ctrl-C exits 0",
    async () => {
      const start = run("start.ts");
      const url = (await start.line(/^ready: (http:\/\/localhost:\d+)$/))[1] as string;
      const shown = start.lines.map(({ text }) => text).join("\n");
      expect(shown).toMatch(/^combat +gRPC [\w.]+:\d+ +Connect http:\S+ +metrics and probes http:\S+$/m);
      expect(shown).toMatch(/^gateway +REST, Connect and WebSocket http:\S+ +metrics and probes http:\S+$/m);
      expect(shown).toMatch(/^token .*npm run --silent token/m);
      const admin = /^gateway .*metrics and probes (\S+)$/m.exec(shown)?.[1];
      for (const probe of ["livez", "readyz"]) expect((await fetch(`${admin}/${probe}`)).status).toBe(200);

      const playerId = randomUUID();
      const command = run("token.ts", ["--sub", playerId]);
      expect(await command.exitCode).toBe(0);
      expect(command.lines).toHaveLength(1);
      const client = new SessionsClient({ url, token: command.lines[0]?.text as string });
      const created = await client.create({ game_mode: "deathmatch" });
      expect(created).toMatchObject({ ok: true, value: { status: "waiting", host_player_id: playerId } });
      const stranger = new SessionsClient({ url, token: "not.a.token" });
      expect(await stranger.create({ game_mode: "deathmatch" })).toMatchObject({ ok: false, refusal: { status: 401 } });

      start.process.kill("SIGINT");
      expect(await start.exitCode).toBe(0);
      await expect(fetch(`${url}/sessions`), "nothing serves any more").rejects.toThrow();
    },
    COMMAND_MS_MAX,
  );

  test.each([
    { setting: "GATEWAY_PORT", value: "99999" },
    { setting: "COMBAT_GRPC_PORT", value: "-1" },
    { setting: "COMBAT_CALLS_PER_SECOND", value: "0" },
    { setting: "LOG_LEVEL", value: "loud" },
  ])(
    "$setting=$value stops the start, naming setting, value and what is allowed",
    async ({ setting, value }) => {
      const start = run("start.ts", [], { [setting]: value });
      expect(await start.exitCode).toBeGreaterThan(0);
      const said = `${start.lines.map(({ text }) => text).join("\n")}\n${start.errors()}`;
      expect(said).toContain(`${setting} is "${value}"; allowed: `);
      expect(said).not.toMatch(/^ready:/m);
      expect(said).not.toMatch(/^\s+at .*\.ts:\d+/m); // A message for people, not a stack.
    },
    COMMAND_MS_MAX,
  );
});

describe("demo", () => {
  test(
    "shows a kill within ten seconds of its ready line, and Ctrl-C exits 0",
    async () => {
      const demo = run("demo.ts");
      const ready = /^ready: /;
      const kill = /^ *[\d.]+s {2}\w+ ▸ \w+ {2}\w+/; // Time, who, whom, with what.
      await demo.line(kill);
      const cameAtMs = (pattern: RegExp) => demo.lines.find(({ text }) => pattern.test(text))?.atMs as number;
      expect(cameAtMs(kill) - cameAtMs(ready)).toBeLessThan(10_000);
      expect(demo.lines.some(({ text }) => /watch +ws:\/\/\S+\/spectate\?/.test(text))).toBe(true);
      demo.process.kill("SIGINT");
      expect(await demo.exitCode).toBe(0);
      expect(demo.errors()).toBe("");
    },
    COMMAND_MS_MAX,
  );

  test(
    "ends by itself with 0 when its time is over",
    async () => {
      const startedAtMs = performance.now();
      const demo = run("demo.ts", ["--seconds", "8"]);
      expect(await demo.exitCode).toBe(0);
      expect(performance.now() - startedAtMs).toBeGreaterThan(8_000);
      expect(demo.errors()).toBe("");
    },
    COMMAND_MS_MAX,
  );
});

describe("token", () => {
  test.each([
    { name: "no player", args: [], named: "--sub" },
    { name: "a player that is no UUID", args: ["--sub", "bob"], named: "--sub" },
    { name: "an unknown role", args: ["--sub", randomUUID(), "--role", "king"], named: "--role" },
    { name: "an endless life", args: ["--sub", randomUUID(), "--ttl", "999999999"], named: "--ttl" },
  ])("$name is refused by name, and no token is printed", async ({ args, named }) => {
    const command = run("token.ts", args);
    expect(await command.exitCode).toBeGreaterThan(0);
    expect(command.errors()).toContain(`${named} must be`);
    expect(command.lines).toEqual([]);
  });
});
