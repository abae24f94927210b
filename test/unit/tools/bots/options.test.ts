import { describe, expect, test } from "vitest";
import { helpOf, readOptions } from "#tools/bots/options.ts";

const TABLE = {
  players: { about: "bots in each match", default: 10, min: 2, max: 50 },
  format: { about: "of the sockets", default: "json", oneOf: ["json", "protobuf"] },
  minutes: { about: "how long", default: 1, min: 0, max: 60, parts: true },
  url: { about: "gateway", default: "http://localhost:8080" },
} as const;

describe("options", () => {
  test.each([
    { argv: [], values: { players: 10, format: "json", url: "http://localhost:8080" } },
    { argv: ["--players", "20", "--format=protobuf"], values: { players: 20, format: "protobuf" } },
    { argv: ["--minutes", "0.5"], values: { minutes: 0.5 } },
    { argv: ["--url", "ws://h:1"], values: { url: "ws://h:1" } },
  ])("$argv is read", ({ argv, values }) => {
    expect(readOptions(argv, TABLE)).toMatchObject({ kind: "values", values });
  });

  test.each([
    { argv: ["--players", "51"], why: "--players is 51; allowed: whole, 2 to 50" },
    { argv: ["--players", "2.5"], why: "--players is 2.5; allowed: whole, 2 to 50" },
    { argv: ["--players", "many"], why: "--players is many; allowed: whole, 2 to 50" },
    { argv: ["--players", ""], why: "--players is ; allowed: whole, 2 to 50" },
    { argv: ["--format", "xml"], why: "--format is xml; allowed: json, protobuf" },
    { argv: ["--speed", "9"], why: expect.stringContaining("--speed") },
    { argv: ["extra"], why: expect.stringContaining("extra") },
  ])("$argv is refused with what is allowed", ({ argv, why }) => {
    expect(readOptions(argv, TABLE)).toEqual({ kind: "wrong", why });
  });

  test("help shows every option with its bounds and default", () => {
    expect(readOptions(["--help"], TABLE)).toEqual({ kind: "help" });
    const help = helpOf("npm run bots --", "Bots.", TABLE);
    for (const name of Object.keys(TABLE)) expect(help).toContain(`--${name}`);
    expect(help).toContain("whole, 2 to 50; default 10");
  });
});
