/**
 * Public JSON: the one conversion between generated messages and the JSON that REST and socket clients see.
 * In:  a message and its schema, or JSON of a stranger.   Out: plain JSON, or a message, or the field that is wrong.
 * Law: what is printed reads back as the same message (slots apart); what is read has only known fields of the right
 *      type within bounds, finite numbers and no -0; the answer names the field as `participants[0].player_id`.
 * Form: snake_case names; enums lower-case without prefix, UNSPECIFIED left out; RFC 3339 times; Struct as it is;
 *      plain fields always printed, optional and message fields only when set; oneof fields by their own names.
 * Not here: size and depth of the text (parse-json.ts), what values mean.
 */
import {
  create,
  type DescEnum,
  type DescField,
  type DescMessage,
  type Message,
  type MessageShape,
  ScalarType,
} from "@bufbuild/protobuf";
import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";
import { assert } from "#kit/assert.ts";
import { JSON_DEPTH_MAX, JSON_ITEMS_MAX, JSON_NAME_SHOWN_CHARS_MAX, JSON_STRING_CHARS_MAX } from "./limits.ts";
import { invalid, no, ok, type Result } from "./problem.ts";
import { enumWord, enumWords, fieldForm, publicName } from "./public-names.ts";
import { type Instant, instantToUnixMs, parseInstant, printInstant, printUnixMs } from "./rfc3339.ts";

export { type ParseLimits, parseJson } from "./parse-json.ts";

export type PublicJsonContext = {
  /** Player ids by slot; a slot without one is left out. */
  readonly playerIds?: readonly string[];
};

/** A message as public JSON. */
export function toPublicJson<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
  context: PublicJsonContext = {},
): Record<string, unknown> {
  return printMessage(planOf(schema), message, context);
}

/**
 * JSON as a message, or what is wrong with it. `root` is the path of `json` itself where it is part of something,
 * for example `data`.
 */
export function fromPublicJson<Desc extends DescMessage>(
  schema: Desc,
  json: unknown,
  root = "",
): Result<MessageShape<Desc>> {
  const reading: Reading = { refusal: null };
  const message = readMessage(planOf(schema), json, reading);
  if (message !== REFUSED) return ok(message as MessageShape<Desc>);
  assert(reading.refusal !== null, "a refused value has a refusal");
  const { pathUpwards, got, allowed } = reading.refusal;
  const path = pathUpwards.reduceRight((whole, part) => whole + part, root).replace(/^\./, "");
  return no(invalid(path === "" ? "body" : path, got, allowed));
}

type Fields = Record<string, unknown>;

/** Where a refusal is noted; each level on the way up adds its part of the path, so a good message pays nothing. */
type Reading = { refusal: { readonly pathUpwards: string[]; readonly got: unknown; readonly allowed: string } | null };

const REFUSED = Symbol("refused");
type Refused = typeof REFUSED;

/** How values of one kind look. `print` answers undefined for what is left out. */
type Form = {
  readonly print: (value: unknown, context: PublicJsonContext) => unknown;
  readonly read: (json: unknown, reading: Reading) => unknown | Refused;
};

type FieldPlan = Form & {
  readonly name: string;
  readonly localName: string;
  /** Local name of the oneof it belongs to. */
  readonly oneof: string | null;
  readonly repeated: boolean;
  /** False for what only the server says. */
  readonly readable: boolean;
};

type Plan = {
  readonly schema: DescMessage;
  readonly fields: readonly FieldPlan[];
  readonly byName: ReadonlyMap<string, FieldPlan>;
  readonly knownNames: string;
};

const plans = new WeakMap<DescMessage, Plan>(); // As many as there are message types.

function planOf(schema: DescMessage): Plan {
  const known = plans.get(schema);
  if (known) return known;
  const fields = schema.fields.map(planField);
  const readable = fields.filter((field) => field.readable);
  const plan: Plan = {
    schema,
    fields,
    byName: new Map(readable.map((field) => [field.name, field])),
    knownNames: readable.length === 0 ? "none" : readable.map((field) => field.name).join(", "),
  };
  plans.set(schema, plan);
  return plan;
}

function planField(field: DescField): FieldPlan {
  const { playerSlot } = fieldForm(field);
  return {
    name: publicName(field),
    localName: field.localName,
    oneof: field.oneof?.localName ?? null,
    repeated: field.fieldKind === "list",
    readable: !playerSlot,
    ...formOf(field),
  };
}

// Printing

function printMessage(plan: Plan, message: Message, context: PublicJsonContext): Fields {
  const json: Fields = {};
  const values = message as unknown as Fields;
  for (const field of plan.fields) {
    const value = field.oneof === null ? values[field.localName] : caseValue(values[field.oneof], field.localName);
    if (value === undefined) continue;
    const printed = field.repeated ? printItems(field, value as unknown[], context) : field.print(value, context);
    if (printed !== undefined) json[field.name] = printed;
  }
  return json;
}

function caseValue(oneof: unknown, localName: string): unknown {
  const selected = oneof as { case?: string; value?: unknown };
  return selected.case === localName ? selected.value : undefined;
}

function printItems(field: FieldPlan, items: readonly unknown[], context: PublicJsonContext): unknown[] {
  const printed: unknown[] = [];
  for (const item of items) {
    const value = field.print(item, context);
    if (value !== undefined) printed.push(value);
  }
  return printed;
}

// Reading

function refuse(reading: Reading, got: unknown, allowed: string): Refused {
  reading.refusal = { pathUpwards: [], got, allowed };
  return REFUSED;
}

function refuseUnder(reading: Reading, part: string): Refused {
  reading.refusal?.pathUpwards.push(part);
  return REFUSED;
}

function readMessage(plan: Plan, json: unknown, reading: Reading): Message | Refused {
  if (!isJsonObject(json)) return refuse(reading, json, "an object");
  const message = create(plan.schema);
  const values = message as unknown as Fields;
  for (const name of Object.keys(json)) {
    const field = plan.byName.get(name);
    if (!field) {
      refuse(reading, json[name], `absent; known fields are ${plan.knownNames}`);
      return refuseUnder(reading, `.${name.slice(0, JSON_NAME_SHOWN_CHARS_MAX)}`);
    }
    const given = json[name];
    if (given === null || given === undefined) continue;
    const value = field.repeated ? readItems(field, given, reading) : field.read(given, reading);
    if (value === REFUSED) return refuseUnder(reading, `.${name}`);
    if (field.oneof === null) values[field.localName] = value;
    else if (!setCase(values, field, value)) {
      refuse(reading, name, "absent, since another of its group is given");
      return refuseUnder(reading, `.${name}`);
    }
  }
  return message;
}

function setCase(values: Fields, field: FieldPlan, value: unknown): boolean {
  const oneof = field.oneof as string;
  if ((values[oneof] as { case?: string }).case !== undefined) return false;
  values[oneof] = { case: field.localName, value };
  return true;
}

function readItems(field: FieldPlan, json: unknown, reading: Reading): unknown[] | Refused {
  if (!Array.isArray(json) || json.length > JSON_ITEMS_MAX) {
    return refuse(
      reading,
      Array.isArray(json) ? `${json.length} items` : json,
      `an array of at most ${JSON_ITEMS_MAX} items`,
    );
  }
  const items: unknown[] = [];
  for (let index = 0; index < json.length; index++) {
    const item = field.read(json[index], reading);
    if (item === REFUSED) return refuseUnder(reading, `[${index}]`);
    items.push(item);
  }
  return items;
}

function isJsonObject(json: unknown): json is Fields {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

// Forms

function formOf(field: DescField): Form {
  const { perUnit, playerSlot, unixMs } = fieldForm(field);
  assert(field.fieldKind !== "map", `${field.toString()}: public JSON has no form for maps`);
  if (field.message) return messageForm(field.message);
  if (field.enum) return enumForm(field.enum);
  if (playerSlot) return playerSlotForm;
  if (unixMs) return unixMsForm;
  const form = scalarForm(field.scalar as ScalarType, field.toString());
  return perUnit === null ? form : perUnitForm(form, perUnit);
}

function messageForm(schema: DescMessage): Form {
  if (schema.typeName === "google.protobuf.Timestamp") return timestampForm;
  if (schema.typeName === "google.protobuf.Struct") return structForm;
  const unknown = schema.typeName.startsWith("google.protobuf.") && schema.typeName !== "google.protobuf.Empty";
  assert(!unknown, `public JSON has no form for ${schema.typeName}`);
  return {
    print: (value, context) => printMessage(planOf(schema), value as Message, context),
    read: (json, reading) => readMessage(planOf(schema), json, reading),
  };
}

function enumForm(enumeration: DescEnum): Form {
  const wordByNumber = new Map(enumeration.values.map((value) => [value.number, enumWord(value) ?? undefined]));
  const numberByWord = new Map(enumeration.values.map((value) => [enumWord(value), value.number]));
  const allowed = `one of ${enumWords(enumeration).join(", ")}`;
  return {
    print: (value) => wordByNumber.get(value as number), // A number from a newer server is left out, like UNSPECIFIED.
    read: (json, reading) => {
      const number = typeof json === "string" ? numberByWord.get(json) : undefined;
      return number === undefined ? refuse(reading, json, allowed) : number;
    },
  };
}

function scalarForm(scalar: ScalarType, where: string): Form {
  const bounds = INTEGER_BOUNDS[scalar];
  if (bounds) return integerForm(bounds.min, bounds.max);
  if (scalar === ScalarType.DOUBLE) return numberForm(Number.MAX_VALUE);
  if (scalar === ScalarType.FLOAT) return numberForm(FLOAT_MAX);
  if (scalar === ScalarType.STRING) return stringForm;
  if (scalar === ScalarType.BYTES) return bytesForm;
  assert(scalar === ScalarType.BOOL, `${where}: public JSON has no form for ${ScalarType[scalar]}`);
  return boolForm;
}

const FLOAT_MAX = 3.4028234663852886e38;
const UNSIGNED = { min: 0, max: 0xffff_ffff };
const SIGNED = { min: -0x8000_0000, max: 0x7fff_ffff };
const INTEGER_BOUNDS: { readonly [scalar in ScalarType]?: { readonly min: number; readonly max: number } } = {
  [ScalarType.UINT32]: UNSIGNED,
  [ScalarType.FIXED32]: UNSIGNED,
  [ScalarType.INT32]: SIGNED,
  [ScalarType.SINT32]: SIGNED,
  [ScalarType.SFIXED32]: SIGNED,
};

function integerForm(min: number, max: number): Form {
  const allowed = `a whole number from ${min} to ${max}`;
  return {
    print: (value) => value,
    read: (json, reading) => {
      if (!Number.isInteger(json)) return refuse(reading, json, allowed);
      const integer = json as number;
      return integer >= min && integer <= max ? withoutMinusZero(integer) : refuse(reading, json, allowed);
    },
  };
}

function numberForm(max: number): Form {
  return {
    print: (value) => withoutMinusZero(value as number),
    read: (json, reading) => {
      const within = typeof json === "number" && Math.abs(json) <= max; // Neither NaN nor Infinity is.
      return within ? withoutMinusZero(json) : refuse(reading, json, "a finite number");
    },
  };
}

function withoutMinusZero(value: number): number {
  return value === 0 ? 0 : value;
}

function perUnitForm(parts: Form, perUnit: number): Form {
  return {
    print: (value) => (value as number) / perUnit,
    read: (json, reading) => {
      if (typeof json !== "number" || !Number.isFinite(json)) return refuse(reading, json, "a finite number");
      return parts.read(Math.round(json * perUnit), reading);
    },
  };
}

const stringForm: Form = {
  print: (value) => value,
  read: (json, reading) => {
    if (typeof json !== "string") return refuse(reading, json, "a string");
    if (json.length > JSON_STRING_CHARS_MAX)
      return refuse(reading, json, `at most ${JSON_STRING_CHARS_MAX} characters`);
    return json.isWellFormed() ? json : refuse(reading, json.toWellFormed(), "text without lone surrogates");
  },
};

const bytesForm: Form = {
  print: (value) => base64Encode(value as Uint8Array),
  read: (json, reading) => {
    if (typeof json !== "string" || json.length > JSON_STRING_CHARS_MAX || !BASE64.test(json)) {
      return refuse(reading, json, `bytes in base64, at most ${JSON_STRING_CHARS_MAX} characters`);
    }
    return base64Decode(json);
  },
};

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const boolForm: Form = {
  print: (value) => value,
  read: (json, reading) => (typeof json === "boolean" ? json : refuse(reading, json, "true or false")),
};

const playerSlotForm: Form = {
  print: (value, context) => context.playerIds?.[value as number] || undefined,
  read: (json, reading) => refuse(reading, json, "absent"),
};

const unixMsForm: Form = {
  print: (value) => printUnixMs(value as number),
  read: (json, reading) => {
    const instant = readInstant(json, reading);
    return instant === REFUSED ? REFUSED : instantToUnixMs(instant);
  },
};

const timestampForm: Form = {
  print: (value) => printInstant(value as Instant),
  read: (json, reading) => {
    const instant = readInstant(json, reading);
    return instant === REFUSED ? REFUSED : { $typeName: "google.protobuf.Timestamp", ...instant };
  },
};

function readInstant(json: unknown, reading: Reading): Instant | Refused {
  const instant = typeof json === "string" ? parseInstant(json) : null;
  return instant ?? refuse(reading, json, "an RFC 3339 time, for example 2025-01-01T12:00:00Z");
}

const structForm: Form = {
  print: (value) => value,
  read: (json, reading) => {
    if (!isJsonObject(json)) return refuse(reading, json, "an object");
    return isPlainJson(json, JSON_DEPTH_MAX) ? json : refuse(reading, "an object", "plain JSON with finite numbers");
  },
};

function isPlainJson(json: unknown, levelsLeft: number): boolean {
  if (levelsLeft === 0) return false;
  if (typeof json === "number") return Number.isFinite(json);
  if (typeof json === "string") return json.length <= JSON_STRING_CHARS_MAX && json.isWellFormed();
  if (typeof json !== "object" || json === null) return json === null || typeof json === "boolean";
  if (Object.hasOwn(json, "__proto__")) return false; // Harmless here, but not to whoever merges it.
  return Object.values(json).every((value) => isPlainJson(value, levelsLeft - 1));
}
