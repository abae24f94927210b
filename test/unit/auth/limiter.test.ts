/** Limiter: the rate holds for each key, and memory stays bounded when keys do not. */
import { expect, test } from "vitest";
import { createMemoryLimiter } from "#auth/limiter.ts";

test("a key gets its points, then waits no longer than the window; others are not affected", async () => {
  const limiter = createMemoryLimiter({ points: 2, durationSeconds: 60, keysMax: 10 });
  expect(await limiter.take("a")).toEqual({ ok: true });
  expect(await limiter.take("a")).toEqual({ ok: true });
  const refused = await limiter.take("a");
  expect(refused.ok).toBe(false);
  if (refused.ok) return;
  expect(refused.retryAfterMs).toBeGreaterThan(0);
  expect(refused.retryAfterMs).toBeLessThanOrEqual(60_000);
  expect(await limiter.take("b")).toEqual({ ok: true });
});

test("a take of several points that do not fit is refused", async () => {
  const limiter = createMemoryLimiter({ points: 3, durationSeconds: 60, keysMax: 10 });
  expect(await limiter.take("a", 3)).toEqual({ ok: true });
  expect(await limiter.take("b", 4)).toMatchObject({ ok: false });
});

test("newcomers share counts while all own ones are in use: they are slowed, known keys are not", async () => {
  const limiter = createMemoryLimiter({ points: 5, durationSeconds: 60, keysMax: 1 });
  expect(await limiter.take("known")).toEqual({ ok: true });
  let refusals = 0;
  for (let newcomer = 0; newcomer < 4_000; newcomer++) {
    if (!(await limiter.take(`newcomer-${newcomer}`)).ok) refusals += 1;
  }
  expect(refusals).toBeGreaterThan(2_000); // 256 shared counts of five points let 1280 through at most.
  expect(await limiter.take("known")).toEqual({ ok: true });
});
