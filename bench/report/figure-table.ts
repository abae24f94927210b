/** Figure table: what was wanted and what was measured, as one row a figure. */
import { median, rounded, spread } from "../measure/figures.ts";
import type { Cell, Figure, Table } from "../scenario.ts";
import { shown } from "./table.ts";

export type Standing = "aim met" | "floor met" | "missed" | "";

/** Against the median. A figure without floor and aim has no standing. */
export function standingOf({ values, better, floor, aim }: Figure): Standing {
  const value = median(values);
  const reaches = (wanted: number | undefined) =>
    wanted !== undefined && (better === "more" ? value >= wanted : value <= wanted);
  if (floor === undefined && aim === undefined) return "";
  if (reaches(aim)) return "aim met";
  return reaches(floor) ? "floor met" : "missed";
}

export function figureTable(title: string, figures: readonly Figure[]): Table {
  const rows = figures.map((figure): Cell[] => {
    const { name, unit, values, floor, aim } = figure;
    const { least, most } = spread(values);
    const range = values.length > 1 ? `${shown(rounded(least))} to ${shown(rounded(most))}` : "";
    return [
      name,
      shown(rounded(median(values))),
      unit,
      range,
      values.length,
      wanted(floor),
      wanted(aim),
      standingOf(figure),
    ];
  });
  return { title, columns: ["figure", "median", "unit", "spread", "runs", "floor", "aim", ""], rows };
}

function wanted(value: number | undefined): string {
  return value === undefined ? "" : shown(value);
}
