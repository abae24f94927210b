/** Public JSON: what is printed reads back, whatever the message; and nothing a stranger sends gets past the reader. */
import { create, type DescMessage, equals } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { file_necpgame_combat_v1_error } from "#gen/necpgame/combat/v1/error_pb.js";
import { file_necpgame_combat_v1_realtime } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { CombatSessionSchema, file_necpgame_combat_v1_session } from "#gen/necpgame/combat/v1/session_pb.js";
import {
  CreateSessionRequestSchema,
  file_necpgame_combat_v1_session_service,
  UpdatePositionRequestSchema,
} from "#gen/necpgame/combat/v1/session_service_pb.js";
import { fromPublicJson, parseJson, toPublicJson } from "#wire/public-json.ts";
import { arbitraryMessage } from "./arbitrary-message.ts";

const CHARS_MAX = 1_000_000;
const ID = "11111111-1111-4111-8111-111111111111";

const schemas = [
  file_necpgame_combat_v1_error,
  file_necpgame_combat_v1_session,
  file_necpgame_combat_v1_session_service,
  file_necpgame_combat_v1_realtime,
].flatMap((file) => file.messages.map((schema): [string, DescMessage] => [schema.name, schema]));

describe("whatever is printed reads back as the same message", () => {
  test.each(schemas)("%s", (_name, schema) => {
    const property = fc.property(arbitraryMessage(schema), (message) => {
      const parsed = parseJson(JSON.stringify(toPublicJson(schema, message)), { charsMax: CHARS_MAX });
      if (!parsed.ok) throw new Error(parsed.problem.message);
      const read = fromPublicJson(schema, parsed.value);
      if (!read.ok) throw new Error(read.problem.message);
      return equals(schema, message, read.value);
    });
    fc.assert(property, { numRuns: 60 });
  });
});

describe("no JSON makes the reader throw, and what it takes it prints and takes again", () => {
  test.each(schemas)("%s", (_name, schema) => {
    const names = fc.constantFrom(...schema.fields.map(({ name }) => name), "__proto__", "constructor", "toString");
    const anything = fc.oneof(fc.jsonValue(), fc.dictionary(names, fc.jsonValue(), { maxKeys: 4 }));
    const property = fc.property(anything, (json) => {
      const read = fromPublicJson(schema, json);
      if (!read.ok) {
        expect(read.problem.error).toBe("INVALID_ARGUMENT");
        expect(JSON.stringify(read.problem).length).toBeLessThan(4_096);
        return;
      }
      const again = fromPublicJson(schema, toPublicJson(schema, read.value));
      expect(again.ok && equals(schema, read.value, again.value)).toBe(true);
    });
    fc.assert(property, { numRuns: 60 });
  });

  test("any text at all parses to a value or a problem", () => {
    const pieces = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      '"',
      ":",
      ",",
      "\\",
      "1",
      "e400",
      "-0",
      "null",
      "a",
      " ",
      "\\u0061",
    );
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(pieces).map((all) => all.join("")),
    );
    const property = fc.property(texts, (text) => {
      let value: unknown;
      let valid = true;
      try {
        value = JSON.parse(text);
      } catch {
        valid = false;
      }
      const parsed = parseJson(text, { charsMax: CHARS_MAX });
      if (parsed.ok)
        expect(valid && parsed.value).toEqual(value); // Never more than JSON itself takes.
      else expect(parsed.problem.error).toBe("INVALID_ARGUMENT");
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  test("keys given once are never taken for repeated ones", () => {
    const property = fc.property(fc.json(), (text) => parseJson(text, { charsMax: CHARS_MAX }).ok);
    fc.assert(property, { numRuns: 500 });
  });
});

describe("a text is refused before a value is built", () => {
  const rows: readonly [what: string, text: string, field: string][] = [
    ["10,000 levels of arrays", "[".repeat(10_000) + "]".repeat(10_000), "body"],
    ["10,000 levels of objects", `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`, "body"],
    ["10,000 levels never closed", "[".repeat(10_000), "body"],
    ["33 levels", "[".repeat(33) + "]".repeat(33), "body"],
    ["a key twice", '{"seed":1,"seed":2}', "seed"],
    ["a key twice, once in escapes", '{"seed":1,"\\u0073eed":2}', "seed"],
    ["a key twice, deep inside", '[{"a":{"x":1,"y":{},"x":2}}]', "x"],
    ["__proto__ twice", '{"__proto__":1,"__proto__":2}', "__proto__"],
    ["half a surrogate pair", '{"map_id":"\ud800"}', "body"],
    ["nothing", "", "body"],
    ["two values", "{} {}", "body"],
    ["a comment", "{} // no", "body"],
    ["NaN", '{"seed":NaN}', "body"],
    ["a comma too many", '{"seed":1,}', "body"],
    ["single quotes", "{'seed':1}", "body"],
  ];
  test.each(rows)("%s", (_what, text, field) => {
    expect(parseJson(text, { charsMax: CHARS_MAX })).toMatchObject({
      ok: false,
      problem: { error: "INVALID_ARGUMENT", details: { field } },
    });
  });

  test("one character over the cap is PAYLOAD_TOO_LARGE, at the cap it is taken", () => {
    expect(parseJson("[1]", { charsMax: 3 })).toEqual({ ok: true, value: [1] });
    expect(parseJson("[1] ", { charsMax: 3 })).toMatchObject({ ok: false, problem: { error: "PAYLOAD_TOO_LARGE" } });
  });

  test("32 levels and keys that only look repeated are taken", () => {
    expect(parseJson("[".repeat(32) + "]".repeat(32), { charsMax: 100 }).ok).toBe(true);
    expect(parseJson('{"a":{"a":"a:a"},"b":":","c":"\\":"}', { charsMax: 100 }).ok).toBe(true);
  });

  test("the refusal does not repeat the text, which may hold a token", () => {
    const parsed = parseJson('{"token":"eyJhbGciOi"', { charsMax: CHARS_MAX });
    expect(JSON.stringify(parsed)).not.toContain("eyJ");
  });

  test("a megabyte of repeated keys behind white space costs no more than one pass", () => {
    const text = `{${`"a"${" ".repeat(200)}:1,`.repeat(5_000)}"b":1}`;
    const startedMs = performance.now();
    expect(parseJson(text, { charsMax: 2_000_000 }).ok).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});

describe("a field that is wrong is named, with what was got and what is allowed", () => {
  const deep: unknown = JSON.parse('{"participants":[{"player_id":"a"},{"player_id":7}]}');
  const rows: readonly [what: string, schema: DescMessage, json: unknown, field: string, allowed: RegExp][] = [
    ["not an object", CreateSessionRequestSchema, [], "body", /an object/],
    ["null", CreateSessionRequestSchema, null, "body", /an object/],
    ["an unknown field", CreateSessionRequestSchema, { maxrounds: 3 }, "maxrounds", /known fields are .*max_rounds/],
    ["a field by its camel case name", CreateSessionRequestSchema, { maxRounds: 3 }, "maxRounds", /absent/],
    ["__proto__", CreateSessionRequestSchema, JSON.parse('{"__proto__":{"seed":1}}'), "__proto__", /absent/],
    ["constructor", CreateSessionRequestSchema, { constructor: 1 }, "constructor", /absent/],
    ["a number as text", CreateSessionRequestSchema, { max_rounds: "3" }, "max_rounds", /whole number from 0/],
    ["1e400", CreateSessionRequestSchema, JSON.parse('{"max_rounds":1e400}'), "max_rounds", /whole number/],
    ["a fraction", CreateSessionRequestSchema, { max_rounds: 1.5 }, "max_rounds", /whole number/],
    ["a number below", CreateSessionRequestSchema, { max_rounds: -1 }, "max_rounds", /whole number/],
    ["a number above", CreateSessionRequestSchema, { max_rounds: 2 ** 32 }, "max_rounds", /4294967295/],
    [
      "1e400 as a double",
      CreateSessionRequestSchema,
      JSON.parse('{"respawn_seconds":-1e400}'),
      "respawn_seconds",
      /finite/,
    ],
    ["a double as text", CreateSessionRequestSchema, { respawn_seconds: "Infinity" }, "respawn_seconds", /finite/],
    ["a truth value as text", CreateSessionRequestSchema, { is_private: "true" }, "is_private", /true or false/],
    ["a truth value as number", CreateSessionRequestSchema, { is_private: 1 }, "is_private", /true or false/],
    [
      "an unknown word",
      CreateSessionRequestSchema,
      { game_mode: "soccer" },
      "game_mode",
      /one of deathmatch,.*elimination/,
    ],
    ["a word in capitals", CreateSessionRequestSchema, { game_mode: "DEATHMATCH" }, "game_mode", /one of/],
    [
      "a word with its prefix",
      CreateSessionRequestSchema,
      { game_mode: "GAME_MODE_DEATHMATCH" },
      "game_mode",
      /one of/,
    ],
    ["the word for unset", CreateSessionRequestSchema, { game_mode: "unspecified" }, "game_mode", /one of/],
    ["a word's number", CreateSessionRequestSchema, { game_mode: 1 }, "game_mode", /one of/],
    ["a word of every object", CreateSessionRequestSchema, { game_mode: "toString" }, "game_mode", /one of/],
    ["an object for an array", CreateSessionRequestSchema, { participants: {} }, "participants", /an array/],
    [
      "257 items",
      CreateSessionRequestSchema,
      { participants: Array(257).fill({}) },
      "participants",
      /at most 256 items/,
    ],
    ["null among items", CreateSessionRequestSchema, { participants: [null] }, "participants[0]", /an object/],
    ["a field deep inside", CreateSessionRequestSchema, deep, "participants[1].player_id", /a string/],
    ["a text over the cap", CreateSessionRequestSchema, { map_id: "x".repeat(4_097) }, "map_id", /4096 characters/],
    ["half a surrogate pair", CreateSessionRequestSchema, { map_id: "\ud800" }, "map_id", /surrogates/],
    ["a vector's part", UpdatePositionRequestSchema, { position: { x: "1" } }, "position.x", /finite/],
    [
      "a day that no calendar has",
      CombatSessionSchema,
      { created_at: "2025-02-30T00:00:00Z" },
      "created_at",
      /RFC 3339/,
    ],
    ["a time without zone", CombatSessionSchema, { created_at: "2025-02-03T00:00:00" }, "created_at", /RFC 3339/],
    ["a time as number", CombatSessionSchema, { created_at: 1_750_000_000 }, "created_at", /RFC 3339/],
  ];
  test.each(rows)("%s", (_what, schema, json, field, allowed) => {
    const read = fromPublicJson(schema, json);
    expect(read).toMatchObject({ ok: false, problem: { error: "INVALID_ARGUMENT", details: { field } } });
    if (!read.ok) expect(read.problem.details["allowed"]).toMatch(allowed);
  });

  test("under a root, the path begins with it", () => {
    const read = fromPublicJson(UpdatePositionRequestSchema, { position: { x: null, y: [] } }, "data");
    expect(read).toMatchObject({ ok: false, problem: { details: { field: "data.position.y" } } });
  });

  test("nothing that was read has changed Object.prototype", () => {
    fromPublicJson(CreateSessionRequestSchema, JSON.parse('{"__proto__":{"polluted":1}}'));
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test("an answer stays small whatever was sent", () => {
    const read = fromPublicJson(CreateSessionRequestSchema, { [`a${"b".repeat(100_000)}`]: "c".repeat(100_000) });
    expect(JSON.stringify(read).length).toBeLessThan(2_000);
  });
});

describe("the form", () => {
  test("plain fields always, optional and message fields when set, words without prefix, times as RFC 3339", () => {
    const session = create(CombatSessionSchema, {
      id: ID,
      status: 2,
      gameMode: 2,
      createdAt: { seconds: 1_735_732_800n, nanos: 250_000_000 },
      teams: [{ teamId: "red" }],
    });
    expect(toPublicJson(CombatSessionSchema, session)).toMatchObject({
      id: ID,
      status: "active",
      game_mode: "team_deathmatch",
      created_at: "2025-01-01T12:00:00.250Z",
      current_round: 0,
      allow_spectators: false,
      map_id: "",
      participants: [],
      teams: [{ team_id: "red", score: 0, rounds_won: 0 }],
    });
    const printed = toPublicJson(CombatSessionSchema, session);
    for (const absent of ["winner_team_id", "started_at", "end_reason"]) expect(printed).not.toHaveProperty(absent);
  });

  test("-0 is read and printed as 0", () => {
    const read = fromPublicJson(UpdatePositionRequestSchema, { position: { x: -0 }, yaw: -0 });
    expect(read.ok && Object.is(read.value.position?.x, 0) && Object.is(read.value.yaw, 0)).toBe(true);
    const printed = toPublicJson(UpdatePositionRequestSchema, create(UpdatePositionRequestSchema, { yaw: -0 }));
    expect(Object.is(printed["yaw"], 0)).toBe(true);
  });

  test("null is the same as absent", () => {
    expect(fromPublicJson(CreateSessionRequestSchema, { seed: null, participants: null })).toEqual({
      ok: true,
      value: create(CreateSessionRequestSchema),
    });
  });

  test("a number that no enum word has yet is left out, not printed as a number", () => {
    const session = create(CombatSessionSchema, { status: 99 as never });
    expect(toPublicJson(CombatSessionSchema, session)).not.toHaveProperty("status");
  });
});
