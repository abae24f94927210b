import { expect, test } from "vitest";
import { FIRST_MAP, MAPS, type WeaponName } from "#combat/sim/content.ts";
import type { Outcome, StepInput } from "#combat/sim/inputs.ts";
import { applyMove } from "#combat/sim/movement.ts";
import { step } from "#combat/sim/step.ts";
import { createWorld, type World } from "#combat/sim/world.ts";
import { type Act, type ActAnswer, Brain, type Other } from "#tools/bots/brain.ts";
import { metres, YARD, YARD_WALK } from "./yard.ts";

const TICK_RATE_HZ = 30;

/** Bots against bots on the real simulation, without sockets. One think and one answer a tick. */
class Duel {
  readonly world: World;
  readonly killsAtMs: number[] = [];
  corrections = 0;
  private readonly brains: Brain[] = [];

  constructor(playerCount: number, seed: number) {
    const rules = {
      mode: "team_deathmatch",
      tickRateHz: TICK_RATE_HZ,
      maxRounds: 3,
      timeLimitMs: 600_000,
      scoreLimit: 10,
      respawnMs: 2_000,
      friendlyFire: false,
    } as const;
    this.world = createWorld({ rules, map: MAPS[FIRST_MAP]!, seed });
    const seats = Array.from({ length: playerCount }, (_, slot) => ({ kind: "add", slot, side: slot % 2 }) as const);
    step(this.world, [...seats, { kind: "start" }]);
    for (const { slot } of seats) {
      const at = metres(this.world.fighters[slot]!.position);
      this.brains.push(new Brain({ seed: seed + slot, map: YARD_WALK, walls: YARD.walls, at }));
    }
  }

  tick(): void {
    const inputs: StepInput[] = [];
    const others = this.others();
    for (const [slot, brain] of this.brains.entries()) {
      const { alive, side } = this.world.fighters[slot]!;
      const senses = {
        nowMs: this.world.nowMs,
        live: this.world.phase === "live",
        alive,
        playerId: `${slot}`,
        teamId: `${side}`,
        others,
      };
      const { stride, act } = brain.think(senses);
      if (stride) this.move(slot, stride);
      if (act) inputs.push({ kind: "action", slot, seq: 0, id: inputs.length, ...this.now(), do: wish(act) });
    }
    const { events, outcomes } = step(this.world, inputs);
    for (const event of events) {
      if (event.kind === "killed") this.killsAtMs.push(this.world.nowMs);
      if (event.kind === "respawned") this.brains[event.slot]!.handleSpawn(metres(event.position));
    }
    for (const outcome of outcomes) this.answer(outcome, inputs);
  }

  private now() {
    return { atMs: this.world.nowMs, claimedMs: null, rttMs: null };
  }

  private others(): Other[] {
    return this.world.fighters.map((fighter, slot) => ({
      playerId: `${slot}`,
      teamId: `${fighter!.side}`,
      position: metres(fighter!.position),
      alive: fighter!.alive,
      stance: "stand",
    }));
  }

  private move(slot: number, { x, y, z }: { x: number; y: number; z: number }): void {
    const position = { x: x * 100, y: y * 100, z: z * 100 };
    const verdict = applyMove(this.world, {
      slot,
      seq: 0,
      position,
      yaw: null,
      pitch: null,
      stance: null,
      claimedMs: null,
      rttMs: null,
      atMs: this.world.nowMs,
    });
    if (verdict.ok) return;
    this.corrections += 1;
    this.brains[slot]!.handleCorrection(metres(verdict.position));
  }

  private answer(outcome: Outcome, inputs: readonly StepInput[]): void {
    if (outcome.kind === "damage") return;
    const input = inputs[outcome.id];
    const answer: ActAnswer = {
      success: outcome.kind === "done",
      action_type: input?.kind === "action" ? input.do.type : "",
      cooldown_ms: outcome.cooldownMs,
      ammunition: outcome.ammunition,
      ...(outcome.kind === "refused" && { reason: outcome.reason }),
    };
    this.brains[outcome.slot]!.handleAnswer(this.world.nowMs, answer);
  }
}

function wish(act: Act): Extract<StepInput, { kind: "action" }>["do"] {
  if (act.kind === "reload") return { type: "reload" };
  if (act.kind === "switch_weapon") return { type: "switch_weapon", weapon: act.weapon as WeaponName };
  return { type: "attack", aim: { kind: "direction", direction: act.direction }, weapon: null };
}

test.each([1, 2, 3, 4, 5])(
  "seed %i: sixteen bots kill within six seconds, end the match, and are never corrected",
  (seed) => {
    const duel = new Duel(16, seed);
    for (let ticks = 0; ticks < 600 * TICK_RATE_HZ && duel.world.phase !== "over"; ticks++) duel.tick();
    expect(duel.killsAtMs[0]).toBeLessThan(6_000);
    expect(duel.world.phase).toBe("over");
    expect(duel.world.round).toBeGreaterThan(1);
    expect(duel.corrections).toBe(0);
    const weapons = new Set(duel.world.fighters.map((fighter) => fighter!.weapon));
    expect(weapons.size).toBeGreaterThan(1);
  },
);
