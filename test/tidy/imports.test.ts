/** The import table of docs/ARCHITECTURE.md is what the code does: a folder imports what its row names, nothing else. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const ROOT = new URL("../../", import.meta.url).pathname;

type Row = { folder: string; may: string[] };

/** Rows whose first cell is a folder in backquotes: | `kit` | `x`, `y` | … | */
function readTable(): Row[] {
  const text = readFileSync(join(ROOT, "docs/ARCHITECTURE.md"), "utf8");
  const section = text.slice(text.search(/^## .*import/im));
  const rows = [...section.matchAll(/^\|\s*`([^`]+)`\s*\|([^|]*)\|/gm)];
  return rows.map(([, folder = "", cell = ""]) => ({
    folder,
    may: [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
  }));
}

/** services/combat/sim/x.ts → combat/sim; packages/kit/x.ts → kit; services/combat/main.ts → combat. */
function folderOf(path: string): string {
  const parts = path.split("/");
  if (parts[0] === "packages") return parts[1] ?? "";
  if (parts[0] === "gen" || parts[0] === "tools") return parts[0];
  if (parts[0] !== "services") return parts[0] ?? "";
  return parts.length > 3 ? `${parts[1]}/${parts[2]}` : (parts[1] ?? "");
}

const ALIASES: { readonly [alias: string]: string } = {
  "#combat/": "services/combat/",
  "#gateway/": "services/gateway/",
  "#gen/": "gen/",
  "#tools/": "tools/",
};

function targetOf(path: string, specifier: string): string {
  if (specifier.startsWith(".")) return folderOf(relative(ROOT, join(ROOT, dirname(path), specifier)));
  if (specifier.startsWith("node:")) return "node";
  if (!specifier.startsWith("#"))
    return specifier
      .split("/")
      .slice(0, specifier.startsWith("@") ? 2 : 1)
      .join("/");
  for (const [alias, folder] of Object.entries(ALIASES)) {
    if (specifier.startsWith(alias)) return folderOf(folder + specifier.slice(alias.length));
  }
  return specifier.slice(1).split("/")[0] ?? "";
}

function sources(): string[] {
  return ["packages", "services"].flatMap((top) =>
    readdirSync(join(ROOT, top), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => `${top}/${path}`),
  );
}

function importsOf(path: string): string[] {
  const text = readFileSync(join(ROOT, path), "utf8");
  return [...text.matchAll(/(?:^|\n)(?:import|export)\s[^;]*?from\s+"([^"]+)"|import\("([^"]+)"\)/g)].map(
    ([, statically, dynamically]) => statically ?? dynamically ?? "",
  );
}

const TABLE = new Map(readTable().map((row) => [row.folder, row.may]));
const COMPOSERS = new Set(["main.ts", "compose.ts"]);

test("every folder with code has a row in the import table", () => {
  const folders = new Set(sources().map(folderOf));
  expect([...folders].filter((folder) => !TABLE.has(folder))).toEqual([]);
});

test("no file imports past its folder's row", () => {
  const broken = sources().flatMap((path) => {
    const folder = folderOf(path);
    if (folder.split("/").length === 1 && COMPOSERS.has(path.split("/").at(-1) ?? "")) return [];
    const may = TABLE.get(folder) ?? [];
    return importsOf(path)
      .map((specifier) => targetOf(path, specifier))
      .filter((target) => target !== folder && !may.includes(target))
      .map((target) => `${path} imports ${target}`);
  });
  expect(broken).toEqual([]);
});

test.each(["combat/sim", "combat/snapshot"])("%s holds no clock, no chance and no IO", (folder) => {
  const forbidden = /\b(Date\b|Math\.(random|sin|cos|tan|exp|pow|log|atan2)|setTimeout|setInterval|process\.|await )/;
  const found = sources()
    .filter((path) => folderOf(path) === folder)
    .filter((path) => forbidden.test(readFileSync(join(ROOT, path), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "")));
  expect(found).toEqual([]);
});
