import { describe, expect, test } from "vitest";
import { encode } from "#client/encode.ts";
import type { ClientMessage } from "#client/messages.ts";
import { decodeClientMessage } from "#gateway/codec/decode.ts";
import { ADA } from "./messages-fixture.ts";

const timestampMs = Date.parse("2025-01-01T12:00:00.250Z");
const SAID: ClientMessage[] = [
  { type: "position_update", data: { x: 123.45, y: 67.89, z: 10 }, seq: 1, timestampMs },
  {
    type: "position_update",
    data: { x: 1, y: 2, z: 0, vx: 1, yaw: -12.5, pitch: 3, stance: "crouch" },
    seq: 2,
    timestampMs,
  },
  {
    type: "combat_action",
    data: { action_type: "attack", target_id: ADA, weapon: "shotgun", client_tick: 9 },
    seq: 3,
    timestampMs,
  },
  { type: "combat_action", data: { action_type: "attack", direction: { x: 0, y: -1, z: 0.5 } }, seq: 4, timestampMs },
  { type: "combat_action", data: { action_type: "reload" }, seq: 5, timestampMs },
  { type: "combat_action", data: { action_type: "switch_weapon", weapon: "sniper_rifle" }, seq: 6, timestampMs },
  { type: "ping", data: { t: 12.25 }, seq: 0, timestampMs },
  { type: "resume", data: { epoch: 2, frame: 77 }, seq: 0, timestampMs },
  { type: "camera_update", data: { camera_mode: "follow_player", follow_target: ADA }, seq: 0, timestampMs },
  {
    type: "camera_update",
    data: { camera_mode: "free", x: 1, y: 2, z: 3, direction: { x: 1, y: 0, z: 0 } },
    seq: 0,
    timestampMs,
  },
  { type: "leave", data: {}, seq: 0, timestampMs },
  { type: "auth_refresh", data: { token: "a.b.c" }, seq: 0, timestampMs },
];

describe("the gateway reads the same out of both formats", () => {
  test.each(SAID)("$type $data", (message) => {
    const text = encode(message, "json") as string;
    const bytes = encode(message, "protobuf") as Uint8Array;
    const fromJson = decodeClientMessage("json", { bytes: new TextEncoder().encode(text), binary: false });
    const fromProtobuf = decodeClientMessage("protobuf", { bytes, binary: true });
    expect(fromJson.ok).toBe(true);
    expect(fromProtobuf).toEqual(fromJson);
  });
});

test("JSON is written as the contract shows it", () => {
  expect(JSON.parse(encode(SAID[0]!, "json") as string)).toEqual({
    type: "position_update",
    data: { x: 123.45, y: 67.89, z: 10 },
    seq: 1,
    timestamp: "2025-01-01T12:00:00.250Z",
  });
});
