/** Modes: what scores, what does not, and how rounds of each end. */
import { describe, expect, test } from "vitest";
import type { SimEvent } from "#combat/sim/events.ts";
import type { Places, Wall } from "#combat/sim/maps.ts";
import { type ModeRules, PLAIN_MODE_RULES } from "#combat/sim/modes/mode-rules.ts";
import { dropFlag } from "#combat/sim/objectives.ts";
import type { PlayedMode, Rules } from "#combat/sim/world.ts";
import { Arena, kinds, openMap, type Placed, TICK_MS } from "./arena.ts";

const BASES = [
  { x: 2_000, y: 10_000, z: 0 },
  { x: 18_000, y: 10_000, z: 0 },
] as const;

const place = (id: string, x: number, y: number) => ({ id, position: { x, y, z: 0 }, radiusCm: 400 });

const PLACES: Places = {
  bases: BASES,
  hills: [place("north", 10_000, 15_000), place("south", 10_000, 5_000)],
  zones: [place("a", 6_000, 10_000), place("b", 10_000, 10_000), place("c", 14_000, 10_000)],
};

const AWAY: readonly Placed[] = [
  { side: 0, x: 500, y: 500 },
  { side: 1, x: 19_500, y: 500 },
  { side: 0, x: 500, y: 1_500 },
  { side: 1, x: 19_500, y: 1_500 },
];

type Setup = {
  rules?: Partial<Rules>;
  modeRules?: Partial<ModeRules>;
  fighters?: readonly Placed[];
  walls?: Wall[];
};

function arena(mode: PlayedMode, { rules, modeRules, fighters = AWAY, walls = [] }: Setup = {}): Arena {
  const inForce = { mode, scoreLimit: 100, ...rules, modeRules: { ...PLAIN_MODE_RULES, ...modeRules } };
  return new Arena({ walls, places: PLACES, fighters: [...fighters], rules: inForce });
}

function put(world: Arena, slot: number, { x, y, z = 0 }: { x: number; y: number; z?: number }): void {
  world.fighter(slot).position = { x, y, z };
}

const scores = (world: Arena) => world.world.sides.map(({ score }) => score);
const flag = (world: Arena, side: number) => world.world.objectives.flags[side]!;
const zone = (world: Arena, at = 0) => world.world.objectives.zones[at]!;

/** What was told of objectives, as "flag taken 0": the number is the slot. */
function news(result: { events: readonly { kind: string }[] }): string[] {
  return result.events.flatMap((event) => {
    if (event.kind !== "objective_changed") return [];
    const { objective, change, slot } = event as unknown as { objective: string; change: string; slot: number | null };
    return [`${objective} ${change} ${slot}`];
  });
}

describe("capture_the_flag", () => {
  test("a touch takes the enemy's flag, and the own base with the own flag home makes it a point", () => {
    const world = arena("capture_the_flag");
    put(world, 0, BASES[1]);
    expect(news(world.step())).toEqual(["flag taken 0"]);
    expect(flag(world, 1)).toMatchObject({ state: "carried", carrier: 0 });
    put(world, 0, BASES[0]);
    expect(news(world.step())).toEqual(["flag captured 0"]);
    expect(flag(world, 1)).toEqual({ state: "home", carrier: null, position: BASES[1], returnsAtMs: 0 });
    expect(scores(world)).toEqual([1, 0]);
    expect(world.fighter(0).feats).toMatchObject({ captures: 1, objectiveMs: TICK_MS });
  });

  test.each([
    { name: "cannot be captured while the own flag is away", captureWithFlagAway: false, told: [], score: 0 },
    { name: "can, if the rules say so", captureWithFlagAway: true, told: ["flag captured 0"], score: 1 },
  ])("$name", ({ captureWithFlagAway, told, score }) => {
    const world = arena("capture_the_flag", { modeRules: { captureWithFlagAway } });
    put(world, 0, BASES[1]);
    put(world, 1, BASES[0]);
    world.step();
    put(world, 0, BASES[0]);
    put(world, 1, { x: 10_000, y: 10_000 });
    expect(news(world.step())).toEqual(told);
    expect(scores(world)).toEqual([score, 0]);
  });

  test("the own flag at home is nobody's to take, and the enemy's needs a touch", () => {
    const world = arena("capture_the_flag");
    put(world, 0, BASES[0]);
    put(world, 2, { x: BASES[1].x - 121, y: BASES[1].y });
    expect(news(world.step())).toEqual([]);
    world.fighter(2).position = { ...BASES[1], z: 201 };
    expect(news(world.step())).toEqual([]);
  });

  test.each([
    { name: "falls", lose: (world: Arena) => world.kill(1, 0) },
    { name: "leaves", lose: (world: Arena) => world.step([{ kind: "remove", slot: 0 }]) },
    {
      name: "is moved by more than walking",
      lose: (world: Arena) => {
        const events: SimEvent[] = [];
        dropFlag(world.world, 0, events);
        put(world, 0, AWAY[0]!);
        return { events, outcomes: [] };
      },
    },
  ])("who $name drops it where it stood", ({ lose }) => {
    const world = arena("capture_the_flag");
    put(world, 0, BASES[1]);
    world.step();
    put(world, 0, { x: 9_000, y: 9_000 });
    expect(news(lose(world))).toEqual(["flag dropped 0"]);
    expect(flag(world, 1)).toMatchObject({ state: "dropped", carrier: null, position: { x: 9_000, y: 9_000 } });
  });

  test.each([
    { name: "in the air falls to the ground", feet: 9_000, z: 250, lies: 0 },
    { name: "over a box lies on it", feet: 12_000, z: 390, lies: 150 },
  ])("what is dropped $name", ({ feet, z, lies }) => {
    const box = { min: { x: 11_800, y: 11_800, z: 0 }, max: { x: 12_200, y: 12_200, z: 150 } };
    const world = arena("capture_the_flag", { walls: [box] });
    put(world, 0, BASES[1]);
    world.step();
    put(world, 0, { x: feet, y: feet, z });
    world.kill(1, 0);
    expect(flag(world, 1).position).toEqual({ x: feet, y: feet, z: lies });
  });

  test("who is set back drops it where that began", () => {
    const world = arena("capture_the_flag");
    world.wait(5_000); // What came before is settled.
    put(world, 0, BASES[1]);
    world.step();
    const { motion } = world.fighter(0);
    put(world, 0, { x: 9_000, y: 9_000 });
    motion.safe = { x: 8_000, y: 9_000, z: 0 };
    motion.safeAtMs = world.world.nowMs;
    motion.score = 95_000;
    motion.scoreAtMs = world.world.nowMs;
    world.move(0, { x: 1_000, y: 1_000, z: 0 }, { atMs: world.world.nowMs + 20 });
    expect(world.fighter(0).position).toEqual(motion.safe);
    expect(news(world.step())).toEqual(["flag dropped 0"]);
    expect(flag(world, 1)).toMatchObject({ state: "dropped", carrier: null, position: { x: 9_000, y: 9_000 } });
  });

  test("the dead take nothing", () => {
    const world = arena("capture_the_flag");
    world.kill(1, 0);
    put(world, 0, BASES[1]);
    expect(news(world.step())).toEqual([]);
  });

  test.each([
    { name: "its own side returns it by touch", slot: 1, told: ["flag returned 1"] },
    { name: "the enemy takes it up again", slot: 2, told: ["flag taken 2"] },
  ])("a dropped flag: $name", ({ slot, told }) => {
    const world = arena("capture_the_flag");
    put(world, 0, BASES[1]);
    world.step();
    put(world, 0, { x: 9_000, y: 9_000 });
    world.kill(1, 0);
    put(world, slot, { x: 9_000, y: 9_100 });
    expect(news(world.step())).toEqual(told);
  });

  test("goes home by itself when its time is up, and not before", () => {
    const world = arena("capture_the_flag", { modeRules: { flagReturnMs: 1_000 } });
    put(world, 0, BASES[1]);
    world.step();
    put(world, 0, { x: 9_000, y: 9_000 });
    world.kill(1, 0);
    expect(news(world.wait(1_000 - TICK_MS))).toEqual([]);
    expect(news(world.step())).toEqual(["flag returned null"]);
    expect(flag(world, 1)).toMatchObject({ state: "home", position: BASES[1] });
  });

  test("felling enemies scores nothing", () => {
    const world = arena("capture_the_flag");
    world.kill(0, 1);
    expect(scores(world)).toEqual([0, 0]);
    expect(world.fighter(0).kills).toBe(1);
  });

  test("the capture that reaches the limit ends the round, and flags are home in the next", () => {
    const world = arena("capture_the_flag", { rules: { scoreLimit: 1 } });
    put(world, 0, BASES[1]);
    put(world, 1, BASES[0]);
    world.step();
    dropFlag(world.world, 1, []);
    put(world, 1, AWAY[1]!);
    put(world, 2, BASES[0]);
    world.step();
    put(world, 0, BASES[0]);
    const result = world.step();
    expect(kinds(result)).toContain("objective_changed round_ended round_started");
    expect(world.world.objectives.flags.map(({ state }) => state)).toEqual(["home", "home"]);
  });
});

describe("king_of_the_hill", () => {
  const [north, south] = PLACES.hills;

  test("a second alone on the hill is a point, and time on it is kept for each", () => {
    const world = arena("king_of_the_hill");
    put(world, 0, north!.position);
    put(world, 2, north!.position);
    expect(news(world.wait(1_000))).toEqual(["hill captured null"]);
    expect(scores(world)).toEqual([1, 0]);
    expect([0, 1, 2].map((slot) => world.fighter(slot).feats.objectiveMs)).toEqual([1_000, 0, 1_000]);
  });

  test("while both are in it nobody scores", () => {
    const world = arena("king_of_the_hill");
    put(world, 0, north!.position);
    put(world, 1, north!.position);
    world.wait(3_000);
    expect(scores(world)).toEqual([0, 0]);
    expect(zone(world)).toMatchObject({ contested: true, owner: null });
  });

  test.each([
    { name: "empty", kill: false, outside: true },
    { name: "with nobody but the fallen on it", kill: true, outside: false },
  ])("$name it scores nobody", ({ kill, outside }) => {
    const world = arena("king_of_the_hill", { rules: { respawnMs: 60_000 } });
    put(world, 0, north!.position);
    world.step();
    if (kill) world.kill(1, 0);
    if (outside) put(world, 0, { x: north!.position.x + 401, y: north!.position.y });
    world.wait(3_000);
    expect(scores(world)).toEqual([0, 0]);
    expect(zone(world).owner).toBe(0);
  });

  test.each([
    { name: "moves on when its time is up", hillMovesMs: 2_000, told: ["hill moved null"], at: 1 },
    { name: "stays, if the rules say so", hillMovesMs: 0, told: [], at: 0 },
  ])("$name", ({ hillMovesMs, told, at }) => {
    const world = arena("king_of_the_hill", { modeRules: { hillMovesMs } });
    expect(news(world.wait(2_000))).toEqual(told);
    expect(zone(world).place).toBe(at);
  });

  test("after it moved the old place is worth nothing", () => {
    const world = arena("king_of_the_hill", { modeRules: { hillMovesMs: 2_000 } });
    world.wait(2_000);
    put(world, 0, north!.position);
    put(world, 1, south!.position);
    world.wait(1_000);
    expect(scores(world)).toEqual([0, 1]);
  });
});

describe("domination", () => {
  const [a, b] = PLACES.zones;
  const three: Placed[] = [
    ...AWAY,
    { side: 0, x: 500, y: 2_500 },
    { side: 0, x: 500, y: 3_500 },
    { side: 0, x: 500, y: 4_500 },
  ];

  test.each([
    { alone: 1, takesMs: 6_000 },
    { alone: 2, takesMs: 3_000 },
    { alone: 3, takesMs: 2_000 },
    { alone: 4, takesMs: 2_000 },
  ])("$alone take a zone of nobody's in $takesMs ms: more than three are no faster", ({ alone, takesMs }) => {
    const world = arena("domination", { fighters: three, modeRules: { zoneCaptureMs: 6_000 } });
    for (const slot of [0, 2, 4, 5].slice(0, alone)) put(world, slot, a!.position);
    expect(news(world.wait(takesMs - TICK_MS))).toEqual([]);
    expect(news(world.step())).toEqual(["zone captured null"]);
    expect(zone(world).owner).toBe(0);
    expect(world.fighter(0).feats.captures).toBe(1);
    expect(world.fighter(1).feats.captures).toBe(0);
  });

  test("an enemy's zone is first made nobody's", () => {
    const world = arena("domination", { modeRules: { zoneCaptureMs: 1_000 } });
    zone(world).owner = 1;
    put(world, 0, a!.position);
    expect(news(world.wait(1_000))).toEqual(["zone neutralised null"]);
    expect(zone(world).owner).toBeNull();
    expect(news(world.wait(1_000))).toEqual(["zone captured null"]);
  });

  test("each zone pays its holder a point a second, also with nobody in it", () => {
    const world = arena("domination");
    zone(world, 0).owner = 0;
    zone(world, 1).owner = 0;
    zone(world, 2).owner = 1;
    world.wait(2_000);
    expect(scores(world)).toEqual([4, 2]);
  });

  test("while two sides are in it nothing moves and nobody scores", () => {
    const world = arena("domination");
    zone(world, 1).owner = 1;
    put(world, 0, b!.position);
    put(world, 1, b!.position);
    world.wait(3_000);
    expect(zone(world, 1)).toMatchObject({ contested: true, owner: 1, takenMs: 0 });
    expect(scores(world)).toEqual([0, 0]);
  });

  test("what was begun and left goes back at the pace of one", () => {
    const world = arena("domination");
    put(world, 0, a!.position);
    put(world, 2, a!.position);
    world.wait(1_000);
    put(world, 0, AWAY[0]!);
    put(world, 2, AWAY[2]!);
    world.wait(500);
    expect(zone(world)).toMatchObject({ taker: 0, takenMs: 1_500 });
    world.wait(1_500);
    expect(zone(world)).toMatchObject({ taker: null, takenMs: 0 });
  });
});

describe("elimination", () => {
  test("nobody comes back within the round; the last side standing wins it, and then all are back", () => {
    const world = arena("elimination", { rules: { respawnMs: 0 } });
    world.kill(0, 1);
    world.wait(3_000);
    expect(world.fighter(1).alive).toBe(false);
    const result = world.kill(0, 3);
    expect(kinds(result)).toContain("killed round_ended round_started");
    expect(result.events.find(({ kind }) => kind === "round_ended")).toMatchObject({ winner: 0 });
    expect(AWAY.map((_, slot) => world.fighter(slot).alive)).toEqual([true, true, true, true]);
  });

  test("no score ends a round", () => {
    const world = arena("elimination", { rules: { scoreLimit: 1 } });
    expect(kinds(world.kill(0, 1))).toBe("damaged killed");
  });

  test("who comes late waits for the next round", () => {
    const world = arena("elimination");
    expect(kinds(world.step([{ kind: "add", slot: 4, side: 1 }]))).toBe("");
    expect(world.fighter(4)).toMatchObject({ alive: false, deaths: 0 });
    world.kill(0, 1);
    expect(kinds(world.kill(0, 3))).toContain("round_ended");
    expect(world.fighter(4).alive).toBe(true);
  });

  test("the last one standing of a side who leaves gives the round away", () => {
    const world = arena("elimination");
    world.kill(0, 1);
    expect(kinds(world.step([{ kind: "remove", slot: 3 }]))).toContain("round_ended round_started");
    expect(world.world.sides.map(({ roundsWon }) => roundsWon)).toEqual([1, 0]);
  });

  test.each([
    { name: "most standing", kill: [1], hurt: [0], winner: 0 },
    { name: "then most health", kill: [], hurt: [0], winner: 1 },
    { name: "then nobody", kill: [], hurt: [], winner: null },
  ])("when the time is up: $name", ({ kill, hurt, winner }) => {
    const world = arena("elimination", { rules: { timeLimitMs: 1_000 } });
    world.step([
      ...kill.map((slot) => world.blow(null, slot, 10_000)),
      ...hurt.map((slot) => world.blow(null, slot, 500)),
    ]);
    expect(world.wait(1_000).events.at(-1)).toEqual({ kind: "match_ended", cause: "timeout", winner });
  });
});

describe("sides and bases", () => {
  const spawnsOf = (base: number) =>
    [0, 1, 2].map((row) => ({ position: { ...BASES[base]!, y: 9_000 + 500 * row }, yaw: 0, base }));

  /** Plays rounds that side 0 wins, and says at which base side 0 began each. */
  function basesOfSideZero(mode: PlayedMode, modeRules: Partial<ModeRules>, maxRounds: number): number[] {
    const world = arena(mode, { rules: { maxRounds, scoreLimit: 1 }, modeRules });
    world.world.map = { ...openMap([], PLACES), spawns: [...spawnsOf(0), ...spawnsOf(1)] };
    const began: number[] = [];
    for (let round = 1; round <= maxRounds; round++) {
      world.step([{ kind: "round", round }]);
      began.push(world.fighter(0).position.x === BASES[0].x ? 0 : 1);
    }
    return began;
  }

  test.each([
    {
      name: "change after half of the rounds",
      mode: "capture_the_flag",
      swapSides: true,
      maxRounds: 4,
      at: [0, 0, 1, 1],
    },
    { name: "of an odd number later", mode: "domination", swapSides: true, maxRounds: 3, at: [0, 0, 1] },
    { name: "never in a single round", mode: "elimination", swapSides: true, maxRounds: 1, at: [0] },
    { name: "stay, if the rules say so", mode: "king_of_the_hill", swapSides: false, maxRounds: 2, at: [0, 0] },
  ] as const)("$name", ({ mode, swapSides, maxRounds, at }) => {
    expect(basesOfSideZero(mode, { swapSides }, maxRounds)).toEqual(at);
  });

  test("flags move with their sides", () => {
    const world = arena("capture_the_flag", { rules: { maxRounds: 2 }, modeRules: { swapSides: true } });
    world.step([{ kind: "round", round: 2 }]);
    expect([flag(world, 0).position, flag(world, 1).position]).toEqual([BASES[1], BASES[0]]);
  });

  test("a map without what a mode needs is refused", () => {
    expect(() => new Arena({ fighters: [...AWAY], rules: { mode: "domination" } })).toThrow("what its mode needs");
  });
});

describe("overtime", () => {
  const rules = { timeLimitMs: 1_000, maxRounds: 3 };
  const modeRules = { overtimeMs: 2_000 };

  function inOvertime(mode: PlayedMode = "team_deathmatch"): Arena {
    const world = arena(mode, { rules, modeRules });
    expect(world.wait(1_000).events).toEqual([{ kind: "overtime_started", round: 1, endsAfterMs: 2_000 }]);
    return world;
  }

  test("the first to be ahead wins at once", () => {
    const world = inOvertime();
    const result = world.kill(1, 0);
    expect(kinds(result)).toBe("damaged killed round_ended match_ended");
    expect(result.events.at(-1)).toEqual({ kind: "match_ended", cause: "victory", winner: 1 });
  });

  test("is a draw when its bound is up", () => {
    const world = inOvertime();
    expect(kinds(world.wait(2_000 - TICK_MS))).toBe("");
    expect(world.step().events.at(-1)).toEqual({ kind: "match_ended", cause: "timeout", winner: null });
  });

  test("in elimination health decides as well", () => {
    const world = inOvertime("elimination");
    expect(world.step([world.blow(1, 0, 100)]).events.at(-1)).toMatchObject({ kind: "match_ended", winner: 1 });
  });

  test.each([
    { name: "somebody is ahead", kill: true, roundsWon: 0, overtimeMs: 2_000 },
    { name: "somebody leads in rounds", kill: false, roundsWon: 1, overtimeMs: 2_000 },
    { name: "the rules give none", kill: false, roundsWon: 0, overtimeMs: 0 },
  ])("there is none when $name", ({ kill, roundsWon, overtimeMs }) => {
    const world = arena("team_deathmatch", { rules, modeRules: { overtimeMs } });
    world.world.sides[0]!.roundsWon = roundsWon;
    if (kill) world.kill(0, 1);
    expect(kinds(world.wait(1_000))).toContain("round_ended match_ended");
  });

  test("more time asked for meanwhile ends it", () => {
    const world = inOvertime();
    world.step([{ kind: "rules", maxRounds: 3, timeLimitMs: 60_000 }]);
    expect(kinds(world.kill(1, 0))).toBe("damaged killed");
  });
});

describe("feats", () => {
  test("streaks count enemies, end with a fall, and the longest stays", () => {
    const world = arena("team_deathmatch", { rules: { respawnMs: 0 } });
    world.kill(0, 1);
    world.kill(0, 3);
    world.kill(0, 2); // A team mate is nothing to be proud of.
    expect(world.fighter(0).feats).toMatchObject({ streak: 2, longestStreak: 2 });
    world.step();
    world.kill(1, 0);
    world.step();
    world.kill(0, 1);
    expect(world.fighter(0).feats).toMatchObject({ streak: 1, longestStreak: 2 });
  });
});
