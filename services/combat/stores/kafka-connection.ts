/**
 * Kafka connection: one producer of kafkajs, used until something goes wrong with it, then thrown away as a whole.
 * In:  the topics to have, the events of one send.   Out: done, acknowledged by all replicas in sync; or an error.
 * Law: one send at a time. After a failed call discard() is called, and a new connection is made; it begins with
 *      an address in the settings, looked up afresh. After discard() no socket and no timer is left, and nothing is logged.
 * Why thrown away, and no retries within: kafkajs sends again only to brokers that have not answered, so records of a
 * partition that meanwhile moved to one that has are dropped without a word; and a request that is under way while it
 * disconnects never settles, nor does what waits for it. All records again over a new connection is what the port allows.
 * Not here: the queue, deadlines and what a caller is told (event-sink-kafka.ts).
 */
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type Admin, type ISocketFactory, Kafka, logLevel, type Message, type Producer } from "kafkajs";
import type { Log } from "#kit/log.ts";
import { withDeadline } from "./call-deadline.ts";
import type { OutgoingEvent } from "./event-sink.ts";
import type { KafkaLog } from "./kafka-log.ts";
import { sessionPartitioner } from "./kafka-partitioner.ts";
import { mendRecords } from "./kafka-record.ts";
import { mendRequestQueue } from "./kafka-request-queue.ts";
import { KAFKA_ACKS_MS_MAX, KAFKA_CONNECT_MS_MAX, KAFKA_LEADER_PAUSE_MS, KAFKA_REQUEST_MS_MAX } from "./limits.ts";
import type { Topic } from "./topics.ts";

const KEEP_ALIVE_MS = 10_000;
const NO_RETRIES = { retries: 0 };
const REPLICAS_WANTED = 3;
const ACKS_OF_ALL = -1;

/** The broker to begin with does not answer; nothing was sent. */
export class BrokerUnreachable extends Error {
  override name = "BrokerUnreachable";
}

export type KafkaConnectionOptions = {
  /** host:port of the broker to ask for the others. */
  readonly broker: string;
  readonly clientId: string;
  readonly topics: readonly Topic[];
  readonly log: Log;
  readonly kafkaLog: KafkaLog;
};

export class KafkaConnection {
  private readonly options: KafkaConnectionOptions;
  private readonly kafka: Kafka;
  private readonly producer: Producer;
  private readonly sockets = new Set<Socket>();
  private connecting: Promise<void> | null = null;
  private discarded = false;

  constructor(options: KafkaConnectionOptions) {
    const { broker, clientId, kafkaLog } = options;
    this.options = options;
    mendRequestQueue();
    mendRecords();
    this.kafka = new Kafka({
      clientId,
      brokers: [broker],
      connectionTimeout: KAFKA_CONNECT_MS_MAX,
      requestTimeout: KAFKA_REQUEST_MS_MAX,
      socketFactory: this.openSocket,
      retry: NO_RETRIES,
      logLevel: logLevel.WARN,
      logCreator: () => (entry) => {
        if (!this.discarded) kafkaLog(entry);
      },
    });
    this.producer = this.kafka.producer({
      createPartitioner: sessionPartitioner,
      allowAutoTopicCreation: false,
      retry: NO_RETRIES,
    });
  }

  /** Makes sure that there is a broker that serves, and the topics; send() does it by itself. */
  connect(): Promise<void> {
    this.connecting ??= this.makeTopics().then(() => this.producer.connect());
    return this.connecting;
  }

  /** Rejects when any partition's records were not acknowledged; others may have been. */
  async send(events: readonly OutgoingEvent[]): Promise<void> {
    await this.connect();
    const byTopic = new Map<string, Message[]>();
    for (const event of events) {
      const messages = byTopic.get(event.topic);
      if (messages === undefined) byTopic.set(event.topic, [messageOf(event)]);
      else messages.push(messageOf(event));
    }
    await this.producer.sendBatch({
      acks: ACKS_OF_ALL,
      timeout: KAFKA_ACKS_MS_MAX,
      topicMessages: Array.from(byTopic, ([topic, messages]) => ({ topic, messages })),
    });
  }

  /** With nothing under way: says goodbye to the brokers. May hang when they do; discard() afterwards in any case. */
  disconnect(): Promise<void> {
    return this.producer.disconnect();
  }

  /** Ends it at once. What is under way rejects, or never settles. */
  discard(): void {
    this.discarded = true;
    // With an error: kafkajs takes notice of that, and not of a mere close.
    for (const socket of this.sockets) socket.destroy(new Error("the connection is thrown away"));
  }

  /** Each time anew: a Kafka that comes back may have lost everything. Topics that are there stay as they are. */
  private async makeTopics(): Promise<void> {
    const { topics, log } = this.options;
    const admin = this.kafka.admin();
    try {
      await withDeadline({ what: "connect", msMax: KAFKA_CONNECT_MS_MAX }, admin.connect());
    } catch (cause) {
      throw new BrokerUnreachable(cause instanceof Error ? cause.message : String(cause), { cause });
    }
    const [{ brokers }, known] = await Promise.all([admin.describeCluster(), admin.listTopics()]);
    const replicationFactor = Math.min(REPLICAS_WANTED, brokers.length);
    const missing = topics.filter(({ name }) => !known.includes(name));
    if (missing.length > 0) {
      await admin.createTopics({
        topics: missing.map(({ name, partitions }) => ({ topic: name, numPartitions: partitions, replicationFactor })),
        timeout: KAFKA_REQUEST_MS_MAX,
        waitForLeaders: true,
      });
      log.info({ topics: missing, replicationFactor }, "topics made");
      for (const { name } of missing) await this.waitForLeaders(admin, name);
    }
    await admin.disconnect();
  }

  /** A broker is named as a new partition's leader a moment before it knows; until then it refuses records. */
  private async waitForLeaders(admin: Admin, topic: string): Promise<void> {
    while (!this.discarded) {
      try {
        await admin.fetchTopicOffsets(topic);
        return;
      } catch (error) {
        if (!isBetweenLeaders(error)) throw error;
      }
      await pause(KAFKA_LEADER_PAUSE_MS);
    }
  }

  private readonly openSocket: ISocketFactory = ({ host, port, onConnect }) => {
    if (this.discarded) throw new Error("the connection was thrown away");
    const socket = connect(
      { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS },
      onConnect,
    );
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
    return socket;
  };
}

const BETWEEN_LEADERS = ["NOT_LEADER_FOR_PARTITION", "LEADER_NOT_AVAILABLE", "UNKNOWN_TOPIC_OR_PARTITION"];

/** A partition is being given to a broker, which takes a moment; its records were not taken. */
export function isBetweenLeaders(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // By the word: Node cannot import kafkajs' classes of errors by their names.
  if ("type" in error && BETWEEN_LEADERS.includes(String(error.type))) return true;
  return isBetweenLeaders(error.cause);
}

function messageOf({ key, value, eventId, eventType, contentType, atUnixMs }: OutgoingEvent): Message {
  return {
    key,
    value: Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    timestamp: String(Math.floor(atUnixMs)),
    headers: { event_id: eventId, event_type: eventType, content_type: contentType },
  };
}
