/** Recovery: sessions whose owner is gone are taken, told and let go of as they should, one case after the other. */
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BEAT_MS, LEASE_MS, SWEEP_MS } from "#combat/limits.ts";
import { type Change, planEnd, planStatus } from "#combat/session/changes.ts";
import type { Hosted } from "#combat/session/hosted.ts";
import { recordOf } from "#combat/session/record.ts";
import type { Session } from "#combat/session/session.ts";
import { sessionOf, stateOf } from "#combat/session/state.ts";
import type { LiveTable } from "#combat/stores/live-store-memory.ts";
import type { SessionRecord, Told } from "#combat/stores/session-store.ts";
import { STATE_SCHEMA_VERSION } from "#combat/stores/state-codec.ts";
import { StoredBlockSchema } from "#gen/necpgame/combat/v1/checkpoint_pb.js";
import type { Result } from "#wire/problem.ts";
import { gate } from "./faults.ts";
import { blow, must, Stage } from "./fixture.ts";
import { useFakeTimers } from "./keeping.ts";
import { type Process, Stores } from "./processes.ts";

vi.mock("node:timers/promises", () => import("./timer-promises.ts"));

let stores: Stores;

beforeEach(() => {
  useFakeTimers();
  stores = new Stores();
});

afterEach(() => {
  vi.restoreAllMocks();
  stores.end();
  vi.useRealTimers();
});

/** A process with a duel of Ann and Bob, live, shown, kept and published; one watches. */
async function duel(name = "one"): Promise<{ process: Process; session: Session }> {
  const process = stores.start(name);
  await stores.pass(100);
  const stage = new Stage({ reconnectGraceSeconds: 600, maxRounds: 1, scoreLimit: 9 }, ID, stores.clock);
  for (const playerId of ["ann", "bob"]) must(stage.join(playerId));
  const record = { ...recordOf(stage.session), owner: process.owner };
  await stores.records.sessions.create(record, null, joined(record));
  const state = stateOf(stage.session);
  const untold = { ...state, start: { ...state.start, lastSeq: 0 } };
  const session = sessionOf(untold, { epoch: 1, owner: process.owner }, stores.clock.nowMs());
  const hosted = process.host.adopt(session, {
    opened: false,
    publishedSeq: 0,
    journalSeq: 0,
    unpublished: [],
  });
  for (const { body } of stage.session.pollEvents()) session.handleUntold(stores.clock.unixMs(), body);
  process.watchAll([ID]);
  await change(hosted, process, (unixMs) => planStatus(session, "active", unixMs));
  await stores.pass(2_000);
  expect(stores.seen.map(({ what }) => what)).toContain("session_started");
  return { process, session };
}

const ID = "session";

function joined({ participants }: SessionRecord): Told {
  return participants.map(({ playerId, teamId, slot }) => ({ kind: "player_joined", playerId, teamId, slot }));
}

async function change(hosted: Hosted, process: Process, plan: (unixMs: number) => Result<Change>): Promise<void> {
  expect((await process.host.change(hosted, () => plan(stores.clock.unixMs()))).ok).toBe(true);
}

async function hurt(process: Process, damage = 1_000): Promise<void> {
  const { session } = process.host.find(ID)!;
  must(session.handleDamage(blow("bob", { attackerId: "ann", damage }), null));
  await stores.pass(100);
}

const kindsOf = () => stores.publishedOf(ID).map(({ body }) => body.kind);
const seenBy = (process: Process) => stores.seen.filter(({ by }) => by === process.owner);
const recordNow = () => stores.records.records.get(ID)!;
const TAKEN_MS = LEASE_MS + SWEEP_MS + 1_000;

test("an owner that stood still while the live store was wiped and another took over shows nothing any more", async () => {
  const { process: first, session } = await duel();
  await hurt(first);
  must(session.handleDamage(blow("bob", { attackerId: "ann" }), null)); // Not shown yet.
  first.stand();
  stores.table.clear();
  const second = stores.start("two");
  await stores.pass(TAKEN_MS);
  expect(recordNow()).toMatchObject({ owner: second.owner, epoch: 2, status: "cancelled" });
  const before = seenBy(first).length;
  first.goOn();
  await stores.pass(3_000);
  expect(seenBy(first)).toHaveLength(before);
  expect(first.host.find(ID)).toBeNull();
  expect(first.outlet.closed).toEqual([{ connection: 1, reason: "unavailable" }]);
  expect(recordNow()).toMatchObject({ owner: second.owner, status: "cancelled" });
  expect(kindsOf().filter((kind) => kind === "session_ended")).toHaveLength(1);
});

test("an owner whose answer came while it stood still does not show what it was about", async () => {
  const { process: first, session } = await duel();
  stores.onCall = (caller, call, when) => {
    if (caller === first && call === "write" && when === "after" && first.stands === null && session.world.tick > 60)
      first.stand();
  };
  must(session.handleDamage(blow("bob", { attackerId: "ann" }), "key"));
  for (let turns = 0; turns < 50 && first.stands === null; turns++) await stores.pass(50);
  expect(first.stands).not.toBeNull();
  stores.onCall = () => {};
  const before = seenBy(first).length;
  const second = stores.start("two");
  await stores.pass(TAKEN_MS);
  first.goOn();
  await stores.pass(3_000);
  expect(seenBy(first)).toHaveLength(before);
  const { session: taken } = second.host.find(ID)!;
  expect(taken.damageAnswers.known("key")).toMatchObject({ lost: 1_000 }); // What was kept is there.
});

test("an owner that falls silent is replaced within a lease and a few beats, also when it was replaced before", async () => {
  const { process: one } = await duel("one");
  const two = stores.start("two");
  await stores.pass(1_000);
  let [owner, other] = [one, two];
  for (let times = 0; times < 4; times++) {
    owner.stand();
    await stores.pass(LEASE_MS + 3 * BEAT_MS);
    expect(other.host.find(ID)?.session.epoch).toBe(times + 2);
    owner.goOn();
    await stores.pass(3_000); // So that no look at all sessions falls into the next lease by chance.
    expect(owner.host.find(ID)).toBeNull();
    [owner, other] = [other, owner];
  }
});

describe("a session whose live state is gone", () => {
  test("is cancelled when it had begun: told, published, recorded and settled; readers of the record see it", async () => {
    const { process } = await duel();
    await hurt(process);
    process.kill();
    stores.table.clear();
    const next = stores.start("one");
    await stores.pass(3_000);
    next.watchAll([ID]);
    expect(recordNow()).toMatchObject({ status: "cancelled", endReason: "cancelled", owner: next.owner });
    expect(kindsOf().at(-1)).toBe("session_ended");
    expect(stores.records.told.size).toBe(0);
    expect(next.recovery.totals).toEqual({ restored: 0, waiting: 0, over: 0, lost: 1 });
    expect((await next.host.lookup.record(ID))?.status).toBe("cancelled");
  });

  test("goes on from its record when it was waiting: with its seats, and what was not published is told", async () => {
    const process = stores.start("one");
    await stores.pass(100);
    const stage = new Stage({}, ID, stores.clock);
    for (const playerId of ["ann", "bob"]) must(stage.join(playerId));
    const record = { ...recordOf(stage.session), owner: process.owner };
    await stores.records.sessions.create(record, null, joined(record));
    process.kill(); // Before it had taken it in.
    const next = stores.start("one");
    await stores.pass(3_000);
    const { session } = next.host.find(ID)!;
    expect(session.roster.sitting().map(({ playerId, confirmed }) => [playerId, confirmed])).toEqual([
      ["ann", true],
      ["bob", true],
    ]);
    expect(stores.publishedOf(ID).map(({ seq, body }) => [seq, body.kind])).toEqual([
      [1, "player_joined"],
      [2, "player_joined"],
    ]);
    expect(next.recovery.totals.waiting).toBe(1);
    await change(next.host.find(ID)!, next, (unixMs) => planStatus(session, "active", unixMs));
    await stores.pass(3_000);
    expect(kindsOf()).toContain("session_started");
  });
});

describe("a live copy that is damaged", () => {
  type Held = NonNullable<ReturnType<LiveTable["get"]>>;

  /** A duel whose owner is dead; its copy is as `damage` leaves it. */
  async function taken(damage: (held: Held) => void): Promise<Process> {
    vi.spyOn(Math, "random").mockReturnValue(0); // No checkpoint falls due for a second.
    const { process } = await duel();
    for (let blows = 0; blows < 3; blows++) await hurt(process);
    process.kill();
    damage(stores.table.get(ID)!);
    const next = stores.start("one");
    await stores.pass(100);
    return next;
  }

  const tear = (block: { bytes: Uint8Array } | null | undefined) => block?.bytes.fill(0xff);

  test("at its end: the session goes on without that, its numbers are not given again, and what follows is kept", async () => {
    let lastSeq = 0;
    const second = await taken((held) => {
      lastSeq = held.topSeq;
      tear(held.entries.at(-1));
      held.publishedSeq = lastSeq - 1;
      stores.published.splice(0);
    });
    const { session } = second.host.find(ID)!;
    expect(session.seqOfLastEvent).toBeGreaterThanOrEqual(lastSeq);
    const { checkpoints } = second.host.keeper.counts;
    await hurt(second);
    await hurt(second);
    expect(second.host.keeper.counts.checkpoints - checkpoints).toBe(1); // The first write has everything.
    second.kill();
    const third = stores.start("one");
    await stores.pass(3_000);
    const restored = third.host.find(ID)!.session;
    expect(restored.fighter(restored.roster.seat("bob")!)!.health).toBe(6_000); // Five blows, one of them lost.
    expect(stores.publishedOf(ID).every(({ seq }) => seq > lastSeq)).toBe(true);
  });

  test("as a whole: what had begun is cancelled and told, and the store takes what follows", async () => {
    const next = await taken((held) => [...held.entries, held.checkpoint, held.previous].forEach(tear));
    await stores.pass(3_000);
    expect(recordNow()).toMatchObject({ status: "cancelled", owner: next.owner });
    expect(kindsOf().at(-1)).toBe("session_ended");
    expect([next.host.keeper.isAway, next.host.keeper.degradedCount, stores.records.told.size]).toEqual([false, 0, 0]);
    const seqs = stores.publishedOf(ID).map(({ seq }) => seq);
    expect(new Set(seqs).size).toBe(seqs.length);
  });

  test("at its end, after the match was over: that it is over is told again, and nothing waits forever", async () => {
    const { process, session } = await duel();
    process.faults.before = (call) =>
      call === "publish" || call === "settle" ? new Promise<never>(() => {}) : undefined;
    await change(process.host.find(ID)!, process, (unixMs) =>
      planEnd(session, { status: "ended", reason: "cancelled" }, unixMs),
    );
    await stores.pass(200);
    process.kill();
    tear(stores.table.get(ID)!.entries.at(-1));
    const next = stores.start("one");
    await stores.pass(5_000);
    expect(kindsOf().filter((kind) => kind === "session_ended")).toHaveLength(1);
    expect([stores.records.told.size, next.publisher.lag]).toEqual([0, 0]);
  });
});

test("a match that ended by itself, whose end nobody recorded or can read, is over and told to be", async () => {
  const { process, session } = await duel();
  process.faults.before = (call) => (["publish", "update"].includes(call) ? new Promise<never>(() => {}) : undefined);
  session.handleEnd(stores.clock.unixMs(), { status: "ended", reason: "victory", winner: 0 });
  session.handleRecordStale();
  await stores.pass(200);
  process.kill();
  stores.table.get(ID)!.entries.at(-1)!.bytes.fill(0xff);
  stores.start("one");
  await stores.pass(9_000);
  expect(recordNow()).toMatchObject({ status: "ended", endReason: "victory", winnerTeamId: session.winnerTeamId });
  const ends = stores.publishedOf(ID).filter(({ body }) => body.kind === "session_ended");
  expect(ends.map(({ body }) => body)).toMatchObject([{ reason: "victory", winnerTeamId: session.winnerTeamId }]);
  expect(stores.records.told.size).toBe(0);
});

test("what waits to be published for long is published by the next process, though no state needs it any more", async () => {
  const { process } = await duel();
  process.faults.before = (call) => (call === "publish" ? new Promise<never>(() => {}) : undefined);
  for (let blows = 0; blows < 6; blows++) {
    await hurt(process, 100);
    await stores.pass(1_100); // A checkpoint.
  }
  const lastSeq = process.host.find(ID)!.session.seqOfLastEvent;
  process.kill();
  const next = stores.start("one");
  await stores.pass(3_000);
  expect(next.host.find(ID)!.session.seqOfLastEvent).toBeGreaterThanOrEqual(lastSeq);
  const seqs = stores.publishedOf(ID).map(({ seq }) => seq);
  expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => index + 1));
  expect([seqs.length >= lastSeq, next.publisher.lag, next.publisher.counts.lost]).toEqual([true, 0, 0]);
});

test("what was not published is in the next owner's memory, though the sink takes nothing and the live store is lost then", async () => {
  const { process } = await duel();
  const hang = (call: string) => (call === "publish" ? new Promise<never>(() => {}) : undefined);
  process.faults.before = hang;
  for (let blows = 0; blows < 3; blows++) await hurt(process);
  const lastSeq = process.host.find(ID)!.session.seqOfLastEvent;
  process.kill();
  const next = stores.start("one");
  next.faults.before = hang;
  await stores.pass(100);
  expect(next.host.find(ID)).not.toBeNull();
  const seqs = next.publisher
    .unpublished()
    .get(ID)!
    .map(({ seq }) => seq);
  expect(seqs.slice(0, 3)).toEqual([lastSeq - 2, lastSeq - 1, lastSeq]);
});

test("a session that was over and not published is published by the next process", async () => {
  const { process, session } = await duel();
  process.faults.before = (call) => (call === "publish" ? new Promise<never>(() => {}) : undefined);
  await change(process.host.find(ID)!, process, (unixMs) =>
    planEnd(session, { status: "ended", reason: "cancelled" }, unixMs),
  );
  await stores.pass(500);
  expect(stores.seen.map(({ what }) => what)).toContain("session_ended");
  expect(kindsOf()).not.toContain("session_ended");
  process.kill();
  const next = stores.start("one");
  await stores.pass(5_000);
  expect(kindsOf().filter((kind) => kind === "session_ended")).toHaveLength(1);
  expect([next.recovery.totals.over, stores.records.told.size]).toEqual([1, 0]);
});

test("the end of a session that broke is told, by the same process or the next", async () => {
  const { process, session } = await duel();
  session.world.sides.length = 0; // The next kill breaks a promise of the simulation.
  await hurt(process, 10_000);
  expect(process.host.find(ID)).toBeNull();
  expect(recordNow()).toMatchObject({ status: "cancelled" });
  await stores.pass(3 * SWEEP_MS);
  expect(kindsOf().filter((kind) => kind === "session_ended")).toHaveLength(1);
  expect(stores.records.told.size).toBe(0);
});

test("what a newer release has kept is left to one that can read it, as it is, and taken by that", async () => {
  const { process } = await duel();
  await hurt(process);
  process.kill();
  const held = stores.table.get(ID)!;
  const parts = [...held.entries, held.checkpoint!, held.previous!];
  const readable = parts.map(({ bytes }) => bytes);
  for (const part of parts) {
    const block = fromBinary(StoredBlockSchema, part.bytes);
    const newer = toBinary(StoredBlockSchema, { ...block, schemaVersion: STATE_SCHEMA_VERSION + 1 });
    Object.assign(part, { bytes: newer });
  }
  const older = stores.start("older");
  await stores.pass(TAKEN_MS);
  const { epoch } = recordNow();
  await stores.pass(2 * TAKEN_MS);
  expect(older.host.find(ID)).toBeNull();
  expect(recordNow()).toMatchObject({ status: "active", owner: "nobody#0", epoch });
  for (const [index, part] of parts.entries()) Object.assign(part, { bytes: readable[index] });
  const newer = stores.start("newer");
  await stores.pass(TAKEN_MS);
  const { session } = newer.host.find(ID)!;
  expect(session.fighter(session.roster.seat("bob")!)!.health).toBe(9_000);
  expect(newer.recovery.totals).toMatchObject({ restored: 1, lost: 0 });
  expect(older.host.find(ID)).toBeNull();
});

describe("a session of this process that it does not host", () => {
  test("is taken when it stays so, for its creation failed between the record and its place", async () => {
    const process = stores.start("one");
    await stores.pass(100);
    const stage = new Stage({}, ID, stores.clock);
    await stores.records.sessions.create({ ...recordOf(stage.session), owner: process.owner }, null);
    await stores.pass(SWEEP_MS - 1_000);
    expect(process.host.find(ID)).toBeNull(); // A creation may be on its way.
    await stores.pass(2 * SWEEP_MS);
    expect(process.host.find(ID)?.session.epoch).toBe(2);
  });

  test("is not taken from another who took it meanwhile and lives", async () => {
    const [one, two] = [stores.start("one"), stores.start("two")];
    await stores.pass(100);
    const stage = new Stage({}, ID, stores.clock);
    await stores.records.sessions.create({ ...recordOf(stage.session), owner: one.owner }, null);
    await stores.pass(SWEEP_MS + 500);
    Object.assign(recordNow(), { owner: two.owner, epoch: 2 });
    await stores.pass(3 * SWEEP_MS);
    expect(recordNow().owner).toBe(two.owner);
    expect([one.host.find(ID), two.host.find(ID)?.session.id]).toEqual([null, ID]);
  });

  test("and turns up after all, under an older epoch, does not stand beside the one that was taken", async () => {
    const { process, session } = await duel();
    const older = sessionOf(stateOf(session), { epoch: 0, owner: "" }, stores.clock.nowMs());
    const hosted = process.host.find(ID)!;
    expect(process.host.adopt(older)).toBe(hosted);
    await hurt(process);
    expect(hosted.session.seqOfLastEvent).toBe(session.seqOfLastEvent);
    const newer = sessionOf(stateOf(session), { epoch: 2, owner: "" }, stores.clock.nowMs());
    expect(process.host.adopt(newer).session).toBe(newer);
    expect(hosted.ticking).toBeNull();
  });
});

test("who waits for slow records while looking for sessions lives, and keeps its own", async () => {
  const { process } = await duel();
  const records = gate();
  process.faults.before = (call) => (call === "unfinished" ? records.opened : undefined);
  const other = stores.start("two");
  await stores.pass(SWEEP_MS + 2 * TAKEN_MS);
  expect([process.host.count, other.host.count, recordNow().owner]).toEqual([1, 0, process.owner]);
  records.open();
  await stores.pass(TAKEN_MS);
  expect([process.host.count, other.host.count]).toEqual([1, 0]);
});

describe("at the end of a process", () => {
  test("its sessions go to another, as they stood, and nothing is taken any more", async () => {
    const { process, session } = await duel();
    await hurt(process);
    session.fighter(session.roster.seat("ann")!)!.yaw = 77;
    await process.recovery.halt();
    await process.host.stop();
    await process.recovery.leave();
    const next = stores.start("two");
    await stores.pass(TAKEN_MS);
    const taken = next.host.find(ID)!.session;
    expect(taken.fighter(taken.roster.seat("ann")!)!.yaw).toBe(77);
    expect(process.host.count).toBe(1); // Until it is released.
    await process.host.release();
    expect(process.host.count).toBe(0);
  });

  test("a look at sessions without an owner that is under way is waited for, and takes nothing in", async () => {
    const { process } = await duel();
    process.kill();
    const next = stores.start("two");
    await stores.pass(100);
    const taking = gate();
    let takes = 0;
    next.faults.after = (call) => {
      if (call !== "take") return;
      takes += 1;
      return taking.opened;
    };
    await stores.pass(TAKEN_MS);
    expect(takes).toBe(1);
    let stopped = false;
    const stopping = next.recovery.halt().then(() => {
      stopped = true;
    });
    await stores.pass(200);
    expect(stopped).toBe(false);
    taking.open();
    await stopping;
    await stores.pass(200);
    expect(next.host.count).toBe(0);
    const third = stores.start("two");
    await stores.pass(1_000);
    expect(third.host.find(ID)?.session.status).toBe("active");
  });
});
