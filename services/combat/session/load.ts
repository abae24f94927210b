/**
 * Load: what the ticks of a process's sessions take, and who is slowed when it is too much.
 * In:  how long each tick took.   Out: how long each session waits for its next; whether there is room for new ones.
 * Law: the costliest are slowed first and let go last. A slowed match goes on in slow motion (its ticks are what they were, so a
 *      recording of it plays the same), and players are owed the time as after a stall (lateness.ts).
 * Long ticks: nobody can be served during one, so only their being rare protects others: a session whose last ticks were all long
 *      gets a two-hundredth of the time, in which less than one in a hundred of the others' inputs falls. All of them: a pause of
 *      the collector falls into one tick and is not the session's doing.
 * Not here: what deliveries take (scheduler.ts counts ticks alone, which is why they may not have all of the time).
 */
import {
  TICK_LONG_MS,
  TICK_LONG_SHARE_MAX,
  TICKS_SHARE_ADMITTING_MAX,
  TICKS_SHARE_EASY,
  TICKS_SHARE_MAX,
} from "../limits.ts";

/** Periods between two ticks, by how far a session is slowed. */
const SLOWNESS = [1, 2, 4] as const;
const LONG_TICKS = 3;

/** Of one session; written here alone. */
export type Cost = {
  /** Of the last ticks, milliseconds; which is written next. */
  readonly ticksMs: number[];
  next: number;
  /** Since the last look, and as a share of the time between the two looks before. */
  sinceLookMs: number;
  share: number;
  step: number;
};

export function noCost(): Cost {
  return { ticksMs: new Array<number>(LONG_TICKS).fill(0), next: 0, sinceLookMs: 0, share: 0, step: 0 };
}

export class Load {
  /** Of the time, all ticks together; over a few looks. */
  share = 0;
  /** Sessions that are slowed: because all together are too much, and because their own ticks are long. */
  slowedCount = 0;
  longCount = 0;

  /** No session should begin here now. */
  get isSpent(): boolean {
    return this.share >= TICKS_SHARE_ADMITTING_MAX;
  }

  handleTicked(cost: Cost, ms: number): void {
    cost.ticksMs[cost.next] = ms;
    cost.next = (cost.next + 1) % LONG_TICKS;
    cost.sinceLookMs += ms;
  }

  /** Once in a while, for all sessions there are. */
  handleLook(costs: readonly Cost[], elapsedMs: number): void {
    let share = 0;
    for (const cost of costs) {
      cost.share = cost.sinceLookMs / elapsedMs;
      cost.sinceLookMs = 0;
      share += cost.share;
    }
    this.share = (this.share + share) / 2;
    if (this.share > TICKS_SHARE_MAX) slow(costs, this.share - TICKS_SHARE_MAX);
    else if (this.share < TICKS_SHARE_EASY && this.slowedCount > 0) ease(costs, TICKS_SHARE_EASY - this.share);
    this.slowedCount = costs.reduce((count, { step }) => count + Number(step > 0), 0);
    this.longCount = costs.reduce((count, cost) => count + Number(longMs(cost) > TICK_LONG_MS), 0);
  }

  /** Between the beginnings of two ticks of a session, milliseconds. */
  pauseMs(cost: Cost, periodMs: number): number {
    const pauseMs = periodMs * SLOWNESS[cost.step]!;
    const ms = longMs(cost);
    return ms > TICK_LONG_MS ? Math.max(pauseMs, ms / TICK_LONG_SHARE_MAX) : pauseMs;
  }
}

/** What each of the last ticks took at least. */
function longMs({ ticksMs }: Cost): number {
  let least = ticksMs[0]!;
  for (const ms of ticksMs) if (ms < least) least = ms;
  return least;
}

/** The costliest, until so much is saved, or all are as slow as can be. */
function slow(costs: readonly Cost[], excess: number): void {
  let saved = 0;
  for (const cost of costs.toSorted((left, right) => right.share - left.share)) {
    if (saved >= excess) return;
    if (cost.step === SLOWNESS.length - 1) continue;
    saved += cost.share * (1 - SLOWNESS[cost.step]! / SLOWNESS[cost.step + 1]!);
    cost.step += 1;
  }
}

/** The cheapest, as long as what they take more fits in. */
function ease(costs: readonly Cost[], room: number): void {
  let taken = 0;
  for (const cost of costs.filter(({ step }) => step > 0).sort((left, right) => left.share - right.share)) {
    taken += cost.share * (SLOWNESS[cost.step]! / SLOWNESS[cost.step - 1]! - 1);
    if (taken > room) return;
    cost.step -= 1;
  }
}
