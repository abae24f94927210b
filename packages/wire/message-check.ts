/**
 * Message check: what public JSON's reader guarantees, for messages that came as protobuf or proto3 JSON, which both
 * can carry NaN, Infinity and numbers that no enum has.
 * In:  a decoded message of a stranger and its schema.   Out: null, or the first field that is wrong.
 * Law: numbers are finite, enums known, texts and arrays within the caps of public JSON. -0 stays: whoever stores it
 *      decides. Cost: one walk over the fields that are set.
 */
import type { DescField, DescMessage, Message, MessageShape } from "@bufbuild/protobuf";
import { JSON_ITEMS_MAX, JSON_STRING_CHARS_MAX } from "./limits.ts";
import { invalid, type Problem } from "./problem.ts";
import { enumWords, publicName } from "./public-names.ts";

type Fields = Record<string, unknown>;
type Wrong = { readonly path: string; readonly got: unknown; readonly allowed: string };

/** Null, or what is wrong with the message and where; `root` is the path of the message itself. */
export function checkMessage<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
  root = "",
): Problem | null {
  const wrong = checkFields(schema, message);
  return wrong && invalid(`${root}${wrong.path}`.replace(/^\./, ""), wrong.got, wrong.allowed);
}

function checkFields(schema: DescMessage, message: Message): Wrong | null {
  const values = message as unknown as Fields;
  for (const field of schema.fields) {
    const value = field.oneof ? caseValue(values[field.oneof.localName], field.localName) : values[field.localName];
    if (value === undefined) continue;
    const wrong = field.fieldKind === "list" ? checkItems(field, value as unknown[]) : checkValue(field, value);
    if (wrong) return { ...wrong, path: `.${publicName(field)}${wrong.path}` };
  }
  return null;
}

function caseValue(oneof: unknown, localName: string): unknown {
  const selected = oneof as { case?: string; value?: unknown };
  return selected.case === localName ? selected.value : undefined;
}

function checkItems(field: DescField, items: readonly unknown[]): Wrong | null {
  if (items.length > JSON_ITEMS_MAX) {
    return { path: "", got: `${items.length} items`, allowed: `an array of at most ${JSON_ITEMS_MAX} items` };
  }
  for (const [index, item] of items.entries()) {
    const wrong = checkValue(field, item);
    if (wrong) return { ...wrong, path: `[${index}]${wrong.path}` };
  }
  return null;
}

function checkValue(field: DescField, value: unknown): Wrong | null {
  if (typeof value === "number") {
    if (field.enum) return checkEnum(field.enum, value);
    return Number.isFinite(value) ? null : { path: "", got: value, allowed: "a finite number" };
  }
  if (typeof value === "string") {
    if (value.length <= JSON_STRING_CHARS_MAX) return null;
    return { path: "", got: value, allowed: `at most ${JSON_STRING_CHARS_MAX} characters` };
  }
  // A Struct is plain JSON, which the decoder already made sure of.
  return field.message && field.message.typeName !== "google.protobuf.Struct"
    ? checkFields(field.message, value as Message)
    : null;
}

function checkEnum(enumeration: NonNullable<DescField["enum"]>, value: number): Wrong | null {
  if (Object.hasOwn(enumeration.value, value)) return null;
  return { path: "", got: value, allowed: `one of ${enumWords(enumeration).join(", ")}` };
}
