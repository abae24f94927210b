/**
 * Runner: legs that follow a path, millisecond by millisecond, as a player's own screen shows them at once.
 * Law: never faster than RUN_CM_PER_MS, and never from one direction to the other at once: honest to any check.
 */
import { rayToBox, unit } from "#combat/sim/geometry.ts";
import type { Point } from "#combat/sim/world.ts";
import { nextBelow, type Rng } from "#kit/rng.ts";
import { CHEST_CM, EDGE_CM, LINE, STAND, WALL } from "./ground.ts";

/**
 * strafes: to and fro at random, in the open. crosses: runs past, far and back. covers: runs out of cover, stops in the
 * open, runs back and stops behind the wall. stands: does not move.
 */
export const PATHS = ["strafes", "crosses", "covers"] as const;
export type Path = (typeof PATHS)[number] | "stands";

/** 6 m/s. */
const RUN_CM_PER_MS = 0.6;
/** From one direction at full speed to the other. */
const TURN_MS = 200;
const STRAFE_CM = 300;

export class Runner {
  position: Point;
  /** Since when nothing of it can be seen from STAND; null while something can. */
  hiddenSinceMs: number | null = null;
  private speed = 0;
  private wanted = 0;
  private decidesAtMs = 0;
  private readonly path: Path;
  private readonly home: Point;
  private readonly rng: Rng;

  constructor(path: Path, home: Point, rng: Rng) {
    this.path = path;
    this.home = home;
    this.position = home;
    this.rng = rng;
  }

  /** One millisecond on. */
  run(nowMs: number): void {
    this.decide(nowMs);
    const change = (2 * RUN_CM_PER_MS) / TURN_MS;
    this.speed += Math.min(change, Math.max(-change, this.wanted - this.speed));
    this.position = { ...this.position, y: this.position.y + this.speed };
    if (this.path !== "covers" || !isHidden(this.position)) this.hiddenSinceMs = null;
    else this.hiddenSinceMs ??= nowMs;
  }

  private decide(nowMs: number): void {
    const { y } = this.position;
    const between = (least: number, most: number) => least + nextBelow(this.rng, most - least);
    switch (this.path) {
      case "stands":
        return;
      case "strafes": {
        const off = y - this.home.y;
        if (Math.abs(off) > STRAFE_CM) this.wanted = -Math.sign(off) * RUN_CM_PER_MS;
        else if (nowMs >= this.decidesAtMs) this.wanted = this.wanted > 0 ? -RUN_CM_PER_MS : RUN_CM_PER_MS;
        else return;
        this.decidesAtMs = nowMs + between(300, 900);
        return;
      }
      case "crosses":
        if (this.wanted === 0 || y <= LINE.yFrom) this.wanted = RUN_CM_PER_MS;
        else if (y >= LINE.yTo) this.wanted = -RUN_CM_PER_MS;
        return;
      case "covers":
        if (nowMs >= this.decidesAtMs && this.wanted === 0) {
          this.wanted = y > LINE.yCover - 100 ? -RUN_CM_PER_MS : RUN_CM_PER_MS;
        } else if ((this.wanted > 0 && y >= LINE.yCover) || (this.wanted < 0 && y <= LINE.yOpen)) {
          this.wanted = 0;
          this.decidesAtMs = nowMs + between(500, 1_500);
        }
    }
  }
}

/** Whether the wall stands before the middle and both edges of a body, seen from STAND. */
function isHidden({ x, y }: Point): boolean {
  const eyes = { ...STAND, z: CHEST_CM };
  return [-EDGE_CM, 0, EDGE_CM].every((beside) => {
    const towards = { x: x - eyes.x, y: y + beside - eyes.y, z: 0 };
    return rayToBox({ origin: eyes, direction: unit(towards) }, WALL) < Math.hypot(towards.x, towards.y);
  });
}
