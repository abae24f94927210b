import { describe, expect, test } from "vitest";
import { WEAPONS } from "#combat/sim/content.ts";
import { Arena, TICK_MS } from "./arena.ts";

const AWAY = { x: -1_000_000, y: 0, z: 0 };

function arena(live = true, tickRateHz = 20): Arena {
  const fighters = [
    { side: 0, x: 5_000, y: 5_000 },
    { side: 1, x: 6_000, y: 5_000 },
  ];
  return new Arena({ fighters, live, rules: { tickRateHz } });
}

describe("a refused action says why, and costs nothing", () => {
  test.each([
    { name: "in warmup", before: () => arena(false), reason: "not_active" },
    {
      name: "when it is over",
      before: () => {
        const world = arena();
        world.step([{ kind: "end", cause: "cancelled" }]);
        return world;
      },
      reason: "not_active",
    },
    {
      name: "when down",
      before: () => {
        const world = arena();
        world.kill(1, 0);
        return world;
      },
      reason: "dead",
    },
    {
      name: "while reloading",
      before: () => {
        const world = arena();
        world.hit(0, AWAY);
        world.act(world.action(0, { type: "reload" }));
        return world;
      },
      reason: "reloading",
    },
    {
      name: "too soon",
      before: () => {
        const world = arena();
        world.hit(0, AWAY);
        return world;
      },
      reason: "cooldown",
    },
    {
      name: "with nothing in the magazine",
      before: () => {
        const world = arena();
        world.fighter(0).magazine.assault_rifle = 0;
        return world;
      },
      reason: "empty_magazine",
    },
  ])("$name: $reason", ({ before, reason }) => {
    const world = before();
    const fighter = structuredClone(world.fighter(0));
    const health = world.fighter(1).health;
    const outcome = world.act(world.shot(0, 1));
    expect(outcome).toMatchObject({ kind: "refused", slot: 0, reason, ammunition: fighter.magazine[fighter.weapon] });
    expect(world.fighter(0)).toEqual(fighter);
    expect(world.fighter(1).health).toBe(health);
  });

  test.each([
    { name: "nobody there", at: 9 },
    { name: "oneself", at: 0 },
  ])("a target that cannot be shot at ($name): unknown_target", ({ at }) => {
    const world = arena();
    expect(world.act(world.shot(0, at))).toMatchObject({ kind: "refused", reason: "unknown_target", ammunition: 30 });
  });

  test("a target that is down: unknown_target", () => {
    const world = arena();
    world.kill(0, 1);
    expect(world.act(world.shot(0, 1))).toMatchObject({ kind: "refused", reason: "unknown_target" });
  });

  test("another weapon than the one in hand: wrong_weapon", () => {
    const world = arena();
    const wish = { type: "attack", aim: { kind: "target", slot: 1 }, weapon: "sniper_rifle" } as const;
    expect(world.act(world.action(0, wish))).toMatchObject({ kind: "refused", reason: "wrong_weapon" });
    expect(world.act(world.action(0, { ...wish, weapon: "assault_rifle" }))).toMatchObject({ kind: "done" });
  });

  test("a seat nobody sits in: not_active", () => {
    const world = arena();
    const nobody = { kind: "refused", slot: 7, reason: "not_active", cooldownMs: 0, ammunition: 0 };
    expect(world.act(world.shot(7, 1))).toMatchObject(nobody);
  });
});

test("every action and damage input has one outcome, by its own id, in order", () => {
  const world = arena();
  const inputs = [world.shot(0, 1), world.shot(0, 1), world.blow(1, 0, 500), world.shot(7, 1), world.blow(null, 9, 5)];
  const { outcomes } = world.step(inputs);
  expect(outcomes.map(({ id }) => id)).toEqual(inputs.map(({ id }) => id));
  expect(outcomes.map(({ kind }) => kind)).toEqual(["done", "refused", "damage", "refused", "damage"]);
});

test("an action is acknowledged, refused or not, and never takes an acknowledgement back", () => {
  const world = arena();
  world.act(world.action(0, { type: "reload" }, 5));
  expect(world.fighter(0).lastInput).toBe(5);
  world.move(0, world.fighter(0).position, { seq: 8 });
  world.act(world.action(0, { type: "reload" }, 7));
  expect(world.fighter(0).lastInput).toBe(8);
});

describe("fire rate", () => {
  test.each([
    { tickRateHz: 128, seconds: 10, least: 99, most: 101 },
    { tickRateHz: 64, seconds: 10, least: 99, most: 101 },
    { tickRateHz: 30, seconds: 10, least: 99, most: 101 },
    { tickRateHz: 20, seconds: 10, least: 99, most: 101 },
    { tickRateHz: 7, seconds: 10, least: 98, most: 101 },
  ])("at $tickRateHz Hz a held trigger fires ten times a second, however often it is asked", (row) => {
    const world = arena(true, row.tickRateHz);
    let fired = 0;
    for (let tick = 0; tick < row.seconds * row.tickRateHz; tick++) {
      world.fighter(0).magazine.assault_rifle = 30;
      const shots = Array.from({ length: 10 }, () => world.shot(0, AWAY));
      fired += world.step(shots).outcomes.filter(({ kind }) => kind === "done").length;
    }
    expect(fired).toBeGreaterThanOrEqual(row.least);
    expect(fired).toBeLessThanOrEqual(row.most);
  });

  test("a pause earns no extra shots", () => {
    const world = arena();
    world.wait(5_000);
    const { outcomes } = world.step([world.shot(0, AWAY), world.shot(0, AWAY), world.shot(0, AWAY)]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["done", "refused", "refused"]);
    expect(outcomes[1]).toMatchObject({ reason: "cooldown", cooldownMs: 100 });
  });

  test("the cooldown is told as it runs down", () => {
    const world = arena();
    expect(world.act(world.shot(0, AWAY))).toMatchObject({ kind: "done", cooldownMs: 100, ammunition: 29 });
    expect(world.act(world.shot(0, AWAY))).toMatchObject({ kind: "refused", reason: "cooldown", cooldownMs: 50 });
    expect(world.act(world.shot(0, AWAY))).toMatchObject({ kind: "done", cooldownMs: 100, ammunition: 28 });
  });
});

describe("magazine and reload", () => {
  test("thirty rounds, then none until reloaded, and the reload takes its time", () => {
    const world = arena();
    let fired = 0;
    for (let tick = 0; tick < 200; tick++) if (world.act(world.shot(0, AWAY)).kind === "done") fired += 1;
    expect(fired).toBe(30);
    const reloadMs = WEAPONS.assault_rifle.reloadMs;
    expect(world.act(world.action(0, { type: "reload" }))).toMatchObject({ kind: "done", cooldownMs: reloadMs });
    world.wait(reloadMs - TICK_MS);
    expect(world.fighter(0).magazine.assault_rifle).toBe(0);
    expect(world.act(world.shot(0, AWAY))).toMatchObject({ kind: "done", ammunition: 29 });
  });

  test.each([
    { name: "a full magazine is not reloaded", rounds: 30, again: false, reason: "full_magazine" },
    { name: "a running reload is not begun again", rounds: 5, again: true, reason: "reloading" },
  ])("$name", ({ rounds, again, reason }) => {
    const world = arena();
    world.fighter(0).magazine.assault_rifle = rounds;
    if (again) world.act(world.action(0, { type: "reload" }));
    expect(world.act(world.action(0, { type: "reload" }))).toMatchObject({ kind: "refused", reason });
  });

  test("death breaks a reload off, and the next life begins with full magazines", () => {
    const world = arena();
    world.fighter(0).magazine.assault_rifle = 3;
    world.act(world.action(0, { type: "reload" }));
    world.kill(1, 0);
    expect(world.fighter(0)).toMatchObject({ reloadedAtMs: 0, magazine: { assault_rifle: 3 } });
    world.wait(1_000);
    expect(world.fighter(0)).toMatchObject({ alive: true, magazine: { assault_rifle: 30 } });
  });
});

describe("switching weapons", () => {
  test("takes time, and each weapon keeps its own magazine", () => {
    const world = arena();
    world.hit(0, AWAY);
    const drawMs = WEAPONS.shotgun.drawMs;
    const taken = world.act(world.action(0, { type: "switch_weapon", weapon: "shotgun" }));
    expect(taken).toMatchObject({ kind: "done", cooldownMs: drawMs, ammunition: 6, hit: null });
    expect(world.act(world.shot(0, AWAY))).toMatchObject({ kind: "refused", reason: "cooldown" });
    world.wait(drawMs);
    expect(world.act(world.shot(0, AWAY))).toMatchObject({ kind: "done", ammunition: 5 });
    expect(world.fighter(0).magazine).toMatchObject({ assault_rifle: 29, shotgun: 5, sniper_rifle: 5 });
  });

  test("to the one in hand changes nothing", () => {
    const world = arena();
    const before = structuredClone(world.fighter(0));
    expect(world.act(world.action(0, { type: "switch_weapon", weapon: "assault_rifle" })).kind).toBe("done");
    expect(world.fighter(0)).toEqual(before);
  });

  test("breaks a reload off", () => {
    const world = arena();
    world.fighter(0).magazine.assault_rifle = 3;
    world.act(world.action(0, { type: "reload" }));
    world.act(world.action(0, { type: "switch_weapon", weapon: "shotgun" }));
    world.wait(5_000);
    expect(world.fighter(0).magazine).toMatchObject({ assault_rifle: 3, shotgun: 6 });
  });

  test("away and back does not shorten what a weapon owes", () => {
    const world = arena();
    world.fighter(0).weapon = "sniper_rifle";
    world.hit(0, AWAY);
    const { nowMs } = world.world;
    world.act(world.action(0, { type: "switch_weapon", weapon: "assault_rifle" }));
    world.act(world.action(0, { type: "switch_weapon", weapon: "sniper_rifle" }));
    expect(world.fighter(0).readyAtMs).toBe(nowMs + WEAPONS.sniper_rifle.fireIntervalMs);
  });
});
