/** Weapon rows: what the tables of GAMEPLAY.md say of a weapon, as the code has it. Not a test itself. */
import type { Weapon } from "#combat/sim/content.ts";

function kindOf({ pellets, burst, flight, blast, swing }: Weapon): string {
  if (swing) return "melee";
  if (blast) return "explosive";
  if (flight) return "projectile";
  if (burst) return `burst of ${burst.rounds}`;
  return pellets.length > 1 ? `${pellets.length} pellets` : "hitscan";
}

/** As the table of weapons has it, after the name. */
export function weaponRow(weapon: Weapon): string[] {
  const { damage, percentByPart, damageType, penetration, fireIntervalMs, magazineRounds, rangeCm } = weapon;
  const { reloadMs, drawMs, falloffStartCm, falloffEndCm, falloffPercent } = weapon;
  const falls = `${rangeCm / 100}, ${falloffStartCm / 100} to ${falloffEndCm / 100}: ${falloffPercent} %`;
  return [
    ...[kindOf(weapon), `${damage / 100}`, `${percentByPart.head} %, ${percentByPart.legs} %`, damageType],
    ...[`${penetration / 1000}`, `${fireIntervalMs}`, magazineRounds === 0 ? "none" : `${magazineRounds}`],
    ...[magazineRounds === 0 ? `none, ${drawMs}` : `${reloadMs}, ${drawMs}`],
    falloffPercent === 100 ? `${rangeCm / 100}` : falls,
  ];
}

/** As the table of projectiles has it, after the name. */
export function flightRow({ flight, blast }: Weapon): string[] {
  const { speedCmPerS = 0, gravityCmPerS2 = 0, lifeMs = 0 } = flight ?? {};
  const flies = [speedCmPerS / 100, gravityCmPerS2 / 100, lifeMs / 1000].map(String);
  if (!blast) return [...flies, "none", "", ""];
  return [...flies, `${blast.radiusCm / 100}`, `${blast.edgePercent} %`, `${blast.selfPercent} %`];
}
