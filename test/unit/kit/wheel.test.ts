/** The wheel: what is due comes out within a step of its time, and nothing else. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Wheel } from "#kit/wheel.ts";

describe("wheel", () => {
  const wheel = () => new Wheel<{ wheelSlot: number; name: string }>(0, { stepMs: 10, slotCount: 8 });
  const entry = (name: string) => ({ wheelSlot: -1, name });

  test("gives out what is due, not before and at most a step after", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 70 }), { maxLength: 50 }), (dueTimes) => {
        const turned = wheel();
        const pending = new Map(dueTimes.map((dueMs, index) => [entry(String(index)), dueMs]));
        for (const [item, dueMs] of pending) turned.schedule(item, dueMs);
        for (let nowMs = 0; nowMs <= 80; nowMs += 1) {
          for (const item of turned.pollDue(nowMs)) {
            const dueMs = pending.get(item) ?? Number.NaN;
            expect(nowMs).toBeGreaterThanOrEqual(dueMs);
            expect(nowMs).toBeLessThan(dueMs + 10);
            pending.delete(item);
          }
        }
        expect(pending.size).toBe(0);
      }),
    );
  });

  test("what is farther than a lap comes once a lap", () => {
    const turned = wheel();
    const far = entry("far");
    turned.schedule(far, 1_000_000);
    expect(turned.pollDue(69)).toEqual([]);
    expect(turned.pollDue(70)).toEqual([far]);
  });

  test("after a stall longer than a lap everything is given out once", () => {
    const turned = wheel();
    const entries = [10, 30, 70].map((dueMs) => {
      const item = entry(String(dueMs));
      turned.schedule(item, dueMs);
      return item;
    });
    expect(
      turned
        .pollDue(10_000)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["10", "30", "70"]);
    expect(turned.pollDue(20_000)).toEqual([]);
    expect(entries.every(({ wheelSlot }) => wheelSlot === -1)).toBe(true);
  });

  test("moving takes it out of where it was, removing takes it out for good", () => {
    const turned = wheel();
    const [moved, removed] = [entry("moved"), entry("removed")];
    turned.schedule(moved, 20);
    turned.schedule(removed, 20);
    turned.schedule(moved, 50);
    turned.remove(removed);
    expect(turned.pollDue(40)).toEqual([]);
    expect(turned.pollDue(50)).toEqual([moved]);
  });

  test("says when something may be due next: never after it is, and never when nothing waits", () => {
    const turning = wheel();
    expect(turning.nextMs()).toBe(Number.POSITIVE_INFINITY);
    const [soon, late] = [entry("soon"), entry("late")];
    turning.schedule(late, 1_000); // Beyond a lap.
    expect(turning.nextMs()).toBe(70);
    turning.schedule(soon, 21);
    expect(turning.nextMs()).toBe(30);
    expect(turning.pollDue(30)).toEqual([soon]);
    expect(turning.nextMs()).toBe(70);
  });
});
