/** Auth config: which keys are believed, and every wrong setting stops the start by name. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadAuthConfig } from "#auth/auth-config.ts";
import { createIssuer } from "#auth/issuer.ts";
import { createVerifier } from "#auth/verifier.ts";
import { ManualClock } from "#kit/clock.ts";
import { SettingError } from "#ops/settings.ts";
import { createForge } from "./forge.ts";

const PLAYER = "11111111-1111-4111-8111-111111111111";
const forge = await createForge();
const folder = mkdtempSync(join(tmpdir(), "auth-config-test-"));
afterAll(() => {
  for (const each of [folder, forge.folder]) rmSync(each, { recursive: true, force: true });
});

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function refusalOf(env: { [name: string]: string }): Promise<SettingError> {
  const error = await loadAuthConfig({ DATA_DIR: join(folder, "data"), ...env }).then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(SettingError);
  return error as SettingError;
}

describe("production refuses the development key", () => {
  const { AUTH_JWKS_FILE, AUTH_INTERNAL_KEY_FILE } = forge.settings as { [name: string]: string };
  const rows: readonly [what: string, env: { [name: string]: string | undefined }, setting: string][] = [
    ["for users and inside", {}, "AUTH_JWKS_URL"],
    ["for users", { AUTH_INTERNAL_KEY_FILE }, "AUTH_JWKS_URL"],
    ["inside", { AUTH_JWKS_FILE }, "AUTH_INTERNAL_KEY_FILE"],
  ];
  test.each(rows)("%s", async (_what, env, setting) => {
    const refusal = await refusalOf({ NODE_ENV: "production", ...env } as { [name: string]: string });
    expect(refusal.setting).toBe(setting);
    expect(refusal.message).toContain("development key");
    expect(() => statSync(join(folder, "data"))).toThrow(); // Not even made.
  });

  test("and takes keys of its own, without signing users' tokens", () => {
    expect(forge.config).toMatchObject({ devKey: false, userSigningKey: null });
    const issuer = createIssuer(forge.config, new ManualClock());
    expect(() => issuer.user({ sub: PLAYER, roles: ["admin"], ttlSeconds: 60 })).toThrow(/development key/);
  });
});

describe("the development key", () => {
  test("is one key for processes that start together, readable by its owner alone", async () => {
    const env = { DATA_DIR: join(folder, "together") };
    const configs = await Promise.all(Array.from({ length: 8 }, () => loadAuthConfig(env)));
    expect(new Set(configs.map((config) => config.internalSigningKey.keyId)).size).toBe(1);
    expect(configs.every((config) => config.devKey)).toBe(true);
    expect(statSync(join(folder, "together", "dev-key.json")).mode & 0o777).toBe(0o600);
  });

  test("lets what one service signs be believed by the other", async () => {
    const env = { DATA_DIR: join(folder, "pair") };
    const clock = new ManualClock();
    const issuer = createIssuer(await loadAuthConfig(env), clock);
    const verifier = createVerifier(await loadAuthConfig(env), clock);
    expect(await verifier.user(await issuer.user({ sub: PLAYER, roles: ["player"], ttlSeconds: 60 }))).toMatchObject({
      ok: true,
    });
    expect(await verifier.internal(await issuer.internal("gateway"))).toMatchObject({
      ok: true,
      value: { name: "gateway" },
    });
  });

  test("signs for users and inside with one key, and still no token opens another's door", async () => {
    const clock = new ManualClock();
    const config = await loadAuthConfig({ DATA_DIR: join(folder, "doors") });
    const issuer = createIssuer(config, clock);
    const verifier = createVerifier(config, clock);
    const user = await issuer.user({ sub: PLAYER, roles: ["admin"], ttlSeconds: 60 });
    const ticket = await issuer.ticket({ sessionId: PLAYER, playerId: PLAYER, role: "player" });
    const internal = await issuer.internal("gateway");
    expect((await verifier.ticket(user)).ok || (await verifier.internal(user)).ok).toBe(false);
    expect((await verifier.user(ticket)).ok || (await verifier.internal(ticket)).ok).toBe(false);
    expect((await verifier.user(internal)).ok || (await verifier.ticket(internal)).ok).toBe(false);
  });
});

describe("a wrong setting stops the start with its name", () => {
  const rows: readonly [what: string, env: () => { [name: string]: string }, setting: string][] = [
    ["a key server that is no URL", () => ({ AUTH_JWKS_URL: "keys" }), "AUTH_JWKS_URL"],
    ["a key server over file:", () => ({ AUTH_JWKS_URL: "file:///etc/passwd" }), "AUTH_JWKS_URL"],
    ["a key server with credentials", () => ({ AUTH_JWKS_URL: "https://u:p@keys.example/" }), "AUTH_JWKS_URL"],
    [
      "both key server and key file",
      () => ({ AUTH_JWKS_URL: "https://keys.example/", AUTH_JWKS_FILE: "keys.json" }),
      "AUTH_JWKS_FILE",
    ],
    ["a key file that is not there", () => ({ AUTH_JWKS_FILE: join(folder, "absent.json") }), "AUTH_JWKS_FILE"],
    ["a key file that is no JSON", () => ({ AUTH_JWKS_FILE: file("text.json", "keys") }), "AUTH_JWKS_FILE"],
    ["a key set without keys", () => ({ AUTH_JWKS_FILE: file("none.json", '{"keys":[]}') }), "AUTH_JWKS_FILE"],
    ["JSON that is no key set", () => ({ AUTH_JWKS_FILE: file("object.json", "{}") }), "AUTH_JWKS_FILE"],
    [
      "a huge key file",
      () => ({ AUTH_JWKS_FILE: file("huge.json", `{"keys":[${" ".repeat(70_000)}]}`) }),
      "AUTH_JWKS_FILE",
    ],
    [
      "an internal key that is public",
      () => ({ AUTH_INTERNAL_KEY_FILE: forge.settings["AUTH_JWKS_FILE"] as string }),
      "AUTH_INTERNAL_KEY_FILE",
    ],
    ["an audience that is our tickets'", () => ({ AUTH_AUDIENCE: "combat-socket" }), "AUTH_AUDIENCE"],
    ["an audience that is our own tokens'", () => ({ AUTH_AUDIENCE: "combat-internal" }), "AUTH_AUDIENCE"],
    ["the audience of our calls to others", () => ({ AUTH_AUDIENCE: "combat-services" }), "AUTH_AUDIENCE"],
  ];
  test.each(rows)("%s", async (_what, env, setting) => {
    const refusal = await refusalOf(env());
    expect(refusal.setting).toBe(setting);
    expect(refusal.message).toContain(setting);
    expect(refusal.allowed).not.toBe("");
  });

  test("and never quotes what is in a key file", async () => {
    const refusal = await refusalOf({ AUTH_INTERNAL_KEY_FILE: file("broken.json", '{"d":"very-private"') });
    expect(refusal.message).not.toContain("very-private");
  });
});

describe("a key server that is away", () => {
  test("is UNAVAILABLE with a time to come back, not a wrong token", async () => {
    const clock = new ManualClock();
    const env = { DATA_DIR: join(folder, "away"), AUTH_JWKS_URL: "http://127.0.0.1:9/keys.json" };
    const verifier = createVerifier(await loadAuthConfig(env), clock);
    const development = await loadAuthConfig({ DATA_DIR: join(folder, "away") });
    const token = await createIssuer(development, clock).user({ sub: PLAYER, roles: ["player"], ttlSeconds: 60 });
    expect(await verifier.user(token)).toMatchObject({
      ok: false,
      problem: { error: "UNAVAILABLE", details: { retry_after_ms: expect.any(Number) } },
    });
  });
});
