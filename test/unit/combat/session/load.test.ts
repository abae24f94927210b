/** Load: the costliest are slowed first and let go last; long ticks are rare, and one pause is nobody's fault. */
import { describe, expect, test } from "vitest";
import {
  TICK_LONG_MS,
  TICK_LONG_SHARE_MAX,
  TICKS_SHARE_ADMITTING_MAX,
  TICKS_SHARE_EASY,
  TICKS_SHARE_MAX,
} from "#combat/limits.ts";
import { type Cost, Load, noCost } from "#combat/session/load.ts";

const PERIOD_MS = 30;
const SECOND_MS = 1_000;

/** Seconds in which each session's ticks take such a share of the time, by how often they come. */
function seconds(load: Load, costs: readonly Cost[], shares: readonly number[], count: number): void {
  for (let second = 0; second < count; second++) {
    costs.forEach((cost, index) => {
      const ticks = SECOND_MS / load.pauseMs(cost, PERIOD_MS);
      for (let tick = 0; tick < Math.floor(ticks); tick++) load.handleTicked(cost, shares[index]! * PERIOD_MS);
    });
    load.handleLook(costs, SECOND_MS);
  }
}

const pauses = (load: Load, costs: readonly Cost[]) => costs.map((cost) => load.pauseMs(cost, PERIOD_MS) / PERIOD_MS);
const many = (count: number) => Array.from({ length: count }, noCost);

describe("all together", () => {
  test("nobody is slowed and nobody refused while ticks take little", () => {
    const [load, costs] = [new Load(), many(3)];
    seconds(load, costs, [0.1, 0.1, 0.1], 20);
    expect(pauses(load, costs)).toEqual([1, 1, 1]);
    expect(load.isSpent).toBe(false);
  });

  test("new sessions are refused before anybody is slowed", () => {
    const [load, costs] = [new Load(), many(5)];
    seconds(load, costs, new Array(5).fill((TICKS_SHARE_ADMITTING_MAX + TICKS_SHARE_MAX) / 10), 20);
    expect(load.isSpent).toBe(true);
    expect(load.slowedCount).toBe(0);
  });

  test("the costliest are slowed first, as many as it takes, and no more", () => {
    const [load, costs] = [new Load(), many(18)];
    seconds(load, costs, [0.11, 0.13, ...new Array(16).fill(0.03)], 30);
    expect(pauses(load, costs)).toEqual([1, 2, ...new Array(16).fill(1)]);
    expect(load.share).toBeLessThanOrEqual(TICKS_SHARE_MAX);
  });

  test("none is slower than a quarter, however much it is", () => {
    const [load, costs] = [new Load(), many(40)];
    seconds(load, costs, new Array(40).fill(0.13), 60);
    expect(Math.max(...pauses(load, costs))).toBe(4);
  });

  test("they are let go when it is easy again, and it does not go to and fro at one load", () => {
    const [load, costs] = [new Load(), many(10)];
    seconds(load, costs, new Array(10).fill(0.075), 20);
    const slowed = pauses(load, costs);
    expect(load.slowedCount).toBeGreaterThan(0);
    for (let look = 0; look < 20; look++) {
      seconds(load, costs, new Array(10).fill(0.075), 1);
      expect(pauses(load, costs)).toEqual(slowed);
    }
    seconds(load, costs, new Array(10).fill(TICKS_SHARE_EASY / 40), 20);
    expect(pauses(load, costs)).toEqual(new Array(10).fill(1));
    expect(load.slowedCount).toBe(0);
  });
});

describe("long ticks", () => {
  test("a session with long ticks gets its share of the time and no more, however easy it is", () => {
    const [load, cost] = [new Load(), noCost()];
    for (let tick = 0; tick < 3; tick++) load.handleTicked(cost, 50);
    expect(50 / load.pauseMs(cost, PERIOD_MS)).toBeCloseTo(TICK_LONG_SHARE_MAX);
    load.handleLook([cost], SECOND_MS);
    expect(load.longCount).toBe(1);
  });

  test.each([
    { name: "one long tick, as when the collector ran", ticksMs: [0.1, 80, 0.1] },
    { name: "two of three", ticksMs: [80, 80, 0.1] },
    { name: "ticks that are not long", ticksMs: [TICK_LONG_MS, TICK_LONG_MS, TICK_LONG_MS] },
  ])("$name: it ticks on as ever", ({ ticksMs }) => {
    const [load, cost] = [new Load(), noCost()];
    for (const ms of ticksMs) load.handleTicked(cost, ms);
    expect(load.pauseMs(cost, PERIOD_MS)).toBe(PERIOD_MS);
  });

  test("when its ticks are short again it comes back at once", () => {
    const [load, cost] = [new Load(), noCost()];
    for (const ms of [50, 50, 50, 0.1]) load.handleTicked(cost, ms);
    expect(load.pauseMs(cost, PERIOD_MS)).toBe(PERIOD_MS);
  });
});
