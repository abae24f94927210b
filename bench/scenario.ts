/**
 * Scenario: what a benchmark is, and what it hands back: figures with their floor and aim, tables, plots, notes.
 * Law: all of it is plain data, since it crosses from the scenario's process to the one that reports. A figure that was
 *      measured several times carries all its values; it is reported as median and spread.
 */

export type Axis = {
  readonly label: string;
  readonly scale: "linear" | "log";
  /** Where lines are drawn and what stands at them; else round numbers. */
  readonly ticks?: readonly { readonly at: number; readonly label: string }[];
};

export type Series = { readonly name: string; readonly points: readonly (readonly [x: number, y: number])[] };

export type Plot = {
  /** Of the file: results/<scenario>-<name>.svg. */
  readonly name: string;
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** Floors and aims, as lines across. */
  readonly lines?: readonly { readonly label: string; readonly y: number }[];
  /** Single bars instead of a line through the points; x then counts the bars. */
  readonly bars?: boolean;
};

export type Cell = string | number;

export type Table = {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
};

/** Rows as they were measured, for results/<scenario>-<name>.csv. */
export type Measured = {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
};

export type Figure = {
  readonly name: string;
  readonly unit: string;
  /** One for each run. */
  readonly values: readonly number[];
  readonly better: "more" | "less";
  readonly floor?: number;
  readonly aim?: number;
};

export type Report = {
  readonly seed: number;
  /** What was done, for who reads the figures: load, how long, how often. */
  readonly about: string;
  readonly figures: readonly Figure[];
  readonly tables: readonly Table[];
  readonly plots: readonly Plot[];
  readonly measured: readonly Measured[];
  readonly notes: readonly string[];
};

/** Servers that a run has for itself: an empty database, an empty logical database of Redis, topics of its own. */
export type BenchServers = {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly brokers: readonly string[];
  /** Stands before the names of topics. */
  readonly topicPrefix: string;
};

export type LoneContext = {
  readonly seed: number;
  /** A short run to see that all works; its figures mean little. */
  readonly quick: boolean;
  /** How long it should run, for a scenario of which the catalogue says that it takes that; null: as long as it likes. */
  readonly minutes: number | null;
  /** Tells how far it is. */
  say(text: string): void;
};

export type Context = LoneContext & { readonly servers: BenchServers };

export type Scenario = (context: Context) => Promise<Report>;

/** One that needs no servers. */
export type LoneScenario = (context: LoneContext) => Promise<Report>;
