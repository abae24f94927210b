import { describe, expect, test } from "vitest";
import { ASSIST_MS } from "#combat/sim/damage.ts";
import { Arena, kinds, TICK_MS } from "./arena.ts";

const FIGHTERS = [
  { side: 0, x: 2_000, y: 2_000 },
  { side: 1, x: 4_000, y: 4_000 },
  { side: 0, x: 6_000, y: 6_000 },
  { side: 1, x: 8_000, y: 8_000 },
];

function arena(rules = {}): Arena {
  return new Arena({ fighters: FIGHTERS, rules: { scoreLimit: 100, ...rules } });
}

test.each([
  { name: "a blow takes what it says", blows: [3_000], lost: [3_000], health: 7_000, told: "damaged" },
  { name: "an exact kill", blows: [10_000], lost: [10_000], health: 0, told: "damaged killed" },
  { name: "overkill is clipped", blows: [9_999, 100_000], lost: [9_999, 1], health: 0, told: "damaged damaged killed" },
  {
    name: "the fallen lose nothing more",
    blows: [10_000, 5_000],
    lost: [10_000, 0],
    health: 0,
    told: "damaged killed",
  },
  { name: "nothing is not news", blows: [0], lost: [0], health: 10_000, told: "" },
])("$name", ({ blows, lost, health, told }) => {
  const world = arena();
  const result = world.step(blows.map((damage) => world.blow(0, 1, damage)));
  expect(result.outcomes.map((outcome) => outcome.kind === "damage" && outcome.lost)).toEqual(lost);
  expect(world.fighter(1)).toMatchObject({ health, alive: health > 0 });
  expect(kinds(result)).toBe(told);
  const sum = lost.reduce((total, part) => total + part, 0);
  expect([world.fighter(0).damageDealt, world.fighter(1).damageTaken]).toEqual([sum, sum]);
});

test("what is told carries who, whom, how much, what is left and with what", () => {
  const world = arena();
  const { events, outcomes } = world.step([{ ...world.blow(0, 1, 10_500), weapon: "shotgun", headshot: true }]);
  expect(events).toEqual([
    {
      kind: "damaged",
      by: 0,
      target: 1,
      damage: 10_000,
      health: 0,
      weapon: "shotgun",
      damageType: "explosion",
      headshot: true,
      part: null,
      absorbed: 0,
      mitigation: 0,
      critical: false,
      decidedBy: "damage_service",
    },
    { kind: "killed", victim: 1, by: 0, weapon: "shotgun", headshot: true, assists: [] },
  ]);
  expect(outcomes).toMatchObject([{ kind: "damage", lost: 10_000, health: 0, killed: true }]);
});

test.each([
  { name: "in warmup", arena: () => new Arena({ fighters: FIGHTERS, live: false }) },
  {
    name: "when it is over",
    arena: () => {
      const world = arena();
      world.step([{ kind: "end", cause: "cancelled" }]);
      return world;
    },
  },
])("$name nobody is hurt", ({ arena: make }) => {
  const world = make();
  const { events, outcomes } = world.step([world.blow(0, 1, 5_000)]);
  expect(events).toEqual([]);
  expect(outcomes).toMatchObject([{ kind: "damage", lost: 0, health: 10_000, killed: false }]);
});

test("a blow at a seat nobody sits in takes nothing", () => {
  const world = arena();
  expect(world.step([world.blow(0, 40, 5_000)]).outcomes).toMatchObject([{ lost: 0, health: 0, killed: false }]);
});

test.each([Number.NaN, -1, 0.5])("damage of %s is a broken promise", (damage) => {
  const world = arena();
  expect(() => world.step([world.blow(0, 1, damage)])).toThrow("damage is whole");
});

describe("who is credited with a kill", () => {
  test.each([
    { name: "an enemy", by: 0, kills: 1, score: 1, told: 0 },
    { name: "oneself", by: 1, kills: 0, score: 0, told: 1 },
    { name: "nobody", by: null, kills: 0, score: 0, told: null },
    { name: "somebody who has left", by: 30, kills: 0, score: 0, told: null },
  ])("$name: $kills kills, score $score", ({ by, kills, score, told }) => {
    const world = arena();
    const { events } = world.kill(by, 1);
    expect(events.at(-1)).toMatchObject({ kind: "killed", victim: 1, by: told });
    expect(world.fighter(1)).toMatchObject({ deaths: 1, alive: false });
    const allKills = FIGHTERS.reduce((sum, _, slot) => sum + world.fighter(slot).kills, 0);
    expect([allKills, world.world.sides[0]?.score, world.world.sides[1]?.score]).toEqual([kills, score, 0]);
  });

  test("a team mate counts as a kill and a death, and scores nothing", () => {
    const world = arena({ friendlyFire: true });
    world.kill(2, 0);
    expect(world.fighter(2)).toMatchObject({ kills: 1, damageDealt: 10_000 });
    expect(world.world.sides.map(({ score, kills }) => score + kills)).toEqual([0, 0]);
  });

  test("what one does to oneself is no damage dealt", () => {
    const world = arena();
    world.step([world.blow(1, 1, 4_000)]);
    expect(world.fighter(1)).toMatchObject({ damageDealt: 0, damageTaken: 4_000 });
  });
});

describe("assists", () => {
  test.each([
    { name: "who hurt the victim lately", hurts: [0, 2], killer: 2, afterMs: 1_000, assists: [0] },
    { name: "not the killer", hurts: [2], killer: 2, afterMs: 1_000, assists: [] },
    { name: "at the last moment", hurts: [0], killer: 2, afterMs: ASSIST_MS, assists: [0] },
    { name: "not longer ago", hurts: [0], killer: 2, afterMs: ASSIST_MS + TICK_MS, assists: [] },
    { name: "in slot order, whatever the order of hurting", hurts: [2, 0], killer: null, afterMs: 50, assists: [0, 2] },
    { name: "not the victim's own side", hurts: [3], killer: 0, afterMs: 50, assists: [] },
    { name: "not the victim itself", hurts: [1], killer: 0, afterMs: 50, assists: [] },
  ])("$name: $assists", ({ hurts, killer, afterMs, assists }) => {
    const world = arena();
    for (const slot of hurts) world.step([world.blow(slot, 1, 1_000)]);
    world.wait(afterMs - TICK_MS);
    const { events } = world.kill(killer, 1);
    expect(events.at(-1)).toMatchObject({ kind: "killed", assists });
    for (const slot of assists) expect(world.fighter(slot).assists).toBe(1);
  });

  test("hurting again renews the claim", () => {
    const world = arena();
    world.step([world.blow(0, 1, 100)]);
    world.wait(8_000);
    world.step([world.blow(0, 1, 100)]);
    world.wait(8_000);
    expect(world.kill(2, 1).events.at(-1)).toMatchObject({ assists: [0] });
  });

  test("a life forgets who hurt the one before", () => {
    const world = arena();
    world.step([world.blow(0, 1, 100)]);
    world.kill(2, 1);
    world.wait(1_000);
    expect(world.kill(2, 1).events.at(-1)).toMatchObject({ kind: "killed", assists: [] });
  });

  test("who left assisted nothing, nor does the next in that seat", () => {
    const world = arena();
    world.step([world.blow(0, 1, 100)]);
    world.step([
      { kind: "remove", slot: 0 },
      { kind: "add", slot: 0, side: 0 },
    ]);
    expect(world.kill(2, 1).events.at(-1)).toMatchObject({ kind: "killed", assists: [] });
  });
});

describe("respawn", () => {
  test("after the delay, at a spot of the map, with everything full; figures stay", () => {
    const world = arena();
    world.move(1, world.fighter(1).position, { stance: "crouch", pitch: 500 });
    world.kill(0, 1);
    expect(kinds(world.wait(1_000 - TICK_MS))).toBe("");
    const { events } = world.step();
    const { position } = world.fighter(1);
    expect(events).toEqual([{ kind: "respawned", slot: 1, position }]);
    expect(world.world.map.spawns.map((spawn) => spawn.position)).toContainEqual(position);
    const fresh = { alive: true, health: 10_000, stance: "stand", pitch: 0, respawnAtMs: 0, deaths: 1 };
    expect(world.fighter(1)).toMatchObject(fresh);
  });

  test("even without a delay the fall is there for one tick", () => {
    const world = arena({ respawnMs: 0 });
    expect(kinds(world.kill(0, 1))).toBe("damaged killed");
    expect(world.fighter(1).alive).toBe(false);
    expect(kinds(world.step())).toBe("respawned");
  });
});
