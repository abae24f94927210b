/**
 * Cameras: what each spectator looks at. The client flies a free camera itself; the server chooses the target of a
 * following and of a cinematic one and says so when it changes.
 * Law: a target is a sitting, living player whenever there is one. Nothing here affects the match.
 */
import type { SimEvent } from "../sim/events.ts";
import type { Point, World } from "../sim/world.ts";
import type { Roster } from "./roster.ts";

export const CAMERA_MODES = ["free", "follow_player", "overview", "cinematic"] as const;
export type CameraMode = (typeof CAMERA_MODES)[number];

export type Camera = {
  mode: CameraMode;
  targetId: string | null;
  /** Centimetres. */
  position: Point;
  /** Unit vector. */
  direction: Point;
};

export type CameraRequest = {
  mode: CameraMode;
  targetId: string | null;
  position: Point | null;
  direction: Point | null;
};

const DOWN: Point = { x: 0, y: 0, z: -1 };
const AHEAD: Point = { x: 1, y: 0, z: 0 };
/** A cinematic camera stays with its choice at least this long, so that viewers can follow. Match time. */
const CINEMATIC_SHOT_MS = 2500;
/** What makes a player worth watching, and how fast interest fades: halves about every two seconds at 30 ticks. */
const INTEREST = { killed: 10, hurt: 2, wasHurt: 1, keptPerSecond: 0.7 } as const;
/** Metres over the fighter's feet, in centimetres. */
const EYES_CM = 160;

export class Cameras {
  private readonly views = new Map<string, Camera>();
  private readonly interest: number[] = [];
  private readonly fresh = new Set<string>();
  private starSlot: number | null = null;
  private starSinceMs = 0;
  private readonly world: World;
  private readonly roster: Roster;

  constructor(world: World, roster: Roster) {
    this.world = world;
    this.roster = roster;
  }

  get count(): number {
    return this.views.size;
  }

  has(spectatorId: string): boolean {
    return this.views.has(spectatorId);
  }

  /** Opens or changes a spectator's view; the answer comes by pollFresh. */
  handleRequest(spectatorId: string, request: CameraRequest): void {
    this.views.set(spectatorId, this.compose(request));
    this.fresh.add(spectatorId);
  }

  handleGone(spectatorId: string): void {
    this.views.delete(spectatorId);
    this.fresh.delete(spectatorId);
  }

  /** Lets the events of a tick move what is worth watching. `tickMs` is the length of that tick. */
  handleTick(events: readonly SimEvent[], tickMs: number): void {
    if (this.views.size === 0) return;
    this.fade(tickMs);
    let targetsMoved = false;
    for (const event of events) {
      if (event.kind === "damaged") {
        this.arouse(event.by, INTEREST.hurt);
        this.arouse(event.target, INTEREST.wasHurt);
      } else if (event.kind === "killed") {
        this.arouse(event.by, INTEREST.killed);
        targetsMoved = true;
      }
    }
    if (targetsMoved) this.retargetFollowers();
    this.chooseStar();
  }

  /** Someone left: cameras on that player move on. */
  handlePlayerGone(): void {
    this.retargetFollowers();
    this.chooseStar();
  }

  get hasFresh(): boolean {
    return this.fresh.size > 0;
  }

  /** Views that changed since the last call. */
  pollFresh(): { spectatorId: string; camera: Camera }[] {
    if (this.fresh.size === 0) return [];
    const told = [...this.fresh].flatMap((spectatorId) => {
      const camera = this.views.get(spectatorId);
      return camera === undefined ? [] : [{ spectatorId, camera }];
    });
    this.fresh.clear();
    return told;
  }

  /** Where a camera of this mode begins. */
  compose(request: CameraRequest): Camera {
    const { mode } = request;
    if (mode === "overview") return { mode, targetId: null, position: this.above(), direction: DOWN };
    if (mode === "free") {
      const position = this.clamp(request.position ?? this.above());
      return { mode, targetId: null, position, direction: request.direction ?? (request.position ? AHEAD : DOWN) };
    }
    const wanted = mode === "follow_player" && request.targetId !== null ? this.roster.seat(request.targetId) : null;
    const star = mode === "cinematic" ? (this.star() ?? this.nextAlive(-1)) : null;
    const slot = star ?? (wanted !== null && wanted.connection !== "left" ? wanted.slot : this.nextAlive(-1));
    return this.onto(mode, slot);
  }

  private fade(tickMs: number): void {
    const kept = 1 - (1 - INTEREST.keptPerSecond) * (tickMs / 1000);
    for (let slot = 0; slot < this.interest.length; slot++) this.interest[slot] = (this.interest[slot] ?? 0) * kept;
  }

  private arouse(slot: number | null, amount: number): void {
    if (slot === null) return;
    while (this.interest.length <= slot) this.interest.push(0);
    this.interest[slot] = (this.interest[slot] ?? 0) + amount;
  }

  private star(): number | null {
    return this.starSlot !== null && this.isAlive(this.starSlot) ? this.starSlot : null;
  }

  private chooseStar(): void {
    const stays = this.star() !== null && this.world.nowMs - this.starSinceMs < CINEMATIC_SHOT_MS;
    if (stays) return;
    let best: number | null = this.star();
    for (const fighter of this.world.fighters) {
      if (fighter === null || !fighter.alive) continue;
      if (best === null || (this.interest[fighter.slot] ?? 0) > (this.interest[best] ?? 0)) best = fighter.slot;
    }
    if (best === this.starSlot) return;
    this.starSlot = best;
    this.starSinceMs = this.world.nowMs;
    this.replace("cinematic", () => best);
  }

  private retargetFollowers(): void {
    this.replace("follow_player", (camera) => {
      const seat = camera.targetId === null ? null : this.roster.seat(camera.targetId);
      if (seat !== null && seat.connection !== "left" && this.isAlive(seat.slot)) return seat.slot;
      return this.nextAlive(seat?.slot ?? -1);
    });
  }

  private replace(mode: CameraMode, choose: (camera: Camera) => number | null): void {
    for (const [spectatorId, camera] of this.views) {
      if (camera.mode !== mode) continue;
      const next = this.onto(mode, choose(camera));
      if (next.targetId === camera.targetId) continue;
      this.views.set(spectatorId, next);
      this.fresh.add(spectatorId);
    }
  }

  private onto(mode: CameraMode, slot: number | null): Camera {
    const fighter = slot === null ? null : this.world.fighters[slot];
    const seat = slot === null ? null : this.roster.seatAt(slot);
    if (fighter == null || seat === null) return { mode, targetId: null, position: this.above(), direction: DOWN };
    const { x, y, z } = fighter.position;
    return { mode, targetId: seat.playerId, position: { x, y, z: z + EYES_CM }, direction: AHEAD };
  }

  private isAlive(slot: number): boolean {
    return this.world.fighters[slot]?.alive === true;
  }

  /** The next living fighter after a slot, round the table; any fighter when all are down. */
  private nextAlive(after: number): number | null {
    const fighters = this.world.fighters;
    let anyone: number | null = null;
    for (let step = 1; step <= fighters.length; step++) {
      const slot = (after + step) % fighters.length;
      if (fighters[slot]?.alive) return slot;
      if (fighters[slot] != null) anyone ??= slot;
    }
    return anyone;
  }

  private above(): Point {
    const { min, max } = this.world.map.bounds;
    return { x: Math.floor((min.x + max.x) / 2), y: Math.floor((min.y + max.y) / 2), z: max.z };
  }

  private clamp(point: Point): Point {
    const { min, max } = this.world.map.bounds;
    return {
      x: Math.min(max.x, Math.max(min.x, point.x)),
      y: Math.min(max.y, Math.max(min.y, point.y)),
      z: Math.min(max.z, Math.max(min.z, point.z)),
    };
  }
}
