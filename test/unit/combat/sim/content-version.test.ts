/** A recording is played by the content it was made with: all tables are in its version, and any change shows. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CONTENT_VERSION } from "#combat/sim/content-version.ts";
import { hashText } from "#combat/sim/text-hash.ts";

const SIM = new URL("../../../../services/combat/sim/", import.meta.url);

test("every file of tables is in it", () => {
  const source = readFileSync(new URL("content-version.ts", SIM), "utf8");
  const files = readdirSync(new URL("content/", SIM)).filter((name) => name.endsWith(".ts"));
  expect(files.length).toBeGreaterThan(1);
  for (const file of files) expect(source).toContain(`from "./content/${file}"`);
});

test("another process has the same", () => {
  const script = `import { CONTENT_VERSION } from ${JSON.stringify(new URL("content-version.ts", SIM).href)}; console.log(CONTENT_VERSION);`;
  const said = execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
  expect(said.trim()).toBe(CONTENT_VERSION);
});

test.each([
  { name: "one digit", one: '{"damage":2275}', other: '{"damage":2276}' },
  { name: "the order", one: "ab", other: "ba" },
  { name: "the length", one: "aa", other: "aaa" },
  { name: "nothing but a name", one: '{"shotgun":1}', other: '{"shotgum":1}' },
])("texts that differ in $name have other hashes", ({ one, other }) => {
  expect(hashText(one)).toMatch(/^[0-9a-f]{16}$/);
  expect(hashText(one)).not.toBe(hashText(other));
});

test("of many texts that are alike, no two have the same", () => {
  const hashes = new Set(Array.from({ length: 20_000 }, (_, number) => hashText(`{"damage":${number}}`)));
  expect(hashes.size).toBe(20_000);
});
