/**
 * Fairness: what shots aimed true at what was drawn come to, over a real way (bench/duel). The figures themselves are in
 * docs/BENCHMARKS.md; here are the promises that they rest on. It is a simulation: the same seed gives the same shots.
 */
import { describe, expect, test } from "vitest";
import { REWIND_MS_MAX, WAY_MS_MAX } from "#combat/sim/rewind.ts";
import { DRAWN_LATE_MS, type Duel, playDuel } from "../../../../bench/duel/duel.ts";
import { PATHS } from "../../../../bench/duel/runner.ts";

const SEED = 20_261_125;
const TICK_MS = 1000 / 30;
const FRAME_MS = 1000 / 60;
/**
 * Of a body's 35 to each side. Most are off by less than 1; but who begins to run after a long silence is drawn by a state so
 * old that the claim is not believed, and then what is drawn late is not made up for.
 */
const OFF_CM_MAX = 7;

function shotsOf(duel: Omit<Duel, "seconds" | "seed">) {
  return playDuel({ ...duel, seconds: 60, seed: SEED });
}

function hitShare(shots: readonly { hit: boolean }[]): number {
  return shots.filter(({ hit }) => hit).length / shots.length;
}

const ROWS = [20, 80, 150, 250].flatMap((rttMs) => PATHS.map((path) => ({ rttMs, path })));

describe("what was aimed true at what was shown hits", () => {
  test.each(ROWS)("both at $rttMs ms, the target $path", ({ rttMs, path }) => {
    const shots = shotsOf({ rttMs, path, jitterMs: 0, judgement: "claimed" });
    expect(shots.length).toBeGreaterThan(150);
    expect(hitShare(shots)).toBeGreaterThanOrEqual(0.99);
    expect(Math.max(...shots.filter(({ capped }) => !capped).map(({ offCm }) => offCm))).toBeLessThan(OFF_CM_MAX);
  });

  test.each(ROWS)("and nearly so with jitter of 30 ms each way, both at $rttMs ms, $path", ({ rttMs, path }) => {
    expect(hitShare(shotsOf({ rttMs, path, jitterMs: 30, judgement: "claimed" }))).toBeGreaterThanOrEqual(0.96);
  });

  test.each(ROWS)("and would not without it, both at $rttMs ms, $path", ({ rttMs, path }) => {
    expect(hitShare(shotsOf({ rttMs, path, jitterMs: 0, judgement: "none" }))).toBeLessThan(0.7);
  });
});

test.each([20, 80, 150, 250, 400])(
  "at %i ms nobody is hit for what was longer ago than may be rewound, its own way, and the wait for tick and frame",
  (rttMs) => {
    const shots = shotsOf({ rttMs, path: "covers", jitterMs: 0, judgement: "claimed" });
    const wayMs = Math.min(WAY_MS_MAX, rttMs / 2);
    const rewoundMs = Math.min(wayMs + REWIND_MS_MAX, rttMs + DRAWN_LATE_MS);
    const longest = Math.max(...shots.map(({ behindCoverMs }) => behindCoverMs));
    expect(longest).toBeLessThanOrEqual(rttMs + rewoundMs + TICK_MS * 2 + FRAME_MS);
  },
);
