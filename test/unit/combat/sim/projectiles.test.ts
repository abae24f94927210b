/** Projectiles and blasts: what flies takes its time, strikes what is there, and is whose it was. */
import { describe, expect, test } from "vitest";
import { blastDamage } from "#combat/sim/blast.ts";
import { type Blast, type Wall, WEAPONS, type Weapon, type WeaponName } from "#combat/sim/content.ts";
import type { SimEvent } from "#combat/sim/events.ts";
import { hashWorld } from "#combat/sim/hash.ts";
import { PROJECTILES_MAX } from "#combat/sim/limits.ts";
import { lookOf } from "#combat/sim/melee.ts";
import { Arena, type ArenaSetup, kinds, openMap, TICK_MS } from "./arena.ts";

const SHOOTER = { side: 0, x: 5_000, y: 5_000 };
const ENEMY = { side: 1, x: 7_000, y: 5_000 };
const AHEAD = { x: 1_000_000, y: 0, z: 0 };
const UP = { x: 0, y: 0, z: 1_000_000 };

function armed(weapon: WeaponName, setup: Partial<ArenaSetup> = {}): Arena {
  const { rules, ...rest } = setup;
  const inForce = { respawnMs: 60_000, scoreLimit: 100, ...rules };
  const world = new Arena({ fighters: [SHOOTER, ENEMY], rules: inForce, ...rest });
  world.fighter(0).weapon = weapon;
  return world;
}

/** Give or take what a whole centimetre of way loses. */
function near(centimetres: number): number {
  return expect.closeTo(centimetres, -0.4) as number;
}

function ended(events: readonly SimEvent[]) {
  return events.filter((event) => event.kind === "projectile_ended");
}

function wall(xMin: number, rest: Partial<{ yMin: number; yMax: number; height: number }> = {}): Wall {
  const { yMin = 4_000, yMax = 6_000, height = 400 } = rest;
  return { min: { x: xMin, y: yMin, z: 0 }, max: { x: xMin + 20, y: yMax, z: height } };
}

/** Steps until something ended; gives the match time that took and what was told. */
function untilEnded(world: Arena): { afterMs: number; events: SimEvent[] } {
  const startMs = world.world.nowMs;
  const events: SimEvent[] = [];
  for (let ticks = 0; ticks < 200; ticks++) {
    events.push(...world.step().events);
    if (ended(events).length > 0) return { afterMs: world.world.nowMs - startMs, events };
  }
  throw new Error("nothing ended");
}

describe("a projectile", () => {
  test("is told when it is fired, answered as in flight, and takes its time", () => {
    const world = armed("crossbow");
    const { events, outcomes } = world.step([world.shot(0, AHEAD)]);
    const velocity = { x: 6_000, y: 0, z: 0 };
    const flight = { position: { x: 5_000, y: 5_000, z: 160 }, velocity, gravity: 490 };
    expect(events).toEqual([{ kind: "projectile_fired", id: 1, by: 0, weapon: "crossbow", ...flight }]);
    expect(outcomes).toMatchObject([{ kind: "done", ammunition: 0, hit: { struck: "in_flight", projectile: 1 } }]);
    expect(world.fighter(0)).toMatchObject({ shotsFired: 1, shotsHit: 0 });
    // 20 m at 60 m/s: 33 cm short of it after 0.3 s, so it strikes in the seventh tick.
    const { afterMs, events: later } = untilEnded(world);
    expect(afterMs).toBe(7 * TICK_MS);
    expect(kinds({ events: later })).toBe("projectile_ended damaged effect_applied");
    expect(world.world.projectiles).toEqual([]);
    expect(world.fighter(0)).toMatchObject({ shotsFired: 1, shotsHit: 1 });
  });

  test("that lands says where, whom and what, to its shooter", () => {
    const world = armed("crossbow");
    world.step([{ ...world.shot(0, AHEAD), seq: 17 }]);
    world.wait(6 * TICK_MS);
    const { shots, events } = world.step();
    const hit = { struck: "player", target: 1, part: "torso", damage: 7_500, headshot: false, projectile: 1 };
    expect(shots).toMatchObject([{ slot: 0, seq: 17, weapon: "crossbow", answers: false, hit }]);
    expect(events[0]).toMatchObject({ kind: "projectile_ended", id: 1, by: 0, exploded: false });
  });

  test("falls: half of gravity times the square of the time", () => {
    const world = armed("grenade_launcher", { fighters: [SHOOTER, { ...ENEMY, y: 9_000 }] });
    world.step([world.shot(0, AHEAD)]);
    world.wait(250);
    const [flying] = world.world.projectiles;
    expect(flying?.x).toBe(10_000 * (5_000 + 2_400 / 4));
    const fallen = (981 * 0.25 * 0.25) / 2;
    expect(Math.abs(flying!.z / 10_000 - (160 - fallen))).toBeLessThan(0.01);
  });

  test.each([1, 20, 30, 60, 128])("goes the same way at %i ticks a second", (tickRateHz) => {
    const world = armed("grenade_launcher", { fighters: [SHOOTER, { ...ENEMY, y: 9_000 }], rules: { tickRateHz } });
    world.step([world.shot(0, { x: 800_000, y: 0, z: 600_000 })]);
    const startMs = world.world.nowMs;
    for (let tick = 0; tick < tickRateHz; tick++) world.step();
    const [flying] = world.world.projectiles;
    const seconds = (world.world.nowMs - startMs) / 1_000;
    expect(Math.abs(flying!.x / 10_000 - (5_000 + 1_920 * seconds))).toBeLessThan(0.1);
    const height = 160 + 1_440 * seconds - (981 * seconds * seconds) / 2;
    expect(Math.abs(flying!.z / 10_000 - height)).toBeLessThan(0.5);
  });

  test.each<{ name: string; walls: Wall[]; at: { x: number; y: number; z: number }; where: object }>([
    { name: "at a wall", walls: [wall(5_500)], at: AHEAD, where: { x: near(5_498), z: 160 } },
    { name: "at the ground", walls: [], at: { x: 0, y: 0, z: -1_000_000 }, where: { x: 5_000, z: near(2) } },
    { name: "at the edge of the map", walls: [], at: { x: -1_000_000, y: 0, z: 0 }, where: { x: near(2), z: 160 } },
    { name: "at the sky", walls: [], at: UP, where: { x: 5_000, z: near(4_998) } },
  ])("ends $name, however fast it comes", ({ walls, at, where }) => {
    for (const tickRateHz of [1, 20, 128]) {
      const world = armed("rocket_launcher", {
        walls,
        fighters: [SHOOTER, { ...ENEMY, y: 15_000 }],
        rules: { tickRateHz },
      });
      world.step([world.shot(0, at)]);
      const told = Array.from({ length: 2 * tickRateHz }, () => world.step().events).flat();
      expect(ended(told)).toMatchObject([{ id: 1, exploded: true, position: where }]);
    }
  });

  test("ends after its time, where it is", () => {
    const world = armed("rocket_launcher", {
      fighters: [
        { side: 0, x: 500, y: 5_000 },
        { ...ENEMY, y: 15_000 },
      ],
    });
    world.step([world.shot(0, AHEAD)]);
    const { afterMs, events } = untilEnded(world);
    expect(afterMs).toBe(WEAPONS.rocket_launcher.flight?.lifeMs);
    expect(ended(events)).toMatchObject([{ position: { x: 500 + 17_500 }, exploded: true }]);
  });

  test("strikes who is there when it comes by, not who was there when it was fired", () => {
    const aside = armed("crossbow");
    aside.step([{ ...aside.shot(0, AHEAD), claimedMs: 0, rttMs: 250 }]);
    aside.fighter(1).position = { x: 7_000, y: 5_100, z: 0 };
    aside.wait(1_000);
    expect(aside.fighter(1).health).toBe(10_000);
    const into = armed("crossbow", { fighters: [SHOOTER, { ...ENEMY, y: 5_100 }] });
    into.step([into.shot(0, AHEAD)]);
    into.fighter(1).position = { x: 7_000, y: 5_000, z: 0 };
    into.wait(1_000);
    expect(into.fighter(1).health).toBe(2_500 - 75); // And what its poison took since.
  });

  test("cannot strike its shooter, who runs into it", () => {
    const world = armed("crossbow", { fighters: [SHOOTER, { ...ENEMY, y: 9_000 }] });
    world.step([world.shot(0, AHEAD)]);
    world.step();
    world.fighter(0).position = { x: 5_500, y: 5_000, z: 0 };
    world.wait(500);
    expect(world.fighter(0).health).toBe(10_000);
  });

  test("stops at a team mate and does nothing, without friendly fire", () => {
    const mate = { side: 0, x: 6_000, y: 5_000 };
    const world = armed("crossbow", { fighters: [SHOOTER, ENEMY, mate] });
    world.step([world.shot(0, AHEAD)]);
    expect(kinds({ ...world.wait(1_000) })).toBe("projectile_ended");
    expect([world.fighter(1).health, world.fighter(2).health]).toEqual([10_000, 10_000]);
    expect(world.fighter(0).shotsHit).toBe(0);
  });

  test("that wins the round is the last thing of it, and takes what else flies with it", () => {
    const world = armed("crossbow", { rules: { scoreLimit: 1 } });
    world.fighter(1).health = 100;
    world.fighter(1).weapon = "rocket_launcher";
    world.step([world.shot(0, AHEAD), world.shot(1, UP)]);
    const { events } = untilEnded(world);
    expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["killed", "round_ended", "round_started"]));
    expect(world.world.projectiles).toEqual([]);
  });

  test("is gone when the match ends, and when a round is begun", () => {
    for (const order of [
      { kind: "end", cause: "victory" },
      { kind: "round", round: 2 },
    ] as const) {
      const world = armed("rocket_launcher");
      world.step([world.shot(0, UP)]);
      const { events } = world.step([order]);
      expect(ended(events)).toEqual([]);
      expect(world.world.projectiles).toEqual([]);
    }
  });

  test(`there are ${PROJECTILES_MAX} at most: the oldest ends without a blast`, () => {
    const world = armed("rocket_launcher");
    const events: SimEvent[] = [];
    for (let shot = 0; shot <= PROJECTILES_MAX; shot++) {
      Object.assign(world.fighter(0), { readyAtMs: 0 });
      world.fighter(0).magazine.rocket_launcher = 1;
      const { projectiles } = world.world;
      for (const flying of projectiles) Object.assign(flying, { x: 1e8, vx: 0, vz: 0, z: 4e7 }); // Stay.
      events.push(...world.step([world.shot(0, UP)]).events);
      for (const flying of projectiles) flying.endsAtMs = world.world.nowMs + 60_000;
    }
    expect(world.world.projectiles).toHaveLength(PROJECTILES_MAX);
    expect(ended(events)).toMatchObject([{ id: 1, exploded: false }]);
  });
});

describe("a blast", () => {
  const { blast, damage } = WEAPONS.rocket_launcher as Weapon & { blast: Blast };

  test.each([
    { distance: 0, isSelf: false, takes: 12_000 },
    { distance: 225, isSelf: false, takes: 6_900 },
    { distance: 450, isSelf: false, takes: 1_800 },
    { distance: 451, isSelf: false, takes: 0 },
    { distance: 0, isSelf: true, takes: 7_200 },
    { distance: 450, isSelf: true, takes: 1_080 },
  ])("takes $takes at $distance cm (self: $isSelf)", ({ distance, isSelf, takes }) => {
    expect(blastDamage(damage, blast, distance, isSelf)).toBe(takes);
  });

  test("hurts all around it by distance, in slot order, of an explosion, at no part", () => {
    const fighters = [SHOOTER, ENEMY, { side: 1, x: 7_000, y: 5_260 }, { side: 1, x: 7_000, y: 5_600 }];
    const world = armed("rocket_launcher", { fighters });
    world.step([world.shot(0, AHEAD)]);
    const { events } = untilEnded(world);
    const told = events.filter((event) => event.kind === "damaged");
    expect(told.map(({ target }) => target)).toEqual([1, 2]);
    expect(told[0]).toMatchObject({ damageType: "explosion", part: null, headshot: false, weapon: "rocket_launcher" });
    expect(told[0]!.damage).toBe(10_000);
    expect(told[1]!.damage).toBeGreaterThan(6_700);
    expect(told[1]!.damage).toBeLessThan(7_000);
    expect(world.fighter(3).health).toBe(10_000);
    expect(world.fighter(0)).toMatchObject({ shotsFired: 1, shotsHit: 1, kills: 1 });
  });

  test.each<{ name: string; walls: Wall[]; spared: boolean }>([
    { name: "who is behind a wall is spared", walls: [wall(6_900)], spared: true },
    { name: "a low wall spares nobody who stands", walls: [wall(6_900, { height: 60 })], spared: false },
    { name: "a wall elsewhere spares nobody", walls: [wall(7_200)], spared: false },
  ])("$name", ({ walls, spared }) => {
    const fighters = [SHOOTER, ENEMY];
    const world = armed("rocket_launcher", { walls, fighters });
    // Aimed down at the ground before the enemy, 2 m short of it.
    world.step([world.shot(0, { x: 1_800, y: 0, z: -160 })]);
    untilEnded(world);
    expect(world.fighter(1).health === 10_000).toBe(spared);
  });

  test("hurts its shooter by less, whatever the rule, and that is no hit and no damage dealt", () => {
    const world = armed("rocket_launcher", { walls: [wall(5_200)] });
    world.step([world.shot(0, AHEAD)]);
    const { events } = untilEnded(world);
    expect(events.filter((event) => event.kind === "damaged")).toMatchObject([{ by: 0, target: 0 }]);
    expect(world.fighter(0).health).toBeLessThan(10_000);
    expect(world.fighter(0)).toMatchObject({ alive: true, damageDealt: 0, shotsHit: 0 });
  });

  test("that fells its own shooter is nobody's kill", () => {
    const world = armed("rocket_launcher", { walls: [wall(5_200)] });
    world.fighter(0).health = 100;
    world.step([world.shot(0, AHEAD)]);
    expect(untilEnded(world).events.at(-1)).toMatchObject({ kind: "killed", victim: 0, by: 0 });
    expect(world.fighter(0)).toMatchObject({ kills: 0, deaths: 1 });
    expect(world.world.sides.map(({ kills, score }) => kills + score)).toEqual([0, 0]);
  });

  test.each([
    { friendlyFire: false, hurt: false },
    { friendlyFire: true, hurt: true },
  ])("hurts team mates by rule ($friendlyFire)", ({ friendlyFire, hurt }) => {
    const fighters = [SHOOTER, ENEMY, { side: 0, x: 6_900, y: 5_050 }];
    const world = armed("rocket_launcher", { fighters, rules: { friendlyFire } });
    world.step([world.shot(0, 1)]);
    untilEnded(world);
    expect(world.fighter(2).health < 10_000).toBe(hurt);
  });
});

describe("whose it is", () => {
  test("the shooter's, also when it fell before it landed", () => {
    const world = armed("rocket_launcher");
    world.step([world.shot(0, AHEAD)]);
    world.kill(1, 0);
    const { events } = untilEnded(world);
    expect(events.at(-1)).toMatchObject({ kind: "killed", victim: 1, by: 0, weapon: "rocket_launcher" });
    expect(world.fighter(0)).toMatchObject({ kills: 1, deaths: 1 });
    expect(world.world.sides[0]).toMatchObject({ kills: 1, score: 1 });
  });

  test.each([
    { name: "nobody's when the shooter has left", comer: null },
    { name: "and not the next's in that seat", comer: 0 },
    { name: "on whatever side that is", comer: 1 },
  ])("$name", ({ comer }) => {
    const third = { side: 0, x: 15_000, y: 15_000 };
    const world = armed("rocket_launcher", { fighters: [SHOOTER, ENEMY, third] });
    world.step([world.shot(0, AHEAD)]);
    world.step([{ kind: "remove", slot: 0 }]);
    if (comer !== null) world.step([{ kind: "add", slot: 0, side: comer }]);
    const { events } = untilEnded(world);
    expect(ended(events)).toMatchObject([{ by: null }]);
    expect(events.at(-1)).toMatchObject({ kind: "killed", victim: 1, by: null, weapon: "rocket_launcher" });
    expect(world.world.sides.map(({ kills, score }) => kills + score)).toEqual([0, 0]);
    if (comer !== null) expect(world.fighter(0)).toMatchObject({ kills: 0, shotsHit: 0, damageDealt: 0 });
  });

  test("mates of who left are spared as before", () => {
    const mate = { side: 0, x: 7_000, y: 5_000 };
    const world = armed("rocket_launcher", { fighters: [SHOOTER, { ...ENEMY, y: 9_000 }, mate] });
    world.step([world.shot(0, AHEAD)]);
    world.step([{ kind: "remove", slot: 0 }]);
    untilEnded(world);
    expect(world.fighter(2).health).toBe(10_000);
  });

  test("the next in that seat can be struck by what the one before fired", () => {
    const world = armed("rocket_launcher", { fighters: [SHOOTER, { ...ENEMY, y: 9_000 }, { ...SHOOTER, y: 9_000 }] });
    world.step([world.shot(0, AHEAD)]);
    world.step([{ kind: "remove", slot: 0 }]);
    world.step([{ kind: "add", slot: 0, side: 1 }]);
    world.fighter(0).position = { x: 7_000, y: 5_000, z: 0 };
    const { events } = untilEnded(world);
    expect(events).toContainEqual(expect.objectContaining({ kind: "damaged", target: 0, by: null }));
  });
});

describe("where another service decides", () => {
  test("a blast gives out its blows when it lands; what it takes from its shooter is no hit", () => {
    const world = armed("rocket_launcher", { fighters: [SHOOTER, { ...ENEMY, x: 5_300 }] });
    world.step([{ kind: "rulings", outside: true }]);
    world.step([{ ...world.shot(0, AHEAD), seq: 9 }]);
    expect(untilEnded(world).events.map(({ kind }) => kind)).toEqual(["projectile_ended"]);
    const [attack] = world.world.rulings.open;
    expect(attack?.blows.map(({ blow }) => blow.target)).toEqual([0, 1]);
    const decided = { damage: 1_000, mitigation: 0, critical: false };
    const rulings = (attack?.blows ?? []).map(({ id }) => ({ kind: "ruling", id, decided }) as const);
    const { events, shots, outcomes } = world.step(rulings);
    expect(events.filter(({ kind }) => kind === "damaged")).toMatchObject([
      { target: 0, damage: 1_000 },
      { target: 1, decidedBy: "damage_service" },
    ]);
    expect(events.filter(({ kind }) => kind === "effect_applied")).toMatchObject([{ target: 0 }, { target: 1 }]);
    expect(shots).toMatchObject([
      { slot: 0, seq: 9, answers: false, hit: { target: 1, damage: 1_000, projectile: 1 } },
    ]);
    expect(outcomes).toEqual([]);
    expect(world.fighter(0)).toMatchObject({ shotsHit: 1, damageDealt: 1_000, damageTaken: 1_000 });
  });

  test("a burst gives each round out, and tells it when it is decided", () => {
    const world = armed("burst_rifle");
    world.step([{ kind: "rulings", outside: true }]);
    const told = [world.step([world.shot(0, 1)]), ...Array.from({ length: 3 }, () => world.step())];
    expect(told.flatMap(({ shots }) => shots)).toEqual([]);
    const ids = world.world.rulings.open.flatMap(({ blows }) => blows.map(({ id }) => id));
    expect(ids).toHaveLength(3);
    const { shots, outcomes } = world.step(ids.map((id) => ({ kind: "ruling", id, decided: null })));
    expect(shots.map(({ answers }) => answers)).toEqual([true, false, false]);
    expect(outcomes).toHaveLength(1);
    expect(world.fighter(0)).toMatchObject({ shotsFired: 3, shotsHit: 3 });
  });
});

test("what flies is part of the world: taken through JSON it lands alike", () => {
  const world = armed("grenade_launcher");
  world.step([world.shot(0, { x: 900_000, y: 0, z: 300_000 })]);
  world.wait(200);
  const other = new Arena({ fighters: [SHOOTER, ENEMY] });
  Object.assign(other.world, JSON.parse(JSON.stringify({ ...world.world, map: openMap(), history: [] })));
  expect(hashWorld(other.world)).toBe(hashWorld(world.world));
  world.wait(3_000);
  other.wait(3_000);
  expect(hashWorld(other.world)).toBe(hashWorld(world.world));
  expect(world.world.projectiles).toEqual([]);
});

test.each([0, 1_234, 9_000, 17_999, 18_000, 27_000, 35_999, -9_000, 72_001])(
  "a look along %i is near the true one",
  (yaw) => {
    const { x, y } = lookOf(yaw);
    expect(Math.abs(x - Math.cos((yaw * Math.PI) / 18_000))).toBeLessThan(0.002);
    expect(Math.abs(y - Math.sin((yaw * Math.PI) / 18_000))).toBeLessThan(0.002);
  },
);
