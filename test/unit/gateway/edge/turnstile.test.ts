/** Turnstile: storms of handshakes are let in at a rate, addresses in turns, and nobody waits in vain. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Turn, Turnstile } from "#gateway/edge/turnstile.ts";
import { TURNSTILE_STEP_MS, TURNSTILE_WAIT_MS_MAX } from "#gateway/limits.ts";
import { ManualClock } from "#kit/clock.ts";

const PER_SECOND = 200;

let clock: ManualClock;
let turnstile: Turnstile;
/** Who was let in, in order. */
let letIn: string[];

beforeEach(() => {
  vi.useFakeTimers();
  clock = new ManualClock();
  letIn = [];
  turnstile = new Turnstile(PER_SECOND, { clock, random: () => 0.5 });
});

afterEach(() => {
  turnstile.close();
  vi.useRealTimers();
});

function enter(address: string): Turn {
  const turn = turnstile.enter(address);
  if (turn.kind === "now") letIn.push(address);
  if (turn.kind === "wait") void turn.turn.then((isTurn) => isTurn && letIn.push(address));
  return turn;
}

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += TURNSTILE_STEP_MS) {
    clock.advance(TURNSTILE_STEP_MS);
    await vi.advanceTimersByTimeAsync(TURNSTILE_STEP_MS);
  }
}

test("who comes at less than the rate never waits", async () => {
  for (let at = 0; at < 50; at++) {
    expect(enter(`address-${at}`)).toEqual({ kind: "now" });
    await pass(TURNSTILE_STEP_MS);
  }
});

test("of a storm as many are let in as the rate says", async () => {
  for (let at = 0; at < 2_000; at++) enter(`address-${at}`);
  const atOnce = letIn.length;
  await pass(500);
  expect(letIn.length - atOnce).toBe(PER_SECOND / 2);
});

test("one client of a quiet address goes before the crowd of another", async () => {
  for (let at = 0; at < 150; at++) enter("crowd");
  enter("quiet");
  const before = letIn.length;
  await pass(TURNSTILE_STEP_MS);
  expect(letIn.slice(before, before + 2)).toContain("quiet");
});

test("a crowd keeps its own order, and everybody who waits is let in within the longest wait", async () => {
  const turns = Array.from({ length: 1_000 }, () => enter("crowd"));
  const waiting = turns.filter(({ kind }) => kind === "wait").length;
  await pass(TURNSTILE_WAIT_MS_MAX + 2 * TURNSTILE_STEP_MS);
  expect(letIn.length).toBe(1_000 - turns.filter(({ kind }) => kind === "away").length);
  expect(waiting).toBeGreaterThan(PER_SECOND / 2);
});

test("who would wait longer is sent away at once, each until later, within the time that all take", () => {
  const pauses = Array.from({ length: 2_000 }, () => enter("crowd")).flatMap((turn) => {
    return turn.kind === "away" ? turn.retryAfterMs : [];
  });
  expect(pauses.length).toBeGreaterThan(1_500);
  expect(pauses).toEqual([...pauses].sort((one, other) => one - other));
  expect(pauses[0]).toBeGreaterThanOrEqual(TURNSTILE_WAIT_MS_MAX);
  expect(pauses.at(-1)).toBeLessThanOrEqual((2_000 * 1000) / PER_SECOND);
});

test("when it closes nobody's turn comes any more", async () => {
  const turns = Array.from({ length: 20 }, () => enter("crowd"));
  const waiting = turns.flatMap((turn) => (turn.kind === "wait" ? turn.turn : []));
  turnstile.close();
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([false]));
  const before = letIn.length;
  await pass(500);
  expect(letIn.length).toBe(before);
});
