/** What clients send: both formats say the same, and what is wrong is named, whatever it is, without a throw. */
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeClientMessage } from "#gateway/codec/decode.ts";
import type { ClientInput } from "#gateway/connection/messages.ts";
import { CLIENT_MESSAGE_BYTES_MAX, CLIENT_METRES_MAX, CLIENT_NAME_CHARS_MAX } from "#gateway/limits.ts";
import { ActionType, type ClientMessage, ClientMessageSchema, Stance } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { CameraMode } from "#gen/necpgame/combat/v1/session_pb.js";
import type { Result } from "#wire/problem.ts";

const ADA = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";

type Init = MessageInitShape<typeof ClientMessageSchema>;

function fromText(text: string): Result<ClientInput> {
  return decodeClientMessage("json", { bytes: Buffer.from(text), binary: false });
}

function fromJson(message: unknown): Result<ClientInput> {
  return fromText(JSON.stringify(message));
}

function fromProtobuf(message: Init): Result<ClientInput> {
  return fromBytes(toBinary(ClientMessageSchema, create(ClientMessageSchema, message)));
}

function fromBytes(bytes: Uint8Array): Result<ClientInput> {
  return decodeClientMessage("protobuf", { bytes, binary: true });
}

function fieldOf(result: Result<ClientInput>): unknown {
  return result.ok ? `accepted ${result.value.type}` : result.problem.details["field"];
}

describe("both formats say the same", () => {
  test.each<{ name: string; json: object; protobuf: Init }>([
    {
      name: "the document's position_update",
      json: { type: "position_update", data: { x: 123.45, y: 67.89, z: 10.0 }, timestamp: "2025-01-01T12:00:00Z" },
      protobuf: {
        timestamp: { seconds: 1_735_732_800n, nanos: 0 },
        body: { case: "positionUpdate", value: { x: 123.45, y: 67.89, z: 10 } },
      },
    },
    {
      name: "a full position_update",
      json: {
        type: "position_update",
        seq: 4294967295,
        data: { x: 1, y: -2, z: 0, vx: 1, vy: 2, vz: 3, yaw: -360, pitch: 90, stance: "crouch" },
      },
      protobuf: {
        seq: 4294967295,
        body: {
          case: "positionUpdate",
          value: { x: 1, y: -2, z: 0, vx: 1, vy: 2, vz: 3, yaw: -360, pitch: 90, stance: Stance.CROUCH },
        },
      },
    },
    {
      name: "an attack",
      json: {
        type: "combat_action",
        seq: 9,
        data: {
          action_type: "attack",
          weapon: "shotgun",
          direction: { x: 0, y: 1, z: 0 },
          target_id: ADA,
          client_tick: 5,
        },
      },
      protobuf: {
        seq: 9,
        body: {
          case: "combatAction",
          value: {
            actionType: ActionType.ATTACK,
            weapon: "shotgun",
            direction: { x: 0, y: 1, z: 0 },
            targetId: ADA,
            clientTick: 5,
          },
        },
      },
    },
    { name: "ping", json: { type: "ping", data: { t: 1.5 } }, protobuf: { body: { case: "ping", value: { t: 1.5 } } } },
    {
      name: "resume",
      json: { type: "resume", data: { epoch: 1, frame: 2 } },
      protobuf: { body: { case: "resume", value: { epoch: 1, frame: 2 } } },
    },
    {
      name: "a camera",
      json: { type: "camera_update", data: { camera_mode: "follow_player", follow_target: ADA } },
      protobuf: {
        body: { case: "cameraUpdate", value: { cameraMode: CameraMode.FOLLOW_PLAYER, followTarget: ADA } },
      },
    },
    { name: "leave without data", json: { type: "leave" }, protobuf: { body: { case: "leave", value: {} } } },
    {
      name: "leave with null data",
      json: { type: "leave", data: null, seq: null },
      protobuf: { body: { case: "leave", value: {} } },
    },
    {
      name: "auth_refresh",
      json: { type: "auth_refresh", data: { token: "t" } },
      protobuf: { body: { case: "authRefresh", value: { token: "t" } } },
    },
    {
      name: "-0, which is 0",
      json: { type: "position_update", data: { x: -0, y: 0, z: 0, yaw: -0 } },
      protobuf: { body: { case: "positionUpdate", value: { x: -0, y: -0, z: -0, yaw: -0 } } },
    },
  ])("$name", ({ json, protobuf }) => {
    const text = JSON.stringify(json, (_, value) => value).replaceAll(
      '"x":0,"y":0,"z":0,"yaw":0',
      '"x":-0,"y":-0,"z":-0,"yaw":-0',
    );
    const [left, right] = [fromText(text), fromProtobuf(protobuf)];
    expect(left.ok).toBe(true);
    expect(left).toEqual(right);
  });

  test("the token of auth_refresh is handed out, and of nothing else", () => {
    expect(fromJson({ type: "auth_refresh", data: { token: "t" } })).toMatchObject({ value: { token: "t" } });
    expect(fromJson({ type: "leave" })).toMatchObject({ value: { token: null } });
  });
});

const position = (value: object): Init => ({ body: { case: "positionUpdate", value: { x: 1, y: 1, z: 1, ...value } } });
const action = (value: object): Init => ({
  body: { case: "combatAction", value: { actionType: ActionType.ATTACK, ...value } },
});

describe("what is wrong is named the same in both formats", () => {
  const tooLong = "x".repeat(CLIENT_NAME_CHARS_MAX + 1);
  test.each<{ name: string; json: string; protobuf: Init; field: string }>([
    ...["x", "y", "z", "vx"].flatMap((axis) =>
      [
        { word: "1e400", value: Number.POSITIVE_INFINITY },
        { word: "1e308", value: 1e308 },
        { word: String(CLIENT_METRES_MAX + 1), value: CLIENT_METRES_MAX + 1 },
      ].map(({ word, value }) => ({
        name: `${axis} ${word}`,
        json: `{"type":"position_update","data":{"x":1,"y":1,"z":1,"${axis}":${word}}}`.replace(`"${axis}":1,`, ""),
        protobuf: position({ [axis]: value }),
        field: `data.${axis}`,
      })),
    ),
    {
      name: "yaw over a turn",
      json: '{"type":"position_update","data":{"x":1,"y":1,"z":1,"yaw":361}}',
      protobuf: position({ yaw: 361 }),
      field: "data.yaw",
    },
    {
      name: "pitch behind the back",
      json: '{"type":"position_update","data":{"x":1,"y":1,"z":1,"pitch":-91}}',
      protobuf: position({ pitch: -91 }),
      field: "data.pitch",
    },
    {
      name: "unknown stance",
      json: '{"type":"position_update","data":{"x":1,"y":1,"z":1,"stance":"prone"}}',
      protobuf: position({ stance: 77 }),
      field: "data.stance",
    },
    {
      name: "no action type",
      json: '{"type":"combat_action","data":{}}',
      protobuf: action({ actionType: 0 }),
      field: "data.action_type",
    },
    {
      name: "unknown action type",
      json: '{"type":"combat_action","data":{"action_type":"dance"}}',
      protobuf: action({ actionType: 99 }),
      field: "data.action_type",
    },
    {
      name: "target no uuid",
      json: '{"type":"combat_action","data":{"action_type":"attack","target_id":"ada"}}',
      protobuf: action({ targetId: "ada" }),
      field: "data.target_id",
    },
    {
      name: "weapon name too long",
      json: `{"type":"combat_action","data":{"action_type":"attack","weapon":"${tooLong}"}}`,
      protobuf: action({ weapon: tooLong }),
      field: "data.weapon",
    },
    {
      name: "direction of no length",
      json: '{"type":"combat_action","data":{"action_type":"attack","direction":{"x":0,"y":0,"z":-0}}}',
      protobuf: action({ direction: { x: 0, y: 0, z: -0 } }),
      field: "data.direction",
    },
    {
      name: "direction without end",
      json: '{"type":"combat_action","data":{"action_type":"attack","direction":{"x":0,"y":1e999,"z":0}}}',
      protobuf: action({ direction: { x: 0, y: Number.POSITIVE_INFINITY, z: 0 } }),
      field: "data.direction.y",
    },
    {
      name: "unknown camera",
      json: '{"type":"camera_update","data":{"camera_mode":"drone"}}',
      protobuf: { body: { case: "cameraUpdate", value: { cameraMode: 9 as CameraMode } } },
      field: "data.camera_mode",
    },
    {
      name: "empty token",
      json: '{"type":"auth_refresh","data":{"token":""}}',
      protobuf: { body: { case: "authRefresh", value: { token: "" } } },
      field: "data.token",
    },
    { name: "no body", json: '{"data":{}}', protobuf: { seq: 1 }, field: "type" },
    {
      name: "time before years were counted",
      json: '{"type":"leave","timestamp":"yesterday"}',
      protobuf: { timestamp: { seconds: -99_999_999_999_999n, nanos: 0 }, body: { case: "leave", value: {} } },
      field: "timestamp",
    },
  ])("$name → $field", ({ json, protobuf, field }) => {
    expect(fieldOf(fromText(json))).toBe(field);
    expect(fieldOf(fromProtobuf(protobuf))).toBe(field);
  });

  test("NaN is refused in protobuf, and is no JSON at all", () => {
    expect(fieldOf(fromProtobuf(position({ y: Number.NaN })))).toBe("data.y");
    expect(fieldOf(fromProtobuf({ body: { case: "ping", value: { t: Number.NaN } } }))).toBe("data.t");
    expect(fromText('{"type":"ping","data":{"t":NaN}}').ok).toBe(false);
  });
});

describe("JSON alone", () => {
  test.each([
    { name: "x missing", text: '{"type":"position_update","data":{"y":1,"z":1}}', field: "data.x" },
    { name: "z null", text: '{"type":"position_update","data":{"x":1,"y":1,"z":null}}', field: "data.z" },
    { name: "number as text", text: '{"type":"position_update","data":{"x":"1","y":1,"z":1}}', field: "data.x" },
    { name: "unknown field", text: '{"type":"leave","player":"x"}', field: "player" },
    { name: "unknown field in data", text: '{"type":"ping","data":{"t":1,"tt":1}}', field: "data.tt" },
    { name: "unknown type", text: '{"type":"cheat"}', field: "type" },
    { name: "a type of the prototype", text: '{"type":"toString"}', field: "type" },
    { name: "__proto__", text: '{"type":"leave","__proto__":{}}', field: "__proto__" },
    { name: "__proto__ in data", text: '{"type":"leave","data":{"__proto__":{}}}', field: "data.__proto__" },
    { name: "seq negative", text: '{"type":"leave","seq":-1}', field: "seq" },
    { name: "seq fractional", text: '{"type":"leave","seq":1.5}', field: "seq" },
    { name: "seq of 33 bits", text: '{"type":"leave","seq":4294967296}', field: "seq" },
    { name: "seq as text", text: '{"type":"leave","seq":"1"}', field: "seq" },
    { name: "timestamp as number", text: '{"type":"leave","timestamp":1}', field: "timestamp" },
    { name: "data a list", text: '{"type":"leave","data":[]}', field: "data" },
    { name: "data a text", text: '{"type":"leave","data":"x"}', field: "data" },
    { name: "a list", text: "[]", field: "message" },
    { name: "null", text: "null", field: "message" },
    { name: "a number", text: "1", field: "message" },
  ])("$name → $field", ({ text, field }) => {
    expect(fieldOf(fromText(text))).toBe(field);
  });

  test.each([
    { name: "nothing", text: "" },
    { name: "half of it", text: '{"type":"leave"' },
    { name: "a key given twice", text: '{"type":"leave","type":"ping"}' },
    { name: "two thousand levels", text: "[".repeat(2_000) + "]".repeat(2_000) },
    { name: "a lone surrogate", text: '{"type":"auth_refresh","data":{"token":"\\ud800"}}' },
  ])("$name is refused", ({ text }) => {
    expect(fromText(text)).toMatchObject({ ok: false, problem: { error: "INVALID_ARGUMENT" } });
  });

  test("a text full of levels costs no more than milliseconds", () => {
    const text = "[".repeat(CLIENT_MESSAGE_BYTES_MAX);
    const startedMs = performance.now();
    for (let times = 0; times < 100; times++) fromText(text);
    expect(performance.now() - startedMs).toBeLessThan(500);
  });
});

describe("bytes", () => {
  const good = toBinary(ClientMessageSchema, create(ClientMessageSchema, position({ vx: 3, yaw: 9 })));

  test("a message over the limit is refused before it is looked at", () => {
    const bytes = Buffer.alloc(CLIENT_MESSAGE_BYTES_MAX + 1);
    for (const [format, binary] of [
      ["json", false],
      ["protobuf", true],
    ] as const) {
      expect(decodeClientMessage(format, { bytes, binary })).toMatchObject({ problem: { error: "PAYLOAD_TOO_LARGE" } });
    }
  });

  test("a frame of the other kind is malformed", () => {
    expect(decodeClientMessage("json", { bytes: Buffer.from('{"type":"leave"}'), binary: true }).ok).toBe(false);
    expect(decodeClientMessage("protobuf", { bytes: good, binary: false }).ok).toBe(false);
  });

  test("every true part of a message is refused or has its body cut away, never a throw", () => {
    for (let length = 0; length < good.length; length++)
      expect(() => fromBytes(good.subarray(0, length))).not.toThrow();
    expect(fromBytes(good.subarray(0, good.length - 1)).ok).toBe(false);
  });

  test("unknown fields are ignored and not sent on", () => {
    const unknownField = [0xfa, 0x3e, 3, 1, 2, 3]; // Field 1007, three bytes.
    const result = fromBytes(Buffer.from([...good, ...unknownField]));
    expect(result.ok && toBinary(ClientMessageSchema, result.value.message as ClientMessage)).toEqual(good);
  });

  test("a body of a newer version is no body", () => {
    expect(fieldOf(fromBytes(Buffer.from([0xfa, 0x3e, 0])))).toBe("type");
  });

  test.each([
    { name: "a varint without end", bytes: Buffer.alloc(64, 0xff) },
    { name: "a length beyond the end", bytes: Buffer.from([0x1a, 0xff, 0xff, 0x03]) },
    { name: "groups in groups", bytes: Buffer.alloc(CLIENT_MESSAGE_BYTES_MAX, 0xfb) },
    { name: "field zero", bytes: Buffer.from([0, 0]) },
  ])("$name is refused", ({ bytes }) => {
    expect(fromBytes(bytes)).toMatchObject({ ok: false });
  });

  test("junk is answered, never thrown, in both formats", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isText) => {
        const result = isText
          ? decodeClientMessage("json", { bytes, binary: false })
          : decodeClientMessage("protobuf", { bytes, binary: true });
        expect(typeof result.ok).toBe("boolean");
      }),
      { numRuns: 2_000 },
    );
  });

  test("what is accepted can be sent on, whatever it was", () => {
    const numbers = fc.oneof(fc.double(), fc.integer({ min: -500, max: 500 }));
    const texts = fc.oneof(fc.string({ unit: "binary", maxLength: 20 }), fc.constant(ADA));
    const value = fc.record(
      { x: numbers, y: numbers, z: numbers, yaw: numbers, actionType: fc.integer({ min: -1, max: 9 }), weapon: texts },
      { requiredKeys: ["x", "y", "z"] },
    );
    fc.assert(
      fc.property(fc.constantFrom("positionUpdate", "combatAction"), value, fc.nat(), (kind, given, seq) => {
        const result = fromProtobuf({ seq, body: { case: kind, value: given } } as Init);
        if (result.ok) expect(() => toBinary(ClientMessageSchema, result.value.message as ClientMessage)).not.toThrow();
      }),
      { numRuns: 1_000 },
    );
  });

  test("any JSON is answered, never thrown", () => {
    fc.assert(
      fc.property(fc.constantFrom("position_update", "combat_action", "ping", "leave"), fc.json(), (type, data) => {
        const result = fromText(`{"type":"${type}","data":${data}}`);
        expect(typeof result.ok).toBe("boolean");
      }),
    );
  });
});
