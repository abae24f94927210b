/** Keeper: checkpoints follow what is shown and never lead; what is told, published and over is let go of, no sooner. */
import { describe, expect, test, vi } from "vitest";
import { CHECKPOINT_IDLE_MS, CHECKPOINT_MS, KEEPER_TURN_MS, OVER_IN_LIVE_STORE_MS, SETTLE_MS } from "#combat/limits.ts";
import { planStatus } from "#combat/session/changes.ts";
import { recordOf } from "#combat/session/record.ts";
import { decodeState } from "#combat/stores/state-codec.ts";
import { gate, unavailable } from "./faults.ts";
import { must } from "./fixture.ts";
import { settle, shownOf } from "./keeping.ts";
import { type Duel, duel, expectWhole, fight, heldOf, hurt, keeping, useKeeping } from "./keeping-duels.ts";

vi.mock("node:timers/promises", () => import("./timer-promises.ts"));

useKeeping();

describe("checkpoints", () => {
  const tickOf = ({ stage }: Duel) => {
    const bytes = keeping.table.get(stage.session.id)?.checkpoint?.bytes;
    return bytes === undefined ? null : decodeState(bytes).world.tick;
  };

  test("follow once a second while a match is played, though nothing is told; seldom while it stands still", async () => {
    const one = await duel();
    await keeping.pass(CHECKPOINT_MS);
    for (let seconds = 0; seconds < 3; seconds++) {
      one.stage.session.handleTick(keeping.clock.nowMs(), 0);
      await keeping.pass(CHECKPOINT_MS + KEEPER_TURN_MS);
      expect(tickOf(one)).toBe(one.stage.session.world.tick);
    }
    one.stage.session.status = "paused";
    const { checkpoints } = keeping.keeper.counts;
    await keeping.pass(CHECKPOINT_IDLE_MS - CHECKPOINT_MS);
    expect(keeping.keeper.counts.checkpoints - checkpoints).toBeLessThanOrEqual(1);
    await keeping.pass(CHECKPOINT_IDLE_MS);
    expect(keeping.keeper.counts.checkpoints - checkpoints).toBeGreaterThanOrEqual(1);
  });

  test("do not run ahead of the journal: not while events are told and not kept, nor while they are being kept", async () => {
    const one = await duel();
    await keeping.pass(CHECKPOINT_MS);
    const before = tickOf(one);
    hurt(one);
    await keeping.pass(2 * CHECKPOINT_MS);
    expect(tickOf(one)).toBe(before);
    const answer = gate();
    keeping.liveFaults.before = () => answer.opened;
    const shown = keeping.show(one.hosted);
    await keeping.pass(2 * CHECKPOINT_MS);
    keeping.liveFaults.before = () => {};
    answer.open();
    await shown;
    await keeping.pass(CHECKPOINT_MS + KEEPER_TURN_MS);
    expect(tickOf(one)).not.toBe(before);
    await expectWhole(one);
  });

  test("leave what came since the one before, so that it can take their place; published is cut off, nothing else", async () => {
    const one = await duel();
    keeping.sinkFaults.before = unavailable;
    for (let turns = 0; turns < 4; turns++) {
      await fight(one);
      await keeping.pass(CHECKPOINT_MS + KEEPER_TURN_MS);
    }
    await expectWhole(one);
    keeping.sinkFaults.before = () => {};
    await keeping.pass(10_000); // Nothing changes, so the newest checkpoint is written again as it is.
    const held = keeping.table.get("one")!;
    expect(held.entries.length).toBeLessThan(3);
    expect(held.publishedSeq).toBe(one.stage.session.seqOfLastEvent);
    await fight(one);
    held.checkpoint!.bytes.fill(0); // Torn.
    expect((await heldOf(one)).shown).toEqual(shownOf(one.stage.session));
  });
});

describe("rows of the outbox", () => {
  async function pausedBy(one: Duel): Promise<void> {
    const { session, clock } = one.stage;
    const planned = must(planStatus(session, "paused", clock.unixMs()));
    await keeping.records.sessions.update(planned.record, planned.told);
    session.version = planned.record.version;
    planned.apply({ nowMs: clock.nowMs(), unixMs: clock.unixMs() });
    keeping.keeper.handleTold(one.hosted);
  }

  test("are taken out when what they told is published, and not before", async () => {
    const one = await duel();
    await pausedBy(one);
    expect(keeping.records.told.get("one")).toHaveLength(1);
    await keeping.pass(2 * SETTLE_MS);
    expect(keeping.records.told.get("one")).toHaveLength(1); // Not even shown.
    keeping.sinkFaults.before = unavailable;
    await keeping.show(one.hosted);
    await keeping.pass(2 * SETTLE_MS);
    expect(keeping.records.told.get("one")).toHaveLength(1);
    keeping.sinkFaults.before = () => {};
    await keeping.pass(10_000);
    expect(keeping.records.told.has("one")).toBe(false);
  });

  test("stay until the records answer; what is told meanwhile is settled, too", async () => {
    const one = await duel();
    await pausedBy(one);
    await keeping.show(one.hosted);
    const answer = gate();
    keeping.recordFaults.before = () => answer.opened;
    await keeping.pass(2 * SETTLE_MS);
    const { session, clock } = one.stage;
    const resumed = must(planStatus(session, "active", clock.unixMs()));
    await keeping.records.sessions.update(resumed.record, resumed.told);
    session.version = resumed.record.version;
    resumed.apply({ nowMs: clock.nowMs(), unixMs: clock.unixMs() });
    keeping.keeper.handleTold(one.hosted);
    keeping.recordFaults.before = () => {};
    answer.open();
    await settle();
    expect(keeping.records.told.get("one")).toHaveLength(1);
    await keeping.show(one.hosted);
    await keeping.pass(2 * SETTLE_MS);
    expect(keeping.records.told.has("one")).toBe(false);
  });
});

describe("a session that is over", () => {
  /** Over and shown; the record is told of, too. */
  async function over(): Promise<Duel> {
    const one = await duel();
    one.stage.session.handleEnd(0, { status: "ended", reason: "cancelled", winner: null });
    await keeping.show(one.hosted);
    keeping.keeper.handleTold(one.hosted);
    return one;
  }

  const isForgotten = () => (keeping.table.get("one")?.forgetting ?? null) !== null;

  test("is given up in the live store when it is published, recorded and settled", async () => {
    const one = await over();
    await keeping.pass(2 * SETTLE_MS);
    expect([keeping.keeper.isDone(one.hosted), isForgotten()]).toEqual([true, true]);
    await keeping.pass(2 * CHECKPOINT_IDLE_MS);
    expect(isForgotten()).toBe(true); // No later write makes it live on.
  });

  test.each<{ name: string; hinder: (one: Duel) => void; release: (one: Duel) => void }>([
    {
      name: "published",
      hinder: () => (keeping.sinkFaults.before = unavailable),
      release: () => (keeping.sinkFaults.before = () => {}),
    },
    {
      name: "recorded",
      hinder: ({ hosted }) => (hosted.unsaved = true),
      release: ({ hosted }) => (hosted.unsaved = false),
    },
    {
      name: "settled",
      hinder: () => (keeping.recordFaults.before = unavailable),
      release: () => (keeping.recordFaults.before = () => {}),
    },
    {
      name: "shown",
      hinder: ({ hosted }) => (hosted.journaling = true),
      release: ({ hosted }) => (hosted.journaling = false),
    },
    {
      name: "kept",
      hinder: () => (keeping.liveFaults.before = unavailable),
      release: () => (keeping.liveFaults.before = () => {}),
    },
  ])("is not given up before it is $name", async ({ name, hinder, release }) => {
    const one = await duel();
    hinder(one);
    one.stage.session.handleEnd(0, { status: "ended", reason: "cancelled", winner: null });
    const { journaling } = one.hosted;
    await keeping.show(one.hosted);
    one.hosted.journaling = journaling;
    keeping.keeper.handleTold(one.hosted);
    await keeping.pass(4 * SETTLE_MS);
    // It has an end before it is settled, a late one: should its owner die now, nobody looks for it any more.
    expect([keeping.keeper.isDone(one.hosted), isForgotten()]).toEqual([false, name === "settled"]);
    release(one);
    await keeping.pass(20 * SETTLE_MS);
    expect([keeping.keeper.isDone(one.hosted), isForgotten()]).toEqual([true, true]);
    const { checkpoint } = keeping.table.get("one")!;
    expect(decodeState(checkpoint!.bytes).status).toBe("ended"); // Whoever reads it there sees the end.
  });

  test("is not written any more once it is kept, however long it waits to be published", async () => {
    keeping.sinkFaults.before = unavailable;
    await over();
    await keeping.pass(2 * SETTLE_MS);
    const { checkpoints } = keeping.keeper.counts;
    await keeping.pass(4 * CHECKPOINT_IDLE_MS);
    expect(keeping.keeper.counts.checkpoints).toBe(checkpoints);
  });

  test("and left its host is published, settled and given up all the same", async () => {
    keeping.sinkFaults.before = unavailable;
    const one = await over();
    await keeping.records.sessions.update({ ...recordOf(one.stage.session), version: 2, status: "ended" }, [
      { kind: "session_paused" },
    ]);
    await keeping.pass(SETTLE_MS);
    expect(keeping.keeper.letLeave(one.hosted)).toBe(true);
    keeping.hosted.splice(0);
    await keeping.pass(4 * SETTLE_MS);
    expect([keeping.keeper.isLeaving("one"), isForgotten(), keeping.publisher.lag > 0]).toEqual([true, false, true]);
    keeping.sinkFaults.before = () => {};
    await keeping.pass(20 * SETTLE_MS);
    expect([keeping.keeper.isLeaving("one"), isForgotten(), keeping.publisher.lag]).toEqual([false, true, 0]);
    expect(keeping.published).toHaveLength(one.stage.session.seqOfLastEvent);
  });

  test.each<{ name: string; hinder: (one: Duel) => void }>([
    { name: "goes on", hinder: ({ stage }) => (stage.session.status = "active") },
    { name: "is not recorded", hinder: ({ hosted }) => (hosted.unsaved = true) },
    { name: "is degraded", hinder: ({ hosted }) => (hosted.copy.degradedSeq = 1) },
  ])("does not leave its host while it $name", async ({ hinder }) => {
    keeping.sinkFaults.before = unavailable;
    const one = await over();
    hinder(one);
    expect(keeping.keeper.letLeave(one.hosted)).toBe(false);
  });

  test.each(["before", "after"] as const)(
    "has an end in the live store, whoever dies %s its rows are taken out",
    async (when) => {
      const one = await over();
      keeping.keeper.handleTold(one.hosted);
      keeping.recordFaults[when] = (call) => (call === "settle" ? new Promise<never>(() => {}) : undefined);
      await keeping.pass(4 * SETTLE_MS);
      expect([keeping.keeper.isDone(one.hosted), isForgotten()]).toEqual([false, true]);
    },
  );

  test("is not given up before it is written again, though the live store is back already", async () => {
    const duels = await Promise.all(["one", "two", "three"].map((id) => duel(id)));
    keeping.liveFaults.before = unavailable;
    for (const { stage, hosted } of duels) {
      stage.session.handleEnd(0, { status: "ended", reason: "cancelled", winner: null });
      await keeping.show(hosted);
    }
    const answer = gate();
    const finished: unknown[] = [];
    keeping.liveFaults.before = (call, [what]) => {
      if (call === "finish" && (what as { ms: number }).ms === OVER_IN_LIVE_STORE_MS) finished.push(what);
      return Array.isArray(what) && what.length > 1 ? answer.opened : undefined; // The one that asks is answered.
    };
    await keeping.pass(4 * SETTLE_MS);
    expect([keeping.keeper.isAway, finished.length]).toEqual([false, 1]);
    answer.open();
    await keeping.pass(2 * SETTLE_MS);
    expect(finished).toHaveLength(3);
  });
});
