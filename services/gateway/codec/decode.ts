/**
 * Decode: what a client sent, to one checked message, or the reason why not.
 * In:  one WebSocket message, text or binary.   Out: a ClientInput whose numbers are finite, whose enums are known,
 *      whose body is there; or a problem that names the field.
 * Law: size first, then bytes; both formats are judged by the same checks and answered in the same words; never throws.
 * Unknown protobuf fields are ignored, as protobuf has it; unknown JSON fields are refused, since a typo must not
 * pass in silence.
 * Not here: whether the sender may say it (connection.ts), what it means (combat).
 */
import { fromBinary, type Message } from "@bufbuild/protobuf";
import { type ClientMessage, ClientMessageSchema } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { assert } from "#kit/assert.ts";
import { invalid, no, ok, type Problem, problem, type Result } from "#wire/problem.ts";
import { fromPublicJson, parseJson } from "#wire/public-json.ts";
import { CLIENT_MESSAGE_TYPES, type ClientInput, type ClientMessageType, type Format } from "../connection/messages.ts";
import { CLIENT_JSON_DEPTH_MAX, CLIENT_MESSAGE_BYTES_MAX } from "../limits.ts";
import { checkBody, checkTimestamp, REQUIRED_FIELDS } from "./checks.ts";

/** `binary` is the kind of WebSocket message the bytes came in. */
export type Received = { readonly bytes: Uint8Array; readonly binary: boolean };

export function decodeClientMessage(format: Format, { bytes, binary }: Received): Result<ClientInput> {
  if (bytes.byteLength > CLIENT_MESSAGE_BYTES_MAX) {
    return no(problem("PAYLOAD_TOO_LARGE", `a message has at most ${CLIENT_MESSAGE_BYTES_MAX} bytes`));
  }
  if (format === "json") return binary ? no(wrongKind("text")) : decodeJson(bytes);
  return binary ? decodeProtobuf(bytes) : no(wrongKind("binary"));
}

function wrongKind(allowed: string): Problem {
  return problem("INVALID_ARGUMENT", `this socket's subprotocol takes ${allowed} frames only`, { allowed });
}

// Protobuf

function decodeProtobuf(bytes: Uint8Array): Result<ClientInput> {
  let message: ClientMessage;
  try {
    message = fromBinary(ClientMessageSchema, bytes, { readUnknownFields: false });
  } catch {
    return no(problem("INVALID_ARGUMENT", "these bytes are no ClientMessage", { field: "message" }));
  }
  const type = message.body.case === undefined ? undefined : TYPE_BY_CASE.get(message.body.case);
  if (type === undefined) return no(invalid("type", null, TYPES_ALLOWED));
  return checked(type, message);
}

// JSON

const TYPES_ALLOWED = `one of ${CLIENT_MESSAGE_TYPES.join(", ")}`;
const ENVELOPE_FIELDS = new Set(["type", "data", "seq", "timestamp"]);

function decodeJson(bytes: Uint8Array): Result<ClientInput> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const parsed = parseJson(text, { charsMax: CLIENT_MESSAGE_BYTES_MAX, depthMax: CLIENT_JSON_DEPTH_MAX });
  if (!parsed.ok) return parsed;
  const json = parsed.value;
  if (typeof json !== "object" || json === null || Array.isArray(json))
    return no(invalid("message", json, "an object"));
  const envelope = json as Record<string, unknown>;
  for (const name of Object.keys(envelope)) {
    if (ENVELOPE_FIELDS.has(name)) continue;
    return no(
      invalid(
        name.slice(0, NAME_SHOWN_CHARS_MAX),
        envelope[name],
        "absent; known fields are type, data, seq, timestamp",
      ),
    );
  }
  const { type, data, seq, timestamp } = envelope;
  if (!isType(type)) return no(invalid("type", type, TYPES_ALLOWED));
  const message = fromPublicJson(ClientMessageSchema, { seq: seq ?? null, timestamp: timestamp ?? null });
  if (!message.ok) return message;
  const body = decodeData(type, data ?? {});
  if (!body.ok) return body;
  message.value.body = { case: caseOf(type).localName, value: body.value } as ClientMessage["body"];
  return checked(type, message.value);
}

const NAME_SHOWN_CHARS_MAX = 64;

function decodeData(type: ClientMessageType, data: unknown): Result<Message> {
  const schema = caseOf(type).message;
  const body = fromPublicJson(schema, data, "data");
  if (!body.ok) return body;
  for (const name of REQUIRED_FIELDS[type]) {
    // Absent numbers read as 0, which would put a player somewhere nobody said.
    if ((data as Record<string, unknown>)[name] == null) return no(invalid(`data.${name}`, null, "present"));
  }
  return body;
}

// Both

function checked(type: ClientMessageType, message: ClientMessage): Result<ClientInput> {
  const why = checkTimestamp(message.timestamp) ?? checkBody(message.body);
  if (why !== null) return no(why);
  return ok({ type, token: message.body.case === "authRefresh" ? message.body.value.token : null, message });
}

const BODY_FIELDS = ClientMessageSchema.fields.filter((field) => field.oneof?.localName === "body");
const TYPE_BY_CASE: ReadonlyMap<string, ClientMessageType> = new Map(
  BODY_FIELDS.flatMap((field) => (isType(field.name) ? [[field.localName, field.name]] : [])),
);
const CASE_BY_TYPE = new Map(BODY_FIELDS.map((field) => [field.name, field]));

function isType(type: unknown): type is ClientMessageType {
  return (CLIENT_MESSAGE_TYPES as readonly unknown[]).includes(type);
}

function caseOf(type: ClientMessageType) {
  const field = CASE_BY_TYPE.get(type);
  assert(field?.message !== undefined, `ClientMessage has a body ${type}`);
  return { localName: field.localName, message: field.message };
}
