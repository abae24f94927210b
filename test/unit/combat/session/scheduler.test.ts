/**
 * Scheduler: ticks are never early, never lost in small delays, and a stall is not followed by a burst. Those of an idle task
 * come together, as if each had come in its time.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CATCH_UP_TICKS_MAX, PUT_OFF_MS, PUT_OFF_STEP_MS } from "#combat/limits.ts";
import { Scheduler, type Ticking } from "#combat/session/scheduler.ts";
import { ManualClock } from "#kit/clock.ts";

const PERIOD_MS = 50;

let clock: ManualClock;
let scheduler: Scheduler;

beforeEach(() => {
  vi.useFakeTimers();
  clock = new ManualClock();
  scheduler = new Scheduler(clock);
});

afterEach(() => {
  scheduler.stop();
  vi.useRealTimers();
});

/** Lets time pass millisecond by millisecond, for the clock and the timers alike. */
function pass(ms: number): void {
  for (let passed = 0; passed < ms; passed++) {
    clock.advance(1);
    vi.advanceTimersByTime(1);
  }
}

/** The process stands still: the clock goes on, timers do not. */
function stall(ms: number): void {
  clock.advance(ms);
}

test("a task ticks once a period, never before it is due", () => {
  const late: number[] = [];
  const task = scheduler.add(PERIOD_MS, (nowMs) => late.push(nowMs - task.dueMs));
  pass(PERIOD_MS * 100);
  expect(late.length).toBeGreaterThanOrEqual(98);
  expect(late.length).toBeLessThanOrEqual(100);
  expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...late)).toBeLessThanOrEqual(2);
});

test("a period that is no whole number of milliseconds loses nothing in the long run", () => {
  let ticks = 0;
  scheduler.add(1000 / 30, () => ticks++);
  pass(10_000);
  expect(ticks).toBeGreaterThanOrEqual(298);
  expect(ticks).toBeLessThanOrEqual(300);
});

test.each([
  { name: "as many ticks as were missed", periods: 3, atOnce: 3 },
  { name: "all up to the cap", periods: CATCH_UP_TICKS_MAX, atOnce: CATCH_UP_TICKS_MAX },
  { name: "no more than the cap", periods: 1_000, atOnce: CATCH_UP_TICKS_MAX },
])("after a stall of $periods periods $name are made up for, then the usual pace holds", ({ periods, atOnce }) => {
  let ticks = 0;
  const task = scheduler.add(PERIOD_MS, () => ticks++);
  stall(task.dueMs + (periods - 1) * PERIOD_MS); // From now on `periods` ticks are due.
  vi.runOnlyPendingTimers();
  expect(ticks).toBe(atOnce);
  pass(10 * PERIOD_MS);
  expect(ticks).toBeGreaterThanOrEqual(atOnce + 9);
  expect(ticks).toBeLessThanOrEqual(atOnce + 10);
});

test.each([0, 3, 1_000])("tasks of one period are spread over it, also after a stall of %i periods", (periods) => {
  const tasks = Array.from({ length: 100 }, () => scheduler.add(PERIOD_MS, () => {}));
  stall(periods * PERIOD_MS);
  pass(3 * PERIOD_MS);
  const phases = tasks.map(({ dueMs }) => (dueMs % PERIOD_MS) / PERIOD_MS);
  const perTenth = Array.from(
    { length: 10 },
    (_, tenth) => phases.filter((at) => Math.floor(at * 10) === tenth).length,
  );
  expect(Math.min(...perTenth)).toBeGreaterThanOrEqual(8);
  expect(Math.max(...perTenth)).toBeLessThanOrEqual(12);
});

test("a task that is removed ticks no more, also when another's tick removes it", () => {
  const ticked: string[] = [];
  const second = scheduler.add(PERIOD_MS, () => ticked.push("second"));
  const first = scheduler.add(PERIOD_MS, () => {
    ticked.push("first");
    scheduler.remove(first);
    scheduler.remove(second);
  });
  first.dueMs = second.dueMs - 1;
  pass(10 * PERIOD_MS);
  expect(ticked).toEqual(["first"]);
});

test("a task that removes itself while it makes up for lost time ticks no more", () => {
  let ticks = 0;
  const task = scheduler.add(PERIOD_MS, () => {
    ticks += 1;
    scheduler.remove(task);
  });
  stall(10 * PERIOD_MS);
  pass(10 * PERIOD_MS);
  expect(ticks).toBe(1);
});

test("once stopped nothing ticks and no timer is left", () => {
  scheduler.add(PERIOD_MS, () => expect.unreachable());
  scheduler.stop();
  pass(10 * PERIOD_MS);
  expect(vi.getTimerCount()).toBe(0);
});

test("once stopped it serves who comes anew", () => {
  scheduler.add(PERIOD_MS, () => {});
  scheduler.stop();
  stall(10 * PERIOD_MS);
  let ticks = 0;
  scheduler.add(PERIOD_MS, () => ticks++);
  pass(10 * PERIOD_MS);
  expect(ticks).toBeGreaterThan(5);
});

test("a session that burns the time leaves nearly all ticks of the others where they were", () => {
  const late: number[] = [];
  const others = Array.from({ length: 20 }, () => {
    const task = scheduler.add(PERIOD_MS, (nowMs) => late.push(nowMs - task.dueMs));
    return task;
  });
  let burnt = 0;
  scheduler.add(PERIOD_MS, () => {
    burnt += 1;
    clock.advance(40); // It has been computing all that while.
  });
  pass(1_000); // Until it is known for what it is.
  late.length = burnt = 0;
  pass(60_000);
  expect(burnt).toBeGreaterThan(0);
  expect(late.filter((ms) => ms > 2).length / late.length).toBeLessThan(0.01);
  expect(late.length).toBeGreaterThan(others.length * 1_150);
});

describe("an idle task", () => {
  let taken: { nowMs: number; atMs: number }[];
  let isIdle: boolean;
  let task: Ticking;
  const together = PUT_OFF_MS / PERIOD_MS;

  beforeEach(() => {
    taken = [];
    isIdle = true;
    task = scheduler.add(
      PERIOD_MS,
      (nowMs) => taken.push({ nowMs, atMs: clock.nowMs() }),
      () => isIdle,
    );
    while (taken.length === 0) pass(1); // The first comes in its time: nobody knows yet that it is idle.
  });

  test("takes its ticks together, each with the time it was due", () => {
    const [first] = taken;
    pass(PUT_OFF_MS - PERIOD_MS);
    expect(taken).toHaveLength(1);
    pass(PERIOD_MS + PUT_OFF_STEP_MS);
    expect(taken).toHaveLength(1 + together);
    const atMs = taken.map((tick) => tick.nowMs - first!.nowMs);
    for (const [count, ms] of atMs.entries()) expect(Math.abs(ms - count * PERIOD_MS)).toBeLessThanOrEqual(1);
    expect(new Set(taken.slice(1).map((tick) => tick.atMs)).size).toBe(1);
  });

  test("that is roused takes what is due by then, and the next tick in its time", () => {
    pass(2.5 * PERIOD_MS);
    expect(taken).toHaveLength(1);
    scheduler.rouse(task);
    expect(taken).toHaveLength(3);
    isIdle = false;
    scheduler.rouse(task);
    for (const count of [4, 5, 6]) {
      pass(PERIOD_MS);
      expect(taken).toHaveLength(count);
    }
  });

  test("takes after a stall what it put off, and of the rest no more than any other", () => {
    stall(1_000 * PERIOD_MS);
    vi.runOnlyPendingTimers();
    expect(taken).toHaveLength(1 + together + CATCH_UP_TICKS_MAX);
  });

  test("that is removed takes nothing of what it put off", () => {
    pass(2.5 * PERIOD_MS);
    scheduler.remove(task);
    scheduler.rouse(task);
    pass(2 * PUT_OFF_MS);
    expect(taken).toHaveLength(1);
  });

  test("is taken together with the others that were put off", () => {
    let timesMs: number[] = [];
    const note = () => timesMs.push(clock.nowMs());
    for (let count = 0; count < 50; count++) scheduler.add(PERIOD_MS, note, () => true);
    pass(2 * PERIOD_MS + PUT_OFF_MS + PUT_OFF_STEP_MS); // All have begun, and were put off once.
    timesMs = [];
    pass(PUT_OFF_MS);
    expect(timesMs).toHaveLength(50 * together);
    expect(new Set(timesMs).size).toBeGreaterThan(1);
    expect(new Set(timesMs).size).toBeLessThanOrEqual(PUT_OFF_MS / PUT_OFF_STEP_MS);
  });
});
