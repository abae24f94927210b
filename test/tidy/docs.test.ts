/**
 * The documents say what the code does: tables of settings, states, codes, limits and routes are the code's own,
 * every example on the wire decodes, every command and link is there, and the README's client fights as written.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fromBinary, toJson } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMBAT_SETTINGS } from "#combat/config.ts";
import * as combatLimits from "#combat/limits.ts";
import { DEFAULTS } from "#combat/rpc/decode-create.ts";
import { LEGAL_MOVES } from "#combat/session/lifecycle.ts";
import { MAPS } from "#combat/sim/content.ts";
import { PLAYED_MODES } from "#combat/sim/world.ts";
import { decodeClientMessage } from "#gateway/codec/decode.ts";
import { publicServerMessage } from "#gateway/codec/encode.ts";
import { SETTINGS as GATEWAY_SETTINGS } from "#gateway/config.ts";
import { CLIENT_MESSAGE_TYPES, FORMATS } from "#gateway/connection/messages.ts";
import * as gatewayLimits from "#gateway/limits.ts";
import { readRoutes } from "#gateway/rest/routes.ts";
import {
  type ClientMessage,
  ClientMessageSchema,
  CombatEventSchema,
  ServerMessageSchema,
} from "#gen/necpgame/combat/v1/realtime_pb.js";
import { CombatSessionService, CreateSessionRequestSchema } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { describeSettings } from "#ops/settings.ts";
import { type System, startSystem } from "#support/system.ts";
import { CLOSES } from "#wire/close-codes.ts";
import { REASONS } from "#wire/problem.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const DOCUMENTS = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md"))
    .map((path) => `docs/${path}`),
];

/** By slot, in the match of the examples. */
const PLAYER_IDS = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"];

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** What stands under a heading, up to the next of the same or a higher level. */
function section(text: string, heading: string): string {
  const start = text.indexOf(`\n${heading}\n`);
  expect(start, `heading ${heading}`).toBeGreaterThanOrEqual(0);
  const level = heading.indexOf(" ");
  const rest = text.slice(start + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${level}} `, "m"));
  return end < 0 ? rest : rest.slice(0, end);
}

/** Cells of all table rows but heads and rules, without backquotes. */
function rows(text: string): string[][] {
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  const body = lines.filter((line, at) => !/^\|[-|]+$/.test(line) && !/^\|[-|]+$/.test(lines[at + 1] ?? ""));
  return body.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}

/** Contents of fenced blocks of one language. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)\\n\`\`\`$`, "gm"))].map(
    ([, body = ""]) => body,
  );
}

describe("tables are the code's own", () => {
  test.each([
    { name: "combat", settings: COMBAT_SETTINGS },
    { name: "gateway", settings: GATEWAY_SETTINGS },
  ])("settings of $name", ({ settings }) => {
    expect(read("docs/OPERATIONS.md")).toContain(describeSettings(settings));
  });

  test("lifecycle of a session", () => {
    const table = rows(section(read("docs/STATE-MACHINES.md"), "## Session"));
    const moves = table.map(([from, to = ""]) => [from, to === "nothing: it is over" ? [] : to.split(", ")]);
    expect(Object.fromEntries(moves)).toEqual(LEGAL_MOVES);
  });

  test("close codes", () => {
    const expected = Object.entries(CLOSES).map(([reason, { code, reconnect, meaning }]) => {
      return [String(code), reason, reconnect ? "yes" : "no", meaning];
    });
    expect(rows(section(read("docs/PROTOCOL.md"), "## Close codes"))).toEqual(expected);
  });

  test("error codes", () => {
    const table = rows(section(read("docs/PROTOCOL.md"), "## Error codes"));
    const expected = Object.entries(REASONS).map(([reason, { http, grpc }]) => [reason, String(http), String(grpc)]);
    expect(table.map((cells) => cells.slice(0, 3))).toEqual(expected);
  });

  test("REST routes", () => {
    const expected = readRoutes(CombatSessionService).map(({ verb, template, method, status }) => {
      return [`${verb} ${template}`, method.name, String(status)];
    });
    const table = rows(section(read("docs/PROTOCOL.md"), "### Routes"));
    expect(table.map((cells) => cells.slice(0, 3))).toEqual(expected);
  });

  test("defaults and choices of a new session", () => {
    const table = rows(section(read("docs/PROTOCOL.md"), "### Creating a session"));
    const fields = table.flatMap(([names = ""]) => names.split(", "));
    const known = CreateSessionRequestSchema.fields
      .map(({ name }) => name)
      .filter((name) => name !== "idempotency_key");
    expect(fields.sort()).toEqual(known.sort());
    const cell = new Map(table.map(([name = "", allowed, fallback]) => [name, { allowed, fallback }]));
    for (const [name, value] of Object.entries(DEFAULTS)) {
      const field = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      expect(cell.get(field)?.fallback, field).toBe(String(value));
    }
    expect(cell.get("game_mode")?.allowed).toBe(PLAYED_MODES.join(", "));
    expect(cell.get("map_id")?.allowed).toBe(Object.keys(MAPS).join(", "));
  });

  test("limits are quoted as the code has them", () => {
    const limits: Record<string, unknown> = { ...combatLimits, ...gatewayLimits };
    const quoted = rows(section(read("docs/PROTOCOL.md"), "## Limits"));
    expect(quoted.length).toBeGreaterThan(0);
    expect(quoted.map(([name = "", value]) => [name, value])).toEqual(
      quoted.map(([name = ""]) => [name, String(limits[name])]),
    );
  });
});

describe("client examples of PROTOCOL.md", () => {
  const client = section(read("docs/PROTOCOL.md"), "## Client messages");

  test.each(CLIENT_MESSAGE_TYPES)("%s decodes, and both formats say the same", (type) => {
    const text = section(client, `### ${type}`);
    const [json = "", ...more] = blocks(text, "json");
    const [base64 = ""] = blocks(text, "base64");
    expect(more).toEqual([]);
    const decoded = FORMATS.map((format) => {
      const bytes = format === "json" ? Buffer.from(json) : Buffer.from(base64, "base64");
      const result = decodeClientMessage(format, { bytes, binary: format === "protobuf" });
      if (!result.ok) throw new Error(`${format}: ${result.problem.message}`);
      expect(result.value.type).toBe(type);
      return toJson(ClientMessageSchema, result.value.message as ClientMessage);
    });
    expect(decoded[0]).toEqual(decoded[1]);
  });
});

describe("server examples of PROTOCOL.md", () => {
  const server = section(read("docs/PROTOCOL.md"), "## Server messages");
  const types = ServerMessageSchema.fields.filter((field) => field.oneof !== undefined).map(({ name }) => name);
  const jsons = blocks(server, "json").map((text) => JSON.parse(text) as Record<string, unknown>);
  const binaries = blocks(server, "base64");

  test("every type and every event has one", () => {
    const events = CombatEventSchema.fields.filter((field) => field.oneof !== undefined).map(({ name }) => name);
    expect([...new Set(jsons.map(({ type }) => type))].sort()).toEqual(types.toSorted());
    expect(jsons.flatMap(({ event }) => event ?? []).sort()).toEqual(events.toSorted());
    for (const type of types) expect(blocks(section(server, `### ${type}`), "json").length, type).toBeGreaterThan(0);
  });

  test("the gateway makes exactly this JSON of exactly these bytes", () => {
    expect(binaries.length).toBe(jsons.length);
    for (const [at, json] of jsons.entries()) {
      const message = fromBinary(ServerMessageSchema, Buffer.from(binaries[at] ?? "", "base64"));
      const context = { sessionId: String(json["session_id"]), playerIds: PLAYER_IDS };
      expect(JSON.parse(JSON.stringify(publicServerMessage(message, context)))).toEqual(json);
    }
  });
});

describe("what documents point to is there", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

  test.each(DOCUMENTS)("npm scripts of %s", (path) => {
    const named = [...read(path).matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, script = ""]) => script);
    expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
    const files = named.flatMap((script) => /^node (\S+)/.exec(scripts[script] ?? "")?.[1] ?? []);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  test.each(DOCUMENTS)("links of %s", (path) => {
    const links = [...read(path).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = ""]) => link);
    const broken = links.filter((link) => !/^https?:/.test(link) && !existsSync(join(ROOT, dirname(path), link)));
    expect(broken).toEqual([]);
  });

  test("files and folders that README's tree names", () => {
    const tree = blocks(read("README.md"), "text").find((block) => block.includes("packages/")) ?? "";
    const named = tree.split("\n").map((line) => line.trimEnd().split(/\s{2,}/)[0] ?? "");
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
  });
});

describe("README's own client", () => {
  const file = join(ROOT, `test/tidy/.readme-client-${process.pid}.ts`);
  let system: System;

  beforeAll(async () => {
    system = await startSystem();
    await writeFile(file, blocks(read("README.md"), "ts")[0] ?? "");
  });
  afterAll(async () => {
    await rm(file, { force: true });
    await system.stop();
  });

  test("fights to the end as written", { timeout: 90_000 }, async () => {
    const tokens = await Promise.all(PLAYER_IDS.map((playerId) => system.token(playerId)));
    const child = spawn(process.execPath, [file, ...tokens], {
      cwd: ROOT,
      env: { PATH: process.env["PATH"] ?? "", GATEWAY: system.url },
      timeout: 80_000, // A client that does not come to an end is ended, and its exit code says so.
    });
    let told = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        told += chunk;
      });
    }
    const [code] = await once(child, "exit");
    expect(told).toMatch(/player_killed[\s\S]*session_ended/);
    expect(code).toBe(0);
  });
});
