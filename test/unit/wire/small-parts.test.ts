/** The small parts of the wire: times, close codes, problems, and messages that came as protobuf. */
import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CombatSessionSchema } from "#gen/necpgame/combat/v1/session_pb.js";
import { CreateSessionRequestSchema, UpdatePositionRequestSchema } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { CLOSES, shouldReconnect } from "#wire/close-codes.ts";
import { checkMessage } from "#wire/message-check.ts";
import { invalid, REASONS } from "#wire/problem.ts";
import { instantToUnixMs, parseInstant, printInstant, printUnixMs } from "#wire/rfc3339.ts";

describe("times", () => {
  const good: readonly [text: string, seconds: bigint, nanos: number][] = [
    ["1970-01-01T00:00:00Z", 0n, 0],
    ["2025-01-01T12:00:00.5Z", 1_735_732_800n, 500_000_000],
    ["2025-01-01t12:00:00z", 1_735_732_800n, 0],
    ["2025-01-01T14:30:00+02:30", 1_735_732_800n, 0],
    ["2024-12-31T23:00:00.000000001-13:00", 1_735_732_800n, 1],
    ["2024-02-29T00:00:00Z", 1_709_164_800n, 0],
    ["0001-01-01T00:00:00Z", -62_135_596_800n, 0],
    ["9999-12-31T23:59:59.999999999Z", 253_402_300_799n, 999_999_999],
  ];
  test.each(good)("%s is read", (text, seconds, nanos) => {
    expect(parseInstant(text)).toEqual({ seconds, nanos });
  });

  test.each([
    "",
    "2025-01-01",
    "2025-01-01T12:00:00",
    "2025-01-01 12:00:00Z",
    "2025-02-29T00:00:00Z",
    "2025-06-31T00:00:00Z",
    "2025-13-01T00:00:00Z",
    "2025-01-01T24:00:00Z",
    "2025-01-01T12:60:00Z",
    "2025-01-01T12:00:61Z",
    "2025-01-01T12:00:00.Z",
    "2025-01-01T12:00:00.1234567890Z",
    "2025-01-01T12:00:00+24:00",
    "2025-01-01T12:00:00+01:60",
    "0000-12-31T23:59:59Z",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "+02025-01-01T00:00:00Z",
    "1735732800",
  ])("%j is no time", (text) => {
    expect(parseInstant(text)).toBeNull();
  });

  test("what is printed reads back, to the nanosecond", () => {
    const seconds = fc.bigInt({ min: -62_135_596_800n, max: 253_402_300_799n });
    const property = fc.property(seconds, fc.integer({ min: 0, max: 999_999_999 }), (whole, nanos) => {
      expect(parseInstant(printInstant({ seconds: whole, nanos }))).toEqual({ seconds: whole, nanos });
    });
    fc.assert(property, { numRuns: 1_000 });
  });

  test("milliseconds that no calendar has become the nearest that one has", () => {
    expect(printUnixMs(Number.POSITIVE_INFINITY)).toBe("9999-12-31T23:59:59.999Z");
    expect(printUnixMs(-1e18)).toBe("0001-01-01T00:00:00.000Z");
    expect(printUnixMs(Number.NaN)).toBe("1970-01-01T00:00:00.000Z");
    expect(instantToUnixMs({ seconds: 1n, nanos: 500_000 })).toBe(1000.5);
  });
});

describe("close codes", () => {
  test("our own codes say by their range whether to come back", () => {
    for (const { code, reconnect } of Object.values(CLOSES)) {
      expect(shouldReconnect(code)).toBe(reconnect);
      if (code >= 4000) expect(reconnect).toBe(code < 4500);
    }
  });

  test("each has a code of its own", () => {
    const codes = Object.values(CLOSES).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  test.each([
    [4099, true],
    [4499, true],
    [4999, false],
    [1006, true],
    [1012, true],
  ])("a code that is not in the table: %i", (code, reconnect) => {
    expect(shouldReconnect(code)).toBe(reconnect);
  });
});

describe("problems", () => {
  test("every reason has an HTTP status of refusal and a gRPC code", () => {
    for (const { http, grpc } of Object.values(REASONS)) {
      expect(http).toBeGreaterThanOrEqual(400);
      expect(grpc >= 1 && grpc <= 16).toBe(true);
    }
  });

  test("what was got is shown short and as JSON can say it", () => {
    expect(invalid("x", Number.NaN, "a number").details["got"]).toBe("NaN");
    expect(invalid("x", undefined, "set").details["got"]).toBeNull();
    expect(invalid("x", { a: 1 }, "text").details["got"]).toBe('{"a":1}');
    expect(String(invalid("x", "y".repeat(10_000), "short").details["got"]).length).toBeLessThan(200);
  });
});

describe("messages that came as protobuf", () => {
  const rows: readonly [what: string, schema: DescMessage, message: Message, field: string][] = [
    ["NaN", UpdatePositionRequestSchema, create(UpdatePositionRequestSchema, { yaw: Number.NaN }), "yaw"],
    [
      "Infinity inside",
      UpdatePositionRequestSchema,
      create(UpdatePositionRequestSchema, { position: { x: 0, y: Number.NEGATIVE_INFINITY } }),
      "position.y",
    ],
    [
      "an unknown enum number",
      CreateSessionRequestSchema,
      create(CreateSessionRequestSchema, { gameMode: 77 as never }),
      "game_mode",
    ],
    [
      "a long text",
      CreateSessionRequestSchema,
      create(CreateSessionRequestSchema, { mapId: "x".repeat(5_000) }),
      "map_id",
    ],
    [
      "a long text in a list",
      CreateSessionRequestSchema,
      create(CreateSessionRequestSchema, { participants: [{}, { playerId: "x".repeat(5_000) }] }),
      "participants[1].player_id",
    ],
    [
      "257 items",
      CreateSessionRequestSchema,
      create(CreateSessionRequestSchema, { participants: Array.from({ length: 257 }, () => ({})) }),
      "participants",
    ],
  ];
  test.each(rows)("%s is named", (_what, schema, message, field) => {
    expect(checkMessage(schema, message)).toMatchObject({ error: "INVALID_ARGUMENT", details: { field } });
  });

  test("a lawful one passes", () => {
    expect(
      checkMessage(CombatSessionSchema, create(CombatSessionSchema, { participants: [{ health: 85.5 }] })),
    ).toBeNull();
    expect(checkMessage(CreateSessionRequestSchema, create(CreateSessionRequestSchema))).toBeNull();
  });
});
