/**
 * Settings: one table per service says every setting's name, kind, default, bounds and meaning.
 * In:  the table and an environment.   Out: a frozen object of typed values; or the table as documentation.
 * Law: a wrong setting stops the start with its name, its value and what is allowed; there is no silent fallback.
 * Not here: the kinds themselves (env.ts), which settings there are (each service's config.ts).
 */
import type { Setting } from "./env.ts";

export { flag, integer, list, number, oneOf, optionalText, type Setting, secret, text } from "./env.ts";

export type SettingsTable = { readonly [name: string]: Setting<unknown> };

/** The values of a table, by the names of its settings. */
export type SettingsOf<Table extends SettingsTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Setting<infer Value> ? Value : never;
};

export type Environment = { readonly [name: string]: string | undefined };

/** A setting that is not what it may be. The message names setting, value and what is allowed. */
export class SettingError extends Error {
  override name = "SettingError";
  readonly setting: string;
  readonly allowed: string;

  constructor({ setting, shown, allowed }: { setting: string; shown: string; allowed: string }) {
    super(`${setting} is ${shown}; allowed: ${allowed}`);
    this.setting = setting;
    this.allowed = allowed;
  }
}

const NAME = /^[A-Z][A-Z0-9_]*$/;
const SHOWN_CHARS_MAX = 120; // An error line stays readable whatever was set.

/** Declares a table; a name that no environment would have is a mistake of ours and throws at once. */
export function defineSettings<const Table extends SettingsTable>(table: Table): Table {
  for (const name of Object.keys(table)) {
    if (!NAME.test(name)) throw new TypeError(`a setting's name is upper snake case, not ${name}`);
  }
  return Object.freeze(table);
}

/** Reads all settings of a table; throws SettingError at the first that is wrong. */
export function readSettings<Table extends SettingsTable>(table: Table, env: Environment): SettingsOf<Table> {
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(table)) values[name] = readSetting(name, setting, env[name]);
  return Object.freeze(values) as SettingsOf<Table>;
}

function readSetting(name: string, setting: Setting<unknown>, raw: string | undefined): unknown {
  if (raw === undefined || raw === "") return setting.fallback;
  const parsed = setting.parse(raw);
  if (parsed.ok) return parsed.value;
  throw new SettingError({
    setting: name,
    shown: setting.secret ? "not valid" : quoted(raw),
    allowed: setting.allowed,
  });
}

function quoted(raw: string): string {
  return JSON.stringify(raw.length > SHOWN_CHARS_MAX ? `${raw.slice(0, SHOWN_CHARS_MAX)}…` : raw);
}

/** The table as Markdown, in its own order: name, default, what is allowed, meaning. */
export function describeSettings(table: SettingsTable): string {
  const rows = Object.entries(table).map(([name, setting]) => {
    const fallback = setting.fallbackShown === "" ? "none" : `\`${setting.fallbackShown}\``;
    return `| \`${name}\` | ${cell(fallback)} | ${cell(setting.allowed)} | ${cell(setting.about)} |`;
  });
  return ["| setting | default | allowed | meaning |", "|---|---|---|---|", ...rows].join("\n");
}

function cell(value: string): string {
  return value.replaceAll("|", "\\|").replaceAll("\n", " ");
}
