/** Formats of the benchmark's peers: what their servers send is read, and what is said is what they take. */
import { expect, test } from "vitest";
import { readChanges } from "../../../bench/sockets/colyseus-reader.ts";
import { COLYSEUS, SOCKET_IO } from "../../../bench/sockets/peer-formats.ts";
import type { RoomKnown, WireFormat } from "../../../bench/sockets/wire-format.ts";

const SPOT = { x: 1.5, y: 0, z: -2 };

function newRoom(): RoomKnown {
  return { sessionId: "room-7", slots: new Map(), slotByRef: [] };
}

function seenIn(format: WireFormat, payload: Buffer, room = newRoom()): [number, number][] {
  const seen: [number, number][] = [];
  format.readInputs(payload, room, (slot, lastInput) => seen.push([slot, lastInput]));
  return seen;
}

const PLACE = "800000000081000000008200000000830000000084"; // x, y, z and yaw are 0; a slot follows.
/** As a server of Colyseus 0.18 sent them: two players, and then what changed. */
const STATE = Buffer.from(
  `0e8001ff018000a9707032655633796179028001a97a414d6a6a3973335f03ff02${PLACE}008500000000ff03${PLACE}018509000000`,
  "hex",
);
const JOINED = Buffer.from(`0fff018002a9736a3739346831744a04ff04${PLACE}028500000000`, "hex");

test("Colyseus: a state says where players sit, and the patches after it whose input is shown", () => {
  const room = newRoom();
  expect(COLYSEUS.begins(STATE, { room, playerId: "", slot: 0 })).toEqual({ spot: { x: 0, y: 0, z: 0 } });
  expect(room.slotByRef.slice(2)).toEqual([0, 1]);
  expect(seenIn(COLYSEUS, JOINED, room)).toEqual([]); // Who only came has sent nothing.
  const patch = Buffer.from("0fff03800000c03f850a000000ff02852c010000ff0405ffffffff", "hex");
  expect(seenIn(COLYSEUS, patch, room)).toEqual([
    [1, 10],
    [0, 300],
    [2, 4_294_967_295],
  ]);
});

test.each([
  { name: "a player nobody knows is not told", hex: "0fff098501000000", told: [] },
  { name: "other messages have no inputs", hex: "0d8501000000", told: [] },
])("Colyseus: $name", ({ hex, told }) => {
  expect(seenIn(COLYSEUS, Buffer.from(hex, "hex"))).toEqual(told);
});

test("Colyseus: what this state cannot say is an error", () => {
  const read = (hex: string) => () => readChanges(Buffer.from(hex, "hex"), [], () => {});
  expect(read("0fff0386")).toThrow(/no such field/);
  expect(read("0fff018000c1")).toThrow(/none of a player/);
});

test("Colyseus: a move is a message with an object in MessagePack; joining is confirmed", () => {
  const said = Buffer.from(COLYSEUS.move(258, SPOT, 3));
  expect(said.toString("hex")).toBe(
    "0da46d6f766584a3736571ce00000102a178cb3ff8000000000000a179cb0000000000000000a17acbc000000000000000",
  );
  expect(COLYSEUS.replyTo?.(Buffer.from([10, 0]))).toEqual(Buffer.from([10]));
  expect(COLYSEUS.replyTo?.(STATE)).toBeNull();
});

test.each([
  { name: "a move", text: '42["move",{"slot":19,"seq":4000000000,"x":1}]', told: [[19, 4_000_000_000]] },
  { name: "another event", text: '42["welcome"]', told: [] },
  { name: "a heartbeat", text: "2", told: [] },
])("Socket.IO: $name tells $told", ({ text, told }) => {
  expect(seenIn(SOCKET_IO, Buffer.from(text))).toEqual(told);
});

test("Socket.IO: it reads what it says; it begins with the welcome", () => {
  const said = Buffer.from(SOCKET_IO.move(17, SPOT, 4));
  expect(said.toString()).toBe('42["move",{"slot":4,"seq":17,"x":1.5,"y":0,"z":-2}]');
  expect(seenIn(SOCKET_IO, said)).toEqual([[4, 17]]);
  const seat = { room: newRoom(), playerId: "", slot: 4 };
  expect(SOCKET_IO.begins(Buffer.from('40{"sid":"a"}'), seat)).toBeNull();
  expect(SOCKET_IO.begins(Buffer.from('42["welcome"]'), seat)).not.toBeNull();
});

test.each([
  { name: "opening: asks for the namespace", text: '0{"sid":"a"}', said: "40" },
  { name: "ping: pong", text: "2", said: "3" },
  { name: "an event: nothing", text: '42["welcome"]', said: undefined },
])("Socket.IO: $name", ({ text, said }) => {
  expect(SOCKET_IO.replyTo?.(Buffer.from(text))?.toString()).toBe(said);
});
