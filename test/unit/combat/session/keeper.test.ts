/** Keeper: nothing is shown that is not kept, or said to be degraded; nobody waits twice; what was shown is not lost. */
import { describe, expect, test, vi } from "vitest";
import {
  AWAY_RETRY_MS,
  CHECKPOINT_MS,
  KEEPER_TURN_MS,
  OWNERSHIP_CHECK_MS,
  REWRITE_SESSIONS_MAX,
} from "#combat/limits.ts";
import type { SessionEvent } from "#combat/session/session-events.ts";
import { createMemoryLiveStore } from "#combat/stores/live-store-memory.ts";
import { nextBelow } from "#kit/rng.ts";
import { gate, unavailable } from "./faults.ts";
import { Stage } from "./fixture.ts";
import { Keeping, settle, shownOf } from "./keeping.ts";
import { calls, duel, expectWhole, fight, heldOf, hurt, keepBy, keeping, useKeeping } from "./keeping-duels.ts";
import { RandomPlay, seeds } from "./random-play.ts";

vi.mock("node:timers/promises", () => import("./timer-promises.ts"));

useKeeping();

describe("events that are about to be shown", () => {
  test("are kept with what they changed, for all sessions of a turn in one call", async () => {
    const duels = [await duel("one"), await duel("two"), await duel("three")];
    const made = calls();
    expect(await fight(...duels)).toEqual(["kept", "kept", "kept"]);
    expect(made.map(({ call, writes }) => [call, writes.length])).toEqual([["write", 3]]);
    for (const one of duels) await expectWhole(one);
    expect(keeping.keeper.degradedCount).toBe(0);
  });

  test("of a session that the store does not know are kept with everything, also when they say little", async () => {
    const stage = new Stage({}, "new", keeping.clock);
    stage.startDuel();
    stage.session.pollEvents(); // As if it was begun elsewhere.
    const one = { stage, hosted: keeping.host(stage.session, { opened: false, publishedSeq: 4 }) };
    expect(await fight(one)).toEqual(["kept"]);
    expect((await heldOf(one)).shown).toEqual(shownOf(stage.session));
  });

  test("are published when they are kept, and not before", async () => {
    const one = await duel();
    await settle();
    const { length } = keeping.published;
    const answer = gate();
    keeping.liveFaults.before = () => answer.opened;
    const verdicts = fight(one);
    await settle();
    expect(keeping.published).toHaveLength(length);
    answer.open();
    expect(await verdicts).toEqual(["kept"]);
    await settle();
    expect(keeping.published).toHaveLength(length + 1);
  });

  test.each(["before", "after"] as const)(
    "are shown all the same when the store fails %s it did it; published too, and written again as a whole",
    async (when) => {
      const one = await duel();
      await settle();
      keeping.liveFaults[when] = unavailable;
      expect(await fight(one)).toEqual(["degraded"]);
      expect([keeping.keeper.isAway, keeping.keeper.degradedCount]).toEqual([true, 1]);
      await settle();
      expect(keeping.published).toHaveLength(one.stage.session.seqOfLastEvent);
      keeping.liveFaults[when] = () => {};
      await keeping.pass(2 * AWAY_RETRY_MS);
      expect([keeping.keeper.isAway, keeping.keeper.degradedCount]).toEqual([false, 0]);
      await expectWhole(one);
    },
  );

  test("of a session that somebody else has taken are fenced: not published, and its host hears of it", async () => {
    const [lost, ours] = [await duel("lost"), await duel("ours")];
    await settle();
    const { length } = keeping.published;
    await createMemoryLiveStore(keeping.table).take({ sessionId: "lost", epoch: 2 });
    expect(await fight(lost, ours)).toEqual(["fenced", "kept"]);
    expect(keeping.fenced).toEqual(["lost"]);
    await settle();
    expect(keeping.published.slice(length).map((id) => id.split(":")[0])).toEqual(["ours"]);
    expect(keeping.keeper.fencedCount).toBe(1);
  });

  test("of a session that was dropped while they were written are fenced, whatever the store says", async () => {
    const one = await duel();
    const answer = gate();
    keeping.liveFaults.after = () => answer.opened;
    const verdicts = fight(one);
    await settle();
    keeping.hosted.splice(0);
    keeping.publisher.forget("one");
    keeping.publisher.begin("one", 3); // Taken again, by the same process.
    answer.open();
    expect(await verdicts).toEqual(["fenced"]);
    expect(keeping.publisher.lag).toBe(0);
  });

  test("one whose state cannot be written is set aside, and the others of its turn are kept, answers and all", async () => {
    const [broken, whole] = [await duel("broken"), await duel("whole")];
    hurt(whole, { key: "key" });
    hurt(broken);
    broken.stage.session.world.tick = -1; // Cannot be written.
    const { verdicts } = await keeping.show(whole.hosted, broken.hosted);
    expect(verdicts).toEqual(["kept", "fenced"]);
    expect(keeping.failed).toEqual(["broken"]);
    await expectWhole(whole);
    const { state } = await keeping.restored("whole");
    expect(state?.damageAnswers.map(({ key }) => key)).toEqual(["key"]);
  });

  test("one whose state cannot be written does not hold up the checkpoints of others", async () => {
    const [broken, whole] = [await duel("broken"), await duel("whole")];
    broken.stage.session.world.tick = -1;
    whole.stage.session.world.tick = 77;
    await keeping.pass(2 * CHECKPOINT_MS);
    expect(keeping.failed).toEqual(["broken"]);
    const { state } = await keeping.restored("whole");
    expect(state?.world.tick).toBe(77);
  });
});

describe("while the live store is away", () => {
  test("nobody waits for it, not even once, after the first late answer", async () => {
    const [one, two] = [await duel("one"), await duel("two")];
    const late = gate();
    const made = calls(async () => {
      await late.opened;
      unavailable();
    });
    const first = fight(one);
    await settle();
    late.open();
    expect(await first).toEqual(["degraded"]);
    const before = made.length;
    for (let turns = 0; turns < 20; turns++) expect(await fight(one, two)).toEqual(["degraded", "degraded"]);
    expect(made).toHaveLength(before);
  });

  test("it is asked by one session, a few times a second; the others go on unasked", async () => {
    const duels = await Promise.all(["one", "two", "three"].map((id) => duel(id)));
    keeping.liveFaults.before = unavailable;
    await fight(...duels);
    const made = calls(unavailable);
    await keeping.pass(4 * AWAY_RETRY_MS);
    expect(made.map(({ writes }) => writes.length)).toEqual([1, 1, 1, 1]);
  });

  test("it is not taken for back because nobody could ask", async () => {
    const [busy, quiet] = [await duel("busy"), await duel("quiet")];
    keeping.liveFaults.before = unavailable;
    await fight(busy);
    busy.hosted.journaling = true; // Something is on its way to it, again and again.
    const made = calls(unavailable);
    await keeping.pass(2 * AWAY_RETRY_MS);
    expect(keeping.keeper.isAway).toBe(true);
    expect(made.map(({ writes }) => writes[0]?.sessionId)).toEqual(["quiet", "quiet"]);
    quiet.hosted.journaling = true;
    keeping.liveFaults.before = () => {};
    await keeping.pass(2 * AWAY_RETRY_MS);
    expect(keeping.keeper.isAway).toBe(true); // Nobody rests, so nobody asked.
    busy.hosted.journaling = quiet.hosted.journaling = false;
    await keeping.pass(2 * AWAY_RETRY_MS);
    expect([keeping.keeper.isAway, keeping.keeper.degradedCount]).toEqual([false, 0]);
  });

  test("it is taken for back when there is nobody left to ask, or to wait", async () => {
    const one = await duel();
    keeping.liveFaults.before = unavailable;
    await fight(one);
    keeping.hosted.splice(0);
    await keeping.pass(2 * AWAY_RETRY_MS);
    expect(keeping.keeper.isAway).toBe(false);
  });

  test("what was shown meanwhile is in the journal when it is back, event by event, though the sink was away, too", async () => {
    const duels = await Promise.all(
      Array.from({ length: REWRITE_SESSIONS_MAX + 3 }, (_, index) => duel(`duel-${index}`)),
    );
    await settle();
    keeping.sinkFaults.before = unavailable;
    keeping.liveFaults.before = unavailable;
    for (let turns = 0; turns < 5; turns++) {
      await fight(...duels);
      await keeping.pass(AWAY_RETRY_MS);
    }
    expect(keeping.keeper.degradedCount).toBe(duels.length);
    keeping.liveFaults.before = () => {};
    await keeping.pass(AWAY_RETRY_MS + 4 * KEEPER_TURN_MS);
    expect(keeping.keeper.degradedCount).toBe(0);
    for (const one of duels) await expectWhole(one);
  });

  test("the records are asked whether sessions have moved, and those that have are dropped", async () => {
    const [moved] = [await duel("moved"), await duel("ours")];
    keeping.liveFaults.before = unavailable;
    await fight(moved);
    keeping.records.records.get("moved")!.owner = "there#1";
    await keeping.pass(OWNERSHIP_CHECK_MS + KEEPER_TURN_MS);
    expect(keeping.fenced).toEqual(["moved"]);
    expect(keeping.hosted.map(({ session }) => session.id)).toEqual(["ours"]);
  });

  test("degradation is not forgotten while a rewrite is on its way", async () => {
    const one = await duel();
    keeping.liveFaults.before = unavailable;
    await fight(one);
    const answer = gate();
    keeping.liveFaults.before = () => {};
    keeping.liveFaults.after = () => answer.opened;
    await keeping.pass(AWAY_RETRY_MS);
    expect(await fight(one)).toEqual(["degraded"]); // Shown while the state before it is being written.
    keeping.liveFaults.after = () => {};
    answer.open();
    await settle();
    expect(one.hosted.copy.degradedSeq).toBe(one.stage.session.seqOfLastEvent);
    await keeping.pass(2 * AWAY_RETRY_MS);
    expect(one.hosted.copy.degradedSeq).toBeNull();
    await expectWhole(one);
  });
});

describe("a live store that lost everything", () => {
  test("is filled again, with all that is not published", async () => {
    const [fighting, resting] = [await duel("fighting"), await duel("resting")];
    keeping.sinkFaults.before = unavailable;
    await fight(fighting, resting);
    keeping.table.clear();
    expect(await fight(fighting)).toEqual(["degraded"]);
    expect(await fight(fighting)).toEqual(["kept"]); // As a whole, with what was shown before.
    await expectWhole(fighting);
    await keeping.pass(CHECKPOINT_MS + 2 * KEEPER_TURN_MS);
    expect([keeping.keeper.isAway, keeping.keeper.degradedCount]).toEqual([false, 0]);
    for (const one of [fighting, resting]) await expectWhole(one);
    expect(await fight(fighting, resting)).toEqual(["kept", "kept"]);
    for (const one of [fighting, resting]) await expectWhole(one);
  });

  test("is not filled with a session that somebody else owns by the records", async () => {
    const [moved, ours] = [await duel("moved"), await duel("ours")];
    keeping.records.records.get("moved")!.owner = "there#1";
    keeping.table.clear();
    expect(await fight(moved, ours)).toEqual(["fenced", "degraded"]);
    expect(keeping.fenced).toEqual(["moved"]);
    await keeping.pass(CHECKPOINT_MS);
    expect([...keeping.table.keys()]).toEqual(["ours"]);
  });

  test("is not filled while the records do not answer whose the sessions are", async () => {
    const one = await duel();
    keeping.table.clear();
    keeping.recordFaults.before = unavailable;
    expect(await fight(one)).toEqual(["degraded"]);
    await keeping.pass(4 * AWAY_RETRY_MS);
    expect(keeping.table.size).toBe(0);
    keeping.recordFaults.before = () => {};
    await keeping.pass(4 * AWAY_RETRY_MS);
    await expectWhole(one);
  });

  test("and was filled by the next owner first fences this one off", async () => {
    const one = await duel();
    keeping.table.clear();
    expect(await fight(one)).toEqual(["degraded"]);
    const there = createMemoryLiveStore(keeping.table);
    const nothing = { entry: null, checkpoint: null, trimSeq: null, publishedSeq: null, afterSeq: null };
    await there.open([{ sessionId: "one", epoch: 2, ...nothing }]);
    await keeping.pass(2 * KEEPER_TURN_MS);
    expect(keeping.fenced).toEqual(["one"]);
    expect(keeping.table.get("one")?.checkpoint).toBeNull();
  });
});

test.each(seeds(25))("seed %i: whatever the stores do, in the end all that was shown is kept", async (seed) => {
  const play = new RandomPlay(seed);
  keepBy(new Keeping(play.stage.clock));
  const { session } = play.stage;
  const one = { stage: play.stage, hosted: keeping.host(session) };
  const shown: SessionEvent[] = [];
  const faults = [keeping.liveFaults, keeping.sinkFaults, keeping.recordFaults];
  for (let turns = 0; turns < 120; turns++) {
    play.play(1 + nextBelow(play.rng, 4));
    const fault = faults[nextBelow(play.rng, 3)]!;
    const dice = nextBelow(play.rng, 30);
    if (dice === 0) fault.before = unavailable;
    else if (dice === 1 && fault === keeping.liveFaults) fault.after = unavailable;
    else if (dice < 6) Object.assign(fault, { before: () => {}, after: () => {} });
    else if (dice === 6) keeping.table.clear();
    if (nextBelow(play.rng, 5) === 0) await keeping.pass(nextBelow(play.rng, 2_000));
    const { verdicts, events } = await keeping.show(one.hosted);
    expect(verdicts).not.toContain("fenced");
    shown.push(...events);
  }
  for (const fault of faults) Object.assign(fault, { before: () => {}, after: () => {} });
  await keeping.pass(20_000);
  expect([keeping.keeper.isAway, keeping.keeper.degradedCount, keeping.publisher.counts.lost]).toEqual([false, 0, 0]);
  expect(new Set(keeping.published)).toEqual(new Set(shown.map(({ epoch, seq }) => `session:${epoch}:${seq}`)));
  // Who is over, published and settled may be forgotten.
  if (!keeping.keeper.isDone(one.hosted) || keeping.table.has("session")) await expectWhole(one);
});
