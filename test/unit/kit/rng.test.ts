import { expect, test } from "vitest";
import { createRng, nextBelow, nextUint32 } from "#kit/rng.ts";

test("the same seed draws the same, and a state taken through JSON goes on alike", () => {
  const rng = createRng(42);
  const first = [nextUint32(rng), nextUint32(rng), nextUint32(rng)];
  expect(first).toEqual([1234502286, 549408956, 489772025]);
  const copy = JSON.parse(JSON.stringify(rng));
  expect(nextUint32(copy)).toBe(nextUint32(rng));
});

test("seeds that differ in one bit share no draw", () => {
  const draws = Array.from({ length: 32 }, (_, bit) => nextUint32(createRng(2 ** bit)));
  expect(new Set([...draws, nextUint32(createRng(0))]).size).toBe(33);
});

test("every value below the bound comes, about as often as the others, and none beyond", () => {
  const rng = createRng(1);
  const counts = new Array<number>(7).fill(0);
  for (let draw = 0; draw < 70_000; draw++) counts[nextBelow(rng, 7)]! += 1;
  expect(counts).toHaveLength(7);
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});

test.each([-1, 0.5, 2 ** 32, Number.NaN])("a seed of %s is refused", (seed) => {
  expect(() => createRng(seed)).toThrow("seed");
});

test.each([0, 1.5, 2 ** 22])("a bound of %s is refused", (bound) => {
  expect(() => nextBelow(createRng(1), bound)).toThrow("bound");
});
