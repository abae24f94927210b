/**
 * Scheduler: the one place where session time passes. One timer drives every session of the process; their ticks are
 * spread over the period and stay so: time lost in a stall is made up for by a few ticks, and then skipped in whole periods.
 * Putting off: ticks in which nothing happens may be taken together later, each with the time it was due. Whoever comes in
 *      between rouses the task, and what was due passes first: so nobody can tell that they were late (docs/decisions/0021).
 * Law: a tick is never early; a task that throws is its owner's business and stops no other; one that takes too much is slowed (load.ts).
 */
import type { Clock } from "#kit/clock.ts";
import { CATCH_UP_TICKS_MAX, LOAD_LOOK_MS, PUT_OFF_MS } from "../limits.ts";
import { type Cost, Load, noCost } from "./load.ts";

export type Ticking = {
  periodMs: number;
  /** When the next tick is due (monotonic). */
  dueMs: number;
  /** So long after that it is taken, unless it is roused: then it is what is due before that is taken with it. */
  putOffMs: number;
  readonly cost: Cost;
  tick(nowMs: number): void;
  /** Whether nothing happens for PUT_OFF_MS, if nobody comes in. */
  isIdle(): boolean;
};

const neverIdle = () => false;

const GOLDEN = 0.6180339887498949; // Spreads any number of phases evenly without knowing how many will come.

export class Scheduler {
  private readonly tasks = new Set<Ticking>();
  private timer: NodeJS.Timeout | null = null;
  private phase = 0;
  private lookedAtMs: number;
  readonly load = new Load();
  private readonly clock: Clock;
  /** When the timer is set to (monotonic). */
  private timerDueMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.clock = clock;
    this.lookedAtMs = clock.nowMs();
  }

  add(periodMs: number, tick: (nowMs: number) => void, isIdle: () => boolean = neverIdle): Ticking {
    this.phase = (this.phase + GOLDEN) % 1;
    const dueMs = this.clock.nowMs() + periodMs * (1 + this.phase);
    const task = { periodMs, dueMs, putOffMs: 0, cost: noCost(), tick, isIdle };
    this.tasks.add(task);
    this.arm();
    return task;
  }

  /** Takes what was put off and is due by now; the next tick comes when it is due. */
  rouse(task: Ticking): void {
    if (task.putOffMs === 0) return;
    this.runDue(task, this.clock.nowMs());
    if (task.dueMs < this.timerDueMs) this.arm();
  }

  remove(task: Ticking): void {
    this.tasks.delete(task);
  }

  stop(): void {
    this.tasks.clear();
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private arm(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.tasks.size === 0) return;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const task of this.tasks) nextMs = Math.min(nextMs, task.dueMs + task.putOffMs);
    this.timerDueMs = nextMs;
    this.timer = setTimeout(() => this.run(), Math.max(0, nextMs - this.clock.nowMs()));
  }

  private run(): void {
    const nowMs = this.clock.nowMs();
    try {
      this.look(nowMs);
      for (const task of this.tasks) {
        if (task.dueMs + task.putOffMs > nowMs) continue;
        this.runDue(task, nowMs);
        this.putOff(task);
      }
    } finally {
      this.arm(); // A task that throws past its owner is that owner's failure; the others' time goes on.
    }
  }

  private runDue(task: Ticking, nowMs: number): void {
    const wantedMs = task.dueMs + task.putOffMs; // What was due before is late because we wanted it so.
    task.putOffMs = 0;
    for (let late = 0; task.dueMs <= nowMs && this.tasks.has(task); ) {
      const isLate = task.dueMs >= wantedMs;
      if (isLate && late++ === CATCH_UP_TICKS_MAX) return skip(task, nowMs, task.periodMs);
      const beganMs = this.clock.nowMs();
      task.tick(isLate ? nowMs : task.dueMs);
      this.load.handleTicked(task.cost, this.clock.nowMs() - beganMs);
      const pauseMs = this.load.pauseMs(task.cost, task.periodMs);
      task.dueMs += pauseMs;
      if (pauseMs > task.periodMs) skip(task, nowMs, pauseMs); // Who is slowed makes up for nothing: that would be the load again.
    }
  }

  private putOff(task: Ticking): void {
    const { cost, periodMs } = task;
    const ticks = Math.floor(PUT_OFF_MS / periodMs);
    if (ticks > 1 && task.isIdle() && this.load.pauseMs(cost, periodMs) === periodMs)
      task.putOffMs = (ticks - 1) * periodMs;
  }

  private look(nowMs: number): void {
    const elapsedMs = nowMs - this.lookedAtMs;
    if (elapsedMs < LOAD_LOOK_MS) return;
    this.lookedAtMs = nowMs;
    const costs = Array.from(this.tasks, ({ cost }) => cost);
    this.load.handleLook(costs, elapsedMs);
  }
}

/** To the next tick after now that falls where its ticks fall: who was late together would stay together from then on. */
function skip(task: Ticking, nowMs: number, pauseMs: number): void {
  if (task.dueMs <= nowMs) task.dueMs += pauseMs * (1 + Math.floor((nowMs - task.dueMs) / pauseMs));
}
