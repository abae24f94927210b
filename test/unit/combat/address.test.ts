/** Where this instance is reached: as told, else as it listens; a wrong address stops the start, since others would be sent there. */
import { hostname } from "node:os";
import { describe, expect, test } from "vitest";
import { COMBAT_SETTINGS, reachableAddress } from "#combat/config.ts";
import { readSettings, SettingError } from "#ops/settings.ts";

const read = (value: string) => readSettings(COMBAT_SETTINGS, { COMBAT_ADDRESS: value }).COMBAT_ADDRESS;

describe("COMBAT_ADDRESS", () => {
  test("unset is as it listens", () => {
    expect(read("")).toBeNull();
  });

  test.each(["127.0.0.1:1", "combat-3.combat.game.svc:50051", "combat_3:65535", "[::1]:50051", "[FD00::7]:50051"])(
    "%s is taken",
    (address) => {
      expect(read(address)).toBe(address);
    },
  );

  test.each([
    "combat:0",
    "combat:00000",
    "combat:65536",
    "combat:99999",
    "combat:123456",
    "combat:-1",
    "combat:",
    "combat",
    ":50051",
    "::1:50051",
    "http://combat:50051",
    "dns:///combat:50051",
    "a b:50051",
  ])("%s is refused by name", (address) => {
    expect(() => read(address)).toThrow(SettingError);
    const allowed = "host:port, the port from 1 to 65535";
    expect(() => read(address)).toThrow(`COMBAT_ADDRESS is "${address}"; allowed: ${allowed}`);
  });
});

test.each([
  { host: "127.0.0.1", address: null, reached: "127.0.0.1:7" },
  { host: "combat.example", address: null, reached: "combat.example:7" },
  { host: "::1", address: null, reached: "[::1]:7" },
  { host: "0.0.0.0", address: null, reached: `${hostname()}:7` },
  { host: "::", address: null, reached: `${hostname()}:7` },
  { host: "0.0.0.0", address: "combat.example:443", reached: "combat.example:443" },
])("one that listens on $host, and is told $address, is reached there", ({ host, address, reached }) => {
  expect(reachableAddress({ host, address }, 7)).toBe(reached);
});
