import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = new URL("../../../", import.meta.url).pathname;
const FOLDERS = { "#client/": "packages/client/", "#wire/": "packages/wire/", "#kit/": "packages/kit/" } as const;

/** Everything the SDK loads, through all of our own files. */
function importsOf(path: string, seen = new Map<string, string[]>()): Map<string, string[]> {
  if (seen.has(path)) return seen;
  const text = readFileSync(join(ROOT, path), "utf8");
  const specifiers = [...text.matchAll(/\bfrom "([^"]+)"|^import "([^"]+)"/gm)].map((match) => (match[1] ?? match[2])!);
  seen.set(path, specifiers);
  for (const specifier of specifiers) {
    const alias = Object.entries(FOLDERS).find(([prefix]) => specifier.startsWith(prefix));
    if (alias) importsOf(alias[1] + specifier.slice(alias[0].length), seen);
    else if (specifier.startsWith(".")) importsOf(join(path, "..", specifier), seen);
  }
  return seen;
}

test("the SDK runs in browsers: neither it nor what it loads imports or names anything of Node", () => {
  const files = importsOf("packages/client/index.ts");
  expect(files.size).toBeGreaterThan(12);
  for (const [path, specifiers] of files) {
    const foreign = specifiers.filter(
      (specifier) => !/^(\.|#(client|wire|kit|gen)\/|@bufbuild\/protobuf)/.test(specifier),
    );
    expect({ path, foreign }).toEqual({ path, foreign: [] });
    expect(readFileSync(join(ROOT, path), "utf8")).not.toMatch(/\b(process|Buffer|require|setImmediate)\b[.(]/);
  }
});
