/** The token tool: prints a token that the services take and nothing else, or says what is wrong with the command. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadAuthConfig } from "#auth/auth-config.ts";
import { createVerifier, type Verifier } from "#auth/verifier.ts";
import { systemClock } from "#kit/clock.ts";

const TOOL = fileURLToPath(new URL("../../../tools/token.ts", import.meta.url));
const SUB = "11111111-1111-4111-8111-111111111111";
const SESSION = "22222222-2222-4222-8222-222222222222";

const folder = mkdtempSync(join(tmpdir(), "token-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let verifier: Verifier;
beforeAll(async () => {
  verifier = createVerifier(await loadAuthConfig({ DATA_DIR: folder }), systemClock);
});

type Ran = { code: number; stdout: string; stderr: string };

function run(args: readonly string[], env: { readonly [name: string]: string | undefined } = {}): Promise<Ran> {
  const options = { env: { DATA_DIR: folder, ...env } };
  return new Promise((resolve) => {
    execFile(process.execPath, [TOOL, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

describe("what it prints", () => {
  test("is one line: a player's token of an hour, unless told otherwise", async () => {
    const { code, stdout, stderr } = await run(["--sub", SUB]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const result = await verifier.user(stdout.trim());
    if (!result.ok) throw new Error(result.problem.message);
    expect(result.value).toMatchObject({ playerId: SUB, name: null, sessionId: null });
    expect([...result.value.roles]).toEqual(["player"]);
    expect(Math.abs(result.value.expiresAtUnixMs - Date.now() - 3_600_000)).toBeLessThan(60_000);
  });

  test("says everything that was asked for", async () => {
    const flags = ["--role", "service", "--role", "admin", "--name", "Ada", "--session", SESSION, "--ttl", "90"];
    const { stdout } = await run(["--sub", SUB, ...flags]);
    const result = await verifier.user(stdout.trim());
    if (!result.ok) throw new Error(result.problem.message);
    expect(result.value).toMatchObject({ playerId: SUB, name: "Ada", sessionId: SESSION });
    expect([...result.value.roles]).toEqual(["service", "admin"]);
    expect(Math.abs(result.value.expiresAtUnixMs - Date.now() - 90_000)).toBeLessThan(30_000);
  });

  test("is help when asked for help", async () => {
    const { code, stdout } = await run(["--help"]);
    expect(code).toBe(0);
    for (const flag of ["--sub", "--role", "--name", "--session", "--ttl"]) expect(stdout).toContain(flag);
  });
});

describe("what it refuses, printing no token", () => {
  test.each([
    { name: "no sub", args: [], why: "--sub" },
    { name: "a sub that is no UUID", args: ["--sub", "Ada"], why: "--sub" },
    { name: "an upper-case UUID", args: ["--sub", "AAAAAAAA-1111-4111-8111-111111111111"], why: "--sub" },
    { name: "an unknown role", args: ["--sub", SUB, "--role", "root"], why: "player, spectator, service, admin" },
    { name: "a session that is no UUID", args: ["--sub", SUB, "--session", "1"], why: "--session" },
    { name: "no time to live", args: ["--sub", SUB, "--ttl", "0"], why: "--ttl" },
    { name: "an unknown option", args: ["--sub", SUB, "--forever"], why: "--forever" },
  ])("$name", async ({ args, why }) => {
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain(why);
  });

  test.each([
    { name: "real keys", env: { AUTH_JWKS_URL: "https://keys.example/jwks.json" }, why: "AUTH_JWKS_URL" },
    { name: "production", env: { NODE_ENV: "production" }, why: "NODE_ENV=production" },
  ])("$name", async ({ env, why }) => {
    const { code, stdout, stderr } = await run(["--sub", SUB], env);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain(why);
  });
});
