/** Admission: which origins may call, and when nobody may. */
import { describe, expect, test } from "vitest";
import { admit, isOriginPattern } from "#gateway/edge/admission.ts";

const rules = { allowedOrigins: ["https://game.example", "http://localhost:*"], connectionsMax: 2 };
const asking = { origin: undefined, draining: false, connectionCount: 0 };

describe("an origin", () => {
  const rows: readonly [origin: string | undefined, allowed: boolean][] = [
    [undefined, true],
    ["https://game.example", true],
    ["http://localhost", true],
    ["http://localhost:5173", true],
    ["null", false],
    ["", false],
    ["https://evil.example", false],
    ["http://game.example", false],
    ["https://game.example:444", false],
    ["https://game.example.evil.example", false],
    ["https://evil.example/https://game.example", false],
    ["https://xgame.example", false],
    ["https://GAME.example", false],
    ["https://game.example ", false],
    ["http://localhost:80.evil.example", false],
    ["http://localhost:5173@evil.example", false],
    ["http://localhost.evil.example", false],
    ["http://localhost:", false],
    ["http://localhost:123456", false],
    ["https://localhost:5173", false],
    ["http://localhost:*", false],
  ];
  test.each(rows)("%j is allowed: %j", (origin, allowed) => {
    const verdict = admit({ ...asking, origin }, rules);
    if (allowed) expect(verdict).toBeNull();
    else expect(verdict).toMatchObject({ error: "FORBIDDEN", details: { field: "Origin" } });
  });

  test("that is long comes back short", () => {
    const verdict = admit({ ...asking, origin: `https://${"x".repeat(9_000)}` }, rules);
    expect(JSON.stringify(verdict).length).toBeLessThan(400);
  });
});

describe("nobody is let in", () => {
  test("while draining, and everybody is told when to come back", () => {
    const verdict = admit({ ...asking, draining: true }, rules);
    expect(verdict).toMatchObject({ error: "UNAVAILABLE", details: { retry_after_ms: expect.any(Number) } });
  });

  test.each([
    { connectionCount: 1, full: false },
    { connectionCount: 2, full: true },
    { connectionCount: 3, full: true },
  ])("at $connectionCount of 2 connections: $full", ({ connectionCount, full }) => {
    const verdict = admit({ ...asking, connectionCount }, rules);
    if (full) expect(verdict).toMatchObject({ error: "UNAVAILABLE", details: { retry_after_ms: expect.any(Number) } });
    else expect(verdict).toBeNull();
  });

  test("a foreign origin is told nothing of that", () => {
    const verdict = admit({ origin: "https://evil.example", draining: true, connectionCount: 9 }, rules);
    expect(verdict).toMatchObject({ error: "FORBIDDEN" });
  });
});

describe("the list takes", () => {
  test.each([
    ["https://game.example", true],
    ["http://localhost:*", true],
    ["http://[::1]:8080", true],
    ["http://127.0.0.1:8080", true],
    ["*", false],
    ["null", false],
    ["game.example", false],
    ["https://*.example", false],
    ["https://game.example/", false],
    ["ftp://game.example", false],
  ])("%j: %j", (pattern, taken) => {
    expect(isOriginPattern(pattern)).toBe(taken);
  });
});
