/**
 * Step: advances a world by exactly one tick.
 * In: what arrived since the last tick, in order of arrival.   Out: what happened, in order, and one outcome for each
 * action and damage input.
 * Order: first what is due by the clock (fields; respawns, effects, items, reloads, in slot order; bursts; what flies), then
 * the inputs, then the mode's own (flags, zones), then the time limit. So a fall is always seen for one tick at least, even without a respawn delay.
 * Law: step, decide and applyMove alone write a world; the files that write besides are parts of this one. Outside of live
 * play actions are refused as not_active and damage takes nothing. The shot or blow that wins a round is its last: what
 * else arrived with it was aimed in a round that is over, and gets the same answer.
 * Once over, a world changes no more; inputs other than actions and damage are dropped without an answer.
 */
import { assert, unreachable } from "#kit/assert.ts";
import { perform } from "./actions.ts";
import { bringEffects, runEffects } from "./afflictions.ts";
import { endCombos } from "./combo.ts";
import { WEAPONS } from "./content.ts";
import { inflict } from "./damage.ts";
import { absorbedShare } from "./damage-sum.ts";
import { disownEffects } from "./effects.ts";
import type { SimEvent } from "./events.ts";
import { disownFields, runFields } from "./fields.ts";
import { newFighter, revive, takeUp } from "./fighter.ts";
import { fireBursts } from "./fire.ts";
import { beginAll } from "./history.ts";
import type { Order, Outcome, StepInput, StepResult, Told } from "./inputs.ts";
import { runItem } from "./items.ts";
import { SIDES_MAX, SLOTS_MAX } from "./limits.ts";
import { MODES } from "./modes/table.ts";
import { forgive, leap } from "./motion.ts";
import { dropFlag } from "./objectives.ts";
import { disownProjectiles, fly } from "./projectiles.ts";
import { beginRound, endByOrder, respawn, settleDeparture, settleScore, settleTime, startMatch } from "./rounds.ts";
import { closeRulings, disownRulings, dueRulings, missRulings, rule } from "./rulings.ts";
import { chooseSpawn } from "./spawns.ts";
import { isStill, pointsOf } from "./stillness.ts";
import type { World } from "./world.ts";

type Input<Kind extends StepInput["kind"]> = Extract<StepInput, { kind: Kind }>;

/**
 * Throws when an input breaks a promise of the session: a seat taken twice, or out of range. `wasStill`: the step before was
 * still, and no move and no order came since; it spares a look at everybody and changes nothing.
 */
export function step(world: World, inputs: readonly StepInput[], wasStill = false): StepResult {
  if (inputs.length === 0 && (wasStill || isStill(world))) return stepIdly(world);
  const told: Told = { events: [], shots: [] };
  const { events } = told;
  const outcomes: Outcome[] = [];
  const elapsedMs = passTick(world);
  let roundWon = world.phase === "live" && runClock(world, elapsedMs, told);
  const take = (input: StepInput) => {
    if (input.kind === "action" || input.kind === "damage" || input.kind === "ruling") {
      const open = world.phase === "live" && !roundWon;
      const outcome = strike(world, input, { open, ...told });
      if (outcome) outcomes.push(outcome);
      if (open && settleScore(world, events)) roundWon = true;
    } else if (world.phase !== "over") {
      order(world, input, events);
    }
  };
  for (const input of inputs) take(input);
  if (world.rulings.open.length > 0) dueRulings(world).forEach(take);
  settleTick(world, elapsedMs, events);
  if (world.phase === "over") outcomes.push(...closeRulings(world, told));
  return { events, shots: told.shots, outcomes, still: false };
}

/** What most ticks are; they are many, and make nothing. */
const STILL: StepResult = { events: [], shots: [], outcomes: [], still: true };

/** Nothing came in, and no timer of a fighter runs: the mode (which counts time at objectives) and the time limit have their say. */
function stepIdly(world: World): StepResult {
  const points = pointsOf(world);
  const events: SimEvent[] = [];
  settleTick(world, passTick(world), events);
  return events.length === 0 && pointsOf(world) === points ? STILL : { events, shots: [], outcomes: [], still: false };
}

/** The milliseconds that it took. */
function passTick(world: World): number {
  world.tick += 1;
  const before = world.nowMs;
  world.nowMs = Math.floor((world.tick * 1000) / world.rules.tickRateHz);
  return world.nowMs - before;
}

/** What ends a tick: the mode's own, then the time limit. */
function settleTick(world: World, elapsedMs: number, events: SimEvent[]): void {
  if (world.phase === "live") {
    MODES[world.rules.mode].tick(world, elapsedMs, events);
    settleScore(world, events);
  }
  if (world.phase === "live") settleTime(world, events);
}

/** What the session decides between two ticks takes no time: a seat given during a pause does not end the pause. */
export function decide(world: World, input: Order): SimEvent[] {
  const events: SimEvent[] = [];
  if (world.phase !== "over") order(world, input, events);
  return events;
}

/** What happens by itself: timers, then rounds of bursts, then what flies. True when it won the round, and ends with it. */
function runClock(world: World, elapsedMs: number, told: Told): boolean {
  const settle = () => settleScore(world, told.events);
  if (runTimers(world, told.events) && settle()) return true;
  return fireBursts(world, told, settle) || fly(world, elapsedMs, told, settle);
}

/** True when somebody was hurt. */
function runTimers(world: World, events: SimEvent[]): boolean {
  let hurt = false;
  runFields(world, events);
  const returns = MODES[world.rules.mode].respawns;
  for (const fighter of world.fighters) {
    if (!fighter) continue;
    if (!fighter.alive && returns && world.nowMs >= fighter.respawnAtMs) respawn(world, fighter.slot, events);
    if (runEffects(world, fighter, events)) hurt = true;
    runItem(world, fighter, events);
    if (fighter.reloadedAtMs > 0 && world.nowMs >= fighter.reloadedAtMs) {
      fighter.reloadedAtMs = 0;
      fighter.magazine[fighter.weapon] = WEAPONS[fighter.weapon].magazineRounds;
    }
  }
  return hurt;
}

type Taking = Told & { open: boolean };

/** What may hurt somebody; null where the answer is still to come, or nobody waits for one. */
function strike(world: World, input: Input<"action" | "damage" | "ruling">, on: Taking): Outcome | null {
  if (input.kind === "action") return perform(world, input, on);
  return input.kind === "ruling" ? rule(world, input, on) : hurt(world, input, on);
}

function hurt(world: World, input: Input<"damage">, { open, events }: Taking): Outcome {
  if (open) {
    const { kind: _, id, effects: doses = [], ...blow } = input;
    const absorbed = absorbedShare(blow.damage, blow.mitigation ?? 0);
    const wound = inflict(world, { ...blow, absorbed, decidedBy: "damage_service" }, events);
    bringEffects(world, { by: blow.by, target: blow.target, doses }, events);
    return { kind: "damage", id, ...wound };
  }
  const health = world.fighters[input.target]?.health ?? 0;
  return { kind: "damage", id: input.id, lost: 0, health, killed: false };
}

/** What the session decides: seats, limits, beginnings and ends. */
function order(world: World, input: Order, events: SimEvent[]): void {
  switch (input.kind) {
    case "add":
      add(world, input, events);
      break;
    case "remove":
      remove(world, input.slot, events);
      break;
    case "start":
      if (world.phase === "warmup") startMatch(world, events);
      break;
    case "rules":
      world.rules.maxRounds = input.maxRounds;
      world.rules.timeLimitMs = input.timeLimitMs;
      world.objectives.overtimeAtMs = 0; // It begins anew when the new time is up.
      break;
    case "round":
      // The limits may have changed since it was asked for: a round there is no more is no round to jump to.
      if (world.phase === "live" && input.round >= 1 && input.round <= world.rules.maxRounds) {
        beginRound(world, input.round, events);
      }
      break;
    case "resume":
      beginAll(world.history, world.fighters, world.nowMs);
      forgive(world.fighters, world.nowMs);
      break;
    case "stalled":
      forgive(world.fighters, world.nowMs);
      break;
    case "rulings":
      world.rulings.outside = input.outside;
      break;
    case "end":
      endByOrder(world, input.cause, events);
      break;
    default:
      unreachable(input);
  }
}

/**
 * Seats a fighter on a spot at once; told as a respawn when the match is live, else the roster tells it. Where nobody comes
 * back within a round, who comes late waits for the next. Who was here before waits as long as a fall would cost: leaving
 * is no way to a new life.
 */
function add(world: World, { slot, side, loadout, past }: Input<"add">, events: SimEvent[]): void {
  assert(Number.isInteger(slot) && slot >= 0 && slot < SLOTS_MAX, "slots are 0 to 49");
  assert(Number.isInteger(side) && side >= 0 && side < SIDES_MAX, "sides are 0 to 199");
  assert(!world.fighters[slot], "a seat is given once");
  while (world.fighters.length <= slot) world.fighters.push(null);
  while (world.sides.length <= side) world.sides.push({ score: 0, roundsWon: 0, kills: 0 });
  const fighter = newFighter(slot, side, loadout);
  world.fighters[slot] = fighter;
  if (past) takeUp(fighter, past);
  const waits = past !== undefined || !MODES[world.rules.mode].respawns;
  if (world.phase === "live" && waits) {
    leap(world, fighter, chooseSpawn(world, side).position); // Down until its time, or the next round.
    fighter.respawnAtMs = world.nowMs + world.rules.respawnMs;
  } else if (world.phase === "live") respawn(world, slot, events);
  else revive(world, fighter, chooseSpawn(world, side));
}

/** Takes a fighter out for good. A seat nobody sits in stays as it is. */
function remove(world: World, slot: number, events: SimEvent[]): void {
  if (!world.fighters[slot]) return;
  dropFlag(world, slot, events);
  world.fighters[slot] = null;
  disownEffects(world, slot);
  missRulings(world, slot);
  disownRulings(world, slot);
  disownFields(world, slot);
  disownProjectiles(world, slot);
  endCombos(world, slot);
  for (const fighter of world.fighters) {
    // The seat may be given again: the next to sit there did not hurt anybody yet.
    if (fighter) fighter.hurtBy = fighter.hurtBy.filter((hurt) => hurt.slot !== slot);
  }
  if (world.phase === "live") settleDeparture(world, events);
}
