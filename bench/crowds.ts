/**
 * Crowds: many matches that one core steps in turn, each with what its players send: worlds alone, or sessions with all that
 * they do but IO: moves and actions by seat, events, outcomes, and frames polled twice a tick.
 * Law: what is sent was played before and is the same for all matches of a kind; a few kinds are enough, as no match
 *      shares memory with another.
 */
import type { ActionOrder, MoveOrder } from "#combat/session/orders.ts";
import type { Session } from "#combat/session/session.ts";
import { MAPS } from "#combat/sim/content.ts";
import type { Action, Move } from "#combat/sim/inputs.ts";
import { applyMove } from "#combat/sim/movement.ts";
import type { RecordedEntry, Recording } from "#combat/sim/record.ts";
import { decide, step } from "#combat/sim/step.ts";
import { createWorld, type World } from "#combat/sim/world.ts";
import { ManualClock } from "#kit/clock.ts";
import { createRng } from "#kit/rng.ts";
import { newborn } from "./newborn.ts";
import { Play, TICK_RATE_HZ } from "./play.ts";

/** Matches that go on in step: each call is one tick of all of them. */
export type Crowd = { tick(): void };

const KINDS = 10;
const TICK_MS = 1000 / TICK_RATE_HZ;

/** Worlds that live through these recordings, one kind each in turn. They end with the shortest. */
export function worlds(recordings: readonly Recording[], count: number): Crowd {
  const all = Array.from({ length: count }, (_, index) => new Playback(recordings[index % recordings.length]!));
  return {
    tick() {
      for (const one of all) one.tick();
    },
  };
}

class Playback {
  private readonly world: World;
  private readonly entries: readonly RecordedEntry[];
  private next = 0;

  constructor({ rules, mapId, seed, entries }: Recording) {
    this.world = createWorld({ rules, map: MAPS[mapId]!, seed });
    this.entries = entries;
  }

  /** What came before the next tick, and the tick; several ticks in a row without input are one. */
  tick(): void {
    for (;;) {
      const entry = this.entries[this.next++];
      if (entry === undefined) throw new Error("the recording is over");
      if (typeof entry === "number" || "length" in entry) {
        step(this.world, typeof entry === "number" ? [] : entry);
        return;
      }
      if ("kind" in entry) decide(this.world, entry);
      else applyMove(this.world, entry);
    }
  }
}

type Sent = { readonly slot: number; readonly rttMs: number | null };
type TickOfOrders = {
  readonly moves: readonly (Sent & { readonly order: MoveOrder })[];
  readonly actions: readonly (Sent & { readonly order: ActionOrder })[];
};

/** Team deathmatches, for at most so many ticks. */
export function sessions({ players, count, ticks }: { players: number; count: number; ticks: number }): Crowd {
  const kinds = Array.from({ length: KINDS }, (_, seed) => ordersOf({ players, seed, ticks }));
  const all = Array.from({ length: count }, (_, index) => begun({ players, seed: index % KINDS }));
  let at = 0;
  return {
    tick() {
      const nowMs = (at + 1) * TICK_MS;
      for (const [index, session] of all.entries()) tickOne(session, kinds[index % KINDS]![at]!, nowMs);
      at += 1;
    },
  };
}

function begun({ players, seed }: { players: number; seed: number }): Session {
  const birth = { owner: "bench", rng: createRng(seed), clock: new ManualClock() };
  const session = newborn({ players, tickRateHz: TICK_RATE_HZ }, birth);
  session.handleStatus(0, "active");
  return session;
}

function ordersOf({ players, seed, ticks }: { players: number; seed: number; ticks: number }): TickOfOrders[] {
  const session = begun({ players, seed });
  const play = new Play(session.world, { players, seed });
  const all: TickOfOrders[] = [];
  for (let tick = 0; tick < ticks; tick++) {
    const orders = { moves: play.moves().map(moveOrder), actions: play.actions().map(actionOrder) };
    tickOne(session, orders, (tick + 1) * TICK_MS);
    all.push(orders);
  }
  return all;
}

function moveOrder({ slot, rttMs, seq, position, yaw, pitch, stance, claimedMs: clientMs }: Move) {
  return { slot, rttMs, order: { seq, position, yaw, pitch, stance, clientMs } };
}

function actionOrder({ slot, rttMs, seq, claimedMs: clientMs, do: deed }: Action) {
  const aim = deed.type === "attack" && deed.aim.kind === "direction" ? deed.aim.direction : null;
  const weapon = deed.type === "switch_weapon" ? deed.weapon : null;
  const [abilityId, spot] = deed.type === "ability" ? [deed.ability, deed.spot] : [null, null];
  const itemId = deed.type === "use_item" ? deed.item : null;
  const order = {
    seq,
    type: deed.type,
    weapon,
    direction: aim,
    targetId: null,
    clientTick: null,
    clientMs,
    abilityId,
    itemId,
    spot,
  };
  return { slot, rttMs, order };
}

/** As the host does it: moves at once, then what they changed is shown; the tick, its events, and the next frame. */
function tickOne(session: Session, { moves, actions }: TickOfOrders, nowMs: number): void {
  const { seats } = session.roster;
  const arrivedMs = nowMs - TICK_MS / 2;
  for (const { slot, order, rttMs } of moves) session.handleMove(arrivedMs, seats[slot]!, order, rttMs);
  for (const { slot, order, rttMs } of actions) {
    session.handleAction(seats[slot]!, order, { atMs: session.matchNowMs(arrivedMs), rttMs });
  }
  session.pollChanges("all", arrivedMs);
  session.handleTick(nowMs, nowMs);
  session.pollEvents();
  session.pollOutcomes();
  session.pollChanges("all", nowMs);
}
