/**
 * Blast: whom an explosion hurts, and how much.
 * In:  where it is, and whose.   Out: a blow for each, in slot order.
 * Law: reads only, by the poses of this tick. Nearest part of the body counts; full damage within a body's width, less in a straight
 *      line to the edge of the radius, nothing beyond. Who is behind a wall, head, middle and feet, is spared. Team mates
 *      are hurt by rule, the shooter always.
 */
import { BODY_RADIUS_CM, BODY_SIZES, eyesOf, middleOf, type Pose } from "./body.ts";
import { type Blast, WEAPONS, type Weapon, type WeaponName } from "./content.ts";
import type { Blow } from "./damage.ts";
import { mayHurt } from "./sides.ts";
import { isClear } from "./targeting.ts";
import type { Point, World } from "./world.ts";

export type Explosion = { by: number | null; side: number; weapon: WeaponName; at: Point };

export function blowsOf(world: World, { by, side, weapon: name, at }: Explosion): Blow[] {
  const weapon: Weapon = WEAPONS[name];
  const { blast, damageType, penetration } = weapon;
  const blows: Blow[] = [];
  if (!blast) return blows;
  for (const fighter of world.fighters) {
    if (!fighter?.alive) continue;
    const isSelf = fighter.slot === by;
    if (!isSelf && !mayHurt(world, { by, side }, fighter.slot)) continue;
    const base = blastDamage(weapon.damage, blast, distanceTo(fighter, at), isSelf);
    if (base === 0 || !reaches(world, fighter, at)) continue;
    const brings = { base, damageType, part: null, penetration, modifiers: [], critical: false };
    blows.push({ by, target: fighter.slot, weapon: name, ...brings });
  }
  return blows;
}

/** Hundredths of a point at a distance from the middle. */
export function blastDamage(damage: number, blast: Blast, distanceCm: number, isSelf: boolean): number {
  const { radiusCm, edgePercent, selfPercent } = blast;
  if (distanceCm > radiusCm) return 0;
  const percent = 100 - ((100 - edgePercent) * distanceCm) / radiusCm;
  return Math.floor((damage * percent * (isSelf ? selfPercent : 100)) / 10_000);
}

/** From a point to the surface of a body; 0 from within. */
function distanceTo(pose: Pose, at: Point): number {
  const { position, stance } = pose;
  const low = position.z + BODY_RADIUS_CM;
  const high = position.z + BODY_SIZES[stance].heightCm - BODY_RADIUS_CM;
  const x = at.x - position.x;
  const y = at.y - position.y;
  const z = at.z - Math.min(high, Math.max(low, at.z));
  return Math.max(0, Math.sqrt(x * x + y * y + z * z) - BODY_RADIUS_CM);
}

function reaches(world: World, pose: Pose, at: Point): boolean {
  const { walls } = world.map;
  const { x, y, z } = pose.position;
  return (
    isClear(walls, at, middleOf(pose)) || isClear(walls, at, eyesOf(pose)) || isClear(walls, at, { x, y, z: z + 5 })
  );
}
