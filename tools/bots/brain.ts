/**
 * Brain: what one bot wants, from what its client was told and nothing else.
 * In:  senses at each think, and the server's answers.   Out: one step of the way and at most one action.
 * Law: never faster than RUN_METRES_PER_S, never through a wall. The same seed, senses and answers give the same
 *      intents: no clock, no randomness but the seeded generator.
 * Not here: the socket (bot.ts), the ground (walk-map.ts), lines of sight (sight.ts).
 */
import type { Box, PlayerView, Vec3 } from "#client/index.ts";
import { createRng, nextUint32, type Rng } from "#kit/rng.ts";
import { STEP_MS_MAX } from "./limits.ts";
import { CHEST_METRES, EYES_METRES, sees } from "./sight.ts";
import { FIRST_TASTE, liftMetres, TASTES, type Taste } from "./tastes.ts";
import { isFree, route, type Spot, stepTowards, type WalkMap } from "./walk-map.ts";

export type Other = Pick<PlayerView, "playerId" | "teamId" | "position" | "alive" | "stance">;

export type Senses = {
  readonly nowMs: number;
  /** The match runs: shots count. */
  readonly live: boolean;
  readonly alive: boolean;
  readonly playerId: string;
  readonly teamId: string;
  /** Everybody the frames told of, oneself included. */
  readonly others: Iterable<Other>;
  /** Where the mode's objectives draw it. */
  readonly goals?: readonly Spot[];
};

export type Stride = Vec3 & { readonly yaw: number; readonly pitch: number };

export type Act =
  | { readonly kind: "attack"; readonly direction: Vec3 }
  | { readonly kind: "reload" }
  | { readonly kind: "switch_weapon"; readonly weapon: string };

export type Intent = { readonly stride: Stride | null; readonly act: Act | null };

/** What the brain reads of an action_result. */
export type ActAnswer = {
  readonly success: boolean;
  readonly action_type?: string;
  readonly reason?: string;
  readonly cooldown_ms: number;
  readonly ammunition: number;
};

const IDLE: Intent = { stride: null, act: null };

export const RUN_METRES_PER_S = 6;
const STRAFE_METRES_PER_S = 3.5;
/** How often a bot looks around: sight is the dearest thing it does. */
const LOOK_EVERY_MS = 100;
const REACTION_MS = 250;
const REPLAN_EVERY_MS = 2_000;
/** How often the way leads to an objective, where there is one, and not to an enemy. */
const GOAL_SHARE = 0.85;
/** An action without an answer for this long is taken for lost. */
const ANSWER_MS_MAX = 500;
const REFUSED_PAUSE_MS = 100;
/** Tangent of the error at first sight, what is left of it with practice, and how fast it halves. */
const AIM_ERROR_FIRST = 0.07;
const AIM_ERROR_LEAST = 0.009;
const AIM_ERROR_HALVES_MS = 350;
const HEAD_METRES = 1.65;
const FEET_METRES = 0.1;
const HEAD_TRY_SHARE = 0.12;

type Target = { readonly playerId: string; position: Vec3; readonly sinceMs: number };

export class Brain {
  position: Vec3;
  private readonly rng: Rng;
  private readonly map: WalkMap;
  private readonly walls: readonly Box[];
  private taste: Taste = FIRST_TASTE;
  private holdsTaste = false;
  private way: Spot[] = [];
  private plannedAtMs = Number.NEGATIVE_INFINITY;
  private lookedAtMs = Number.NEGATIVE_INFINITY;
  private thoughtAtMs: number | null = null;
  private target: Target | null = null;
  private strafe = { sign: 1, untilMs: 0 };
  private facing = { yaw: 0, pitch: 0 };
  private empty = false;
  /** When the next action may be done, and since when one is unanswered. */
  private readyAtMs = 0;
  private askedAtMs: number | null = null;

  constructor({ seed, map, walls, at }: { seed: number; map: WalkMap; walls: readonly Box[]; at: Vec3 }) {
    this.rng = createRng(seed);
    this.map = map;
    this.walls = walls;
    this.position = at;
    this.handleSpawn(at);
  }

  /** A new life, or a new place by the server's will. */
  handleSpawn(at: Vec3): void {
    this.position = at;
    this.target = null;
    this.empty = false;
    this.askedAtMs = null;
    this.taste = this.chooseTaste();
    this.holdsTaste = false;
    this.replan();
  }

  /** The server holds another position to be true: go on from there. */
  handleCorrection(position: Vec3): void {
    this.position = position;
    this.replan();
  }

  handleAnswer(nowMs: number, answer: ActAnswer): void {
    const askedAtMs = this.askedAtMs ?? nowMs;
    this.askedAtMs = null;
    if (answer.success) {
      // A shot's rhythm counts from when it was sent, or every shot would wait for the network too.
      this.readyAtMs = (answer.action_type === "attack" ? askedAtMs : nowMs) + answer.cooldown_ms;
      this.empty = this.taste.needsRounds && answer.ammunition === 0 && answer.action_type === "attack";
      if (answer.action_type === "switch_weapon") this.holdsTaste = true;
      return;
    }
    this.readyAtMs = nowMs + Math.max(answer.cooldown_ms, REFUSED_PAUSE_MS);
    if (answer.reason === "empty_magazine") this.empty = true;
    const worthRepeating = answer.reason === "cooldown" || answer.reason === "not_active";
    if (answer.action_type === "switch_weapon" && !worthRepeating) this.holdsTaste = true; // As good as it gets.
    if (answer.action_type === "reload" && answer.reason === "full_magazine") this.empty = false;
  }

  think(senses: Senses): Intent {
    const elapsedMs = Math.min(STEP_MS_MAX, senses.nowMs - (this.thoughtAtMs ?? senses.nowMs));
    this.thoughtAtMs = senses.nowMs;
    if (!senses.alive) return IDLE;
    if (senses.nowMs - this.lookedAtMs >= LOOK_EVERY_MS) this.look(senses);
    this.walk(senses, elapsedMs / 1000);
    const stride = { ...this.position, ...this.facing };
    return { stride, act: senses.live ? this.act(senses.nowMs) : null };
  }

  /** The nearest enemy in sight and reach becomes the target; without one, the way leads to somebody. */
  private look(senses: Senses): void {
    const { nowMs } = senses;
    this.lookedAtMs = nowMs;
    const enemies = [...senses.others].filter(
      (other) => other.alive && other.playerId !== senses.playerId && other.teamId !== senses.teamId,
    );
    enemies.sort((one, other) => this.metresTo(one) - this.metresTo(other) || (one.playerId < other.playerId ? -1 : 1));
    const eyes = raised(this.position, EYES_METRES);
    const seen = senses.live
      ? enemies.find((enemy) => this.isInReach(enemy) && sees(this.walls, eyes, chestOf(enemy)))
      : undefined;
    if (!seen) this.target = null;
    else if (this.target?.playerId === seen.playerId) this.target.position = seen.position;
    else this.target = { playerId: seen.playerId, position: seen.position, sinceMs: nowMs };
    if (!this.target && (this.way.length === 0 || nowMs - this.plannedAtMs >= REPLAN_EVERY_MS))
      this.plan(enemies, senses.goals ?? [], nowMs);
  }

  private isInReach(enemy: Other): boolean {
    return this.metresTo(enemy) <= this.taste.reachMetres;
  }

  private metresTo({ position }: { position: Vec3 }): number {
    return Math.hypot(position.x - this.position.x, position.y - this.position.y, position.z - this.position.z);
  }

  private plan(enemies: readonly Other[], goals: readonly Spot[], nowMs: number): void {
    this.plannedAtMs = nowMs;
    if (goals.length > 0 && this.draw() < GOAL_SHARE) {
      const goal = goals[Math.floor(this.draw() * goals.length)] ?? this.somewhere();
      this.way = route(this.map, this.position, goal);
      return;
    }
    const chosen = this.draw() < 0.7 ? enemies[0] : enemies[Math.floor(this.draw() * enemies.length)];
    const goal = chosen?.position ?? this.somewhere();
    this.way = route(this.map, this.position, goal);
  }

  /** A free spot of the map; after a few draws in vain, where the bot stands. */
  private somewhere(): Spot {
    const { minX, minY, maxX, maxY } = this.map.area;
    for (let draws = 0; draws < 8; draws++) {
      const spot = { x: minX + this.draw() * (maxX - minX), y: minY + this.draw() * (maxY - minY) };
      if (isFree(this.map, spot)) return spot;
    }
    return this.position;
  }

  private replan(): void {
    this.way = [];
    this.plannedAtMs = Number.NEGATIVE_INFINITY;
    this.lookedAtMs = Number.NEGATIVE_INFINITY;
  }

  private walk({ nowMs }: Senses, seconds: number): void {
    if (this.target) this.fight(this.target, nowMs, seconds);
    else this.follow(seconds);
  }

  private fight(target: Target, nowMs: number, seconds: number): void {
    const dx = target.position.x - this.position.x;
    const dy = target.position.y - this.position.y;
    const ground = Math.hypot(dx, dy) || 1;
    this.face(dx, dy, target.position.z + CHEST_METRES - this.position.z - EYES_METRES);
    if (nowMs >= this.strafe.untilMs) {
      this.strafe = { sign: this.draw() < 0.5 ? -1 : 1, untilMs: nowMs + 500 + this.draw() * 900 };
    }
    const nearer = ground > this.taste.closeMetres ? 1 : 0;
    const step = STRAFE_METRES_PER_S * seconds;
    const along = {
      x: (dx * nearer - dy * this.strafe.sign) / ground,
      y: (dy * nearer + dx * this.strafe.sign) / ground,
    };
    const length = Math.hypot(along.x, along.y) || 1;
    const wish = { x: this.position.x + (along.x / length) * step, y: this.position.y + (along.y / length) * step };
    this.goTo(stepTowards(this.map, this.position, wish));
  }

  private follow(seconds: number): void {
    const step = RUN_METRES_PER_S * seconds;
    const next = this.way[0];
    if (!next || step === 0) return;
    const dx = next.x - this.position.x;
    const dy = next.y - this.position.y;
    const distance = Math.hypot(dx, dy);
    const share = distance <= step ? 1 : step / distance;
    if (share === 1) this.way.shift();
    if (distance > 0.01) this.face(dx, dy, 0);
    const wish = { x: this.position.x + dx * share, y: this.position.y + dy * share };
    const got = stepTowards(this.map, this.position, wish);
    const stuck = Math.hypot(got.x - this.position.x, got.y - this.position.y) < step * 0.2 && share < 1;
    this.goTo(got);
    if (stuck) this.way = route(this.map, this.position, this.somewhere());
  }

  private goTo({ x, y }: Spot): void {
    this.position = { x: centimetres(x), y: centimetres(y), z: this.position.z };
  }

  private face(dx: number, dy: number, dz: number): void {
    const degrees = 180 / Math.PI;
    this.facing = {
      yaw: centimetres(Math.atan2(dy, dx) * degrees),
      pitch: centimetres(Math.atan2(dz, Math.hypot(dx, dy)) * degrees),
    };
  }

  private act(nowMs: number): Act | null {
    if (this.askedAtMs !== null && nowMs - this.askedAtMs < ANSWER_MS_MAX) return null;
    if (nowMs < this.readyAtMs) return null;
    const act = this.chooseAct(nowMs);
    if (act) this.askedAtMs = nowMs;
    return act;
  }

  private chooseAct(nowMs: number): Act | null {
    if (!this.holdsTaste) return { kind: "switch_weapon", weapon: this.taste.weapon };
    if (this.empty) return { kind: "reload" };
    if (!this.target || nowMs - this.target.sinceMs < REACTION_MS) return null;
    const metres = this.metresTo(this.target);
    if (metres < this.taste.leastMetres || metres > this.taste.mostMetres) return null;
    return { kind: "attack", direction: this.aim(this.target, nowMs) };
  }

  /**
   * At the chest, sometimes at the head, blasts at the feet; higher for what falls; with an error that shrinks while the
   * target stays in sight.
   */
  private aim(target: Target, nowMs: number): Vec3 {
    const body = this.draw() < HEAD_TRY_SHARE ? HEAD_METRES : CHEST_METRES + 0.2;
    const height = (this.taste.atFeet ? FEET_METRES : body) + liftMetres(this.taste, this.metresTo(target));
    const dx = target.position.x - this.position.x;
    const dy = target.position.y - this.position.y;
    const dz = target.position.z + height - this.position.z - EYES_METRES;
    const trackedMs = nowMs - target.sinceMs;
    const error = AIM_ERROR_LEAST + (AIM_ERROR_FIRST - AIM_ERROR_LEAST) * 0.5 ** (trackedMs / AIM_ERROR_HALVES_MS);
    const sideways = (this.draw() * 2 - 1) * error;
    const upwards = (this.draw() * 2 - 1) * error * Math.hypot(dx, dy, dz);
    return { x: dx - dy * sideways, y: dy + dx * sideways, z: dz + upwards };
  }

  private chooseTaste(): Taste {
    let left = this.draw() * 100;
    for (const taste of TASTES) {
      left -= taste.share;
      if (left < 0) return taste;
    }
    return FIRST_TASTE;
  }

  /** From 0 to just below 1. */
  private draw(): number {
    return nextUint32(this.rng) / 2 ** 32;
  }
}

function raised({ x, y, z }: Vec3, by: number): Vec3 {
  return { x, y, z: z + by };
}

function chestOf({ position }: Other): Vec3 {
  return raised(position, CHEST_METRES);
}

/** Two decimals: what the wire keeps of it. */
function centimetres(metres: number): number {
  return Math.round(metres * 100) / 100;
}
