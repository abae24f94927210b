/**
 * Keeper: a live store that came back with less than it answered for, and one that answers late while nothing is published.
 * Whoever owns a session by the records goes on with it, and brings what is not there: no more than that.
 */
import { describe, expect, test, vi } from "vitest";
import { CHECKPOINT_MS, KEEPER_TURN_MS, REWRITE_EVENTS_MAX, REWRITE_PART_EVENTS } from "#combat/limits.ts";
import type { LiveWrite } from "#combat/stores/live-store.ts";
import { createMemoryLiveStore } from "#combat/stores/live-store-memory.ts";
import { decodeEntry } from "#combat/stores/state-codec.ts";
import { unavailable } from "./faults.ts";
import { Stage } from "./fixture.ts";
import { settle } from "./keeping.ts";
import { calls, type Duel, duel, expectWhole, fight, hurt, keeping, useKeeping } from "./keeping-duels.ts";

vi.mock("node:timers/promises", () => import("./timer-promises.ts"));

useKeeping();

/** Everybody who owned sessions when the copy was made was replaced since: by us. */
function ofOlderOwners(): void {
  for (const held of keeping.table.values()) held.epoch = 0;
}

describe("a live store that came back older", () => {
  test.each([
    { name: "by some events", age: () => {} },
    { name: "by an owner", age: ofOlderOwners },
  ])(
    "$name keeps no session from its owner: what it lost is written again, also what is not published",
    async ({ age }) => {
      const [fighting, resting] = [await duel("fighting"), await duel("resting")];
      keeping.sinkFaults.before = unavailable;
      await fight(fighting, resting);
      const older = keeping.snapshot();
      for (let turns = 0; turns < 3; turns++) await fight(fighting, resting);
      older.putBack();
      age();
      expect(await fight(fighting)).toEqual(["degraded"]); // Shown: this process has it.
      await keeping.pass(CHECKPOINT_MS + 3 * KEEPER_TURN_MS); // Who rests finds out by the next checkpoint.
      for (const one of [fighting, resting]) await expectWhole(one);
      expect([keeping.fenced, keeping.keeper.isAway, keeping.keeper.degradedCount]).toEqual([[], false, 0]);
      expect(await fight(fighting, resting)).toEqual(["kept", "kept"]);
      for (const one of [fighting, resting]) await expectWhole(one);
      for (const { epoch } of keeping.table.values()) expect(epoch).toBe(1);
    },
  );

  test.each(["fighting", "resting"])(
    "and has a session that moved by the records is not written by its %s owner of before",
    async (how) => {
      const [moved, ours] = [await duel("moved"), await duel("ours")];
      const older = keeping.snapshot();
      await fight(moved, ours);
      older.putBack();
      ofOlderOwners();
      keeping.records.records.get("moved")!.owner = "there#1";
      if (how === "fighting") expect(await fight(moved)).toEqual(["fenced"]);
      await keeping.pass(CHECKPOINT_MS + 3 * KEEPER_TURN_MS);
      expect(keeping.fenced).toEqual(["moved"]);
      expect(keeping.table.get("moved")?.epoch).toBe(0);
      await expectWhole(ours);
    },
  );

  test("is left alone while the records do not answer whose the sessions are", async () => {
    const one = await duel();
    const older = keeping.snapshot();
    await fight(one);
    older.putBack();
    ofOlderOwners();
    keeping.recordFaults.before = unavailable;
    expect(await fight(one)).toEqual(["degraded"]);
    await keeping.pass(CHECKPOINT_MS);
    expect([keeping.table.get("one")?.epoch, keeping.fenced]).toEqual([0, []]);
    keeping.recordFaults.before = () => {};
    await keeping.pass(CHECKPOINT_MS);
    await expectWhole(one);
  });

  test("twice, with nothing in between once, is written again all the same", async () => {
    const one = await duel();
    keeping.sinkFaults.before = unavailable;
    const older = keeping.snapshot();
    await fight(one);
    keeping.table.clear();
    expect(await fight(one)).toEqual(["degraded"]);
    older.putBack(); // Before it was opened anew.
    ofOlderOwners();
    await fight(one);
    await keeping.pass(CHECKPOINT_MS);
    expect(keeping.fenced).toEqual([]);
    await expectWhole(one);
  });

  test("and has more of a session than an owner who has shown nothing yet: it lets go, to go on with that", async () => {
    const before = await duel();
    await fight(before);
    keeping.hosted.splice(0);
    ofOlderOwners();
    const stage = new Stage({}, "one", keeping.clock);
    stage.startDuel();
    const one: Duel = { stage, hosted: keeping.host(stage.session) };
    expect(await fight(one)).toEqual(["fenced"]);
    expect(keeping.table.get("one")?.epoch).toBe(0);
  });

  test("has all again in no time: whoever rests does not wait for the next checkpoint", async () => {
    const one = await duel();
    await keeping.pass(CHECKPOINT_MS);
    const older = keeping.snapshot();
    await fight(one);
    one.stage.session.status = "paused";
    await keeping.pass(CHECKPOINT_MS);
    older.putBack();
    keeping.live.onBack();
    await settle();
    expect(keeping.keeper.degradedCount).toBe(1);
    await keeping.pass(4 * KEEPER_TURN_MS);
    expect(keeping.keeper.degradedCount).toBe(0);
    await expectWhole(one);
  });
});

describe("with much that is not published", () => {
  const EVENTS = 2 * REWRITE_PART_EVENTS + 500;

  /** Kept and shown; the sink is away. */
  async function backlog(...duels: Duel[]): Promise<void> {
    keeping.sinkFaults.before = unavailable;
    for (let shown = 0; shown < EVENTS; shown += 100) {
      for (const one of duels) for (let blows = 0; blows < 100; blows++) hurt(one, { damage: 1 });
      await keeping.show(...duels.map(({ hosted }) => hosted));
    }
  }

  const eventsOf = (writes: readonly LiveWrite[]) =>
    writes.reduce((sum, { sessionId, entry }) => {
      return sum + (entry === null ? 0 : decodeEntry(sessionId, entry.bytes).events.length);
    }, 0);

  test.each(["before", "after"] as const)(
    "an answer that fails %s it was carried out costs what was told since, not all that waits",
    async (when) => {
      const duels = [await duel("one"), await duel("two")];
      await backlog(...duels);
      keeping.liveFaults[when] = unavailable;
      expect(await fight(...duels)).toEqual(["degraded", "degraded"]);
      await keeping.pass(CHECKPOINT_MS);
      keeping.liveFaults.after = () => {};
      const made = calls();
      for (let turns = 0; turns < 50; turns++) {
        await fight(...duels);
        await keeping.pass(KEEPER_TURN_MS);
      }
      expect(keeping.keeper.degradedCount).toBe(0);
      expect(eventsOf(made.flatMap(({ writes }) => writes))).toBeLessThan(2 * 50 * 10);
      for (const one of duels) await expectWhole(one);
    },
  );

  test("a store that lost everything is filled in parts of bounded size, and an owner that ends fills it, too", async () => {
    const duels = [await duel("one"), await duel("two"), await duel("three")];
    await backlog(...duels);
    keeping.table.clear();
    const made = calls();
    expect(await fight(...duels)).toEqual(["degraded", "degraded", "degraded"]);
    expect(await fight(...duels)).toEqual(["degraded", "degraded", "degraded"]); // The first part.
    await keeping.pass(20 * KEEPER_TURN_MS);
    expect(keeping.keeper.degradedCount).toBe(0);
    for (const { writes } of made) expect(eventsOf(writes)).toBeLessThanOrEqual(REWRITE_EVENTS_MAX);
    for (const one of duels) await expectWhole(one);
    keeping.table.clear();
    await keeping.keeper.stop();
    for (const one of duels) await expectWhole(one);
  });

  test("a part that is late and takes effect all the same is not in the way of those that follow", async () => {
    const one = await duel();
    await backlog(one);
    keeping.table.clear();
    await fight(one); // Finds out.
    const there = createMemoryLiveStore(keeping.table);
    for (let times = 0; times < 6; times++) {
      keeping.liveFaults.after = (call) => (call === "write" || call === "open" ? unavailable() : undefined);
      await fight(one);
      await keeping.pass(300);
      keeping.liveFaults.after = () => {};
      await keeping.pass(300);
    }
    await keeping.pass(CHECKPOINT_MS);
    expect(keeping.keeper.degradedCount).toBe(0);
    await expectWhole(one);
    expect((await there.entries("one", 0)).length).toBeLessThan(40);
  });
});
