/** Table: rows in columns, for the terminal and for Markdown. Numbers stand to the right. */
import type { Cell, Table } from "../scenario.ts";

export function terminalTable({ title, columns, rows }: Table): string {
  const cells = rows.map((row) => row.map(shown));
  const widths = columns.map((column, at) => Math.max(column.length, ...cells.map((row) => row[at]?.length ?? 0)));
  const isNumber = columns.map((_, at) => isOfNumbers(rows.map((row) => row[at])));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => (isNumber[at] ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
      .join("  ")
      .trimEnd();
  return [title, line(columns), widths.map((width) => "─".repeat(width)).join("  "), ...cells.map(line)].join("\n");
}

export function markdownTable({ title, columns, rows }: Table): string {
  const isNumber = columns.map((_, at) => isOfNumbers(rows.map((row) => row[at])));
  const line = (row: readonly string[]) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = line(isNumber.map((right) => (right ? "---:" : "---")));
  return [`${title}:`, "", line(columns), rule, ...rows.map((row) => line(row.map(shown)))].join("\n");
}

/** Numbers, also as they are shown; some may be missing. */
function isOfNumbers(cells: readonly (Cell | undefined)[]): boolean {
  const words = cells.filter((cell) => typeof cell === "string" && !/^[\d\u202f.–]*$/.test(cell));
  return words.length === 0 && cells.some((cell) => cell !== "");
}

/** Thousands apart by a narrow gap that breaks no line. */
export function shown(cell: Cell): string {
  if (typeof cell === "string") return cell;
  if (!Number.isFinite(cell)) return "–";
  const [whole = "", parts] = String(cell).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
  return parts === undefined ? grouped : `${grouped}.${parts}`;
}
