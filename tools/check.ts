/**
 * Check: everything a program can say about the code without running it, one line each, all of them even when one fails.
 * Out: exit code 0 when all hold, else 1 with what the failing ones printed.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BIN = new URL("../node_modules/.bin/", import.meta.url).pathname;

type Verdict = { readonly ok: boolean; readonly said: string };

const CHECKS: { readonly [name: string]: () => Verdict } = {
  types: () => run("tsc", ["--project", "."]),
  "lint and format": () => run("biome", ["check"]),
  "buf lint": () => run("buf", ["lint", "proto"]),
  "buf breaking": breaking,
  "gen fresh": fresh,
  maps: () => runNode("tools/check-map.ts"),
  "import table": () => run("vitest", ["run", "test/tidy/imports.test.ts"]),
  "dead files": () => run("knip", []),
};

function run(command: string, args: readonly string[]): Verdict {
  const done = spawnSync(join(BIN, command), args, { encoding: "utf8" });
  const said = `${done.stdout ?? ""}${done.stderr ?? ""}${done.error?.message ?? ""}`;
  return { ok: done.status === 0, said };
}

function runNode(file: string): Verdict {
  const done = spawnSync(process.execPath, [file], { encoding: "utf8" });
  return { ok: done.status === 0, said: `${done.stdout}${done.stderr}` };
}

/** Against the newest release tag; before the first release there is nothing to break. */
function breaking(): Verdict {
  const tags = execFileSync("git", ["tag", "--list", "v*", "--sort=-version:refname"], { encoding: "utf8" });
  const [release] = tags.split("\n");
  if (!release) return { ok: true, said: "no release yet" };
  return run("buf", ["breaking", "proto", "--against", `.git#tag=${release},subdir=proto`]);
}

/** Generates into a folder beside and compares. */
function fresh(): Verdict {
  const folder = mkdtempSync(join(tmpdir(), "gen-"));
  try {
    const made = run("buf", ["generate", "--output", folder]);
    if (!made.ok) return made;
    const compared = spawnSync("diff", ["-r", "-q", join(folder, "gen"), "gen"], { encoding: "utf8" });
    return { ok: compared.status === 0, said: `${compared.stdout}\ngen/ is not what proto/ says: npm run gen` };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

let failed = 0;
for (const [name, check] of Object.entries(CHECKS)) {
  const startedMs = performance.now();
  const { ok, said } = check();
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(`${ok ? "ok    " : "FAILED"}  ${name.padEnd(16)} ${seconds} s\n`);
  if (ok) continue;
  failed += 1;
  process.stdout.write(`${said.trimEnd()}\n`);
}
process.exitCode = failed === 0 ? 0 : 1;
