/** Lag compensation: a shot is judged by what its client was shown, and by nothing across a life, a leap or a pause. */
import { describe, expect, test } from "vitest";
import { beginTrack, HISTORY_MS, noHistory, poseAt, remember } from "#combat/sim/history.ts";
import { HISTORY_POSES_MAX } from "#combat/sim/limits.ts";
import { leap } from "#combat/sim/motion.ts";
import { CLAIM_TRUST_MS, posesAt, REWIND_MS_MAX, tickOf, viewOf, WAY_MS_MAX } from "#combat/sim/rewind.ts";
import { decide } from "#combat/sim/step.ts";
import type { Fighter, Point } from "#combat/sim/world.ts";
import { createRng, nextBelow } from "#kit/rng.ts";
import { Arena, TICK_MS } from "./arena.ts";

describe("how far back a shot is judged", () => {
  const atMs = 10_000;
  test.each([
    { name: "nothing claimed, nothing measured: the present", claimed: null, rttMs: null, rewindMs: 0 },
    { name: "nothing claimed: the measured round trip", claimed: null, rttMs: 100, wayMs: 50, rewindMs: 50 },
    { name: "a claim that fits the measurement holds", claimed: 120, rttMs: 80, wayMs: 40, rewindMs: 80 },
    { name: "a claim at the edge of trust holds", claimed: 10, rttMs: 210, wayMs: 10, rewindMs: 0 },
    { name: "a claim beyond it does not: measured beats claimed", claimed: 241, rttMs: 40, wayMs: 20, rewindMs: 20 },
    { name: "nor one of too little", claimed: 0, rttMs: 201, wayMs: 100, rewindMs: 101 },
    { name: "where nobody measures a claim holds", claimed: 200, rttMs: null, rewindMs: 200 },
    { name: "a claim of the future is the present", claimed: -500, rttMs: 20, rewindMs: 0 },
    { name: "never more than the cap, by claim", claimed: 251, rttMs: null, rewindMs: 250, capped: true },
    { name: "nor with a way here besides", claimed: 351, rttMs: 200, wayMs: 100, rewindMs: 250, capped: true },
    {
      name: "never more than the cap, by measurement",
      claimed: null,
      rttMs: 5_000,
      wayMs: 125,
      rewindMs: 250,
      capped: true,
    },
    { name: "the cap itself is not capped", claimed: 350, rttMs: 200, wayMs: 100, rewindMs: 250 },
  ])("$name", ({ claimed, rttMs, wayMs = 0, rewindMs, capped = false }) => {
    const claimedMs = claimed === null ? null : atMs - claimed;
    expect(viewOf({ atMs, claimedMs, rttMs })).toEqual({ atMs: atMs - wayMs - rewindMs, wayMs, rewindMs, capped });
  });

  test("not before the match began", () => {
    expect(viewOf({ atMs: 30, claimedMs: null, rttMs: 100 })).toEqual({
      atMs: 0,
      wayMs: 30,
      rewindMs: 0,
      capped: false,
    });
    expect(viewOf({ atMs: 20, claimedMs: null, rttMs: 300 })).toMatchObject({ atMs: 0, wayMs: 20, capped: false });
  });

  test("what these rows rest on", () => {
    expect([REWIND_MS_MAX, WAY_MS_MAX, CLAIM_TRUST_MS]).toEqual([250, 125, 200]);
  });
});

describe("where somebody stood", () => {
  const fighter = (x: number, rest: Partial<Fighter> = {}) =>
    ({ slot: 0, position: { x, y: 0, z: 0 }, stance: "stand", alive: true, ...rest }) as Fighter;

  function track(poses: readonly (readonly [number, number])[]) {
    const history = noHistory();
    for (const [index, [atMs, x]] of poses.entries()) {
      if (index === 0) beginTrack(history, fighter(x), atMs);
      else remember(history, fighter(x), atMs);
    }
    return { history, now: fighter(poses.at(-1)![1]) };
  }

  test.each([
    {
      name: "between two poses: on the line",
      poses: [
        [100, 0],
        [200, 100],
      ],
      atMs: 150,
      x: 50,
    },
    {
      name: "at a pose: that pose",
      poses: [
        [100, 0],
        [200, 100],
        [300, 300],
      ],
      atMs: 200,
      x: 100,
    },
    {
      name: "beyond the newest: the newest",
      poses: [
        [100, 0],
        [200, 100],
      ],
      atMs: 900,
      x: 100,
    },
    {
      name: "before the first: the first",
      poses: [
        [100, 7],
        [200, 100],
      ],
      atMs: 20,
      x: 7,
    },
    {
      name: "after a silence: standing until shortly before",
      poses: [
        [0, 0],
        [1_000, 100],
      ],
      atMs: 850,
      x: 0,
    },
    {
      name: "and moving from then on",
      poses: [
        [0, 0],
        [1_000, 150],
      ],
      atMs: 900,
      x: 50,
    },
  ] as { name: string; poses: [number, number][]; atMs: number; x: number }[])("$name", ({ poses, atMs, x }) => {
    const { history, now } = track(poses);
    expect(poseAt(history, now, atMs)).toMatchObject({ position: { x, y: 0, z: 0 }, alive: true });
  });

  test("a track that begins anew knows nothing from before", () => {
    const { history } = track([
      [100, 0],
      [200, 100],
    ]);
    beginTrack(history, fighter(5_000), 300);
    expect(poseAt(history, fighter(5_000), 150).position.x).toBe(5_000);
  });

  test("crouching begins with the pose that says so", () => {
    const { history } = track([[100, 0]]);
    remember(history, fighter(0, { stance: "crouch" }), 200);
    remember(history, fighter(0, { stance: "stand" }), 300);
    const stances = [150, 199, 200, 250, 300].map((atMs) => poseAt(history, fighter(0), atMs).stance);
    expect(stances).toEqual(["stand", "stand", "crouch", "crouch", "stand"]);
  });

  test("however often somebody moves, a whole second is known", () => {
    const history = noHistory();
    beginTrack(history, fighter(0), 0);
    for (let atMs = 1; atMs <= 5_000; atMs++) remember(history, fighter(atMs), atMs);
    const back = 5_000 - (HISTORY_MS - HISTORY_MS / HISTORY_POSES_MAX);
    expect(Math.abs(poseAt(history, fighter(5_000), back).position.x - back)).toBeLessThan(1);
  });
});

const SHOOTER = { side: 0, x: 5_000, y: 5_000 };
const TARGET = { side: 1, x: 8_000, y: 5_000 };

/** Somebody runs past at 6 m/s, one step a tick; the shooter aims at where the target was `agoMs` ago. */
function passing(): { arena: Arena; was: (agoMs: number) => Point } {
  const arena = new Arena({ fighters: [SHOOTER, TARGET] });
  for (let tick = 0; tick < 20; tick++) {
    arena.step();
    arena.move(1, { x: 8_000, y: 5_000 + tick * 30, z: 0 });
  }
  const { y } = arena.fighter(1).position;
  return { arena, was: (agoMs) => ({ x: 8_000, y: y - (agoMs / TICK_MS) * 30, z: 0 }) };
}

function aimed(at: Point): Point {
  const [x, y, z] = [at.x - SHOOTER.x, at.y - SHOOTER.y, at.z + 90 - 160];
  const length = Math.sqrt(x * x + y * y + z * z);
  return { x: x / length, y: y / length, z: z / length };
}

describe("a shot at who runs past", () => {
  test.each([
    {
      name: "hits who was shown there 200 ms ago, when the client says so",
      agoMs: 200,
      claimed: 200,
      rttMs: 150,
      hits: true,
    },
    { name: "hits by the measured round trip when it says nothing", agoMs: 200, claimed: null, rttMs: 200, hits: true },
    { name: "misses without either", agoMs: 200, claimed: null, rttMs: null, hits: false },
    { name: "hits the present with neither", agoMs: 0, claimed: null, rttMs: null, hits: true },
    { name: "misses what is longer ago than the cap", agoMs: 450, claimed: 450, rttMs: 250, hits: false },
    { name: "hits what was 250 ms ago when it was fired", agoMs: 370, claimed: 370, rttMs: 250, hits: true },
    { name: "misses with a claim that the measurement denies", agoMs: 240, claimed: 240, rttMs: 20, hits: false },
  ])("$name", ({ agoMs, claimed, rttMs, hits }) => {
    const { arena, was } = passing();
    const atMs = arena.world.nowMs;
    const shot = { ...arena.shot(0, aimed(was(agoMs))), claimedMs: claimed === null ? null : atMs - claimed, rttMs };
    const outcome = arena.act(shot);
    expect(outcome).toMatchObject({ kind: "done", hit: { struck: hits ? "player" : "nothing" } });
  });

  test("its receipt says what it was judged by", () => {
    const { arena, was } = passing();
    const atMs = arena.world.nowMs;
    const outcome = arena.act({ ...arena.shot(0, aimed(was(200))), claimedMs: atMs - 200, rttMs: 150 });
    const tickUsed = tickOf(arena.world, atMs - 200);
    expect(outcome).toMatchObject({ hit: { target: 1, rewindMs: 125, capped: false, tickUsed, headshot: false } });
    expect(tickUsed * TICK_MS).toBe(atMs - 200);
  });
});

describe("a shot begins where its shooter had told to stand when it came", () => {
  const still = { x: 8_000, y: 5_000, z: 0 };
  test.each([
    { name: "a move that came before it counts", movedMs: 10, shotMs: 10, hits: false },
    { name: "a move that came after it does not", movedMs: 20, shotMs: 10, hits: true },
  ])("$name", ({ movedMs, shotMs, hits }) => {
    const arena = new Arena({ fighters: [SHOOTER, TARGET] });
    arena.step();
    for (const slot of [0, 1]) beginTrack(arena.world.history, arena.fighter(slot), arena.world.nowMs);
    const { nowMs } = arena.world;
    const shot = { ...arena.shot(0, aimed(still)), atMs: nowMs + shotMs };
    arena.move(0, { x: SHOOTER.x, y: SHOOTER.y + 40, z: 0 }, { atMs: nowMs + movedMs });
    expect(arena.act(shot)).toMatchObject({ kind: "done", hit: { struck: hits ? "player" : "nothing" } });
  });
});

describe("nothing is judged across", () => {
  test("a new life: who came back is not hit where the fall was", () => {
    const { arena } = passing();
    const fell = arena.fighter(1).position;
    arena.kill(0, 1);
    arena.wait(1_000);
    expect(arena.fighter(1).alive).toBe(true);
    const atMs = arena.world.nowMs;
    const outcome = arena.act({ ...arena.shot(0, aimed(fell)), claimedMs: atMs - 240, rttMs: 150 });
    expect(outcome).toMatchObject({ kind: "done", hit: { struck: "nothing" } });
  });

  test("a leap: who was carried off is not hit on the way, nor where it began", () => {
    const { arena, was } = passing();
    const { x, y } = arena.fighter(1).position;
    leap(arena.world, arena.fighter(1), { x, y: y + 500, z: 0 });
    const atMs = arena.world.nowMs;
    for (const at of [was(200), { x, y: y + 250, z: 0 }]) {
      const outcome = arena.act({ ...arena.shot(0, aimed(at)), claimedMs: atMs - 200, rttMs: 150 });
      expect(outcome).toMatchObject({ kind: "done", hit: { struck: "nothing" } });
      arena.wait(200);
    }
  });

  test("a pause: after it everybody stands where they stand", () => {
    const { arena, was } = passing();
    decide(arena.world, { kind: "resume" });
    const atMs = arena.world.nowMs;
    const outcome = arena.act({ ...arena.shot(0, aimed(was(200))), claimedMs: atMs - 200, rttMs: 150 });
    expect(outcome).toMatchObject({ kind: "done", hit: { struck: "nothing" } });
  });

  test("a fall: who is down is no target, however alive when shown", () => {
    const { arena, was } = passing();
    arena.kill(null, 1);
    const atMs = arena.world.nowMs;
    const outcome = arena.act({ ...arena.shot(0, aimed(was(200))), claimedMs: atMs - 200, rttMs: 150 });
    expect(outcome).toMatchObject({ kind: "done", hit: { struck: "nothing" } });
  });
});

/** Everything that was taken, as a list without any cap; the answer is found by looking through all of it. */
class Oracle {
  private readonly poses: { slot: number; atMs: number; at: Point; begins: boolean }[] = [];

  take(fighter: Fighter, atMs: number, begins: boolean): void {
    this.poses.push({ slot: fighter.slot, atMs, at: fighter.position, begins });
  }

  where(slot: number, atMs: number): Point {
    let all = this.poses.filter((pose) => pose.slot === slot);
    all = all.slice(all.findLastIndex(({ begins }) => begins));
    const last = all.findLast((pose) => pose.atMs <= atMs);
    const next = all.find((pose) => pose.atMs > atMs);
    if (!last || !next) return (last ?? next)!.at;
    const from = Math.max(last.atMs, next.atMs - 150);
    const share = Math.max(0, (atMs - from) / (next.atMs - from));
    const axis = (name: "x" | "y" | "z") => last.at[name] + (next.at[name] - last.at[name]) * share;
    return { x: axis("x"), y: axis("y"), z: axis("z") };
  }
}

test("over random walks, falls and times, poses are those of an oracle that remembers everything", () => {
  const seed = Number(process.env["FUZZ_SEED"] ?? 20_261_124);
  const rng = createRng(seed);
  const arena = new Arena({
    fighters: [SHOOTER, TARGET, { side: 0, x: 3_000, y: 9_000 }, { side: 1, x: 9_000, y: 3_000 }],
  });
  const oracle = new Oracle();
  const fighters = () => arena.world.fighters.filter((fighter) => fighter !== null);
  for (const fighter of fighters()) {
    beginTrack(arena.world.history, fighter, arena.world.nowMs); // The arena has put them elsewhere.
    oracle.take(fighter, arena.world.nowMs, true);
  }
  const movedAtMs: number[] = [];
  let compared = 0;
  for (let tick = 0; tick < 3_000; tick++) {
    if (nextBelow(rng, 200) === 0) arena.kill(null, nextBelow(rng, 4));
    const { events } = arena.step();
    for (const event of events) {
      if (event.kind === "respawned") oracle.take(arena.fighter(event.slot), arena.world.nowMs, true);
    }
    let atMs = arena.world.nowMs;
    while (nextBelow(rng, 3) > 0) {
      atMs = Math.min(atMs + 1 + nextBelow(rng, 20), arena.world.nowMs + TICK_MS - 1);
      const fighter = arena.fighter(nextBelow(rng, 4));
      if (nextBelow(rng, 4) === 0 || atMs - (movedAtMs[fighter.slot] ?? 0) < 8) continue; // Closer ones give way.
      const step = () => nextBelow(rng, 21) - 10;
      const to = { x: fighter.position.x + step(), y: fighter.position.y + step(), z: 0 };
      if (arena.move(fighter.slot, to, { atMs }).ok) oracle.take(fighter, atMs, false);
      movedAtMs[fighter.slot] = atMs;
    }
    const then = Math.max(0, atMs - nextBelow(rng, WAY_MS_MAX + REWIND_MS_MAX + 1));
    const poses = posesAt(arena.world, then);
    for (const { slot } of fighters()) {
      const { x, y, z } = poses[slot]!.position;
      const told = oracle.where(slot, then);
      const off = Math.max(Math.abs(x - told.x), Math.abs(y - told.y), Math.abs(z - told.z));
      expect(off, `FUZZ_SEED=${seed} tick ${tick} slot ${slot} at ${then}`).toBeLessThan(0.001);
      compared += 1;
    }
  }
  expect(compared).toBe(12_000);
});
