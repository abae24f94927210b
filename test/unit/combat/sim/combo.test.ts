/** Combos: different deeds against one enemy, each soon after the one before. */
import { expect, test } from "vitest";
import { COMBO_MS } from "#combat/sim/combo.ts";
import type { StepInput } from "#combat/sim/inputs.ts";
import { Arena, TICK_MS } from "./arena.ts";

type Deed = "rifle" | "shotgun" | "stun" | "jam" | "shield" | "miss";

function arena(): Arena {
  return new Arena({
    fighters: [
      { side: 0, x: 2_000, y: 2_000 },
      { side: 1, x: 2_500, y: 2_000 },
      { side: 1, x: 2_000, y: 2_500 },
      { side: 0, x: 1_500, y: 2_000 },
    ],
    rules: { scoreLimit: 100, friendlyFire: true },
  });
}

/** Does it and gives the receipt's combo; null for refused. */
function does(world: Arena, deed: Deed, target = 1): number | null {
  world.fighter(target).health = 10_000;
  Object.assign(world.fighter(0), { spent: [], energy: { amount: 10_000, atMs: world.world.nowMs }, readyAtMs: 0 });
  const outcome = world.act(actionOf(world, deed, target) as Extract<StepInput, { kind: "action" }>);
  return outcome.kind === "done" ? outcome.combo : null;
}

function actionOf(world: Arena, deed: Deed, target: number): StepInput {
  if (deed === "miss") return world.shot(0, { x: 0, y: 0, z: 1_000_000 });
  if (deed === "rifle" || deed === "shotgun") {
    world.fighter(0).weapon = deed === "rifle" ? "assault_rifle" : "shotgun";
    return world.shot(0, target);
  }
  const aim = { kind: "target", slot: target } as const;
  return world.action(0, { type: "ability", ability: deed, aim, spot: null, grant: null });
}

test.each<{ name: string; deeds: Deed[]; combos: number[]; best: number }>([
  { name: "one deed is none", deeds: ["rifle"], combos: [0], best: 0 },
  { name: "each different one is one more", deeds: ["rifle", "stun", "shotgun", "jam"], combos: [0, 2, 3, 4], best: 4 },
  { name: "the same again is no more", deeds: ["rifle", "stun", "rifle", "stun"], combos: [0, 2, 2, 2], best: 2 },
  { name: "what harms nobody is no deed", deeds: ["rifle", "shield", "miss", "stun"], combos: [0, 0, 0, 2], best: 2 },
])("$name", ({ deeds, combos, best }) => {
  const world = arena();
  expect(deeds.map((deed) => does(world, deed))).toEqual(combos);
  expect(world.fighter(0).feats.bestCombo).toBe(best);
});

test.each([
  { waitMs: COMBO_MS - TICK_MS, combo: 2 },
  { waitMs: COMBO_MS, combo: 0 },
])("after $waitMs ms it is $combo", ({ waitMs, combo }) => {
  const world = arena();
  does(world, "rifle");
  world.wait(waitMs);
  expect(does(world, "stun")).toBe(combo);
});

test("the same again keeps it alive", () => {
  const world = arena();
  does(world, "rifle");
  world.wait(2_000);
  does(world, "rifle");
  world.wait(2_000);
  expect(does(world, "stun")).toBe(2);
});

test("another target begins anew, and the best stays", () => {
  const world = arena();
  does(world, "rifle");
  does(world, "stun");
  expect(does(world, "jam", 2)).toBe(0);
  expect(does(world, "rifle", 2)).toBe(2);
  expect(world.fighter(0).feats.bestCombo).toBe(2);
});

test("the deed that kills counts; nothing after it does", () => {
  const world = arena();
  does(world, "stun");
  world.fighter(1).health = 1;
  world.fighter(0).weapon = "assault_rifle";
  expect(world.act(world.shot(0, 1))).toMatchObject({ combo: 2, hit: { damage: 1 } });
  world.wait(1_000);
  world.place([
    { side: 0, x: 2_000, y: 2_000 },
    { side: 1, x: 2_500, y: 2_000 },
  ]);
  expect(does(world, "jam")).toBe(0);
});

test("team mates are no combo", () => {
  const world = arena();
  expect([does(world, "rifle", 3), does(world, "shotgun", 3)]).toEqual([0, 0]);
});

test("the next in the seat of who left is another", () => {
  const world = arena();
  does(world, "rifle");
  world.step([
    { kind: "remove", slot: 1 },
    { kind: "add", slot: 1, side: 1 },
  ]);
  world.place([
    { side: 0, x: 2_000, y: 2_000 },
    { side: 1, x: 2_500, y: 2_000 },
  ]);
  expect(does(world, "stun")).toBe(0);
});

test("what an effect takes later is no deed", () => {
  const world = arena();
  does(world, "rifle");
  world.step([{ ...world.blow(0, 1, 1), effects: [{ kind: "burn", potency: 100, durationMs: 1_000 }] }]);
  world.wait(1_000);
  expect(world.fighter(0).combo.deeds).toEqual(["assault_rifle"]);
});
