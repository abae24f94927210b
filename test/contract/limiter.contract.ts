/**
 * Contract of Limiter: what every adapter must hold, run over each of them by a *.test.ts.
 * Not here: what one adapter alone promises (test/services/limiter-redis.test.ts).
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Limiter, LimiterRate, LimiterVerdict } from "#auth/limiter.ts";

export type LimitersUnderTest = {
  /** Two limiters over the same counts, which no limiter opened before has; for memory one and the same. */
  open(rate: LimiterRate): readonly [Limiter, Limiter];
  end(): Promise<void>;
};

const LONG = { durationSeconds: 60, keysMax: 1_000 };

function isOk({ ok }: LimiterVerdict): boolean {
  return ok;
}

export function limiterContract(adapter: string, open: () => Promise<LimitersUnderTest>): void {
  describe(`${adapter} as Limiter`, () => {
    let under: LimitersUnderTest;
    beforeAll(async () => {
      under = await open();
    });
    afterAll(() => under.end());
    const given = (rate: LimiterRate) => under.open(rate);
    rateContract(given);
    concurrencyContract(given);
    boundContract(given);
  });
}

type Given = LimitersUnderTest["open"];

function rateContract(given: Given): void {
  test("a key gets its points, then waits no longer than the window; others are not affected", async () => {
    const [limiter] = given({ ...LONG, points: 2 });
    expect(await limiter.take("a")).toEqual({ ok: true });
    expect(await limiter.take("a")).toEqual({ ok: true });
    for (let again = 0; again < 3; again++) {
      const refused = await limiter.take("a");
      if (refused.ok) throw new Error("a third take was let through");
      expect(Number.isInteger(refused.retryAfterMs)).toBe(true);
      expect(refused.retryAfterMs).toBeGreaterThan(0);
      expect(refused.retryAfterMs).toBeLessThanOrEqual(60_000);
    }
    expect(await limiter.take("b")).toEqual({ ok: true });
  });

  test("a take of several points that do not fit is refused, and counts", async () => {
    const [limiter] = given({ ...LONG, points: 3 });
    expect(await limiter.take("a", 3)).toEqual({ ok: true });
    expect(await limiter.take("b", 4)).toMatchObject({ ok: false });
    expect(await limiter.take("b", 1)).toMatchObject({ ok: false });
  });

  test("when the window ends the key has its points again, however often it was refused meanwhile", async () => {
    const [limiter] = given({ durationSeconds: 1, keysMax: 10, points: 3 });
    expect(await limiter.take("a", 3)).toEqual({ ok: true });
    await expect.poll(async () => isOk(await limiter.take("a")), { interval: 20, timeout: 10_000 }).toBe(true);
    expect(await limiter.take("a", 2)).toEqual({ ok: true });
  });

  test("keys are any text, and all different", async () => {
    const keys = ["", " ", "a", "A", "a:b", "own:a", "{a}", "2001:db8::/64", "🗝", 'a"\n\0b', "k".repeat(500)];
    const [limiter] = given({ ...LONG, points: 1 });
    for (const key of keys) expect(await limiter.take(key), key).toEqual({ ok: true });
    for (const key of keys) expect(await limiter.take(key), key).toMatchObject({ ok: false });
  });

  test("a take is let through exactly when it and all before it fit, wherever they were taken", async () => {
    const take = fc.record({
      key: fc.constantFrom("a", "b", "c"),
      points: fc.integer({ min: 1, max: 4 }),
      which: fc.nat(1),
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), fc.array(take, { maxLength: 40 }), async (points, takes) => {
        const limiters = given({ ...LONG, points });
        const taken = new Map<string, number>();
        for (const { key, points: some, which } of takes) {
          const all = (taken.get(key) ?? 0) + some;
          taken.set(key, all);
          expect(isOk(await (limiters[which] as Limiter).take(key, some))).toBe(all <= points);
        }
      }),
      { numRuns: 100 },
    );
  });
}

function concurrencyContract(given: Given): void {
  test.each([1, 37, 199, 200])(
    "of 200 takes at once over two limiters exactly %i points are let through",
    async (points) => {
      const limiters = given({ ...LONG, points });
      const verdicts = await Promise.all(
        Array.from({ length: 200 }, (_, index) => (limiters[index % 2] as Limiter).take("a")),
      );
      expect(verdicts.filter(isOk)).toHaveLength(points);
    },
  );

  test("of takes at once of many keys each key gets its own points", async () => {
    const limiters = given({ ...LONG, points: 3 });
    const keys = Array.from({ length: 400 }, (_, index) => `key-${index % 50}`);
    const verdicts = await Promise.all(keys.map((key, index) => (limiters[index % 2] as Limiter).take(key)));
    const passed = new Map<string, number>();
    for (const [index, verdict] of verdicts.entries()) {
      const key = keys[index] ?? "";
      if (verdict.ok) passed.set(key, (passed.get(key) ?? 0) + 1);
    }
    expect([...passed.values()]).toEqual(Array.from({ length: 50 }, () => 3));
  });
}

function boundContract(given: Given): void {
  test("newcomers share counts while all own ones are in use: they are slowed, known keys are not", async () => {
    const [limiter] = given({ points: 5, durationSeconds: 60, keysMax: 1 });
    expect(await limiter.take("known")).toEqual({ ok: true });
    let refusals = 0;
    for (let newcomer = 0; newcomer < 4_000; newcomer++) {
      if (!(await limiter.take(`newcomer-${newcomer}`)).ok) refusals += 1;
    }
    expect(refusals).toBeGreaterThan(2_000); // 256 shared counts of five points let 1280 through at most.
    for (let again = 1; again < 5; again++) expect(await limiter.take("known")).toEqual({ ok: true });
    expect(await limiter.take("known")).toMatchObject({ ok: false });
  });
}
