/** Where the game's other services are: a wrong target stops the start with its name, its value and what is allowed. */
import { describe, expect, test } from "vitest";
import { COMBAT_SETTINGS } from "#combat/config.ts";
import { readSettings, SettingError } from "#ops/settings.ts";

const TARGETS = Object.keys(COMBAT_SETTINGS).filter((name) => name.endsWith("_SERVICE_TARGET"));

describe.each(TARGETS)("%s", (name) => {
  const read = (value: string) => readSettings(COMBAT_SETTINGS, { [name]: value })[name as "PLAYER_SERVICE_TARGET"];

  test("unset is the local rule", () => {
    expect(read("")).toBeNull();
  });

  test.each(["localhost:50061", "player.game.svc:443", "dns:///player.game.svc:50061", "10.0.0.7:1", "[::1]:65535"])(
    "%s is taken",
    (target) => {
      expect(read(target)).toBe(target);
    },
  );

  test.each([
    "player",
    "http://player:1",
    "player:0x1",
    "player:65536",
    "player:0",
    "player:",
    ":1",
    "a b:1",
    "dns:player:1",
  ])("%s is refused", (target) => {
    expect(() => read(target)).toThrow(SettingError);
    expect(() => read(target)).toThrow(`${name} is "${target}"; allowed: host:port`);
  });
});
