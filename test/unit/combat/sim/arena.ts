/** Arena: a small world for tests, in which everybody stands where the test says. Not a test itself. */
import type { GameMap, Wall } from "#combat/sim/content.ts";
import type { SimEvent } from "#combat/sim/events.ts";
import type { Action, Aim, Hit, Move, MoveVerdict, Outcome, StepInput, StepResult } from "#combat/sim/inputs.ts";
import type { Places } from "#combat/sim/maps.ts";
import { leap } from "#combat/sim/motion.ts";
import { applyMove } from "#combat/sim/movement.ts";
import { step } from "#combat/sim/step.ts";
import { createWorld, type Fighter, type Point, type Rules, type World } from "#combat/sim/world.ts";

export const TICK_RATE_HZ = 20; // Ticks of exactly 50 ms.
export const TICK_MS = 50;

const RULES: Rules = {
  mode: "team_deathmatch",
  tickRateHz: TICK_RATE_HZ,
  maxRounds: 3,
  timeLimitMs: 600_000,
  scoreLimit: 3,
  respawnMs: 1_000,
  friendlyFire: false,
};

/** What a move says besides where. */
export const STILL = { yaw: null, pitch: null, stance: null, claimedMs: null, rttMs: null } as const;

export type Placed = { side: number; x: number; y: number; z?: number };

export type ArenaSetup = {
  rules?: Partial<Rules>;
  walls?: Wall[];
  places?: Places;
  /** By slot. */
  fighters: Placed[];
  live?: boolean;
};

export function openMap(walls: Wall[] = [], places?: Places): GameMap {
  const spawns = [];
  for (let x = 1_000; x <= 19_000; x += 3_000) {
    for (let y = 1_000; y <= 19_000; y += 3_000) spawns.push({ position: { x, y, z: 0 }, yaw: 0 });
  }
  const bounds = { min: { x: 0, y: 0, z: 0 }, max: { x: 20_000, y: 20_000, z: 5_000 } };
  return { id: "open", bounds, walls, spawns, ...(places && { places }) };
}

export class Arena {
  readonly world: World;
  private nextId = 1;

  constructor({ rules = {}, walls = [], places, fighters, live = true }: ArenaSetup) {
    this.world = createWorld({ rules: { ...RULES, ...rules }, map: openMap(walls, places), seed: 7 });
    const seats: StepInput[] = fighters.map(({ side }, slot) => ({ kind: "add", slot, side }));
    this.step(live ? [...seats, { kind: "start" }] : seats);
    this.place(fighters);
  }

  /** Puts everybody (back) where they are said to be. */
  place(fighters: Placed[]): void {
    for (const [slot, { x, y, z }] of fighters.entries()) leap(this.world, this.fighter(slot), { x, y, z: z ?? 0 });
  }

  fighter(slot: number): Fighter {
    const fighter = this.world.fighters[slot];
    if (!fighter) throw new Error(`nobody sits in slot ${slot}`);
    return fighter;
  }

  step(inputs: StepInput[] = []): StepResult {
    return step(this.world, inputs);
  }

  /** Steps without input for this much match time, rounded up to whole ticks. */
  wait(ms: number): StepResult {
    const events: SimEvent[] = [];
    for (let waited = 0; waited < ms; waited += TICK_MS) events.push(...this.step().events);
    return { events, shots: [], outcomes: [], still: true };
  }

  move(slot: number, position: Point, rest: Partial<Move> = {}): MoveVerdict {
    const atMs = this.world.nowMs;
    return applyMove(this.world, { slot, seq: 0, position, ...STILL, atMs, ...rest });
  }

  action(slot: number, wish: Action["do"], seq = 0): Action {
    const time = { atMs: this.world.nowMs, claimedMs: null, rttMs: null };
    return { kind: "action", slot, seq, id: this.nextId++, ...time, do: wish };
  }

  shot(slot: number, at: number | Point): Action {
    const aim: Aim = typeof at === "number" ? { kind: "target", slot: at } : { kind: "direction", direction: at };
    return this.action(slot, { type: "attack", aim, weapon: null });
  }

  blow(by: number | null, target: number, damage: number): Extract<StepInput, { kind: "damage" }> {
    const id = this.nextId++;
    return { kind: "damage", id, by, target, damage, damageType: "explosion", weapon: null, headshot: false };
  }

  /** Steps one action alone and gives its outcome. */
  act(action: Action): Outcome & { kind: "done" | "refused" } {
    const [outcome] = this.step([action]).outcomes;
    if (!outcome || outcome.kind === "damage") throw new Error("an action has an outcome");
    return outcome;
  }

  /** Shoots once and gives the receipt; throws when the shot was refused. */
  hit(slot: number, at: number | Point): Hit {
    const outcome = this.act(this.shot(slot, at));
    if (outcome.kind !== "done" || !outcome.hit) throw new Error(`refused: ${JSON.stringify(outcome)}`);
    return outcome.hit;
  }

  kill(by: number | null, target: number): StepResult {
    return this.step([this.blow(by, target, 10_000)]);
  }
}

/** Kinds in order, for comparing what was told. */
export function kinds(result: Pick<StepResult, "events">): string {
  return result.events.map((event) => event.kind).join(" ");
}
