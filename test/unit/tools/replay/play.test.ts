/** Recordings of several segments: checked, entered at any tick from the nearest world, held against each other. */
import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { RECORDING_TURN_MS } from "#combat/limits.ts";
import { Recordings } from "#combat/session/recordings.ts";
import type { Session } from "#combat/session/session.ts";
import { sessionOf, stateOf } from "#combat/session/state.ts";
import { hashWorld } from "#combat/sim/hash.ts";
import { type SavedRecording, SavedRecordingSchema } from "#gen/necpgame/combat/v1/recording_pb.js";
import { ManualClock } from "#kit/clock.ts";
import { silentLog } from "#kit/log.ts";
import { check, enter, parting, segmentAt } from "#tools/replay/play.ts";
import { type Segment, segmentsOf } from "#tools/replay/recording.ts";
import { segmentLine, worldLines } from "#tools/replay/show.ts";
import { Stage, settingsOf, TICK_MS } from "../../combat/session/fixture.ts";
import { MemoryRecordings } from "../../combat/session/memory-recordings.ts";

const TICKS = 1_500; // 75 s: past two recorded worlds.
const MOVED_AT = 1_000;
const STRICT = { otherContent: false };

type Recorded = { saved: SavedRecording; hashes: Map<string, string> };

/** A match that moves once; the first owner plays on for a second that nobody was shown. `stride`: of ann's steps. */
async function recorded(stride: number): Promise<Recorded> {
  const store = new MemoryRecordings();
  const clock = new ManualClock();
  store.unixMs = () => clock.unixMs();
  const recordings = new Recordings({ store, clock, log: silentLog, bytesMax: 2 ** 24, keptMs: 1e9 });
  const hashes = new Map<string, string>();
  const stage = new Stage(settingsOf({ scoreLimit: 500, timeLimitMinutes: 60 }), "session", clock);
  stage.startDuel();
  const play = async (session: Session, ticks: number) => {
    for (let tick = 0; tick < ticks; tick++) {
      const ann = session.roster.seat("ann")!;
      const { x, y, z } = session.fighter(ann)!.position;
      const pose = { yaw: tick, pitch: null, stance: null, clientMs: null };
      const dx = session.world.tick > 700 && tick % 2 === 0 ? stride : -10;
      session.handleMove(clock.nowMs(), ann, { seq: tick + 1, position: { x: x + dx, y, z }, ...pose });
      clock.advance(TICK_MS);
      session.handleTick(clock.nowMs(), 0);
      hashes.set(`${session.epoch}.${session.world.tick}`, hashWorld(session.world));
      if (tick % 200 !== 199) continue;
      vi.advanceTimersByTime(RECORDING_TURN_MS);
      await recordings.flush("nobody"); // Comes after the turn's own work.
    }
  };
  recordings.begin(stage.session);
  await play(stage.session, MOVED_AT);
  const state = structuredClone(stateOf(stage.session));
  await play(stage.session, 20);
  recordings.end(stage.session, "moved");
  const next = sessionOf(state, { epoch: 2, owner: "there#1" }, clock.nowMs());
  recordings.begin(next);
  await play(next, TICKS - MOVED_AT);
  await recordings.close();
  const stored = await store.read("session", { epoch: 0, number: 0 }, 2 ** 30);
  const parts = stored.map(({ end, sessionId: _, ...part }) => {
    return { $typeName: "necpgame.combat.v1.RecordingPart" as const, ...part, end: end ?? "" };
  });
  return { saved: create(SavedRecordingSchema, { sessionId: "session", parts }), hashes };
}

let one: Recorded;
let segments: Segment[];

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  one = await recorded(10);
  segments = segmentsOf(one.saved, STRICT);
});

afterAll(() => {
  vi.useRealTimers();
});

test("each owner's part is a segment, and both are as recorded", () => {
  expect(segments).toMatchObject([
    { epoch: 1, firstTick: 0, lastTick: MOVED_AT + 20, end: "moved", tickRateHz: 20 },
    { epoch: 2, firstTick: MOVED_AT, lastTick: TICKS, end: "moved" },
  ]);
  expect(segments[0]?.players).toEqual(
    new Map([
      [0, "ann"],
      [1, "bob"],
    ]),
  );
  for (const segment of segments) expect(check(segment).difference).toBeNull();
  expect(check(segments[1]!)).toMatchObject({ ticks: TICKS - MOVED_AT, hashes: 25 });
  expect(segmentLine(segments[0]!, segments[1])).toMatch(
    /ended: moved; what follows tick 1000 \(0:50\.0\) was played again$/,
  );
});

test.each([0, 1, 350, 600, 601, MOVED_AT - 1, MOVED_AT, MOVED_AT + 10, TICKS])(
  "tick %i is entered in the newest segment that had begun by then",
  (tick) => {
    expect(one.saved.parts.length).toBeGreaterThan(6);
    const segment = segmentAt(segments, tick)!;
    expect(segment.epoch).toBe(tick < MOVED_AT ? 1 : 2);
    const { world, ticksPlayed } = enter(segment, tick);
    expect(ticksPlayed).toBeLessThanOrEqual(800);
    expect(world.tick).toBe(tick);
    const expected = one.hashes.get(`${segment.epoch}.${tick}`);
    if (expected !== undefined && tick !== MOVED_AT) expect(hashWorld(world)).toBe(expected);
    expect(worldLines(world, segment.players)[0]).toContain(`tick ${tick} `);
  },
);

test("a segment that lost its last seconds says up to where it is whole", () => {
  const cut = { ...one.saved, parts: one.saved.parts.filter(({ epoch, end }) => epoch === 1 && end === "") };
  const [segment] = segmentsOf(cut, STRICT);
  expect(segment).toMatchObject({ end: null });
  expect(segmentLine(segment!, undefined)).toContain("no end was written: whole up to tick 1020 (0:51.0)");
  expect(check(segment!).difference).toBeNull();
});

describe("two recordings", () => {
  test("that are alike are alike", () => {
    expect(parting(segments, segments)).toBe("alike");
  });

  test("part at the first tick that differs, in the fields that do", async () => {
    const other = segmentsOf((await recorded(9)).saved, STRICT);
    const found = parting(segments, other);
    expect(found).toMatchObject({ epoch: 1 });
    if (typeof found === "string") return;
    expect(found.tick).toBeGreaterThan(700);
    expect(found.tick).toBeLessThan(705);
    expect(found.fields[0]?.field).toBe("fighters[0].position.x");
  });

  test("without a tick in common say so", () => {
    expect(parting([segments[0]!], [segments[1]!])).toBe("nothing in common");
  });
});

test.each([
  { name: "of nothing", parts: () => [], says: "no parts" },
  {
    name: "without a part in the middle",
    parts: () => one.saved.parts.filter(({ number }) => number !== 1),
    says: "part 1 of epoch 1 is missing",
  },
])("a recording $name is refused", ({ parts, says }) => {
  expect(() => segmentsOf({ ...one.saved, parts: parts() }, STRICT)).toThrow(says);
});
