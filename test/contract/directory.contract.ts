/**
 * Contract of Directory: what every adapter must hold, run over each of them by a *.test.ts.
 * Not here: what one adapter alone promises (test/services/directory-redis.test.ts).
 */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Directory, Heard, Instance } from "#combat/stores/directory.ts";
import { StoreUnavailable } from "#combat/stores/session-store.ts";

/** The most instances that the directories under test list. */
export const LISTED_MAX = 8;

export type DirectoryUnderTest = {
  readonly directory: Directory;
  /** Another adapter on the same data. */
  readonly other: Directory;
  /** A further one, which a test may close. */
  open(): Directory;
  /** Takes all instances out. */
  clear(): Promise<void>;
  /** Closes and removes everything. */
  end(): Promise<void>;
};

export function instance(name = "combat-1:7000"): Instance {
  return { name, boot: randomUUID(), address: name };
}

const byBoot = (left: Heard, right: Heard) => left.boot.localeCompare(right.boot);

export function directoryContract(adapter: string, open: () => Promise<DirectoryUnderTest>): void {
  describe(`${adapter} as Directory`, () => {
    let under: DirectoryUnderTest;
    beforeAll(async () => {
      under = await open();
    });
    beforeEach(() => under.clear());
    afterAll(() => under.end());
    const given = () => under;
    beatContract(given);
    endContract(given);
  });
}

function beatContract(given: () => DirectoryUnderTest): void {
  test("an instance hears itself, and its beats grow by one each", async () => {
    const { directory } = given();
    const self = instance();
    for (const beats of [1, 2, 3]) expect(await directory.beat(self)).toEqual([{ ...self, beats }]);
  });

  test("an instance hears all others, wherever they beat, and not only those that beat since", async () => {
    const { directory, other } = given();
    const [one, two, silent] = [instance("a:1"), instance("b:1"), instance("c:1")];
    await other.beat(silent);
    await directory.beat(one);
    await other.beat(two);
    for (let beats = 2; beats < 5; beats++) {
      const all = [
        { ...one, beats },
        { ...two, beats: 1 },
        { ...silent, beats: 1 },
      ];
      expect((await directory.beat(one)).sort(byBoot)).toEqual(all.sort(byBoot));
    }
    expect((await other.beat(two)).find(({ boot }) => boot === one.boot)).toEqual({ ...one, beats: 4 });
  });

  test("a restarted instance is another run: both are heard until the old one is forgotten", async () => {
    const { directory, other } = given();
    const [before, after] = [instance("a:1"), instance("a:1")];
    await directory.beat(before);
    await directory.beat(before);
    expect((await other.beat(after)).sort(byBoot)).toEqual(
      [
        { ...before, beats: 2 },
        { ...after, beats: 1 },
      ].sort(byBoot),
    );
    await other.forget(before);
    expect(await other.beat(after)).toEqual([{ ...after, beats: 2 }]);
  });

  test("beats that do not wait for each other are heard in order", async () => {
    const { directory } = given();
    const self = instance();
    const heard = await Promise.all(Array.from({ length: 50 }, () => directory.beat(self)));
    expect(heard.map(([own]) => own?.beats)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });

  test("names and addresses may hold any text", async () => {
    const { directory } = given();
    const self = { name: 'a "b" \\ 1 2 {}\n🗝', boot: randomUUID(), address: "[::1]:7000 ' %d" };
    expect(await directory.beat(self)).toEqual([{ ...self, beats: 1 }]);
  });

  test("beyond the most that is listed, the one that has not beaten for longest goes; it comes back with a beat", async () => {
    const { directory, other } = given();
    const all = Array.from({ length: LISTED_MAX }, (_, index) => instance(`a:${index}`));
    for (const one of all) await directory.beat(one);
    await other.beat(all[0] as Instance); // Now the second has been silent for longest.
    const newcomer = instance("b:1");
    const heard = (await other.beat(newcomer)).map(({ boot }) => boot);
    expect(heard.sort()).toEqual([...all.filter((_, index) => index !== 1), newcomer].map(({ boot }) => boot).sort());
    const back = await directory.beat(all[1] as Instance);
    expect(back).toHaveLength(LISTED_MAX);
    expect(back.map(({ boot }) => boot)).toContain(all[1]?.boot);
    expect(back.map(({ boot }) => boot)).not.toContain(all[2]?.boot);
  });

  test("of many beating at once each hears each other's beats never fall, and in the end all of them", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 40 }), async (order) => {
        const { directory, other, clear } = given();
        await clear();
        const all = Array.from({ length: 4 }, (_, index) => instance(`a:${index}`));
        const heard = await Promise.all(
          order.map((which) => (which % 2 ? directory : other).beat(all[which] as Instance)),
        );
        for (const self of all) {
          const seen = heard.filter((_, at) => all[order[at] ?? 0] === self);
          for (const { boot } of all) {
            const beats = seen.map((list) => list.find((one) => one.boot === boot)?.beats ?? 0);
            expect(beats).toEqual([...beats].sort((left, right) => left - right));
          }
        }
        const watcher = instance("w:1");
        for (const [which, { boot }] of all.entries()) {
          const beats = (await directory.beat(watcher)).find((one) => one.boot === boot)?.beats ?? 0;
          expect(beats).toBe(order.filter((one) => one === which).length);
        }
      }),
      { numRuns: 50 },
    );
  });
}

function endContract(given: () => DirectoryUnderTest): void {
  test.each(["leave", "forget"] as const)(
    "after %s a run is heard no more, and nobody else is touched",
    async (end) => {
      const { directory, other } = given();
      const [gone, same, stays] = [instance("a:1"), instance("a:1"), instance("b:1")];
      for (const one of [gone, same, stays]) await directory.beat(one);
      await other[end](gone);
      await other[end](gone); // A second time does nothing.
      const heard = (await other.beat(stays)).map(({ boot }) => boot);
      expect(heard.sort()).toEqual([same.boot, stays.boot].sort());
    },
  );

  test("a run that was forgotten but lives is heard again with its next beat", async () => {
    const { directory, other } = given();
    const [self, watcher] = [instance("a:1"), instance("b:1")];
    await directory.beat(self);
    await other.forget(self);
    await directory.beat(self);
    expect((await other.beat(watcher)).map(({ boot }) => boot)).toContain(self.boot);
  });

  test("what never beat can leave and be forgotten", async () => {
    const { directory } = given();
    await directory.leave(instance());
    await directory.forget(instance());
  });

  test("after close every call rejects as UNAVAILABLE, and another on the same data goes on", async () => {
    const under = given();
    const closing = under.open();
    const self = instance();
    await closing.beat(self);
    await closing.close();
    await closing.close();
    await expect(closing.beat(self)).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(closing.leave(self)).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(closing.forget(self)).rejects.toBeInstanceOf(StoreUnavailable);
    expect(await under.directory.beat(instance())).toHaveLength(2);
  });
}
