/**
 * Projectiles: what was fired and is still on its way.
 * In:  a launch, then every tick the time that passed.   Out: where they are, and what they strike; writes on behalf of step.
 * Law: in order of launching, each goes straight from where it was to where it is now and strikes what is between, by the
 *      poses of this tick: nothing in flight is judged by the past, whoever sees it coming can step aside. It starts where
 *      the shot was fired, cannot strike its shooter, and ends once: at a body, a wall, the ground, the edge of the map, the end
 *      of its life, or when its round does.
 * Whose it is: the shooter's, also when it has fallen since; nobody's when the seat was given up since, so that the next to
 *      sit there neither gets the kill nor is spared. Whom it may hurt is decided by the side it was fired for.
 * Units: micrometres and micrometres per second, so that slow ones at high tick rates lose nothing to rounding.
 */
import { pelletDamage } from "./attack.ts";
import { blowsOf } from "./blast.ts";
import { eyesOf } from "./body.ts";
import { WEAPONS, type Weapon, type WeaponName } from "./content.ts";
import type { Blow } from "./damage.ts";
import type { Ray } from "./geometry.ts";
import type { Told } from "./inputs.ts";
import { PROJECTILES_MAX } from "./limits.ts";
import { dealOrGiveOut, isHeadshot } from "./rulings.ts";
import { mayHurt } from "./sides.ts";
import { type Struck, trace } from "./targeting.ts";
import type { Fighter, Point, World } from "./world.ts";

export type Projectile = {
  /** Counts up in a match, from 1. */
  id: number;
  weapon: WeaponName;
  /** The shooter's slot; null when it has left since. */
  by: number | null;
  side: number;
  /** `seq` of the action that fired it. */
  seq: number;
  /** Micrometres. */
  x: number;
  y: number;
  z: number;
  /** Micrometres per second. */
  vx: number;
  vy: number;
  vz: number;
  /** Match time at which it ends by itself. */
  endsAtMs: number;
};

export type FlyingWeapon = Weapon & { flight: NonNullable<Weapon["flight"]> };

const PER_CM = 10_000;

/** How far from a wall it counts as ended, so that the wall does not shield from a blast on this side of it. */
const BACK_OFF_CM = 2;

/** Sends one off from where the shot was fired; it moves from the next tick on. */
export function launch(
  world: World,
  shooter: Fighter,
  { origin, direction, seq, weapon }: { origin: Point; direction: Point; seq: number; weapon: FlyingWeapon },
  { events }: Told,
): Projectile {
  const speed = weapon.flight.speedCmPerS * PER_CM;
  world.lastProjectile += 1;
  const projectile: Projectile = {
    id: world.lastProjectile,
    weapon: shooter.weapon,
    by: shooter.slot,
    side: shooter.side,
    seq,
    x: Math.round(origin.x * PER_CM),
    y: Math.round(origin.y * PER_CM),
    z: Math.round(origin.z * PER_CM),
    vx: Math.round(direction.x * speed),
    vy: Math.round(direction.y * speed),
    vz: Math.round(direction.z * speed),
    endsAtMs: world.nowMs + weapon.flight.lifeMs,
  };
  world.projectiles.push(projectile);
  events.push({ kind: "projectile_fired", by: shooter.slot, ...flightOf(projectile) });
  if (world.projectiles.length > PROJECTILES_MAX) {
    const oldest = world.projectiles.shift()!;
    events.push({ kind: "projectile_ended", id: oldest.id, by: oldest.by, position: placeOf(oldest), exploded: false });
  }
  return projectile;
}

/** What a viewer needs to draw it from here on. Centimetres, cm/s, cm/s². */
export function flightOf(projectile: Projectile) {
  const { id, weapon, vx, vy, vz } = projectile;
  const velocity = { x: Math.round(vx / PER_CM), y: Math.round(vy / PER_CM), z: Math.round(vz / PER_CM) };
  return { id, weapon, position: placeOf(projectile), velocity, gravity: weaponOf(projectile).flight.gravityCmPerS2 };
}

/** All of them by one tick. `settle` says whether what was struck won the round: then there are no more of them. */
export function fly(world: World, elapsedMs: number, told: Told, settle: () => boolean): boolean {
  if (world.projectiles.length === 0) return false;
  for (const projectile of [...world.projectiles]) {
    if (!advance(world, projectile, elapsedMs, told)) continue;
    if (settle()) return true;
  }
  return false;
}

/** Whose seat is given up leaves its projectiles behind, as nobody's. */
export function disownProjectiles(world: World, slot: number): void {
  for (const projectile of world.projectiles) if (projectile.by === slot) projectile.by = null;
}

/** True when it ended. */
function advance(world: World, projectile: Projectile, elapsedMs: number, told: Told): boolean {
  const { flight } = weaponOf(projectile);
  const pull = flight.gravityCmPerS2 * PER_CM;
  const dx = Math.round((projectile.vx * elapsedMs) / 1_000);
  const dy = Math.round((projectile.vy * elapsedMs) / 1_000);
  const dz = Math.round((projectile.vz * elapsedMs) / 1_000 - (pull * elapsedMs * elapsedMs) / 2_000_000);
  const length = Math.sqrt(dx * dx + dy * dy + dz * dz);
  const origin = { x: projectile.x / PER_CM, y: projectile.y / PER_CM, z: projectile.z / PER_CM };
  const direction = length === 0 ? { x: 0, y: 0, z: -1 } : { x: dx / length, y: dy / length, z: dz / length };
  const struck = meets(world, projectile, { origin, direction }, length / PER_CM);
  if (struck) {
    const way = Math.max(0, struck.distanceCm - BACK_OFF_CM);
    const at = (axis: "x" | "y" | "z") => Math.round(origin[axis] + direction[axis] * way);
    end(world, projectile, { at: { x: at("x"), y: at("y"), z: at("z") }, struck }, told);
    return true;
  }
  projectile.x += dx;
  projectile.y += dy;
  projectile.z += dz;
  projectile.vz -= Math.round((pull * elapsedMs) / 1_000);
  if (world.nowMs < projectile.endsAtMs) return false;
  end(world, projectile, { at: placeOf(projectile), struck: { kind: "nothing", distanceCm: 0 } }, told);
  return true;
}

/** The ground and the edge of the map are walls where the map has none. */
function meets(world: World, projectile: Projectile, ray: Ray, rangeCm: number): Struck | null {
  const shooter = projectile.by ?? -1;
  const struck = trace({ walls: world.map.walls, poses: world.fighters }, ray, { shooter, rangeCm });
  const edge = edgeOf(world, ray);
  if (edge <= rangeCm && edge < struck.distanceCm) return { kind: "wall", distanceCm: Math.round(edge) };
  return struck.kind === "nothing" ? null : struck;
}

/** How far it is to the edge of the map, from within. */
function edgeOf(world: World, { origin, direction }: Ray): number {
  const { min, max } = world.map.bounds;
  let nearest = Number.POSITIVE_INFINITY;
  for (const axis of AXES) {
    const step = direction[axis];
    if (step < 0) nearest = Math.min(nearest, Math.max(0, (min[axis] - origin[axis]) / step));
    else if (step > 0) nearest = Math.min(nearest, Math.max(0, (max[axis] - origin[axis]) / step));
  }
  return nearest;
}

const AXES = ["x", "y", "z"] as const;

function end(world: World, projectile: Projectile, { at, struck }: { at: Point; struck: Struck }, told: Told): void {
  const { id, by, seq, weapon } = projectile;
  const exploded = weaponOf(projectile).blast !== undefined;
  world.projectiles = world.projectiles.filter((other) => other !== projectile);
  told.events.push({ kind: "projectile_ended", id, by, position: at, exploded });
  const blows = exploded ? blowsOf(world, { ...projectile, at }) : blowsAt(world, projectile, struck);
  const { damage, waits } = dealOrGiveOut(world, by, blows, told.events);
  if (by === null) return; // Nobody is left to tell how it was judged.
  const [target, part] = struck.kind === "player" ? [struck.slot, exploded ? null : struck.part] : [null, null];
  const distanceCm = apartCm(eyesOf(world.fighters[by]!), at);
  const judged = { tickClaimed: null, tickUsed: world.tick, rewindMs: 0, capped: false, projectile: id };
  const hit = { struck: struck.kind, target, part, distanceCm, headshot: isHeadshot(blows), damage, ...judged };
  const shot = { slot: by, seq, weapon, answers: false, hit };
  if (waits) waits.shot = shot;
  else told.shots.push(shot);
}

/** Of what strikes without a blast. */
function blowsAt(world: World, projectile: Projectile, struck: Struck): Blow[] {
  if (struck.kind !== "player" || !mayHurt(world, projectile, struck.slot)) return [];
  const weapon = weaponOf(projectile);
  const { slot: target, part } = struck;
  const { damageType, penetration } = weapon;
  const base = pelletDamage(weapon, 0, part);
  const brings = { base, damageType, part, penetration, modifiers: [], critical: false };
  return [{ by: projectile.by, target, weapon: projectile.weapon, ...brings }];
}

function apartCm(one: Point, other: Point): number {
  const [x, y, z] = [one.x - other.x, one.y - other.y, one.z - other.z];
  return Math.round(Math.sqrt(x * x + y * y + z * z));
}

function placeOf({ x, y, z }: Projectile): Point {
  return { x: Math.round(x / PER_CM), y: Math.round(y / PER_CM), z: Math.round(z / PER_CM) };
}

function weaponOf(projectile: Projectile): FlyingWeapon {
  return WEAPONS[projectile.weapon] as FlyingWeapon; // Only these are launched.
}
