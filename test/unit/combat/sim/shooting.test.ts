import { describe, expect, test } from "vitest";
import { pelletDamage } from "#combat/sim/attack.ts";
import { type Wall, WEAPON_NAMES, WEAPONS, type WeaponName } from "#combat/sim/content.ts";
import { Arena, type ArenaSetup } from "./arena.ts";

const SHOOTER = { side: 0, x: 5_000, y: 5_000 };
const ENEMY = { side: 1, x: 6_000, y: 5_000 };
const AHEAD = { x: 1_000_000, y: 0, z: 0 }; // From the eyes, at 160: into the head of who stands at the same height.
const AT_BODY = { x: 998_000, y: 0, z: -60_000 }; // 60 cm lower after 10 m.

function arena(setup: Partial<ArenaSetup> = {}): Arena {
  return new Arena({ fighters: [SHOOTER, ENEMY], ...setup });
}

function wall(xMin: number, height: number, yMin = 4_900, yMax = 5_100): Wall {
  return { min: { x: xMin, y: yMin, z: 0 }, max: { x: xMin + 20, y: yMax, z: height } };
}

describe("a shot in the open", () => {
  test.each([
    { name: "at the body takes 22.75", at: AT_BODY, damage: 2_275, headshot: false },
    { name: "at the head takes 45.5", at: AHEAD, damage: 4_550, headshot: true },
    { name: "at a named target goes to the body", at: 1, damage: 2_275, headshot: false },
  ])("$name", ({ at, damage, headshot }) => {
    const world = arena();
    const hit = world.hit(0, at);
    expect(hit).toMatchObject({ struck: "player", target: 1, damage, headshot, tickUsed: world.world.tick - 1 });
    expect(hit.distanceCm).toBeGreaterThanOrEqual(965);
    expect(hit.distanceCm).toBeLessThanOrEqual(970);
    expect(world.fighter(1).health).toBe(10_000 - damage);
    expect(world.fighter(0)).toMatchObject({ shotsFired: 1, shotsHit: 1, headshots: Number(headshot) });
  });

  test("past everybody strikes nothing, at the weapon's range, and costs a round", () => {
    const world = arena();
    const nothing = { struck: "nothing", target: null, distanceCm: 15_000, headshot: false, part: null, damage: 0 };
    expect(world.hit(0, { x: 0, y: 1_000_000, z: 0 })).toMatchObject(nothing);
    expect(world.fighter(0)).toMatchObject({ shotsFired: 1, shotsHit: 0 });
    expect(world.fighter(0).magazine.assault_rifle).toBe(29);
  });

  test.each([
    { name: "a direction is a direction whatever its length", at: { x: 3, y: 0, z: 0 }, target: 1 },
    { name: "straight up strikes nobody", at: { x: 0, y: 0, z: 1_000_000 }, target: null },
  ])("$name", ({ at, target }) => {
    expect(arena().hit(0, at).target).toBe(target);
  });
});

describe("walls", () => {
  test.each([
    { name: "a wall stops an aimed shot", walls: [wall(5_500, 300)], at: AHEAD, struck: "wall", distanceCm: 500 },
    { name: "a wall stops a shot at a named target", walls: [wall(5_500, 300)], at: 1, struck: "wall" },
    { name: "a crate is shot over by the standing", walls: [wall(5_500, 110)], at: AHEAD, struck: "player" },
    { name: "a crate stops what goes through it", walls: [wall(5_900, 110)], at: 1, struck: "wall" },
    { name: "a wall behind the target stops nothing", walls: [wall(6_100, 300)], at: AHEAD, struck: "player" },
    { name: "a wall behind the shooter stops nothing", walls: [wall(4_900, 300)], at: AHEAD, struck: "player" },
    {
      name: "a wall beside the way stops nothing",
      walls: [wall(5_500, 300, 5_010, 5_200)],
      at: AHEAD,
      struck: "player",
    },
    {
      name: "from within a wall nothing gets out",
      walls: [wall(4_990, 300)],
      at: AHEAD,
      struck: "wall",
      distanceCm: 0,
    },
  ])("$name", ({ walls, at, struck, distanceCm }) => {
    const world = arena({ walls });
    const hit = world.hit(0, at);
    expect(hit.struck).toBe(struck);
    if (distanceCm !== undefined) expect(hit.distanceCm).toBe(distanceCm);
    expect(world.fighter(1).health).toBe(struck === "player" ? 10_000 - hit.damage : 10_000);
    expect(hit.damage > 0).toBe(struck === "player");
  });
});

describe("bodies", () => {
  test("the nearest of two is struck, and covers who is behind", () => {
    const world = arena({ fighters: [SHOOTER, { side: 1, x: 8_000, y: 5_000 }, { side: 1, x: 7_000, y: 5_000 }] });
    expect(world.hit(0, AHEAD)).toMatchObject({ target: 2, distanceCm: 1_968 });
    expect(world.fighter(1).health).toBe(10_000);
  });

  test("two in one spot are struck in order of their slots", () => {
    const world = arena({ fighters: [SHOOTER, ENEMY, ENEMY] });
    expect(world.hit(0, AHEAD).target).toBe(1);
  });

  test("one in the same spot as the shooter is struck at once", () => {
    const world = arena({ fighters: [SHOOTER, { ...SHOOTER, side: 1 }] });
    expect(world.hit(0, AHEAD)).toMatchObject({ struck: "player", target: 1, distanceCm: 0 });
    world.wait(100);
    expect(world.hit(0, 1)).toMatchObject({ struck: "player", target: 1, distanceCm: 0 });
  });

  test("the fallen have no body", () => {
    const world = arena();
    world.kill(null, 1);
    expect(world.hit(0, AHEAD).struck).toBe("nothing");
  });

  test.each([
    { name: "the crouching are shot over", shooter: "stand", enemy: "crouch", struck: "nothing" },
    { name: "the crouching strike the standing in the body", shooter: "crouch", enemy: "stand", struck: "player" },
    { name: "the crouching strike the crouching in the head", shooter: "crouch", enemy: "crouch", struck: "player" },
  ] as const)("$name", ({ shooter, enemy, struck }) => {
    const world = arena();
    world.fighter(0).stance = shooter;
    world.fighter(1).stance = enemy;
    const hit = world.hit(0, AHEAD);
    expect(hit.struck).toBe(struck);
    expect(hit.headshot).toBe(enemy === "crouch" && struck === "player");
  });
});

describe("the head", () => {
  // Level shots from eyes at 160: what they meet of a body depends on how high its feet stand.
  test.each([
    { name: "is the topmost 30 cm", feet: 10, stance: "stand", headshot: true },
    { name: "and not a centimetre more", feet: 11, stance: "stand", headshot: false },
    { name: "of the crouching too", feet: 70, stance: "crouch", headshot: true },
    { name: "and no more of them either", feet: 71, stance: "crouch", headshot: false },
  ] as const)("$name", ({ feet, stance, headshot }) => {
    const world = arena({ fighters: [SHOOTER, { ...ENEMY, z: feet }] });
    world.fighter(1).stance = stance;
    expect(world.hit(0, AHEAD)).toMatchObject({ struck: "player", headshot });
  });
});

describe("the legs", () => {
  test.each([
    { name: "are what is below 80 cm of the standing", feet: 81, stance: "stand", part: "legs", damage: 1_820 },
    { name: "and not a centimetre more", feet: 80, stance: "stand", part: "torso", damage: 2_275 },
    { name: "below 45 cm of the crouching", feet: 116, stance: "crouch", part: "legs", damage: 1_820 },
    { name: "and no more of them either", feet: 115, stance: "crouch", part: "torso", damage: 2_275 },
  ] as const)("$name", ({ feet, stance, part, damage }) => {
    const world = arena({ fighters: [SHOOTER, { ...ENEMY, z: feet }] });
    world.fighter(1).stance = stance;
    expect(world.hit(0, AHEAD)).toMatchObject({ struck: "player", part, damage, headshot: false });
  });
});

describe("team mates without friendly fire", () => {
  test("stop a shot unharmed", () => {
    const world = arena({ fighters: [SHOOTER, { side: 1, x: 7_000, y: 5_000 }, { side: 0, x: 6_000, y: 5_000 }] });
    const result = world.step([world.shot(0, AHEAD)]);
    expect(result.events).toEqual([]);
    expect(result.outcomes[0]).toMatchObject({ kind: "done", hit: { struck: "player", target: 2, damage: 0 } });
    expect(world.fighter(1).health + world.fighter(2).health).toBe(20_000);
    expect(world.fighter(0)).toMatchObject({ shotsFired: 1, shotsHit: 0, headshots: 0 });
  });

  test("are hurt with it", () => {
    const world = arena({
      rules: { friendlyFire: true },
      fighters: [SHOOTER, { ...ENEMY, side: 0 }, { ...ENEMY, x: 9_000 }],
    });
    expect(world.hit(0, 1)).toMatchObject({ struck: "player", target: 1, damage: 2_275 });
    expect(world.fighter(1).health).toBe(7_725);
  });
});

describe("falloff", () => {
  test.each([
    { distance: 100, body: 2_275, head: 4_550 },
    { distance: 5_000, body: 2_275, head: 4_550 },
    { distance: 7_500, body: 1_820, head: 3_640 },
    { distance: 10_000, body: 1_365, head: 2_730 },
    { distance: 15_000, body: 1_365, head: 2_730 },
  ])("a rifle takes $body from a body at $distance cm, $head from a head", ({ distance, body, head }) => {
    expect(pelletDamage(WEAPONS.assault_rifle, distance, "torso")).toBe(body);
    expect(pelletDamage(WEAPONS.assault_rifle, distance, "head")).toBe(head);
  });

  test.each(WEAPON_NAMES)("%s never does more from farther, and always whole hundredths", (name) => {
    let before = Number.POSITIVE_INFINITY;
    for (let distance = 0; distance <= WEAPONS[name].rangeCm; distance += 37) {
      const damage = pelletDamage(WEAPONS[name], distance, "torso");
      expect(Number.isSafeInteger(damage) && damage > 0 && damage <= before).toBe(true);
      before = damage;
    }
  });

  test.each([
    // At eye height the round of the head begins 31.6 cm before its middle.
    { name: "just within range is struck", x: 5_000 + 15_031, struck: "player" },
    { name: "just out of range is not", x: 5_000 + 15_032, struck: "nothing" },
  ])("$name", ({ x, struck }) => {
    const world = arena({ fighters: [SHOOTER, { side: 1, x, y: 5_000 }] });
    expect(world.hit(0, AHEAD).struck).toBe(struck);
  });
});

describe("each weapon", () => {
  test.each<{ weapon: WeaponName; distance: number; damage: number }>([
    { weapon: "assault_rifle", distance: 1_000, damage: 2_275 },
    { weapon: "sniper_rifle", distance: 11_000, damage: 8_000 },
    { weapon: "shotgun", distance: 300, damage: 8 * 1_150 },
    { weapon: "shotgun", distance: 5_000, damage: 0 },
  ])("$weapon takes $damage at $distance cm", ({ weapon, distance, damage }) => {
    const world = arena({ fighters: [SHOOTER, { side: 1, x: 5_000 + distance, y: 5_000 }] });
    world.fighter(0).weapon = weapon;
    expect(world.hit(0, 1).damage).toBe(damage);
    expect(world.fighter(1).health).toBe(10_000 - damage);
  });

  test("a shotgun spreads: at some distance part of its pellets miss, told as one hit", () => {
    const world = arena();
    world.fighter(0).weapon = "shotgun";
    const result = world.step([world.shot(0, 1)]);
    const damaged = result.events.filter((event) => event.kind === "damaged");
    expect(damaged).toHaveLength(1);
    expect(damaged[0]?.damage).toBeGreaterThan(pelletDamage(WEAPONS.shotgun, 970, "torso"));
    expect(damaged[0]?.damage).toBeLessThan(8 * pelletDamage(WEAPONS.shotgun, 970, "torso"));
  });

  test("a shotgun hurts two who stand together, lower slot first, and the receipt adds up", () => {
    const together = [SHOOTER, { side: 1, x: 5_800, y: 5_036 }, { side: 1, x: 5_800, y: 4_964 }];
    const world = arena({ fighters: together });
    world.fighter(0).weapon = "shotgun";
    const { events, outcomes } = world.step([world.shot(0, AT_BODY)]);
    const damaged = events.filter((event) => event.kind === "damaged");
    expect(damaged.map((event) => event.target)).toEqual([1, 2]);
    const lost = damaged.reduce((sum, event) => sum + event.damage, 0);
    expect(outcomes[0]).toMatchObject({ kind: "done", hit: { struck: "player", damage: lost } });
    expect(world.fighter(0)).toMatchObject({ shotsFired: 1, shotsHit: 1, damageDealt: lost });
  });

  test("the receipt of a shotgun names who was hurt before a mate who was nearer", () => {
    const world = arena({ fighters: [SHOOTER, { side: 1, x: 5_800, y: 5_036 }, { side: 0, x: 5_700, y: 4_966 }] });
    world.fighter(0).weapon = "shotgun";
    expect(world.hit(0, AT_BODY)).toMatchObject({ struck: "player", target: 1 });
    expect(world.fighter(2).health).toBe(10_000);
  });
});
