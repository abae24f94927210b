/**
 * Arbitrary messages: any lawful message of a descriptor, for properties of the conversion.
 * Law: only values that public JSON promises to carry: finite numbers, whole milliseconds, no -0, no slots.
 */
import { create, type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import fc from "fast-check";
import { fieldForm } from "#wire/public-names.ts";

type Fields = Record<string, unknown>;

const LEVELS_MAX = 5; // Deeper message fields stay unset; no message of ours refers to itself that deep.
const FIRST_UNIX_SECONDS = -62_135_596_800n;
const LAST_UNIX_SECONDS = 253_402_300_799n;

const text = fc.string({ unit: "binary", maxLength: 24 });
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
const whole = (min: number, max: number) => fc.integer({ min, max });
const plainJson = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: "small" }, fc.constant(null), fc.boolean(), text, finite, tie("list"), tie("object")),
  list: fc.array(tie("value"), { maxLength: 3 }),
  object: fc.dictionary(
    text.filter((key) => key !== "__proto__"),
    tie("value"),
    { maxKeys: 3, noNullPrototype: true },
  ),
}));

export function arbitraryMessage(schema: DescMessage, levelsLeft = LEVELS_MAX): fc.Arbitrary<Message> {
  const parts: fc.Arbitrary<Fields>[] = [];
  for (const field of schema.fields) {
    if (field.oneof || fieldForm(field).playerSlot) continue;
    const value = valuesOf(field, levelsLeft);
    if (!value) continue;
    const set = value.map((given): Fields => ({ [field.localName]: given }));
    parts.push(field.presence === 1 ? fc.oneof(fc.constant({}), set) : set); // EXPLICIT presence: may be unset.
  }
  for (const oneof of schema.oneofs) {
    const cases = oneof.fields.flatMap((field) => {
      const value = fieldForm(field).playerSlot ? null : valuesOf(field, levelsLeft);
      return value
        ? [value.map((given): Fields => ({ [oneof.localName]: { case: field.localName, value: given } }))]
        : [];
    });
    parts.push(fc.oneof(fc.constant({}), ...cases));
  }
  return fc.tuple(...parts).map((all) => create(schema, Object.assign({}, ...all)));
}

function valuesOf(field: DescField, levelsLeft: number): fc.Arbitrary<unknown> | null {
  const one = oneOf(field, levelsLeft);
  return one && field.fieldKind === "list" ? fc.array(one, { maxLength: 3 }) : one;
}

function oneOf(field: DescField, levelsLeft: number): fc.Arbitrary<unknown> | null {
  if (field.message) return messageOf(field.message, levelsLeft);
  if (field.enum)
    return fc.constantFrom(...field.enum.values.map(({ number }) => number).filter((number) => number > 0));
  if (fieldForm(field).unixMs) return whole(Number(FIRST_UNIX_SECONDS) * 1000, Number(LAST_UNIX_SECONDS) * 1000);
  switch (field.scalar) {
    case ScalarType.STRING:
      return text;
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 40 }).map((bytes) => Uint8Array.from(bytes));
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.DOUBLE:
      return finite;
    case ScalarType.FLOAT:
      return fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return whole(0, 0xffff_ffff);
    default:
      return whole(-0x8000_0000, 0x7fff_ffff);
  }
}

function messageOf(schema: DescMessage, levelsLeft: number): fc.Arbitrary<unknown> | null {
  if (schema.typeName === "google.protobuf.Struct") return plainJson.object;
  if (schema.typeName === "google.protobuf.Timestamp") {
    const nanos = fc.oneof(fc.constant(0), whole(0, 999_999_999));
    const seconds = fc.bigInt({ min: FIRST_UNIX_SECONDS, max: LAST_UNIX_SECONDS });
    return fc.record({ seconds, nanos }).map((given) => create(schema, given as Fields));
  }
  return levelsLeft === 0 ? null : arbitraryMessage(schema, levelsLeft - 1);
}
