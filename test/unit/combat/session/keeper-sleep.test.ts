/** Keeper: a process that slept shows nothing before it knows whose its sessions are; one that ends leaves them whole. */
import { describe, expect, test, vi } from "vitest";
import { ASLEEP_MS, KEEPER_TURN_MS, OWNERSHIP_CHECK_MS, REWRITE_SESSIONS_MAX } from "#combat/limits.ts";
import { createMemoryLiveStore } from "#combat/stores/live-store-memory.ts";
import { gate, unavailable } from "./faults.ts";
import { settle } from "./keeping.ts";
import { calls, type Duel, duel, expectWhole, fight, hurt, keeping, useKeeping } from "./keeping-duels.ts";

vi.mock("node:timers/promises", () => import("./timer-promises.ts"));

useKeeping();

describe("after a sleep", () => {
  /** The process did not run for so long; no timer has fired yet. */
  const sleep = (ms = ASLEEP_MS + 1) => keeping.clock.advance(ms);
  const mayShow = () => keeping.keeper.mayShow(keeping.clock.nowMs());

  test("nothing may be shown before the records said whose the sessions are; those of others are dropped", async () => {
    await duel("moved");
    await duel("ours");
    keeping.records.records.get("moved")!.owner = "there#1";
    const answer = gate();
    keeping.recordFaults.after = () => answer.opened;
    expect(mayShow()).toBe(true);
    sleep();
    expect(mayShow()).toBe(false);
    await keeping.pass(5 * KEEPER_TURN_MS);
    expect([mayShow(), keeping.awoken, keeping.fenced]).toEqual([false, 0, []]);
    answer.open();
    await settle();
    expect([mayShow(), keeping.awoken, keeping.fenced]).toEqual([true, 1, ["moved"]]);
  });

  test("a short pause is none", async () => {
    await duel();
    sleep(ASLEEP_MS - KEEPER_TURN_MS);
    expect(mayShow()).toBe(true);
    await keeping.pass(KEEPER_TURN_MS);
    expect(keeping.awoken).toBe(0);
  });

  test("it is noticed by the keeper's own turn, too", async () => {
    await duel("moved");
    keeping.records.records.get("moved")!.owner = "there#1";
    sleep();
    await keeping.pass(KEEPER_TURN_MS);
    expect([keeping.awoken, keeping.fenced]).toEqual([1, ["moved"]]);
  });

  test("an answer from before a second sleep says nothing", async () => {
    await duel("moved");
    const first = gate();
    let asked = 0;
    keeping.recordFaults.after = () => (++asked === 1 ? first.opened : undefined);
    sleep();
    expect(mayShow()).toBe(false);
    await settle();
    keeping.records.records.get("moved")!.owner = "there#1"; // While it sleeps again.
    sleep();
    expect(mayShow()).toBe(false);
    first.open();
    await settle();
    expect([mayShow(), asked, keeping.fenced]).toEqual([true, 2, ["moved"]]);
  });

  test.each(["kept", "late"])(
    "what was on its way and is %s is shown by nobody whom the session left meanwhile",
    async (answered) => {
      const [moved, ours] = [await duel("moved"), await duel("ours")];
      await settle();
      const { length } = keeping.published;
      const answer = gate();
      keeping.liveFaults.after = async () => {
        await answer.opened;
        if (answered === "late") unavailable();
      };
      const verdicts = fight(moved, ours);
      await settle();
      sleep();
      keeping.table.clear();
      keeping.records.records.get("moved")!.owner = "there#1";
      answer.open();
      keeping.liveFaults.after = () => {};
      expect(await verdicts).toEqual(["fenced", answered === "late" ? "degraded" : "kept"]);
      expect(keeping.fenced).toEqual(["moved"]);
      await settle();
      expect(keeping.published.slice(length).map((id) => id.split(":")[0])).toEqual(["ours"]);
    },
  );

  test("when the records are away the live store decides", async () => {
    const [lost, ours] = [await duel("lost"), await duel("ours")];
    await createMemoryLiveStore(keeping.table).take({ sessionId: "lost", epoch: 2 });
    keeping.recordFaults.before = unavailable;
    sleep();
    expect(mayShow()).toBe(false);
    await settle();
    expect([mayShow(), keeping.fenced]).toEqual([true, ["lost"]]);
    expect(await fight(ours)).toEqual(["kept"]);
    expect(await keeping.restored(lost.stage.session.id)).toBeDefined();
  });

  test("when the records are away, who had something to show asks the live store with it", async () => {
    const lost = await duel("lost");
    hurt(lost);
    await createMemoryLiveStore(keeping.table).take({ sessionId: "lost", epoch: 2 });
    keeping.recordFaults.before = unavailable;
    sleep();
    expect(mayShow()).toBe(false);
    await settle();
    expect((await keeping.show(lost.hosted)).verdicts).toEqual(["fenced"]);
  });

  test("when both are away the sessions go on, degraded, and are asked about when one is back", async () => {
    const moved = await duel("moved");
    keeping.records.records.get("moved")!.owner = "there#1";
    keeping.recordFaults.before = keeping.liveFaults.before = unavailable;
    sleep();
    expect(mayShow()).toBe(false);
    await settle();
    expect(mayShow()).toBe(true);
    expect(await fight(moved)).toEqual(["degraded"]);
    keeping.recordFaults.before = () => {};
    await keeping.pass(2 * OWNERSHIP_CHECK_MS);
    expect(keeping.fenced).toEqual(["moved"]);
  });

  test("the live store is asked about no more sessions at once than the cap", async () => {
    for (let count = 0; count < 2 * REWRITE_SESSIONS_MAX + 1; count++) await duel(`duel-${count}`);
    keeping.recordFaults.before = unavailable;
    const made = calls();
    sleep();
    expect(mayShow()).toBe(false);
    await settle(20);
    expect(mayShow()).toBe(true);
    expect(made.map(({ writes }) => writes.length)).toEqual([REWRITE_SESSIONS_MAX, REWRITE_SESSIONS_MAX, 1]);
  });
});

describe("at the end of the process", () => {
  test("all sessions are written as they are", async () => {
    const duels = await Promise.all(["one", "two"].map((id) => duel(id)));
    for (const { stage } of duels) stage.session.world.tick = 99;
    await keeping.keeper.stop();
    for (const id of ["one", "two"]) expect((await keeping.restored(id)).state?.world.tick).toBe(99);
  });

  test("a store that does not answer is waited for once, not session by session", async () => {
    for (let count = 0; count < 3 * REWRITE_SESSIONS_MAX; count++) await duel(`duel-${count}`);
    const made = calls(unavailable);
    await keeping.keeper.stop();
    expect(made).toHaveLength(1);
  });

  test("a store that has come back just now gets them all", async () => {
    const duels: Duel[] = [];
    for (let count = 0; count < 2 * REWRITE_SESSIONS_MAX; count++) duels.push(await duel(`duel-${count}`));
    keeping.liveFaults.before = unavailable;
    await fight(...duels);
    keeping.liveFaults.before = () => {};
    await keeping.keeper.stop();
    expect(keeping.keeper.degradedCount).toBe(0);
    for (const one of duels) await expectWhole(one);
  });
});
