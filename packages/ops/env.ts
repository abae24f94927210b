/**
 * Env: the kinds of value a setting may have, each one reader of a text into a typed value.
 * In:  the text of one environment variable, or nothing.   Out: the value, or what would have been allowed.
 * Law: a kind never reads the environment itself and never throws; settings.ts does both, once, for a whole table.
 * An empty variable counts as unset, as `NAME= command` is how shells unset one.
 */

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false };

/** One setting: how its text is read and how it is described to people. */
export type Setting<T> = {
  /** One line for docs/OPERATIONS.md. */
  readonly about: string;
  /** What is allowed, in words; part of the error and of the documentation. */
  readonly allowed: string;
  /** The value when the variable is unset. */
  readonly fallback: T;
  /** The default as documentation shows it. */
  readonly fallbackShown: string;
  /** The value is never printed, not even in the error that refuses it. */
  readonly secret: boolean;
  readonly parse: (text: string) => Parsed<T>;
};

const TEXT_CHARS_MAX = 4096; // A longer text setting is refused: nothing of ours is that long.
const LIST_ITEMS_MAX = 256; // A longer list is refused.

const refused = { ok: false } as const;

function accepted<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

type Bounds = { readonly default: number; readonly min: number; readonly max: number; readonly about: string };

export function integer(options: Bounds): Setting<number> {
  return {
    ...numeric(options),
    allowed: `a whole number from ${options.min} to ${options.max}`,
    parse: (text) => (/^[+-]?\d{1,15}$/.test(text) ? within(Number(text), options) : refused),
  };
}

export function number(options: Bounds): Setting<number> {
  return {
    ...numeric(options),
    allowed: `a number from ${options.min} to ${options.max}`,
    parse: (text) => (/^[+-]?\d{1,15}(\.\d{1,15})?$/.test(text) ? within(Number(text), options) : refused),
  };
}

function numeric(options: Bounds) {
  return { about: options.about, fallback: options.default, fallbackShown: String(options.default), secret: false };
}

function within(value: number, { min, max }: Bounds): Parsed<number> {
  return value >= min && value <= max ? accepted(value) : refused;
}

type TextOptions = {
  readonly about: string;
  /** In words; default any text up to the cap. */
  readonly allowed?: string;
  /** Whether a text is of the allowed kind; default all are. */
  readonly check?: (text: string) => boolean;
};

export function text(options: TextOptions & { readonly default: string }): Setting<string> {
  return { ...textual(options), fallback: options.default, fallbackShown: options.default, secret: false };
}

/** A text that may be absent: null then. */
export function optionalText(options: TextOptions): Setting<string | null> {
  return { ...textual(options), fallback: null, fallbackShown: "", secret: false };
}

/** As optionalText, for values that must not appear in any output. */
export function secret(options: TextOptions): Setting<string | null> {
  return { ...textual(options), fallback: null, fallbackShown: "", secret: true };
}

function textual(options: TextOptions) {
  return {
    about: options.about,
    allowed: options.allowed ?? `text of at most ${TEXT_CHARS_MAX} characters`,
    parse: (value: string): Parsed<string> =>
      value.length <= TEXT_CHARS_MAX && (options.check?.(value) ?? true) ? accepted(value) : refused,
  };
}

export function oneOf<const T extends readonly string[]>(
  words: T,
  options: { readonly default: T[number]; readonly about: string },
): Setting<T[number]> {
  return {
    about: options.about,
    allowed: words.join(", "),
    fallback: options.default,
    fallbackShown: options.default,
    secret: false,
    parse: (value) => (words.includes(value) ? accepted(value as T[number]) : refused),
  };
}

export function flag(options: { readonly default: boolean; readonly about: string }): Setting<boolean> {
  return {
    about: options.about,
    allowed: "true, false, 1, 0",
    fallback: options.default,
    fallbackShown: String(options.default),
    secret: false,
    parse: (value) => {
      if (value === "true" || value === "1") return accepted(true);
      if (value === "false" || value === "0") return accepted(false);
      return refused;
    },
  };
}

/** Texts with commas between them; blanks around each are dropped, empty ones are refused. */
export function list(options: TextOptions & { readonly default: readonly string[] }): Setting<readonly string[]> {
  const check = options.check ?? (() => true);
  return {
    about: options.about,
    allowed: `${options.allowed ?? "texts"}, with commas between, at most ${LIST_ITEMS_MAX}`,
    fallback: Object.freeze([...options.default]),
    fallbackShown: options.default.join(","),
    secret: false,
    parse: (value) => {
      const items = value.split(",").map((item) => item.trim());
      const fits = items.length <= LIST_ITEMS_MAX && items.every((item) => item !== "" && check(item));
      return fits ? accepted(Object.freeze(items)) : refused;
    },
  };
}
