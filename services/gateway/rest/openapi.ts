/**
 * OpenAPI: the document of the REST routes, made from the same descriptors that serve them.
 * In:  the routes.   Out: an OpenAPI 3.1 document as plain JSON.
 * Law: whatever the conversion of public JSON accepts and prints is what the schemas say, since both read their
 *      names from packages/wire/public-names.ts.
 * Not here: bounds that combat checks (they stand in the proto comments and docs/PROTOCOL.md).
 */
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { REASONS, type Reason } from "#wire/problem.ts";
import { enumWords, fieldForm, publicName } from "#wire/public-names.ts";
import { API_PREFIX, type Route } from "./routes.ts";

type Json = Record<string, unknown>;

export function openApiDocument(routes: readonly Route[]): Json {
  const schemas = createSchemas(routes);
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    paths[route.template] ??= {};
    (paths[route.template] as Json)[route.verb.toLowerCase()] = operationOf(route, schemas);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Combat sessions",
      version: "1.0.0",
      description: "Sessions of real-time combat: public REST routes.",
    },
    servers: [{ url: "/" }, { url: API_PREFIX }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
      schemas: { ...schemas.all(), Problem: problemSchema(Object.keys(REASONS) as Reason[]) },
      responses: Object.fromEntries(errorStatuses().map((status) => [`Error${status}`, errorResponse(status)])),
    },
  };
}

function operationOf(route: Route, schemas: Schemas): Json {
  const { method } = route;
  const operation: Json = {
    operationId: method.localName,
    summary: summaryOf(method.name),
    parameters: parametersOf(route),
    responses: {
      [route.status]: goodResponse(route, schemas),
      ...Object.fromEntries(
        errorStatuses().map((status) => [status, { $ref: `#/components/responses/Error${status}` }]),
      ),
    },
  };
  if (route.hasBody) {
    const schema = schemas.refer(method.input);
    operation["requestBody"] = { required: false, content: { "application/json": { schema } } };
  }
  return operation;
}

/** CreateSession is "Create session". */
function summaryOf(name: string): string {
  const words = name.replace(
    /([a-z])([A-Z])/g,
    (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  );
  return words;
}

function parametersOf(route: Route): Json[] {
  const inPath = pathParameters(route);
  const parameters: Json[] = [...inPath].map((name) => ({
    name,
    in: "path",
    required: true,
    schema: name.endsWith("_id") ? { type: "string", format: "uuid" } : { type: "string" },
  }));
  for (const field of route.method.input.fields) {
    if (field.name === "expected_version") parameters.push(headerParameter("If-Match", "ETag of the session"));
    if (field.name === "idempotency_key") parameters.push(headerParameter("Idempotency-Key", "1 to 128 characters"));
    if (route.hasBody || inPath.has(field.name) || field.message) continue;
    parameters.push({ name: field.name, in: "query", required: false, schema: valueSchema(field, noReferences) });
  }
  return parameters;
}

function headerParameter(name: string, description: string): Json {
  return { name, in: "header", required: false, description, schema: { type: "string" } };
}

function pathParameters(route: Route): Set<string> {
  return new Set(route.segments.flatMap((segment) => ("parameter" in segment ? [segment.parameter] : [])));
}

function goodResponse(route: Route, schemas: Schemas): Json {
  if (route.status === 204) return { description: "Done; nothing to tell" };
  const { output } = route.method;
  const headers: Json = {};
  if (output.fields.some((field) => field.name === "version")) headers["ETag"] = { schema: { type: "string" } };
  if (route.status === 201) headers["Location"] = { schema: { type: "string" } };
  return { description: output.name, headers, content: { "application/json": { schema: schemas.refer(output) } } };
}

// Errors

function errorStatuses(): number[] {
  const statuses = new Set<number>(Object.values(REASONS).map((row) => row.http));
  statuses.delete(405); // Of paths that are not in this document, as is 426.
  statuses.delete(426);
  return [...statuses].sort((a, b) => a - b);
}

function errorResponse(status: number): Json {
  const reasons = (Object.keys(REASONS) as Reason[]).filter((reason) => REASONS[reason].http === status);
  const headers = status === 429 || status === 503 ? { "Retry-After": { schema: { type: "integer" } } } : {};
  return {
    description: reasons.join(", "),
    headers,
    content: { "application/json": { schema: problemSchema(reasons) } },
  };
}

function problemSchema(reasons: readonly Reason[]): Json {
  return {
    type: "object",
    required: ["error", "message", "details"],
    properties: {
      error: { type: "string", enum: [...reasons] },
      message: { type: "string" },
      details: { type: "object", additionalProperties: true },
    },
  };
}

// Messages

type Schemas = { refer(message: DescMessage): Json; all(): Json };
type Refer = (message: DescMessage) => Json;

function createSchemas(routes: readonly Route[]): Schemas {
  const inPathByRequest = new Map(routes.map((route) => [route.method.input, pathParameters(route)]));
  const asked = reachable(routes.map((route) => route.method.input));
  const known = new Map<DescMessage, Json>();
  function refer(message: DescMessage): Json {
    if (!known.has(message)) {
      known.set(message, {}); // Holds the place, so that a message that contains itself ends.
      const fields = message.fields.filter((field) => !inPathByRequest.get(message)?.has(field.name));
      known.set(message, objectSchema(fields, { asked: asked.has(message), refer }));
    }
    return { $ref: `#/components/schemas/${message.name}` };
  }
  return { refer, all: () => Object.fromEntries([...known].map(([message, schema]) => [message.name, schema])) };
}

/** What is asked for has only known fields; what is only answered has all its plain fields, always. */
function objectSchema(fields: readonly DescField[], { asked, refer }: { asked: boolean; refer: Refer }): Json {
  const properties = Object.fromEntries(fields.map((field) => [publicName(field), fieldSchema(field, refer)]));
  if (asked) return { type: "object", properties, additionalProperties: false };
  const required = fields.filter(isAlwaysPrinted).map(publicName);
  return required.length === 0 ? { type: "object", properties } : { type: "object", required, properties };
}

function isAlwaysPrinted(field: DescField): boolean {
  const singular = field.fieldKind === "scalar" && field.presence === FeatureSet_FieldPresence.IMPLICIT;
  return (singular && !field.oneof && !fieldForm(field).playerSlot) || field.fieldKind === "list";
}

function fieldSchema(field: DescField, refer: Refer): Json {
  const schema = valueSchema(field, refer);
  return field.fieldKind === "list" ? { type: "array", items: schema } : schema;
}

function valueSchema(field: DescField, refer: Refer): Json {
  const { perUnit, playerSlot, unixMs } = fieldForm(field);
  if (playerSlot) return { type: "string", format: "uuid" };
  if (unixMs || field.message?.typeName === "google.protobuf.Timestamp") return { type: "string", format: "date-time" };
  if (field.message?.typeName === "google.protobuf.Struct") return { type: "object", additionalProperties: true };
  if (field.message) return refer(field.message);
  if (field.enum) return { type: "string", enum: enumWords(field.enum) };
  if (perUnit !== null) return { type: "number" };
  return scalarSchema(field.scalar as ScalarType);
}

function scalarSchema(scalar: ScalarType): Json {
  switch (scalar) {
    case ScalarType.STRING:
      return { type: "string" };
    case ScalarType.BYTES:
      return { type: "string", contentEncoding: "base64" };
    case ScalarType.BOOL:
      return { type: "boolean" };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { type: "number" };
    case ScalarType.UINT32:
      return { type: "integer", minimum: 0, maximum: 0xffff_ffff };
    default:
      return { type: "integer" };
  }
}

function noReferences(message: DescMessage): Json {
  return { type: "object", title: message.name };
}

function reachable(roots: readonly DescMessage[]): Set<DescMessage> {
  const found = new Set<DescMessage>();
  const waiting = [...roots]; // At most every message type there is.
  for (let message = waiting.pop(); message; message = waiting.pop()) {
    if (found.has(message)) continue;
    found.add(message);
    for (const field of message.fields) if (field.message) waiting.push(field.message);
  }
  return found;
}
