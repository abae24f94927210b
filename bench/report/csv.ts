/** CSV as RFC 4180 has it, with a line feed at each line's end. */
import type { Cell, Measured } from "../scenario.ts";

export function csvOf({ columns, rows }: Omit<Measured, "name">): string {
  return [columns, ...rows].map((row) => `${row.map(field).join(",")}\n`).join("");
}

function field(cell: Cell): string {
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
