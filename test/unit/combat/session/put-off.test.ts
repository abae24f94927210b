/** Ticks that are put off: whatever comes in when, the match is the one that it would be with every tick in its time. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PUT_OFF_MS } from "#combat/limits.ts";
import { Scheduler } from "#combat/session/scheduler.ts";
import type { Session } from "#combat/session/session.ts";
import { differences } from "#combat/sim/packed-world.ts";
import { nextBelow } from "#kit/rng.ts";
import { TICK_MS } from "./fixture.ts";
import { RandomPlay, seeds } from "./random-play.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const CINEMATIC = { mode: "cinematic", targetId: null, position: null, direction: null } as const;

/** What a session told, tick by tick; and how many ticks were taken later than the next was due. */
type Lived = { session: Session; told: unknown[]; late: number };

/** The same play for the same seed; its time is passed by a scheduler, as a host does it. */
function live(seed: number, mayPutOff: boolean): Lived {
  const random = new RandomPlay(seed);
  const { session, clock } = random.stage;
  const scheduler = new Scheduler(clock);
  const lived: Lived = { session, told: [], late: 0 };
  const tick = (nowMs: number) => {
    if (clock.nowMs() - nowMs >= TICK_MS) lived.late += 1;
    session.handleTick(nowMs, clock.unixMs());
    lived.told.push(...session.pollEvents(), ...session.pollOutcomes());
    session.shots.handleShown(session.shots.pollFresh());
    lived.told.push(
      session.shots.pollAll().shots,
      session.findings.pollAll().findings,
      session.cameras.pollFresh().map((fresh) => ({ ...fresh, unixMs: clock.unixMs() })), // Not a moment later, either.
      session.pollChanges("all", nowMs),
    );
  };
  const ticking = scheduler.add(TICK_MS, tick, () => mayPutOff && session.isIdleFor(PUT_OFF_MS));
  session.rouse = () => scheduler.rouse(ticking);
  random.stage.tick = (count = 1) => pass(count * TICK_MS);
  const pass = (ms: number) => {
    for (let passed = 0; passed < ms; passed++) {
      clock.advance(1);
      vi.advanceTimersByTime(1);
    }
  };
  random.stage.status("active");
  for (let given = 0; given < 200; given++) {
    random.command();
    if (nextBelow(random.rng, 3) === 0) pass(nextBelow(random.rng, 2_000));
    if (given === 100) session.cameras.handleRequest("eve", CINEMATIC); // Its star is chosen by the time as well.
  }
  scheduler.rouse(ticking);
  scheduler.stop();
  return lived;
}

let late = 0;

test.each(seeds(40))("seed %i", (seed) => {
  const [one, other] = [live(seed, false), live(seed, true)];
  expect(one.late).toBe(0);
  late += other.late;
  const isTold = (told: unknown) => told !== null && (!Array.isArray(told) || told.length > 0);
  expect(other.told.filter(isTold)).toEqual(one.told.filter(isTold));
  expect(differences(other.session.world, one.session.world, 5)).toEqual([]);
});

test("some were put off", () => {
  expect(late).toBeGreaterThan(2_000);
});
