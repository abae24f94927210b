/** Clients of a benchmark that come back after a cut: the first handshake at once, the others after the client's back-off. */
import { expect, test } from "vitest";
import { ATTEMPTS_MAX, BACKOFF_CEILING_MS } from "#client/limits.ts";
import { comeBack } from "../../../bench/sockets/coming-back.ts";

function comer(refusals: number) {
  const waits: number[] = [];
  let tries = 0;
  const handshake = async () => {
    if (tries++ < refusals) throw new Error("503");
  };
  const wait = async (ms: number) => void waits.push(ms);
  return { waits, tried: () => tries, comer: { handshake, random: () => 1, wait } };
}

test.each([
  { refusals: 0, waits: [] },
  { refusals: 1, waits: [500] },
  { refusals: 3, waits: [500, 1000, 2000] },
])("after $refusals refusals it has waited $waits ms at the most", async ({ refusals, waits }) => {
  const one = comer(refusals);
  expect(await comeBack(one.comer)).toEqual({ refused: refusals });
  expect(one.waits).toEqual(waits);
});

test("it gives up when a client would, and never waits longer than one", async () => {
  const one = comer(Number.POSITIVE_INFINITY);
  await expect(comeBack(one.comer)).rejects.toThrow("503");
  expect(one.tried()).toBe(ATTEMPTS_MAX);
  expect(Math.max(...one.waits)).toBe(BACKOFF_CEILING_MS);
});
