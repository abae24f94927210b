/** The breaker: opens after enough failures, lets one call try again after the pause, and hears no stragglers. */
import { describe, expect, test } from "vitest";
import { Breaker, type Permit } from "#combat/related/breaker.ts";
import {
  BREAKER_FAILED_IN_A_ROW_MAX,
  BREAKER_FAILED_IN_WINDOW_MAX,
  BREAKER_PAUSE_MS,
  BREAKER_WINDOW_CALLS,
} from "#combat/related/limits.ts";

/** One call after the other at one moment: "-" fails, "+" succeeds. */
function run(breaker: Breaker, ends: string, nowMs = 0): void {
  for (const end of ends) {
    const permit = breaker.permit(nowMs);
    if (permit === null) throw new Error(`no permit before ${end}`);
    breaker.handleEnd(permit, end === "-", nowMs);
  }
}

function opened(atMs = 0): Breaker {
  const breaker = new Breaker();
  run(breaker, "-".repeat(BREAKER_FAILED_IN_A_ROW_MAX), atMs);
  return breaker;
}

describe("opens", () => {
  const inARow = "-".repeat(BREAKER_FAILED_IN_A_ROW_MAX);
  test.each([
    { name: "not for a failure less than enough", ends: inARow.slice(1), state: "closed" },
    { name: "for enough failures in a row", ends: inARow, state: "open" },
    { name: "not when a success lies between them", ends: `${inARow.slice(1)}+${inARow.slice(1)}`, state: "closed" },
    { name: "for a share of failures, though none follow each other", ends: "+-".repeat(20), state: "open" },
    { name: "not for a smaller share", ends: "+-".repeat(19), state: "closed" },
    { name: "not for failures that are long past", ends: `${"+-".repeat(19)}${"+".repeat(40)}+-+-`, state: "closed" },
  ])("$name", ({ ends, state }) => {
    const breaker = new Breaker();
    run(breaker, ends);
    expect(breaker.state(0)).toBe(state);
  });

  test("the share is what the limits say", () => {
    expect([BREAKER_FAILED_IN_WINDOW_MAX, BREAKER_WINDOW_CALLS]).toEqual([20, 40]);
  });
});

describe("open", () => {
  test("no call is made until the pause is over, then a single one", () => {
    const breaker = opened(100);
    expect(breaker.permit(100 + BREAKER_PAUSE_MS - 1)).toBeNull();
    expect(breaker.state(100 + BREAKER_PAUSE_MS)).toBe("half_open");
    expect(breaker.permit(100 + BREAKER_PAUSE_MS)).not.toBeNull();
    expect(breaker.permit(100 + BREAKER_PAUSE_MS)).toBeNull();
  });

  test("a try that succeeds closes it, and what failed before is forgotten", () => {
    const breaker = opened();
    const permit = breaker.permit(BREAKER_PAUSE_MS) as Permit;
    expect(breaker.handleEnd(permit, false, BREAKER_PAUSE_MS)).toBe(true);
    expect(breaker.state(BREAKER_PAUSE_MS)).toBe("closed");
    run(breaker, "-".repeat(BREAKER_FAILED_IN_A_ROW_MAX - 1));
    expect(breaker.state(BREAKER_PAUSE_MS)).toBe("closed");
  });

  test("a try that fails opens it for another whole pause, without being news", () => {
    const breaker = opened();
    const permit = breaker.permit(BREAKER_PAUSE_MS) as Permit;
    expect(breaker.handleEnd(permit, true, BREAKER_PAUSE_MS + 50)).toBe(false);
    expect(breaker.permit(2 * BREAKER_PAUSE_MS + 49)).toBeNull();
    expect(breaker.permit(2 * BREAKER_PAUSE_MS + 50)).not.toBeNull();
  });

  test.each([
    { name: "a success", failed: false },
    { name: "a failure", failed: true },
  ])("$name of a call from before it opened says nothing any more", ({ failed }) => {
    const breaker = new Breaker();
    const straggler = breaker.permit(0) as Permit;
    run(breaker, "-".repeat(BREAKER_FAILED_IN_A_ROW_MAX));
    expect(breaker.handleEnd(straggler, failed, 1)).toBe(false);
    expect(breaker.state(1)).toBe("open");
    const probe = breaker.permit(BREAKER_PAUSE_MS) as Permit;
    expect(breaker.handleEnd(straggler, failed, BREAKER_PAUSE_MS)).toBe(false);
    expect(breaker.handleEnd(probe, false, BREAKER_PAUSE_MS)).toBe(true);
  });
});
