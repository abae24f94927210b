/**
 * Random commands for the fuzz: matches of any mode, map, size and rules, and in them what players, the session and other
 * services might send, sensible and senseless.
 * Law: all draws come from one generator. What the session promises (seats given once, whole damage) is kept; what a wire
 *      can say (wild numbers, seats of nobody, any claim) is not spared. A new kind of action does not compile without a row.
 * Not a test itself.
 */
import { ABILITY_NAMES } from "#combat/sim/content/abilities.ts";
import { ITEM_NAMES } from "#combat/sim/content/items.ts";
import { MAPS, WEAPON_NAMES } from "#combat/sim/content.ts";
import { EFFECT_KINDS } from "#combat/sim/effect-table.ts";
import type { Action, Aim, Move, Order, Ruling, StepInput } from "#combat/sim/inputs.ts";
import type { GameMap } from "#combat/sim/maps.ts";
import { USUAL_MODE_RULES } from "#combat/sim/modes/mode-rules.ts";
import { carries, MODES } from "#combat/sim/modes/table.ts";
import { baseOf } from "#combat/sim/objectives.ts";
import { decide } from "#combat/sim/step.ts";
import { allIn, CHECK_MODES, ENFORCE_ALL } from "#combat/sim/suspicion.ts";
import { createWorld, type Fighter, type PlayedMode, type Point, type Rules, type World } from "#combat/sim/world.ts";
import { nextBelow, type Rng } from "#kit/rng.ts";

type Comer = Extract<Order, { kind: "add" }>;
type Deed = Action["do"];

/** Everything near: whoever walks anywhere meets somebody, a flag and a zone. */
const CLOSE: GameMap = {
  id: "close",
  bounds: { min: { x: 0, y: 0, z: 0 }, max: { x: 3_000, y: 2_000, z: 1_000 } },
  walls: [{ min: { x: 1_400, y: 300, z: 0 }, max: { x: 1_600, y: 1_100, z: 300 } }],
  spawns: [200, 600, 2_400, 2_800].flatMap((x) =>
    [300, 1_000, 1_700].map((y) => ({
      position: { x, y, z: 0 },
      yaw: 0,
      base: x < 1_500 ? (0 as const) : (1 as const),
    })),
  ),
  places: {
    bases: [
      { x: 300, y: 600, z: 0 },
      { x: 2_700, y: 1_400, z: 0 },
    ],
    hills: [place("hill", 1_500, 1_500), place("ledge", 700, 1_400)],
    zones: [place("a", 700, 700), place("b", 1_500, 1_500), place("c", 2_300, 700)],
  },
};

function place(id: string, x: number, y: number) {
  return { id, position: { x, y, z: 0 }, radiusCm: 300 };
}

const GOAL_ONE_IN = 150;
const STRAY_ONE_IN = 8;
const WILD_ONE_IN = 100;
const SPEED_CM_PER_S = 600;
/** Crouched, that is too fast. */
const CROUCHES_ONE_IN = 40;
const WILD_CLAIMS_ONE_IN = 20;

/** One match and all that is sent in it. */
export class Commander {
  readonly world: World;
  readonly rng: Rng;
  private readonly slots: number;
  private readonly sides: number;
  /** Inputs come in one tick of so many: where there is peace, flags come home. */
  private readonly calm: number;
  private inputCount = 0;
  private readonly goals: (Point | undefined)[] = [];

  constructor(mode: PlayedMode, rng: Rng) {
    const maps = [CLOSE, ...Object.values(MAPS)].filter((map) => carries(map, mode));
    const map = nextBelow(rng, 2) === 0 ? maps[0]! : pick(rng, maps);
    this.rng = rng;
    this.slots = pick(rng, [2, 2, 3, 4, 6, 8, 12, 20, 50]);
    this.sides = MODES[mode].teamsMax === null ? this.slots : pick(rng, [2, MODES[mode].teamsMax ?? 2]);
    this.calm = pick(rng, [1, 4, 30, 100]);
    this.world = createWorld({ rules: randomRules(mode, rng), map, seed: nextBelow(rng, 2 ** 20) });
    decide(this.world, { kind: "rulings", outside: nextBelow(rng, 3) === 0 });
  }

  /** Nearly all at first; later now and then one. */
  comers(): Comer[] {
    const { world, rng } = this;
    const chance = world.tick === 0 ? 1 : 60;
    const comers: Comer[] = [];
    for (let slot = 0; slot < this.slots; slot++) {
      if (world.fighters[slot] || nextBelow(rng, chance) > 0) continue;
      const side = nextBelow(rng, 8) === 0 ? nextBelow(rng, this.sides) : slot % this.sides;
      const weapons = nextBelow(rng, 4) > 0 ? null : [pick(rng, WEAPON_NAMES)];
      const abilities = nextBelow(rng, 4) > 0 ? null : [pick(rng, ABILITY_NAMES)];
      comers.push({ kind: "add", slot, side, loadout: { weapons, abilities } });
    }
    return comers;
  }

  /** The seat of one who leaves, or of nobody; null for most ticks. */
  leaver(): number | null {
    return nextBelow(this.rng, 200) === 0 ? nextBelow(this.rng, this.slots + 2) : null;
  }

  moves(): Move[] {
    const moves: Move[] = [];
    for (const fighter of this.world.fighters) {
      if (fighter && nextBelow(this.rng, 2) === 0) moves.push(this.moveOf(fighter));
    }
    if (nextBelow(this.rng, 50) === 0) moves.push(this.moveOf({ slot: this.slots + 1, position: this.somewhere() }));
    return moves;
  }

  /** What arrives with a tick. */
  inputs(): StepInput[] {
    const rulings = this.rulings();
    if (nextBelow(this.rng, this.calm) > 0) return rulings;
    const count = nextBelow(this.rng, 3 + (this.slots >> 2));
    return [...rulings, ...Array.from({ length: count }, () => this.inputOf(this.inputCount++))];
  }

  /** Answers to some of the blows that were given out, and now and then to none of them. */
  private rulings(): Ruling[] {
    const { rng } = this;
    const ids = this.world.rulings.open.flatMap(({ blows }) => blows.map(({ id }) => id));
    if (ids.length === 0 && nextBelow(rng, 200) > 0) return [];
    return [...ids, 1 + nextBelow(rng, 1_000)].flatMap((id): Ruling[] => {
      if (nextBelow(rng, 3) > 0) return [];
      const damage = pick(rng, [0, nextBelow(rng, 5_000), 10_000, 100_000]);
      const decided = { damage, mitigation: nextBelow(rng, 1_001), critical: nextBelow(rng, 2) === 0 };
      return [{ kind: "ruling", id, decided: nextBelow(rng, 4) === 0 ? null : decided }];
    });
  }

  private inputOf(id: number): StepInput {
    const { world, rng } = this;
    const roll = nextBelow(rng, 3_000);
    if (roll === 0) return { kind: "round", round: nextBelow(rng, 8) };
    if (roll === 1)
      return { kind: "rules", maxRounds: 1 + nextBelow(rng, 5), timeLimitMs: 1_000 + nextBelow(rng, 120_000) };
    if (roll === 2 && world.phase === "live") return { kind: "end", cause: pick(rng, ["victory", "cancelled"]) };
    if (roll < 6) return { kind: pick(rng, ["resume", "stalled"]) };
    if (roll === 6) return { kind: "rulings", outside: nextBelow(rng, 2) === 0 };
    if (roll < 60) return { kind: "start" };
    if (roll < 360) return this.damage(id);
    const slot = nextBelow(rng, 100) === 0 ? pick(rng, [-1, 0.5, this.slots, 1e9]) : nextBelow(rng, this.slots);
    const time = { atMs: world.nowMs + nextBelow(rng, 8), ...this.time() };
    return { kind: "action", slot, seq: nextBelow(rng, 1_000), id, ...time, do: this.deed() };
  }

  private damage(id: number): StepInput {
    const { rng } = this;
    const damage = pick(rng, [0, 1, nextBelow(rng, 4_000), nextBelow(rng, 4_000), 10_000, Number.MAX_SAFE_INTEGER]);
    const by = pick(rng, [null, nextBelow(rng, this.slots), this.slots + 5]);
    const damageType = pick(rng, ["bullet", "melee", "explosion", "ability", "environmental"] as const);
    const target = nextBelow(rng, this.slots + 2);
    const how = { damageType, weapon: null, headshot: nextBelow(rng, 2) === 0, critical: nextBelow(rng, 2) === 0 };
    const effects = Array.from({ length: pick(rng, [0, 0, 0, 1, 2, 7]) }, () => ({
      kind: pick(rng, EFFECT_KINDS),
      potency: 1 + nextBelow(rng, 100),
      durationMs: 100 + nextBelow(rng, 8_000),
    }));
    return { kind: "damage", id, by, target, damage, ...how, mitigation: nextBelow(rng, 1_001), effects };
  }

  private deed(): Deed {
    const type = nextBelow(this.rng, 3) > 0 ? "attack" : pick(this.rng, DEED_TYPES);
    return DEEDS[type](this.rng, this.world);
  }

  private moveOf({ slot, position }: Pick<Fighter, "slot" | "position">): Move {
    const { rng, world } = this;
    const angle = () => pick(rng, [null, nextBelow(rng, 36_000), -nextBelow(rng, 36_000), wild(rng)]);
    const stance = nextBelow(rng, CROUCHES_ONE_IN) === 0 ? ("crouch" as const) : pick(rng, [null, "stand" as const]);
    const looks = { yaw: angle(), pitch: angle(), stance };
    const atMs = world.nowMs + nextBelow(rng, 24) / 3;
    return {
      slot,
      seq: nextBelow(rng, 1_000),
      position: this.strideOf(slot, position),
      ...looks,
      atMs,
      ...this.time(),
    };
  }

  /** Mostly a legal step towards a goal; sometimes beside it, sometimes out of this world. */
  private strideOf(slot: number, from: Point): Point {
    const { rng } = this;
    if (nextBelow(rng, WILD_ONE_IN) === 0) return { x: wild(rng), y: pick(rng, [from.y, wild(rng)]), z: from.z };
    if (nextBelow(rng, STRAY_ONE_IN) === 0) {
      const beside = () => nextBelow(rng, 81) - 40;
      return { x: from.x + beside(), y: from.y + beside(), z: pick(rng, [0, from.z, from.z + beside()]) };
    }
    const goal = this.goalOf(slot);
    const [dx, dy] = [goal.x - from.x, goal.y - from.y];
    const distance = Math.sqrt(dx * dx + dy * dy);
    const stride = (SPEED_CM_PER_S * 2) / this.world.rules.tickRateHz; // Everybody moves every other tick.
    const share = distance <= stride ? 1 : stride / distance;
    return { x: from.x + dx * share, y: from.y + dy * share, z: from.z };
  }

  /** Kept for a while; whoever carries a flag goes home with it, or hardly any would ever be captured. */
  private goalOf(slot: number): Point {
    const home = this.homeOfCarrier(slot);
    const kept = nextBelow(this.rng, GOAL_ONE_IN) > 0 ? this.goals[slot] : undefined;
    const goal = home ?? kept ?? this.somewhere();
    this.goals[slot] = goal;
    return goal;
  }

  private homeOfCarrier(slot: number): Point | undefined {
    const { world } = this;
    const fighter = world.fighters[slot];
    if (!fighter || !world.objectives.flags.some(({ carrier }) => carrier === slot)) return undefined;
    return world.map.places?.bases[baseOf(world, fighter.side) ?? -1];
  }

  /** An objective, somebody, or anywhere. */
  private somewhere(): Point {
    const { rng, world } = this;
    const { bases = [], hills = [], zones = [] } = world.map.places ?? {};
    const objectives = [...bases, ...world.objectives.flags, ...hills, ...zones].map((one) => {
      return "position" in one ? one.position : one;
    });
    if (objectives.length > 0 && nextBelow(rng, 3) > 0) return pick(rng, objectives);
    const somebody = world.fighters[nextBelow(rng, this.slots)];
    if (somebody && nextBelow(rng, 2) === 0) return somebody.position;
    const { max } = world.map.bounds;
    return { x: nextBelow(rng, max.x), y: nextBelow(rng, max.y), z: 0 };
  }

  /** What a client claims is any whole number of 32 bits, what is measured any up to a bound. */
  private time(): { claimedMs: number | null; rttMs: number | null } {
    const { rng } = this;
    const { nowMs } = this.world;
    const claims =
      nextBelow(rng, WILD_CLAIMS_ONE_IN) === 0
        ? [0, 4_294_967_295]
        : [null, nowMs, Math.max(0, nowMs - nextBelow(rng, 400))];
    const claimedMs = pick(rng, claims);
    return { claimedMs, rttMs: pick(rng, [null, 0, nextBelow(rng, 400), 10_000]) };
  }
}

const DEEDS: { readonly [Type in Deed["type"]]: (rng: Rng, world: World) => Extract<Deed, { type: Type }> } = {
  attack: (rng, world) => {
    return {
      type: "attack",
      aim: randomAim(rng, world),
      weapon: nextBelow(rng, 10) === 0 ? pick(rng, WEAPON_NAMES) : null,
    };
  },
  reload: () => ({ type: "reload" }),
  ability: (rng, world) => {
    return {
      type: "ability",
      ability: pick(rng, ABILITY_NAMES),
      aim: nextBelow(rng, 3) === 0 ? null : randomAim(rng, world),
      spot: nextBelow(rng, 6) === 0 ? null : randomSpot(rng, world),
      grant: nextBelow(rng, 3) > 0 ? null : { cost: nextBelow(rng, 10_001), cooldownMs: nextBelow(rng, 30_000) },
    };
  },
  use_item: (rng) => ({ type: "use_item", item: pick(rng, ITEM_NAMES) }),
  switch_weapon: (rng) => ({ type: "switch_weapon", weapon: pick(rng, WEAPON_NAMES) }),
};
const DEED_TYPES = Object.keys(DEEDS) as Deed["type"][];

function randomAim(rng: Rng, world: World): Aim {
  if (nextBelow(rng, 3) > 0) return { kind: "target", slot: nextBelow(rng, world.fighters.length + 2) };
  const part = () => pick(rng, [0, 0, 1_000_000, -1_000_000, nextBelow(rng, 2_000_001) - 1_000_000]);
  return { kind: "direction", direction: { x: part(), y: part(), z: part() } };
}

/** Mostly near somebody; anywhere of the map and beyond. */
function randomSpot(rng: Rng, world: World): Point {
  const somebody = world.fighters[nextBelow(rng, world.fighters.length + 1)]?.position ?? { x: 0, y: 0, z: 0 };
  const beside = () => nextBelow(rng, 3_001) - 1_500;
  const z = pick(rng, [0, somebody.z, nextBelow(rng, 400), -50]);
  return { x: somebody.x + beside(), y: somebody.y + beside(), z };
}

function randomRules(mode: PlayedMode, rng: Rng): Rules {
  return {
    mode,
    tickRateHz: pick(rng, [1, 20, 30, 60, 128]),
    maxRounds: 1 + nextBelow(rng, 5),
    timeLimitMs: 1_000 + nextBelow(rng, 120_000),
    scoreLimit: 1 + nextBelow(rng, 20),
    respawnMs: pick(rng, [0, 1, 500, 3_000]),
    friendlyFire: nextBelow(rng, 2) === 0,
    checks: nextBelow(rng, 2) === 0 ? ENFORCE_ALL : allIn(pick(rng, CHECK_MODES)),
    modeRules: {
      ...USUAL_MODE_RULES,
      startingArmour: pick(rng, [0, 0, 2_500, 10_000]),
      overtimeMs: pick(rng, [0, 2_000, 60_000]),
      swapSides: nextBelow(rng, 2) === 0,
      flagReturnMs: pick(rng, [1_000, 5_000, 30_000]),
      captureWithFlagAway: nextBelow(rng, 2) === 0,
      zoneCaptureMs: pick(rng, [1_000, 8_000]),
      hillMovesMs: pick(rng, [0, 4_000, 60_000]),
    },
  };
}

/** Numbers as a hostile wire could hold them. */
function wild(rng: Rng): number {
  return pick(rng, [Number.NaN, Number.POSITIVE_INFINITY, -1e308, 1e308, -0, 0.1, -1, 2 ** 53]);
}

function pick<Choice>(rng: Rng, choices: readonly Choice[]): Choice {
  return choices[nextBelow(rng, choices.length)]!;
}
