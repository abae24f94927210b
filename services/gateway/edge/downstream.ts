/**
 * Downstream: what comes from one relay, to whom it is for; and everybody's way back when the relay was lost.
 * In:  the relay's items, in order.   Out: calls on sockets and rooms.
 * Law: an item that cannot be read costs only those it was for, who are closed and may come back; a room lives as long
 *      as a socket of its session does; after a loss every room is forgotten and every socket asks to be let in again.
 * Not here: the stream (upstream/relay-client.ts), the WebSockets (client-socket.ts).
 */
import { assert, unreachable } from "#kit/assert.ts";
import type { Log } from "#kit/log.ts";
import { frameFromBytes } from "../codec/encode.ts";
import type { Down, RelayListener } from "../connection/relay.ts";
import { Room } from "../connection/room.ts";
import type { ClientSocket } from "./client-socket.ts";

type Place = { socketCount: number; roomNumber: number | null };

export class Downstream implements RelayListener {
  private readonly sockets = new Map<number, ClientSocket>();
  private readonly rooms = new Map<number, Room<ClientSocket>>();
  /** Sessions that have a socket here, in whatever phase. */
  private readonly places = new Map<string, Place>();
  private readonly log: Log;

  constructor(log: Log) {
    this.log = log;
  }

  add(socket: ClientSocket): void {
    const { connection, sessionId } = socket.caller;
    assert(!this.sockets.has(connection), "a connection's number is its own");
    this.sockets.set(connection, socket);
    const place = this.places.get(sessionId);
    if (place === undefined) this.places.set(sessionId, { socketCount: 1, roomNumber: null });
    else place.socketCount += 1;
  }

  remove(socket: ClientSocket): void {
    const { connection, sessionId } = socket.caller;
    if (!this.sockets.delete(connection)) return;
    const place = this.places.get(sessionId);
    assert(place !== undefined, "a socket's session has a place");
    if (place.roomNumber !== null) this.rooms.get(place.roomNumber)?.leave(socket);
    place.socketCount -= 1;
    if (place.socketCount > 0) return;
    this.places.delete(sessionId);
    if (place.roomNumber !== null) this.rooms.delete(place.roomNumber);
  }

  handleUp(): void {
    for (const socket of this.sockets.values()) socket.handleRelayUp();
  }

  handleLost(): void {
    for (const room of this.rooms.values()) room.catchUp();
    this.rooms.clear();
    for (const place of this.places.values()) place.roomNumber = null;
    for (const socket of this.sockets.values()) socket.handleRelayLost();
  }

  handleDown(item: Down): void {
    try {
      this.dispatch(item);
    } catch (error) {
      this.log.error({ item: item.kind, error }, "an item of the relay could not be handled; its readers are closed");
      for (const socket of this.readersOf(item)) socket.close("internal");
    }
  }

  private dispatch(item: Down): void {
    switch (item.kind) {
      case "broadcast":
        this.broadcast(item);
        return;
      case "unicast":
        this.sockets.get(item.connection)?.handleUnicast(item.lane, item.bytes);
        return;
      case "attached": {
        const socket = this.sockets.get(item.connection);
        if (socket !== undefined) socket.handleAttached(this.roomFor(item.room, socket.caller.sessionId));
        return;
      }
      case "enter": {
        const socket = this.sockets.get(item.connection);
        if (socket !== undefined) this.roomFor(item.room, socket.caller.sessionId).enter(socket);
        return;
      }
      case "roster":
        if (this.places.has(item.sessionId)) this.roomFor(item.room, item.sessionId).playerIds = item.playerIds;
        return;
      case "refused":
        this.sockets.get(item.connection)?.handleRefused(item.problem);
        return;
      case "close":
        this.sockets.get(item.connection)?.handleCombatClose(item.reason);
        return;
      default:
        unreachable(item);
    }
  }

  private broadcast({ room: roomNumber, lane, bytes }: Extract<Down, { kind: "broadcast" }>): void {
    const room = this.rooms.get(roomNumber);
    if (room === undefined) return; // Its last reader has just gone.
    const failure = room.broadcast(frameFromBytes(bytes, lane, room));
    if (failure === null) return;
    this.log.error({ session_id: room.sessionId, ...failure }, "a frame has no such format; its readers are closed");
    for (const socket of room.membersOf(failure.format)) socket.close("internal");
  }

  private readersOf(item: Down): readonly ClientSocket[] {
    if ("connection" in item) {
      const socket = this.sockets.get(item.connection);
      return socket === undefined ? [] : [socket];
    }
    const room = this.rooms.get(item.room);
    return room === undefined ? [] : [...room.membersOf("json"), ...room.membersOf("protobuf")];
  }

  private forgetRoom(roomNumber: number): void {
    this.rooms.get(roomNumber)?.catchUp();
    this.rooms.delete(roomNumber);
  }

  private roomFor(roomNumber: number, sessionId: string): Room<ClientSocket> {
    const known = this.rooms.get(roomNumber);
    if (known !== undefined) return known;
    const place = this.places.get(sessionId);
    assert(place !== undefined, "a room is made for a session that has a socket here");
    if (place.roomNumber !== null) this.forgetRoom(place.roomNumber); // Combat gave the session another number.
    place.roomNumber = roomNumber;
    const room = new Room<ClientSocket>(sessionId, setImmediate);
    this.rooms.set(roomNumber, room);
    return room;
  }
}
