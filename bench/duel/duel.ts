/**
 * Duel: two clients at a real distance from a real world, millisecond by millisecond. Each sends its moves 30 times a second
 * and is sent states; the shooter draws the target as the SDK draws it (packages/client, interpolate.ts), aims at what it
 * sees, and claims what the SDK claims. So every error between the two screens is in it: the way there and back, jitter,
 * ticks, frames that wait for the next, interpolation, clocks read in whole milliseconds.
 * In:  how far away both are, how the target moves, how shots are judged, a seed.   Out: every shot, and what came of it.
 * Law: the same seed gives the same duel. An honest move that is refused is a broken duel, and throws.
 * Not here: cheats and lost packets. Nobody falls: health is put back after each tick.
 */
import { addPose, poseAt, type TimedPose } from "#client/interpolate.ts";
import { eyesOf } from "#combat/sim/body.ts";
import { HEALTH_MAX } from "#combat/sim/fighter.ts";
import { rayToBox, unit } from "#combat/sim/geometry.ts";
import type { Action, Hit } from "#combat/sim/inputs.ts";
import { leap } from "#combat/sim/motion.ts";
import { applyMove } from "#combat/sim/movement.ts";
import { posesAt, type ShotTime, viewOf } from "#combat/sim/rewind.ts";
import { decide, step } from "#combat/sim/step.ts";
import { createWorld, type Fighter, type Point, type Rules, type World } from "#combat/sim/world.ts";
import { FrameSource, type StateFrame } from "#combat/snapshot/frame.ts";
import { createRng, nextBelow, type Rng } from "#kit/rng.ts";
import { groundWith, LINE, STAND, WALL } from "./ground.ts";
import { type Path, Runner } from "./runner.ts";
import { type Distance, jitterOf, Way } from "./way.ts";

/**
 * claimed: as the service judges. arrived: with the same bound, but counted from when the shot arrives, so that its way here
 * is not made up for besides. half: by half of the round trip and what the client draws late, counted from when the shot
 * comes. none: by where everybody is when it comes.
 */
export const JUDGEMENTS = ["claimed", "arrived", "half", "none"] as const;
export type Judgement = (typeof JUDGEMENTS)[number];

export type Duel = Distance & {
  readonly path: Path;
  readonly judgement: Judgement;
  readonly seconds: number;
  readonly seed: number;
};

export type ShotSeen = {
  readonly hit: boolean;
  readonly capped: boolean;
  /** Between where the target was drawn and where it was judged, along the ground. */
  readonly offCm: number;
  /**
   * Of a hit: how long the victim had been out of sight on its own screen when it was told; 0 for one who was in sight.
   */
  behindCoverMs: number;
};

/** What a client draws behind the newest it has, by the SDK's advice: three frames of 60 a second. */
export const DRAWN_LATE_MS = 50;

const TICK_RATE_HZ = 30;
const MOVE_MS = 1000 / 30;
const STATE_MS = 1000 / 60;
/** Beside every other period, so that shots fall anywhere between ticks, moves and frames. */
const SHOT_MS = 137;
const PING_MS = 500;
const SETTLED_MS = 2_000;
const SHOOTER = 0;
const TARGET = 1;

const RULES: Rules = {
  mode: "team_deathmatch",
  tickRateHz: TICK_RATE_HZ,
  maxRounds: 1,
  timeLimitMs: 3_600_000,
  scoreLimit: 1_000,
  respawnMs: 0,
  friendlyFire: false,
};

type State = { readonly frame: StateFrame; readonly madeAtMs: number };
type Shot = { readonly kind: "shot"; readonly direction: Point; readonly claimedMs: number; readonly seen: Point };
type Sent = { readonly kind: "move"; readonly slot: number; readonly position: Point } | Shot;
type Waiting = { readonly action: Action; readonly seen: Point };

/** All shots of a duel. */
export function playDuel(duel: Duel): ShotSeen[] {
  const running = new RunningDuel(duel);
  for (let nowMs = 1; nowMs < duel.seconds * 1000; nowMs++) running.millisecond(nowMs);
  return running.shots;
}

class RunningDuel {
  readonly shots: ShotSeen[] = [];
  private readonly duel: Duel;
  private readonly rng: Rng;
  private readonly world: World;
  private readonly frames = new FrameSource();
  private readonly runners: readonly [Runner, Runner];
  private readonly up: readonly Way<Sent>[];
  private readonly down: Way<State>;
  private readonly toVictim: Way<ShotSeen>;
  private readonly due = { tick: 1000 / TICK_RATE_HZ, moves: [0, MOVE_MS / 2], shot: SETTLED_MS, ping: 0, frame: 0 };
  /** What the shooter's client knows. */
  private readonly drawn: TimedPose[] = [];
  private newest: State | null = null;
  /** As the gateway measures it. */
  private measuredMs: number;
  private inbox: Waiting[] = [];

  constructor(duel: Duel) {
    this.duel = duel;
    this.rng = createRng(duel.seed);
    this.measuredMs = duel.rttMs;
    this.world = createWorld({ rules: RULES, map: groundWith(duel.path === "covers" ? [WALL] : []), seed: duel.seed });
    const home = { x: LINE.x, y: duel.path === "strafes" ? STAND.y : LINE.yOpen, z: 0 };
    const runner = (path: Path, at: Point) => new Runner(path, at, this.rng);
    this.runners = [runner(duel.path === "strafes" ? "strafes" : "stands", STAND), runner(duel.path, home)];
    const way = <Message>() => new Way<Message>(duel, this.rng);
    this.up = [way(), way()];
    this.down = way();
    this.toVictim = way();
    for (const slot of [SHOOTER, TARGET]) decide(this.world, { kind: "add", slot, side: slot });
    decide(this.world, { kind: "start" });
    for (const slot of [SHOOTER, TARGET]) leap(this.world, this.fighter(slot), this.runners[slot]!.position);
  }

  millisecond(nowMs: number): void {
    const { due, runners } = this;
    for (const runner of runners) runner.run(nowMs);
    for (const slot of [SHOOTER, TARGET]) {
      if (nowMs < due.moves[slot]!) continue;
      due.moves[slot]! += MOVE_MS;
      this.up[slot]!.send(nowMs, { kind: "move", slot, position: runners[slot]!.position });
    }
    if (nowMs >= due.shot) this.shoot(nowMs);
    if (nowMs >= due.ping) this.ping();
    for (const way of this.up) for (const message of way.arrived(nowMs)) this.take(nowMs, message);
    if (nowMs >= due.tick) this.tick(nowMs);
    if (nowMs >= due.frame) this.sendState(nowMs);
    for (const state of this.down.arrived(nowMs)) this.see(state);
    for (const shot of this.toVictim.arrived(nowMs)) {
      const since = runners[TARGET]!.hiddenSinceMs;
      shot.behindCoverMs = since === null ? 0 : nowMs - since;
    }
  }

  /** Aims at some place of the body as it is drawn, if nothing stands before it there. */
  private shoot(nowMs: number): void {
    this.due.shot += SHOT_MS;
    if (!this.newest) return;
    // Half the round trip and what is drawn late: only so there are states on both sides of what is drawn.
    const drawnMs = nowMs - this.duel.rttMs / 2 - DRAWN_LATE_MS;
    const pose = poseAt(this.drawn, drawnMs);
    if (!pose) return;
    const { x, y } = pose.position;
    const seen = { x: x * 100, y: y * 100, z: 0 };
    const own = this.runners[SHOOTER]!.position;
    const eyes = eyesOf({ position: own, stance: "stand", alive: true });
    const at = { x: seen.x, y: seen.y + nextBelow(this.rng, 61) - 30, z: 20 + nextBelow(this.rng, 141) };
    const towards = { x: at.x - eyes.x, y: at.y - eyes.y, z: at.z - eyes.z };
    const direction = unit(towards);
    const isCovered = this.world.map.walls.some((wall) => rayToBox({ origin: eyes, direction }, wall) < 2_000);
    if (isCovered) return;
    const claimedMs = this.claimAt(drawnMs);
    this.up[SHOOTER]!.send(nowMs, { kind: "move", slot: SHOOTER, position: own });
    this.up[SHOOTER]!.send(nowMs, { kind: "shot", direction: inMillionths(direction), claimedMs, seen });
  }

  /** As the SDK names what is drawn: view.ts, matchMsAt. */
  private claimAt(drawnMs: number): number {
    const { frame, madeAtMs } = this.newest!;
    return Math.max(0, Math.round(frame.matchMs + Math.min(0, drawnMs - madeAtMs)));
  }

  private ping(): void {
    this.due.ping += PING_MS;
    const sample = this.duel.rttMs + jitterOf(this.duel, this.rng) + jitterOf(this.duel, this.rng);
    this.measuredMs = (this.measuredMs + sample) / 2;
  }

  /** Match time now, as a session has it: of the last tick, and the whole milliseconds since. */
  private matchMs(nowMs: number): number {
    const tickMs = 1000 / TICK_RATE_HZ;
    return this.world.nowMs + Math.floor(Math.min(tickMs, Math.max(0, nowMs - this.world.tick * tickMs)));
  }

  private take(nowMs: number, sent: Sent): void {
    const atMs = this.matchMs(nowMs);
    if (sent.kind === "move") {
      const still = { seq: 0, yaw: null, pitch: null, stance: null, claimedMs: null, rttMs: this.measuredMs };
      const verdict = applyMove(this.world, { slot: sent.slot, position: sent.position, atMs, ...still });
      if (!verdict.ok) throw new Error(`an honest move was refused: ${JSON.stringify(verdict)}`);
      return;
    }
    const deed = { type: "attack", weapon: null, aim: { kind: "direction", direction: sent.direction } } as const;
    const action = { kind: "action", slot: SHOOTER, seq: 0, id: this.inbox.length, do: deed } as const;
    this.inbox.push({ action: { ...action, ...this.timeOf(sent, atMs) }, seen: sent.seen });
  }

  private timeOf({ claimedMs }: Shot, atMs: number): ShotTime {
    if (this.duel.judgement === "claimed") return { atMs, claimedMs, rttMs: this.measuredMs };
    if (this.duel.judgement === "none") return { atMs, claimedMs: null, rttMs: null };
    if (this.duel.judgement === "arrived") return { atMs, claimedMs, rttMs: null };
    const half = Math.round(this.measuredMs / 2);
    return { atMs, claimedMs: Math.max(0, atMs - half - DRAWN_LATE_MS), rttMs: null };
  }

  private tick(nowMs: number): void {
    this.due.tick += 1000 / TICK_RATE_HZ;
    const { inbox, world } = this;
    this.inbox = [];
    const { outcomes } = step(
      world,
      inbox.map(({ action }) => action),
    );
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.kind === "done" && outcome.hit !== null) this.note(nowMs, outcome.hit, inbox[index]!);
    }
    for (const slot of [SHOOTER, TARGET]) {
      const fighter = this.fighter(slot);
      fighter.health = HEALTH_MAX;
      fighter.magazine[fighter.weapon] = 30;
    }
  }

  private note(nowMs: number, { struck, capped }: Hit, { action, seen }: Waiting): void {
    const { x, y } = posesAt(this.world, viewOf(action).atMs)[TARGET]!.position;
    const shot = {
      hit: struck === "player",
      capped,
      offCm: Math.round(Math.hypot(x - seen.x, y - seen.y) * 10) / 10,
      behindCoverMs: 0,
    };
    this.shots.push(shot);
    if (shot.hit) this.toVictim.send(nowMs, shot);
  }

  /** What changed, at most 60 times a second, as sessions give it out. */
  private sendState(nowMs: number): void {
    const frame = this.frames.pollChanges(this.world, "all", { matchMs: this.matchMs(nowMs) });
    if (frame === null) return;
    this.due.frame = nowMs + STATE_MS;
    this.down.send(nowMs, { frame, madeAtMs: nowMs });
  }

  private see(state: State): void {
    this.newest = state;
    for (const { slot, x, y, z, poseMs } of state.frame.players) {
      const position = { x: x / 100, y: y / 100, z: z / 100 };
      const atMs = state.madeAtMs + poseMs - state.frame.matchMs;
      if (slot === TARGET) addPose(this.drawn, { atMs, position, yaw: 0, pitch: 0 });
    }
  }

  private fighter(slot: number): Fighter {
    const fighter = this.world.fighters[slot];
    if (!fighter) throw new Error(`nobody sits in slot ${slot}`);
    return fighter;
  }
}

/** As the wire has directions (rpc/decode.ts). */
function inMillionths({ x, y, z }: Point): Point {
  return { x: Math.round(x * 1e6), y: Math.round(y * 1e6), z: Math.round(z * 1e6) };
}
