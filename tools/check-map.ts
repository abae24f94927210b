/**
 * Check map: says what is wrong with map files; docs/GAMEPLAY.md documents the format.
 * In:  names of files; none for all maps of the game.   Out: a line for each map, its faults below; exit 1 with faults.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { MAPS } from "#combat/sim/content.ts";
import { faultsOf } from "#combat/sim/map-check.ts";
import { readMapFile } from "#combat/sim/map-file.ts";
import type { GameMap } from "#combat/sim/maps.ts";
import { modesOf } from "#combat/sim/modes/table.ts";

type Checked = { readonly map: GameMap; readonly faults: string[] } | { readonly map: null; readonly faults: string[] };

function checkFile(path: string): Checked {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    return { map: null, faults: [(error as Error).message] };
  }
  const read = readMapFile(json);
  if ("faults" in read) return { map: null, faults: read.faults.map(({ where, what }) => `${where} ${what}`) };
  return { map: read.map, faults: faultsOf(read.map) };
}

function report(name: string, { map, faults }: Checked): boolean {
  const isGood = faults.length === 0;
  const modes = map && isGood ? `: ${modesOf(map).join(", ")}` : "";
  console.log(`${isGood ? "ok    " : "FAILED"}  ${name}${modes}`);
  for (const fault of faults) console.log(`        ${fault}`);
  return isGood;
}

const { positionals } = parseArgs({ allowPositionals: true });
const checks: [string, Checked][] =
  positionals.length > 0
    ? positionals.map((path) => [path, checkFile(path)])
    : Object.values(MAPS).map((map) => [map.id, { map, faults: faultsOf(map) }]);
process.exitCode = checks.map(([name, checked]) => report(name, checked)).every(Boolean) ? 0 : 1;
