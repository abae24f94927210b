/**
 * Files: a scenario's results on disk, and docs/BENCHMARKS.md made of them.
 * Out: <scenario>.md, <scenario>-<name>.csv, <scenario>-<name>.svg. Those of a run before go.
 * Law: the document holds what the files hold, scenario by scenario in the catalogue's order, and nothing typed by hand.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SCENARIOS } from "../catalogue.ts";
import type { Report } from "../scenario.ts";
import { csvOf } from "./csv.ts";
import { figureTable } from "./figure-table.ts";
import { type Machine, machineWords } from "./machine.ts";
import { svgOf } from "./svg.ts";
import { markdownTable } from "./table.ts";

export type Run = { readonly machine: Machine; readonly atUnixMs: number; readonly seconds: number };

export async function writeResults(folder: string, name: string, report: Report, run: Run): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of await readdir(folder)) if (isOf(name, file)) await rm(join(folder, file));
  for (const measured of report.measured)
    await writeFile(join(folder, `${name}-${measured.name}.csv`), csvOf(measured));
  for (const plot of report.plots) await writeFile(join(folder, `${name}-${plot.name}.svg`), svgOf(plot));
  await writeFile(join(folder, `${name}.md`), blockOf(name, report, run));
}

/** No scenario's name may begin with another's and a dash: checked by a test. */
function isOf(name: string, file: string): boolean {
  return file === `${name}.md` || (file.startsWith(`${name}-`) && /\.(csv|svg)$/.test(file));
}

export function blockOf(name: string, report: Report, { machine, atUnixMs, seconds }: Run): string {
  const { seed, about, figures, tables, plots, measured, notes } = report;
  const date = new Date(atUnixMs).toISOString().slice(0, 10);
  const files = measured.map((one) => `[${name}-${one.name}.csv](../bench/results/${name}-${one.name}.csv)`).join(", ");
  const parts = [
    `## ${name}`,
    `${capital(SCENARIOS[name]?.about ?? name)}. ${about}`,
    markdownTable(figureTable("Wanted and measured", figures)),
    ...tables.map(markdownTable),
    ...plots.map((plot) => `![${plot.title}](../bench/results/${name}-${plot.name}.svg)`),
    ...(notes.length > 0 ? [notes.map((note) => `- ${note}`).join("\n")] : []),
    `${date}, ${Math.round(seconds)} s, seed ${seed}. ${machineWords(machine)}. Rows: ${files}`,
  ];
  return `${parts.join("\n\n")}\n`;
}

const HEAD = `# Benchmarks

Made by \`npm run bench\`: each part below is what its last whole run measured, with the servers, the service and the load
on one machine. Figures with a floor or an aim are medians over the runs named; the spread is from the least to the most.
How a scenario measures is said at the top of its file in \`bench/scenarios/\`.
`;

/** Writes the document from the blocks that are there; resolves to their scenarios. */
export async function writeDocument(folder: string, path: string): Promise<string[]> {
  const blocks: string[] = [];
  const names: string[] = [];
  for (const name of Object.keys(SCENARIOS)) {
    const block = await readFile(join(folder, `${name}.md`), "utf8").catch(() => null);
    if (block === null) continue;
    blocks.push(block);
    names.push(name);
  }
  if (names.length > 0) await writeFile(path, [HEAD, ...blocks].join("\n"));
  return names;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
