/**
 * The documents say what the code does: tables of settings, states, codes, limits and routes are the code's own,
 * every example on the wire decodes, every command and link is there, and the README's client fights as written.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type DescField, fromBinary, ScalarType, toJson } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMBAT_SETTINGS } from "#combat/config.ts";
import * as combatLimits from "#combat/limits.ts";
import { DEFAULTS, SCORE_LIMIT_MAX } from "#combat/rpc/decode-create.ts";
import { EVENT_TYPE, eventEncoder, eventEnvelope } from "#combat/rpc/encode-event.ts";
import { LEGAL_MOVES } from "#combat/session/lifecycle.ts";
import { SAMPLES } from "#combat/session/session-events.ts";
import { ARMOUR_SHARE } from "#combat/sim/armour.ts";
import * as budgets from "#combat/sim/budgets.ts";
import { COMBO_MS } from "#combat/sim/combo.ts";
import { ABILITIES, type Ability, USUAL_MOVE } from "#combat/sim/content/abilities.ts";
import { ITEMS, type Item } from "#combat/sim/content/items.ts";
import { MAPS, WEAPONS, type Weapon } from "#combat/sim/content.ts";
import { EFFECTS } from "#combat/sim/effect-table.ts";
import { ENERGY_MAX, ENERGY_PER_SECOND } from "#combat/sim/energy.ts";
import * as envelope from "#combat/sim/envelope.ts";
import { HISTORY_MS, SILENCE_MS } from "#combat/sim/history.ts";
import * as simLimits from "#combat/sim/limits.ts";
import { AHEAD_MS_MAX, BEHIND_MS_MAX, STEP_SLACK_MS } from "#combat/sim/measures.ts";
import { TAKERS_MAX } from "#combat/sim/modes/domination.ts";
import { MODE_RULE_BOUNDS_S, STARTING_ARMOUR_BOUNDS, USUAL_MODE_RULES } from "#combat/sim/modes/mode-rules.ts";
import { MODES, modesOf } from "#combat/sim/modes/table.ts";
import { TOUCH_CM } from "#combat/sim/objectives.ts";
import { CLAIM_TRUST_MS, REWIND_MS_MAX, WAY_MS_MAX } from "#combat/sim/rewind.ts";
import { BUMP_POINTS, CHECKS, SCORE_FORGIVEN_PER_S, SCORE_FROM, WEIGHTS } from "#combat/sim/suspicion.ts";
import { PLAYED_MODES } from "#combat/sim/world.ts";
import { TOPICS } from "#combat/stores/topics.ts";
import { decodeClientMessage } from "#gateway/codec/decode.ts";
import { publicServerMessage } from "#gateway/codec/encode.ts";
import { SETTINGS as GATEWAY_SETTINGS } from "#gateway/config.ts";
import { CLIENT_MESSAGE_TYPES, FORMATS } from "#gateway/connection/messages.ts";
import * as gatewayLimits from "#gateway/limits.ts";
import { readRoutes } from "#gateway/rest/routes.ts";
import { CombatEventEnvelopeSchema } from "#gen/necpgame/combat/v1/event_pb.js";
import {
  type ClientMessage,
  ClientMessageSchema,
  CombatEventSchema,
  ServerMessageSchema,
} from "#gen/necpgame/combat/v1/realtime_pb.js";
import { ModeRulesSchema } from "#gen/necpgame/combat/v1/session_pb.js";
import { CombatSessionService, CreateSessionRequestSchema } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { describeSettings } from "#ops/settings.ts";
import { SAMPLE_EVENTS } from "#support/sample-events.ts";
import { type System, startSystem } from "#support/system.ts";
import { CLOSES } from "#wire/close-codes.ts";
import { REASONS } from "#wire/problem.ts";
import { fieldForm } from "#wire/public-names.ts";
import { flightRow, weaponRow } from "./weapon-rows.ts";

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
    expect(cell.get("score_limit")?.allowed).toContain(`1 to ${SCORE_LIMIT_MAX} `);
    expect(cell.get("map_id")?.allowed).toBe(Object.keys(MAPS).join(", "));
  });

  test("modes", () => {
    const yes = (is: boolean) => (is ? "yes" : "no");
    const expected = Object.entries(MODES).map(([name, mode]) => [
      ...[name, mode.teamsMax === null ? "everybody alone" : `up to ${mode.teamsMax}`, mode.pointFor],
      ...[String(mode.scoreLimit ?? "none"), yes(mode.atBases), yes(mode.respawns)],
    ]);
    const text = section(read("docs/GAMEPLAY.md"), "## Modes");
    expect(rows(text.slice(0, text.indexOf("### ")))).toEqual(expected);
    expect(text).toContain(`within ${TOUCH_CM} cm`);
    expect(text).toContain(`up to ${TAKERS_MAX}.`);
    expect(text).toContain(`by more than ${combatLimits.TEAM_LEAD_MAX}.`);
  });

  test("lag compensation", () => {
    const table = rows(section(read("docs/GAMEPLAY.md"), "## Lag compensation"));
    const values = [REWIND_MS_MAX, WAY_MS_MAX, CLAIM_TRUST_MS, HISTORY_MS, SILENCE_MS];
    expect(table.map(([, value]) => value)).toEqual(values.map((value) => `${value} ms`));
  });

  test("movement and its checks", () => {
    const text = section(read("docs/GAMEPLAY.md"), "## Movement");
    const { SPEED_CM_PER_S, GRAVITY_CM_PER_S2, JUMP_CM_MAX, STEP_CM, FEET_RADIUS_CM, WALL_TOUCH_CM } = envelope;
    const speeds = [SPEED_CM_PER_S.ground, SPEED_CM_PER_S.crouch, SPEED_CM_PER_S.climb, SPEED_CM_PER_S.fall];
    const table = rows(text);
    expect(table.slice(0, 8).map(([, value]) => value)).toEqual([
      ...speeds.map((speed) => `${speed / 100} m/s`),
      `${GRAVITY_CM_PER_S2 / 100} m/s²`,
      ...[JUMP_CM_MAX, STEP_CM, FEET_RADIUS_CM].map((length) => `${length / 100} m`),
    ]);
    expect(table[7]?.[0]).toContain(`${WALL_TOUCH_CM / 100} m are`);
    const { short, long } = budgets.BUDGETS;
    const seconds = (ms: number) => `${ms / 1_000} s`;
    const ahead = [short, long].map((of) => `${seconds(of.fullUs / 1_000)} ahead at ${of.tolerancePercent} % more`);
    const silence = `${seconds(budgets.SILENCE_MS)}; ${seconds(budgets.STALLED_MS_MAX)} in a minute`;
    const allowed: Record<string, string> = {
      speed: ahead.join(", "),
      teleport: `that time and ${seconds(STEP_SLACK_MS)}`,
      clipping: `${WALL_TOUCH_CM / 100} m into the body's room, ${envelope.CORNER_CM / 100} m of a corner`,
      physics: `${JUMP_CM_MAX / 100} m, and ${seconds(envelope.AIR_SLACK_MS)} longer`,
      latency: `${seconds(AHEAD_MS_MAX)} ahead`,
      rate: `${budgets.UPDATES_PER_S} a second, ${budgets.UPDATES_MAX} at once`,
      time: `${silence}; ${seconds(BEHIND_MS_MAX)} and the round trip`,
    };
    expect(table.slice(8).map(([check, , ...rest]) => [check, ...rest])).toEqual(
      CHECKS.map((check) => {
        const points = `${WEIGHTS[check]}${check === "clipping" ? `; only against a wall ${BUMP_POINTS}` : ""}`;
        return [check, allowed[check], points];
      }),
    );
    expect(text).toContain(`up to ${seconds(budgets.SILENCE_MS)}, and by nothing later`);
    expect(text).toContain(`may be ${seconds(short.releasedUs / 1_000)} more`);
    expect(SCORE_FORGIVEN_PER_S).toBe(1);
    for (const points of Object.values(SCORE_FROM)) expect(text).toContain(`from ${points}`);
  });

  test("status effects", () => {
    const again = { longest: "the longer holds", strongest: "the stronger holds" };
    const expected = Object.entries(EFFECTS).map(([name, rule]) => {
      const { stacking, stacksMax, damagePerSecond, damageType, isHarmful } = rule;
      const stacks = stacking === "stacks";
      return [
        ...[
          name,
          `${damagePerSecond / 100}${stacks ? " for each stack" : ""}`,
          damagePerSecond === 0 ? "" : damageType,
        ],
        ...[isHarmful ? "enemies" : "the player itself", stacks ? `stacks, up to ${stacksMax}` : again[stacking]],
      ];
    });
    const text = section(read("docs/GAMEPLAY.md"), "## Status effects");
    const table = rows(text);
    expect(table.slice(0, expected.length).map(([name, , ...rest]) => [name, ...rest])).toEqual(expected);
    const brought = Object.entries<Weapon>(WEAPONS).flatMap(([name, { brings = [] }]) => {
      const lies = brings.map(({ kind, potency, durationMs }) => `${kind} ${potency / 100} for ${durationMs / 1000} s`);
      return lies.length === 0 ? [] : [[name, lies.join(", ")]];
    });
    expect(table.slice(expected.length)).toEqual(brought);
    expect(text).toContain(`brings at most ${simLimits.EFFECTS_PER_HIT_MAX}.`);
  });

  test("abilities", () => {
    const does = (of: Ability["does"]) => {
      const { kind } = of;
      if (kind === "blink") return "puts its user there";
      if (kind === "heal") return `${of.amount / 100} health`;
      const lies = `${of.effect} ${of.potency / 100}`;
      const seconds = `for ${of.durationMs / 1000} s`;
      return kind === "field" ? `${lies} within ${of.radiusCm / 100} m, ${seconds}` : `${lies} ${seconds}`;
    };
    const expected = Object.entries<Ability>(ABILITIES).map(([name, ability]) => {
      const { target, cost, cooldownMs, charges, rangeCm } = ability;
      const range = rangeCm === 0 ? "" : `${rangeCm / 100} m`;
      return [name, target, String(cost / 100), `${cooldownMs / 1000} s`, String(charges), range, does(ability.does)];
    });
    const text = section(read("docs/GAMEPLAY.md"), "## Abilities");
    expect(rows(text)).toEqual(expected);
    expect(text).toContain(`${ENERGY_MAX / 100} at most, ${ENERGY_PER_SECOND / 100} a second come back`);
    expect(text).toContain(`\`${USUAL_MOVE}\`\nwhen it names none`);
  });

  test("items", () => {
    const does = (of: Item["does"]) => {
      if (of.kind === "cure") return `ends ${of.effects.join(", ")}`;
      return `${of.amount / 100} ${of.kind === "heal" ? "health" : of.kind}`;
    };
    const expected = Object.entries<Item>(ITEMS).map(([name, { count, useMs, isFragile, does: of }]) => {
      return [name, String(count), `${useMs / 1000} s`, isFragile ? "yes" : "no", does(of)];
    });
    const text = read("docs/GAMEPLAY.md");
    expect(rows(section(text, "## Items"))).toEqual(expected);
    expect(section(text, "## Combos")).toContain(`within ${COMBO_MS / 1000} s of`);
  });

  test("rules of a mode", () => {
    const expected = Object.entries(USUAL_MODE_RULES).map(([name, usual]) => {
      if (name === "startingArmour") {
        const { min, max } = STARTING_ARMOUR_BOUNDS;
        return ["starting_armor", `${min} to ${max}`, String(USUAL_MODE_RULES.startingArmour / 100)];
      }
      const bounds = MODE_RULE_BOUNDS_S[name as keyof typeof MODE_RULE_BOUNDS_S];
      const field = name.replace("Ms", "Seconds").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      if (typeof usual === "boolean") return [field, "true or false", String(usual)];
      return [field, `${bounds.min} to ${bounds.max}`, String(usual / 1000)];
    });
    const table = rows(section(read("docs/GAMEPLAY.md"), "### Rules of a mode"));
    expect(table.sort()).toEqual(expected.sort());
    expect(ModeRulesSchema.fields.map(({ name }) => name).sort()).toEqual(expected.map(([name]) => name).sort());
  });

  test("weapons and projectiles", () => {
    const text = section(read("docs/GAMEPLAY.md"), "## Weapons");
    const second = text.indexOf("| projectile | m/s");
    const [weapons, projectiles] = [text.slice(0, second), text.slice(second)];
    const all = Object.entries<Weapon>(WEAPONS);
    expect(rows(weapons)).toEqual(all.map(([name, weapon]) => [name, ...weaponRow(weapon)]));
    const flying = all.filter(([, weapon]) => weapon.flight);
    expect(rows(projectiles)).toEqual(flying.map(([name, weapon]) => [name, ...flightRow(weapon)]));
    const { rounds, intervalMs } = WEAPONS.burst_rifle.burst ?? {};
    expect(text).toContain(`fires ${rounds} rounds, ${intervalMs} ms apart`);
  });

  test("what armour takes", () => {
    const table = rows(section(read("docs/GAMEPLAY.md"), "## Damage"));
    expect(table).toEqual(Object.entries(ARMOUR_SHARE).map(([type, share]) => [type, `${share / 10} %`]));
  });

  test("maps and their modes", () => {
    const text = section(read("docs/GAMEPLAY.md"), "## Maps");
    const table = rows(text.slice(0, text.indexOf("### ")));
    expect(table).toEqual(Object.values(MAPS).map((map) => [map.id, modesOf(map).join(", ")]));
  });

  test("limits are quoted as the code has them", () => {
    const limits: Record<string, unknown> = { ...simLimits, ...combatLimits, ...gatewayLimits };
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
    const published = CombatEventSchema.fields.filter((field) => field.oneof !== undefined).map(({ name }) => name);
    const events = published.filter((name) => !Object.hasOwn(SAMPLES, name)); // For the rest of the game, never shown.
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

describe("EVENTS.md says what is published", () => {
  const events = read("docs/EVENTS.md");
  const names = (table: string[][]) => table.map(([name]) => name);
  /** As the document's table has it. */
  const protobufType = (field: DescField): string => {
    const type = field.message?.typeName ?? ScalarType[field.scalar ?? ScalarType.UINT32].toLowerCase();
    return field.proto.proto3Optional ? `optional ${type}` : type;
  };
  const isQuantised = (field: DescField): boolean => {
    return fieldForm(field).perUnit !== null || (field.message?.fields.some(isQuantised) ?? false);
  };
  const ofAllEvents = CombatEventSchema.fields.filter(({ oneof }) => oneof === undefined);

  test("topics and their partitions", () => {
    const table = rows(section(events, "## Topics"));
    expect(table.map((cells) => cells.slice(0, 2))).toEqual(
      TOPICS.map(({ name, partitions }) => [name, String(partitions)]),
    );
  });

  test("the envelope and what all events have, field by field", () => {
    const known = [...CombatEventEnvelopeSchema.fields, ...ofAllEvents].map((field) => [
      field.name,
      protobufType(field),
    ]);
    const table = rows(section(events, "## Envelope"));
    expect(table.slice(0, known.length).map((cells) => cells.slice(0, 2))).toEqual(known);
  });

  test("types of events, and whom they are about", () => {
    const table = rows(section(events, "## Envelope")).slice(
      CombatEventEnvelopeSchema.fields.length + ofAllEvents.length,
    );
    expect(table.map(([type, field]) => [field, type])).toEqual(Object.entries(EVENT_TYPE));
    const withoutPlayer = SAMPLE_EVENTS.filter((event) => eventEnvelope(event).playerId === undefined);
    const saidAbsent = table.filter(([, , whom]) => whom === "absent").map(([type]) => type);
    expect(saidAbsent).toEqual(withoutPlayer.map(({ body }) => EVENT_TYPE[body.kind]));
  });

  test("every type has its own part, and no other has", () => {
    const parts = [...section(events, "## Types").matchAll(/^### (\S+)$/gm)].map(([, type]) => type);
    expect(parts).toEqual(Object.values(EVENT_TYPE));
    expect(SAMPLE_EVENTS.map(({ body }) => EVENT_TYPE[body.kind])).toEqual(parts);
  });

  test.each(SAMPLE_EVENTS.map((event) => ({ type: EVENT_TYPE[event.body.kind], event })))(
    "fields and examples of $type",
    ({ type, event }) => {
      const part = section(section(events, "## Types"), `### ${type}`);
      const field = CombatEventSchema.fields.find(({ name }) => name === event.body.kind);
      expect(names(rows(part))).toEqual(field?.message?.fields.map(({ name }) => name));
      expect(blocks(part, "json")).toEqual([Buffer.from(eventEncoder("json")(event).value).toString()]);
      const binary = Buffer.from(eventEncoder("protobuf")(event).value).toString("base64");
      for (const example of blocks(part, "base64")) expect(example).toBe(binary);
    },
  );

  test("quantised fields are given in both units", () => {
    for (const { body } of SAMPLE_EVENTS) {
      const part = section(section(events, "## Types"), `### ${EVENT_TYPE[body.kind]}`);
      const units = new Map(rows(part).map(([name = "", , protobuf]) => [name, protobuf]));
      const { message } = CombatEventSchema.fields.find(({ name }) => name === body.kind) ?? {};
      for (const field of message?.fields ?? []) {
        expect(/hundredths|thousandths|centimetres/.test(units.get(field.name) ?? ""), field.toString()).toBe(
          isQuantised(field),
        );
      }
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
