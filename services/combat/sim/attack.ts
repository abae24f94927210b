/**
 * Attack: what one shot does, before anybody is hurt.
 * In: the world, the shooter, an aim.   Out: a blow for each enemy struck, in slot order, and the receipt's figures.
 * Law: reads only. A shot stops at whom it strikes. With friendly fire off, team mates stop it unharmed: they are no
 * shields to shoot through and no victims.
 * Not here: whether the shooter may fire (actions.ts), what a blow takes (damage.ts).
 */
import { assert } from "#kit/assert.ts";
import { eyesOf, middleOf } from "./body.ts";
import { type Pellet, WEAPONS, type Weapon } from "./content.ts";
import type { Blow } from "./damage.ts";
import { type Ray, unit } from "./geometry.ts";
import type { Aim } from "./inputs.ts";
import { type Poses, posesForShot, type Struck, trace } from "./targeting.ts";
import type { Fighter, Point, World } from "./world.ts";

export type Shot = {
  /** At most one for each fighter struck, pellets added up. */
  blows: Blow[];
  /** What the receipt names: of all that pellets struck, who can be hurt before who cannot, walls, and nothing. */
  struck: Struck;
  tickUsed: number;
};

/** Null when the aim names somebody who cannot be shot at: nobody there, down, or the shooter itself. */
export function judgeAttack(world: World, shooter: Fighter, aim: Aim): Shot | null {
  const { poses, tick } = posesForShot(world);
  const origin = eyesOf(shooter);
  const direction = directionOf(aim, { shooter, origin, poses });
  if (!direction) return null;
  const weapon = WEAPONS[shooter.weapon];
  const scene = { walls: world.map.walls, poses };
  const blows: Blow[] = [];
  let struck: Struck | null = null;
  for (const pellet of weapon.pellets) {
    const ray = pelletRay(origin, direction, pellet);
    const found = trace(scene, ray, { shooter: shooter.slot, rangeCm: weapon.rangeCm });
    if (found.kind === "player" && mayHurt(world, shooter, found.slot)) addPellet(blows, shooter, weapon, found);
    struck = struck && !comesFirst(found, struck, blows) ? struck : found;
  }
  assert(struck, "every weapon has a pellet");
  blows.sort((one, other) => one.target - other.target);
  return { blows, struck, tickUsed: tick };
}

function directionOf(aim: Aim, by: { shooter: Fighter; origin: Point; poses: Poses }): Point | null {
  if (aim.kind === "direction") {
    const { x, y, z } = aim.direction;
    assert(Number.isFinite(x + y + z), "directions are finite"); // The wire's were checked where it was decoded.
    return unit(aim.direction);
  }
  const target = by.poses[aim.slot];
  if (!target?.alive || aim.slot === by.shooter.slot) return null;
  const middle = middleOf(target);
  return unit({ x: middle.x - by.origin.x, y: middle.y - by.origin.y, z: middle.z - by.origin.z });
}

/** The aim, turned by the pellet's place in the pattern: to the right along the ground, and up from both. */
function pelletRay(origin: Point, aim: Point, pellet: Pellet): Ray {
  if (pellet.right === 0 && pellet.up === 0) return { origin, direction: aim };
  // Straight up or down has no right along the ground; the x axis stands in.
  const level = aim.x * aim.x + aim.y * aim.y > 0;
  const right = level ? unit({ x: aim.y, y: -aim.x, z: 0 }) : { x: 1, y: 0, z: 0 };
  const up = {
    x: right.y * aim.z - right.z * aim.y,
    y: right.z * aim.x - right.x * aim.z,
    z: right.x * aim.y - right.y * aim.x,
  };
  const rightward = pellet.right / 1_000_000;
  const upward = pellet.up / 1_000_000;
  const direction = unit({
    x: aim.x + right.x * rightward + up.x * upward,
    y: aim.y + right.y * rightward + up.y * upward,
    z: aim.z + right.z * rightward + up.z * upward,
  });
  return { origin, direction };
}

function mayHurt(world: World, shooter: Fighter, slot: number): boolean {
  return world.rules.friendlyFire || world.fighters[slot]?.side !== shooter.side;
}

function addPellet(blows: Blow[], shooter: Fighter, weapon: Weapon, struck: Struck & { kind: "player" }): void {
  const damage = pelletDamage(weapon, struck.distanceCm, struck.headshot);
  const blow = blows.find((earlier) => earlier.target === struck.slot);
  if (blow) {
    blow.damage += damage;
    blow.headshot ||= struck.headshot;
    return;
  }
  const { slot: by, weapon: name } = shooter;
  blows.push({ by, target: struck.slot, damage, weapon: name, damageType: "bullet", headshot: struck.headshot });
}

/** Hundredths of a point, by distance and place; rounded down, so that it never depends on the order of factors. */
export function pelletDamage(weapon: Weapon, distanceCm: number, headshot: boolean): number {
  const { falloffStartCm, falloffEndCm, falloffPercent } = weapon;
  const beyond = Math.min(Math.max(distanceCm - falloffStartCm, 0), falloffEndCm - falloffStartCm);
  const lost = (weapon.damage * (100 - falloffPercent) * beyond) / (100 * (falloffEndCm - falloffStartCm));
  const damage = Math.floor(weapon.damage - lost);
  return headshot ? Math.floor((damage * weapon.headshotPercent) / 100) : damage;
}

/** For the receipt of a shot with several pellets; among equals the nearer, then the earlier pellet. */
function comesFirst(one: Struck, other: Struck, blows: readonly Blow[]): boolean {
  const rank = rankOf(one, blows);
  const otherRank = rankOf(other, blows);
  return rank === otherRank ? one.distanceCm < other.distanceCm : rank < otherRank;
}

function rankOf(struck: Struck, blows: readonly Blow[]): number {
  if (struck.kind === "player") return blows.some((blow) => blow.target === struck.slot) ? 0 : 1;
  return struck.kind === "wall" ? 2 : 3;
}
