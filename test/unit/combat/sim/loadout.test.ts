/** Loadouts: what a seat was given with is in hand at the start, and nothing else is ever taken in hand. */
import { describe, expect, test } from "vitest";
import { STARTING_WEAPON, WEAPON_NAMES } from "#combat/sim/content.ts";
import type { Loadout } from "#combat/sim/loadout.ts";
import { decide } from "#combat/sim/step.ts";
import { Arena } from "./arena.ts";

const ADA = 2;

/** Two enemies, and Ada with this loadout. */
function arena(loadout?: Loadout): Arena {
  const duel = new Arena({
    fighters: [
      { side: 0, x: 1_000, y: 10_000 },
      { side: 1, x: 2_000, y: 10_000 },
    ],
  });
  decide(duel.world, { kind: "add", slot: ADA, side: 0, ...(loadout && { loadout }) });
  return duel;
}

const takes = (duel: Arena, weapon: (typeof WEAPON_NAMES)[number]) =>
  duel.act(duel.action(ADA, { type: "switch_weapon", weapon }));

describe("in hand at the start", () => {
  test.each([
    { name: "the first of the list", weapons: ["sniper_rifle", "shotgun"] as const, inHand: "sniper_rifle" },
    { name: "everybody's, without a list", weapons: null, inHand: STARTING_WEAPON },
  ])("$name", ({ weapons, inHand }) => {
    expect(arena({ weapons, abilities: null }).fighter(ADA).weapon).toBe(inHand);
  });

  test("a seat without a loadout has everything", () => {
    const duel = arena();
    for (const weapon of WEAPON_NAMES) expect(takes(duel, weapon)).toMatchObject({ kind: "done" });
  });
});

describe("a list", () => {
  test("refuses what is not in it by name, and the weapon in hand stays", () => {
    const duel = arena({ weapons: ["shotgun"], abilities: null });
    expect(takes(duel, "sniper_rifle")).toMatchObject({ kind: "refused", reason: "not_in_loadout" });
    expect(duel.fighter(ADA).weapon).toBe("shotgun");
    expect(takes(duel, "shotgun")).toMatchObject({ kind: "done" });
  });

  test("refuses before it costs anything: a reload goes on", () => {
    const duel = arena({ weapons: ["shotgun"], abilities: null });
    duel.fighter(ADA).magazine.shotgun = 0;
    duel.act(duel.action(ADA, { type: "reload" }));
    const { reloadedAtMs } = duel.fighter(ADA);
    takes(duel, "sniper_rifle");
    expect(duel.fighter(ADA).reloadedAtMs).toBe(reloadedAtMs);
    expect(reloadedAtMs).toBeGreaterThan(0);
  });

  test("holds in the next life, and with the weapon that was in hand", () => {
    const duel = arena({ weapons: ["shotgun", "sniper_rifle"], abilities: null });
    takes(duel, "sniper_rifle");
    duel.kill(1, ADA);
    duel.wait(1_100);
    expect(duel.fighter(ADA)).toMatchObject({ alive: true, weapon: "sniper_rifle" });
    expect(takes(duel, "assault_rifle")).toMatchObject({ reason: "not_in_loadout" });
  });
});

describe("a list of abilities", () => {
  const uses = (duel: Arena, ability: "dash" | "shield") => {
    return duel.act(duel.action(ADA, { type: "ability", ability, aim: null, spot: null, grant: null }));
  };

  test("refuses what is not in it by name, and it costs nothing", () => {
    const duel = arena({ weapons: null, abilities: ["dash"] });
    expect(uses(duel, "shield")).toMatchObject({ kind: "refused", reason: "not_in_loadout", cooldownMs: 0 });
    expect(duel.fighter(ADA).effects).toEqual([]);
    expect(uses(duel, "dash")).toMatchObject({ kind: "done" });
  });

  test("whoever has none may use all", () => {
    expect(uses(arena(), "shield")).toMatchObject({ kind: "done" });
  });
});
