/**
 * Encode: what goes to clients, each form made once per frame, however many read it.
 * In:  a ServerMessage as combat encoded it, or one of the gateway's own.   Out: a Frame.
 * Law: protobuf clients get combat's bytes untouched; a message is decoded only when somebody needs to look inside.
 * JSON: flat, `{"type", "session_id", "timestamp", "frame", …fields of the body}`; an event's own fields are under
 *       `data`, its name is `event`.
 * Throws when combat's bytes are no ServerMessage: a promise of our own is broken then; the caller ends who waited.
 */
import { create, fromBinary, type JsonObject, type Message, toBinary } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import {
  CombatEventSchema,
  type PlayerState,
  type ServerMessage,
  ServerMessageSchema,
} from "#gen/necpgame/combat/v1/realtime_pb.js";
import { assert } from "#kit/assert.ts";
import type { Problem } from "#wire/problem.ts";
import { toPublicJson } from "#wire/public-json.ts";
import { printUnixMs } from "#wire/rfc3339.ts";
import type { Format, Frame, Lane, StateContent } from "../connection/messages.ts";
import { framed } from "./framing.ts";

/** Whose frame it is; read when the JSON is made. A room fits. */
export type FrameContext = { readonly sessionId: string; readonly playerIds: readonly string[] };

/** What every message of the gateway's own says beside its body. */
export type Stamp = { readonly frame: number; readonly unixMs: number };

/** A frame from combat. `bytes` may be part of a larger buffer. */
export function frameFromBytes(bytes: Uint8Array, lane: Lane, context: FrameContext): Frame {
  return new ServerFrame(lane, context, { bytes, message: null });
}

/** Several states in one, for a reader that fell behind. */
export function stateFrame(content: StateContent, context: FrameContext): Frame {
  const { frame, unixMs, tick, keyframe, rest } = content;
  const players = content.players as readonly PlayerState[]; // They came out of ServerFrame.state below.
  const message = create(ServerMessageSchema, {
    frame,
    timestamp: unixMs,
    body: { case: "stateUpdate", value: { ...rest, tick, keyframe, players: [...players] } },
  });
  return new ServerFrame("state", context, { bytes: null, message });
}

export function errorFrame(why: Problem, { frame, unixMs }: Stamp, context: FrameContext): Frame {
  const details = why.details as JsonObject; // Details are plain JSON by their type, read-only arrays apart.
  const message = create(ServerMessageSchema, {
    frame,
    timestamp: unixMs,
    body: { case: "error", value: { error: why.error, message: why.message, details } },
  });
  return new ServerFrame("event", context, { bytes: null, message });
}

export function tokenExpiringFrame(expiresAtUnixMs: number, { frame, unixMs }: Stamp, context: FrameContext): Frame {
  const message = create(ServerMessageSchema, {
    frame,
    timestamp: unixMs,
    body: { case: "tokenExpiring", value: { expiresAt: expiresAtUnixMs } },
  });
  return new ServerFrame("event", context, { bytes: null, message });
}

type Content = { bytes: Uint8Array; message: null } | { bytes: null; message: ServerMessage };

class ServerFrame implements Frame {
  readonly lane: Lane;
  readonly number: number;
  private readonly context: FrameContext;
  private readonly bodyNumber: number;
  private wire: Uint8Array | null;
  private text: Uint8Array | null = null;
  private readonly framedBytes: { [format in Format]: Uint8Array | null } = { json: null, protobuf: null };
  private decoded: ServerMessage | null;

  constructor(lane: Lane, context: FrameContext, { bytes, message }: Content) {
    this.lane = lane;
    this.context = context;
    this.wire = bytes;
    this.decoded = message;
    const head = bytes === null ? headOfMessage(message) : headOfBytes(bytes);
    this.number = head.frame;
    this.bodyNumber = head.bodyNumber;
  }

  bytes(format: Format): Uint8Array {
    if (format === "protobuf") return this.protobufBytes();
    this.text ??= Buffer.from(JSON.stringify(publicServerMessage(this.message(), this.context)), "utf8");
    return this.text;
  }

  framed(format: Format): Uint8Array {
    this.framedBytes[format] ??= framed(format, this.bytes(format));
    return this.framedBytes[format];
  }

  state(): StateContent | null {
    if (this.bodyNumber !== BODY.state_update) return null;
    const { frame, timestamp, body } = this.message();
    assert(body.case === "stateUpdate", "the body is what its number says");
    const { $typeName: _, $unknown: __, tick, keyframe, players, ...rest } = body.value;
    return { frame, unixMs: timestamp, tick, keyframe, players, rest };
  }

  sessionEpoch(): number | null {
    if (this.bodyNumber !== BODY.session_state) return null;
    const { body } = this.message();
    assert(body.case === "sessionState", "the body is what its number says");
    return body.value.epoch;
  }

  private protobufBytes(): Uint8Array {
    this.wire ??= toBinary(ServerMessageSchema, this.message());
    return this.wire;
  }

  private message(): ServerMessage {
    assert(this.decoded !== null || this.wire !== null, "a frame has one of its forms");
    this.decoded ??= fromBinary(ServerMessageSchema, this.wire as Uint8Array);
    return this.decoded;
  }
}

const BODY_FIELDS = ServerMessageSchema.fields.filter((field) => field.oneof?.localName === "body");
const BODY_FIELD_BY_CASE = new Map(BODY_FIELDS.map((field) => [field.localName, field]));
const EVENT_NAME_BY_CASE = new Map(CombatEventSchema.fields.map((field) => [field.localName, field.name]));
const BODY = { state_update: bodyNumber("stateUpdate"), session_state: bodyNumber("sessionState") };

function bodyNumber(localName: string): number {
  const field = BODY_FIELD_BY_CASE.get(localName);
  assert(field !== undefined, `ServerMessage has a body ${localName}`);
  return field.number;
}

type Head = { readonly frame: number; readonly bodyNumber: number };

function headOfMessage({ frame, body }: ServerMessage): Head {
  return { frame, bodyNumber: body.case === undefined ? 0 : bodyNumber(body.case) };
}

/** Frame number and kind of body without decoding the body. */
function headOfBytes(bytes: Uint8Array): Head {
  const reader = new BinaryReader(bytes);
  let frame = 0;
  while (reader.pos < reader.len) {
    const [fieldNumber, wireType] = reader.tag();
    if (fieldNumber === FRAME_NUMBER && wireType === WireType.Varint) frame = reader.uint32();
    else if (wireType === WireType.LengthDelimited) return { frame, bodyNumber: fieldNumber };
    else reader.skip(wireType, fieldNumber);
  }
  return { frame, bodyNumber: 0 };
}

const FRAME_NUMBER = ServerMessageSchema.field.frame.number;

/** What a JSON client sees. */
export function publicServerMessage(message: ServerMessage, context: FrameContext): Record<string, unknown> {
  const field = message.body.case === undefined ? undefined : BODY_FIELD_BY_CASE.get(message.body.case);
  assert(field?.message !== undefined, "a server message has a body");
  const body = toPublicJson(field.message, message.body.value as Message, context);
  const stamp = {
    session_id: context.sessionId,
    timestamp: printUnixMs(message.timestamp),
    frame: message.frame,
  };
  if (message.body.case !== "combatEvent") return { type: field.name, ...stamp, ...body };
  const eventCase = message.body.value.event.case;
  const event = eventCase === undefined ? "" : (EVENT_NAME_BY_CASE.get(eventCase) ?? "");
  const { [event]: data, ...rest } = body;
  return { type: field.name, event, data: data ?? {}, ...stamp, ...rest };
}
