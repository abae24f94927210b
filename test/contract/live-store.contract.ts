/**
 * Contract of LiveStore: what every adapter must hold, run over each of them by a *.test.ts.
 * Not here: the race of two owners (live-store-race.ts), what one adapter alone promises (test/services).
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Checkpoint, JournalEntry, KeptSession, LiveStore, LiveWrite } from "#combat/stores/live-store.ts";
import { StoreUnavailable } from "#combat/stores/session-store.ts";
import { ownersRace } from "./live-store-race.ts";

export type LiveStoreUnderTest = {
  readonly store: LiveStore;
  /** Another adapter on the same data. */
  readonly other: LiveStore;
  /** A further one, which a test may close. */
  open(): LiveStore;
  /** Closes and removes everything. */
  end(): Promise<void>;
};

/** Longer than any test takes. */
const AGE_MS_MAX = 600_000;

type Given = () => LiveStoreUnderTest;

export function liveStoreContract(adapter: string, open: () => Promise<LiveStoreUnderTest>): void {
  describe(`${adapter} as LiveStore`, () => {
    let under: LiveStoreUnderTest;
    beforeAll(async () => {
      under = await open();
    });
    afterAll(() => under.end());
    const given = () => under;
    fenceContract(given);
    journalContract(given);
    checkpointContract(given);
    openContract(given);
    takeContract(given);
    finishContract(given);
    callContract(given);
    ownersRace(given);
  });
}

/** At `lastSeq`, with a text that tells it apart. */
export function item(lastSeq: number, text = `after ${lastSeq}`): JournalEntry {
  return { lastSeq, bytes: Buffer.from(text) };
}

export function writing(sessionId: string, rest: Partial<LiveWrite> = {}): LiveWrite {
  return {
    sessionId,
    epoch: 1,
    entry: null,
    checkpoint: null,
    trimSeq: null,
    publishedSeq: null,
    afterSeq: null,
    ...rest,
  };
}

/** A session of epoch 1 with a checkpoint after event 0. */
export async function opened(store: LiveStore): Promise<string> {
  const sessionId = randomUUID();
  expect(await store.open([writing(sessionId, { checkpoint: item(0) })])).toEqual(["kept"]);
  return sessionId;
}

type Shown = { lastSeq: number; text: string };

function shown(part: Checkpoint | null): Shown | null {
  return part && { lastSeq: part.lastSeq, text: Buffer.from(part.bytes).toString() };
}

/** What is kept, in texts, as the owner of `epoch` finds it, with the whole journal. */
export async function kept(store: LiveStore, sessionId: string, epoch: number) {
  const found = await store.take({ sessionId, epoch });
  if (typeof found === "string") return found;
  const { checkpoint, previous, publishedSeq } = found;
  const entries = await journalOf(store, sessionId);
  return { checkpoint: shown(checkpoint), previous: shown(previous), entries: entries.map(shown), publishedSeq };
}

/** Every entry from event 1 on. */
async function journalOf(store: LiveStore, sessionId: string): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for (let step = await store.entries(sessionId, 0); step.length > 0; ) {
    entries.push(...step);
    step = await store.entries(sessionId, step.at(-1)?.lastSeq ?? 0);
  }
  return entries;
}

function fenceContract(given: Given): void {
  const everything = { entry: item(6), checkpoint: item(6), trimSeq: 5, publishedSeq: 6 };
  test.each([
    ["an older epoch is fenced off", 2, "fenced"],
    ["the epoch that took the session writes", 3, "kept"],
    ["a newer epoch that has not taken it finds it stale", 4, "stale"],
  ] as const)("%s, and one that is refused changes nothing", async (_what, epoch, verdict) => {
    const { store } = given();
    const sessionId = await opened(store);
    await store.write([writing(sessionId, { entry: item(5), checkpoint: item(4), publishedSeq: 2 })]);
    const before = await kept(store, sessionId, 3);
    expect(await store.write([writing(sessionId, { epoch, ...everything })])).toEqual([verdict]);
    const after = await kept(store, sessionId, 3);
    if (verdict !== "kept") expect(after).toEqual(before);
    else expect(after).toMatchObject({ checkpoint: shown(item(6)), entries: [shown(item(6))], publishedSeq: 6 });
  });

  test("a session that nobody opened is missing, and a write does not begin it", async () => {
    const { store } = given();
    const sessionId = randomUUID();
    expect(await store.write([writing(sessionId, everything)])).toEqual(["missing"]);
    expect(await store.finish({ sessionId, epoch: 1, ms: 1_000 })).toBe("missing");
    expect(await store.take({ sessionId, epoch: 9 })).toBe("missing");
    expect(await store.read(sessionId, AGE_MS_MAX)).toBeNull();
  });

  test("a take fences off writes that were given before it was answered, but not those before it", async () => {
    const { store, other } = given();
    const sessionId = await opened(store);
    const before = store.write([writing(sessionId, { entry: item(1) })]);
    expect(await before).toEqual(["kept"]);
    const take = kept(other, sessionId, 2);
    expect(await take).toMatchObject({ entries: [shown(item(1))] });
    expect(await store.write([writing(sessionId, { entry: item(2) })])).toEqual(["fenced"]);
    expect(await other.write([writing(sessionId, { epoch: 2, entry: item(2, "by the new owner") })])).toEqual(["kept"]);
    expect(await kept(other, sessionId, 2)).toMatchObject({
      entries: [shown(item(1)), shown(item(2, "by the new owner"))],
    });
  });
}

function journalContract(given: Given): void {
  test("entries stay in the order given, over calls that do not wait for each other", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    const seqs = Array.from({ length: 1_500 }, (_, index) => 3 * index + 1);
    const verdicts = await Promise.all(seqs.map((seq) => store.write([writing(sessionId, { entry: item(seq) })])));
    expect(new Set(verdicts.flat())).toEqual(new Set(["kept"]));
    const found = (await store.take({ sessionId, epoch: 1 })) as KeptSession;
    expect(found.entries.map(({ lastSeq }) => lastSeq)).toEqual(seqs);
  });

  test("a write after events that are not there is stale and changes nothing; whoever takes what is there goes on", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    const give = async (afterSeq: number, rest: Partial<LiveWrite>) => {
      return (await store.write([writing(sessionId, { afterSeq, ...rest })]))[0];
    };
    expect(await give(0, { entry: item(3) })).toBe("kept");
    const before = await kept(store, sessionId, 1);
    expect(await give(8, { entry: item(9), checkpoint: item(9), publishedSeq: 9, trimSeq: 3 })).toBe("stale");
    expect(await give(4, { checkpoint: item(4) })).toBe("stale"); // It tells as well.
    expect(await kept(store, sessionId, 1)).toEqual(before);
    for (let time = 0; time < 2; time++) expect(await give(3, { entry: item(9) })).toBe("kept");
    expect(await give(5, { entry: item(10) })).toBe("kept"); // More is there than its owner heard of.
    expect(await give(10, { trimSeq: 10 })).toBe("kept");
    expect(await give(10, { checkpoint: item(12) })).toBe("kept"); // What is cut off was there.
    expect(await give(12, { publishedSeq: 15 })).toBe("kept");
    expect(await give(15, { entry: item(16) })).toBe("kept");
    expect(await give(17, { entry: item(18) })).toBe("stale");
    expect(await kept(store, sessionId, 1)).toMatchObject({ checkpoint: shown(item(12)), entries: [shown(item(16))] });
  });

  test("the same write given twice is carried out once", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    const all = { entry: item(3), checkpoint: item(2), trimSeq: 1, publishedSeq: 1 };
    expect(await store.write([writing(sessionId, all)])).toEqual(["kept"]);
    const once = await kept(store, sessionId, 1);
    const again = { ...all, entry: item(3, "another text") }; // What is there is left as it is.
    expect(await store.write([writing(sessionId, again)])).toEqual(["kept"]);
    expect(await kept(store, sessionId, 1)).toEqual(once);
  });

  test("an older write given again changes nothing of what came after it", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    const writes = [1, 2, 3].map((seq) =>
      writing(sessionId, { entry: item(seq), checkpoint: item(seq), trimSeq: seq - 1, publishedSeq: seq }),
    );
    for (const write of writes) await store.write([write]);
    const before = await kept(store, sessionId, 1);
    expect(await store.write(writes)).toEqual(["kept", "kept", "kept"]);
    expect(await kept(store, sessionId, 1)).toEqual(before);
  });

  test("an entry whose place is taken is kept if it is there or not needed any more; else it is missing", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    const give = async (rest: Partial<LiveWrite>) => (await store.write([writing(sessionId, rest)]))[0];
    await give({ entry: item(2) });
    await give({ entry: item(9) });
    const before = await kept(store, sessionId, 1);
    expect(await give({ entry: item(2) })).toBe("kept"); // It is there.
    expect(await give({ entry: item(5), publishedSeq: 5, trimSeq: 2 })).toBe("missing"); // Published, but in no state.
    expect(await give({ entry: item(5), checkpoint: item(6) })).toBe("missing"); // In a state, but not published.
    expect(await kept(store, sessionId, 1)).toEqual(before);
    expect(await give({ entry: item(5), checkpoint: item(6), publishedSeq: 5 })).toBe("kept");
    expect(await give({ entry: item(4) })).toBe("kept");
    expect(await give({ entry: item(6) })).toBe("missing");
    expect(await give({ trimSeq: 8 })).toBe("kept");
    expect(await give({ entry: item(7) })).toBe("kept"); // Whoever trims says that it is not needed.
    expect(await kept(store, sessionId, 1)).toMatchObject({ checkpoint: shown(item(6)), entries: [shown(item(9))] });
  });

  test.each([
    ["up to one that is there", 4, [7, 9]],
    ["up to a number between two", 6, [7, 9]],
    ["of nothing", 0, [2, 4, 7, 9]],
    ["of everything there is", 9, []],
    ["beyond everything there is", 100, []],
  ])("a trim %s leaves every entry above it, whole", async (_what, trimSeq, left) => {
    const { store } = given();
    const sessionId = await opened(store);
    for (const seq of [2, 4, 7, 9]) await store.write([writing(sessionId, { entry: item(seq) })]);
    expect(await store.write([writing(sessionId, { trimSeq })])).toEqual(["kept"]);
    expect(await kept(store, sessionId, 1)).toMatchObject({ entries: left.map((seq) => shown(item(seq))) });
    expect(await store.write([writing(sessionId, { entry: item(101) })])).toEqual(["kept"]);
    expect(await kept(store, sessionId, 1)).toMatchObject({ entries: [...left, 101].map((seq) => shown(item(seq))) });
  });

  test("an older trim given late removes nothing", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    for (const seq of [1, 2, 3]) await store.write([writing(sessionId, { entry: item(seq), trimSeq: seq - 1 })]);
    await store.write([writing(sessionId, { trimSeq: 1 })]);
    expect(await kept(store, sessionId, 1)).toMatchObject({ entries: [shown(item(3))] });
  });

  test("what is published only grows; null leaves it", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    const steps: [number | null, number][] = [
      [null, 0],
      [7, 7],
      [null, 7],
      [3, 7],
      [12, 12],
    ];
    for (const [publishedSeq, expected] of steps) {
      await store.write([writing(sessionId, { publishedSeq })]);
      expect(await kept(store, sessionId, 1)).toMatchObject({ publishedSeq: expected });
    }
  });
}

function checkpointContract(given: Given): void {
  test("what was not written for a while is not read, until it is written again", async () => {
    const { store, other } = given();
    const sessionId = await opened(store);
    await expect.poll(() => other.read(sessionId, 100), { timeout: 5_000 }).toBeNull();
    expect(shown(await other.read(sessionId, AGE_MS_MAX))).toEqual(shown(item(0)));
    await store.write([writing(sessionId)]);
    expect(shown(await other.read(sessionId, 1_500))).toEqual(shown(item(0)));
  });

  test("a checkpoint makes the newest the one before; one of an earlier event, or the same, changes nothing", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    expect(await kept(store, sessionId, 1)).toMatchObject({ checkpoint: shown(item(0)), previous: shown(item(0)) });
    await store.write([writing(sessionId, { checkpoint: item(5) })]);
    await store.write([writing(sessionId, { checkpoint: item(11) })]);
    for (const late of [item(11), item(5, "late"), item(0, "very late")]) {
      expect(await store.write([writing(sessionId, { checkpoint: late })])).toEqual(["kept"]);
    }
    expect(await kept(store, sessionId, 1)).toMatchObject({ checkpoint: shown(item(11)), previous: shown(item(5)) });
  });

  test("another checkpoint of the same event becomes the newest: what no event tells has moved on", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    for (let time = 0; time < 2; time++) {
      expect(await store.write([writing(sessionId, { checkpoint: item(0, "later") })])).toEqual(["kept"]);
      expect(await kept(store, sessionId, 1)).toMatchObject({
        checkpoint: shown(item(0, "later")),
        previous: shown(item(0)),
      });
    }
  });

  test("reading gives the newest checkpoint and fences nobody off", async () => {
    const { store, other } = given();
    const sessionId = await opened(store);
    await store.write([writing(sessionId, { checkpoint: item(8) })]);
    expect(shown(await other.read(sessionId, AGE_MS_MAX))).toEqual(shown(item(8)));
    expect(await store.write([writing(sessionId, { entry: item(9) })])).toEqual(["kept"]);
  });

  test("bytes come back as they were, every value and none at all; and nobody can change them afterwards", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    const bytes = Uint8Array.from({ length: 256 * 40 }, (_, index) => (index * 7) & 0xff);
    const before = Uint8Array.from(bytes);
    const empty = new Uint8Array();
    const inside = new Uint8Array(bytes.buffer, 1, 255); // A view into a larger piece: the view counts.
    await store.write([writing(sessionId, { entry: { lastSeq: 1, bytes }, checkpoint: { lastSeq: 1, bytes: empty } })]);
    await store.write([writing(sessionId, { entry: { lastSeq: 2, bytes: empty }, checkpoint: { lastSeq: 2, bytes } })]);
    await store.write([writing(sessionId, { entry: { lastSeq: 3, bytes: inside } })]);
    bytes.fill(0);
    for (let round = 0; round < 2; round++) {
      const { checkpoint, previous } = (await store.take({ sessionId, epoch: 1 })) as KeptSession;
      const entries = await journalOf(store, sessionId);
      expect(entries.map((one) => Uint8Array.from(one.bytes))).toEqual([before, empty, before.subarray(1, 256)]);
      expect(Uint8Array.from(checkpoint?.bytes ?? [])).toEqual(before);
      expect(previous?.bytes).toHaveLength(0);
      for (const one of [...entries, checkpoint]) one?.bytes.fill(1);
    }
    expect(Uint8Array.from((await store.read(sessionId, AGE_MS_MAX))?.bytes ?? [])).toEqual(before);
  });

  test("numbers go as far as they are exact", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    const far = Number.MAX_SAFE_INTEGER - 1;
    await store.write([writing(sessionId, { entry: item(far - 1) })]);
    await store.write([writing(sessionId, { entry: item(far), checkpoint: item(far - 1), publishedSeq: far })]);
    await store.write([writing(sessionId, { trimSeq: far - 1 })]);
    expect(await kept(store, sessionId, far)).toEqual({
      checkpoint: shown(item(far - 1)),
      previous: shown(item(0)),
      entries: [shown(item(far))],
      publishedSeq: far,
    });
    expect(await store.take({ sessionId, epoch: far - 1 })).toBe("fenced");
  });
}

function openContract(given: Given): void {
  test("opening begins a session with all that it is given", async () => {
    const { store } = given();
    const sessionId = randomUUID();
    const all = { epoch: 4, entry: item(3), checkpoint: item(2), publishedSeq: 1 };
    expect(await store.open([writing(sessionId, all)])).toEqual(["kept"]);
    expect(await kept(store, sessionId, 4)).toEqual({
      checkpoint: shown(item(2)),
      previous: shown(item(2)),
      entries: [shown(item(3))],
      publishedSeq: 1,
    });
  });

  test("opening what is there keeps its journal, relies on none of its checkpoints, and counts once given twice", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    await store.write([writing(sessionId, { entry: item(1), publishedSeq: 1 })]);
    for (let time = 0; time < 2; time++) {
      expect(await store.open([writing(sessionId, { entry: item(2), checkpoint: item(1) })])).toEqual(["kept"]);
    }
    expect(await kept(store, sessionId, 1)).toEqual({
      checkpoint: shown(item(1)),
      previous: shown(item(1)),
      entries: [shown(item(1)), shown(item(2))],
      publishedSeq: 1,
    });
  });

  test.each([
    ["an older epoch is fenced off", 1, "fenced"],
    ["a newer epoch that has not taken it finds it stale", 3, "stale"],
  ])("opening what is there by %s, and changes nothing", async (_what, epoch, verdict) => {
    const { store } = given();
    const sessionId = await opened(store);
    const before = await kept(store, sessionId, 2);
    const all = { epoch, entry: item(9), checkpoint: item(9), trimSeq: 9, publishedSeq: 9 };
    expect(await store.open([writing(sessionId, all)])).toEqual([verdict]);
    expect(await kept(store, sessionId, 2)).toEqual(before);
  });

  test("an entry whose place is taken begins the journal anew when its opening has the whole state", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    for (const seq of [4, 9]) await store.write([writing(sessionId, { entry: item(seq) })]);
    const before = await kept(store, sessionId, 1);
    for (const alone of [item(5), item(9, "another")]) {
      const opening = store.open([writing(sessionId, { entry: alone, checkpoint: item(alone.lastSeq - 1) })]);
      await expect(opening).rejects.toBeInstanceOf(StoreUnavailable);
    }
    expect(await kept(store, sessionId, 1)).toEqual(before);
    const whole = { entry: item(9, "all up to 9"), checkpoint: item(9) };
    for (let time = 0; time < 2; time++) {
      expect(await store.open([writing(sessionId, whole)])).toEqual(["kept"]);
      expect(await kept(store, sessionId, 1)).toMatchObject({
        checkpoint: shown(item(9)),
        previous: shown(item(9)),
        entries: [shown(item(9, "all up to 9"))],
      });
    }
    expect(await store.open([writing(sessionId, { entry: item(7, "all up to 7"), checkpoint: item(7) })])).toEqual([
      "kept",
    ]);
    expect(await store.write([writing(sessionId, { entry: item(8) })])).toEqual(["kept"]);
    expect(await kept(store, sessionId, 1)).toMatchObject({
      entries: [shown(item(7, "all up to 7")), shown(item(8))],
    });
  });
}

function takeContract(given: Given): void {
  test("entries after an event are read in order, in steps, and nobody is fenced off", async () => {
    const { store, other } = given();
    const sessionId = await opened(store);
    const seqs = Array.from({ length: 1_200 }, (_, index) => 2 * index + 2);
    await store.write(seqs.map((seq) => writing(sessionId, { entry: item(seq) })));
    const found: number[] = [];
    for (let after = 7; ; after = found.at(-1) ?? after) {
      const step = await other.entries(sessionId, after);
      if (step.length === 0) break;
      found.push(...step.map(({ lastSeq }) => lastSeq));
    }
    expect(found).toEqual(seqs.filter((seq) => seq > 7));
    expect((await other.entries(sessionId, 7)).slice(0, 1).map(shown)).toEqual([shown(item(8))]);
    expect(await other.entries(randomUUID(), 0)).toEqual([]);
    expect(await store.write([writing(sessionId, { entry: item(5_000) })])).toEqual(["kept"]);
  });

  test("a taker finds the entries that either checkpoint needs, however many older ones wait to be published", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    const older = Array.from({ length: 1_200 }, (_, index) => writing(sessionId, { entry: item(index + 1) }));
    await store.write(older);
    const seqs = async () =>
      ((await store.take({ sessionId, epoch: 1 })) as KeptSession).entries.map((one) => one.lastSeq);
    expect(await seqs()).toHaveLength(1_200);
    await store.write([writing(sessionId, { checkpoint: item(1_190) })]);
    await store.write([writing(sessionId, { checkpoint: item(1_197) })]);
    expect(await seqs()).toEqual(Array.from({ length: 10 }, (_, index) => 1_191 + index));
    await store.write([writing(sessionId, { checkpoint: item(1_200) })]);
    await store.write([writing(sessionId, { checkpoint: item(1_200, "later") })]);
    expect(await seqs()).toEqual([1_200]); // The newest is there, whoever needs it: it says how far the journal goes.
    expect(await journalOf(store, sessionId)).toHaveLength(1_200);
  });

  test("large entries are read in more steps than small ones", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    const bytes = new Uint8Array(100_000);
    for (let seq = 1; seq <= 60; seq++) await store.write([writing(sessionId, { entry: { lastSeq: seq, bytes } })]);
    const found = await journalOf(store, sessionId);
    expect(found.map(({ lastSeq }) => lastSeq)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect(found.every((one) => one.bytes.length === 100_000)).toBe(true);
  });

  test("a take asked again finds the same", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    await store.write([writing(sessionId, { entry: item(1), checkpoint: item(1) })]);
    const first = await kept(store, sessionId, 2);
    expect(first).toMatchObject({ entries: [shown(item(1))] });
    expect(await kept(store, sessionId, 2)).toEqual(first);
  });

  test("an older epoch takes nothing once a newer one has, and does not disturb it", async () => {
    const { store, other } = given();
    const sessionId = await opened(store);
    await other.take({ sessionId, epoch: 5 });
    expect(await store.take({ sessionId, epoch: 4 })).toBe("fenced");
    expect(await other.write([writing(sessionId, { epoch: 5, entry: item(1) })])).toEqual(["kept"]);
  });

  test("epochs are compared as numbers", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    expect(await store.take({ sessionId, epoch: 9 })).toBeTypeOf("object");
    expect(await store.take({ sessionId, epoch: 10 })).toBeTypeOf("object");
    expect(await store.take({ sessionId, epoch: 9 })).toBe("fenced");
  });

  test("of takes at once by different epochs the newest has the session in the end", async () => {
    const { store, other } = given();
    const sessionId = await opened(store);
    const epochs = [2, 7, 3, 6, 4, 5];
    await Promise.all(epochs.map((epoch, index) => (index % 2 ? store : other).take({ sessionId, epoch })));
    const verdicts = await store.write(epochs.map((epoch) => writing(sessionId, { epoch, entry: item(epoch) })));
    expect(verdicts).toEqual(epochs.map((epoch) => (epoch === 7 ? "kept" : "fenced")));
  });
}

function finishContract(given: Given): void {
  const SOON_MS = 60;
  const isGone = async (store: LiveStore, sessionId: string) => (await store.read(sessionId, AGE_MS_MAX)) === null;

  test("a finished session is there until its time is over, and is forgotten then, journal and all", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    await store.write([writing(sessionId, { entry: item(1) })]);
    expect(await store.finish({ sessionId, epoch: 1, ms: 60_000 })).toBe("kept");
    expect(shown(await store.read(sessionId, AGE_MS_MAX))).toEqual(shown(item(0)));
    expect(await store.finish({ sessionId, epoch: 1, ms: SOON_MS })).toBe("kept");
    await expect.poll(() => isGone(store, sessionId), { timeout: 5_000 }).toBe(true);
    expect(await store.take({ sessionId, epoch: 2 })).toBe("missing");
    expect(await store.open([writing(sessionId, { epoch: 2, checkpoint: item(5) })])).toEqual(["kept"]);
    expect(await kept(store, sessionId, 2)).toMatchObject({ checkpoint: shown(item(5)), entries: [] });
  });

  test.each([
    ["a write", (store: LiveStore, sessionId: string) => store.write([writing(sessionId, { entry: item(2) })])],
    ["an opening", (store: LiveStore, sessionId: string) => store.open([writing(sessionId)])],
    ["a take", (store: LiveStore, sessionId: string) => store.take({ sessionId, epoch: 2 })],
  ])("%s makes a finished session live on, journal and all", async (_what, revive) => {
    const { store } = given();
    const [revived, finished] = [await opened(store), await opened(store)];
    await store.write([writing(revived, { entry: item(1) })]);
    for (const sessionId of [revived, finished]) await store.finish({ sessionId, epoch: 1, ms: SOON_MS });
    await revive(store, revived);
    await expect.poll(() => isGone(store, finished), { timeout: 5_000 }).toBe(true); // Its time was over no earlier.
    expect(await kept(store, revived, 2)).toMatchObject({ checkpoint: shown(item(0)) });
    const { entries } = (await store.take({ sessionId: revived, epoch: 2 })) as KeptSession;
    expect(shown(entries[0] ?? null)).toEqual(shown(item(1)));
  });

  test("an older epoch does not finish what a newer one has taken; what an older one left is finished", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    await store.take({ sessionId, epoch: 2 });
    expect(await store.finish({ sessionId, epoch: 1, ms: 0 })).toBe("fenced");
    expect(await store.write([writing(sessionId, { epoch: 2, entry: item(1) })])).toEqual(["kept"]);
    expect(await store.finish({ sessionId, epoch: 3, ms: SOON_MS })).toBe("kept");
    await expect.poll(() => isGone(store, sessionId), { timeout: 5_000 }).toBe(true);
  });
}

function callContract(given: Given): void {
  test("no writes are no verdicts, and a write with nothing in it is kept", async () => {
    const { store } = given();
    expect(await store.write([])).toEqual([]);
    expect(await store.open([])).toEqual([]);
    const sessionId = await opened(store);
    const before = await kept(store, sessionId, 1);
    expect(await store.write([writing(sessionId)])).toEqual(["kept"]);
    expect(await kept(store, sessionId, 1)).toEqual(before);
  });

  test("a call with many sessions answers each in its place, and the refused ones stop no other", async () => {
    const { store } = given();
    const ids = await Promise.all(Array.from({ length: 100 }, () => opened(store)));
    const outcomes = ids.map((_, index) => (["kept", "fenced", "missing"] as const)[index % 3] ?? "kept");
    const writes = ids.map((id, index) => {
      const outcome = outcomes[index];
      const sessionId = outcome === "missing" ? randomUUID() : id;
      return writing(sessionId, { epoch: outcome === "fenced" ? 0 : 1, entry: item(index + 1) });
    });
    expect(await store.write(writes)).toEqual(outcomes);
    for (const [index, sessionId] of ids.entries()) {
      const entries = outcomes[index] === "kept" ? [shown(item(index + 1))] : [];
      expect(await kept(store, sessionId, 1)).toMatchObject({ entries });
    }
  });

  test("writes of one session within one call take effect in their order", async () => {
    const { store } = given();
    const sessionId = await opened(store);
    const writes = Array.from({ length: 40 }, (_, index) => writing(sessionId, { entry: item(index + 1) }));
    expect(new Set(await store.write(writes))).toEqual(new Set(["kept"]));
    const found = (await store.take({ sessionId, epoch: 1 })) as KeptSession;
    expect(found.entries.map(({ lastSeq }) => lastSeq)).toEqual(writes.map(({ entry }) => entry?.lastSeq));
  });

  test("sessions with alike names are not mixed up", async () => {
    const { store } = given();
    const stem = randomUUID();
    const names = [stem, `${stem}:journal`, `${stem}}`, `{${stem}`, `${stem} `];
    expect(await store.open(names.map((name) => writing(name, { checkpoint: item(1, name) })))).toEqual(
      names.map(() => "kept"),
    );
    for (const name of names) expect(shown(await store.read(name, AGE_MS_MAX))?.text).toBe(name);
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    "%d is no number of an event",
    async (lastSeq) => {
      const { store } = given();
      const sessionId = await opened(store);
      await expect(store.write([writing(sessionId, { entry: item(lastSeq) })])).rejects.toThrow(/whole numbers/);
      expect(await kept(store, sessionId, 1)).toMatchObject({ entries: [] });
    },
  );

  test("after close every call rejects as UNAVAILABLE, and another store on the same data goes on", async () => {
    const under = given();
    const sessionId = await opened(under.store);
    const closing = under.open();
    await closing.close();
    await closing.close();
    await expect(closing.write([writing(sessionId)])).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(closing.open([writing(sessionId)])).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(closing.take({ sessionId, epoch: 2 })).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(closing.read(sessionId, AGE_MS_MAX)).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(closing.finish({ sessionId, epoch: 1, ms: 1 })).rejects.toBeInstanceOf(StoreUnavailable);
    expect(await under.store.write([writing(sessionId)])).toEqual(["kept"]);
  });
}
