/** Tastes: what bots believe of weapons is what weapons are. */
import { expect, test } from "vitest";
import { WEAPON_NAMES, WEAPONS, type Weapon, type WeaponName } from "#combat/sim/content.ts";
import { liftMetres, TASTES } from "#tools/bots/tastes.ts";

test("every weapon of the game is some bot's, and the shares are a hundred lives", () => {
  expect(TASTES.map(({ weapon }) => weapon).sort()).toEqual([...WEAPON_NAMES].sort());
  expect(TASTES.reduce((sum, { share }) => sum + share, 0)).toBe(100);
});

test.each(TASTES)("$weapon flies, reaches and needs rounds as they believe", ({ weapon: name, ...taste }) => {
  const { flight, blast, rangeCm, magazineRounds }: Weapon = WEAPONS[name as WeaponName];
  const known = taste.flight && {
    speedCmPerS: taste.flight.speed * 100,
    gravityCmPerS2: Math.round(taste.flight.gravity * 100),
  };
  if (flight) expect(flight).toMatchObject(known ?? {});
  expect(taste.flight === null).toBe(flight === undefined);
  if (blast) expect(taste.leastMetres).toBeGreaterThan(blast.radiusCm / 100); // Out of the own blast.
  expect(taste.mostMetres).toBeLessThanOrEqual((rangeCm + 35) / 100);
  expect(taste.needsRounds).toBe(magazineRounds > 0);
});

test("the aim lifts by what falls on the way, and by nothing for what does not", () => {
  const lift = Object.fromEntries(TASTES.map((taste) => [taste.weapon, liftMetres(taste, 24)]));
  expect(lift).toMatchObject({ assault_rifle: 0, rocket_launcher: 0, grenade_launcher: 9.81 / 2 });
});
