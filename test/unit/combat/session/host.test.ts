/** Host: one broken session stops no other, what was answered is saved, and sessions begin, end and return by themselves. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Publisher } from "#combat/events/publisher.ts";
import { COMMANDS_WAITING_MAX, RESUME_WAIT_MS, SAVE_RETRY_MS, UNATTENDED_MS_MAX } from "#combat/limits.ts";
import type { Viewer } from "#combat/session/audience.ts";
import { planEnd, planStatus } from "#combat/session/changes.ts";
import { SessionHost } from "#combat/session/host.ts";
import { awaitOutcome, type Hosted } from "#combat/session/hosted.ts";
import { recordOf } from "#combat/session/record.ts";
import { Scheduler } from "#combat/session/scheduler.ts";
import type { SessionEvent } from "#combat/session/session-events.ts";
import type { SessionSettings } from "#combat/session/settings.ts";
import type { Outcome } from "#combat/sim/inputs.ts";
import type { OutgoingEvent } from "#combat/stores/event-sink.ts";
import type { LiveStore } from "#combat/stores/live-store.ts";
import { createMemoryLiveStore } from "#combat/stores/live-store-memory.ts";
import { ManualClock } from "#kit/clock.ts";
import { silentLog } from "#kit/log.ts";
import { blow, FakeEncoder, FakeOutlet, must, OWNER, problemOf, Stage, TICK_MS, viewerOf } from "./fixture.ts";
import { MemoryRecordStores } from "./memory-store.ts";

type Live = { stage: Stage; hosted: Hosted; outlet: FakeOutlet; viewer: Viewer };

let clock: ManualClock;
let store: MemoryRecordStores;
let host: SessionHost;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  clock = new ManualClock();
  store = new MemoryRecordStores();
  host = hostOver(createMemoryLiveStore());
});

afterEach(async () => {
  await host.stop();
  vi.useRealTimers();
});

function hostOver(live: LiveStore): SessionHost {
  const sink = { publish: () => Promise.resolve(), close: () => Promise.resolve() };
  const publisher = new Publisher({ sink, encode: outgoing, readBack: null, log: silentLog });
  const { sessions, claims, outbox } = store;
  const stores = { sessions, claims, outbox, live, publisher, owner: OWNER };
  return new SessionHost({
    ...stores,
    scheduler: new Scheduler(clock),
    clock,
    encoder: new FakeEncoder(),
    log: silentLog,
  });
}

function outgoing({ sessionId, seq }: SessionEvent): OutgoingEvent {
  return {
    eventId: `${sessionId}:${seq}`,
    eventType: "t",
    topic: "t",
    key: sessionId,
    atUnixMs: 0,
    value: new Uint8Array(),
    contentType: "application/json",
  };
}

/** Ann against bob, hosted and watched by one; live unless said otherwise. */
async function adopt(id: string, settings: Partial<SessionSettings> = {}, live = true): Promise<Live> {
  const stage = new Stage(settings, id, clock);
  if (live) stage.startDuel();
  await store.sessions.create(recordOf(stage.session), null);
  const hosted = host.adopt(stage.session);
  const outlet = new FakeOutlet();
  const viewer = viewerOf(outlet, 1, { sessionId: id });
  hosted.audience.add(viewer);
  host.enter(hosted, viewer);
  await settle();
  return { stage, hosted, outlet, viewer };
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await nextTurn();
}

/** Lets this many ticks of every session pass, and what they cause. */
async function pass(ticks: number): Promise<void> {
  for (let passed = 0; passed < ticks; passed++) {
    clock.advance(TICK_MS);
    vi.advanceTimersByTime(TICK_MS);
    await settle();
  }
}

function shown({ outlet }: Live): string[] {
  return outlet.broadcasts.map(({ what }) => what);
}

/** From now on the next kill breaks a promise of the simulation, which throws. */
function sabotage({ stage }: Live): number {
  stage.session.world.sides.length = 0;
  return must(stage.session.handleDamage(blow("bob", { attackerId: "ann", damage: 10_000 }), null)) as number;
}

describe("a session whose step throws", () => {
  test("is set aside: sockets closed, calls answered, its end recorded", async () => {
    const broken = await adopt("broken");
    const answers: Outcome[] = [];
    broken.hosted.awaiting.set(sabotage(broken), (outcome) => answers.push(outcome));
    await pass(2);
    expect(host.find("broken")).toBeNull();
    expect(broken.outlet.closed).toEqual([{ connection: 1, reason: "internal" }]);
    expect(answers).toMatchObject([{ kind: "refused", reason: "not_active" }]);
    expect(store.records.get("broken")).toMatchObject({ status: "cancelled", version: 2 });
    const { tick } = broken.stage.session.world;
    await pass(5);
    expect(broken.stage.session.world.tick).toBe(tick);
    expect(host.count).toBe(0);
  });

  test("stops no other: the next one ticks on and is shown", async () => {
    const [broken, whole] = [await adopt("broken"), await adopt("whole")];
    await pass(2);
    const { tick } = whole.stage.session.world;
    sabotage(broken);
    await pass(1);
    must(whole.stage.session.handleDamage(blow("bob", { attackerId: "ann" }), null));
    await pass(9);
    expect(whole.stage.session.world.tick).toBe(tick + 10);
    expect(shown(whole)).toContain("damage_dealt");
    expect(whole.outlet.closed).toEqual([]);
    expect(host.find("whole")).toBe(whole.hosted);
    expect(host.find("broken")).toBeNull();
  });

  test("takes no more changes", async () => {
    const broken = await adopt("broken");
    sabotage(broken);
    await pass(2);
    const pause = () => planStatus(broken.stage.session, "paused", 0);
    expect(problemOf(await host.change(broken.hosted, pause))).toBe("UNAVAILABLE");
  });
});

describe("a change", () => {
  const pauseOf =
    ({ stage }: Live) =>
    () =>
      planStatus(stage.session, "paused", 0);

  test("is saved first and applied then", async () => {
    const live = await adopt("one");
    let open = () => {};
    store.gate = new Promise((resolve) => {
      open = resolve;
    });
    const done = host.change(live.hosted, pauseOf(live));
    await settle();
    expect(store.updates.at(-1)).toMatchObject({ status: "paused", version: 2 });
    expect(live.stage.session.status).toBe("active");
    open();
    expect((await done).ok).toBe(true);
    expect(live.stage.session).toMatchObject({ status: "paused", version: 2 });
  });

  test("that the store did not take changed nothing, and may be tried again", async () => {
    const live = await adopt("one");
    store.failuresLeft = 1;
    await expect(host.change(live.hosted, pauseOf(live))).rejects.toThrow("the store is away");
    expect(live.stage.session).toMatchObject({ status: "active", version: 1 });
    expect((await host.change(live.hosted, pauseOf(live))).ok).toBe(true);
  });

  test("whose earlier answer was lost goes over its own write", async () => {
    const live = await adopt("one");
    store.records.get("one")!.version = 2; // Written, but nobody heard of it.
    expect((await host.change(live.hosted, pauseOf(live))).ok).toBe(true);
    expect(store.records.get("one")).toMatchObject({ status: "paused", version: 3 });
    expect(live.stage.session.version).toBe(3);
  });

  test("that another owner overtook drops the session here, and leaves the other's record alone", async () => {
    const live = await adopt("one");
    Object.assign(store.records.get("one")!, { version: 9, epoch: 2, owner: "there#1" });
    expect(problemOf(await host.change(live.hosted, pauseOf(live)))).toBe("UNAVAILABLE");
    await settle();
    expect(host.find("one")).toBeNull();
    expect(live.outlet.closed).toEqual([{ connection: 1, reason: "unavailable" }]);
    expect(store.records.get("one")).toMatchObject({ status: "active", version: 9, epoch: 2 });
  });

  test("is planned on what the one before it made, one after the other", async () => {
    const live = await adopt("one");
    const [first, second] = await Promise.all([
      host.change(live.hosted, pauseOf(live)),
      host.change(live.hosted, pauseOf(live)),
    ]);
    expect(first.ok).toBe(true);
    expect(problemOf(second)).toBe("INVALID_STATE_TRANSITION");
  });

  test("waits behind so many others at most", async () => {
    const live = await adopt("one");
    let open = () => {};
    store.gate = new Promise((resolve) => {
      open = resolve;
    });
    const waiting = Array.from({ length: COMMANDS_WAITING_MAX }, () => host.change(live.hosted, pauseOf(live)));
    expect(problemOf(await host.change(live.hosted, pauseOf(live)))).toBe("UNAVAILABLE");
    open();
    await Promise.all(waiting);
    const resume = () => planStatus(live.stage.session, "active", 0);
    expect((await host.change(live.hosted, resume)).ok).toBe(true);
  });
});

test("an end that was saved while the match went on is saved again, with the figures it ended with", async () => {
  const live = await adopt("one");
  let open = () => {};
  store.gate = new Promise((resolve) => {
    open = resolve;
  });
  const ending = host.change(live.hosted, () =>
    planEnd(live.stage.session, { status: "ended", reason: "cancelled" }, 0),
  );
  await settle();
  must(live.stage.session.handleDamage(blow("bob", { attackerId: "ann", damage: 10_000 }), null));
  await pass(2);
  open();
  expect((await ending).ok).toBe(true);
  await pass(3);
  const { status, participants } = store.records.get("one")!;
  expect(status).toBe("ended");
  expect(participants.map(({ kills, deaths }) => [kills, deaths])).toEqual([
    [1, 0],
    [0, 1],
  ]);
});

test("sessions that are over and wait to be published leave room for others", async () => {
  const before = host.room;
  const live = await adopt("one", { maxRounds: 1, scoreLimit: 1 });
  expect(host.room).toBe(before - 1);
  must(live.stage.session.handleDamage(blow("bob", { attackerId: "ann", damage: 10_000 }), null));
  await pass(3);
  expect([host.count, host.room]).toEqual([1, before]);
});

describe("by itself a session", () => {
  test("begins when all listed are there, and that is saved", async () => {
    const live = await adopt("one", { autoStart: true }, false);
    live.stage.seat("ann", { listed: true });
    await pass(3);
    expect(live.stage.session.status).toBe("waiting");
    live.stage.seat("bob", { listed: true });
    await pass(3);
    expect(live.stage.session.status).toBe("active");
    expect(store.records.get("one")).toMatchObject({ status: "active", startedAtMs: expect.any(Number) });
    expect(shown(live).filter((what) => what === "session_started")).toHaveLength(1);
  });

  test("ends: all see the end, then sockets close, time stops, and the result is saved", async () => {
    const live = await adopt("one", { maxRounds: 1, scoreLimit: 1 });
    must(live.stage.session.handleDamage(blow("bob", { attackerId: "ann", damage: 10_000 }), null));
    live.outlet.onFrame = ({ what }) => {
      if (what === "session_ended") expect(live.outlet.closed).toEqual([]);
    };
    await pass(3);
    expect(shown(live)).toContain("session_ended");
    expect(live.outlet.closed).toEqual([{ connection: 1, reason: "session_over" }]);
    expect(store.records.get("one")).toMatchObject({ status: "ended", endReason: "victory", winnerTeamId: "team-1" });
    expect(live.hosted.ticking).toBeNull();
    expect(await host.lookup.record("one")).toMatchObject({ status: "ended" });
  });

  test("is cancelled when nobody was there for half an hour, and not before", async () => {
    const live = await adopt("one");
    host.detach(live.hosted, live.viewer);
    clock.advance(UNATTENDED_MS_MAX - TICK_MS);
    await pass(1);
    expect(live.stage.session.status).toBe("active");
    await pass(3);
    expect(store.records.get("one")).toMatchObject({ status: "cancelled", endReason: "disconnect" });
  });

  test("ends also while the store is away: the end is shown at once, and saved when the store is back", async () => {
    const live = await adopt("one", { maxRounds: 1, scoreLimit: 1 });
    store.failuresLeft = 1;
    const saved = new Promise<string>((resolve) => {
      store.onStored = (record) => resolve(record.status);
    });
    must(live.stage.session.handleDamage(blow("bob", { attackerId: "ann", damage: 10_000 }), null));
    await pass(3);
    expect(shown(live)).toContain("session_ended");
    expect(live.outlet.closed).toEqual([{ connection: 1, reason: "session_over" }]);
    expect(store.records.get("one")).toMatchObject({ status: "active" });
    expect(await saved).toBe("ended");
  });

  test("is saved once more when it ends while the round before is still being saved", async () => {
    const live = await adopt("one", { maxRounds: 3, scoreLimit: 1 });
    let open = () => {};
    store.gate = new Promise((resolve) => {
      open = resolve;
    });
    for (let rounds = 1; rounds <= 2; rounds++) {
      must(live.stage.session.handleDamage(blow("bob", { attackerId: "ann", damage: 10_000 }), null));
      await pass(2);
    }
    expect(live.stage.session.status).toBe("ended");
    expect(store.updates.map(({ status }) => status)).toEqual(["active"]);
    open();
    await pass(2);
    expect(store.records.get("one")).toMatchObject({ status: "ended", endReason: "victory", winnerTeamId: "team-1" });
  });
});

test("who comes back without saying where it stopped is held a moment, then shown everything", async () => {
  const live = await adopt("one");
  const outlet = new FakeOutlet();
  const heldUntilMs = clock.nowMs() + RESUME_WAIT_MS;
  const viewer = viewerOf(outlet, 2, { sessionId: "one", awaitsResume: true, heldUntilMs });
  live.hosted.audience.add(viewer);
  await pass(RESUME_WAIT_MS / TICK_MS - 2);
  expect(outlet.entered).toEqual([]);
  await pass(3);
  expect(outlet.entered).toEqual([2]);
  expect(outlet.unicasts).toMatchObject([{ what: "session_state" }]);
});

test("when the host stops everyone is let go, calls are answered, and time stands still", async () => {
  const live = await adopt("one");
  const answers: Outcome[] = [];
  awaitOutcome(live.hosted, 99, (outcome) => answers.push(outcome));
  await host.stop();
  awaitOutcome(live.hosted, 100, (outcome) => answers.push(outcome)); // A call that came just then.
  const { tick } = live.stage.session.world;
  await pass(3);
  expect(live.outlet.closed).toEqual([{ connection: 1, reason: "unavailable" }]);
  expect(answers).toHaveLength(2);
  expect(live.stage.session.world.tick).toBe(tick);
});

test("with the store away a removal is tried once a second, however many moves ask for it", async () => {
  const { hosted, stage } = await adopt("cheat");
  const before = store.updates.length;
  store.failuresLeft = 1;
  for (let moves = 0; moves < 20; moves++) {
    host.remove(hosted, "ann");
    await settle();
  }
  expect(store.updates.length - before).toBe(1);
  vi.advanceTimersByTime(SAVE_RETRY_MS);
  host.remove(hosted, "ann");
  await settle();
  expect(stage.session.roster.seat("ann")?.connection).toBe("left");
});
