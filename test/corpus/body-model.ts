/**
 * Body model: how a player's own client moves a body, frame by frame. The tests' own idea of it: it shares nothing with the
 * simulation but the map and the documented numbers.
 * In:  a map, what the player wants, the time of a frame.   Out: where the feet are, centimetres with fractions.
 */
import type { GameMap } from "#combat/sim/content.ts";
import type { Chance } from "./chance.ts";

export const SPRINT_CM_PER_S = 700;
const CROUCH_CM_PER_S = 400;
const JUMP_CM_PER_S = 480;
const GRAVITY_CM_PER_S2 = 981;
const FALL_CM_PER_S_MAX = 1_950;

export type Feet = { x: number; y: number; z: number };

export type Wish = {
  /** Radians. */
  heading: number;
  /** Of the sprint, 0 to 1; cheats wish for more. */
  pace: number;
  jumps: boolean;
  crouches: boolean;
};

export class BodyModel {
  feet: Feet;
  upCmPerS = 0;
  private readonly map: GameMap;
  private readonly radius: number;

  constructor(map: GameMap, feet: Feet, radius: number) {
    this.map = map;
    this.feet = { ...feet };
    this.radius = radius;
  }

  get isGrounded(): boolean {
    return this.feet.z <= this.groundAt(this.feet.x, this.feet.y, this.feet.z) + 0.01;
  }

  /** One frame; wide ones are walked in small steps, as a physics engine does. */
  move(wish: Wish, seconds: number): void {
    const steps = Math.max(1, Math.ceil(seconds / 0.02));
    for (let step = 0; step < steps; step++) this.step(wish, seconds / steps);
  }

  private step({ heading, pace, jumps, crouches }: Wish, seconds: number): void {
    const speed = crouches ? Math.min(pace * SPRINT_CM_PER_S, CROUCH_CM_PER_S) : pace * SPRINT_CM_PER_S;
    const dx = Math.cos(heading) * speed * seconds;
    const dy = Math.sin(heading) * speed * seconds;
    const { x, y, z } = this.feet;
    if (this.isFree(x + dx, y + dy, z)) this.feet = { x: x + dx, y: y + dy, z };
    else if (this.isFree(x + dx, y, z)) this.feet = { x: x + dx, y, z };
    else if (this.isFree(x, y + dy, z)) this.feet = { x, y: y + dy, z };
    this.fall(jumps, seconds);
  }

  private fall(jumps: boolean, seconds: number): void {
    const { x, y, z } = this.feet;
    const ground = this.groundAt(x, y, z);
    const stands = z <= ground + 1 && this.upCmPerS <= 0;
    if (stands && jumps) this.upCmPerS = JUMP_CM_PER_S;
    else if (stands) this.upCmPerS = 0;
    else this.upCmPerS = Math.max(-FALL_CM_PER_S_MAX, this.upCmPerS - GRAVITY_CM_PER_S2 * seconds);
    this.feet.z = stands && !jumps ? ground : Math.max(ground, z + this.upCmPerS * seconds);
  }

  /** Room for the body between the walls; what is no higher than the shin is stepped over. */
  isFree(x: number, y: number, z: number): boolean {
    const { bounds, walls } = this.map;
    const { radius } = this;
    if (x < bounds.min.x + radius || x > bounds.max.x - radius) return false;
    if (y < bounds.min.y + radius || y > bounds.max.y - radius) return false;
    return walls.every((wall) => {
      const beside =
        x <= wall.min.x - radius || x >= wall.max.x + radius || y <= wall.min.y - radius || y >= wall.max.y + radius;
      return beside || z >= topOf(wall, x, y) - 20 || z + 175 <= wall.min.z;
    });
  }

  private groundAt(x: number, y: number, z: number): number {
    let ground = this.map.bounds.min.z;
    for (const wall of this.map.walls) {
      const { min, max } = wall;
      if (x < min.x - this.radius || x > max.x + this.radius) continue;
      if (y < min.y - this.radius || y > max.y + this.radius) continue;
      const top = topOf(wall, x, y);
      if (top <= z + 21) ground = Math.max(ground, top);
    }
    return ground;
  }
}

function topOf({ min, max, rises }: GameMap["walls"][number], x: number, y: number): number {
  if (rises === undefined) return max.z;
  const along = rises === "x+" || rises === "x-" ? (x - min.x) / (max.x - min.x) : (y - min.y) / (max.y - min.y);
  const share = Math.min(1, Math.max(0, along));
  return min.z + (max.z - min.z) * (rises === "x+" || rises === "y+" ? share : 1 - share);
}

/** What an honest player wants, from moment to moment: runs, stops, strafes, turns, jumps, crouches. */
export class Whims {
  private wish: Wish = { heading: 0, pace: 0, jumps: false, crouches: false };
  private untilMs = 0;
  private strafes = false;
  private readonly chance: Chance;
  private readonly lively: number;

  constructor(chance: Chance) {
    this.chance = chance;
    this.lively = chance.between(0.3, 1);
  }

  at(nowMs: number): Wish {
    const { chance } = this;
    if (nowMs >= this.untilMs) this.change(nowMs);
    else if (this.strafes && chance.happens(0.03)) this.wish.heading += Math.PI;
    else if (chance.happens(0.2)) this.wish.heading += chance.between(-0.3, 0.3);
    return { ...this.wish, jumps: this.wish.jumps && chance.happens(0.1) };
  }

  private change(nowMs: number): void {
    const { chance } = this;
    this.untilMs = nowMs + chance.between(200, 4_000);
    this.strafes = chance.happens(0.2);
    const sprints = chance.happens(this.lively);
    this.wish = {
      heading: chance.between(0, 2 * Math.PI),
      pace: sprints ? 1 : chance.one([0, 0.3, 0.6, 0.9]),
      jumps: chance.happens(0.3),
      crouches: !sprints && chance.happens(0.2),
    };
  }
}
