/**
 * Step: advances a world by exactly one tick.
 * In: what arrived since the last tick, in order of arrival.   Out: what happened, in order, and one outcome for each
 * action and damage input.
 * Order: first what is due by the clock (reloads, respawns, in slot order), then the inputs, then the time limit. So a
 * fall is always seen for one tick at least, even without a respawn delay.
 * Law: step, decide and applyMove alone write a world; the files that write besides are parts of this one. Outside of live
 * play actions are refused as not_active and damage takes nothing. The shot or blow that wins a round is its last: what
 * else arrived with it was aimed in a round that is over, and gets the same answer.
 * Once over, a world changes no more; inputs other than actions and damage are dropped without an answer.
 */
import { assert, unreachable } from "#kit/assert.ts";
import { perform } from "./actions.ts";
import { WEAPONS } from "./content.ts";
import { deal } from "./damage.ts";
import type { SimEvent } from "./events.ts";
import { newFighter, revive } from "./fighter.ts";
import type { Order, Outcome, StepInput, StepResult } from "./inputs.ts";
import { SIDES_MAX, SLOTS_MAX } from "./limits.ts";
import { beginRound, endByOrder, respawn, settleDeparture, settleScore, settleTime, startMatch } from "./rounds.ts";
import { chooseSpawn } from "./spawns.ts";
import type { World } from "./world.ts";

type Input<Kind extends StepInput["kind"]> = Extract<StepInput, { kind: Kind }>;

/** Throws when an input breaks a promise of the session: a seat taken twice, or out of range. */
export function step(world: World, inputs: readonly StepInput[]): StepResult {
  const events: SimEvent[] = [];
  const outcomes: Outcome[] = [];
  world.tick += 1;
  world.nowMs = Math.floor((world.tick * 1000) / world.rules.tickRateHz);
  if (world.phase === "live") runTimers(world, events);
  let roundWon = false;
  for (const input of inputs) {
    if (input.kind === "action" || input.kind === "damage") {
      const open = world.phase === "live" && !roundWon;
      outcomes.push(
        input.kind === "action" ? perform(world, input, { open, events }) : hurt(world, input, open, events),
      );
      if (open && settleScore(world, events)) roundWon = true;
    } else if (world.phase !== "over") {
      order(world, input, events);
    }
  }
  if (world.phase === "live") settleTime(world, events);
  return { events, outcomes };
}

/** What the session decides between two ticks takes no time: a seat given during a pause does not end the pause. */
export function decide(world: World, input: Order): SimEvent[] {
  const events: SimEvent[] = [];
  if (world.phase !== "over") order(world, input, events);
  return events;
}

function runTimers(world: World, events: SimEvent[]): void {
  for (const fighter of world.fighters) {
    if (!fighter) continue;
    if (!fighter.alive && world.nowMs >= fighter.respawnAtMs) respawn(world, fighter.slot, events);
    if (fighter.reloadedAtMs > 0 && world.nowMs >= fighter.reloadedAtMs) {
      fighter.reloadedAtMs = 0;
      fighter.magazine[fighter.weapon] = WEAPONS[fighter.weapon].magazineRounds;
    }
  }
}

function hurt(world: World, input: Input<"damage">, open: boolean, events: SimEvent[]): Outcome {
  if (open) return { kind: "damage", id: input.id, ...deal(world, input, events) };
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
      break;
    case "round":
      // The limits may have changed since it was asked for: a round there is no more is no round to jump to.
      if (world.phase === "live" && input.round >= 1 && input.round <= world.rules.maxRounds) {
        beginRound(world, input.round, events);
      }
      break;
    case "end":
      endByOrder(world, input.cause, events);
      break;
    default:
      unreachable(input);
  }
}

/** Seats a fighter on a spot at once; told as a respawn when the match is live, else the roster tells it. */
function add(world: World, { slot, side }: Input<"add">, events: SimEvent[]): void {
  assert(Number.isInteger(slot) && slot >= 0 && slot < SLOTS_MAX, "slots are 0 to 49");
  assert(Number.isInteger(side) && side >= 0 && side < SIDES_MAX, "sides are 0 to 199");
  assert(!world.fighters[slot], "a seat is given once");
  while (world.fighters.length <= slot) world.fighters.push(null);
  while (world.sides.length <= side) world.sides.push({ score: 0, roundsWon: 0, kills: 0 });
  const fighter = newFighter(slot, side);
  world.fighters[slot] = fighter;
  if (world.phase === "live") respawn(world, slot, events);
  else revive(fighter, chooseSpawn(world, side), world.nowMs);
}

/** Takes a fighter out for good. A seat nobody sits in stays as it is. */
function remove(world: World, slot: number, events: SimEvent[]): void {
  if (!world.fighters[slot]) return;
  world.fighters[slot] = null;
  for (const fighter of world.fighters) {
    // The seat may be given again: the next to sit there did not hurt anybody yet.
    if (fighter) fighter.hurtBy = fighter.hurtBy.filter((hurt) => hurt.slot !== slot);
  }
  if (world.phase === "live") settleDeparture(world, events);
}
