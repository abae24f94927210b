/** Contract of RecordingStore: parts come back whole and in order, are written once, and go as a recording, oldest first. */
import { randomBytes, randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { StoredPart } from "#combat/stores/recording-store.ts";
import type { Given } from "./session-stores-under-test.ts";

const START = { epoch: 0, number: 0 };
const EVERYTHING = 1_000_000;

function part(sessionId: string, number: number, rest: Partial<StoredPart> = {}): StoredPart {
  const content = new Uint8Array(randomBytes(1_000));
  return {
    sessionId,
    epoch: 1,
    number,
    firstTick: number * 300,
    lastTick: number * 300 + 300,
    end: null,
    content,
    ...rest,
  };
}

const named = ({ epoch, number }: { epoch: number; number: number }) => `${epoch}.${number}`;

export function recordingStoreContract(given: Given): void {
  keepingContract(given);
  readingContract(given);
  deletingContract(given);
}

function keepingContract(given: Given): void {
  test("parts come back by epoch and number, byte for byte, in whatever order they were written", async () => {
    const { recordingStore: recordings } = given().stores;
    const [id, other] = [randomUUID(), randomUUID()];
    const parts = [
      part(id, 0),
      part(id, 1, { end: "moved", content: new Uint8Array(0) }),
      part(id, 0, { epoch: 2, content: Uint8Array.from({ length: 256 }, (_, byte) => byte) }),
      part(id, 10, { epoch: 2, end: "store_away" }),
    ];
    await recordings.append([parts[3]!, parts[1]!, part(other, 0)]);
    await recordings.append([parts[0]!, parts[2]!]);
    const read = await recordings.read(id, START, EVERYTHING);
    expect(read.map((each) => ({ ...each, content: new Uint8Array(each.content) }))).toEqual(parts);
    const listed = await recordings.list(id);
    expect(listed.parts).toEqual(parts.map(({ sessionId: _, content: __, ...head }) => head));
    expect(listed.bytes).toBe(1_000 + 0 + 256 + 1_000);
  });

  test("a part that is there stays as it is, whatever is written under its number later", async () => {
    const { recordingStore: recordings } = given().stores;
    const first = part(randomUUID(), 0);
    await recordings.append([first]);
    await recordings.append([part(first.sessionId, 0, { lastTick: 7, end: "over" }), part(first.sessionId, 1)]);
    const [kept, next] = await recordings.read(first.sessionId, START, EVERYTHING);
    expect(kept).toMatchObject({ lastTick: 300, end: null });
    expect(Buffer.compare(kept!.content, first.content)).toBe(0);
    expect(next?.number).toBe(1);
  });

  test("of a session that nobody recorded there is nothing; nothing written is nothing", async () => {
    const { recordingStore: recordings } = given().stores;
    await recordings.append([]);
    expect(await recordings.list(randomUUID())).toEqual({ parts: [], bytes: 0 });
    expect(await recordings.read(randomUUID(), START, EVERYTHING)).toEqual([]);
  });

  test("what was written outlives the process", async () => {
    const under = given();
    const kept = part(randomUUID(), 0);
    await under.stores.recordingStore.append([kept]);
    await under.restart();
    const [found] = await under.stores.recordingStore.read(kept.sessionId, START, EVERYTHING);
    expect(Buffer.compare(found?.content ?? new Uint8Array(0), kept.content)).toBe(0);
  });
}

function readingContract(given: Given): void {
  test.each([
    { name: "from the beginning", from: START, bytesMax: 2_000, found: ["1.0", "1.1"] },
    { name: "one at least", from: START, bytesMax: 1, found: ["1.0"] },
    { name: "until the bytes are there", from: START, bytesMax: 2_001, found: ["1.0", "1.1", "1.2"] },
    {
      name: "from the middle, itself included",
      from: { epoch: 1, number: 2 },
      bytesMax: EVERYTHING,
      found: ["1.2", "3.0"],
    },
    { name: "from one that is not there", from: { epoch: 2, number: 9 }, bytesMax: EVERYTHING, found: ["3.0"] },
    { name: "from past the end", from: { epoch: 3, number: 1 }, bytesMax: EVERYTHING, found: [] },
  ])("reads $name", async ({ from, bytesMax, found }) => {
    const { recordingStore: recordings } = given().stores;
    const id = randomUUID();
    await recordings.append([part(id, 0), part(id, 1), part(id, 2), part(id, 0, { epoch: 3 })]);
    expect((await recordings.read(id, from, bytesMax)).map(named)).toEqual(found);
  });
}

function deletingContract(given: Given): void {
  test("recordings that nothing was added to for long go as a whole, oldest first, at most so many", async () => {
    const { stores, clock } = given();
    const { recordingStore: recordings } = stores;
    const [oldest, old, resumed, fresh] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    await recordings.append([part(oldest, 0), part(oldest, 1), part(resumed, 0)]);
    clock.advance(1_000);
    await recordings.append([part(old, 0)]);
    clock.advance(1_000);
    const since = clock.unixMs();
    await recordings.append([part(resumed, 0, { epoch: 2 }), part(fresh, 0)]);
    const left = async () => {
      const found = [];
      for (const id of [oldest, old, resumed, fresh]) found.push((await recordings.list(id)).parts.length);
      return found;
    };
    expect(await recordings.deleteOld(since, 1)).toBe(1);
    expect(await left()).toEqual([0, 1, 2, 1]);
    expect(await recordings.deleteOld(since, 10)).toBe(1);
    expect(await left()).toEqual([0, 0, 2, 1]);
    expect(await recordings.deleteOld(since, 10)).toBe(0);
  });
}
