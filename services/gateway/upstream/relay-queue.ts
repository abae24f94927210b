/**
 * Relay queue: what waits to go upstream, sans-IO.
 * In:  items, and whether the stream is congested.   Out: batches in order.
 * Law: attach and detach always go; inputs are capped; while the stream is congested a newer position of a connection
 *      takes the older one's place at the end of the line, so that a late server gets news instead of history.
 */
import type { Up } from "../connection/relay.ts";
import { RELAY_BATCH_ITEMS_MAX, RELAY_QUEUE_INPUTS_MAX } from "../limits.ts";

export class RelayQueue {
  /**
   * By ticket, in order of arrival; a map, so that what is replaced leaves no hole. A new one whenever all is taken: a map that
   * grows and shrinks for ever leaves tables that hold on to each other, and to what was in them, once they are old.
   */
  private items = new Map<number, Up>();
  private lastTicket = 0;
  private inputCount = 0;
  /** Ticket of each connection's newest position that came in congestion. */
  private positions = new Map<number, number>();

  /** False when an input does not fit. */
  push(item: Up, congested: boolean): boolean {
    if (item.kind === "input") {
      const replaces = congested && item.replaceable;
      if (replaces) this.dropOlder(item.connection);
      if (this.inputCount >= RELAY_QUEUE_INPUTS_MAX) return false;
      this.inputCount += 1;
      if (replaces) this.positions.set(item.connection, this.lastTicket + 1);
    }
    this.lastTicket += 1;
    this.items.set(this.lastTicket, item);
    return true;
  }

  isEmpty(): boolean {
    return this.items.size === 0;
  }

  /** The next batch; empty when nothing waits. */
  pollBatch(): Up[] {
    if (this.items.size <= RELAY_BATCH_ITEMS_MAX) return this.pollAll();
    const batch: Up[] = [];
    for (const [ticket, item] of this.items) {
      if (batch.length >= RELAY_BATCH_ITEMS_MAX) break;
      this.items.delete(ticket);
      batch.push(item);
      if (item.kind !== "input") continue;
      this.inputCount -= 1;
      if (this.positions.get(item.connection) === ticket) this.positions.delete(item.connection);
    }
    return batch;
  }

  clear(): void {
    this.items = new Map();
    if (this.positions.size > 0) this.positions = new Map();
    this.inputCount = 0;
  }

  private pollAll(): Up[] {
    const batch = [...this.items.values()];
    this.clear();
    return batch;
  }

  private dropOlder(connection: number): void {
    const ticket = this.positions.get(connection);
    if (ticket === undefined) return;
    this.items.delete(ticket);
    this.positions.delete(connection);
    this.inputCount -= 1;
  }
}
