/**
 * Play: average action, for benchmarks of the simulation: everybody moves 30 times a second, and whoever has an enemy near
 * fires about three times a second, reloads, changes weapons, uses abilities and items.
 * In:  a mode, how many play, a seed.   Out: the world, and what would arrive in each tick; or a recording of it.
 * Law: the same seed gives the same play. Whoever cannot go on turns, so nobody needs to know the map.
 * Not here: bots that play to win (tools/bots); these only make the load of those who do.
 */

import { ABILITY_NAMES } from "#combat/sim/content/abilities.ts";
import { ITEM_NAMES } from "#combat/sim/content/items.ts";
import { FIRST_MAP, type GameMap, MAPS, WEAPON_NAMES, WEAPONS } from "#combat/sim/content.ts";
import type { Action, Move, Order } from "#combat/sim/inputs.ts";
import { USUAL_MODE_RULES } from "#combat/sim/modes/mode-rules.ts";
import { carries, MODES } from "#combat/sim/modes/table.ts";
import { applyMove } from "#combat/sim/movement.ts";
import { type Recording, recordMove, recordOrder, recordStep, startRecording } from "#combat/sim/record.ts";
import { decide, step } from "#combat/sim/step.ts";
import { createWorld, type Fighter, type PlayedMode, type Point, type Rules, type World } from "#combat/sim/world.ts";
import { createRng, nextBelow, type Rng } from "#kit/rng.ts";

export type PlaySettings = { readonly mode: PlayedMode; readonly players: number; readonly seed: number };

type Crowd = { readonly players: number; readonly seed: number };

export const TICK_RATE_HZ = 30;

/** 6 m/s at 30 Hz. */
const STRIDE_CM = 20;
/** Cosines and sines of sixteen headings, as whole percent: the play is the same on every machine. */
const QUARTER = [
  [100, 0],
  [92, 38],
  [71, 71],
  [38, 92],
] as const;
const HEADINGS: readonly (readonly [x: number, y: number])[] = [
  ...QUARTER,
  ...QUARTER.map(([x, y]) => [-y, x] as const),
  ...QUARTER.map(([x, y]) => [-x, -y] as const),
  ...QUARTER.map(([x, y]) => [y, -x] as const),
];
/** An enemy nearer than this is fired at, if somebody may fire at all. */
const FIGHT_CM = 4_000;
/** One tick in so many, each player. */
const FIRES_ONE_IN = 10;
const TURNS_ONE_IN = 45;
const CROUCHES_ONE_IN = 150;
const SWITCHES_ONE_IN = 900;
/** Each player asks for an ability every six seconds; energy and cooldowns let about half of them be. */
const ABILITY_ONE_IN = 180;
const ITEM_ONE_IN = 600;
const RTT_MS = [20, 40, 80, 150] as const;
/** What a client draws behind the newest state. */
const DRAWN_LATE_MS = 40;

function mapFor(mode: PlayedMode): GameMap {
  return [MAPS[FIRST_MAP]!, ...Object.values(MAPS)].find((map) => carries(map, mode))!;
}

/** No score ends it and its time is an hour: elimination alone ends rounds, as it does. */
function rulesFor(mode: PlayedMode): Rules {
  const limits = { maxRounds: 20, timeLimitMs: 3_600_000, scoreLimit: 100_000, respawnMs: 3_000 };
  return { mode, tickRateHz: TICK_RATE_HZ, ...limits, friendlyFire: false, modeRules: USUAL_MODE_RULES };
}

export class Play {
  readonly world: World;
  private readonly rng: Rng;
  private readonly headings: number[] = [];
  private readonly stood: Point[] = [];

  constructor(world: World, { players, seed }: Crowd) {
    this.world = world;
    this.rng = createRng(seed);
    for (let slot = 0; slot < players; slot++) this.headings.push(nextBelow(this.rng, HEADINGS.length));
  }

  /** What arrives before the next tick, one of each who lives. */
  moves(): Move[] {
    return this.living().map((fighter) => this.moveOf(fighter));
  }

  actions(): Action[] {
    const actions: Action[] = [];
    for (const fighter of this.living()) {
      const deed = this.deedOf(fighter);
      if (deed === null) continue;
      const { slot } = fighter;
      const time = { atMs: this.world.nowMs, ...this.timeOf(slot) };
      actions.push({ kind: "action", slot, seq: this.world.tick, id: actions.length, ...time, do: deed });
    }
    return actions;
  }

  private living(): Fighter[] {
    return this.world.fighters.filter((fighter) => fighter?.alive === true) as Fighter[];
  }

  private timeOf(slot: number): { claimedMs: number; rttMs: number } {
    const rttMs = RTT_MS[slot % RTT_MS.length]!;
    return { claimedMs: Math.max(0, this.world.nowMs - rttMs - DRAWN_LATE_MS), rttMs };
  }

  /** Straight on; another way now and then, and where the last step was not taken. */
  private moveOf(fighter: Fighter): Move {
    const { rng, headings, stood, world } = this;
    const { slot, position } = fighter;
    if (stood[slot] === position) headings[slot] = nextBelow(rng, HEADINGS.length);
    else if (nextBelow(rng, TURNS_ONE_IN) === 0) headings[slot] = this.headingOf(fighter);
    stood[slot] = position;
    const [x, y] = HEADINGS[headings[slot]!]!;
    const to = { x: position.x + (x * STRIDE_CM) / 100, y: position.y + (y * STRIDE_CM) / 100, z: position.z };
    const stance = nextBelow(rng, CROUCHES_ONE_IN) === 0 ? "crouch" : nextBelow(rng, 15) === 0 ? "stand" : null;
    const looks = { yaw: headings[slot]! * 2_250, pitch: 0, stance } as const;
    return { slot, seq: world.tick, position: to, ...looks, atMs: world.nowMs, ...this.timeOf(slot) };
  }

  /** Two times of three towards the nearest enemy, so that fights come about; else anywhere. */
  private headingOf(fighter: Fighter): number {
    const enemy = nextBelow(this.rng, 3) > 0 ? this.nearestEnemy(fighter, Number.POSITIVE_INFINITY) : null;
    if (!enemy) return nextBelow(this.rng, HEADINGS.length);
    const [dx, dy] = [enemy.position.x - fighter.position.x, enemy.position.y - fighter.position.y];
    const along = ([x, y]: readonly [number, number]) => x * dx + y * dy;
    return HEADINGS.reduce((best, heading, index) => (along(heading) > along(HEADINGS[best]!) ? index : best), 0);
  }

  private deedOf(fighter: Fighter): Action["do"] | null {
    const { rng } = this;
    if (nextBelow(rng, SWITCHES_ONE_IN) === 0) {
      return { type: "switch_weapon", weapon: WEAPON_NAMES[nextBelow(rng, WEAPON_NAMES.length)]! };
    }
    if (nextBelow(rng, ABILITY_ONE_IN) === 0) return this.abilityOf(fighter);
    if (nextBelow(rng, ITEM_ONE_IN) === 0)
      return { type: "use_item", item: ITEM_NAMES[nextBelow(rng, ITEM_NAMES.length)]! };
    if (nextBelow(rng, FIRES_ONE_IN) > 0 || fighter.reloadedAtMs > 0) return null;
    const { magazineRounds } = WEAPONS[fighter.weapon];
    if (magazineRounds > 0 && fighter.magazine[fighter.weapon] === 0) return { type: "reload" };
    const enemy = this.nearestEnemy(fighter, FIGHT_CM);
    return enemy && { type: "attack", weapon: null, aim: { kind: "direction", direction: this.aimAt(fighter, enemy) } };
  }

  /** Any of them: at the nearest enemy, which the sorts for oneself and for friends do not look at. */
  private abilityOf(fighter: Fighter): Action["do"] {
    const ability = ABILITY_NAMES[nextBelow(this.rng, ABILITY_NAMES.length)]!;
    const enemy = this.nearestEnemy(fighter, FIGHT_CM);
    const aim = enemy && ({ kind: "target", slot: enemy.slot } as const);
    return { type: "ability", ability, aim, spot: enemy?.position ?? fighter.position, grant: null };
  }

  private nearestEnemy({ position, side }: Fighter, withinCm: number): Fighter | null {
    let nearest: Fighter | null = null;
    let best = withinCm * withinCm;
    for (const other of this.world.fighters) {
      if (!other?.alive || other.side === side) continue;
      const distance = (other.position.x - position.x) ** 2 + (other.position.y - position.y) ** 2;
      if (distance < best) [nearest, best] = [other, distance];
    }
    return nearest;
  }

  /** At the chest, with up to 4 % of error: about every third shot at 20 m misses. */
  private aimAt({ position }: Fighter, enemy: Fighter): Point {
    const [dx, dy, dz] = [
      enemy.position.x - position.x,
      enemy.position.y - position.y,
      enemy.position.z - position.z - 50,
    ];
    const length = Math.sqrt(dx * dx + dy * dy + dz * dz) || 1;
    const millionths = (part: number) => Math.round((part / length) * 1_000_000) + nextBelow(this.rng, 80_001) - 40_000;
    return { x: millionths(dx), y: millionths(dy), z: millionths(dz) };
  }
}

export function worldFor({ mode, seed }: PlaySettings): World {
  return createWorld({ rules: rulesFor(mode), map: mapFor(mode), seed });
}

/** Everybody's seat, and the start. */
export function beginningOf({ mode, players }: PlaySettings): Order[] {
  const isAlone = MODES[mode].teamsMax === null;
  const seats = Array.from({ length: players }, (_, slot): Order => {
    return { kind: "add", slot, side: isAlone ? slot : slot % 2 };
  });
  return [...seats, { kind: "start" }];
}

/** Plays so many ticks, or until the match is over, and keeps all that went in. */
export function recordPlay(settings: PlaySettings, ticks: number): Recording {
  const world = worldFor(settings);
  const play = new Play(world, settings);
  const recording = startRecording({ rules: rulesFor(settings.mode), mapId: world.map.id, seed: settings.seed });
  for (const order of beginningOf(settings)) {
    recordOrder(recording, world, order);
    decide(world, order);
  }
  while (world.tick < ticks && world.phase !== "over") {
    for (const move of play.moves()) {
      recordMove(recording, world, move);
      applyMove(world, move);
    }
    const actions = play.actions();
    recordStep(recording, world, actions);
    step(world, actions);
  }
  return recording;
}
