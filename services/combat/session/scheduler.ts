/**
 * Scheduler: the one place where session time passes. One timer drives every session of the process; their ticks are
 * spread over the period and stay so: time lost in a stall is made up for by a few ticks, and then skipped in whole periods.
 * Putting off: ticks in which nothing happens may be taken together later, each with the time it was due. Whoever comes in
 *      between rouses the task, and what was due passes first: so nobody can tell that they were late (docs/decisions/0021).
 * Law: a tick is never early; a task that throws is its owner's business and stops no other; one that takes too much is slowed (load.ts).
 */
import type { Clock } from "#kit/clock.ts";
import { Wheel, type WheelEntry } from "#kit/wheel.ts";
import { CATCH_UP_TICKS_MAX, LOAD_LOOK_MS, PUT_OFF_MS, PUT_OFF_STEP_MS } from "../limits.ts";
import { type Cost, Load, noCost } from "./load.ts";

export type Ticking = WheelEntry & {
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

/** A lap is longer than most tasks wait; who waits longer comes up once a lap, and goes back. */
const WHEEL = { stepMs: 1, slotCount: 512 } as const;

const neverIdle = () => false;

const GOLDEN = 0.6180339887498949; // Spreads any number of phases evenly without knowing how many will come.

export class Scheduler {
  private readonly tasks = new Set<Ticking>();
  private readonly wheel: Wheel<Ticking>;
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
    this.wheel = new Wheel(this.lookedAtMs, WHEEL);
  }

  add(periodMs: number, tick: (nowMs: number) => void, isIdle: () => boolean = neverIdle): Ticking {
    this.phase = (this.phase + GOLDEN) % 1;
    const dueMs = this.clock.nowMs() + periodMs * (1 + this.phase);
    const task = { periodMs, dueMs, putOffMs: 0, cost: noCost(), wheelSlot: -1, tick, isIdle };
    this.tasks.add(task);
    this.wait(task);
    return task;
  }

  /** Takes what was put off and is due by now; the next tick comes when it is due. */
  rouse(task: Ticking): void {
    if (task.putOffMs === 0) return;
    this.runDue(task, this.clock.nowMs());
    this.wait(task);
  }

  remove(task: Ticking): void {
    this.tasks.delete(task);
    this.wheel.remove(task);
  }

  stop(): void {
    for (const task of this.tasks) this.remove(task);
    this.arm();
  }

  /** Until it is due, unless it was removed meanwhile. */
  private wait(task: Ticking): void {
    if (!this.tasks.has(task)) return;
    this.wheel.schedule(task, task.dueMs + task.putOffMs);
    if (task.dueMs + task.putOffMs < this.timerDueMs) this.arm();
  }

  private arm(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.timerDueMs = this.wheel.nextMs();
    if (this.tasks.size === 0) return;
    // Upwards: timers leave out fractions of a millisecond, and would come to find that nothing is due.
    this.timer = setTimeout(() => this.run(), Math.ceil(Math.max(0, this.timerDueMs - this.clock.nowMs())));
  }

  private run(): void {
    const nowMs = this.clock.nowMs();
    const due = this.wheel.pollDue(nowMs).reverse();
    this.timerDueMs = Number.NEGATIVE_INFINITY; // It is set at the end, once.
    try {
      this.look(nowMs);
      for (let task = due.pop(); task !== undefined; task = due.pop()) this.take(task, nowMs);
    } finally {
      for (const task of due) this.wait(task); // A task that throws past its owner is that owner's failure; the others' time goes on.
      this.arm();
    }
  }

  private take(task: Ticking, nowMs: number): void {
    try {
      if (task.dueMs + task.putOffMs > nowMs || !this.tasks.has(task)) return;
      this.runDue(task, nowMs);
      this.putOff(task);
    } finally {
      this.wait(task);
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
    const { cost, periodMs, dueMs } = task;
    const ticks = Math.floor(PUT_OFF_MS / periodMs);
    if (ticks <= 1 || !task.isIdle() || this.load.pauseMs(cost, periodMs) !== periodMs) return;
    const takenMs = dueMs + (ticks - 1) * periodMs;
    task.putOffMs = Math.ceil(takenMs / PUT_OFF_STEP_MS) * PUT_OFF_STEP_MS - dueMs; // Some sessions together: fewer turns.
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
