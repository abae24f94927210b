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
  /** The record's value as public JSON, one object. */
  value: { [name: string]: unknown };
};

export type EventSink = {
  publish(events: readonly OutgoingEvent[]): Promise<void>;
  close(): Promise<void>;
};
