/**
 * Recovery under random load: whichever process dies or stands still at whichever await, what was shown and what was
 * answered is there afterwards, once; and never do two owners show the same session.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LEASE_MS, SWEEP_MS } from "#combat/limits.ts";
import { createRng, nextBelow, type Rng } from "#kit/rng.ts";
import { useFakeTimers } from "./keeping.ts";
import { Stores } from "./processes.ts";
import { type Account, foldedOf, foldOf, RandomLoad, seatsIn } from "./random-load.ts";
import { seeds } from "./random-play.ts";

vi.mock("node:timers/promises", () => import("./timer-promises.ts"));

let stores: Stores;

beforeEach(() => {
  useFakeTimers();
  stores = new Stores();
});

afterEach(() => {
  stores.end();
  vi.useRealTimers();
});

/** All that may be said of the sessions once everything has come to rest. */
function checkLedger({ accounts }: RandomLoad): void {
  for (const account of accounts.values()) {
    const record = stores.records.records.get(account.sessionId);
    if (record === undefined) {
      expect(account.isCreated, "answered means committed").toBe(false);
      continue;
    }
    checkEvents(account.sessionId);
    checkAnswers(account);
  }
  expect([...stores.records.told.keys()], "rows are settled").toEqual([]);
}

function checkEvents(sessionId: string): void {
  const published = stores.publishedOf(sessionId);
  const seqs = published.map(({ seq }) => seq);
  expect(seqs, "in order, without a gap").toEqual(seqs.map((_, index) => index + 1));
  const ids = new Set(published.map(({ epoch, seq }) => `${epoch}:${seq}`));
  let epochSeen = 0;
  for (const { epoch, seq, what } of stores.seen.filter((seen) => seen.sessionId === sessionId)) {
    expect(epoch, "nobody shows after a later owner has").toBeGreaterThanOrEqual(epochSeen);
    epochSeen = epoch;
    if (what !== "state") expect(ids, "shown means published").toContain(`${epoch}:${seq}`);
  }
  for (const event of stores.published) {
    if (event.sessionId !== sessionId) continue;
    expect(event, "the same id is the same event").toEqual(published[event.seq - 1]);
  }
  const hosted = stores.hostOf(sessionId)?.hosted;
  if (hosted !== undefined) expect(foldOf(hosted.session), "the state is what was told").toEqual(foldedOf(published));
}

function checkAnswers(account: Account): void {
  const record = stores.records.records.get(account.sessionId)!;
  const seats = seatsIn(record);
  for (const [aspect, values] of account.may) {
    const [kind, playerId = ""] = aspect.split(" ");
    const endedByItself = kind === "status" && record.status === "ended" && record.endReason !== "cancelled";
    const found =
      kind === "seat"
        ? (seats.get(playerId) ?? "out")
        : kind === "status"
          ? record.status
          : String(record.settings.maxRounds);
    if (!endedByItself) expect([...values], `${account.sessionId} ${aspect}`).toContain(found);
  }
  const hosted = stores.hostOf(account.sessionId)?.hosted;
  for (const [key, answer] of hosted === undefined ? [] : account.damage) {
    expect(hosted!.session.damageAnswers.known(key), `damage under ${key}`).toMatchObject(answer);
  }
}

/** A name for the next process: the one of the dead, which is gone at once then; or another. */
function nextName(rng: Rng, before: string): string {
  return nextBelow(rng, 2) === 0 ? before : `name-${nextBelow(rng, 1_000)}`;
}

describe("a process that dies", () => {
  test.each(seeds(200))("seed %i: at any await loses nothing that was shown or answered", async (seed) => {
    const rng = createRng(seed);
    const load = new RandomLoad(stores, rng);
    let process = stores.start("name-0");
    let callsLeft = 20 + nextBelow(rng, 400);
    stores.onCall = (caller) => {
      if (caller === process && --callsLeft === 0) process.kill();
    };
    for (let deaths = 0; deaths < 3; ) {
      await stores.pass(50 + 50 * nextBelow(rng, 8));
      if (process.isDead) {
        deaths += 1;
        callsLeft = deaths === 3 ? Number.POSITIVE_INFINITY : 1 + nextBelow(rng, 250);
        process = stores.start(nextName(rng, process.self.name));
      }
      load.give(process, nextBelow(rng, 6));
    }
    await stores.pass(9_000);
    load.give(process, 10);
    await stores.pass(3_000);
    checkLedger(load);
  });
});

describe("a process that stands still", () => {
  test.each(seeds(100))(
    "seed %i: for longer than the lease is replaced, and shows nothing when it goes on",
    async (seed) => {
      const rng = createRng(seed);
      const load = new RandomLoad(stores, rng);
      const [one, two] = [stores.start("one"), stores.start("two")];
      let [owner, other] = [one, two];
      for (let stands = 0; stands < 3; stands++) {
        let callsLeft = 1 + nextBelow(rng, 200);
        stores.onCall = (caller) => {
          if (caller === owner && --callsLeft === 0) owner.stand();
        };
        while (owner.stands === null) {
          await stores.pass(50 + 50 * nextBelow(rng, 6));
          load.give(owner, nextBelow(rng, 6));
        }
        await stores.pass(LEASE_MS + SWEEP_MS + nextBelow(rng, 3_000));
        load.give(other, nextBelow(rng, 9));
        await stores.pass(50 * nextBelow(rng, 6));
        owner.goOn();
        [owner, other] = [other, owner];
        load.give(owner, nextBelow(rng, 9));
        await stores.pass(1_000);
        for (const sessionId of load.accounts.keys()) {
          expect([one, two].filter(({ host }) => host.find(sessionId) !== null).length).toBeLessThanOrEqual(1);
        }
      }
      stores.onCall = () => {};
      await stores.pass(LEASE_MS + 2 * SWEEP_MS);
      for (const process of [one, two]) load.give(process, 5);
      await stores.pass(3_000);
      checkLedger(load);
    },
  );
});
