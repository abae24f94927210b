import { describe, expect, test } from "vitest";
import { type Act, Brain, type Intent, type Other, RUN_METRES_PER_S } from "#tools/bots/brain.ts";
import { createWalkMap, isClear, isFree } from "#tools/bots/walk-map.ts";
import { YARD, YARD_SPAWNS, YARD_WALK } from "./yard.ts";

const STEP_MS = 50;

function brainAt(seed: number, at = YARD_SPAWNS[0]!): Brain {
  return new Brain({ seed, map: YARD_WALK, walls: YARD.walls, at });
}

function other(playerId: string, at = YARD_SPAWNS[50]!): Other {
  return { playerId, teamId: "theirs", position: at, alive: true, stance: "stand" };
}

/** Thinks on for a while; what it is asked to shoot at is never answered unless `answer` says how. */
function live(
  brain: Brain,
  others: readonly Other[],
  { forMs = 1_000, fromMs = 0, live = true, alive = true } = {},
): Intent[] {
  const intents: Intent[] = [];
  for (let nowMs = fromMs; nowMs < fromMs + forMs; nowMs += STEP_MS) {
    intents.push(brain.think({ nowMs, live, alive, playerId: "me", teamId: "ours", others }));
  }
  return intents;
}

function acts(intents: readonly Intent[]): Act[] {
  return intents.flatMap((intent) => intent.act ?? []);
}

describe("walks honestly", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "seed %i: never through a wall, never faster than it may, and it gets somewhere",
    (seed) => {
      const brain = brainAt(seed, YARD_SPAWNS[seed]);
      const start = brain.position;
      let before = brain.position;
      let farthest = 0;
      for (const { stride } of live(brain, [other("wanderer", YARD_SPAWNS[55 - seed])], {
        forMs: 120_000,
        live: false,
      })) {
        const metres = Math.hypot(stride!.x - before.x, stride!.y - before.y);
        expect(metres).toBeLessThanOrEqual((RUN_METRES_PER_S * STEP_MS) / 1000 + 0.02);
        expect(isClear(YARD_WALK, before, stride!)).toBe(true);
        farthest = Math.max(farthest, Math.hypot(stride!.x - start.x, stride!.y - start.y));
        before = stride!;
      }
      expect(farthest).toBeGreaterThan(20);
    },
  );

  test("a correction holds: the next step starts there", () => {
    const brain = brainAt(1);
    live(brain, [other("a")]);
    brain.handleCorrection(YARD_SPAWNS[30]!);
    const next = brain.think({ nowMs: 1_000, live: true, alive: true, playerId: "me", teamId: "ours", others: [] })
      .stride!;
    expect(Math.hypot(next.x - YARD_SPAWNS[30]!.x, next.y - YARD_SPAWNS[30]!.y)).toBeLessThan(0.35);
  });

  test("held up for long, it does not make up for it", () => {
    const brain = brainAt(1);
    live(brain, [other("a")], { live: false });
    const before = brain.position;
    const late = brain.think({
      nowMs: 60_000,
      live: false,
      alive: true,
      playerId: "me",
      teamId: "ours",
      others: [other("a")],
    });
    expect(Math.hypot(late.stride!.x - before.x, late.stride!.y - before.y)).toBeLessThanOrEqual(
      RUN_METRES_PER_S * 0.2 + 0.02,
    );
  });
});

test("the same seed, senses and answers give the same intents; another seed gives others", () => {
  const run = (seed: number) => live(brainAt(seed), [other("a"), other("b", YARD_SPAWNS[20])], { forMs: 20_000 });
  expect(run(7)).toEqual(run(7));
  expect(run(7)).not.toEqual(run(8));
});

describe("fights honestly", () => {
  const HERE = { x: 27.5, y: 25, z: 0 };
  const IN_SIGHT = other("foe", { x: 30.5, y: 25, z: 0 });
  const HOLDS = { success: true, action_type: "switch_weapon", cooldown_ms: 0, ammunition: 30 };

  /** Has the weapon it likes in hand. */
  function armed(seed = 1): Brain {
    const brain = brainAt(seed, HERE);
    expect(acts(live(brain, [], { forMs: STEP_MS }))[0]?.kind).toBe("switch_weapon");
    brain.handleAnswer(0, HOLDS);
    return brain;
  }

  test("shoots whom it sees, after it noticed, in the enemy's direction", () => {
    const intents = live(armed(), [IN_SIGHT], { fromMs: STEP_MS, forMs: 400 });
    const first = intents.findIndex(({ act }) => act?.kind === "attack");
    expect(first * STEP_MS).toBeGreaterThanOrEqual(250);
    const { direction } = acts(intents)[0] as Extract<Act, { kind: "attack" }>;
    expect(direction.x).toBeGreaterThan(2);
    expect(Math.abs(direction.y)).toBeLessThan(2);
  });

  test.each([
    { name: "behind a wall", others: [other("foe", { x: 27.5, y: 31, z: 0 })], walled: true, live: true, alive: true },
    { name: "a team mate", others: [{ ...IN_SIGHT, teamId: "ours" }], walled: false, live: true, alive: true },
    { name: "the dead", others: [{ ...IN_SIGHT, alive: false }], walled: false, live: true, alive: true },
    { name: "before the match", others: [IN_SIGHT], walled: false, live: false, alive: true },
    { name: "when dead itself", others: [IN_SIGHT], walled: false, live: true, alive: false },
  ])("does not shoot: $name", ({ others, walled, live: inMatch, alive }) => {
    const wall = { min: { x: 0, y: 27, z: 0 }, max: { x: 160, y: 28, z: 10 } };
    const walls = walled ? [wall] : YARD.walls;
    const brain = new Brain({ seed: 1, map: createWalkMap({ bounds: YARD.bounds, walls }), walls, at: HERE });
    brain.handleAnswer(0, HOLDS);
    const kinds = acts(live(brain, others, { forMs: 2_000, live: inMatch, alive })).map((act) => act.kind);
    expect(kinds).not.toContain("attack");
  });

  test("keeps the rhythm it is told, and waits for an answer before the next shot", () => {
    const brain = armed();
    let askedAtMs = Number.NEGATIVE_INFINITY;
    let shots = 0;
    for (let nowMs = STEP_MS; nowMs < 5_000; nowMs += STEP_MS) {
      const { act } = brain.think({
        nowMs,
        live: true,
        alive: true,
        playerId: "me",
        teamId: "ours",
        others: [IN_SIGHT],
      });
      if (act?.kind !== "attack") continue;
      expect(nowMs - askedAtMs).toBeGreaterThanOrEqual(300);
      askedAtMs = nowMs;
      shots += 1;
      brain.handleAnswer(nowMs + 20, { success: true, action_type: "attack", cooldown_ms: 300, ammunition: 9 });
    }
    expect(shots).toBeGreaterThan(10);
  });

  test.each([
    {
      name: "told that the magazine is empty",
      answer: { success: false, action_type: "attack", reason: "empty_magazine", cooldown_ms: 0, ammunition: 0 },
    },
    { name: "after its last round", answer: { success: true, action_type: "attack", cooldown_ms: 0, ammunition: 0 } },
  ])("reloads: $name", ({ answer }) => {
    const brain = armed();
    live(brain, [IN_SIGHT], { fromMs: STEP_MS, forMs: 350 });
    brain.handleAnswer(400, answer);
    expect(acts(live(brain, [IN_SIGHT], { fromMs: 600, forMs: 100 }))[0]).toEqual({ kind: "reload" });
  });

  test("aims better the longer it looks", () => {
    const spread = (fromMs: number) => {
      let worst = 0;
      for (let seed = 0; seed < 40; seed++) {
        const brain = armed(seed);
        live(brain, [IN_SIGHT], { fromMs: STEP_MS, forMs: 200 });
        brain.handleAnswer(250, { success: true, action_type: "attack", cooldown_ms: fromMs - 250, ammunition: 9 });
        const shot = acts(live(brain, [IN_SIGHT], { fromMs: 300, forMs: fromMs }))[0];
        if (shot?.kind !== "attack") continue;
        const straight = { x: IN_SIGHT.position.x - brain.position.x, y: IN_SIGHT.position.y - brain.position.y };
        const across =
          (shot.direction.x * straight.y - shot.direction.y * straight.x) / Math.hypot(straight.x, straight.y) ** 2;
        worst = Math.max(worst, Math.abs(across));
      }
      return worst;
    };
    expect(spread(3_000)).toBeLessThan(spread(400));
  });
});

test("somewhere to stand exists around every spawn of the first map", () => {
  for (const spawn of YARD_SPAWNS) expect(isFree(YARD_WALK, spawn)).toBe(true);
});
