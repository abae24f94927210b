/** What benchmarks measure with: percentiles, medians, slopes, when a rate counts as sustained, load that is made up for. */
import { mock } from "node:test";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { median, rounded, slope, slopeError } from "../../../bench/measure/figures.ts";
import { Latencies, tailCurve } from "../../../bench/measure/latencies.ts";
import { OpenLoop } from "../../../bench/measure/open-loop.ts";
import { findSustained, type Load, measureStep, whyNot } from "../../../bench/measure/sustained.ts";

describe("latencies", () => {
  test("percentiles of a thousand known durations, to three digits", () => {
    const latencies = new Latencies();
    for (let ms = 1; ms <= 1000; ms++) latencies.record(ms);
    const [p50, p90, p99, p999, max] = latencies.summary() as [number, number, number, number, number];
    for (const [got, wanted] of [
      [p50, 500],
      [p90, 900],
      [p99, 990],
      [p999, 999],
      [max, 1000],
    ] as const) {
      expect(Math.abs(got - wanted) / wanted).toBeLessThan(0.002);
    }
  });

  test("one slow event in a thousand is in P99.9's reach, and never lost from the longest", () => {
    const latencies = new Latencies();
    for (let count = 0; count < 998; count++) latencies.record(0.5);
    for (let count = 0; count < 2; count++) latencies.record(250);
    expect(latencies.percentile(99)).toBeCloseTo(0.5, 2);
    expect(latencies.percentile(99.9)).toBeGreaterThan(249);
    expect(latencies.max).toBeGreaterThanOrEqual(250);
  });

  test("those of two runs together count both; nothing at all is zero", () => {
    const [one, other] = [new Latencies(), new Latencies()];
    expect(one.summary()).toEqual([0, 0, 0, 0, 0]);
    one.record(1);
    other.record(9);
    one.add(other);
    expect(one.count).toBe(2);
    expect(one.max).toBeCloseTo(9, 1);
  });

  test("the curve of the tail never falls, and ends where there are no more events to tell of", () => {
    const latencies = new Latencies();
    for (let count = 1; count <= 100; count++) latencies.record(count);
    const curve = tailCurve(latencies);
    expect(curve.at(-1)?.[0]).toBeLessThanOrEqual(2);
    const heights = curve.map(([, ms]) => ms);
    expect(heights).toEqual(heights.toSorted((one, other) => one - other));
  });
});

describe("figures", () => {
  test.each([
    { values: [3, 1, 2], middle: 2 },
    { values: [4, 1, 3, 2], middle: 2.5 },
    { values: [7], middle: 7 },
  ])("the median of $values is $middle", ({ values, middle }) => {
    expect(median(values)).toBe(middle);
  });

  test("the slope of what grows by 3 a second is 3; of what stands still, and of one point, 0", () => {
    expect(
      slope([
        [0, 5],
        [1, 8],
        [2, 11],
      ]),
    ).toBeCloseTo(3);
    expect(
      slope([
        [0, 5],
        [1, 5],
      ]),
    ).toBe(0);
    expect(slope([[4, 5]])).toBe(0);
  });

  test("a slope is as sure as its points are near the line, and of two points nobody knows", () => {
    const zigzag = [1, -1, -1, 1].map((off, x) => [x, 2 * x + off] as const);
    expect(slope(zigzag)).toBeCloseTo(2);
    expect(slopeError(zigzag)).toBeCloseTo(Math.sqrt(4 / 2 / 5)); // Squares off the line, degrees of freedom, squares of x.
    expect(slopeError([0, 1, 2].map((x) => [x, 7 - x] as const))).toBeCloseTo(0);
    expect(slopeError(zigzag.slice(0, 2))).toBeNaN();
    expect(slopeError(zigzag.map(([, y]) => [4, y] as const))).toBeNaN();
  });

  test.each([
    [0.012345, 0.0123],
    [12.345, 12.3],
    [12_345.6, 12_346],
    [0, 0],
  ])("%d is shown as %d", (value, shown) => expect(rounded(value)).toBe(shown));
});

describe("a sustained rate", () => {
  const fine = { rate: 1000, seconds: 20, takenPerSecond: 1000, lagGrowthPerSecond: 0, lag: 100 };
  test.each([
    { name: "taken, not growing", of: fine, sustained: true },
    { name: "less is taken than asked for", of: { ...fine, takenPerSecond: 900 }, sustained: false },
    { name: "what waits grows", of: { ...fine, lagGrowthPerSecond: 6 }, sustained: false },
    { name: "what waits grows by chance", of: { ...fine, seconds: 1, lagGrowthPerSecond: 40 }, sustained: true },
    { name: "more than a second's events wait", of: { ...fine, lag: 1001 }, sustained: false },
  ])("$name: $sustained", ({ of, sustained }) => expect(whyNot(of) === null).toBe(sustained));

  /** Finishes at most so many a second. */
  function capacity(perSecond: number): Load {
    let rate = 0;
    let [taken, finished] = [0, 0];
    let atMs = performance.now();
    const pass = () => {
      const seconds = (performance.now() - atMs) / 1000;
      atMs += seconds * 1000;
      taken += rate * seconds;
      finished = Math.min(taken, finished + perSecond * seconds);
    };
    return {
      setRate(next) {
        pass();
        rate = next;
      },
      counts() {
        pass();
        return { taken, finished };
      },
    };
  }

  const short = { settle: 0, measure: 0.3 };

  test("a step below what can be done is kept up with, one above is not", async () => {
    expect((await measureStep(capacity(1000), 800, short)).sustained).toBe(true);
    const above = await measureStep(capacity(1000), 1500, short);
    expect(above.sustained).toBe(false);
    expect(above.why).toContain("what waits grew");
  });

  test("the search holds a rate below what can be done and above half of it", async () => {
    const step = { settle: 0, measure: 0.4 };
    const search = { first: 500, highest: 16_000, step, hold: step, holdsMax: 2, say: () => {} };
    const { held, steps } = await findSustained(capacity(1000), search);
    expect(held.sustained).toBe(true);
    expect(held.rate).toBeGreaterThanOrEqual(500);
    expect(held.rate).toBeLessThan(1250);
    expect(steps.at(-1)).toBe(held);
  });

  test("what troubles a load makes its step too much, whatever was taken", async () => {
    const load = { ...capacity(1000), trouble: () => "a store was away" };
    expect((await measureStep(load, 100, short)).why).toBe("a store was away");
  });
});

describe("open loop", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setInterval"] }));
  afterEach(() => mock.timers.reset());

  test("a late beat makes up for what it missed", () => {
    let done = 0;
    let nowMs = 0;
    const clock = mock.method(performance, "now", () => nowMs);
    const loop = new OpenLoop((count) => {
      done += count;
    });
    loop.setRate(1000);
    nowMs = 500; // The event loop was held up for half a second.
    mock.timers.tick(4);
    expect(done).toBe(500);
    loop.setRate(0);
    nowMs = 1000;
    mock.timers.tick(4);
    expect(done).toBe(500);
    loop.stop();
    clock.mock.restore();
  });
});
