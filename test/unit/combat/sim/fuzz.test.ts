/**
 * Fuzz: 20,000 ticks of random commands, sensible and senseless, against a ledger that believes only what was told.
 * Law under test: nothing throws, everything stays a whole number, health stays in 0 to 10,000, what is told as damage
 * is the health lost and the damage dealt, every kill is one death, every action and damage input has one answer.
 * A failure names its seed in the test's title: add the seed to the rows, and it comes back.
 */
import { expect, test } from "vitest";
import { WEAPON_NAMES, WEAPONS } from "#combat/sim/content.ts";
import type { SimEvent } from "#combat/sim/events.ts";
import { hashWorld } from "#combat/sim/hash.ts";
import type { Action, Aim, Move, StepInput } from "#combat/sim/inputs.ts";
import { applyMove } from "#combat/sim/movement.ts";
import { decide, step } from "#combat/sim/step.ts";
import { createWorld, type Fighter, type World } from "#combat/sim/world.ts";
import { createRng, nextBelow, type Rng } from "#kit/rng.ts";
import { openMap } from "./arena.ts";

const TICKS = 20_000;
/** After so many ticks a new match begins at the latest, so that many beginnings and ends are met. */
const TICKS_PER_MATCH_MAX = 1_000;
const SLOTS = 6;
const SIDES = 4;
const WALLS = [{ min: { x: 4_000, y: 0, z: 0 }, max: { x: 4_100, y: 12_000, z: 300 } }];

type Account = { health: number; kills: number; deaths: number; dealt: number; taken: number };

/** What one who only reads events must believe about everybody. */
class Ledger {
  readonly accounts: (Account | null)[] = [];
  /** Of those who left. */
  killsOfLeft = 0;
  deathsByPlayers = 0;

  handleSeat(slot: number): void {
    this.accounts[slot] = { health: 10_000, kills: 0, deaths: 0, dealt: 0, taken: 0 };
  }

  handleLeave(slot: number): void {
    this.killsOfLeft += this.accounts[slot]?.kills ?? 0;
    if (this.accounts[slot]) this.accounts[slot] = null;
  }

  handleEvent(event: SimEvent): void {
    if (event.kind === "respawned") this.account(event.slot).health = 10_000;
    if (event.kind === "damaged") {
      const target = this.account(event.target);
      target.health -= event.damage;
      target.taken += event.damage;
      if (event.by !== null && event.by !== event.target) this.account(event.by).dealt += event.damage;
      expect(event.damage).toBeGreaterThan(0);
      expect(event.health).toBe(target.health);
    }
    if (event.kind === "killed") {
      this.account(event.victim).deaths += 1;
      expect(this.account(event.victim).health).toBe(0);
      if (event.by === null || event.by === event.victim) return;
      this.account(event.by).kills += 1;
      this.deathsByPlayers += 1;
    }
  }

  private account(slot: number): Account {
    const account = this.accounts[slot];
    if (!account) throw new Error(`told of slot ${slot}, where nobody sits`);
    return account;
  }
}

test.each([1, Math.floor(Math.random() * 2 ** 32)])(
  "seed %i: 20,000 ticks of random commands keep every promise",
  (seed) => {
    const rng = createRng(seed);
    const met = new Set<string>();
    let matches = 0;
    for (let ticks = 0; ticks < TICKS; ) {
      matches += 1;
      ticks += playOne(rng, Math.min(TICKS_PER_MATCH_MAX, TICKS - ticks), met);
    }
    expect(matches).toBeGreaterThanOrEqual(TICKS / TICKS_PER_MATCH_MAX);
    // That the commands were not all refused: everything that can be told or answered was.
    expect([...met].sort()).toEqual([
      ...["damage", "damaged", "done", "killed", "match_ended", "refused", "respawned", "round_ended", "round_started"],
    ]);
  },
);

/** Plays one match until it is over and a while beyond; gives the ticks it took. */
function playOne(rng: Rng, ticksMax: number, met: Set<string>): number {
  const world = randomWorld(rng);
  const ledger = new Ledger();
  let overFor = 0;
  while (world.tick < ticksMax && overFor < 20) {
    for (let moves = nextBelow(rng, 6); moves > 0; moves--) applyMove(world, randomMove(rng, world));
    playTick(rng, world, ledger, met);
    if (world.phase === "over") overFor += 1;
  }
  return world.tick;
}

function playTick(rng: Rng, world: World, ledger: Ledger, met: Set<string>): void {
  const wasOver = world.phase === "over";
  // Comers first, so that the ledger knows whom the events in between mean.
  const comers = wasOver ? [] : randomComers(rng, world);
  for (const comer of comers) ledger.handleSeat(comer.slot);
  const commands = Array.from({ length: nextBelow(rng, 8) }, (_, id) => randomCommand(rng, world, id));
  const between = nextBelow(rng, 2) === 0; // Seats are given between two ticks, or with one.
  const early = between ? comers.flatMap((comer) => decide(world, comer)) : [];
  const { events: late, outcomes } = step(world, [...(between ? [] : comers), ...commands]);
  const events = [...early, ...late];
  for (const event of events) ledger.handleEvent(event);
  for (const { kind } of [...events, ...outcomes]) met.add(kind);
  const asked = commands.filter((command) => command.kind === "action" || command.kind === "damage");
  expect(outcomes.map((outcome) => outcome.id)).toEqual(asked.map((command) => command.id));
  if (wasOver) expect(events).toEqual([]);
  const isOver = wasOver || events.some((event) => event.kind === "match_ended");
  if (nextBelow(rng, 60) === 0) leave(world, ledger, { slot: nextBelow(rng, SLOTS + 2), isOver });
  compare(world, ledger);
}

/** A leave hurts nobody; once the match is over it is dropped. */
function leave(world: World, ledger: Ledger, { slot, isOver }: { slot: number; isOver: boolean }): void {
  const told = decide(world, { kind: "remove", slot });
  expect(told.every(({ kind }) => kind === "match_ended")).toBe(true);
  if (!isOver) ledger.handleLeave(slot);
}

/** The world is what was told of it, in every figure. */
function compare(world: World, ledger: Ledger): void {
  hashWorld(world); // Throws at anything that is not a whole number.
  const accounts = world.fighters.map((fighter) => fighter && accountOf(fighter));
  expect(accounts).toEqual(ledger.accounts);
  const kills = accounts.reduce((sum, account) => sum + (account?.kills ?? 0), ledger.killsOfLeft);
  expect(kills).toBe(ledger.deathsByPlayers);
  expect(world.fighters.filter((fighter) => fighter && !isSound(fighter, world))).toEqual([]);
}

function accountOf({ health, kills, deaths, damageDealt, damageTaken }: Fighter): Account {
  return { health, kills, deaths, dealt: damageDealt, taken: damageTaken };
}

function isSound(fighter: Fighter, world: World): boolean {
  const { min, max } = world.map.bounds;
  const { position, health, alive, shotsFired, shotsHit, headshots } = fighter;
  const within = (["x", "y", "z"] as const).every((axis) => position[axis] >= min[axis] && position[axis] <= max[axis]);
  const loaded = WEAPON_NAMES.every((name) => {
    return fighter.magazine[name] >= 0 && fighter.magazine[name] <= WEAPONS[name].magazineRounds;
  });
  const healthy = health >= 0 && health <= 10_000 && alive === health > 0;
  return within && loaded && healthy && shotsHit <= shotsFired && headshots <= shotsHit;
}

function randomWorld(rng: Rng): World {
  const rules = {
    mode: "team_deathmatch",
    tickRateHz: pick(rng, [1, 20, 30, 60, 128]),
    maxRounds: 1 + nextBelow(rng, 5),
    timeLimitMs: 1_000 + nextBelow(rng, 60_000),
    scoreLimit: 1 + nextBelow(rng, 20),
    respawnMs: pick(rng, [0, 1, 500, 3_000]),
    friendlyFire: nextBelow(rng, 2) === 0,
  } as const;
  return createWorld({ rules, map: openMap(WALLS), seed: nextBelow(rng, 2 ** 20) });
}

function randomComers(rng: Rng, world: World): (StepInput & { kind: "add" })[] {
  const chance = world.tick === 0 ? 1 : 40;
  const comers: (StepInput & { kind: "add" })[] = [];
  for (let slot = 0; slot < SLOTS; slot++) {
    if (world.fighters[slot] || nextBelow(rng, chance) > 0) continue;
    comers.push({ kind: "add", slot, side: nextBelow(rng, SIDES) });
  }
  return comers;
}

function randomCommand(rng: Rng, world: World, id: number): StepInput {
  const roll = nextBelow(rng, 400);
  if (roll === 0) return { kind: "round", round: nextBelow(rng, 8) };
  if (roll === 1)
    return { kind: "rules", maxRounds: 1 + nextBelow(rng, 5), timeLimitMs: 1_000 + nextBelow(rng, 60_000) };
  if (roll === 2 && world.phase === "live") return { kind: "end", cause: pick(rng, ["victory", "cancelled"]) };
  if (roll < 10) return { kind: "start" };
  if (roll < 60) return randomDamage(rng, id);
  const slot = nextBelow(rng, 50) === 0 ? pick(rng, [-1, 0.5, SLOTS, 1e9]) : nextBelow(rng, SLOTS);
  const seq = nextBelow(rng, 1_000);
  return { kind: "action", slot, seq, id, clientTick: null, do: randomDeed(rng, world) };
}

function randomDamage(rng: Rng, id: number): StepInput {
  const damage = pick(rng, [0, 1, nextBelow(rng, 4_000), 10_000, Number.MAX_SAFE_INTEGER]);
  const by = pick(rng, [null, nextBelow(rng, SLOTS), SLOTS + 5]);
  const damageType = pick(rng, ["bullet", "melee", "explosion", "ability", "environmental"] as const);
  const target = nextBelow(rng, SLOTS + 2);
  return { kind: "damage", id, by, target, damage, damageType, weapon: null, headshot: nextBelow(rng, 2) === 0 };
}

function randomDeed(rng: Rng, world: World): Action["do"] {
  const roll = nextBelow(rng, 20);
  const weapon = pick(rng, WEAPON_NAMES);
  if (roll === 0) return { type: "switch_weapon", weapon };
  if (roll < 3) return { type: "reload" };
  return { type: "attack", aim: randomAim(rng, world), weapon: nextBelow(rng, 10) === 0 ? weapon : null };
}

function randomAim(rng: Rng, world: World): Aim {
  if (nextBelow(rng, 3) > 0) return { kind: "target", slot: nextBelow(rng, world.fighters.length + 2) };
  const part = () => pick(rng, [0, 0, 1_000_000, -1_000_000, nextBelow(rng, 2_000_001) - 1_000_000]);
  return { kind: "direction", direction: { x: part(), y: part(), z: part() } };
}

function randomMove(rng: Rng, world: World): Move {
  const slot = nextBelow(rng, SLOTS + 1);
  const from = world.fighters[slot]?.position ?? { x: 0, y: 0, z: 0 };
  const part = (at: number) => (nextBelow(rng, 100) === 0 ? wild(rng) : at + nextBelow(rng, 81) - 40);
  const angle = () => pick(rng, [null, nextBelow(rng, 36_000), -nextBelow(rng, 36_000), wild(rng)]);
  const position = { x: part(from.x), y: part(from.y), z: pick(rng, [from.z, 0, part(from.z)]) };
  const atMs = world.nowMs + nextBelow(rng, 100) / 3;
  const seq = nextBelow(rng, 1_000);
  return { slot, seq, position, yaw: angle(), pitch: angle(), stance: pick(rng, [null, "stand", "crouch"]), atMs };
}

/** Numbers as a hostile wire could hold them. */
function wild(rng: Rng): number {
  return pick(rng, [Number.NaN, Number.POSITIVE_INFINITY, -1e308, 1e308, -0, 0.1, -1, 2 ** 53]);
}

function pick<Choice>(rng: Rng, choices: readonly Choice[]): Choice {
  return choices[nextBelow(rng, choices.length)]!;
}
