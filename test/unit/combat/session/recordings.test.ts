/** A live session is recorded whole, in the background, within its bounds; its recording plays again to the same world. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RECORDING_PART_MS, RECORDING_TURN_MS, RECORDINGS_DELETED_MAX, RECORDINGS_SWEEP_MS } from "#combat/limits.ts";
import { Recordings } from "#combat/session/recordings.ts";
import type { Session } from "#combat/session/session.ts";
import { sessionOf, stateOf } from "#combat/session/state.ts";
import { hashWorld } from "#combat/sim/hash.ts";
import { RECORDED_WORLD_EVERY_MS } from "#combat/sim/limits.ts";
import { unpackWorld } from "#combat/sim/packed-world.ts";
import { Replay } from "#combat/sim/replay.ts";
import { type DecodedPart, decodePart } from "#combat/stores/recording-codec.ts";
import { ManualClock } from "#kit/clock.ts";
import { silentLog } from "#kit/log.ts";
import { blow, must, Stage, TICK_MS } from "./fixture.ts";
import { MemoryRecordings } from "./memory-recordings.ts";

const PARTS_OF_A_WORLD = RECORDED_WORLD_EVERY_MS / RECORDING_PART_MS;
const MEGABYTE = 1024 * 1024;

/** A match that no score ends. */
const LONG = { scoreLimit: 500 };

let clock: ManualClock;
let store: MemoryRecordings;
let recordings: Recordings;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  clock = new ManualClock();
  store = new MemoryRecordings();
  store.unixMs = () => clock.unixMs();
});

afterEach(async () => {
  await recordings.close();
  vi.useRealTimers();
});

function record(rest: { bytesMax?: number; waitingBytesMax?: number } = {}): Recordings {
  recordings = new Recordings({ store, clock, log: silentLog, bytesMax: MEGABYTE, keptMs: 3_600_000, ...rest });
  return recordings;
}

/** The writer's turns up to now are done. */
async function turns(count = 1): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    clock.advance(RECORDING_TURN_MS);
    vi.advanceTimersByTime(RECORDING_TURN_MS);
    await recordings.flush("nobody"); // Comes after the turn's own work.
  }
}

/** Ann and bob walk and fight for so many ticks. */
function fight(stage: Stage, ticks: number): void {
  const [ann, bob] = [stage.session.roster.seat("ann")!, stage.session.roster.seat("bob")!];
  for (let tick = 0; tick < ticks; tick++) {
    stage.move(ann, 10);
    stage.move(bob, tick % 2 === 0 ? 12 : -12);
    if (tick % 7 === 0) must(stage.session.handleDamage(blow("bob", { attackerId: "ann" }), null));
    stage.tick();
  }
}

async function stored(sessionId = "session"): Promise<DecodedPart[]> {
  const parts = await store.read(sessionId, { epoch: 0, number: 0 }, Number.POSITIVE_INFINITY);
  return parts.map(({ content }) => decodePart(content));
}

function play(parts: readonly DecodedPart[]): Replay {
  const replay = new Replay();
  for (const part of parts) replay.play(part);
  expect(replay.difference).toBeNull();
  return replay;
}

function endOf(session: Session): void {
  session.handleEnd(0, { status: "ended", reason: "cancelled", winner: null });
}

describe("a live match", () => {
  test("is recorded whole: joins, moves, damage, pauses, settings, leaves; and replays to the same world", async () => {
    record();
    const stage = new Stage({ ...LONG, maxRounds: 5 }, "session", clock);
    stage.seat("ann");
    recordings.begin(stage.session);
    stage.seat("bob");
    stage.tick(3);
    stage.status("active");
    fight(stage, 300);
    stage.status("paused");
    must(stage.join("cyd"));
    stage.tick(2);
    stage.status("active");
    await turns(11);
    stage.session.handleSettings(0, { maxRounds: 7, timeLimitMinutes: 5, allowSpectators: true });
    stage.session.handleRound(0, 2);
    fight(stage, 100);
    stage.session.handleLeave(0, "bob");
    stage.tick(5);
    endOf(stage.session);
    await turns();
    const parts = await stored();
    expect(parts.map(({ number }) => number)).toEqual(parts.map((_, at) => at));
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.at(-1)).toMatchObject({ end: "over", lastTick: stage.session.world.tick });
    expect(parts[0]).toMatchObject({ sessionId: "session", epoch: 1, seed: 5 });
    const players = parts[0]?.seats.map(({ slot, playerId }) => [slot, playerId]);
    expect(players).toEqual([
      [0, "ann"],
      [1, "bob"],
      [2, "cyd"],
    ]);
    const replay = play(parts);
    expect(replay.counts.hashes).toBeGreaterThan(15);
    expect(hashWorld(replay.world!)).toBe(hashWorld(stage.session.world));
  });

  test("that moves goes on under the next epoch, from a state that has everything that was shown", async () => {
    record();
    const stage = new Stage(LONG, "session", clock);
    stage.startDuel();
    recordings.begin(stage.session);
    fight(stage, 50);
    const state = structuredClone(stateOf(stage.session)); // As the live store kept it.
    await turns(11);
    fight(stage, 20); // Never stored, never shown: the process dies here.
    const next = sessionOf(state, { epoch: 2, owner: "there#1" }, clock.nowMs());
    recordings.begin(next);
    for (let tick = 0; tick < 40; tick++) {
      clock.advance(TICK_MS);
      next.handleTick(clock.nowMs(), 0);
    }
    endOf(next);
    await turns();
    const parts = await stored();
    const [before, after] = [1, 2].map((epoch) => parts.filter((part) => part.epoch === epoch));
    expect(before!.at(-1)).toMatchObject({ end: null, lastTick: state.world.tick });
    expect(after![0]).toMatchObject({ number: 0, firstTick: state.world.tick });
    expect(unpackWorld(after![0]!.world!).fighters[1]).toMatchObject({ damageTaken: state.fighters[1]!.damageTaken });
    play(before!);
    expect(hashWorld(play(after!).world!)).toBe(hashWorld(next.world));
  });

  test("that is not recorded leaves nothing: recordings off, or over already", async () => {
    record({ bytesMax: 0 });
    const stage = new Stage(LONG, "session", clock);
    stage.startDuel();
    recordings.begin(stage.session);
    fight(stage, 5);
    endOf(stage.session);
    await turns(11);
    await recordings.close();
    record();
    recordings.begin(stage.session);
    await turns(2);
    expect(await stored()).toEqual([]);
  });
});

describe("bounds", () => {
  test("at the cap of one session the recording stops, says so and where, and is whole up to there", async () => {
    record({ bytesMax: 4_000 });
    const stage = new Stage(LONG, "session", clock);
    stage.startDuel();
    recordings.begin(stage.session);
    for (let turn = 0; turn < 60; turn++) {
      fight(stage, 20);
      await turns();
    }
    const parts = await stored();
    expect(parts.at(-1)).toMatchObject({ end: "full", world: null, firstTick: parts.at(-2)!.lastTick });
    expect(parts.at(-1)!.lastTick).toBeLessThan(stage.session.world.tick);
    play(parts);
    expect((await store.list("session")).bytes).toBeLessThan(4_300);
    expect(recordings.ends).toMatchObject({ full: 1 });
  });

  test("what owners before stored counts", async () => {
    record({ bytesMax: 5_000 });
    const head = { sessionId: "session", epoch: 1, number: 0, firstTick: 0, lastTick: 9, end: null };
    await store.append([{ ...head, content: new Uint8Array(4_990) }]);
    const stage = new Stage(LONG, "session", clock);
    stage.startDuel();
    const moved = sessionOf(structuredClone(stateOf(stage.session)), { epoch: 2, owner: "x" }, clock.nowMs());
    recordings.begin(moved);
    moved.handleTick(0, 0);
    await turns(11);
    expect((await store.list("session")).parts.at(-1)).toMatchObject({ epoch: 2, number: 0, end: "full" });
  });

  test("with the store away parts wait, and are stored when it is back, with nothing missing", async () => {
    record();
    const stage = new Stage(LONG, "session", clock);
    stage.startDuel();
    recordings.begin(stage.session);
    store.away = true;
    for (let turn = 0; turn < 25; turn++) {
      fight(stage, 20);
      await turns();
    }
    expect(recordings.waitingBytes).toBeGreaterThan(0);
    store.away = false;
    endOf(stage.session);
    await turns();
    expect(recordings.waitingBytes).toBe(0);
    expect(hashWorld(play(await stored()).world!)).toBe(hashWorld(stage.session.world));
  });

  test("away beyond what memory holds, the recording ends where the first part did not fit, and says so", async () => {
    record({ waitingBytesMax: 4_000 });
    const [one, two] = [new Stage(LONG, "one", clock), new Stage(LONG, "two", clock)];
    for (const stage of [one, two]) {
      stage.startDuel();
      recordings.begin(stage.session);
    }
    store.away = true;
    for (let turn = 0; turn < 60; turn++) {
      fight(one, 20);
      fight(two, 20);
      await turns();
      expect(recordings.waitingBytes).toBeLessThan(4_500);
    }
    store.away = false;
    await turns(2);
    for (const { session } of [one, two]) {
      const parts = await stored(session.id);
      expect(parts.at(-1)).toMatchObject({ end: "store_away", firstTick: parts.at(-2)?.lastTick ?? 0 });
      play(parts);
    }
    expect(recordings.ends).toMatchObject({ store_away: 2 });
  });

  test("a store that does not answer holds up no tick, no end and no other work", async () => {
    record();
    const stage = new Stage(LONG, "session", clock);
    stage.startDuel();
    recordings.begin(stage.session);
    const open = Promise.withResolvers<void>();
    store.gate = open.promise;
    for (let turn = 0; turn < 12; turn++) {
      clock.advance(RECORDING_TURN_MS);
      vi.advanceTimersByTime(RECORDING_TURN_MS);
      fight(stage, 20);
    }
    expect(stage.session.world.tick).toBe(240);
    open.resolve();
    await turns(11);
    play(await stored());
  });

  test("readers who come while the store is slow wait for one piece of work together", async () => {
    record();
    const open = Promise.withResolvers<void>();
    store.gate = open.promise;
    const [one, two] = [new Stage(LONG, "one", clock), new Stage(LONG, "two", clock)];
    for (const stage of [one, two]) {
      stage.startDuel();
      recordings.begin(stage.session);
      fight(stage, 20);
    }
    endOf(one.session);
    const first = recordings.flush("one");
    await Promise.resolve(); // It has begun, and hangs.
    endOf(two.session);
    const readers = Array.from({ length: 50 }, () => recordings.flush("two"));
    store.away = true;
    open.resolve();
    await Promise.all([first, ...readers]);
    expect(recordings.counts.failures).toBe(2);
    store.away = false;
    await recordings.flush("two");
    expect((await stored("two")).at(-1)).toMatchObject({ end: "over" });
  });

  test("parts of all sessions are written together", async () => {
    record();
    const stages = Array.from({ length: 20 }, (_, at) => new Stage(LONG, `session-${at}`, clock));
    for (const stage of stages) {
      stage.startDuel();
      recordings.begin(stage.session);
      fight(stage, 5);
    }
    const before = store.appends;
    for (const { session } of stages) endOf(session);
    await turns();
    expect(store.appends - before).toBe(1);
    expect(recordings.counts.parts).toBe(40);
  });

  test("whole worlds of sessions that begin together are spread over the time from one to the next", async () => {
    record();
    const stages = Array.from({ length: 30 }, (_, at) => new Stage(LONG, `session-${at}`, clock));
    for (const stage of stages) {
      stage.startDuel();
      recordings.begin(stage.session);
    }
    const worldsByPart: number[] = [];
    await turns(); // How each begins.
    let seen = stages.length;
    for (let part = 0; part < 2 * PARTS_OF_A_WORLD; part++) {
      for (let turn = 0; turn < RECORDING_PART_MS / RECORDING_TURN_MS; turn++) {
        await turns();
        for (const { session } of stages)
          for (let ms = 0; ms < RECORDING_TURN_MS; ms += TICK_MS) session.handleTick(clock.nowMs(), clock.unixMs());
      }
      const parts = (await Promise.all(stages.map(({ session }) => stored(session.id)))).flat();
      const worlds = parts.filter(({ world }) => world !== null).length;
      worldsByPart.push(worlds - seen);
      seen = worlds;
    }
    const fair = stages.length / PARTS_OF_A_WORLD;
    expect(worldsByPart.slice(1)).toEqual(Array(worldsByPart.length - 1).fill(fair));
  });

  test("an input that cannot be recorded ends the recording, not the match", async () => {
    record();
    const stage = new Stage(LONG, "session", clock);
    const { ann } = stage.startDuel();
    recordings.begin(stage.session);
    fight(stage, 20);
    await turns(11);
    const cyclic: Record<string, unknown> = {};
    cyclic["itself"] = cyclic;
    const position = { x: 0, y: 0, z: 0, ...cyclic };
    const order = { seq: 1, position, yaw: null, pitch: null, stance: null, clientMs: null };
    stage.session.handleMove(clock.nowMs(), ann, order);
    fight(stage, 20);
    await turns(2);
    const parts = await stored();
    expect(parts.at(-1)).toMatchObject({ end: "failed", lastTick: parts.at(-2)!.lastTick });
    play(parts);
    expect(stage.session.world.tick).toBe(40);
  });
});

test("a world that cannot be packed is not recorded, or no further, and is played all the same", async () => {
  record();
  const [odd, later] = [new Stage(LONG, "odd", clock), new Stage(LONG, "later", clock)];
  for (const stage of [odd, later]) stage.startDuel();
  Object.assign(odd.session.world, { oddity: 1n }); // JSON has no word for it.
  recordings.begin(odd.session);
  recordings.begin(later.session);
  fight(later, 20);
  await turns();
  Object.assign(later.session.world, { oddity: 1n });
  for (const stage of [odd, later]) fight(stage, 20);
  endOf(later.session);
  await turns();
  expect(await stored("odd")).toEqual([]);
  const parts = await stored("later");
  expect(parts.at(-1)).toMatchObject({ end: "failed", world: null });
  play(parts);
  expect([odd, later].map(({ session }) => session.world.tick)).toEqual([20, 40]);
});

describe("endings", () => {
  test.each([
    { name: "the process stops", end: "moved", stop: () => recordings.close() },
    {
      name: "another owner has it",
      end: "moved",
      stop: async (session: Session) => {
        recordings.end(session, "moved");
        await turns();
      },
    },
    {
      name: "it is asked for right after the end",
      end: "over",
      stop: async (session: Session) => {
        endOf(session);
        await recordings.flush(session.id);
      },
    },
  ])("when $name everything up to then is stored, and the last part says $end", async ({ end, stop }) => {
    record();
    const stage = new Stage(LONG, "session", clock);
    stage.startDuel();
    recordings.begin(stage.session);
    fight(stage, 30);
    await stop(stage.session);
    const parts = await stored();
    expect(parts.at(-1)).toMatchObject({ end, lastTick: 30 });
    expect(hashWorld(play(parts).world!)).toBe(hashWorld(stage.session.world));
  });

  test("recordings older than they are kept are deleted", async () => {
    record();
    const head = { sessionId: "old", epoch: 1, number: 0, firstTick: 0, lastTick: 9, end: null };
    await store.append([{ ...head, content: new Uint8Array(9) }]);
    clock.advance(3_600_001);
    await store.append([{ ...head, sessionId: "new", content: new Uint8Array(9) }]);
    await turns(RECORDINGS_SWEEP_MS / RECORDING_TURN_MS + 1);
    expect((await store.list("old")).parts).toEqual([]);
    expect((await store.list("new")).parts).toHaveLength(1);
  });

  test("more old recordings than one batch are deleted turn by turn, not minute by minute", async () => {
    record();
    const head = { epoch: 1, number: 0, firstTick: 0, lastTick: 9, end: null, content: new Uint8Array(9) };
    const ids = Array.from({ length: 2 * RECORDINGS_DELETED_MAX + 1 }, (_, at) => `old-${at}`);
    await store.append(ids.map((sessionId) => ({ ...head, sessionId })));
    clock.advance(3_600_001);
    await turns(3);
    expect((await Promise.all(ids.map((id) => stored(id)))).flat()).toEqual([]);
  });

  test("a part waits no longer than its time and a turn", async () => {
    record();
    const stage = new Stage(LONG, "session", clock);
    stage.startDuel();
    recordings.begin(stage.session);
    fight(stage, 20);
    await turns(RECORDING_PART_MS / RECORDING_TURN_MS);
    expect((await store.list("session")).parts[0]).toMatchObject({ firstTick: 0, lastTick: 20 });
  });
});
