/**
 * Trace: one player on one map over one network, with what the simulation said to it.
 * In:  a seed and a kind of player.   Out: when the cheating began and was found, what was corrected, whether removed.
 * The client follows corrections when they reach it; some cheats do not.
 */

import { type GameMap, MAPS } from "#combat/sim/content.ts";
import { afflict } from "#combat/sim/effects.ts";
import type { Move } from "#combat/sim/inputs.ts";
import { leap } from "#combat/sim/motion.ts";
import { applyMove } from "#combat/sim/movement.ts";
import { step } from "#combat/sim/step.ts";
import type { Check, Finding } from "#combat/sim/suspicion.ts";
import { createWorld, type World } from "#combat/sim/world.ts";
import { BodyModel, type Feet, Whims, type Wish } from "./body-model.ts";
import type { Chance } from "./chance.ts";
import { Direction, type Link } from "./network-model.ts";

export type Setting = {
  readonly map: GameMap;
  readonly tickRateHz: number;
  /** Frames of the client; each sends its position. */
  readonly frameHz: number;
  readonly link: Link;
  readonly claims: boolean;
  readonly measured: boolean;
  readonly radius: number;
  readonly seconds: number;
};

/** What a player does to its own client. All but `wish` are optional tricks. */
export type Player = {
  /** From when on it cheats, milliseconds; Infinity for the honest. */
  readonly fromMs: number;
  /** Ignores corrections. */
  readonly deaf?: boolean;
  wish(nowMs: number, body: BodyModel): Wish;
  /** After the frame's honest motion. */
  twist?(nowMs: number, body: BodyModel, seconds: number): void;
  /** How fast the client's clock runs. */
  readonly clock?: number;
  /** When something sent now leaves. */
  leavesMs?(nowMs: number): number;
};

export type Outcome = {
  readonly foundMs: number | null;
  /** By how long after its first cheating move arrived it was found. */
  readonly checks: ReadonlySet<Check>;
  /** Corrections told, several in a row that answer one mistake counted once. */
  readonly corrections: number;
  readonly removed: boolean;
  readonly findings: readonly Finding[];
};

const RULES = {
  mode: "team_deathmatch",
  maxRounds: 1,
  timeLimitMs: 3_600_000,
  scoreLimit: 500,
  respawnMs: 1_000,
  friendlyFire: false,
} as const;

type Sent = { readonly move: Omit<Move, "atMs">; readonly arrivesMs: number; readonly cheats: boolean };

export class Trace {
  readonly world: World;
  readonly body: BodyModel;
  private readonly setting: Setting;
  private readonly chance: Chance;
  private readonly up: Direction;
  private readonly down: Direction;
  private readonly underway: Sent[] = [];
  private readonly told: { arrivesMs: number; to: Feet }[] = [];
  /** States on their way to the client: match time, and arrival. */
  private readonly states: { matchMs: number; arrivesMs: number }[] = [];
  private newest = { matchMs: 0, arrivesMs: 0 };
  private stateAtMs = 0;
  private seq = 0;
  private cheatArrivedMs: number | null = null;
  private correctedAtMs = Number.NEGATIVE_INFINITY;
  private foundMs: number | null = null;
  private corrections = 0;
  private removed = false;
  private readonly findings: Finding[] = [];

  constructor(setting: Setting, chance: Chance) {
    this.setting = setting;
    this.chance = chance;
    this.world = createWorld({ rules: { ...RULES, tickRateHz: setting.tickRateHz }, map: setting.map, seed: 1 });
    step(this.world, [{ kind: "add", slot: 0, side: 0 }, { kind: "add", slot: 1, side: 1 }, { kind: "start" }]);
    this.up = new Direction(setting.link, chance);
    this.down = new Direction(setting.link, chance);
    this.body = new BodyModel(setting.map, this.world.fighters[0]!.position, setting.radius);
  }

  play(player: Player, untilFound: boolean): Outcome {
    const { seconds } = this.setting;
    let nowMs = this.world.nowMs;
    let playedMs = nowMs;
    while (nowMs < seconds * 1_000 && !this.removed) {
      if (untilFound && this.foundMs !== null) break;
      const frameMs = this.frameMs(nowMs);
      nowMs += frameMs;
      this.serve(nowMs);
      if (!player.deaf) this.follow(nowMs);
      const cheats = nowMs >= player.fromMs;
      const ranMs = cheats ? frameMs * (player.clock ?? 1) : frameMs;
      playedMs += ranMs;
      this.body.move(player.wish(nowMs, this.body), ranMs / 1_000);
      if (cheats) player.twist?.(nowMs, this.body, ranMs / 1_000);
      this.send({
        nowMs,
        leavesMs: cheats ? (player.leavesMs?.(nowMs) ?? nowMs) : nowMs,
        cheats,
        aheadMs: playedMs - nowMs,
      });
    }
    return {
      foundMs: this.foundMs,
      checks: new Set(this.findings.map(({ check }) => check)),
      corrections: this.corrections,
      removed: this.removed,
      findings: this.findings,
    };
  }

  /** Haste by the server, from the next tick on; the client runs at once. */
  haste(percent: number, durationMs: number): void {
    afflict(this.world, this.world.fighters[0]!, { kind: "haste", potency: percent, durationMs, by: null });
  }

  /** Puts the player somewhere, on both sides of the network. */
  place(at: Feet): void {
    leap(this.world, this.world.fighters[0]!, at);
    this.body.feet = { ...at };
  }

  private slowUntilMs = 0;
  private slowHz = 60;

  /** Frames are a little uneven, and now and then a client stutters along for a while. */
  private frameMs(nowMs: number): number {
    if (this.chance.happens(0.001) && nowMs > this.slowUntilMs) {
      this.slowUntilMs = nowMs + this.chance.between(300, 3_000);
      this.slowHz = this.chance.between(5, 15);
    }
    const hz = nowMs < this.slowUntilMs ? Math.min(this.slowHz, this.setting.frameHz) : this.setting.frameHz;
    return (1_000 / hz) * this.chance.between(0.9, 1.1);
  }

  private send({
    nowMs,
    leavesMs,
    cheats,
    aheadMs,
  }: {
    nowMs: number;
    leavesMs: number;
    cheats: boolean;
    aheadMs: number;
  }): void {
    const { x, y, z } = this.body.feet;
    const position = { x: Math.round(x), y: Math.round(y), z: Math.round(z) };
    const claimed = this.newest.matchMs + (nowMs - this.newest.arrivesMs) + aheadMs;
    this.underway.push({
      move: {
        slot: 0,
        seq: ++this.seq,
        position,
        yaw: null,
        pitch: null,
        stance: this.stance,
        claimedMs: this.setting.claims ? Math.max(0, Math.floor(claimed)) : null,
        rttMs: this.setting.measured ? Math.round(this.setting.link.rttMs + this.setting.link.jitterMs) : null,
      },
      arrivesMs: this.up.arrivalMs(leavesMs),
      cheats,
    });
  }

  stance: "stand" | "crouch" = "stand";

  /** All that happens at the server before this moment, in order. */
  private serve(untilMs: number): void {
    const { world } = this;
    const tickMs = 1_000 / this.setting.tickRateHz;
    for (;;) {
      const next = this.underway[0];
      const tickAtMs = (world.tick + 1) * tickMs;
      if (Math.min(next?.arrivesMs ?? Number.POSITIVE_INFINITY, tickAtMs) > untilMs) break;
      if (next && next.arrivesMs < tickAtMs) {
        this.underway.shift();
        this.judge(next);
      } else {
        step(world, []);
        if (world.nowMs >= this.stateAtMs) {
          this.stateAtMs = world.nowMs + 16;
          this.states.push({ matchMs: world.nowMs, arrivesMs: this.down.arrivalMs(tickAtMs) });
        }
      }
    }
    while (this.states[0] && this.states[0].arrivesMs <= untilMs) this.newest = this.states.shift()!;
  }

  private judge({ move, arrivesMs, cheats }: Sent): void {
    const atMs = Math.max(this.world.nowMs, Math.floor(arrivesMs));
    if (cheats) this.cheatArrivedMs ??= atMs;
    const verdict = applyMove(this.world, { ...move, atMs });
    for (const finding of verdict.findings ?? []) {
      this.findings.push(finding);
      if (this.cheatArrivedMs !== null) this.foundMs ??= atMs - this.cheatArrivedMs;
    }
    if (verdict.ok) return;
    if (verdict.removed) this.removed = true;
    const { rttMs } = this.setting.link;
    if (atMs - this.correctedAtMs > 1_000 + rttMs) this.corrections += 1;
    this.correctedAtMs = atMs;
    this.told.push({ arrivesMs: this.down.arrivalMs(atMs), to: verdict.position });
  }

  private follow(nowMs: number): void {
    while (this.told[0] && this.told[0].arrivesMs <= nowMs) {
      this.body.feet = { ...this.told.shift()!.to };
      this.body.upCmPerS = 0;
    }
  }
}

export type Trouble = { readonly name: string; readonly player: (chance: Chance, trace: Trace) => Player };

const TICK_RATES = [20, 30, 60, 128];
const FRAME_RATES = [10, 15, 20, 30, 60, 72, 128];

/** Any network, client and server that is promised to play fair: 20 to 250 ms, jitter to 80 ms, loss to 3 %. */
export function anySetting(chance: Chance, seconds: number): Setting {
  return {
    map: chance.one(Object.values(MAPS)),
    tickRateHz: chance.one(TICK_RATES),
    frameHz: chance.one(FRAME_RATES),
    link: { rttMs: chance.between(20, 250), jitterMs: chance.between(0, 80), loss: chance.one([0, 0, 0.01, 0.03]) },
    claims: chance.happens(0.5),
    measured: chance.happens(0.7),
    radius: chance.between(30, 40),
    seconds,
  };
}

export { Whims };
