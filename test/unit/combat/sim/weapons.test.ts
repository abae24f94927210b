/** Weapons: the table is sound, and what it says of each weapon is what the match does. */
import { describe, expect, test } from "vitest";
import { pelletDamage } from "#combat/sim/attack.ts";
import { WEAPON_NAMES, WEAPONS, type Weapon, type WeaponName } from "#combat/sim/content.ts";
import { DAMAGE_MAX } from "#combat/sim/damage-sum.ts";
import { afflict } from "#combat/sim/effects.ts";
import type { SimEvent } from "#combat/sim/events.ts";
import { remember } from "#combat/sim/history.ts";
import { Arena, type ArenaSetup, TICK_MS } from "./arena.ts";

const SHOOTER = { side: 0, x: 5_000, y: 5_000 };
const ENEMY = { side: 1, x: 6_000, y: 5_000 };
const AWAY = { x: -1_000_000, y: 0, z: 0 };
const AHEAD = { x: 1_000_000, y: 0, z: 0 };

function armed(weapon: WeaponName, setup: Partial<ArenaSetup> = {}): Arena {
  const world = new Arena({ fighters: [SHOOTER, ENEMY], ...setup });
  world.fighter(0).weapon = weapon;
  return world;
}

function damaged(events: readonly SimEvent[]) {
  return events.filter((event) => event.kind === "damaged");
}

/** Its rounds where it has a magazine; enough shots to tell its pace where it has none. */
function roundsOf(weapon: Weapon): number {
  return weapon.magazineRounds === 0 ? 5 : weapon.magazineRounds;
}

describe("the table", () => {
  test("has at least eight weapons of distinct kinds", () => {
    expect(WEAPON_NAMES.length).toBeGreaterThanOrEqual(8);
    const kinds = Object.values<Weapon>(WEAPONS).map(({ burst, flight, blast, swing, pellets }) =>
      JSON.stringify([!!burst, !!flight, !!blast, !!swing, pellets.length > 1]),
    );
    expect(new Set(kinds).size).toBe(6); // Hitscan, burst, pellets, flight, blast, swing.
  });

  test("begins with the weapons of old checkpoints, in their order", () => {
    expect(WEAPON_NAMES.slice(0, 3)).toEqual(["assault_rifle", "shotgun", "sniper_rifle"]);
  });

  test.each(WEAPON_NAMES)("%s is sound", (name) => {
    const weapon: Weapon = WEAPONS[name];
    const { damage, penetration, percentByPart, pellets, burst, flight, blast, swing } = weapon;
    expect(damage > 0 && damage <= DAMAGE_MAX && Number.isInteger(damage)).toBe(true);
    expect(penetration >= 0 && penetration <= 1000).toBe(true);
    expect(percentByPart.head >= percentByPart.torso && percentByPart.torso >= percentByPart.legs).toBe(true);
    expect(pellets.length).toBeGreaterThan(0);
    expect(weapon.falloffEndCm).toBeGreaterThan(weapon.falloffStartCm);
    if (burst) expect((burst.rounds - 1) * burst.intervalMs).toBeLessThan(weapon.fireIntervalMs);
    if (flight) expect(weapon.rangeCm).toBe((flight.speedCmPerS * flight.lifeMs) / 1000);
    if (blast) expect(flight !== undefined && weapon.damageType === "explosion").toBe(true);
    if (swing) expect(weapon.damageType).toBe("melee");
  });
});

describe("every weapon", () => {
  test.each(WEAPON_NAMES)("%s fires no faster on average than its interval, however often it is asked", (name) => {
    const weapon: Weapon = WEAPONS[name];
    const world = armed(name);
    const shots = roundsOf(weapon) / (weapon.burst?.rounds ?? 1);
    const fired: number[] = [];
    for (let tick = 0; tick < 20_000 && fired.length < shots; tick++) {
      const outcome = world.act(world.shot(0, AWAY));
      if (outcome.kind === "done") fired.push(world.world.nowMs);
      else expect(outcome.reason).toBe("cooldown");
    }
    expect(fired).toHaveLength(shots);
    const span = fired.at(-1)! - fired[0]!;
    expect(span).toBeGreaterThan((shots - 1) * weapon.fireIntervalMs - TICK_MS);
    expect(span).toBeLessThan((shots - 1) * Math.max(TICK_MS, weapon.fireIntervalMs) + TICK_MS);
  });

  test.each(WEAPON_NAMES.filter((name) => WEAPONS[name].magazineRounds > 0))(
    "%s fires what is in the magazine, then nothing until it is reloaded",
    (name) => {
      const weapon: Weapon = WEAPONS[name];
      const world = armed(name);
      world.fighter(0).magazine[name] = 0;
      expect(world.act(world.shot(0, AWAY))).toMatchObject({ kind: "refused", reason: "empty_magazine" });
      expect(world.fighter(0)).toMatchObject({ shotsFired: 0 });
      expect(world.act(world.action(0, { type: "reload" }))).toMatchObject({ kind: "done" });
      world.wait(weapon.reloadMs - 2 * TICK_MS);
      expect(world.act(world.shot(0, AWAY))).toMatchObject({ kind: "refused", reason: "reloading" });
      world.wait(2 * TICK_MS);
      expect(world.fighter(0).magazine[name]).toBe(weapon.magazineRounds);
      expect(world.act(world.shot(0, AWAY))).toMatchObject({ kind: "done", ammunition: weapon.magazineRounds - 1 });
    },
  );

  test("a katana needs no rounds: there is nothing to reload", () => {
    const world = armed("katana");
    expect(world.act(world.shot(0, AWAY))).toMatchObject({ kind: "done", ammunition: 0 });
    expect(world.act(world.action(0, { type: "reload" }))).toMatchObject({ kind: "refused", reason: "full_magazine" });
  });

  test.each(WEAPON_NAMES)("%s is not fired by its name while another is in hand", (name) => {
    const world = armed(name === "pistol" ? "smg" : "pistol");
    const shot = world.action(0, { type: "attack", aim: { kind: "target", slot: 1 }, weapon: name });
    expect(world.act(shot)).toMatchObject({ kind: "refused", reason: "wrong_weapon" });
    expect(world.fighter(1).health).toBe(10_000);
  });

  test.each(WEAPON_NAMES)("%s is drawn before it fires", (name) => {
    const other = name === "pistol" ? "smg" : "pistol";
    const world = armed(other);
    world.act(world.action(0, { type: "switch_weapon", weapon: name }));
    expect(world.act(world.shot(0, AWAY))).toMatchObject({ kind: "refused", reason: "cooldown" });
    world.wait(WEAPONS[name].drawMs);
    expect(world.act(world.shot(0, AWAY))).toMatchObject({ kind: "done" });
  });

  test.each(WEAPON_NAMES)("%s does nothing in the hands of the fallen, nor before the match", (name) => {
    const fallen = armed(name);
    fallen.kill(null, 0);
    expect(fallen.act(fallen.shot(0, 1))).toMatchObject({ kind: "refused", reason: "dead" });
    const early = armed(name, { live: false });
    expect(early.act(early.shot(0, 1))).toMatchObject({ kind: "refused", reason: "not_active" });
    expect([fallen.world.projectiles, early.world.projectiles]).toEqual([[], []]);
  });

  test.each(WEAPON_NAMES)("%s: all that it takes is told, and is health lost", (name) => {
    const close = [SHOOTER, { side: 1, x: 5_200, y: 5_000 }];
    const world = armed(name, { fighters: close, rules: { respawnMs: 60_000, scoreLimit: 100 } });
    const events = [...world.step([world.shot(0, 1)]).events, ...world.wait(1_000).events];
    const lost = damaged(events).reduce((sum, { target, damage }) => sum + (target === 1 ? damage : 0), 0);
    expect(lost).toBeGreaterThan(0);
    expect(world.fighter(1).health).toBe(10_000 - lost);
    expect(world.fighter(0)).toMatchObject({ damageDealt: lost });
    const shots = WEAPONS[name].damageType === "bullet" ? ((WEAPONS[name] as Weapon).burst?.rounds ?? 1) : 1;
    expect(world.fighter(0)).toMatchObject({ shotsFired: shots, shotsHit: shots });
  });

  test.each(WEAPON_NAMES)("%s spares team mates without friendly fire, and hurts them with it", (name) => {
    for (const friendlyFire of [false, true]) {
      const fighters = [SHOOTER, { side: 0, x: 5_200, y: 5_000 }, { side: 1, x: 9_000, y: 9_000 }];
      const world = armed(name, { fighters, rules: { friendlyFire, respawnMs: 60_000 } });
      world.step([world.shot(0, 1)]);
      world.wait(1_000);
      expect(world.fighter(1).health < 10_000).toBe(friendlyFire);
    }
  });

  test.each(WEAPON_NAMES)("%s reaches nobody through a wall", (name) => {
    const wall = { min: { x: 5_090, y: 4_000, z: 0 }, max: { x: 5_110, y: 6_000, z: 400 } };
    const world = armed(name, { fighters: [SHOOTER, { side: 1, x: 5_200, y: 5_000 }], walls: [wall] });
    world.step([world.shot(0, 1)]);
    world.wait(2_000);
    expect(world.fighter(1).health).toBe(10_000);
  });

  test.each(WEAPON_NAMES)("%s reaches nobody beyond its range", (name) => {
    const weapon: Weapon = WEAPONS[name];
    const x = 500 + weapon.rangeCm + 800;
    const world = armed(name, {
      fighters: [
        { side: 0, x: 500, y: 5_000 },
        { side: 1, x, y: 5_000 },
      ],
    });
    world.step([world.shot(0, AHEAD)]);
    world.wait(6_000);
    expect(world.fighter(1).health).toBe(10_000);
  });
});

describe("a burst", () => {
  const torso = pelletDamage(WEAPONS.burst_rifle, 970, "torso");

  test("fires its rounds an interval apart, from one press", () => {
    const world = armed("burst_rifle", { rules: { scoreLimit: 100 } });
    const { outcomes, shots } = world.step([world.shot(0, 1)]);
    expect(outcomes).toMatchObject([{ kind: "done", ammunition: 23, hit: { struck: "player", damage: torso } }]);
    expect(shots).toMatchObject([{ slot: 0, weapon: "burst_rifle", answers: true, hit: { damage: torso } }]);
    const rounds = [1, 2, 3, 4].map(() => world.step().shots);
    // 60 ms apart in ticks of 50: at 60 and 120 ms, so in the second and third tick after.
    expect(rounds.map((told) => told.length)).toEqual([0, 1, 1, 0]);
    expect(rounds.flat()).toMatchObject([
      { answers: false, hit: { target: 1 } },
      { answers: false, hit: { target: 1 } },
    ]);
    expect(world.fighter(0)).toMatchObject({ shotsFired: 3, shotsHit: 3, burst: null });
    expect(world.fighter(0).magazine.burst_rifle).toBe(21);
  });

  test("goes where its first round went, from where the shooter is by then", () => {
    const world = armed("burst_rifle");
    world.step([world.shot(0, 1)]);
    world.fighter(0).position = { x: 5_000, y: 5_200, z: 0 };
    world.wait(200);
    expect(world.fighter(1).health).toBe(10_000 - torso);
    expect(world.fighter(0)).toMatchObject({ shotsFired: 3, shotsHit: 1 });
  });

  test("is judged as far back as its first round", () => {
    const world = armed("burst_rifle");
    world.wait(1_000);
    world.move(1, { x: 6_000, y: 5_100, z: 0 });
    const late = { ...world.shot(0, AHEAD), claimedMs: world.world.nowMs - 150, rttMs: 150 };
    const shots = [world.step([late]), ...[1, 2, 3].map(() => world.step())].flatMap((told) => told.shots);
    expect(
      shots.map(({ hit }) => hit.rewindMs),
      "the other half is its way here",
    ).toEqual([75, 75, 75]);
  });

  test.each<{ name: string; breakOff: (world: Arena) => void; fired: number }>([
    { name: "its magazine", breakOff: (world) => (world.fighter(0).magazine.burst_rifle = 1), fired: 2 },
    {
      name: "another weapon",
      breakOff: (world) => world.act(world.action(0, { type: "switch_weapon", weapon: "smg" })),
      fired: 1,
    },
    { name: "a reload", breakOff: (world) => world.act(world.action(0, { type: "reload" })), fired: 1 },
    { name: "the shooter's fall", breakOff: (world) => world.kill(null, 0), fired: 1 },
    {
      name: "a stun",
      breakOff: (world) =>
        afflict(world.world, world.fighter(0), { kind: "stun", potency: 100, durationMs: 500, by: null }),
      fired: 1,
    },
    { name: "the end of the match", breakOff: (world) => world.step([{ kind: "end", cause: "victory" }]), fired: 1 },
    { name: "a new round", breakOff: (world) => world.step([{ kind: "round", round: 2 }]), fired: 1 },
  ])("ends with $name", ({ breakOff, fired }) => {
    const world = armed("burst_rifle");
    world.step([world.shot(0, 1)]);
    breakOff(world);
    world.wait(400);
    expect(world.fighter(0).shotsFired).toBe(fired);
  });

  test("its last round may win the round, and the rest of the tick is too late", () => {
    const world = armed("burst_rifle", { rules: { scoreLimit: 1 } });
    world.fighter(1).health = torso + 1;
    world.step([world.shot(0, 1)]);
    world.step();
    const { events, outcomes } = world.step([world.shot(1, 0)]);
    expect(events.map(({ kind }) => kind)).toContain("round_ended");
    expect(outcomes).toMatchObject([{ kind: "refused", reason: "not_active" }]);
  });
});

describe("a swing", () => {
  const BEFORE = { side: 1, x: 5_150, y: 5_000 };

  test.each<{ name: string; enemy: Partial<typeof BEFORE> & { z?: number }; struck: boolean }>([
    { name: "strikes who is before it", enemy: {}, struck: true },
    { name: "strikes at the end of its reach", enemy: { x: 5_255 }, struck: true },
    { name: "and not a centimetre farther", enemy: { x: 5_256 }, struck: false },
    { name: "strikes within its arc", enemy: { x: 5_080, y: 5_100 }, struck: true },
    { name: "and not beside it", enemy: { x: 5_070, y: 5_100 }, struck: false },
    { name: "not who is behind", enemy: { x: 4_900 }, struck: false },
    { name: "who stands in the same spot is before everybody", enemy: { x: 5_000 }, struck: true },
    { name: "who stands a little higher", enemy: { z: 120 }, struck: true },
    { name: "not who stands wholly above", enemy: { z: 181 }, struck: false },
  ])("$name", ({ enemy, struck }) => {
    const world = armed("katana", { fighters: [SHOOTER, { ...BEFORE, ...enemy }] });
    world.fighter(1).yaw = 18_000; // Face to face.
    const hit = world.hit(0, AHEAD);
    expect(hit).toMatchObject({ struck: struck ? "player" : "nothing", part: struck ? "torso" : null });
    expect(world.fighter(1).health).toBe(struck ? 4_500 : 10_000);
  });

  test.each([
    { name: "face to face", yaw: 18_000, damage: 5_500 },
    { name: "from the side", yaw: 9_000, damage: 5_500 },
    { name: "from behind, critical", yaw: 0, damage: 10_000 },
    { name: "from behind at an angle, critical", yaw: 5_900, damage: 10_000 },
    { name: "at too wide an angle", yaw: 6_100, damage: 5_500 },
    { name: "from behind, however often it has turned", yaw: -72_000, damage: 10_000 },
  ])("$name", ({ yaw, damage }) => {
    const world = armed("katana", { fighters: [SHOOTER, BEFORE] });
    world.fighter(1).yaw = yaw;
    const { events } = world.step([world.shot(0, AHEAD)]);
    expect(damaged(events)).toMatchObject([{ damage, damageType: "melee", part: null, critical: damage === 10_000 }]);
  });

  test.each([
    { name: "who turned since was struck from behind", shown: 0, now: 18_000, damage: 10_000 },
    { name: "who turned away since was face to face", shown: 18_000, now: 0, damage: 5_500 },
  ])("is judged by what was shown: $name", ({ shown, now, damage }) => {
    const world = armed("katana", { fighters: [SHOOTER, BEFORE] });
    world.wait(100);
    world.move(1, world.fighter(1).position, { yaw: shown });
    world.wait(200);
    const shownMs = world.world.nowMs;
    world.wait(100);
    world.move(1, world.fighter(1).position, { yaw: now });
    const shot = { ...world.shot(0, AHEAD), claimedMs: shownMs };
    expect(damaged(world.step([shot]).events)).toMatchObject([{ damage, critical: damage === 10_000 }]);
  });

  test("by where who was struck stood then, not by where it is gone since", () => {
    const world = armed("katana", { fighters: [SHOOTER, BEFORE] });
    world.move(1, world.fighter(1).position, { yaw: 0 });
    world.wait(200);
    const shownMs = world.world.nowMs;
    world.fighter(1).position = { ...world.fighter(1).position, x: SHOOTER.x - 150 };
    remember(world.world.history, world.fighter(1), shownMs + 200);
    world.wait(200);
    const shot = { ...world.shot(0, AHEAD), claimedMs: shownMs };
    expect(damaged(world.step([shot]).events)).toMatchObject([{ critical: true }]);
  });

  test("strikes all before it, in slot order; the receipt names the nearest enemy", () => {
    const fighters = [SHOOTER, { ...BEFORE, x: 5_180 }, { side: 0, x: 5_060, y: 5_000 }, BEFORE];
    const world = armed("katana", { fighters });
    for (const slot of [1, 3]) world.fighter(slot).yaw = 18_000;
    const { events, outcomes } = world.step([world.shot(0, AHEAD)]);
    expect(damaged(events).map(({ target }) => target)).toEqual([1, 3]);
    expect(outcomes).toMatchObject([{ hit: { target: 3, damage: 11_000 } }]);
    expect(world.fighter(0)).toMatchObject({ shotsFired: 1, shotsHit: 1 });
  });
});
