/**
 * Options: reads a tool's command line against a table.
 * In:  argv and the table.   Out: values, or one sentence that names the option, what was given and what is allowed.
 * The same table prints the help, so that neither can say what the other does not.
 */
import { parseArgs } from "node:util";

type NumberRow = {
  readonly about: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** Parts of one are allowed. */
  readonly parts?: true;
};
type TextRow = { readonly about: string; readonly default: string; readonly oneOf?: readonly string[] };
type Row = NumberRow | TextRow;
type Table = Readonly<Record<string, Row>>;

export type OptionValues<T extends Table> = {
  readonly [Name in keyof T]: T[Name] extends NumberRow
    ? number
    : T[Name] extends { readonly oneOf: readonly (infer Word)[] }
      ? Word
      : string;
};

export type OptionsRead<T extends Table> =
  | { readonly kind: "values"; readonly values: OptionValues<T> }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly why: string };

export function readOptions<const T extends Table>(argv: readonly string[], table: T): OptionsRead<T> {
  const names = Object.keys(table);
  const known = Object.fromEntries([...names, "help"].map((name) => [name, typeOf(name)]));
  let given: Record<string, string | boolean | undefined>;
  try {
    given = parseArgs({ args: [...argv], options: known, strict: true, allowPositionals: false }).values;
  } catch (error) {
    return { kind: "wrong", why: (error as Error).message };
  }
  if (given["help"]) return { kind: "help" };
  const values: Record<string, string | number> = {};
  for (const [name, row] of Object.entries<Row>(table)) {
    const read = readOne(given[name] as string | undefined, row);
    if (read === null) return { kind: "wrong", why: `--${name} is ${given[name]}; allowed: ${allowed(row)}` };
    values[name] = read;
  }
  return { kind: "values", values: values as OptionValues<T> };
}

export function helpOf(command: string, about: string, table: Table): string {
  const rows = Object.entries(table).map(
    ([name, row]) => `  --${name.padEnd(16)}${row.about} (${allowed(row)}; default ${row.default})`,
  );
  return [about, "", `usage: ${command} [options]`, ...rows].join("\n");
}

function typeOf(name: string): { type: "string" | "boolean" } {
  return { type: name === "help" ? "boolean" : "string" };
}

/** null: not allowed. */
function readOne(text: string | undefined, row: Row): string | number | null {
  if (text === undefined) return row.default;
  if (typeof row.default === "string") {
    const words = (row as TextRow).oneOf;
    return !words || words.includes(text) ? text : null;
  }
  const { min, max, parts } = row as NumberRow;
  const number = text.trim() === "" ? Number.NaN : Number(text);
  return number >= min && number <= max && (parts || Number.isInteger(number)) ? number : null;
}

function allowed(row: Row): string {
  if ("min" in row) return `${row.parts ? "" : "whole, "}${row.min} to ${row.max}`;
  return row.oneOf ? row.oneOf.join(", ") : "text";
}
