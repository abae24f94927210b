/**
 * Two owners race for one session: whoever wins, the journal must read as if only one had ever written at a time.
 * In:  random plans for two adapters on the same data.   Out: a failure with its seed, or nothing.
 */
import { randomUUID } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { KeptSession, LiveStore } from "#combat/stores/live-store.ts";
import { item, writing } from "./live-store.contract.ts";

type Step =
  | { readonly kind: "take" }
  /** So many writes that do not wait for each other. */
  | { readonly kind: "write"; readonly count: number; readonly sessions: number }
  | { readonly kind: "wait" }
  | { readonly kind: "turns"; readonly count: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("take" as const) }),
  fc.record({
    kind: fc.constant("write" as const),
    count: fc.integer({ min: 1, max: 5 }),
    sessions: fc.integer({ min: 1, max: 20 }),
  }),
  fc.record({ kind: fc.constant("wait" as const) }),
  fc.record({ kind: fc.constant("turns" as const), count: fc.integer({ min: 1, max: 4 }) }),
);
const plan = fc.array(step, { minLength: 1, maxLength: 14 });

type Race = {
  readonly sessionId: string;
  /** Counts owners, as the record store does. */
  epochs: number;
  /** Texts of entries that were told to be kept. */
  readonly kept: string[];
  /** What each taker found. */
  readonly found: string[][];
};

export function ownersRace(given: () => { readonly store: LiveStore; readonly other: LiveStore }): void {
  test("two owners racing: nothing of an older epoch is kept behind a take, nothing kept is lost", async () => {
    await fc.assert(
      fc.asyncProperty(plan, plan, async (one, another) => {
        const { store, other } = given();
        const race: Race = { sessionId: randomUUID(), epochs: 1, kept: [], found: [] };
        await store.open([writing(race.sessionId, { epoch: 0, checkpoint: item(0) })]);
        await Promise.all([run(store, one, race), run(other, another, race)]);
        check(race, textsOf((await store.take({ sessionId: race.sessionId, epoch: 1_000 })) as KeptSession));
      }),
      { numRuns: 150 },
    );
  });
}

async function run(store: LiveStore, steps: readonly Step[], race: Race): Promise<void> {
  let epoch = 0;
  let seq = 0;
  const writes: Promise<void>[] = [];
  for (const one of steps) {
    if (one.kind === "turns") for (let left = one.count; left > 0; left--) await turn();
    else if (one.kind === "wait") await Promise.all(writes.splice(0));
    else if (one.kind === "take") {
      epoch = race.epochs++;
      const found = await store.take({ sessionId: race.sessionId, epoch });
      if (typeof found === "string") continue;
      race.found.push(textsOf(found));
      seq = found.entries.at(-1)?.lastSeq ?? 0;
    } else {
      for (let left = one.count; left > 0; left--) writes.push(write(store, race, { epoch, seq: ++seq, ...one }));
    }
  }
  await Promise.all(writes);
}

/** Among other sessions' writes, as a process with many sessions would. */
async function write(store: LiveStore, race: Race, at: { epoch: number; seq: number; sessions: number }) {
  const text = `${at.epoch}/${at.seq}`;
  const own = writing(race.sessionId, { epoch: at.epoch, entry: item(at.seq, text) });
  const others = Array.from({ length: at.sessions - 1 }, () => writing(randomUUID()));
  const verdicts = await store.write([...others, own]);
  if (verdicts.at(-1) === "kept" && !race.kept.includes(text)) race.kept.push(text);
}

function textsOf({ entries }: KeptSession): string[] {
  return entries.map(({ bytes }) => Buffer.from(bytes).toString());
}

function check({ kept, found }: Race, journal: readonly string[]): void {
  const epochs = journal.map((text) => Number(text.split("/")[0]));
  expect(epochs).toEqual([...epochs].sort((left, right) => left - right)); // No older owner behind a newer one.
  expect([...journal].sort()).toEqual([...kept].sort()); // All that was told to be kept, and nothing else, once.
  for (const earlier of found) expect(journal.slice(0, earlier.length)).toEqual(earlier); // What a taker found stays.
}
