/**
 * Publisher: carries journaled events to the sink, in order, again and again until the sink has them.
 * In: events as the journal accepted them. Out: records for the rest of the game.
 * Law: one publication at a time; an event that was sent twice has the same event_id; at the cap the oldest are given
 * up, counted and logged as a gap. Not here: what a record looks like (rpc/encode.ts).
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Log } from "#kit/log.ts";
import { PUBLISH_BATCH_MAX, PUBLISH_QUEUE_MAX, PUBLISH_RETRY_MS } from "../limits.ts";
import type { SessionEvent } from "../session/session-events.ts";
import type { EventSink, OutgoingEvent } from "../stores/event-sink.ts";

export class Publisher {
  private queue: SessionEvent[] = [];
  private running: Promise<void> | null = null;
  private closing = false;
  private readonly sink: EventSink;
  private readonly encode: (event: SessionEvent) => OutgoingEvent;
  private readonly log: Log;
  /** Events given up for want of room since the start. */
  lost = 0;

  constructor(parts: { sink: EventSink; encode: (event: SessionEvent) => OutgoingEvent; log: Log }) {
    this.sink = parts.sink;
    this.encode = parts.encode;
    this.log = parts.log;
  }

  get lag(): number {
    return this.queue.length;
  }

  handleAccepted(events: readonly SessionEvent[]): void {
    for (const event of events) this.queue.push(event);
    const excess = this.queue.length - PUBLISH_QUEUE_MAX;
    if (excess > 0) this.giveUp(excess);
    this.running ??= this.run().finally(() => {
      this.running = null;
    });
  }

  /** Publishes what waits, as long as the sink takes it. */
  async close(): Promise<void> {
    this.closing = true;
    await this.running;
    if (this.queue.length > 0) this.log.error({ events: this.queue.length }, "events left unpublished");
  }

  private async run(): Promise<void> {
    while (this.queue.length > 0) {
      // Taken out first, so that giving up the oldest that wait cannot touch what is on its way.
      const batch = this.queue.splice(0, PUBLISH_BATCH_MAX);
      if (!(await this.deliver(batch))) {
        this.queue.unshift(...batch);
        return;
      }
    }
  }

  /** Tries until the sink has the batch; false when closing and the sink still refuses. */
  private async deliver(batch: readonly SessionEvent[]): Promise<boolean> {
    const records = batch.map(this.encode);
    for (let retryMs: number = PUBLISH_RETRY_MS.first; ; retryMs = Math.min(PUBLISH_RETRY_MS.longest, retryMs * 2)) {
      try {
        await this.sink.publish(records);
        return true;
      } catch (error) {
        this.log.warn({ error, waiting: this.queue.length + batch.length, retryMs }, "the sink did not take events");
        if (this.closing) return false;
        await pause(retryMs);
      }
    }
  }

  private giveUp(count: number): void {
    const [first] = this.queue.splice(0, count);
    this.lost += count;
    this.log.error({ count, sessionId: first?.sessionId, fromSeq: first?.seq }, "gap: events given up unpublished");
  }
}
