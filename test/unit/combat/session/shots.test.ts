/** Shots: each is told to who fired it and to the rest of the game, misses too, and delays nothing that is shown. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Publisher } from "#combat/events/publisher.ts";
import { FINDINGS_RECORD_MS, SHOTS_PER_RECORD, SHOTS_RECORD_MS, SHOTS_WAITING_MAX } from "#combat/limits.ts";
import { eventId } from "#combat/rpc/encode-event.ts";
import { planEnd } from "#combat/session/changes.ts";
import { SessionHost } from "#combat/session/host.ts";
import { recordOf } from "#combat/session/record.ts";
import { Roster } from "#combat/session/roster.ts";
import { Scheduler } from "#combat/session/scheduler.ts";
import type { SessionEvent } from "#combat/session/session-events.ts";
import { Shots } from "#combat/session/shots.ts";
import type { WeaponName } from "#combat/sim/content.ts";
import type { ShotReceipt } from "#combat/sim/inputs.ts";
import { createMemoryLiveStore } from "#combat/stores/live-store-memory.ts";
import { ManualClock } from "#kit/clock.ts";
import { silentLog } from "#kit/log.ts";
import { FakeEncoder, FakeOutlet, must, OWNER, RELOAD, Stage, TICK_MS, viewerOf } from "./fixture.ts";
import { MemoryRecordStores } from "./memory-store.ts";

const UP = { x: 0, y: 0, z: 1_000_000 };

function arm(stage: Stage, weapon: WeaponName): void {
  for (const fighter of stage.session.world.fighters) if (fighter) fighter.weapon = weapon;
}

function shoot(stage: Stage, seq: number, rest: Partial<typeof RELOAD> = { direction: UP }): void {
  const { session, clock } = stage;
  const order = { ...RELOAD, type: "attack", seq, ...rest } as const;
  must(
    session.handleAction(session.roster.seat("ann")!, order, { atMs: session.matchNowMs(clock.nowMs()), rttMs: 40 }),
  );
}

describe("a session", () => {
  test("has a miss for the record, with what was claimed and what was used, and nothing more for its shooter", () => {
    const stage = new Stage();
    stage.startDuel();
    stage.tick(30);
    const { tick } = stage.session.world;
    shoot(stage, 5, { direction: UP, clientTick: tick - 2 });
    stage.tick();
    expect(stage.session.shots.pollUnanswered()).toEqual([]);
    const judged = { tickClaimed: tick - 2, tickUsed: tick - 2, capped: false };
    expect(stage.session.shots.pollFresh()).toMatchObject([
      {
        playerId: "ann",
        weapon: "assault_rifle",
        seq: 5,
        tick: tick + 1,
        hit: { struck: "nothing", damage: 0, ...judged },
      },
    ]);
    expect(stage.session.shots.pollFresh()).toEqual([]);
  });

  test("has the rounds of a burst after the first, and what landed, for their shooter as well", () => {
    const stage = new Stage();
    stage.startDuel();
    arm(stage, "burst_rifle");
    shoot(stage, 6);
    stage.tick(20);
    expect(stage.session.shots.pollUnanswered().map(({ playerId, seq }) => [playerId, seq])).toEqual([
      ["ann", 6],
      ["ann", 6],
    ]);
    arm(stage, "rocket_launcher");
    shoot(stage, 7);
    stage.tick(60);
    const landed = { playerId: "ann", weapon: "rocket_launcher", seq: 7, hit: { struck: "wall", projectile: 1 } };
    expect(stage.session.shots.pollUnanswered()).toMatchObject([landed]);
    expect(stage.session.shots.pollFresh().map(({ hit }) => hit.struck)).toEqual([
      ...["nothing", "nothing", "nothing", "in_flight", "wall"],
    ]);
  });

  test("tells no event of them: what is shown is numbered as before", () => {
    const stage = new Stage();
    stage.startDuel();
    stage.told();
    shoot(stage, 1);
    stage.tick();
    expect(stage.told()).toEqual([]);
  });
});

test(`${SHOTS_WAITING_MAX} wait at most: the oldest go, and the record says how many`, () => {
  const roster = new Roster();
  roster.restore(["red"], [seat()]);
  const shots = new Shots();
  const nothing = { target: null, part: null, distanceCm: 0, headshot: false, damage: 0, projectile: null } as const;
  const judged = { tickClaimed: null, tickUsed: 0, rewindMs: 0, capped: false };
  const hit = { struck: "nothing", ...nothing, ...judged } as const;
  const one = (seq: number): ShotReceipt => ({ slot: 0, seq, weapon: "smg", answers: false, hit });
  shots.handleStep(
    Array.from({ length: SHOTS_WAITING_MAX + 7 }, (_, seq) => one(seq)),
    1,
    roster,
  );
  shots.handleStep([{ ...one(1), slot: 9 }], 1, roster); // Of a seat that is nobody's.
  expect(shots.pollUnanswered()).toHaveLength(SHOTS_WAITING_MAX);
  shots.handleShown(shots.pollFresh());
  const told = shots.pollAll();
  expect([told.shots.length, told.shots[0]?.seq, told.skipped]).toEqual([SHOTS_WAITING_MAX, 7, 7]);
  expect(shots.pollAll().skipped).toBe(0);
});

function seat() {
  const joined = { joinedAtMs: 0, listed: false, confirmed: true, joinKey: null, graceUsedMs: 0 };
  return { ...new Stage().seat("ann"), ...joined, slot: 0, side: 0 };
}

describe("a host", () => {
  let clock: ManualClock;
  let host: SessionHost;
  let published: SessionEvent[];
  const store = new MemoryRecordStores();

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
    clock = new ManualClock();
    published = [];
    const sink = { publish: () => Promise.resolve(), close: () => Promise.resolve() };
    const encode = (event: SessionEvent) => {
      published.push(event);
      const record = { eventType: "t", topic: "t", key: event.sessionId, atUnixMs: 0, value: new Uint8Array() };
      return { ...record, eventId: eventId(event), contentType: "application/json" } as const;
    };
    const publisher = new Publisher({ sink, encode, readBack: null, log: silentLog });
    const { sessions, claims, outbox } = store;
    const stores = { sessions, claims, outbox, live: createMemoryLiveStore(), publisher, owner: OWNER };
    const shared = { clock, encoder: new FakeEncoder(), log: silentLog };
    host = new SessionHost({ ...stores, scheduler: new Scheduler(clock), ...shared });
  });

  afterEach(async () => {
    await host.stop();
    vi.useRealTimers();
  });

  async function adopt(id: string) {
    const stage = new Stage({}, id, clock);
    stage.startDuel();
    await store.sessions.create(recordOf(stage.session), null);
    const hosted = host.adopt(stage.session);
    const outlet = new FakeOutlet();
    const viewers = ["ann", "bob"].map((playerId, at) =>
      viewerOf(outlet, at + 1, { sessionId: id, playerId, spectator: false }),
    );
    for (const viewer of viewers) {
      hosted.audience.add(viewer);
      host.enter(hosted, viewer);
    }
    await pass(1);
    return { stage, hosted, outlet };
  }

  async function pass(ticks: number): Promise<void> {
    for (let passed = 0; passed < ticks; passed++) {
      clock.advance(TICK_MS);
      vi.advanceTimersByTime(TICK_MS);
      for (let turns = 0; turns < 5; turns++) await nextTurn();
    }
  }

  const records = () => published.filter(({ body }) => body.kind === "shots_fired");

  test("tells the shooter alone of the later rounds of a burst", async () => {
    const { stage, outlet } = await adopt("burst");
    arm(stage, "burst_rifle");
    shoot(stage, 8);
    await pass(6);
    const landed = outlet.unicasts.filter(({ what }) => what === "shot_landed");
    expect(landed.map(({ to, of }) => [to, of])).toEqual([
      [1, 8],
      [1, 8],
    ]);
    expect(outlet.broadcasts.map(({ what }) => what)).not.toContain("shot_landed");
  });

  test("publishes one record about once a second, without a number and each with an id of its own", async () => {
    const { stage } = await adopt("record");
    const ticks = Math.ceil(SHOTS_RECORD_MS / TICK_MS);
    shoot(stage, 1);
    await pass(ticks + 2);
    expect(records()).toHaveLength(1);
    shoot(stage, 2);
    await pass(ticks + 2);
    expect(records()).toMatchObject([
      { seq: 0, body: { shots: [{ seq: 1 }], skipped: 0 } },
      { seq: 0, body: { shots: [{ seq: 2 }], skipped: 0 } },
    ]);
    const ids = published.map(eventId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("publishes what checks of moves found, about once a second, and shows it to nobody", async () => {
    const { stage, outlet } = await adopt("cheat");
    const { session } = stage;
    const before = outlet.broadcasts.length;
    const seat = session.roster.seat("ann")!;
    const { x, y, z } = session.fighter(seat)!.position;
    const far = { x: x > 8_000 ? x - 4_000 : x + 4_000, y, z };
    await pass(60); // A life that has just begun is not judged yet.
    session.handleMove(clock.nowMs(), seat, {
      seq: 1,
      position: far,
      yaw: null,
      pitch: null,
      stance: null,
      clientMs: null,
    });
    await pass(Math.ceil(FINDINGS_RECORD_MS / TICK_MS) + 2);
    const findings = published.filter(({ body }) => body.kind === "movement_checked");
    expect(findings).toMatchObject([
      {
        seq: 0,
        body: { findings: [{ playerId: "ann", check: "teleport", verdict: "correct", count: 1 }], skipped: 0 },
      },
    ]);
    expect(outlet.broadcasts.slice(before).map(({ what }) => what)).not.toContain("movement_checked");
  });

  test(`publishes at once when ${SHOTS_PER_RECORD} wait, and when the match is over`, async () => {
    const { stage, hosted } = await adopt("full");
    const [ann] = stage.session.world.fighters;
    for (let seq = 1; seq <= SHOTS_PER_RECORD / 8; seq++) {
      for (let shot = 0; shot < 8; shot++)
        stage.session.shots.handleStep([receipt(seq)], stage.session.world.tick, stage.session.roster);
    }
    expect(ann).toBeDefined();
    await pass(2);
    expect(records().map(({ body }) => body.kind === "shots_fired" && body.shots.length)).toEqual([SHOTS_PER_RECORD]);
    shoot(stage, 99);
    await pass(2);
    const end = { status: "ended", reason: "cancelled", winner: null } as const;
    must(await host.change(hosted, () => planEnd(stage.session, end, clock.unixMs())));
    await pass(2);
    expect(records()).toHaveLength(2);
    expect(records()[1]).toMatchObject({ body: { shots: [{ seq: 99 }] } });
  });

  function receipt(seq: number): ShotReceipt {
    const nothing = { target: null, part: null, distanceCm: 0, headshot: false, damage: 0, projectile: null } as const;
    const judged = { tickClaimed: null, tickUsed: 0, rewindMs: 0, capped: false };
    return { slot: 0, seq, weapon: "smg", answers: true, hit: { struck: "nothing", ...nothing, ...judged } };
  }
});
