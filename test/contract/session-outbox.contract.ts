/** Contract of Outbox: what a record tells is there exactly if the record is, once, until it is settled. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { EventBody } from "#combat/session/session-events.ts";
import { OUTBOX_PENDING_ROWS_MAX } from "#combat/stores/limits.ts";
import type { SessionRecord } from "#combat/stores/session-store.ts";
import { next, sessionRecord } from "./session-record.ts";
import type { Given } from "./session-stores-under-test.ts";

const PAUSED: EventBody = { kind: "session_paused" };
const RESUMED: EventBody = { kind: "session_resumed" };

export function sessionOutboxContract(given: Given): void {
  toldContract(given);
  settleContract(given);
}

/** Creates a session that told nothing. */
async function created(given: Given): Promise<SessionRecord> {
  const record = sessionRecord();
  await given().stores.sessions.create(record, null);
  return record;
}

function toldContract(given: Given): void {
  test("what creation and changes tell is there in order, whole, under version and time", async () => {
    const { stores, clock } = given();
    const record = sessionRecord();
    const joined: EventBody = { kind: "player_joined", playerId: randomUUID(), teamId: "Rot 🗝 'a' \"b\" \\", slot: 0 };
    const over: EventBody = { kind: "session_ended", reason: "timeout", winnerTeamId: null, teams: record.teams };
    const createdAt = clock.unixMs();
    await stores.sessions.create(record, null, [joined]);
    clock.advance(5_000);
    const change = next(record);
    await stores.sessions.update(change, [PAUSED, over]);
    await stores.sessions.update(next(change), []);
    expect(await stores.outbox.pending(record.id)).toEqual([
      { version: 1, body: joined, writtenAtMs: createdAt },
      { version: 2, body: PAUSED, writtenAtMs: createdAt + 5_000 },
      { version: 2, body: over, writtenAtMs: createdAt + 5_000 },
    ]);
    expect(await stores.outbox.count()).toBe(3);
  });

  test("an update that is refused tells nothing", async () => {
    const { sessions, outbox } = given().stores;
    const record = await created(given);
    expect(await sessions.update({ ...next(record), epoch: 0 }, [PAUSED])).toBe(false);
    expect(await sessions.update({ ...next(record), version: 7 }, [PAUSED])).toBe(false);
    expect(await outbox.count()).toBe(0);
  });

  test("an update asked again after its answer was lost tells nothing again, settled or not", async () => {
    const { sessions, outbox } = given().stores;
    const change = next(await created(given));
    await sessions.update(change, [PAUSED]);
    expect(await sessions.update(change, [PAUSED])).toBe(true);
    expect(await outbox.pending(change.id)).toHaveLength(1);
    await outbox.settle([{ sessionId: change.id, version: change.version }]);
    expect(await sessions.update(change, [PAUSED])).toBe(true);
    expect(await outbox.count()).toBe(0);
  });

  test("of updates at once to one version only the one that is written tells", async () => {
    const { sessions, outbox } = given().stores;
    const record = await created(given);
    const changes = Array.from({ length: 6 }, (_, round) => next(record, { currentRound: round + 1 }));
    const answers = await Promise.all(
      changes.map((change) => {
        const body: EventBody = { kind: "round_started", round: change.currentRound, maxRounds: 9 };
        return sessions.update(change, [body]);
      }),
    );
    const written = changes[answers.indexOf(true)];
    const pending = await outbox.pending(record.id);
    expect(pending.map(({ body }) => body)).toEqual([
      { kind: "round_started", round: written?.currentRound, maxRounds: 9 },
    ]);
  });

  test("of a session that told nothing, or that nobody knows, nothing is pending", async () => {
    const { outbox } = given().stores;
    expect(await outbox.pending((await created(given)).id)).toEqual([]);
    expect(await outbox.pending(randomUUID())).toEqual([]);
  });

  test("of very many rows the first come, and no version is cut", async () => {
    const { sessions, outbox } = given().stores;
    const told = Array.from({ length: OUTBOX_PENDING_ROWS_MAX * 0.6 }, (_, index) =>
      index % 2 === 0 ? PAUSED : RESUMED,
    );
    let record = await created(given);
    for (let writes = 0; writes < 3; writes++) {
      record = next(record);
      await sessions.update(record, told);
    }
    const first = await outbox.pending(record.id);
    expect(first.map(({ body }) => body)).toEqual([...told, ...told]);
    expect(first.at(-1)?.version).toBe(3);
    await outbox.settle([{ sessionId: record.id, version: 3 }]);
    expect((await outbox.pending(record.id)).map(({ body }) => body)).toEqual(told);
  });
}

function settleContract(given: Given): void {
  test("settling takes out all up to the version, of the sessions named and of no other", async () => {
    const { sessions, outbox } = given().stores;
    const [one, two, other] = [await created(given), await created(given), await created(given)];
    for (const record of [one, two, other]) {
      await sessions.update(next(record), [PAUSED, RESUMED]);
      await sessions.update(next(next(record)), [PAUSED]);
    }
    await outbox.settle([
      { sessionId: one.id, version: 2 },
      { sessionId: two.id, version: 99 },
      { sessionId: randomUUID(), version: 99 },
    ]);
    const left = async (id: string) => (await outbox.pending(id)).map(({ version }) => version);
    expect([await left(one.id), await left(two.id), await left(other.id)]).toEqual([[3], [], [2, 2, 3]]);
    expect(await outbox.count()).toBe(4);
    await outbox.settle([]);
    expect(await outbox.count()).toBe(4);
  });

  test("settling again, and by two at once in any order, is fine", async () => {
    const { sessions, outbox } = given().stores;
    const records = await Promise.all(Array.from({ length: 20 }, () => created(given)));
    for (const record of records) await sessions.update(next(record), [PAUSED, RESUMED]);
    const settled = records.map(({ id }) => ({ sessionId: id, version: 2 }));
    await Promise.all([outbox.settle(settled), outbox.settle(settled.toReversed())]);
    expect(await outbox.count()).toBe(0);
    await outbox.settle(settled);
  });
}
