/** Items: what a use does, how long it takes, what breaks it off, and why it is refused; nothing is spent before it is done. */
import { describe, expect, test } from "vitest";
import { ARMOUR_MAX } from "#combat/sim/armour.ts";
import { ITEM_NAMES, ITEMS, type ItemName } from "#combat/sim/content/items.ts";
import { afflict } from "#combat/sim/effects.ts";
import { ENERGY_MAX, energyAt } from "#combat/sim/energy.ts";
import { Arena, kinds, TICK_MS } from "./arena.ts";

const FIGHTERS = [
  { side: 0, x: 2_000, y: 2_000 },
  { side: 1, x: 2_500, y: 2_000 },
];

/** The user lacks something of everything; what hurts it would break off what is fragile. */
function arena(item: ItemName = "antidote"): Arena {
  const world = new Arena({ fighters: FIGHTERS, rules: { scoreLimit: 100, respawnMs: 1_000 } });
  world.fighter(0).health = 3_000;
  world.fighter(0).energy = { amount: 1_000, atMs: world.world.nowMs };
  if (item === "antidote") lay(world, "bleed", 60_000);
  return world;
}

function lay(world: Arena, kind: "bleed" | "stun" | "slow", durationMs: number): void {
  afflict(world.world, world.fighter(0), { kind, potency: 1, durationMs, by: null });
}

function use(world: Arena, item: ItemName) {
  return world.act(world.action(0, { type: "use_item", item }));
}

describe.each(ITEM_NAMES)("%s", (item) => {
  const { count, useMs } = ITEMS[item];

  test("takes its time, is spent when it is done, and is told then", () => {
    const world = arena(item);
    expect(use(world, item)).toMatchObject({ kind: "done", cooldownMs: useMs, used: null, hit: null });
    expect(world.fighter(0).items).toMatchObject({ using: item, left: { [item]: count } });
    world.wait(useMs - TICK_MS);
    expect(world.fighter(0).items).toMatchObject({ using: item, left: { [item]: count } });
    const { events } = world.step();
    expect(events).toContainEqual({ kind: "item_used", slot: 0, item, left: count - 1 });
    expect(world.fighter(0).items).toMatchObject({ using: null, doneAtMs: 0, left: { [item]: count - 1 } });
  });

  test(`is there ${count} times in a life, and again in the next`, () => {
    const world = arena(item);
    for (let used = 0; used < count; used++) {
      Object.assign(world.fighter(0), { health: 3_000, energy: { amount: 0, atMs: world.world.nowMs } });
      world.fighter(0).armour = { amount: 0 };
      if (item === "antidote") lay(world, "bleed", 60_000);
      expect(use(world, item).kind).toBe("done");
      world.wait(useMs);
    }
    expect(use(world, item)).toMatchObject({ kind: "refused", reason: "none_left" });
    world.kill(1, 0);
    world.wait(1_000);
    expect(world.fighter(0).items.left[item]).toBe(count);
  });

  test.each([
    { name: "another action", make: (world: Arena) => world.step([world.shot(0, 1)]) },
    { name: "a switch", make: (world: Arena) => world.step([switchTo(world)]) },
    { name: "a stun", make: (world: Arena) => lay(world, "stun", 200) },
    { name: "a fall", make: (world: Arena) => world.kill(1, 0) },
  ])("is put away by $name, and not spent", ({ make }) => {
    const world = arena(item);
    use(world, item);
    make(world);
    world.step();
    expect(world.fighter(0).items).toMatchObject({ using: null, left: { [item]: count } });
    expect(kinds(world.wait(useMs - TICK_MS))).not.toContain("item_used");
  });

  test("is kept in hand by a refused action", () => {
    const world = arena(item);
    use(world, item);
    expect(use(world, item)).toMatchObject({ reason: "using_item" });
    expect(world.act(world.action(0, { type: "reload" }))).toMatchObject({ reason: "full_magazine" });
    expect(world.fighter(0).items.using).toBe(item);
  });

  const isBroken = ITEMS[item].isFragile;
  test(`is ${isBroken ? "broken off" : "not broken off"} by damage`, () => {
    const world = arena(item);
    use(world, item);
    world.step([world.blow(1, 0, 100)]);
    expect(world.fighter(0).items.using).toBe(isBroken ? null : item);
  });
});

function switchTo(world: Arena) {
  return world.action(0, { type: "switch_weapon", weapon: "shotgun" });
}

describe("hands do one thing", () => {
  test("a use breaks off a reload", () => {
    const world = arena();
    const user = world.fighter(0);
    user.magazine[user.weapon] = 1;
    world.act(world.action(0, { type: "reload" }));
    use(world, "energy_cell");
    expect(user.reloadedAtMs).toBe(0);
    world.wait(5_000);
    expect(user.magazine[user.weapon]).toBe(1);
  });

  test("a use breaks off a burst", () => {
    const world = arena();
    const user = world.fighter(0);
    user.weapon = "burst_rifle";
    world.step([world.shot(0, { x: 0, y: 1, z: 0 }), world.action(0, { type: "use_item", item: "energy_cell" })]);
    expect(user.burst).toBeNull();
    const left = user.magazine.burst_rifle;
    world.wait(500);
    expect(user.magazine.burst_rifle).toBe(left);
  });

  test("a refused use does not", () => {
    const world = new Arena({ fighters: FIGHTERS });
    const user = world.fighter(0);
    user.magazine[user.weapon] = 1;
    world.act(world.action(0, { type: "reload" }));
    expect(use(world, "medkit")).toMatchObject({ kind: "refused" });
    expect(user.reloadedAtMs).toBeGreaterThan(0);
  });
});

test.each<{ item: ItemName; lacking: object }>([
  { item: "medkit", lacking: { health: 10_000 } },
  { item: "armour_plate", lacking: { armour: { amount: ARMOUR_MAX } } },
  { item: "energy_cell", lacking: { energy: { amount: ENERGY_MAX, atMs: 0 } } },
  { item: "antidote", lacking: { effects: [] } },
])("who lacks nothing any more when the use of $item is done keeps it", ({ item, lacking }) => {
  const world = arena(item);
  use(world, item);
  Object.assign(world.fighter(0), lacking);
  expect(kinds(world.wait(ITEMS[item].useMs))).not.toContain("item_used");
  expect(world.fighter(0).items).toMatchObject({ using: null, doneAtMs: 0, left: { [item]: ITEMS[item].count } });
});

test("what lies on somebody breaks off a fragile use like any damage", () => {
  const world = arena("medkit");
  use(world, "medkit");
  lay(world, "bleed", 2_000);
  world.fighter(0).effects = world.fighter(0).effects.map((effect) => ({ ...effect, potency: 100 }));
  world.wait(600);
  expect(world.fighter(0).items.using).toBeNull();
});

describe("what they do", () => {
  test("a medkit heals", () => {
    const world = arena("medkit");
    use(world, "medkit");
    const { events } = world.wait(2_500);
    expect(events.map(({ kind }) => kind)).toEqual(["item_used", "healed"]);
    expect(events[1]).toMatchObject({ by: 0, target: 0, amount: 5_000, health: 8_000, cause: "medkit" });
  });

  test("a plate is worn over what is left, up to the maximum", () => {
    const world = arena();
    world.fighter(0).armour = { amount: 6_000 };
    use(world, "armour_plate");
    world.wait(2_000);
    expect(world.fighter(0).armour).toEqual({ amount: ARMOUR_MAX });
  });

  test("a cell gives energy", () => {
    const world = arena();
    use(world, "energy_cell");
    world.wait(500);
    expect(energyAt(world.fighter(0).energy, world.world.nowMs)).toBe(1_000 + 5_000 + 275); // And 550 ms of what comes back.
  });

  test("an antidote ends what hurts, told, and nothing else", () => {
    const world = arena();
    lay(world, "slow", 60_000);
    use(world, "antidote");
    const { events } = world.wait(800);
    expect(events.slice(-2)).toEqual([
      { kind: "item_used", slot: 0, item: "antidote", left: 0 },
      { kind: "effect_ended", target: 0, effect: "bleed" },
    ]);
    expect(world.fighter(0).effects.map(({ kind }) => kind)).toEqual(["slow"]);
  });
});

test.each<{ item: ItemName; reason: string }>([
  { item: "medkit", reason: "full_health" },
  { item: "armour_plate", reason: "full_armor" },
  { item: "energy_cell", reason: "full_energy" },
  { item: "antidote", reason: "nothing_to_cure" },
])("who lacks nothing is refused $item as $reason", ({ item, reason }) => {
  const world = new Arena({ fighters: FIGHTERS });
  world.fighter(0).armour = { amount: ARMOUR_MAX };
  expect(energyAt(world.fighter(0).energy, world.world.nowMs)).toBe(ENERGY_MAX);
  expect(use(world, item)).toMatchObject({ kind: "refused", reason });
});
