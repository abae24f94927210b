/** Movement: what an honest body does is taken, at once; what is over the envelope is refused by the check that it breaks. */
import { describe, expect, test } from "vitest";
import { BUDGETS, SILENCE_MS } from "#combat/sim/budgets.ts";
import { afflict } from "#combat/sim/effects.ts";
import { SPEED_CM_PER_S } from "#combat/sim/envelope.ts";
import { hashWorld } from "#combat/sim/hash.ts";
import { STEP_SLACK_MS } from "#combat/sim/measures.ts";
import { leap } from "#combat/sim/motion.ts";
import { HELD_BACK_POINTS, HELD_BACK_US } from "#combat/sim/suspicion.ts";
import type { Point } from "#combat/sim/world.ts";
import { Arena, TICK_MS } from "./arena.ts";

const FROM = { side: 0, x: 5_000, y: 5_000, z: 0 };
const ENEMY = { side: 1, x: 15_000, y: 15_000 };

function arena(live = true): Arena {
  const stage = new Arena({ fighters: [FROM, ENEMY], live });
  stage.wait(5_000); // What came before is settled.
  return stage;
}

function by(dx: number, dy: number, dz: number): Point {
  return { x: FROM.x + dx, y: FROM.y + dy, z: FROM.z + dz };
}

describe("one move after a long silence", () => {
  test.each([
    { name: "standing still", to: by(0, 0, 0), check: null },
    { name: "a second's sprint", to: by(700, 0, 0), check: null },
    { name: "as far as the silence makes up for, and no farther", to: by(1_259, 0, 0), check: null },
    { name: "one centimetre more", to: by(1_261, 0, 0), check: "teleport" },
    { name: "the same across", to: by(892, 892, 0), check: "teleport" },
    { name: "a jump at full sprint", to: by(700, 0, 120), check: null },
    { name: "higher than anybody jumps", to: by(0, 0, 151), check: "physics" },
    { name: "beside the map", to: { x: -1, y: 5_000, z: 0 }, check: "bounds" },
    { name: "under the ground", to: { x: 5_000, y: 5_000, z: -1 }, check: "bounds" },
    { name: "over the ceiling", to: { x: 5_000, y: 5_000, z: 5_001 }, check: "bounds" },
    { name: "NaN", to: { x: Number.NaN, y: 5_000, z: 0 }, check: "bounds" },
    { name: "Infinity", to: { x: 5_000, y: Number.NEGATIVE_INFINITY, z: 0 }, check: "bounds" },
    { name: "1e308", to: { x: 1e308, y: 1e308, z: 1e308 }, check: "bounds" },
  ])("$name: $check", ({ to, check }) => {
    const world = arena();
    const before = structuredClone(world.fighter(0));
    const verdict = world.move(0, to, { seq: 9 });
    if (check === null) {
      expect(verdict).toEqual({ ok: true });
      expect(world.fighter(0).position).toEqual(to);
      return;
    }
    expect(verdict).toMatchObject({ ok: false, check, position: before.position });
    if (!verdict.ok) expect(verdict.measured).toBeGreaterThan(verdict.threshold);
    if (!verdict.ok) expect(Number.isSafeInteger(verdict.measured)).toBe(true);
    const { shortUs, longUs } = before.motion;
    expect(world.fighter(0)).toMatchObject({ position: before.position, lastInput: 9, motion: { shortUs, longUs } });
  });
});

test.each([
  { name: "yaw NaN", rest: { yaw: Number.NaN } },
  { name: "pitch Infinity", rest: { pitch: Number.POSITIVE_INFINITY } },
])("$name is refused and the facing stays", ({ rest }) => {
  const world = arena();
  expect(world.move(0, by(10, 0, 0), rest)).toMatchObject({ ok: false, check: "bounds" });
  expect(world.fighter(0)).toMatchObject({ position: by(0, 0, 0), yaw: 0, pitch: 0 });
});

test("who has just appeared may report its first 2 m at once, and no more than a step's slack", () => {
  const world = arena();
  leap(world.world, world.fighter(0), by(0, 0, 0));
  expect(world.move(0, by(200, 0, 0))).toEqual({ ok: true });
  expect(world.move(0, by(211, 0, 0))).toMatchObject({ ok: false, check: "teleport", threshold: 210 });
});

test("what is taken is whole: fractions are rounded, minus zero is zero, angles are kept in their bounds", () => {
  const world = arena();
  leap(world.world, world.fighter(0), { x: 0, y: 0, z: 0 });
  world.wait(3_000);
  const to = { x: 0.4, y: 12.6, z: 0 };
  expect(world.move(0, to, { yaw: 90_000, pitch: -20_000.4, stance: "crouch" })).toEqual({ ok: true });
  expect(world.fighter(0)).toMatchObject({ position: { x: 0, y: 13, z: 0 }, yaw: 36_000, pitch: -9_000 });
  expect(world.fighter(0).stance).toBe("crouch");
  expect(world.move(0, { x: -0, y: 13, z: -0 }, { yaw: -0 })).toEqual({ ok: true });
  expect(Object.is(world.fighter(0).position.x, 0) && Object.is(world.fighter(0).yaw, 0)).toBe(true);
});

test("null keeps yaw, pitch and stance as they were", () => {
  const world = arena();
  world.move(0, by(0, 0, 0), { yaw: 4_500, pitch: 100, stance: "crouch" });
  world.move(0, by(5, 0, 0));
  expect(world.fighter(0)).toMatchObject({ yaw: 4_500, pitch: 100, stance: "crouch" });
});

type Run = { cmPerTick: number; updatesPerTick?: number; seconds?: number; prepare?: (world: Arena) => void };

/** Runs along x, to and fro, and gives what was found, and after how many ms. */
function run({ cmPerTick, updatesPerTick = 1, seconds = 10, prepare }: Run): { checks: string[]; foundMs: number } {
  const world = arena();
  prepare?.(world);
  const checks: string[] = [];
  let foundMs = Number.POSITIVE_INFINITY;
  let x: number = FROM.x;
  let way = 1;
  const startMs = world.world.nowMs;
  for (let tick = 0; tick < (seconds * 1_000) / TICK_MS; tick++) {
    world.step();
    for (let update = 1; update <= updatesPerTick; update++) {
      const atMs = world.world.nowMs + Math.floor((update * (TICK_MS - 1)) / updatesPerTick);
      if (x > 19_000) way = -1;
      if (x < 1_000) way = 1;
      x += (way * cmPerTick) / updatesPerTick;
      const verdict = world.move(0, { x: Math.round(x), y: FROM.y, z: 0 }, { atMs });
      if (!verdict.ok) x = verdict.position.x;
      for (const { check } of verdict.findings ?? []) {
        checks.push(check);
        foundMs = Math.min(foundMs, atMs - startMs);
      }
    }
  }
  return { checks, foundMs };
}

describe("running for ten seconds", () => {
  test.each([
    { name: "7 m/s is never refused", cmPerTick: 35 },
    { name: "nor in small steps", cmPerTick: 35, updatesPerTick: 5 },
    { name: "nor at a walk", cmPerTick: 12 },
    { name: "10 % more does not hold for ten seconds", cmPerTick: 38.5, withinMs: 10_000 },
    { name: "30 % more does not hold for two", cmPerTick: 45.5, withinMs: 2_000 },
    { name: "nor in small steps ", cmPerTick: 45.5, updatesPerTick: 5, withinMs: 2_000 },
    { name: "twice the speed does not hold for one", cmPerTick: 70, withinMs: 1_000 },
  ])("$name", ({ withinMs, ...at }) => {
    const { checks, foundMs } = run(at);
    if (withinMs === undefined) expect(checks).toEqual([]);
    else expect(new Set(checks)).toEqual(new Set(["speed"]));
    if (withinMs !== undefined) expect(foundMs).toBeLessThanOrEqual(withinMs);
  });

  test("many small cheats add up: 4 % are found within a minute", () => {
    expect(run({ cmPerTick: 36.4, seconds: 20 }).checks).toEqual([]);
    expect(run({ cmPerTick: 36.4, seconds: 60 }).checks).toContain("speed");
  });

  test("who is slowed is as fast as before until the client can know, then slower", () => {
    const slowed = { kind: "slow", potency: 50, durationMs: 60_000, by: null } as const;
    const prepare = (world: Arena) => void afflict(world.world, world.fighter(0), slowed);
    expect(run({ cmPerTick: 17, prepare }).checks).toEqual([]);
    expect(run({ cmPerTick: 30, prepare }).checks).toContain("speed");
  });

  test("who is in haste is faster, and no more than that", () => {
    const hasty = { kind: "haste", potency: 80, durationMs: 60_000, by: null } as const;
    const prepare = (world: Arena) => void afflict(world.world, world.fighter(0), hasty);
    expect(run({ cmPerTick: 62, prepare }).checks).toEqual([]);
    expect(run({ cmPerTick: 75, prepare }).checks).toContain("speed");
  });

  test("who answers pings late is slowed no later than others", () => {
    const slowed = { kind: "slow", potency: 50, durationMs: 60_000, by: null } as const;
    const world = arena();
    afflict(world.world, world.fighter(0), slowed);
    world.move(0, by(0, 0, 0), { rttMs: 5_000 });
    const { percentUntilMs } = world.fighter(0).motion;
    expect(percentUntilMs - world.world.nowMs).toBe(550);
  });

  test("the crouched go at a crouch's speed", () => {
    const prepare = (world: Arena) => void world.move(0, by(0, 0, 0), { stance: "crouch" });
    expect(run({ cmPerTick: 20, prepare }).checks).toEqual([]);
    expect(run({ cmPerTick: 30, prepare }).checks).toContain("speed");
  });
});

test("no way of sending covers more ground than the greatest speed and what a budget holds", () => {
  const world = arena();
  for (let tick = 0; tick < 200; tick++) {
    world.step();
    for (const stride of [900, 500, 200, 60, 20, 7, 3, 1, 1, 1]) {
      const { x, y, z } = world.fighter(0).position;
      if (x + stride <= 20_000) world.move(0, { x: x + stride, y, z }, { atMs: world.world.nowMs + 49 });
    }
  }
  const seconds = (200 * TICK_MS + 49) / 1_000;
  const heldSeconds = (BUDGETS.long.fullUs + SILENCE_MS * 1_000) / 1_000_000;
  expect(world.fighter(0).position.x - FROM.x).toBeLessThanOrEqual(
    SPEED_CM_PER_S.ground * 1.02 * (seconds + heldSeconds),
  );
});

describe("a silence and its moves at once", () => {
  /** Of so many moves of 35 cm, how many are taken, and by which check the others are refused. */
  function burst(world: Arena, moves: number): { taken: number; checks: Set<string> } {
    const checks = new Set<string>();
    let taken = 0;
    const from = world.fighter(0).position;
    for (let update = 1; update <= moves; update++) {
      const verdict = world.move(0, { ...from, x: from.x + update * 35 });
      if (verdict.ok) taken += 1;
      else checks.add(verdict.check);
    }
    return { taken, checks };
  }

  test("one second of them is forgiven", () => {
    const world = arena();
    world.move(0, by(0, 0, 0));
    world.wait(1_000);
    expect(burst(world, 20)).toEqual({ taken: 20, checks: new Set() });
  });

  test("a second burst right after it is not", () => {
    const world = arena();
    world.move(0, by(0, 0, 0));
    world.wait(1_000);
    burst(world, 20);
    expect(burst(world, 20).checks).toContain("speed");
  });

  test("of three seconds' way at once the longest silence, a budget and the slack of one step are taken, and time is named", () => {
    const world = arena();
    world.move(0, by(0, 0, 0));
    world.wait(3_000);
    const { taken, checks } = burst(world, 60);
    const heldMs = BUDGETS.long.fullUs / 1_000 + SILENCE_MS;
    expect(taken).toBeLessThanOrEqual((heldMs * 1.02 + STEP_SLACK_MS) / TICK_MS); // The slack is from where the correction says.
    expect(checks).toContain("time");
  });

  test("who has sent steadily while standing has no more than a full budget", () => {
    const world = arena();
    for (let tick = 0; tick < 100; tick++) {
      world.step();
      world.move(0, by(0, 0, 0));
    }
    expect(world.fighter(0).motion.longUs).toBeLessThanOrEqual(BUDGETS.long.fullUs + 2 * TICK_MS * 1_000);
  });

  test("a silence again and again, and each time its moves at once, is a switch in the line", () => {
    const world = arena();
    const found = new Set<string>();
    for (let round = 0; round < 10; round++) {
      const from = world.fighter(0).position;
      world.wait(1_300);
      for (let update = 1; update <= 26; update++) {
        const verdict = world.move(0, { ...from, x: from.x + update * 35 });
        for (const { check } of verdict.findings ?? []) found.add(check);
      }
    }
    expect(found).toContain("time");
  });
});

test("more updates than any client sends are refused by their rate", () => {
  const world = arena();
  const checks = new Set<string>();
  for (let update = 0; update < 400; update++) {
    const verdict = world.move(0, by(0, 0, 0));
    if (!verdict.ok) checks.add(verdict.check);
  }
  expect(checks).toEqual(new Set(["rate"]));
});

describe("a claimed time", () => {
  test.each([
    { name: "of the past is fine", claimedMs: -200, check: null },
    { name: "of now is fine", claimedMs: 0, check: null },
    { name: "of the future is refused", claimedMs: 101, check: "latency" },
    { name: "older than any network makes it is refused", claimedMs: -3_101, check: "time" },
  ])("$name", ({ claimedMs, check }) => {
    const world = arena();
    const verdict = world.move(0, by(10, 0, 0), { claimedMs: world.world.nowMs + claimedMs, rttMs: 100 });
    expect(verdict.ok ? null : verdict.check).toBe(check);
  });

  test("is believed as far as the measured round trip allows", () => {
    const world = arena();
    const { nowMs } = world.world;
    const [finding] = world.move(0, by(3_000, 0, 0), { claimedMs: nowMs - 900, rttMs: 100 }).findings ?? [];
    expect(finding).toMatchObject({ claimedMs: nowMs - 900, usedMs: nowMs - 300, rttMs: 100 });
  });

  test("may be ahead when the server's own time stood still", () => {
    const world = arena();
    world.step([{ kind: "stalled" }]);
    expect(world.move(0, by(10, 0, 0), { claimedMs: world.world.nowMs + 1_500, rttMs: 100 }).ok).toBe(true);
  });
});

test("a time before the last move earns nothing and harms nothing", () => {
  const world = arena();
  const { nowMs } = world.world;
  expect(world.move(0, by(700, 0, 0), { atMs: nowMs }).ok).toBe(true);
  expect(world.move(0, by(700, 0, 0), { atMs: -5_000 }).ok).toBe(true);
  expect(world.move(0, by(2_000, 0, 0), { atMs: 0 })).toMatchObject({ ok: false, check: "teleport" });
});

describe("the air", () => {
  /** A way upwards and down again, a sample a tick; gives the checks that found something. */
  function fly(heights: readonly number[]): string[] {
    const world = arena();
    const found: string[] = [];
    for (const z of heights) {
      world.step();
      const verdict = world.move(0, by(0, 0, z));
      for (const { check } of verdict.findings ?? []) found.push(check);
    }
    return found;
  }

  const jump = Array.from({ length: 22 }, (_, tick) => {
    const seconds = (tick + 1) / 20;
    return Math.max(0, Math.round(490 * seconds - (980 * seconds * seconds) / 2));
  });

  test.each([
    { name: "a jump is taken", heights: jump },
    { name: "so are jumps one after the other", heights: [...jump, ...jump, ...jump] },
    { name: "hovering is not", heights: [0, 20, 40, 60, 80, ...Array(40).fill(80)], check: "physics" },
    { name: "nor gliding", heights: [...jump.slice(0, 10), ...Array(30).fill(100)], check: "physics" },
    { name: "nor rising on", heights: jump.map((_, tick) => tick * 15), check: "physics" },
  ])("$name", ({ heights, check }) => {
    expect([...new Set(fly(heights))]).toEqual(check === undefined ? [] : [check]);
  });

  test("slow clients may land unseen, but not for ever", () => {
    const world = arena();
    const found: string[] = [];
    for (let sample = 0; sample < 40; sample++) {
      world.wait(550);
      const from = world.fighter(0).position;
      const verdict = world.move(0, { ...from, x: Math.min(19_000, from.x + 300), z: 140 });
      for (const { check } of verdict.findings ?? []) found.push(check);
    }
    expect(found).toContain("physics");
  });

  test("falling off is taken, also from high above; gliding down is not", () => {
    const platform = [{ min: { x: 4_000, y: 4_000, z: 0 }, max: { x: 5_000, y: 6_000, z: 800 } }];
    for (const pull of [980, 200]) {
      const world = new Arena({ fighters: [{ ...FROM, x: 4_990, z: 800 }, ENEMY], walls: platform });
      leap(world.world, world.fighter(0), { x: 4_990, y: 5_000, z: 800 });
      world.wait(5_000);
      const found: string[] = [];
      for (let tick = 0; tick < 60; tick++) {
        world.step();
        const seconds = tick / 20;
        const z = Math.max(0, Math.round(800 - (pull * seconds * seconds) / 2));
        const verdict = world.move(0, { x: Math.min(5_300, 5_041 + tick * 10), y: 5_000, z });
        for (const { check } of verdict.findings ?? []) found.push(check);
      }
      expect([...new Set(found)]).toEqual(pull === 980 ? [] : ["physics"]);
    }
  });
});

describe("after a correction", () => {
  /** Jumps to and fro in the circle around where it was told to stand; how far it came, metres a second. */
  function jumpAbout(seconds: number, ask: (world: Arena) => void): number {
    const world = arena();
    let jumped = 0;
    for (let tick = 0; tick < seconds * 20; tick++) {
      world.step();
      if (tick % 40 === 0) ask(world);
      for (const dx of [-600, 600]) {
        const from = world.fighter(0).position;
        const to = { ...from, x: from.x < FROM.x ? FROM.x + dx : FROM.x - dx };
        if (world.move(0, to, { atMs: world.world.nowMs + 40, rttMs: 1_000 }).ok) jumped += Math.abs(to.x - from.x);
      }
    }
    return jumped / 100 / seconds;
  }

  test.each([
    { name: "a respawn", ask: (world: Arena) => leap(world.world, world.fighter(0), by(0, 0, 0)) },
    { name: "a correction", ask: (world: Arena) => void world.move(0, by(0, 0, 400), { rttMs: 1_000 }) },
  ])("nobody is faster for $name", ({ ask }) => {
    const seconds = 60;
    expect(jumpAbout(seconds, ask)).toBeLessThan(7 * 1.04 + 6 / 2); // And one step back in two seconds.
  });

  test("one step back to where it was told takes no time, a second one does", () => {
    const world = arena();
    world.move(0, by(0, 0, 400));
    world.wait(1_000);
    expect(world.move(0, by(700, 0, 0)).ok).toBe(true); // Made before it knew.
    world.step();
    expect(world.move(0, by(10, 0, 0)).ok).toBe(true);
    expect(world.move(0, by(700, 0, 0))).toMatchObject({ ok: false, check: "teleport" });
    expect(world.fighter(0).position).toEqual(by(10, 0, 0));
  });

  test.each([
    { name: "a network may do", to: by(3_000, 0, 0), check: "teleport", steady: 15, heldBack: HELD_BACK_POINTS },
    { name: "no network does", to: by(0, 0, 400), check: "physics", steady: 15, heldBack: 15 },
  ])("of somebody whose ways come held back what $name weighs $heldBack, not $steady", ({ to, check, ...points }) => {
    const found = (stalledUs: number) => {
      const world = arena();
      world.fighter(0).motion.stalledUs = stalledUs;
      return world.move(0, to).findings?.[0];
    };
    expect(found(HELD_BACK_US)).toMatchObject({ check, score: points.steady });
    expect(found(HELD_BACK_US + 1)).toMatchObject({ check, score: points.heldBack, verdict: "correct" });
  });

  test("who walks against walls is accused of all else as ever", () => {
    const wall = { min: { x: 5_040, y: 0, z: 0 }, max: { x: 5_140, y: 20_000, z: 500 } };
    const world = new Arena({ fighters: [FROM, ENEMY], walls: [wall] });
    world.wait(5_000);
    const points = (verdict: ReturnType<Arena["move"]>) => (verdict.findings ?? []).map(({ score }) => score);
    expect(points(world.move(0, by(60, 0, 0)))).toEqual([2]);
    expect(points(world.move(0, by(60, 0, 0)))).toEqual([]);
    expect(points(world.move(0, by(-3_000, 0, 0)))).toEqual([17]);
  });
});

describe("a set-back", () => {
  /** Half the long budget is gone, so `safe` stays; then absurd moves until somebody is set back. */
  function setBack(waitMs: number): { safe: Point; stood: Point; position: Point } {
    const world = arena();
    const { motion } = world.fighter(0);
    motion.safe = by(-1_000, 0, 0);
    motion.safeAtMs = world.world.nowMs - waitMs;
    const stood = world.fighter(0).position;
    motion.score = 29_000;
    motion.scoreAtMs = world.world.nowMs;
    expect(world.move(0, by(5_000, 0, 0)).findings?.[0]?.verdict).toBe("set_back");
    return { safe: by(-1_000, 0, 0), stood, position: world.fighter(0).position };
  }

  test("leads to where nothing was to complain of, if that is not long ago", () => {
    const { safe, position } = setBack(2_000);
    expect(position).toEqual(safe);
  });

  test("is no way home: what is older is no place to be carried to", () => {
    const { stood, position } = setBack(2_001);
    expect(position).toEqual(stood);
  });
});

test("in warmup one may walk", () => {
  expect(arena(false).move(0, by(300, 0, 0))).toEqual({ ok: true });
});

test("the dead stay where they fell, and their input is acknowledged", () => {
  const world = arena();
  world.kill(1, 0);
  const verdict = world.move(0, by(10, 0, 0), { seq: 3 });
  expect(verdict).toEqual({ ok: false, check: "dead", position: by(0, 0, 0), measured: 0, threshold: 0 });
  expect(world.fighter(0).lastInput).toBe(3);
});

test("when it is over nobody moves", () => {
  const world = arena();
  world.step([{ kind: "end", cause: "cancelled" }]);
  expect(world.move(0, by(10, 0, 0))).toMatchObject({ ok: false, check: "over", position: by(0, 0, 0) });
});

test.each([7, -1, 0.5, 1e9])("slot %s, where nobody sits, is refused as dead and changes nothing", (slot) => {
  const world = arena();
  const before = hashWorld(world.world);
  expect(world.move(slot, by(0, 0, 0), { seq: 5 })).toMatchObject({ ok: false, check: "dead" });
  expect(hashWorld(world.world)).toBe(before);
});

test("seq 0 acknowledges nothing", () => {
  const world = arena();
  world.move(0, by(1, 0, 0), { seq: 4 });
  world.move(0, by(2, 0, 0), { seq: 0 });
  expect(world.fighter(0).lastInput).toBe(4);
});

test("a respawn earns a full budget at the new spot", () => {
  const world = arena();
  world.move(0, by(700, 0, 0));
  world.kill(1, 0);
  world.wait(1_000);
  const { x, y, z } = world.fighter(0).position;
  world.wait(3_000);
  expect(world.move(0, { x: x > 10_000 ? x - 700 : x + 700, y, z })).toEqual({ ok: true });
});
