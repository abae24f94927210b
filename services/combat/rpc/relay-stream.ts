/**
 * Relay stream: one gateway's players and spectators on one stream. What one callback of the event loop tells leaves
 * as one batch, in order.
 * Law: an attach is answered before anything else of its connection; what one connection sends is carried out in order
 * after its attach; a gateway that is behind gets states less often, merged; a stream that cannot keep up is ended, and its
 * gateway comes back for full states.
 */
import { create } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import {
  type Attach,
  Lane,
  type RelayDown,
  RelayDownSchema,
  RelayResponseSchema,
  type RelayUp,
  type RoundTrip,
} from "#gen/necpgame/combat/v1/relay_service_pb.js";
import type { Log } from "#kit/log.ts";
import type { CloseReason } from "#wire/close-codes.ts";
import { type Problem, problem } from "#wire/problem.ts";
import {
  CONNECTIONS_PER_STREAM_MAX,
  EARLY_INPUTS_MAX,
  OUTLET_ITEMS_MAX,
  RELAY_UNDERWAY_MAX,
  ROUND_TRIP_MS_MAX,
} from "../limits.ts";
import type { Answers } from "../session/answers.ts";
import type { Frame, Outlet, Viewer } from "../session/audience.ts";
import type { Admitted, Door } from "../session/door.ts";
import type { SessionHost } from "../session/host.ts";
import { attempt, cameraRequest, clientOrder, uuid } from "./decode.ts";
import { errorDetailOf, problemOf } from "./errors.ts";
import type { RelayCall, RelayHandler } from "./handlers.ts";

export type RelayParts = { host: SessionHost; door: Door; answers: Answers; log: Log };

type ItemInit = RelayDown["item"];
type Input = Extract<RelayUp["item"], { case: "input" }>["value"];
/** A connection of the stream: asking to be let in, with what it sent meanwhile, or in. */
type Connection = { admitted: Admitted | null; early: Input[]; gone: boolean };

export function relayHandler(parts: RelayParts): RelayHandler {
  return (call) => {
    const stream = new RelayStream(parts, call);
    call.on("data", (batch) => {
      for (const item of batch.items) stream.handleItem(item);
    });
    call.on("end", () => {
      stream.handleGone();
      call.end();
    });
    call.on("cancelled", () => stream.handleGone());
    call.on("error", (error: unknown) => {
      parts.log.warn({ error }, "a relay stream broke");
      stream.handleGone();
    });
  };
}

class RelayStream implements Outlet {
  private readonly connections = new Map<number, Connection>();
  /** Sessions with viewers on this stream; a room's number is never given twice. */
  private readonly rooms = new Map<string, { room: number; viewerCount: number }>();
  private nextRoom = 1;
  private batch: RelayDown[] = [];
  private planned = false;
  private blocked = false;
  private gone = false;
  /** Items written that the gateway has not handled, as far as it says. */
  private underway = 0;
  private tellsProgress = false;
  private readonly parts: RelayParts;
  private readonly call: RelayCall;

  constructor(parts: RelayParts, call: RelayCall) {
    this.parts = parts;
    this.call = call;
    call.on("drain", () => {
      this.blocked = false;
      this.flush();
    });
  }

  handleItem({ item }: RelayUp): void {
    if (item.case === "attach") void this.attach(item.value);
    else if (item.case === "detach") this.detach(item.value.connection);
    else if (item.case === "input") this.input(item.value);
    else if (item.case === "roundTrip") this.roundTrip(item.value);
    else if (item.case === "progress") this.progress(item.value.items);
  }

  get isCongested(): boolean {
    return this.blocked || (this.tellsProgress && this.underway > RELAY_UNDERWAY_MAX);
  }

  /** The gateway is gone, and everyone behind it. */
  handleGone(): void {
    if (this.gone) return;
    this.gone = true;
    this.batch = [];
    for (const connection of [...this.connections.keys()]) this.detach(connection);
  }

  roster(sessionId: string, playerIds: readonly string[]): void {
    this.send({ case: "roster", value: { room: this.roomOf(sessionId), sessionId, playerIds: [...playerIds] } });
  }

  enter(viewer: Viewer): void {
    this.send({ case: "enter", value: { connection: viewer.connection, room: this.roomOf(viewer.sessionId) } });
  }

  broadcast(sessionId: string, { lane, bytes: message }: Frame): void {
    this.send({ case: "broadcast", value: { room: this.roomOf(sessionId), lane: LANE[lane], message } });
  }

  unicast({ connection }: Viewer, { lane, bytes: message }: Frame): void {
    this.send({ case: "unicast", value: { connection, lane: LANE[lane], message } });
  }

  close({ connection, sessionId }: Viewer, reason: CloseReason): void {
    if (this.connections.delete(connection)) this.leaveRoom(sessionId);
    this.send({ case: "close", value: { connection, reason } });
  }

  private async attach(request: Attach): Promise<void> {
    const { connection } = request;
    if (this.connections.has(connection) || this.connections.size >= CONNECTIONS_PER_STREAM_MAX) {
      return this.refuse(connection, problem("UNAVAILABLE", "No room for this connection", { retry_after_ms: 1000 }));
    }
    const entry: Connection = { admitted: null, early: [], gone: false };
    this.connections.set(connection, entry);
    const refusal = await this.letIn(request, entry);
    if (refusal === null) return;
    if (this.connections.get(connection) === entry) this.connections.delete(connection);
    if (!entry.gone) this.refuse(connection, refusal);
  }

  private async letIn(request: Attach, entry: Connection): Promise<Problem | null> {
    try {
      const asked = attempt(() => ({
        sessionId: uuid("session_id", request.sessionId),
        playerId: uuid("player_id", request.playerId),
        camera: request.spectator ? cameraRequest(request.cameraMode, request.followTarget) : null,
      }));
      if (!asked.ok) return asked.problem;
      const { ticketId, ticketExpiresAt, resume, roles } = request;
      const attached = await this.parts.door.attach({
        ...asked.value,
        outlet: this,
        connection: request.connection,
        trusted: roles.includes("service") || roles.includes("admin"),
        ticket: ticketId === undefined ? null : { id: ticketId, expiresAtUnixMs: ticketExpiresAt },
        resume: resume === undefined ? null : { epoch: resume.epoch, frame: resume.frame },
      });
      if (!attached.ok) return attached.problem;
      this.welcome(request.connection, entry, attached.value);
      return null;
    } catch (error) {
      return problemOf(error, { log: this.parts.log, method: "relay attach" });
    }
  }

  private welcome(connection: number, entry: Connection, admitted: Admitted): void {
    const { hosted, viewer } = admitted;
    if (entry.gone || this.gone) return this.parts.host.detach(hosted, viewer);
    entry.admitted = admitted;
    this.room(viewer.sessionId).viewerCount += 1;
    this.send({ case: "attached", value: { connection, room: this.roomOf(viewer.sessionId) } });
    if (!viewer.awaitsResume) this.parts.host.enter(hosted, viewer);
    const { early } = entry;
    entry.early = [];
    for (const input of early) this.input(input);
  }

  private detach(connection: number): void {
    const entry = this.connections.get(connection);
    if (entry === undefined) return;
    this.connections.delete(connection);
    entry.gone = true;
    if (entry.admitted === null) return;
    const { hosted, viewer } = entry.admitted;
    this.parts.host.detach(hosted, viewer);
    this.leaveRoom(viewer.sessionId);
  }

  private input(input: Input): void {
    const entry = this.connections.get(input.connection);
    if (entry === undefined || input.message === undefined) return; // Closed from here while it was on its way.
    if (entry.admitted === null) {
      if (entry.early.length < EARLY_INPUTS_MAX) entry.early.push(input);
      return;
    }
    const { hosted, viewer } = entry.admitted;
    const { message } = input;
    const order = attempt(() => clientOrder(message));
    if (order.ok) this.parts.answers.handle(hosted, viewer, order.value);
    else this.parts.answers.refuse(hosted, viewer, order.problem);
  }

  private roundTrip({ connection, ms }: RoundTrip): void {
    const admitted = this.connections.get(connection)?.admitted;
    // Whole, as all times that enter the simulation: finer is noise, and costs a recording ten times the bytes.
    if (admitted) admitted.viewer.rttMs = Math.min(Math.round(ms), ROUND_TRIP_MS_MAX);
  }

  private progress(items: number): void {
    this.tellsProgress = true;
    this.underway = Math.max(0, this.underway - items);
  }

  private refuse(connection: number, why: Problem): void {
    this.send({ case: "refused", value: { connection, error: errorDetailOf(why) } });
  }

  private roomOf(sessionId: string): number {
    return this.room(sessionId).room;
  }

  private room(sessionId: string): { room: number; viewerCount: number } {
    const known = this.rooms.get(sessionId);
    if (known !== undefined) return known;
    const opened = { room: this.nextRoom++, viewerCount: 0 };
    this.rooms.set(sessionId, opened);
    return opened;
  }

  private leaveRoom(sessionId: string): void {
    const left = this.rooms.get(sessionId);
    if (left === undefined) return;
    left.viewerCount -= 1;
    if (left.viewerCount <= 0) this.rooms.delete(sessionId);
  }

  private send(item: unknown): void {
    if (this.gone) return;
    this.batch.push(create(RelayDownSchema, { item: item as ItemInit }));
    if (this.batch.length > OUTLET_ITEMS_MAX) return this.giveUp();
    if (this.planned || this.blocked) return;
    this.planned = true;
    // Not setImmediate: that would be a turn of the event loop later, and the ticks of a millisecond come in between.
    process.nextTick(() => {
      this.planned = false;
      this.flush();
    });
  }

  private flush(): void {
    if (this.blocked || this.gone || this.batch.length === 0) return;
    const items = this.batch;
    this.batch = [];
    this.underway += items.length;
    this.blocked = !this.call.write(create(RelayResponseSchema, { items }));
  }

  private giveUp(): void {
    this.parts.log.warn({ items: this.batch.length }, "a relay stream does not keep up and is ended");
    this.handleGone();
    const details = "the gateway reads too slowly; open the stream again";
    this.call.emit("error", { code: status.UNAVAILABLE, details });
  }
}

const LANE = { event: Lane.EVENT, state: Lane.STATE } as const;
