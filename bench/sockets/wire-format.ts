/**
 * Wire format: what the load says and reads, in each of the two formats of a socket, and to others' servers.
 * In:  a message of the server.   Out: where somebody stands at the beginning, and whose inputs a state shows.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ActionType, ClientMessageSchema, ServerMessageSchema } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { COLYSEUS, SOCKET_IO } from "./peer-formats.ts";
import { madeAtUnixMs, readInputs } from "./state-reader.ts";

export type Format = "protobuf" | "json" | "relayed" | "socket-io" | "colyseus";
export type Spot = { readonly x: number; readonly y: number; readonly z: number };
export type SeeInput = (slot: number, lastInput: number) => void;

export type RoomKnown = {
  readonly sessionId: string;
  readonly slots: ReadonlyMap<string, number>;
  /** What a Colyseus server calls the players, learned from its states. */
  readonly slotByRef: number[];
};

/** `slot`: of a spectator null. */
export type SeatKnown = { readonly room: RoomKnown; readonly playerId: string; readonly slot: number | null };

export type WireFormat = {
  readonly subprotocol: string;
  readonly isText: boolean;
  /** Null when it is no session_state; else where that player stands, or undefined for who plays not. */
  begins(payload: Buffer, seat: SeatKnown): { spot: Spot | undefined } | null;
  /** Where the socket is opened, when that is not the service's own path. */
  pathOf?(seat: SeatKnown, port: number): string | Promise<string>;
  /** What has to be said back to a frame, in handshakes and for heartbeats; mostly nothing. */
  replyTo?(payload: Buffer): Uint8Array | null;
  move(seq: number, spot: Spot, slot: number): Uint8Array;
  /** Reloads, or shoots straight up, which hits nobody; only on our own service. */
  act?(seq: number, action: "attack" | "reload"): Uint8Array;
  readInputs(payload: Buffer, room: RoomKnown, see: SeeInput): void;
  /** When the server made it; only of those that say so. */
  madeAtUnixMs?(payload: Buffer): number | null;
};

const UP = { x: 0, y: 0, z: 1 } as const;

const PROTOBUF: WireFormat = {
  subprotocol: "combat.v1.protobuf",
  isText: false,
  begins(payload, { slot }) {
    const { body } = fromBinary(ServerMessageSchema, payload);
    if (body.case !== "sessionState") return null;
    const at = body.value.players.find((player) => player.slot === slot)?.position;
    return { spot: at && { x: at.x / 100, y: at.y / 100, z: at.z / 100 } };
  },
  move(seq, spot) {
    return toBinary(
      ClientMessageSchema,
      create(ClientMessageSchema, { seq, body: { case: "positionUpdate", value: spot } }),
    );
  },
  act(seq, action) {
    const value =
      action === "attack" ? { actionType: ActionType.ATTACK, direction: UP } : { actionType: ActionType.RELOAD };
    return toBinary(ClientMessageSchema, create(ClientMessageSchema, { seq, body: { case: "combatAction", value } }));
  },
  readInputs(payload, _room, see) {
    readInputs(payload, see);
  },
  madeAtUnixMs,
};

type JsonState = {
  readonly type: string;
  readonly players?: readonly { readonly player_id: string; readonly position: Spot; readonly last_input: number }[];
};

const JSON_TEXT: WireFormat = {
  subprotocol: "combat.v1.json",
  isText: true,
  begins(payload, { playerId }) {
    const { type, players = [] } = JSON.parse(payload.toString()) as JsonState;
    if (type !== "session_state") return null;
    return { spot: players.find(({ player_id }) => player_id === playerId)?.position };
  },
  move(seq, { x, y, z }) {
    return Buffer.from(JSON.stringify({ type: "position_update", seq, data: { x, y, z } }));
  },
  act(seq, action) {
    const data = { action_type: action, ...(action === "attack" && { direction: UP }) };
    return Buffer.from(JSON.stringify({ type: "combat_action", seq, data }));
  },
  readInputs(payload, { slots }, see) {
    const { type, players = [] } = JSON.parse(payload.toString()) as JsonState;
    if (type !== "state_update") return;
    for (const { player_id, last_input } of players) see(slots.get(player_id) ?? -1, last_input);
  },
};

/** What others get is what somebody sent: slot, sequence number, position. */
const RELAYED: WireFormat = {
  subprotocol: "relayed",
  isText: false,
  begins: () => ({ spot: { x: 0, y: 0, z: 0 } }), // The first frame says that the server has the socket in its room.
  move(seq, { x, y, z }, slot) {
    const bytes = Buffer.allocUnsafe(5 + 3 * 8);
    bytes[0] = slot;
    bytes.writeUInt32LE(seq, 1);
    bytes.writeDoubleLE(x, 5);
    bytes.writeDoubleLE(y, 13);
    bytes.writeDoubleLE(z, 21);
    return bytes;
  },
  readInputs(payload, _room, see) {
    see(payload[0]!, payload.readUInt32LE(1));
  },
};

export const WIRE_FORMATS: { readonly [format in Format]: WireFormat } = {
  protobuf: PROTOBUF,
  json: JSON_TEXT,
  relayed: RELAYED,
  "socket-io": SOCKET_IO,
  colyseus: COLYSEUS,
};
