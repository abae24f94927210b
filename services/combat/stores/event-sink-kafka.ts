/**
 * Events on Kafka: records keyed by session id on the topics of topics.ts, with headers event_id, event_type and
 * content_type, and the event's own time.
 * Law: one send at a time, acknowledged by all replicas in sync; what waits meanwhile leaves with the next one, in order.
 *      A send that fails rejects every call that waits, too: none of them may overtake what its caller sends again.
 *      While Kafka is away every call makes one attempt to reach it and rejects with StoreUnavailable; whoever calls
 *      tries again. The first call after its return succeeds.
 */
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import { withDeadline } from "./call-deadline.ts";
import type { EventSink, OutgoingEvent } from "./event-sink.ts";
import { BrokerUnreachable, isBetweenLeaders, KafkaConnection } from "./kafka-connection.ts";
import { kafkaLog } from "./kafka-log.ts";
import {
  KAFKA_BATCH_BYTES_MAX,
  KAFKA_BATCH_EVENTS_MAX,
  KAFKA_CALL_MS_MAX,
  KAFKA_CLOSE_MS_MAX,
  KAFKA_LEADER_PAUSE_MS,
  KAFKA_RECORD_OVERHEAD_BYTES,
  KAFKA_RETRY_START_MS,
  KAFKA_SEND_MS_MAX,
  KAFKA_START_MS_MAX,
  SINK_WAITING_BYTES_MAX,
} from "./limits.ts";
import { StoreUnavailable } from "./session-store.ts";
import { TOPICS } from "./topics.ts";

/** Kafka cannot be used as KAFKA_BROKERS says. The message tells why. */
export class KafkaUnusable extends Error {
  override name = "KafkaUnusable";
}

export type KafkaSinkOptions = {
  /** host:port, of one or some of the cluster. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly log: Log;
  /** Stands before the names of all topics; for tests that share a cluster. */
  readonly topicPrefix?: string;
  readonly startMsMax?: number;
  readonly waitingBytesMax?: number;
};

type Call = {
  readonly events: readonly OutgoingEvent[];
  readonly bytes: number;
  /** How many of its events were taken into a send. */
  taken: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
};

/** Resolves when a broker serves and the topics are there. Rejects with KafkaUnusable when that is not so in time. */
export async function openKafkaEventSink(options: KafkaSinkOptions): Promise<EventSink> {
  const sink = new KafkaEventSink(options);
  await sink.start();
  return sink;
}

class KafkaEventSink implements EventSink {
  private readonly options: KafkaSinkOptions;
  private readonly kafkaLog;
  private connection: KafkaConnection;
  private connectionCount = 0;
  private waiting: Call[] = [];
  private waitingBytes = 0;
  private sending: Promise<void> | null = null;
  private closed = false;

  constructor(options: KafkaSinkOptions) {
    this.options = options;
    this.kafkaLog = kafkaLog(options.log);
    this.connection = this.newConnection();
  }

  /** Tries until a broker serves: it may be starting, too. */
  async start(): Promise<void> {
    const { brokers, startMsMax = KAFKA_START_MS_MAX } = this.options;
    const endMs = systemClock.nowMs() + startMsMax;
    const leftMs = () => Math.max(1, endMs - systemClock.nowMs());
    for (;;) {
      try {
        await withDeadline({ what: "start", msMax: leftMs() }, this.connection.connect());
        return;
      } catch (cause) {
        this.connection.discard();
        if (leftMs() <= KAFKA_RETRY_START_MS) {
          const why = `no use could be made of any within ${startMsMax} ms: ${wordsOf(cause)}`;
          throw new KafkaUnusable(`KAFKA_BROKERS is ${brokers.join(",")}; ${why}`, { cause });
        }
      }
      await pause(KAFKA_RETRY_START_MS);
      this.connection = this.newConnection();
    }
  }

  async publish(events: readonly OutgoingEvent[]): Promise<void> {
    if (events.length === 0) return;
    if (this.closed) throw new StoreUnavailable("publish: the event sink is closed");
    const bytes = events.reduce((sum, event) => sum + bytesOf(event), 0);
    const { waitingBytesMax = SINK_WAITING_BYTES_MAX } = this.options;
    if (this.waitingBytes + bytes > waitingBytesMax) {
      throw new StoreUnavailable(`publish: ${this.waitingBytes} bytes are waiting for Kafka already`);
    }
    const stored = new Promise<void>((resolve, reject) => {
      this.waiting.push({ events, bytes, taken: 0, resolve, reject });
    });
    this.waitingBytes += bytes;
    this.sending ??= this.sendAll();
    await withDeadline({ what: "publish", msMax: KAFKA_CALL_MS_MAX }, stored);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.sending;
    try {
      await withDeadline({ what: "close", msMax: KAFKA_CLOSE_MS_MAX }, this.connection.disconnect());
    } catch (error) {
      this.options.log.warn({ error }, "Kafka was left without a goodbye");
    }
    this.connection.discard();
  }

  /** Sends until nothing waits. Never rejects: each call hears of its own events. */
  private async sendAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.takeBatch();
      try {
        await this.send(batch);
        this.settle((call) => call.resolve(), this.waiting.filter(isTaken).length);
      } catch (cause) {
        const error = new StoreUnavailable(`publish: Kafka did not take events: ${wordsOf(cause)}`, { cause });
        this.settle((call) => call.reject(error), this.waiting.length);
      }
    }
    this.sending = null;
  }

  /** One attempt; more only over another broker, or while a partition is being given to a broker. */
  private async send(batch: readonly OutgoingEvent[]): Promise<void> {
    const endMs = systemClock.nowMs() + KAFKA_SEND_MS_MAX;
    for (let untried = this.options.brokers.length - 1; ; ) {
      try {
        const msMax = Math.max(1, endMs - systemClock.nowMs());
        await withDeadline({ what: "send", msMax }, this.connection.send(batch));
        return;
      } catch (cause) {
        this.connection.discard();
        this.connection = this.newConnection();
        const isNextBroker = cause instanceof BrokerUnreachable && untried > 0;
        const pauseMs = isNextBroker ? 0 : KAFKA_LEADER_PAUSE_MS;
        if (!(isNextBroker || isBetweenLeaders(cause)) || systemClock.nowMs() + pauseMs >= endMs) throw cause;
        if (isNextBroker) untried -= 1;
        else await pause(pauseMs);
      }
    }
  }

  /** The next events of the calls that wait, in order; a call that is too long for one send is sent in parts. */
  private takeBatch(): OutgoingEvent[] {
    const batch: OutgoingEvent[] = [];
    let bytes = 0;
    for (const call of this.waiting) {
      for (; call.taken < call.events.length; call.taken += 1) {
        const event = call.events[call.taken]!;
        bytes += bytesOf(event);
        const isFull = batch.length === KAFKA_BATCH_EVENTS_MAX || bytes > KAFKA_BATCH_BYTES_MAX;
        if (isFull && batch.length > 0) return batch;
        batch.push({ ...event, topic: this.topic(event.topic) });
      }
    }
    return batch;
  }

  /** Takes the oldest calls out and tells them. */
  private settle(tell: (call: Call) => void, count: number): void {
    for (const call of this.waiting.splice(0, count)) {
      this.waitingBytes -= call.bytes;
      tell(call);
    }
  }

  private topic(name: string): string {
    return `${this.options.topicPrefix ?? ""}${name}`;
  }

  /** Each begins with the next broker of the list. */
  private newConnection(): KafkaConnection {
    const { brokers, clientId, log } = this.options;
    const broker = brokers[this.connectionCount % brokers.length]!;
    this.connectionCount += 1;
    const topics = TOPICS.map(({ name, partitions }) => ({ name: this.topic(name), partitions }));
    return new KafkaConnection({ broker, clientId, topics, log, kafkaLog: this.kafkaLog });
  }
}

function isTaken({ taken, events }: Call): boolean {
  return taken === events.length;
}

function bytesOf({ value }: OutgoingEvent): number {
  return value.length + KAFKA_RECORD_OVERHEAD_BYTES;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
