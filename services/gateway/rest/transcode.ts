/**
 * Transcode: an HTTP request as the request message of its route.
 * In:  route, path parameters, query, headers, body text.   Out: the message, or the field that is wrong. Pure.
 * Law: every field has one source: path before header before body or query; a second source that says otherwise is
 *      refused, not overruled. Ids in paths are canonical UUIDs.
 * Not here: types and bounds of values (packages/wire/public-json.ts), what they mean (combat).
 */
import { type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import { isUuid } from "#kit/uuid.ts";
import { invalid, no, ok, type Result } from "#wire/problem.ts";
import { fromPublicJson, parseJson } from "#wire/public-json.ts";
import { BODY_BYTES_MAX, IDEMPOTENCY_KEY_CHARS_MAX, QUERY_PARAMETERS_MAX } from "../limits.ts";
import type { RouteMatch } from "./routes.ts";

export type RequestParts = {
  /** Without the question mark. */
  readonly query: string;
  readonly ifMatch: string | undefined;
  readonly idempotencyKey: string | undefined;
  /** Empty when there is none. */
  readonly body: string;
};

type Fields = Record<string, unknown>;

export function toRequestMessage({ route, parameters }: RouteMatch, parts: RequestParts): Result<Message> {
  const schema = route.method.input;
  const path = readPath(parameters);
  if (!path.ok) return path;
  const headers = readHeaders(schema, parts);
  if (!headers.ok) return headers;
  const query = readQuery(schema, parts.query, route.hasBody);
  if (!query.ok) return query;
  const body = route.hasBody ? readBody(parts.body) : ok({});
  if (!body.ok) return body;
  // Spread copies a key __proto__ as what it is, an unknown field.
  const given: Fields = { ...query.value, ...body.value };
  for (const [name, value] of Object.entries({ ...headers.value, ...path.value })) {
    const other = given[name];
    if (other !== undefined && other !== null && other !== value) {
      return no(invalid(name, other, `absent or ${value}, as the path or header has it`));
    }
    given[name] = value;
  }
  return fromPublicJson(schema, given);
}

function readPath(parameters: Readonly<Record<string, string>>): Result<Fields> {
  for (const [name, value] of Object.entries(parameters)) {
    if (name.endsWith("_id") && !isUuid(value)) return no(invalid(name, value, "a canonical lower-case UUID"));
  }
  return ok(parameters);
}

function readHeaders(schema: DescMessage, { ifMatch, idempotencyKey }: RequestParts): Result<Fields> {
  const fields: Fields = {};
  if (ifMatch !== undefined && hasField(schema, "expected_version")) {
    const version = /^(?:(?:W\/)?"(\d{1,10})"|(\d{1,10})|\*)$/.exec(ifMatch.trim());
    if (!version) return no(invalid("If-Match", ifMatch, 'one ETag of a session, for example "3"'));
    const digits = version[1] ?? version[2];
    if (digits !== undefined) fields["expected_version"] = Number(digits); // `*` is any version: no condition.
  }
  if (idempotencyKey !== undefined && hasField(schema, "idempotency_key")) {
    if (idempotencyKey.length === 0 || idempotencyKey.length > IDEMPOTENCY_KEY_CHARS_MAX) {
      return no(invalid("Idempotency-Key", idempotencyKey, `1 to ${IDEMPOTENCY_KEY_CHARS_MAX} characters`));
    }
    fields["idempotency_key"] = idempotencyKey;
  }
  return ok(fields);
}

function hasField(schema: DescMessage, name: string): boolean {
  return schema.fields.some((field) => field.name === name);
}

function readBody(body: string): Result<Fields> {
  if (body === "") return ok({});
  const parsed = parseJson(body, { charsMax: BODY_BYTES_MAX });
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return ok(value as Fields);
  return no(invalid("body", value, "a JSON object"));
}

function readQuery(schema: DescMessage, query: string, hasBody: boolean): Result<Fields> {
  const fields: Fields = {};
  if (query === "") return ok(fields);
  const parameters = [...new URLSearchParams(query)];
  if (parameters.length > QUERY_PARAMETERS_MAX) {
    return no(invalid("query", `${parameters.length} parameters`, `at most ${QUERY_PARAMETERS_MAX} parameters`));
  }
  for (const [name, value] of parameters) {
    const field = hasBody ? undefined : schema.fields.find((candidate) => candidate.name === name);
    if (!field)
      return no(invalid(name, value, hasBody ? "in the body, not in the query" : `one of ${queryNames(schema)}`));
    if (Object.hasOwn(fields, name) && field.fieldKind !== "list") return no(invalid(name, value, "given once"));
    const typed = typedValue(field, value);
    if (field.fieldKind === "list") fields[name] = [...((fields[name] as unknown[] | undefined) ?? []), typed];
    else fields[name] = typed;
  }
  return ok(fields);
}

function queryNames(schema: DescMessage): string {
  return schema.fields.map((field) => field.name).join(", ") || "none";
}

/** A text as the JSON value it stands for; what is no number or truth value stays text and is refused as such. */
function typedValue(field: DescField, value: string): unknown {
  if (field.scalar === undefined || field.scalar === ScalarType.STRING) return value;
  if (field.scalar === ScalarType.BOOL) return value === "true" ? true : value === "false" ? false : value;
  return /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : value;
}
