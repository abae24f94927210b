/**
 * Attack: what one shot does, before anybody is hurt.
 * In: the world, the shooter, an aim.   Out: a blow for each enemy struck, in slot order, and the receipt's figures.
 * Law: reads only. A shot stops at whom it strikes. With friendly fire off, team mates stop it unharmed: they are no
 * shields to shoot through and no victims. A swing goes through everybody before it.
 * Not here: whether the shooter may fire (fire.ts), what flies (projectiles.ts), what a blow takes (damage.ts).
 */
import { assert } from "#kit/assert.ts";
import { BODY_PARTS, type BodyPart, eyesOf, middleOf } from "./body.ts";
import { type Pellet, WEAPONS, type Weapon } from "./content.ts";
import type { Blow } from "./damage.ts";
import { type Ray, unit } from "./geometry.ts";
import { toldPoseAt, yawAt } from "./history.ts";
import type { Aim } from "./inputs.ts";
import { isFromBehind, judgeSwing, type Swing } from "./melee.ts";
import { type Poses, posesAt, tickOf, type View } from "./rewind.ts";
import { mayHurt } from "./sides.ts";
import { type Struck, trace } from "./targeting.ts";
import type { Fighter, Point, World } from "./world.ts";

export type Shot = {
  /** From where, and whereto: of length one. */
  origin: Point;
  direction: Point;
  /** At most one for each fighter struck, pellets added up. */
  blows: Blow[];
  /** What the receipt names: of all that pellets struck, who can be hurt before who cannot, walls, and nothing. */
  struck: Struck;
  tickUsed: number;
  view: View;
};

/** Null when the aim names somebody who cannot be shot at: nobody there, down, or the shooter itself. */
export function judgeAttack(world: World, shooter: Fighter, aim: Aim, view: View): Shot | null {
  const poses = posesAt(world, view.atMs);
  // From where the shooter had last told to stand when the shot came: what it told since is no part of the shot.
  const from = toldPoseAt(world.history, shooter, view.atMs + view.rewindMs + view.wayMs);
  const origin = eyesOf(from);
  const direction = directionOf(aim, { shooter, origin, poses });
  if (!direction) return null;
  const weapon: Weapon = WEAPONS[shooter.weapon];
  const judged = { origin, direction, tickUsed: tickOf(world, view.atMs), view };
  if (weapon.flight) return { ...judged, blows: [], struck: { kind: "nothing", distanceCm: 0 } };
  const scene = { walls: world.map.walls, poses };
  if (weapon.swing)
    return { ...judged, ...swingAt(world, shooter, { ...scene, weapon, from, aim: direction, atMs: view.atMs }) };
  const blows: Blow[] = [];
  let struck: Struck | null = null;
  for (const pellet of weapon.pellets) {
    const ray = pelletRay(origin, direction, pellet);
    const found = trace(scene, ray, { shooter: shooter.slot, rangeCm: weapon.rangeCm });
    if (found.kind === "player" && mayHurt(world, { by: shooter.slot, side: shooter.side }, found.slot))
      addPellet(blows, shooter, weapon, found);
    struck = struck && !comesFirst(found, struck, blows) ? struck : found;
  }
  assert(struck, "every weapon has a pellet");
  blows.sort((one, other) => one.target - other.target);
  return { ...judged, blows, struck };
}

/** From behind it is critical. The receipt names who can be hurt before who cannot, then the nearest. */
function swingAt(world: World, shooter: Fighter, swing: Swing & { atMs: number }): Pick<Shot, "blows" | "struck"> {
  const { damageType, penetration, damage: base, rangeCm } = swing.weapon;
  const reached = judgeSwing(shooter.slot, swing);
  const hurt = reached.filter(({ slot }) => mayHurt(world, { by: shooter.slot, side: shooter.side }, slot));
  const blows = hurt.map(({ slot: target }) => {
    const { position } = swing.poses[target]!;
    const yaw = yawAt(world.history, world.fighters[target]!, swing.atMs);
    const critical = isFromBehind(swing.from.position, { position, yaw });
    const brings = { base, damageType, part: null, penetration, modifiers: [], critical };
    return { by: shooter.slot, target, weapon: shooter.weapon, ...brings };
  });
  const struck = hurt[0] ?? reached[0] ?? { kind: "nothing", distanceCm: rangeCm };
  return { blows: blows.sort((one, other) => one.target - other.target), struck };
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

function addPellet(blows: Blow[], shooter: Fighter, weapon: Weapon, struck: Struck & { kind: "player" }): void {
  const { slot: target, distanceCm, part } = struck;
  const base = pelletDamage(weapon, distanceCm, part);
  const blow = blows.find((earlier) => earlier.target === target);
  if (blow) {
    blow.base += base;
    blow.part = mostVital(blow.part, part);
    return;
  }
  const { damageType, penetration } = weapon;
  const brings = { base, damageType, part, penetration, modifiers: [], critical: false };
  blows.push({ by: shooter.slot, target, weapon: shooter.weapon, ...brings });
}

function mostVital(one: BodyPart | null, other: BodyPart): BodyPart {
  return one !== null && BODY_PARTS.indexOf(one) < BODY_PARTS.indexOf(other) ? one : other;
}

/** Hundredths of a point, by distance and place; rounded down, so that it never depends on the order of factors. */
export function pelletDamage(weapon: Weapon, distanceCm: number, part: BodyPart): number {
  const { falloffStartCm, falloffEndCm, falloffPercent } = weapon;
  const beyond = Math.min(Math.max(distanceCm - falloffStartCm, 0), falloffEndCm - falloffStartCm);
  const lost = (weapon.damage * (100 - falloffPercent) * beyond) / (100 * (falloffEndCm - falloffStartCm));
  const damage = Math.floor(weapon.damage - lost);
  return Math.floor((damage * weapon.percentByPart[part]) / 100);
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
