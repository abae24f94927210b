/**
 * Contract of SessionClaims: who owns what is one answer for all who ask, whatever they do at once.
 * A failure of a random test names its seed in the title: put it among the seeds, and it comes back.
 */
import { randomInt, randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { Claim, SessionRecord } from "#combat/stores/session-store.ts";
import { createRng, nextBelow, type Rng } from "#kit/rng.ts";
import { ended, next, sessionRecord } from "./session-record.ts";
import type { Given } from "./session-stores-under-test.ts";

const NEW_OWNER = "combat-2#boot";
const PAUSED = { kind: "session_paused" } as const;
const SEEDS = [1, 2, randomInt(2 ** 32)];

export function sessionClaimsContract(given: Given): void {
  unfinishedContract(given);
  claimContract(given);
  raceContract(given);
  notOwnedContract(given);
}

function claimOf({ id, owner }: SessionRecord): Claim {
  return { id, owner };
}

async function created(given: Given, count: number): Promise<SessionRecord[]> {
  const records = Array.from({ length: count }, (_, index) => sessionRecord({ createdAtMs: 1_000 + index }));
  for (const record of records) await given().stores.sessions.create(record, null);
  return records;
}

function unfinishedContract(given: Given): void {
  test("unfinished are those waiting, active or paused, the oldest first, with their owners", async () => {
    const { sessions, claims } = given().stores;
    const statuses = ["paused", "ended", "waiting", "cancelled", "active"] as const;
    const records = statuses.map((status, index) =>
      sessionRecord({ status, owner: `${status}#1`, createdAtMs: 1_000 + index }),
    );
    for (const record of [...records].reverse()) await sessions.create(record, null);
    const expected = records.filter(({ status }) => !["ended", "cancelled"].includes(status)).map(claimOf);
    expect(await claims.unfinished()).toEqual(expected);
  });

  test.each(["ended", "cancelled"] as const)(
    "one that is %s is unfinished until its outbox is settled",
    async (status) => {
      const { sessions, claims, outbox } = given().stores;
      const [old, record, young] = (await created(given, 3)) as [SessionRecord, SessionRecord, SessionRecord];
      const change = ended(record, { status });
      await sessions.update(change, [PAUSED, PAUSED]);
      expect(await claims.unfinished()).toEqual([old, record, young].map(claimOf));
      await outbox.settle([{ sessionId: record.id, version: change.version }]);
      expect(await claims.unfinished()).toEqual([old, young].map(claimOf));
    },
  );

  test("one that goes on is there once, however much it has told", async () => {
    const { sessions, claims } = given().stores;
    const record = sessionRecord();
    await sessions.create(record, null, [PAUSED, PAUSED]);
    expect(await claims.unfinished()).toEqual([claimOf(record)]);
  });
}

function claimContract(given: Given): void {
  test("a claim counts epoch and version up, names the new owner, and leaves all else", async () => {
    const { sessions, claims } = given().stores;
    const record = sessionRecord({ status: "active", version: 7, epoch: 3 });
    await sessions.create(record, null);
    const claimed = { ...record, version: 8, epoch: 4, owner: NEW_OWNER };
    expect(await claims.claim([claimOf(record)], NEW_OWNER)).toEqual([claimed]);
    expect(await sessions.get(record.id)).toEqual(claimed);
    expect(await claims.unfinished()).toEqual([claimOf(claimed)]);
  });

  test("after a claim the owner before writes nothing, and the new one goes on", async () => {
    const { sessions, claims } = given().stores;
    const record = sessionRecord();
    await sessions.create(record, null);
    const [claimed] = (await claims.claim([claimOf(record)], NEW_OWNER)) as [SessionRecord];
    expect(await sessions.update(next(record, { status: "active" }))).toBe(false);
    expect(await sessions.update({ ...next(claimed), epoch: record.epoch, owner: record.owner })).toBe(false);
    expect(await sessions.update(next(claimed, { status: "active" }))).toBe(true);
  });

  test("of several claims those are missing that another owns, or nobody knows", async () => {
    const { claims } = given().stores;
    const [mine, theirs] = (await created(given, 2)) as [SessionRecord, SessionRecord];
    const asked = [claimOf(mine), { id: theirs.id, owner: "combat-9#other" }, { id: randomUUID(), owner: mine.owner }];
    expect((await claims.claim(asked, NEW_OWNER)).map(({ id }) => id)).toEqual([mine.id]);
    expect(await claims.notOwned([theirs.id], theirs.owner)).toEqual([]);
    expect(await claims.claim(asked, NEW_OWNER)).toEqual([]); // It is owned otherwise now.
    expect(await claims.claim([], NEW_OWNER)).toEqual([]);
  });

  test("a claim named twice counts once", async () => {
    const { claims } = given().stores;
    const [record] = (await created(given, 1)) as [SessionRecord];
    const [claimed, ...more] = await claims.claim([claimOf(record), claimOf(record)], NEW_OWNER);
    expect([claimed?.epoch, claimed?.version, more]).toEqual([2, 2, []]);
  });

  test("an owner that lost the answer claims from itself, and is told again under a newer epoch", async () => {
    const { claims } = given().stores;
    const [record] = (await created(given, 1)) as [SessionRecord];
    await claims.claim([claimOf(record)], NEW_OWNER);
    const again = await claims.claim([{ id: record.id, owner: NEW_OWNER }], NEW_OWNER);
    expect(again).toEqual([{ ...record, owner: NEW_OWNER, epoch: 3, version: 3 }]);
  });

  test("one that is over stays as it ended, with what it told still there", async () => {
    const { sessions, claims, outbox } = given().stores;
    const record = sessionRecord();
    await sessions.create(record, null);
    const change = ended(record);
    await sessions.update(change, [PAUSED]);
    const claimed = { ...change, version: 3, epoch: 2, owner: NEW_OWNER };
    expect(await claims.claim([claimOf(record)], NEW_OWNER)).toEqual([claimed]);
    expect(await sessions.get(record.id)).toEqual(claimed);
    expect((await outbox.pending(record.id)).map(({ version }) => version)).toEqual([2]);
  });

  test("owners are any text", async () => {
    const { sessions, claims } = given().stores;
    const owner = `'"\\{},ä🗝 null`;
    const record = sessionRecord({ owner });
    await sessions.create(record, null);
    expect(await claims.claim([claimOf(record)], `${owner}2`)).toHaveLength(1);
    expect(await claims.unfinished()).toEqual([{ id: record.id, owner: `${owner}2` }]);
  });

  test("five hundred are claimed in one call", async () => {
    const { claims } = given().stores;
    const records = await created(given, 500);
    const claimed = await claims.claim(records.map(claimOf), NEW_OWNER);
    expect(new Set(claimed.map(({ id }) => id))).toEqual(new Set(records.map(({ id }) => id)));
    expect(claimed.every(({ epoch, version, owner }) => epoch === 2 && version === 2 && owner === NEW_OWNER)).toBe(
      true,
    );
  });
}

function raceContract(given: Given): void {
  test.each(SEEDS)("seed %i: of many that claim the same at once one is told that it is theirs", async (seed) => {
    const rng = createRng(seed);
    const { sessions, claims } = given().stores;
    const records = await created(given, 24);
    const owners = ["a#1", "b#1", "c#1", "d#1"];
    const answers = await Promise.all(
      owners.map((owner) => {
        const some = shuffled(records, rng).slice(0, 12 + nextBelow(rng, 13));
        return claims.claim(some.map(claimOf), owner);
      }),
    );
    const told = answers.flat().map(({ id }) => id);
    expect(new Set(told).size).toBe(told.length);
    for (const [index, claimed] of answers.entries()) {
      for (const record of claimed) {
        expect(record.owner).toBe(owners[index]);
        expect(await sessions.get(record.id)).toEqual(record);
      }
    }
  });

  test.each(SEEDS)("seed %i: a claim falls between two writes of the owner, and none follows it", async (seed) => {
    const rng = createRng(seed);
    const { sessions, claims, outbox } = given().stores;
    for (const record of await created(given, 6)) {
      let latest = record;
      let claimed: SessionRecord | undefined;
      const claimAfter = nextBelow(rng, 8);
      const claiming: Promise<void>[] = [];
      for (let write = 0; write < 10; write++) {
        if (write === claimAfter) {
          const claim = claims.claim([claimOf(record)], NEW_OWNER);
          claiming.push(
            claim.then(([mine]) => {
              claimed = mine;
            }),
          );
        }
        const change = next(latest, { playedMs: write });
        const knew = claimed !== undefined;
        if (!(await sessions.update(change, [PAUSED]))) break;
        expect(knew, "written after the claim was answered").toBe(false);
        latest = change;
      }
      await Promise.all(claiming);
      const now = { ...latest, version: latest.version + 1, epoch: 2, owner: NEW_OWNER };
      expect(claimed).toEqual(now);
      expect(await sessions.get(record.id)).toEqual(now);
      const told = (await outbox.pending(record.id)).map(({ version }) => version);
      expect(told).toEqual(Array.from({ length: latest.version - 1 }, (_, index) => index + 2));
    }
  });
}

function notOwnedContract(given: Given): void {
  test("not owned are those of others and those that nobody knows, in the order asked", async () => {
    const { claims } = given().stores;
    const records = await created(given, 5);
    const ids = records.map(({ id }) => id);
    const [first, , third] = records as [SessionRecord, SessionRecord, SessionRecord];
    await claims.claim([third, first].map(claimOf), NEW_OWNER);
    const unknown = randomUUID();
    expect(await claims.notOwned([...ids, unknown], first.owner)).toEqual([first.id, third.id, unknown]);
    expect(await claims.notOwned([third.id, first.id], NEW_OWNER)).toEqual([]);
    expect(await claims.notOwned([], NEW_OWNER)).toEqual([]);
  });
}

function shuffled<T>(items: readonly T[], rng: Rng): T[] {
  const keyed = items.map((item) => ({ item, key: nextBelow(rng, 2 ** 20) }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}
