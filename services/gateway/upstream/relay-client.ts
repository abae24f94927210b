/**
 * Relay client: the one stream to a combat instance, over grpc-js.
 * In:  items to send, a listener.   Out: items from combat, in order; whether the stream is up or lost.
 * Batches: what is sent during one turn of the event loop goes as one message, written by setImmediate. Not by
 *      queueMicrotask: each socket's data is a callback of its own with microtasks after it, so those batches would
 *      hold one socket's messages; setImmediate runs once, after all sockets of the turn were read.
 * Law: a lost stream is opened again, with back-off and jitter, until closed; while the stream is congested nothing
 *      more is written, see relay-queue.ts. A silent peer is noticed by the channel's own pings.
 * Not here: who is attached (edge/downstream.ts attaches everybody again after handleUp).
 */
import { Client, type ClientDuplexStream, credentials, Metadata } from "@grpc/grpc-js";
import { type RelayRequest, type RelayResponse, RelayService } from "#gen/necpgame/combat/v1/relay_service_pb.js";
import { assert } from "#kit/assert.ts";
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { Relay, RelayListener, Up } from "../connection/relay.ts";
import {
  RELAY_CLOSE_MS_MAX,
  RELAY_CONNECT_MS_MAX,
  RELAY_KEEPALIVE_MS,
  RELAY_KEEPALIVE_MS_MAX,
  RELAY_MESSAGE_BYTES_MAX,
  RELAY_PROGRESS_ITEMS,
  RELAY_RETRY_MS,
  RELAY_STEADY_MS,
} from "../limits.ts";
import { decodeDown, encodeRequest, parseResponse, serializeRequest } from "./relay-codec.ts";
import { RelayQueue } from "./relay-queue.ts";

export type RelayClientParts = {
  /** A gRPC target, for example 127.0.0.1:50051. */
  readonly target: string;
  /** The gateways' own token; asked for whenever the stream is opened. */
  readonly token: () => Promise<string>;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
};

export function createRelayClient(parts: RelayClientParts): Relay {
  return new RelayClient(parts);
}

type Stream = ClientDuplexStream<RelayRequest, RelayResponse>;

const PATH = `/${RelayService.typeName}/${RelayService.method.relay.name}`;

class RelayClient implements Relay {
  private readonly parts: RelayClientParts;
  private readonly client: Client;
  private readonly queue = new RelayQueue();
  private listener: RelayListener | null = null;
  private stream: Stream | null = null;
  private openedMs = 0;
  private awayMs: number | null = null;
  private isCongested = false;
  private isClosed = false;
  private failures = 0;
  /** Items handled that combat was not told of. */
  private untold = 0;
  private flushPlanned: NodeJS.Immediate | null = null;
  private retryTimer: NodeJS.Timeout | null = null;

  constructor(parts: RelayClientParts) {
    this.parts = parts;
    this.client = new Client(parts.target, credentials.createInsecure(), {
      "grpc.keepalive_time_ms": RELAY_KEEPALIVE_MS,
      "grpc.keepalive_timeout_ms": RELAY_KEEPALIVE_MS_MAX,
      "grpc.initial_reconnect_backoff_ms": RELAY_RETRY_MS.first,
      "grpc.max_reconnect_backoff_ms": RELAY_RETRY_MS.longest,
      "grpc.max_receive_message_length": RELAY_MESSAGE_BYTES_MAX,
      "grpc.max_send_message_length": RELAY_MESSAGE_BYTES_MAX,
      "grpc.use_local_subchannel_pool": 1, // A connection of its own: unary calls do not queue in front of frames.
    });
  }

  open(listener: RelayListener): void {
    assert(this.listener === null, "a relay is opened once");
    this.listener = listener;
    this.awayMs = this.parts.clock.nowMs();
    void this.connect();
  }

  isUp(): boolean {
    return this.stream !== null;
  }

  awaySinceMs(): number | null {
    return this.awayMs;
  }

  send(item: Up): boolean {
    if (this.stream === null) return false;
    const taken = this.queue.push(item, this.isCongested);
    if (taken && !this.isCongested) this.flushPlanned ??= setImmediate(() => this.flush());
    return taken;
  }

  close(): Promise<void> {
    this.isClosed = true;
    if (this.retryTimer !== null) clearTimeout(this.retryTimer);
    if (this.flushPlanned !== null) clearImmediate(this.flushPlanned);
    const { stream } = this;
    this.stream = null;
    if (stream === null) {
      this.client.close();
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const giveUp = setTimeout(() => stream.cancel(), RELAY_CLOSE_MS_MAX);
      stream.removeAllListeners("status").on("status", () => {
        clearTimeout(giveUp);
        this.client.close();
        resolve();
      });
      while (!this.queue.isEmpty()) stream.write(encodeRequest(this.queue.pollBatch()));
      stream.end();
    });
  }

  /** Never rejects: whatever goes wrong is tried again. */
  private async connect(): Promise<void> {
    try {
      await this.waitForChannel();
      const token = await this.parts.token();
      if (!this.isClosed) this.openStream(token);
    } catch (error) {
      this.handleFailure(error);
    }
  }

  private waitForChannel(): Promise<void> {
    // grpc-js takes the wall clock's time for deadlines, nothing else.
    const deadlineUnixMs = Date.now() + RELAY_CONNECT_MS_MAX;
    return new Promise((resolve, reject) => {
      this.client.waitForReady(deadlineUnixMs, (error) => (error ? reject(error) : resolve()));
    });
  }

  private openStream(token: string): void {
    const metadata = new Metadata();
    metadata.set("authorization", `Bearer ${token}`);
    const stream: Stream = this.client.makeBidiStreamRequest(PATH, serializeRequest, parseResponse, metadata);
    this.stream = stream;
    this.openedMs = this.parts.clock.nowMs();
    this.awayMs = null;
    this.untold = 0;
    this.isCongested = false;
    stream.on("data", (response: RelayResponse) => this.handleResponse(stream, response));
    stream.on("drain", () => this.handleDrain(stream));
    stream.on("error", () => {}); // The same end is told by `status`, which comes after every kind of end.
    stream.on("status", (status) => this.handleEnd(stream, status.details));
    this.parts.log.info({ target: this.parts.target }, "relay up");
    this.listener?.handleUp();
  }

  private handleResponse(stream: Stream, response: RelayResponse): void {
    if (stream !== this.stream) return;
    this.failures = 0;
    for (const wireItem of response.items) {
      const item = decodeDown(wireItem);
      if (item !== null) this.listener?.handleDown(item);
    }
    this.tellProgress(response.items.length);
  }

  /** Not for each: one item upstream for many down. */
  private tellProgress(items: number): void {
    this.untold += items;
    if (this.untold < RELAY_PROGRESS_ITEMS) return;
    this.send({ kind: "progress", items: this.untold });
    this.untold = 0;
  }

  private flush(): void {
    this.flushPlanned = null;
    const { stream } = this;
    while (stream !== null && !this.isCongested && !this.queue.isEmpty()) {
      this.isCongested = !stream.write(encodeRequest(this.queue.pollBatch()));
    }
  }

  private handleDrain(stream: Stream): void {
    if (stream !== this.stream) return;
    this.isCongested = false;
    this.flush();
  }

  private handleEnd(stream: Stream, reason: string): void {
    if (stream !== this.stream) return;
    this.stream = null;
    this.queue.clear();
    this.awayMs = this.parts.clock.nowMs();
    if (this.awayMs - this.openedMs >= RELAY_STEADY_MS) this.failures = 0;
    this.parts.log.warn({ target: this.parts.target, reason }, "relay lost");
    this.listener?.handleLost();
    this.retryLater();
  }

  private handleFailure(error: unknown): void {
    if (this.isClosed) return;
    // Said once per outage: an outage of an hour is no reason for thousands of lines.
    if (this.failures === 0)
      this.parts.log.warn({ target: this.parts.target, error }, "relay cannot be opened; trying on");
    this.retryLater();
  }

  private retryLater(): void {
    if (this.isClosed) return;
    const pauseMs = Math.min(RELAY_RETRY_MS.longest, RELAY_RETRY_MS.first * 2 ** Math.min(this.failures, 16));
    this.failures += 1;
    this.retryTimer = setTimeout(() => void this.connect(), pauseMs * (0.5 + 0.5 * this.parts.random()));
  }
}
