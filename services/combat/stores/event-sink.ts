/**
 * Event sink: where facts leave for the rest of the game.
 * Order: records of one key stay in the order given. Atomicity: a call is accepted or rejected whole.
 * Loss: what a call resolved for is durable. A rejected call may have stored some of it: send all again, readers
 * drop repeats by eventId.
 */

export type OutgoingEvent = {
  eventId: string;
  /** domain.entity.action */
  eventType: string;
  topic: string;
  /** Session id. */
  key: string;
  /** When it happened, milliseconds since 1970. */
  atUnixMs: number;
  /** The record's value: an envelope as protobuf, or as one JSON object in UTF-8 on one line. */
  value: Uint8Array;
  /** Which of the two. */
  contentType: ContentType;
};

export type ContentType = "application/protobuf" | "application/json";

export type EventSink = {
  publish(events: readonly OutgoingEvent[]): Promise<void>;
  close(): Promise<void>;
};
