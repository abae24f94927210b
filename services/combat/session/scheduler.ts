/**
 * Scheduler: the one place where session time passes. One timer drives every session of the process; their ticks are
 * spread over the period and stay so: time lost in a stall is made up for by a few ticks, and then skipped in whole periods.
 * Law: a tick is never early; a task that throws is its owner's business and stops no other; one that takes too much is slowed (load.ts).
 */
import type { Clock } from "#kit/clock.ts";
import { CATCH_UP_TICKS_MAX, LOAD_LOOK_MS } from "../limits.ts";
import { type Cost, Load, noCost } from "./load.ts";

export type Ticking = {
  periodMs: number;
  /** When the next tick is due (monotonic). */
  dueMs: number;
  readonly cost: Cost;
  tick(nowMs: number): void;
};

const GOLDEN = 0.6180339887498949; // Spreads any number of phases evenly without knowing how many will come.

export class Scheduler {
  private readonly tasks = new Set<Ticking>();
  private timer: NodeJS.Timeout | null = null;
  private phase = 0;
  private lookedAtMs: number;
  readonly load = new Load();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
    this.lookedAtMs = clock.nowMs();
  }

  add(periodMs: number, tick: (nowMs: number) => void): Ticking {
    this.phase = (this.phase + GOLDEN) % 1;
    const task = { periodMs, dueMs: this.clock.nowMs() + periodMs * (1 + this.phase), cost: noCost(), tick };
    this.tasks.add(task);
    this.arm();
    return task;
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
    for (const task of this.tasks) nextMs = Math.min(nextMs, task.dueMs);
    this.timer = setTimeout(() => this.run(), Math.max(0, nextMs - this.clock.nowMs()));
  }

  private run(): void {
    const nowMs = this.clock.nowMs();
    try {
      this.look(nowMs);
      for (const task of this.tasks) if (task.dueMs <= nowMs) this.runDue(task, nowMs);
    } finally {
      this.arm(); // A task that throws past its owner is that owner's failure; the others' time goes on.
    }
  }

  private runDue(task: Ticking, nowMs: number): void {
    for (let ticks = 0; task.dueMs <= nowMs && this.tasks.has(task); ticks++) {
      if (ticks === CATCH_UP_TICKS_MAX) return skip(task, nowMs, task.periodMs);
      const beganMs = this.clock.nowMs();
      task.tick(nowMs);
      this.load.handleTicked(task.cost, this.clock.nowMs() - beganMs);
      const pauseMs = this.load.pauseMs(task.cost, task.periodMs);
      task.dueMs += pauseMs;
      if (pauseMs > task.periodMs) skip(task, nowMs, pauseMs); // Who is slowed makes up for nothing: that would be the load again.
    }
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
