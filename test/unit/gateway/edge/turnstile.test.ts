/** Turnstile: storms of handshakes are let in at a rate, addresses in turns, and nobody waits in vain. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Turn, Turnstile } from "#gateway/edge/turnstile.ts";
import { TURNSTILE_RETRY_MS_MAX, TURNSTILE_STEP_MS, TURNSTILE_WAIT_MS_MAX } from "#gateway/limits.ts";
import { ManualClock } from "#kit/clock.ts";

const PER_SECOND = 200;

let clock: ManualClock;
let turnstile: Turnstile;
/** Who was let in, in order, and how each stay ended. */
let letIn: string[];
let turns: Turn[];

beforeEach(() => {
  vi.useFakeTimers();
  clock = new ManualClock();
  letIn = [];
  turns = [];
  turnstile = new Turnstile(PER_SECOND, { clock, random: () => 0.5 });
});

afterEach(() => {
  turnstile.close();
  vi.useRealTimers();
});

function enter(address: string, isOver = () => false): void {
  const turn = turnstile.enter(address, isOver);
  const note = (settled: Turn) => {
    turns.push(settled);
    if (settled.kind === "now" && !isOver()) letIn.push(address);
  };
  if (turn instanceof Promise) void turn.then(note);
  else note(turn);
}

const sentAway = () => turns.flatMap((turn) => (turn.kind === "away" ? turn.retryAfterMs : []));

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += TURNSTILE_STEP_MS) {
    clock.advance(TURNSTILE_STEP_MS);
    await vi.advanceTimersByTimeAsync(TURNSTILE_STEP_MS);
  }
}

test("who comes at less than the rate never waits", async () => {
  for (let at = 0; at < 50; at++) {
    enter(`address-${at}`);
    expect(letIn.length).toBe(at + 1);
    await pass(TURNSTILE_STEP_MS);
  }
});

test.each([30, 99, 200, 250])("of a storm as many are let in as the rate says: %i a second", async (perSecond) => {
  turnstile = new Turnstile(perSecond, { clock, random: () => 0.5 });
  for (let at = 0; at < 2_000; at++) enter(`address-${at}`);
  const atOnce = letIn.length;
  await pass(1_000);
  expect(Math.abs(letIn.length - atOnce - perSecond)).toBeLessThanOrEqual(1);
});

test("one client of a quiet address goes before the crowd of another", async () => {
  for (let at = 0; at < 150; at++) enter("crowd");
  enter("quiet");
  const before = letIn.length;
  await pass(TURNSTILE_STEP_MS);
  expect(letIn.slice(before, before + 2)).toContain("quiet");
});

test("nobody waits longer than the longest wait, also where other addresses come later", async () => {
  for (let at = 0; at < 200; at++) enter("first");
  for (const address of ["second", "third", "fourth"]) for (let at = 0; at < 100; at++) enter(address);
  await pass(TURNSTILE_WAIT_MS_MAX + 2 * TURNSTILE_STEP_MS);
  expect(turns).toHaveLength(500);
  expect(sentAway().length).toBeGreaterThan(0);
  expect(letIn.length).toBeGreaterThan(PER_SECOND);
});

test("who has gone takes nobody's turn", async () => {
  let isGone = false;
  for (let at = 0; at < 100; at++) enter("gone", () => isGone);
  for (let at = 0; at < 4; at++) enter("here");
  isGone = true;
  const before = letIn.length;
  await pass(TURNSTILE_STEP_MS);
  expect(letIn.slice(before)).toEqual(["here", "here", "here", "here"]);
});

test("who would wait longer is sent away at once, until later and later, but never for long", () => {
  for (let at = 0; at < 2_000; at++) enter("crowd");
  expect(sentAway().length).toBeGreaterThan(1_500);
  expect(sentAway()).toEqual(sentAway().sort((one, other) => one - other));
  expect(sentAway()[0]).toBeGreaterThanOrEqual(TURNSTILE_WAIT_MS_MAX);
  expect(sentAway().at(-1)).toBeLessThanOrEqual((2_000 * 1000) / PER_SECOND);
  for (let at = 0; at < 100_000; at++) enter("crowd");
  expect(sentAway().at(-1)).toBeLessThanOrEqual(TURNSTILE_RETRY_MS_MAX);
});

test("when it closes nobody's turn comes any more", async () => {
  for (let at = 0; at < 50; at++) enter("crowd");
  const before = letIn.length;
  turnstile.close();
  await pass(500);
  expect(letIn.length).toBe(before);
  expect(turns.filter(({ kind }) => kind === "closed")).toHaveLength(50 - before);
});
