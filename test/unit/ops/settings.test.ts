/** Settings: a right one is read as what it is, a wrong one stops the start by name, secrets stay unprinted. */
import { describe, expect, test } from "vitest";
import {
  defineSettings,
  describeSettings,
  flag,
  integer,
  list,
  number,
  oneOf,
  optionalText,
  readSettings,
  SettingError,
  secret,
  text,
} from "#ops/settings.ts";

const TABLE = defineSettings({
  A_PORT: integer({ default: 8080, min: 0, max: 65_535, about: "A port" }),
  A_RATE: number({ default: 0.5, min: 0, max: 1, about: "A share" }),
  A_NAME: text({ default: "x", about: "A name", allowed: "letters", check: (value) => /^[a-z]+$/.test(value) }),
  A_MODE: oneOf(["fast", "slow"], { default: "fast", about: "A mode | or another" }),
  A_FLAG: flag({ default: false, about: "A flag" }),
  A_LIST: list({ default: ["a", "b"], about: "A list" }),
  A_PATH: optionalText({ about: "A path" }),
  A_KEY: secret({ about: "A key", allowed: "16 characters", check: (value) => value.length === 16 }),
});

const DEFAULTS = {
  A_PORT: 8080,
  A_RATE: 0.5,
  A_NAME: "x",
  A_MODE: "fast",
  A_FLAG: false,
  A_LIST: ["a", "b"],
  A_PATH: null,
  A_KEY: null,
};

describe("what is read", () => {
  test.each([
    { name: "nothing set gives the defaults", env: {}, differs: {} },
    { name: "empty counts as unset", env: { A_PORT: "", A_KEY: "" }, differs: {} },
    {
      name: "bounds belong to what is allowed",
      env: { A_PORT: "65535", A_RATE: "1" },
      differs: { A_PORT: 65_535, A_RATE: 1 },
    },
    { name: "0 is a value", env: { A_PORT: "0" }, differs: { A_PORT: 0 } },
    { name: "a fraction where numbers may have one", env: { A_RATE: "0.25" }, differs: { A_RATE: 0.25 } },
    { name: "flags by word", env: { A_FLAG: "true" }, differs: { A_FLAG: true } },
    { name: "flags by digit", env: { A_FLAG: "1" }, differs: { A_FLAG: true } },
    { name: "blanks around items", env: { A_LIST: "x, y ,z" }, differs: { A_LIST: ["x", "y", "z"] } },
    { name: "others' variables do not matter", env: { PATH: "/bin" }, differs: {} },
  ])("$name", ({ env, differs }) => {
    expect(readSettings(TABLE, env)).toEqual({ ...DEFAULTS, ...differs });
  });

  test("the values are frozen, lists too", () => {
    const settings = readSettings(TABLE, { A_LIST: "x" });
    expect(Object.isFrozen(settings)).toBe(true);
    expect(Object.isFrozen(settings.A_LIST)).toBe(true);
  });
});

describe("what is refused, by name, value and what is allowed", () => {
  test.each([
    { setting: "A_PORT", value: "65536", allowed: "a whole number from 0 to 65535" },
    { setting: "A_PORT", value: "-1", allowed: "a whole number from 0 to 65535" },
    { setting: "A_PORT", value: "80.5", allowed: "a whole number from 0 to 65535" },
    { setting: "A_PORT", value: "0x10", allowed: "a whole number from 0 to 65535" },
    { setting: "A_PORT", value: " 80", allowed: "a whole number from 0 to 65535" },
    { setting: "A_PORT", value: "1e3", allowed: "a whole number from 0 to 65535" },
    { setting: "A_RATE", value: "NaN", allowed: "a number from 0 to 1" },
    { setting: "A_RATE", value: "Infinity", allowed: "a number from 0 to 1" },
    { setting: "A_RATE", value: "1.01", allowed: "a number from 0 to 1" },
    { setting: "A_NAME", value: "9", allowed: "letters" },
    { setting: "A_NAME", value: "a".repeat(5000), allowed: "letters" },
    { setting: "A_MODE", value: "medium", allowed: "fast, slow" },
    { setting: "A_FLAG", value: "yes", allowed: "true, false, 1, 0" },
    { setting: "A_LIST", value: "a,,b", allowed: "texts, with commas between, at most 256" },
  ])("$setting=$value", ({ setting, value, allowed }) => {
    const read = () => readSettings(TABLE, { [setting]: value });
    expect(read).toThrow(SettingError);
    expect(read).toThrow(new RegExp(`^${setting} is "${value.slice(0, 100)}`));
    expect(read).toThrow(`allowed: ${allowed}`);
  });

  test("a secret is not printed, not even when it is wrong", () => {
    const read = () => readSettings(TABLE, { A_KEY: "hunter2" });
    expect(read).toThrow("A_KEY is not valid; allowed: 16 characters");
    expect(read).not.toThrow(/hunter2/);
  });

  test("a name that no environment has is our own mistake", () => {
    expect(() => defineSettings({ aPort: flag({ default: false, about: "" }) })).toThrow(TypeError);
  });
});

test("the documentation has a row for each setting, in order, with its bars escaped", () => {
  const rows = describeSettings(TABLE).split("\n");
  expect(rows[0]).toBe("| setting | default | allowed | meaning |");
  expect(rows).toHaveLength(2 + Object.keys(TABLE).length);
  expect(rows[2]).toBe("| `A_PORT` | `8080` | a whole number from 0 to 65535 | A port |");
  expect(rows[5]).toBe("| `A_MODE` | `fast` | fast, slow | A mode \\| or another |");
  expect(rows[8]).toBe("| `A_PATH` | none | text of at most 4096 characters | A path |");
});
