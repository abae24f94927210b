/**
 * Client socket: the shell around one connection: carries what happens on the WebSocket into connection.ts, and does
 * what connection.ts says.
 * Law: after every handle the polls are emptied; bytes leave through the outbox alone, in order.
 * Cost: delivering a frame to a reader that keeps up is one comparison and one write of bytes that are ready: frames go to the
 *      transport past `ws`, which has nothing left to do for them. It holds nothing back, so its own frames keep their place.
 * Not here: decisions (connection.ts), who may open a socket (websocket.ts).
 */
import type { Duplex } from "node:stream";
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { WheelEntry } from "#kit/wheel.ts";
import { CLOSES, type CloseReason } from "#wire/close-codes.ts";
import type { Problem } from "#wire/problem.ts";
import { decodeClientMessage } from "../codec/decode.ts";
import { errorFrame, frameFromBytes, stateFrame, tokenExpiringFrame } from "../codec/encode.ts";
import { closeReasonNamed, closeText } from "../connection/closing.ts";
import type { Connection, Output, RefreshVerdict } from "../connection/connection.ts";
import type { Caller, Format, Frame, Lane } from "../connection/messages.ts";
import { Outbox } from "../connection/outbox.ts";
import type { Relay } from "../connection/relay.ts";
import type { Room, Viewer } from "../connection/room.ts";
import { SOCKET_BUFFERED_BYTES_MAX } from "../limits.ts";
import type { OwnedWebSocket, SocketEvent, SocketOwner } from "./owned-websocket.ts";
import type { PendingUpgrade } from "./pending-upgrade.ts";

/** What all sockets of an edge share. */
export type SocketSurroundings = {
  readonly clock: Clock;
  readonly log: Log;
  /** 0 to 1. */
  readonly random: () => number;
  upgrade(pending: PendingUpgrade): OwnedWebSocket | null;
  refresh(token: string, caller: Caller): Promise<RefreshVerdict>;
  /** Has handleTick called when it is due. */
  schedule(socket: ClientSocket, dueMs: number): void;
  /** Finds where the session is now, at this address when one was told, and has the socket ask there. */
  reroute(socket: ClientSocket, address: string | null): void;
  /** The socket is done with: nobody refers to it any more. */
  forget(socket: ClientSocket): void;
};

export class ClientSocket implements Viewer, WheelEntry, SocketOwner {
  readonly format: Format;
  readonly isSpectator: boolean;
  readonly caller: Caller;
  wheelSlot = -1;
  /** Kept while the relay is lost: what still waits in the outbox is named by it. */
  private room: Room<ClientSocket> | null = null;
  private readonly connection: Connection;
  /** To the instance that has the session, or is asked for it. */
  relay: Relay;
  /** Null for a reader that keeps up. */
  private outbox: Outbox | null = null;
  private readonly around: SocketSurroundings;
  private pending: PendingUpgrade | null;
  private webSocket: OwnedWebSocket | null = null;
  /** What the WebSocket stands on. */
  private readonly transport: Duplex;
  private isAwaitingDrain = false;

  constructor(connection: Connection, pending: PendingUpgrade, relay: Relay, around: SocketSurroundings) {
    this.connection = connection;
    this.caller = connection.caller;
    this.format = connection.caller.format;
    this.isSpectator = connection.caller.spectator;
    this.pending = pending;
    this.transport = pending.socket;
    this.relay = relay;
    this.around = around;
    pending.onGone(() => this.handleGone());
  }

  /** Asks combat to let the caller in. */
  start(): void {
    this.reschedule();
    this.pump();
  }

  // From combat

  handleAttached(room: Room<ClientSocket>): void {
    this.room = room;
    this.connection.handleAttached(this.around.clock.nowMs());
    this.pump();
  }

  handleRefused(why: Problem): void {
    this.connection.handleRefused(this.around.clock.nowMs(), why);
    this.pump();
    this.reschedule();
  }

  handleUnicast(lane: Lane, bytes: Uint8Array): void {
    const frame = frameFromBytes(bytes, lane, this.context());
    const epoch = frame.sessionEpoch();
    if (epoch !== null) this.connection.handleSessionState(epoch, frame.number);
    if (this.room !== null) this.room.unicast(this, frame);
    else this.deliver(frame, frame.framed(this.format));
  }

  /** One frame, ready for this socket. Never throws: what cannot be read costs who had to look inside. */
  deliver(frame: Frame, bytes: Uint8Array): void {
    const { webSocket } = this;
    if (webSocket === null || webSocket.readyState !== OPEN) return;
    this.connection.handleFrame(frame.number);
    if (this.outbox === null && this.transport.writableLength < SOCKET_BUFFERED_BYTES_MAX) this.transport.write(bytes);
    else this.deliverLate(frame, bytes);
  }

  /** To a reader that does not keep up, or did not just now. */
  private deliverLate(frame: Frame, bytes: Uint8Array): void {
    try {
      this.outbox ??= new Outbox(this.format);
      const verdict = this.outbox.handleFrame(frame, this.transport.writableLength, this.around.clock.nowMs());
      if (verdict === "write") this.transport.write(bytes);
      else if (verdict === "overflow") this.close("slow_reader");
      else this.drainOutbox();
    } catch (error) {
      this.fail(error);
    }
  }

  handleCombatClose(reason: string): void {
    this.connection.handleCombatClose(closeReasonNamed(reason));
    this.pump();
  }

  handleRelayLost(): void {
    this.connection.handleRelayLost(this.around.clock.nowMs());
    this.pump();
    this.reschedule();
  }

  handleRelayUp(): void {
    this.connection.handleRelayUp();
    this.pump();
  }

  // From the gateway

  handleTick(): void {
    this.connection.handleTick(this.around.clock.nowMs(), this.around.clock.unixMs());
    this.drainOutbox();
    this.pump();
    this.reschedule();
  }

  close(reason: CloseReason): void {
    this.connection.handleClose(reason);
    this.pump();
  }

  /** Ends it without a word. */
  terminate(): void {
    this.webSocket?.terminate();
  }

  // From the client

  handleSocket(event: SocketEvent, data: Buffer, isBinary: boolean): void {
    try {
      if (event === "message") this.handleMessage(data, isBinary);
      else if (event === "ping") this.handlePing(data);
      else if (event === "pong") this.handlePong();
      else this.handleGone();
    } catch (error) {
      this.fail(error); // An error of ours ends this connection only, not the process.
    }
  }

  private handleMessage(bytes: Uint8Array, binary: boolean): void {
    const nowMs = this.around.clock.nowMs();
    if (this.connection.handleArrival(nowMs)) {
      this.connection.handleInput(nowMs, decodeClientMessage(this.format, { bytes, binary }));
    }
    this.pump();
  }

  private handlePing(payload: Buffer): void {
    const isTaken = this.connection.handleArrival(this.around.clock.nowMs());
    if (isTaken && this.transport.writableLength < SOCKET_BUFFERED_BYTES_MAX) this.webSocket?.pong(payload);
    this.pump();
  }

  private handlePong(): void {
    this.connection.handlePong(this.around.clock.nowMs());
    this.pump();
  }

  private handleGone(): void {
    this.connection.handleGone();
    this.pump();
    this.around.forget(this);
  }

  // To do what the connection says

  private pump(): void {
    for (let output = this.connection.poll(); output !== null; output = this.connection.poll()) this.perform(output);
  }

  private perform(output: Output): void {
    switch (output.kind) {
      case "attach":
        this.attach(output);
        return;
      case "detach":
        this.relay.send({ kind: "detach", connection: this.caller.connection }); // A lost relay has forgotten us anyway.
        return;
      case "input": {
        const { type, message } = output.input;
        const replaceable = type === "position_update";
        const isTaken = this.relay.send({ kind: "input", connection: this.caller.connection, replaceable, message });
        if (!isTaken) this.connection.handleInputLost(this.around.clock.nowMs());
        return;
      }
      case "round_trip":
        // Lost with the relay, as the connection's place there is; it is told again with the next.
        this.relay.send({ kind: "round_trip", connection: this.caller.connection, ms: output.ms });
        return;
      case "reroute":
        this.around.reroute(this, output.address);
        return;
      case "upgrade":
        this.upgrade();
        return;
      case "refuse":
        this.pending?.refuse(output.problem);
        this.pending = null;
        this.around.forget(this);
        return;
      case "error":
        this.say(errorFrame(output.problem, this.stamp(), this.context()));
        return;
      case "token_expiring":
        this.say(tokenExpiringFrame(output.expiresAtUnixMs, this.stamp(), this.context()));
        return;
      case "verify":
        void this.refresh(output.token);
        return;
      case "ping":
        this.webSocket?.ping();
        return;
      case "close":
        this.closeSocket(output.reason);
        return;
    }
  }

  private attach({ again, resume }: Extract<Output, { kind: "attach" }>): void {
    const { connection, sessionId, playerId, spectator, roles, cameraMode, followTarget } = this.caller;
    const ticket = again ? null : this.caller.ticket; // It was used up the first time; the seat is taken since.
    const who = { connection, sessionId, playerId, spectator, roles, cameraMode, followTarget };
    if (!this.relay.send({ kind: "attach", ...who, ticket, resume })) {
      this.connection.handleRelayLost(this.around.clock.nowMs());
    }
  }

  private upgrade(): void {
    const webSocket = this.pending === null ? null : this.around.upgrade(this.pending);
    this.pending = null;
    if (webSocket === null) this.handleGone();
    else this.listen(webSocket);
  }

  private listen(webSocket: OwnedWebSocket): void {
    this.webSocket = webSocket;
    webSocket.owner = this;
    this.reschedule();
  }

  private fail(error: unknown): void {
    const { connection, sessionId } = this.caller;
    this.around.log.error({ connection, session_id: sessionId, error }, "a socket failed; it is closed");
    this.close("internal");
  }

  private async refresh(token: string): Promise<void> {
    try {
      this.connection.handleRefreshed(await this.around.refresh(token, this.caller));
      this.pump();
      this.reschedule();
    } catch (error) {
      this.fail(error);
    }
  }

  private closeSocket(reason: CloseReason): void {
    this.room?.leave(this);
    this.webSocket?.close(CLOSES[reason].code, closeText(reason, this.around.random()));
  }

  // Bytes

  private say(frame: Frame): void {
    this.deliver(frame, frame.framed(this.format));
  }

  private awaitDrain(): void {
    if (this.isAwaitingDrain) return;
    this.isAwaitingDrain = true;
    // The transport's own `drain`, since `ws` has none: it comes because the cap is not under the high-water mark.
    this.transport.once("drain", () => {
      this.isAwaitingDrain = false;
      this.drainOutbox();
    });
  }

  /** Writes what was kept, as far as there is room and it is time, and sees to it that the rest has its turn. */
  private drainOutbox(): void {
    const { outbox, webSocket, transport } = this;
    if (outbox === null || webSocket === null || webSocket.readyState !== OPEN) return;
    const nowMs = this.around.clock.nowMs();
    for (let item = outbox.poll(transport.writableLength, nowMs); item !== null; ) {
      const bytes = item.kind === "bytes" ? item.bytes : stateFrame(item.content, this.context()).framed(this.format);
      transport.write(bytes);
      item = outbox.poll(transport.writableLength, nowMs);
    }
    if (outbox.isDone()) this.outbox = null;
    else if (transport.writableLength >= SOCKET_BUFFERED_BYTES_MAX) this.awaitDrain();
    else if (outbox.isStale()) this.reschedule();
  }

  private context() {
    return this.room ?? { sessionId: this.caller.sessionId, playerIds: NOBODY };
  }

  private stamp() {
    return { frame: this.connection.newestFrame(), unixMs: this.around.clock.unixMs() };
  }

  private reschedule(): void {
    if (this.connection.phase() === "closed") return;
    const dueMs = this.connection.dueMs(this.around.clock.nowMs(), this.around.clock.unixMs());
    this.around.schedule(this, Math.min(dueMs, this.outbox?.dueMs() ?? dueMs));
  }
}

const OPEN = 1; // WebSocket.OPEN, without a look through the prototypes for each frame.
const NOBODY: readonly string[] = [];
