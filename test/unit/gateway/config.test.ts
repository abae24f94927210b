/** Config: every setting has bounds, and a wrong one stops the start with its name, its value and what is allowed. */
import { describe, expect, test } from "vitest";
import { COMBAT_SETTINGS, reachableAddress } from "#combat/config.ts";
import { readConfig, SETTINGS } from "#gateway/config.ts";
import { readSettings, SettingError } from "#ops/settings.ts";

test("an empty environment gives the documented ports", () => {
  expect(readConfig({})).toMatchObject({
    host: null,
    port: 8080,
    adminPort: 9464,
    combatTargets: ["127.0.0.1:50051"],
    trustedProxies: [],
  });
});

test("combat is looked for where it says by default that it is: under two names it would be two instances", () => {
  const combat = readSettings(COMBAT_SETTINGS, {});
  const address = reachableAddress(
    { host: combat.COMBAT_HOST, address: combat.COMBAT_ADDRESS },
    combat.COMBAT_GRPC_PORT,
  );
  expect(readConfig({}).combatTargets).toEqual([address]);
});

test("a config cannot be changed afterwards", () => {
  expect(Object.isFrozen(readConfig({}))).toBe(true);
});

test("every setting says what it is for and what is allowed", () => {
  for (const [name, setting] of Object.entries(SETTINGS)) {
    expect(setting.about.length, name).toBeGreaterThan(10);
    expect(setting.allowed.length, name).toBeGreaterThan(0);
  }
});

describe("a wrong setting stops the start", () => {
  const rows: readonly [setting: string, value: string][] = [
    ["COMBAT_GRPC_TARGET", "combat"],
    ["COMBAT_GRPC_TARGET", "combat:0"],
    ["COMBAT_GRPC_TARGET", "http://combat:50051"],
    ["GATEWAY_PORT", "65536"],
    ["GATEWAY_PORT", "-1"],
    ["GATEWAY_PORT", "8080.5"],
    ["GATEWAY_PORT", "0x1f90"],
    ["GATEWAY_PORT", "http"],
    ["GATEWAY_HOST", "gateway.example"],
    ["GATEWAY_HOST", "999.0.0.1"],
    ["GATEWAY_ADMIN_PORT", "1e9"],
    ["GATEWAY_CALL_DEADLINE_MS", "0"],
    ["GATEWAY_SOCKETS_MAX", "0"],
    ["GATEWAY_ALLOWED_ORIGINS", "*"],
    ["GATEWAY_ALLOWED_ORIGINS", "https://game.example,,https://other.example"],
    ["GATEWAY_ALLOWED_ORIGINS", "https://game.example/play"],
    ["GATEWAY_TRUSTED_PROXIES", "proxy.example"],
    ["GATEWAY_TRUSTED_PROXIES", "10.0.0.0/99"],
    ["GATEWAY_REQUESTS_PER_ADDRESS", "0"],
    ["GATEWAY_CONNECTS_PER_PLAYER", "many"],
    ["GATEWAY_DRAIN_MS", "-5"],
    ["LOG_LEVEL", "loud"],
  ];
  test.each(rows)("%s=%s", (setting, value) => {
    let thrown: unknown = null;
    try {
      readConfig({ [setting]: value });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(SettingError);
    const { message } = thrown as SettingError;
    for (const part of [setting, value, SETTINGS[setting as keyof typeof SETTINGS].allowed]) {
      expect(message).toContain(part);
    }
  });
});

test("lists are read with blanks around their items", () => {
  const config = readConfig({
    GATEWAY_ALLOWED_ORIGINS: "https://game.example , http://localhost:*",
    GATEWAY_TRUSTED_PROXIES: "10.0.0.0/8, ::1",
  });
  expect(config.allowedOrigins).toEqual(["https://game.example", "http://localhost:*"]);
  expect(config.trustedProxies).toEqual(["10.0.0.0/8", "::1"]);
});

test.each([
  "redis.example:6379",
  "http://redis.example",
  "redis://",
  "postgres://redis.example",
  "user:geheim@redis.example",
])("REDIS_URL=%s stops the start, and is not shown, since it may hold a password", (value) => {
  let thrown: unknown = null;
  try {
    readConfig({ REDIS_URL: value });
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(SettingError);
  expect((thrown as SettingError).message).toBe(`REDIS_URL is not valid; allowed: ${SETTINGS.REDIS_URL.allowed}`);
});

test("without REDIS_URL there is none; with one it is taken as it is", () => {
  expect(readConfig({}).redisUrl).toBeNull();
  for (const url of ["redis://redis.example", "rediss://user:geheim@redis.example:6380/3"]) {
    expect(readConfig({ REDIS_URL: url }).redisUrl).toBe(url);
  }
});
