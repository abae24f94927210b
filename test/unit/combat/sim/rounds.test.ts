import { describe, expect, test } from "vitest";
import type { StepInput } from "#combat/sim/inputs.ts";
import { decide, step } from "#combat/sim/step.ts";
import { createWorld, type Rules } from "#combat/sim/world.ts";
import { Arena, kinds, openMap, TICK_MS } from "./arena.ts";

const TEAMS = [
  { side: 0, x: 2_000, y: 2_000 },
  { side: 1, x: 4_000, y: 4_000 },
  { side: 0, x: 6_000, y: 6_000 },
  { side: 1, x: 8_000, y: 8_000 },
];

const ALL_BACK = "respawned respawned respawned respawned";

function arena(rules: Partial<Rules> = {}): Arena {
  return new Arena({ fighters: TEAMS, rules: { scoreLimit: 1, maxRounds: 3, ...rules } });
}

describe("start", () => {
  test("puts everybody at fresh spots with everything full, live, in round 1", () => {
    const world = new Arena({ fighters: TEAMS, live: false });
    world.fighter(0).magazine.assault_rifle = 1;
    const result = world.step([{ kind: "start" }]);
    expect(kinds(result)).toBe(`round_started ${ALL_BACK}`);
    expect(result.events[0]).toEqual({ kind: "round_started", round: 1 });
    const { phase, round, liveAtMs, nowMs } = world.world;
    expect({ phase, round, sinceMs: nowMs - liveAtMs }).toEqual({ phase: "live", round: 1, sinceMs: 0 });
    expect(world.fighter(0)).toMatchObject({ health: 10_000, magazine: { assault_rifle: 30 } });
    expect(new Set(TEAMS.map((_, slot) => JSON.stringify(world.fighter(slot).position))).size).toBe(4);
  });

  test("is asked once: later it changes nothing", () => {
    const world = arena();
    expect(world.step([{ kind: "start" }]).events).toEqual([]);
  });
});

describe("winning rounds", () => {
  test("the score limit ends a round, and the next begins with scores at nothing and everybody back", () => {
    const world = arena({ scoreLimit: 2 });
    expect(kinds(world.kill(0, 1))).toBe("damaged killed");
    const result = world.kill(0, 3);
    expect(kinds(result)).toBe(`damaged killed round_ended round_started ${ALL_BACK}`);
    // The score that won it, though the next round has begun already.
    expect(result.events[2]).toMatchObject({ kind: "round_ended", round: 1, winner: 0 });
    expect(result.events[2]).toHaveProperty("sides.0", { score: 2, roundsWon: 1 });
    expect(result.events[3]).toEqual({ kind: "round_started", round: 2 });
    expect(world.world.sides).toEqual([
      { score: 0, roundsWon: 1, kills: 2 },
      { score: 0, roundsWon: 0, kills: 0 },
    ]);
    expect(world.fighter(0)).toMatchObject({ kills: 2 });
    expect(world.fighter(1)).toMatchObject({ alive: true, health: 10_000, deaths: 1, respawnAtMs: 0 });
  });

  test("the blow that wins is the round's last: what came with it takes nothing", () => {
    const world = arena();
    const { outcomes } = world.step([world.blow(0, 1, 10_000), world.blow(1, 0, 10_000), world.shot(3, 2)]);
    expect(outcomes).toMatchObject([{ killed: true }, { lost: 0 }, { kind: "refused", reason: "not_active" }]);
    expect(world.fighter(0)).toMatchObject({ alive: true, deaths: 0 });
    expect(world.step([world.blow(1, 0, 10_000)]).outcomes).toMatchObject([{ killed: true }]);
  });

  test("blows in one tick count in order of arrival: the fallen still hurt by what was decided outside", () => {
    const world = arena({ scoreLimit: 5 });
    const { outcomes } = world.step([world.blow(0, 1, 10_000), world.shot(1, 0), world.blow(1, 0, 10_000)]);
    expect(outcomes).toMatchObject([{ killed: true }, { kind: "refused", reason: "dead" }, { killed: true }]);
    expect(world.world.sides.map(({ score }) => score)).toEqual([1, 1]);
  });
});

/** Who kills in which round; a letter is a side. Everything else follows from the rules. */
describe("winning matches", () => {
  test.each([
    { name: "more than half of the rounds win at once", maxRounds: 3, rounds: "aa", winner: 0 },
    { name: "the last round decides", maxRounds: 3, rounds: "aba", winner: 0 },
    { name: "a single round", maxRounds: 1, rounds: "b", winner: 1 },
    { name: "an even number of rounds can be drawn", maxRounds: 2, rounds: "ab", winner: null },
    { name: "half is not more than half", maxRounds: 4, rounds: "aabb", winner: null },
  ])("$name", ({ maxRounds, rounds, winner }) => {
    const world = arena({ maxRounds });
    let last = "";
    for (const [index, side] of [...rounds].entries()) {
      expect(world.world).toMatchObject({ phase: "live", round: index + 1 });
      const result = side === "a" ? world.kill(0, 1) : world.kill(1, 0);
      last = kinds(result);
      if (index === rounds.length - 1) {
        expect(result.events.at(-1)).toEqual({ kind: "match_ended", cause: "victory", winner });
      }
    }
    expect(last).toBe("damaged killed round_ended match_ended");
    expect(world.world).toMatchObject({ phase: "over", winner });
  });

  test("a tie in rounds goes to the side with more kills", () => {
    const world = arena({ maxRounds: 2, scoreLimit: 2 });
    world.kill(1, 0); // A kill that wins nothing, and so breaks the tie.
    world.kill(0, 1);
    world.kill(0, 3);
    world.kill(1, 0);
    expect(world.kill(1, 2).events.at(-1)).toEqual({ kind: "match_ended", cause: "victory", winner: 1 });
  });

  test("kills of those who left count for their side", () => {
    const world = arena({ maxRounds: 2, scoreLimit: 2 });
    world.kill(3, 0);
    world.step([{ kind: "remove", slot: 3 }]);
    world.kill(0, 1);
    world.wait(1_000);
    world.kill(0, 1);
    world.kill(1, 0);
    expect(world.kill(1, 2).events.at(-1)).toMatchObject({ kind: "match_ended", winner: 1 });
  });

  test("in deathmatch every player is a side", () => {
    const fighters = TEAMS.slice(0, 3).map((placed, side) => ({ ...placed, side }));
    const world = new Arena({ fighters, rules: { mode: "deathmatch", scoreLimit: 2, maxRounds: 1 } });
    world.kill(2, 0);
    expect(world.kill(2, 1).events.at(-1)).toEqual({ kind: "match_ended", cause: "victory", winner: 2 });
  });

  test("a side that has left wins nothing, however far it was ahead", () => {
    const fighters = TEAMS.slice(0, 3).map((placed, side) => ({ ...placed, side }));
    const world = new Arena({ fighters, rules: { mode: "deathmatch", scoreLimit: 9, timeLimitMs: 1_000 } });
    world.kill(2, 0);
    world.kill(2, 1);
    world.step([{ kind: "remove", slot: 2 }]);
    world.wait(1_000);
    expect(world.world).toMatchObject({ phase: "over", winner: null });
  });
});

describe("the time limit", () => {
  const rules = { timeLimitMs: 2_000, scoreLimit: 10, respawnMs: 60_000 };

  test.each([
    { name: "goes to the side ahead in score", kills: [[0, 1]], round: 0, winner: 0 },
    { name: "a draw without kills", kills: [], round: null, winner: null },
    {
      name: "a draw at equal scores",
      kills: [
        [0, 1],
        [3, 2],
      ],
      round: null,
      winner: null,
    },
  ])("$name", ({ kills, round, winner }) => {
    const world = arena(rules);
    world.step(kills.map(([by, target]) => world.blow(by!, target!, 10_000)));
    expect(kinds(world.wait(2_000 - 2 * TICK_MS))).toBe("");
    expect(world.step().events).toEqual([
      expect.objectContaining({ kind: "round_ended", round: 1, winner: round }),
      { kind: "match_ended", cause: "timeout", winner },
    ]);
    expect(world.world).toMatchObject({ phase: "over", winner });
  });

  test("runs in live play only, from the start on", () => {
    const world = new Arena({ fighters: TEAMS, rules, live: false });
    world.wait(10_000);
    world.step([{ kind: "start" }]);
    expect(kinds(world.wait(2_000 - TICK_MS))).toBe("");
    expect(kinds(world.step())).toBe("round_ended match_ended");
  });

  test("rounds won before count more than the score of the last", () => {
    const world = arena({ ...rules, scoreLimit: 1, maxRounds: 5 });
    world.kill(0, 1);
    world.step([{ kind: "rules", maxRounds: 5, timeLimitMs: 100 }]);
    expect(world.world).toMatchObject({ phase: "over", winner: 0, sides: [{ roundsWon: 1 }, { roundsWon: 0 }] });
  });

  test("no round begins when it is up: the one just won was the last", () => {
    const world = arena({ ...rules, scoreLimit: 1 });
    world.wait(2_000 - TICK_MS);
    const result = world.kill(1, 0);
    expect(kinds(result)).toBe("damaged killed round_ended match_ended");
    expect(result.events.at(-1)).toEqual({ kind: "match_ended", cause: "timeout", winner: 1 });
  });
});

describe("orders", () => {
  test("a jump to a round begins it: scores at nothing, everybody back, rounds won kept", () => {
    const world = arena({ scoreLimit: 2, maxRounds: 5 });
    world.kill(0, 1);
    const result = world.step([{ kind: "round", round: 4 }]);
    expect(kinds(result)).toBe(`round_started ${ALL_BACK}`);
    expect(world.world).toMatchObject({ round: 4, sides: [{ score: 0, kills: 1 }, { score: 0 }] });
    expect(world.fighter(1).alive).toBe(true);
  });

  test.each([0, 6])("there is no round %s of five to jump to", (round) => {
    const world = arena({ maxRounds: 5 });
    expect(world.step([{ kind: "round", round }]).events).toEqual([]);
    expect(world.world.round).toBe(1);
  });

  test("new limits hold from now on", () => {
    const world = arena({ maxRounds: 5 });
    world.step([{ kind: "rules", maxRounds: 1, timeLimitMs: 60_000 }]);
    expect(world.kill(1, 0).events.at(-1)).toEqual({ kind: "match_ended", cause: "victory", winner: 1 });
  });

  test.each([
    { name: "ending it names who is ahead", cause: "victory", winner: 1 },
    { name: "calling it off names nobody", cause: "cancelled", winner: null },
  ] as const)("$name", ({ cause, winner }) => {
    const world = arena({ scoreLimit: 5 });
    world.kill(1, 0);
    expect(world.step([{ kind: "end", cause }]).events).toEqual([{ kind: "match_ended", cause, winner }]);
    expect(world.world).toMatchObject({ phase: "over", winner });
  });

  test("between two ticks they hold at once and take no match time: nobody's wait goes on by them", () => {
    const world = arena({ scoreLimit: 5, respawnMs: TICK_MS });
    world.kill(0, 1);
    const { tick, nowMs } = world.world;
    const events = decide(world.world, { kind: "add", slot: 6, side: 1 });
    expect(events).toEqual([{ kind: "respawned", slot: 6, position: world.fighter(6).position }]);
    expect(world.world).toMatchObject({ tick, nowMs });
    expect(world.fighter(1).alive).toBe(false);
    expect(decide(world.world, { kind: "end", cause: "cancelled" })).toMatchObject([{ kind: "match_ended" }]);
    expect(decide(world.world, { kind: "remove", slot: 6 })).toEqual([]);
    expect(world.fighter(6).slot).toBe(6);
  });

  test("ending what never began names nobody", () => {
    const world = new Arena({ fighters: TEAMS.slice(0, 1), live: false });
    expect(world.step([{ kind: "end", cause: "victory" }]).events).toMatchObject([{ winner: null }]);
  });

  test("when it is over only the tick goes on", () => {
    const world = arena();
    world.kill(0, 1);
    world.step([{ kind: "end", cause: "cancelled" }]);
    const before = structuredClone(world.world);
    const orders: StepInput[] = [
      { kind: "start" },
      { kind: "round", round: 2 },
      { kind: "rules", maxRounds: 9, timeLimitMs: 9 },
      { kind: "end", cause: "victory" },
      { kind: "add", slot: 9, side: 0 },
      { kind: "remove", slot: 0 },
    ];
    expect(world.step(orders)).toEqual({ events: [], shots: [], outcomes: [], still: false });
    world.wait(5_000);
    expect({ ...world.world, tick: 0, nowMs: 0 }).toEqual({ ...before, tick: 0, nowMs: 0 });
  });
});

describe("coming and going", () => {
  test.each([
    { name: "a team with somebody left plays on", leave: [1], told: "", winner: null },
    { name: "the last of a team gone, the other wins", leave: [1, 3], told: "match_ended", winner: 0 },
    { name: "whoever goes last loses", leave: [0, 2], told: "match_ended", winner: 1 },
  ])("$name", ({ leave, told, winner }) => {
    const world = arena();
    const result = world.step(leave.map((slot) => ({ kind: "remove", slot })));
    expect(kinds(result)).toBe(told);
    if (told) expect(result.events).toEqual([{ kind: "match_ended", cause: "disconnect", winner }]);
    for (const slot of leave) expect(world.world.fighters[slot]).toBe(null);
  });

  test("when both of a duel leave in one tick, the first to go loses", () => {
    const world = new Arena({ fighters: TEAMS.slice(0, 2) });
    const { events } = world.step([
      { kind: "remove", slot: 0 },
      { kind: "remove", slot: 1 },
    ]);
    expect(events).toEqual([{ kind: "match_ended", cause: "disconnect", winner: 1 }]);
  });

  test("in warmup one may leave and others go on waiting", () => {
    const world = new Arena({ fighters: TEAMS.slice(0, 2), live: false });
    expect(world.step([{ kind: "remove", slot: 0 }]).events).toEqual([]);
    expect(world.world.phase).toBe("warmup");
  });

  test("who joins a match stands on a spot at once", () => {
    const world = arena();
    const { events } = world.step([{ kind: "add", slot: 6, side: 1 }]);
    expect(events).toEqual([{ kind: "respawned", slot: 6, position: world.fighter(6).position }]);
    expect(world.fighter(6)).toMatchObject({ alive: true, health: 10_000, kills: 0, side: 1 });
  });

  test("a leave for a seat nobody sits in changes nothing", () => {
    expect(arena().step([{ kind: "remove", slot: 40 }]).events).toEqual([]);
  });

  test.each([
    { name: "a seat taken", slot: 0, side: 0 },
    { name: "a seat too many", slot: 50, side: 0 },
    { name: "half a seat", slot: 9.5, side: 0 },
    { name: "a side too many", slot: 9, side: 200 },
  ])("$name is a broken promise", ({ slot, side }) => {
    const world = arena();
    expect(() => world.step([{ kind: "add", slot, side }])).toThrow();
  });
});

test.each([
  { name: "no tick rate", rules: { tickRateHz: 0 } },
  { name: "too high a tick rate", rules: { tickRateHz: 129 } },
  { name: "no rounds", rules: { maxRounds: 0 } },
  { name: "no score to reach", rules: { scoreLimit: 0 } },
  { name: "half a millisecond", rules: { respawnMs: 0.5 } },
  { name: "no time", rules: { timeLimitMs: 0 } },
])("a world with $name is not made", ({ rules }) => {
  expect(() => arena(rules)).toThrow();
});

test("ticks are numbered, and match time follows from the number alone", () => {
  const { rules } = arena({ tickRateHz: 30 }).world;
  const world = createWorld({ rules, map: openMap(), seed: 1 });
  const times = Array.from({ length: 7 }, () => {
    step(world, []);
    return world.nowMs;
  });
  expect(times).toEqual([33, 66, 100, 133, 166, 200, 233]);
  expect(world.tick).toBe(7);
});
