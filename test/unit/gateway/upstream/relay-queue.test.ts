/** The relay's queue: order, batches, and what gives way when combat does not keep up. */
import { describe, expect, test } from "vitest";
import type { Up } from "#gateway/connection/relay.ts";
import { RELAY_BATCH_ITEMS_MAX, RELAY_QUEUE_INPUTS_MAX } from "#gateway/limits.ts";
import { RelayQueue } from "#gateway/upstream/relay-queue.ts";

const move = (connection: number, message: number): Up => ({ kind: "input", connection, replaceable: true, message });
const shot = (connection: number, message: number): Up => ({ kind: "input", connection, replaceable: false, message });
const detach = (connection: number): Up => ({ kind: "detach", connection });

function all(queue: RelayQueue): Up[] {
  const items: Up[] = [];
  while (!queue.isEmpty()) items.push(...queue.pollBatch());
  return items;
}

describe("relay queue", () => {
  test("in quiet times everything goes, in order", () => {
    const queue = new RelayQueue();
    const items = [move(1, 1), move(1, 2), shot(1, 3), detach(1)];
    for (const item of items) expect(queue.push(item, false)).toBe(true);
    expect(all(queue)).toEqual(items);
  });

  test("in congestion a newer position replaces the same connection's older one, at the end of the line", () => {
    const queue = new RelayQueue();
    for (const item of [move(1, 1), move(2, 2), shot(1, 3), move(1, 4), move(1, 5)]) queue.push(item, true);
    expect(all(queue)).toEqual([move(2, 2), shot(1, 3), move(1, 5)]);
  });

  test("what was queued before the congestion stays", () => {
    const queue = new RelayQueue();
    queue.push(move(1, 1), false);
    queue.push(move(1, 2), true);
    expect(all(queue)).toEqual([move(1, 1), move(1, 2)]);
  });

  test("at the cap inputs are refused, attach and detach are not; polled ones make room", () => {
    const queue = new RelayQueue();
    for (let index = 0; index < RELAY_QUEUE_INPUTS_MAX; index++) expect(queue.push(shot(index, 0), true)).toBe(true);
    expect(queue.push(shot(0, 0), true)).toBe(false);
    expect(queue.push(move(0, 0), true)).toBe(false);
    expect(queue.push(detach(0), true)).toBe(true);
    expect(queue.pollBatch().length).toBe(RELAY_BATCH_ITEMS_MAX);
    expect(queue.push(shot(0, 0), true)).toBe(true);
  });

  test("a full queue still takes newer positions of those who wait in it, for as long as it takes", () => {
    const queue = new RelayQueue();
    for (let connection = 0; connection < RELAY_QUEUE_INPUTS_MAX; connection++) queue.push(move(connection, 0), true);
    for (let round = 1; round < 20; round++) expect(queue.push(move(7, round), true)).toBe(true);
    const items = all(queue);
    expect(items.length).toBe(RELAY_QUEUE_INPUTS_MAX);
    expect(items.at(-1)).toEqual(move(7, 19));
  });

  test("replaced positions cost nothing afterwards: a million of ten players leave ten", () => {
    const queue = new RelayQueue();
    for (let message = 0; message < 1_000_000; message++) queue.push(move(message % 10, message), true);
    expect(queue.pollBatch().length).toBe(10);
    expect(queue.isEmpty()).toBe(true);
  });

  test("what a batch left behind can still be replaced", () => {
    const queue = new RelayQueue();
    for (let connection = 0; connection <= RELAY_BATCH_ITEMS_MAX; connection++) queue.push(move(connection, 0), true);
    queue.pollBatch();
    queue.push(move(0, 1), true);
    queue.push(move(RELAY_BATCH_ITEMS_MAX, 1), true);
    expect(all(queue)).toEqual([move(0, 1), move(RELAY_BATCH_ITEMS_MAX, 1)]);
  });

  test("after a loss nothing is left", () => {
    const queue = new RelayQueue();
    queue.push(move(1, 1), true);
    queue.clear();
    expect(queue.isEmpty()).toBe(true);
    queue.push(move(1, 2), true);
    expect(all(queue)).toEqual([move(1, 2)]);
  });
});
