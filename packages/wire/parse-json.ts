/**
 * Parses JSON from strangers.
 * In:  a text and its caps.   Out: plain values, or a problem.
 * Law: size and depth are checked before a value is built; a key given twice is refused, because two readers of one
 *      text must never see two meanings; the cost is linear in the text.
 * How repeats are found: keys counted in the text must be as many as keys found in the values; only when they are
 *      not is the repeated one looked for.
 * Not here: which fields there may be (public-json.ts).
 */
import { JSON_DEPTH_MAX, JSON_NAME_SHOWN_CHARS_MAX } from "./limits.ts";
import { invalid, no, ok, problem, type Result } from "./problem.ts";

export type ParseLimits = {
  /** UTF-16 units of the whole text. */
  readonly charsMax: number;
  readonly depthMax?: number;
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

export function parseJson(text: string, limits: ParseLimits): Result<unknown> {
  if (text.length > limits.charsMax) {
    return no(
      problem("PAYLOAD_TOO_LARGE", `the JSON must have at most ${limits.charsMax} characters`, {
        allowed: limits.charsMax,
      }),
    );
  }
  if (!text.isWellFormed()) return no(notJson("text without lone surrogates"));
  const depthMax = limits.depthMax ?? JSON_DEPTH_MAX;
  const keyCount = countKeys(text, depthMax);
  if (keyCount === null) return no(notJson(`JSON of at most ${depthMax} levels`));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return no(notJson("JSON")); // The engine's message quotes the text, which may hold a token.
  }
  if (keyCount === countFields(value)) return ok(value);
  return no(invalid(repeatedKey(text).slice(0, JSON_NAME_SHOWN_CHARS_MAX), "given twice", "given once"));
}

function notJson(allowed: string) {
  return problem("INVALID_ARGUMENT", `body must be ${allowed}`, { field: "body", allowed });
}

/** Colons outside of strings; null when the brackets go deeper than `depthMax`. Says nothing about validity. */
function countKeys(text: string, depthMax: number): number | null {
  let depth = 0;
  let count = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text.charCodeAt(index);
    if (char === QUOTE) index = endOfString(text, index);
    else if (char === COLON) count++;
    else if (char === OPENING_BRACE || char === OPENING_BRACKET) {
      if (++depth > depthMax) return null;
    } else if (char === CLOSING_BRACE || char === CLOSING_BRACKET) depth--;
  }
  return count;
}

/** Index of the closing quote, or of the text's end. */
function endOfString(text: string, openedAt: number): number {
  for (let index = openedAt + 1; index < text.length; index++) {
    const char = text.charCodeAt(index);
    if (char === BACKSLASH) index++;
    else if (char === QUOTE) return index;
  }
  return text.length;
}

/** Recursion is safe: the depth was checked. */
function countFields(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) count += countFields(item);
    return count;
  }
  for (const key of Object.keys(value)) count += 1 + countFields((value as Record<string, unknown>)[key]);
  return count;
}

/** The first key that its object has twice. The text is known to be valid JSON with at least one such key. */
function repeatedKey(text: string): string {
  const open: Set<string>[] = [];
  for (let index = 0; index < text.length; index++) {
    const char = text.charCodeAt(index);
    if (char === OPENING_BRACE || char === OPENING_BRACKET) open.push(new Set());
    else if (char === CLOSING_BRACE || char === CLOSING_BRACKET) open.pop();
    else if (char === QUOTE) {
      const end = endOfString(text, index);
      if (/^\s*:/.test(text.slice(end + 1, end + 1 + WHITESPACE_LOOKED_AT_CHARS))) {
        const key = JSON.parse(text.slice(index, end + 1)) as string;
        const keys = open.at(-1);
        if (keys?.has(key)) return key;
        keys?.add(key);
      }
      index = end;
    }
  }
  return "body"; // A repeat behind more white space than looked at: refused all the same, only not by name.
}

const WHITESPACE_LOOKED_AT_CHARS = 64; // Between a key and its colon; keeps the search linear.
