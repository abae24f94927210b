/** What benchmarks are told by: tables, CSV, pictures, the document made of results, and the command line. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SCENARIOS, SETS, scenariosOf } from "../../../bench/catalogue.ts";
import { HELP, readOrder } from "../../../bench/options.ts";
import { csvOf } from "../../../bench/report/csv.ts";
import { figureTable, standingOf } from "../../../bench/report/figure-table.ts";
import { blockOf, type Run, writeDocument, writeResults } from "../../../bench/report/files.ts";
import { svgOf } from "../../../bench/report/svg.ts";
import { markdownTable, shown, terminalTable } from "../../../bench/report/table.ts";
import type { Plot, Report } from "../../../bench/scenario.ts";

const FIGURE = { name: "rate", unit: "/s", values: [90, 110, 100], better: "more" as const };

describe("tables", () => {
  const table = {
    title: "What",
    columns: ["store", "ms"],
    rows: [
      ["memory", 0.5],
      ["Redis", 1234.5],
    ],
  };

  test("on the terminal numbers stand to the right, words to the left", () => {
    expect(terminalTable(table).split("\n")).toEqual([
      "What",
      "store        ms",
      "──────  ───────",
      "memory      0.5",
      "Redis   1\u202f234.5",
    ]);
  });

  test("in Markdown a bar within a cell does not end it", () => {
    const lines = markdownTable({ ...table, rows: [["a|b", 1]] }).split("\n");
    expect(lines.slice(2)).toEqual(["| store | ms |", "| --- | ---: |", "| a\\|b | 1 |"]);
  });

  test.each([
    [1_234_567, "1\u202f234\u202f567"],
    [12.25, "12.25"],
    [Number.NaN, "–"],
    ["x", "x"],
  ])("%s is shown as %s", (cell, text) => expect(shown(cell)).toBe(text));
});

test("CSV: what holds a comma, a quote or a line break is quoted", () => {
  const text = csvOf({
    columns: ["a", "b"],
    rows: [
      ["x,y", 'say "no"'],
      ["two\nlines", 1.5],
    ],
  });
  expect(text).toBe('a,b\n"x,y","say ""no"""\n"two\nlines",1.5\n');
});

describe("figures against floor and aim", () => {
  test.each([
    { ...FIGURE, floor: 50, aim: 100, standing: "aim met" },
    { ...FIGURE, floor: 50, aim: 101, standing: "floor met" },
    { ...FIGURE, floor: 101, aim: 200, standing: "missed" },
    { ...FIGURE, better: "less" as const, aim: 100, standing: "aim met" },
    { ...FIGURE, better: "less" as const, aim: 99, standing: "missed" },
    { ...FIGURE, standing: "" },
  ])("$better, floor $floor, aim $aim: $standing", ({ standing, ...figure }) => {
    expect(standingOf(figure)).toBe(standing);
  });

  test("a figure is told as median with spread and runs", () => {
    const [row] = figureTable("x", [{ ...FIGURE, aim: 5000 }]).rows;
    expect(row).toEqual(["rate", "100", "/s", "90 to 110", 3, "", "5\u202f000", "missed"]);
  });
});

const PLOT: Plot = {
  name: "wait",
  title: "Waiting <& more>",
  x: { label: "seconds", scale: "linear" },
  y: { label: "ms", scale: "log" },
  series: [
    {
      name: "Redis",
      points: [
        [0, 0.5],
        [1, 120],
        [2, 0],
      ],
    },
    { name: "memory", points: [] },
  ],
  lines: [{ label: "aim 3 ms", y: 3 }],
};

describe("pictures", () => {
  const svg = svgOf(PLOT);

  test("title, axes with units, every series and the aim are named, and nothing breaks the markup", () => {
    for (const text of ["Waiting &lt;&amp; more&gt;", "seconds", "ms", "Redis", "memory", "aim 3 ms"]) {
      expect(svg).toContain(`>${text}</text>`);
    }
    expect(svg.match(/<(?!\/|style)[a-z]+[^>]*[^/]>/g)?.length).toBe(svg.match(/<\/(?!style)[a-z]+>/g)?.length ?? 0);
  });

  test("it has colours for light and for dark pages", () => {
    expect(svg).toContain("prefers-color-scheme: dark");
  });

  test("every point lies within the frame, also what no logarithm has", () => {
    const [, path = ""] = /class="curve s0" d="([^"]+)"/.exec(svg) ?? [];
    const numbers = [...path.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
    expect(numbers).toHaveLength(3);
    for (const [x, y] of numbers) {
      expect(x).toBeGreaterThanOrEqual(76);
      expect(x).toBeLessThanOrEqual(740);
      expect(y).toBeGreaterThanOrEqual(44);
      expect(y).toBeLessThanOrEqual(348);
    }
    expect(numbers[2]![1]).toBe(348);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  test("the larger stands higher, on both kinds of axes", () => {
    for (const scale of ["linear", "log"] as const) {
      const drawn = svgOf({
        ...PLOT,
        y: { label: "ms", scale },
        series: [
          {
            name: "a",
            points: [
              [0, 1],
              [1, 50],
            ],
          },
        ],
      });
      const heights = [...drawn.matchAll(/[ML][\d.]+ ([\d.]+)(?=[L"])/g)].map(([, y]) => Number(y));
      expect(heights.at(-1)).toBeLessThan(heights.at(-2)!);
    }
  });

  test("bars stand on the foot of the frame", () => {
    const bars = svgOf({
      ...PLOT,
      bars: true,
      y: { label: "%", scale: "linear" },
      series: [
        {
          name: "a",
          points: [
            [1, 10],
            [2, 40],
          ],
        },
      ],
    });
    const drawn = [...bars.matchAll(/<rect class="s0" x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"/g)];
    expect(drawn.slice(0, 2).map(([, y, height]) => Number(y) + Number(height))).toEqual([348, 348]);
  });

  test.each([0, 1, 5])("bars counted from %i have all their labels, and their width", (first) => {
    const ticks = ["one", "two"].map((label, index) => ({ at: first + index, label }));
    const bars = svgOf({
      ...PLOT,
      bars: true,
      x: { label: "", scale: "linear", ticks },
      series: [{ name: "a", points: ticks.map(({ at }) => [at, 10] as const) }],
    });
    for (const { label } of ticks) expect(bars).toContain(`>${label}</text>`);
    const widths = [...bars.matchAll(/<rect class="s0" x="[\d.]+" y="[\d.]+" width="([\d.]+)"/g)];
    expect(widths.slice(0, 2).map(([, width]) => Number(width))).toEqual([181.1, 181.1]);
  });

  test("a plot of nothing is a plot", () => {
    expect(svgOf({ ...PLOT, series: [], lines: [] })).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe("results on disk", () => {
  const REPORT: Report = {
    seed: 7,
    about: "Twice.",
    figures: [FIGURE],
    tables: [],
    plots: [PLOT],
    measured: [{ name: "runs", columns: ["run"], rows: [[1]] }],
    notes: ["One note."],
  };
  const servers = { postgres: "15.1", redis: "7.0", kafka: "4.1" };
  const machine = { cpu: "CPU", cores: 2, memoryGiB: 24, system: "Linux", node: "v26", servers };
  const RUN: Run = { machine, atUnixMs: Date.UTC(2026, 0, 2), seconds: 12 };
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "bench-test-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("a block says date, machine, versions and seed, and points to its files", () => {
    const block = blockOf("restore", REPORT, RUN);
    for (const text of [
      "2026-01-02",
      "CPU, 2 cores, 24 GiB",
      "Node v26",
      "PostgreSQL 15.1",
      "Redis 7.0",
      "Kafka 4.1",
      "seed 7",
    ])
      expect(block).toContain(text);
    expect(block).toContain("](../bench/results/restore-wait.svg)");
    expect(block).toContain("](../bench/results/restore-runs.csv)");
  });

  test("a block of a scenario that needs no servers names none", () => {
    const block = blockOf("core", REPORT, { ...RUN, machine: { ...machine, servers: null } });
    expect(block).toContain("Node v26. Rows:");
    expect(block).not.toContain("PostgreSQL");
  });

  test("what a run before left of the same scenario goes, what others left stays", async () => {
    await writeFile(join(folder, "restore-old.csv"), "");
    await writeFile(join(folder, "hit-rate-runs.csv"), "");
    await writeResults(folder, "restore", REPORT, RUN);
    expect((await readdir(folder)).sort()).toEqual([
      "hit-rate-runs.csv",
      "restore-runs.csv",
      "restore-wait.svg",
      "restore.md",
    ]);
  });

  test("the document has the blocks that are there, in the catalogue's order", async () => {
    const path = join(folder, "out.md");
    expect(await writeDocument(folder, path)).toEqual([]);
    await writeResults(folder, "restore", REPORT, RUN);
    await writeResults(folder, "journal-wait", REPORT, RUN);
    expect(await writeDocument(folder, path)).toEqual(["journal-wait", "restore"]);
    const heads = [...(await readFile(path, "utf8")).matchAll(/^## (.+)$/gm)].map(([, head]) => head);
    expect(heads).toEqual(["journal-wait", "restore"]);
  });

  test("no scenario's files can be taken for another's", () => {
    const names = Object.keys(SCENARIOS);
    for (const name of names) expect(names.filter((other) => other.startsWith(`${name}-`))).toEqual([]);
  });
});

describe("command line", () => {
  const ALL = Object.keys(SCENARIOS);
  test.each([
    { line: "", scenarios: ALL, quick: false },
    { line: "stores", scenarios: SETS["stores"], quick: false },
    { line: "restore events --quick", scenarios: ["events", "restore"], quick: true },
    { line: "sim", scenarios: SETS["sim"], quick: false },
    { line: "stores restore", scenarios: SETS["stores"], quick: false },
  ])("$line", ({ line, scenarios, quick }) => {
    const read = readOrder(line.split(" ").filter(Boolean));
    expect(read).toEqual({ kind: "run", order: { scenarios, quick, seed: null, minutes: null, out: null } });
  });

  test("how long it takes may be said of one that takes that", () => {
    expect(readOrder(["soak", "--minutes", "60"])).toMatchObject({ kind: "run", order: { minutes: 60 } });
  });

  test.each([
    { line: "storse", why: "storse is not one of" },
    { line: "--seed", why: "--seed" },
    { line: "--seed -1", why: "--seed" },
    { line: "--seed 1.5", why: "--seed is 1.5" },
    { line: "--seed 4294967296", why: "--seed is 4294967296" },
    { line: "--fast", why: "--fast" },
    { line: "soak --minutes", why: "--minutes" },
    { line: "soak --minutes 0", why: "whole, 1 to 1440" },
    { line: "soak --minutes 1.5", why: "whole, 1 to 1440" },
    { line: "soak --minutes 5 --quick", why: "--quick" },
    { line: "soak positions --minutes 5", why: "positions takes as long" },
    { line: "--minutes 5", why: "--minutes is for soak" },
    { line: "--write-docs --minutes 5", why: "stands alone" },
    { line: "--write-docs stores", why: "stands alone" },
    { line: "--write-docs --quick", why: "stands alone" },
    { line: "toString", why: "toString is not one of" },
  ])("$line is told to be wrong", ({ line, why }) => {
    expect(readOrder(line.split(" "))).toMatchObject({ kind: "wrong", why: expect.stringContaining(why) });
  });

  test("the help names every scenario and set", () => {
    for (const name of [...ALL, ...Object.keys(SETS)]) expect(HELP).toMatch(new RegExp(`^  ${name} `, "m"));
    expect(readOrder(["--help"])).toEqual({ kind: "help" });
    expect(scenariosOf([])).toEqual(ALL);
  });
});
