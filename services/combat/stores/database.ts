/**
 * Database: what a store needs of PostgreSQL, so that the embedded one and a server take the same SQL.
 * Order: calls may overlap. Atomicity: each statement by itself; a transaction whole or not at all, rolled back when
 * `run` rejects. Loss: what resolved is committed; what rejected is not, or unknown if the connection went away.
 * Errors keep PostgreSQL's five-character `code`. The deadline is the store's above; an adapter sees to it that what
 * is late does not burden it for ever.
 * Values come back plain: integers to 2^53 and jsonb as JavaScript has them, uuid and text as strings.
 */

export type Row = { readonly [column: string]: unknown };

export type Statements = {
  /** One statement with parameters $1, $2, …; strings, numbers, booleans and null only. */
  query(sql: string, parameters: readonly Parameter[]): Promise<Row[]>;
  /** Several statements without parameters, for migrations: their answer is waited for as long as those may take. */
  script(sql: string): Promise<void>;
};

export type Parameter = string | number | boolean | null;

export type Database = Statements & {
  /** The setting that chose it and where it is, for errors; without user and password. */
  readonly name: string;
  transaction<T>(run: (statements: Statements) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};
