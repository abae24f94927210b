/** State reader of the benchmarks: it reads the contract's own fields, as the generated code does. */
import { create, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { PlayerStateSchema, ServerMessageSchema, StateUpdateSchema } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { FIELDS, madeAtUnixMs, readInputs } from "../../../bench/sockets/state-reader.ts";

test("its field numbers are the contract's", () => {
  expect(FIELDS).toEqual({
    timestamp: ServerMessageSchema.field.timestamp.number,
    stateUpdate: ServerMessageSchema.field.stateUpdate.number,
    players: StateUpdateSchema.field.players.number,
    slot: PlayerStateSchema.field.slot.number,
    lastInput: PlayerStateSchema.field.lastInput.number,
  });
});

test("it tells each player's newest input, whatever else a state says; other messages have none", () => {
  const players = [
    { slot: 0, lastInput: 300, yaw: -5, usingItem: "medkit", position: { x: -1, y: 70_000, z: 3 } },
    { slot: 19, lastInput: 4_294_967_295, poseMs: 12 },
  ];
  const message = create(ServerMessageSchema, {
    frame: 7,
    timestamp: 1e12,
    body: { case: "stateUpdate", value: { tick: 9, players, matchMs: 5 } },
  });
  const seen: [number, number][] = [];
  readInputs(toBinary(ServerMessageSchema, message), (slot, lastInput) => seen.push([slot, lastInput]));
  readInputs(
    toBinary(ServerMessageSchema, create(ServerMessageSchema, { body: { case: "pong", value: { t: 1 } } })),
    (slot, lastInput) => seen.push([slot, lastInput]),
  );
  expect(seen).toEqual([
    [0, 300],
    [19, 4_294_967_295],
  ]);
});

test("it tells when a message was made, and of one that does not say so nothing", () => {
  const body = { case: "pong", value: { t: 1 } } as const;
  const bytesOf = (timestamp: number) =>
    Buffer.from(toBinary(ServerMessageSchema, create(ServerMessageSchema, { frame: 300, timestamp, body })));
  expect(madeAtUnixMs(bytesOf(1_750_000_000_123))).toBe(1_750_000_000_123);
  expect(madeAtUnixMs(bytesOf(0))).toBeNull();
});
