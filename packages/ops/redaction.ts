/**
 * Redaction: what may be logged of any value. Tokens and credentials never reach a log, wherever they sit.
 * In:  the fields or the message of a record.   Out: a copy that is bounded, plain and free of secrets.
 * Law: by the name of the field, by `token=` and `bearer` in texts, and by the look of a JWT; whatever one rule
 *      misses the next should catch. Never throws: a value that cannot be read says so instead.
 */
import { LOG_DEPTH_MAX, LOG_ENTRIES_MAX, LOG_TEXT_CHARS_MAX } from "./limits.ts";

export const REDACTED = "[redacted]";

const SECRET_NAME =
  /(^|[_-])(token|tokens|jwt|authorization|password|passwd|secret|cookie|ticket)$|token$|authorization$/i;
const TOKEN_IN_URL = /((?:^|[?&;\s"'])(?:[\w-]*token|jwt|access_key|password)=)[^&#\s"'<>]*/gi;
const PERCENT_TOKEN_IN_URL = /((?:\?|&|%3f|%26)[\w-]*token%3d)[^&#\s"'<>%]*/gi;
const BEARER = /\b(bearer[\s.]+)[\w~+/.=-]+/gi;
const JWT = /\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?/g;
const CREDENTIALS_IN_URL = /\b([a-z][a-z0-9+.-]{1,15}:\/\/[^/\s:@]*:)[^/\s@]+@/gi;

/** A text without tokens, cut at the cap. */
export function redactText(text: string): string {
  // Cut first: the patterns then see a bounded text whatever somebody sent.
  const short = text.length > LOG_TEXT_CHARS_MAX ? `${text.slice(0, LOG_TEXT_CHARS_MAX)}…` : text;
  return short
    .replace(TOKEN_IN_URL, `$1${REDACTED}`)
    .replace(PERCENT_TOKEN_IN_URL, `$1${REDACTED}`)
    .replace(BEARER, `$1${REDACTED}`)
    .replace(JWT, REDACTED)
    .replace(CREDENTIALS_IN_URL, `$1${REDACTED}@`);
}

/** The fields of a record without secrets, as plain values. */
export function redactFields(fields: Record<string, unknown>): Record<string, unknown> {
  try {
    return plainObject(fields, 1);
  } catch (error) {
    return { unreadable: error instanceof Error ? error.name : "thrown" }; // A getter or proxy that throws.
  }
}

function plain(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case "string":
      return redactText(value);
    case "bigint":
      return String(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "function":
    case "symbol":
      return `[${typeof value}]`;
    case "object":
      return value === null ? null : plainReference(value, depth);
    default:
      return value;
  }
}

function plainReference(value: object, depth: number): unknown {
  if (depth > LOG_DEPTH_MAX) return "[deep]";
  if (value instanceof Error) return plainError(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[invalid date]" : value.toISOString();
  if (value instanceof URL) return redactText(value.href);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map) return plainObject(Object.fromEntries(take(value.entries())), depth + 1);
  if (Array.isArray(value) || value instanceof Set) return take(value.values()).map((item) => plain(item, depth + 1));
  return plainObject(value as Record<string, unknown>, depth + 1);
}

function plainObject(fields: Record<string, unknown>, depth: number): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const name of Object.keys(fields).slice(0, LOG_ENTRIES_MAX)) {
    out[redactText(name)] = SECRET_NAME.test(name) && hides(fields[name]) ? REDACTED : plain(fields[name], depth);
  }
  return out;
}

/** Numbers and truth values under a telling name are counts and answers (`tokens: 3`), not secrets. */
function hides(value: unknown): boolean {
  return typeof value !== "number" && typeof value !== "boolean" && value !== null && value !== undefined;
}

function plainError(error: Error, depth: number): Record<string, unknown> {
  const out: Record<string, unknown> = { name: error.name, message: redactText(error.message) };
  if ("code" in error && (typeof error.code === "string" || typeof error.code === "number")) out["code"] = error.code;
  if (error.stack !== undefined) out["stack"] = redactText(error.stack);
  if (error.cause !== undefined) out["cause"] = plain(error.cause, depth + 1);
  return out;
}

function take<T>(items: Iterable<T>): T[] {
  const out: T[] = [];
  for (const item of items) {
    if (out.length >= LOG_ENTRIES_MAX) break;
    out.push(item);
  }
  return out;
}
