/**
 * Sustained: the highest rate that something keeps up with, found by steps.
 * In:  a load whose rate can be set, and what it has taken and finished.   Out: every step, and the rate that was held.
 * Law: a rate is sustained when over the whole hold what is unfinished does not grow, and as much is taken as was
 *      asked for. Before each step what the one before left over is finished.
 */
import { setTimeout as pause } from "node:timers/promises";
import { startCpu } from "./cpu.ts";
import { slope } from "./figures.ts";

export type Counts = { readonly taken: number; readonly finished: number };

export type Load = {
  /** Events a second from now on; 0 stops. */
  setRate(eventsPerSecond: number): void;
  counts(): Counts;
  /** Something else that must hold during a step, told in words when it does not. Read at a step's end. */
  trouble?(): string | null;
};

export type StepSeconds = { readonly settle: number; readonly measure: number };

export type Step = {
  readonly rate: number;
  readonly seconds: number;
  readonly takenPerSecond: number;
  readonly finishedPerSecond: number;
  /** Unfinished events over the seconds of the step. */
  readonly lag: readonly (readonly [seconds: number, events: number])[];
  readonly lagGrowthPerSecond: number;
  readonly cores: number;
  readonly sustained: boolean;
  readonly why: string;
};

const SAMPLE_MS = 100;
const DRAIN_MS_MAX = 60_000;
/** Of the rate: what is not taken by chance. */
const TAKEN_LEAST = 0.95;
/** Over a whole step the unfinished may grow by this long's events: chance within a short one, a quarter of a percent over 20 s. */
const GROWN_SECONDS_MAX = 0.05;
/** What waits may be no more than this long's events, or the tail would grow unseen between two samples. */
const LAG_SECONDS_MAX = 1;

export async function measureStep(load: Load, rate: number, { settle, measure }: StepSeconds): Promise<Step> {
  await drain(load);
  load.setRate(rate);
  await pause(settle * 1000);
  const lag: [number, number][] = [];
  const before = load.counts();
  const fromMs = performance.now();
  const endCpu = startCpu();
  load.trouble?.();
  for (let nowMs = fromMs; nowMs - fromMs < measure * 1000; nowMs = performance.now()) {
    const { taken, finished } = load.counts();
    lag.push([(nowMs - fromMs) / 1000, taken - finished]);
    await pause(SAMPLE_MS);
  }
  const after = load.counts();
  const { cores, seconds } = endCpu();
  const takenPerSecond = (after.taken - before.taken) / seconds;
  const finishedPerSecond = (after.finished - before.finished) / seconds;
  const lagGrowthPerSecond = slope(lag);
  const why =
    whyNot({ rate, seconds, takenPerSecond, lagGrowthPerSecond, lag: after.taken - after.finished }) ??
    load.trouble?.();
  const sustained = why === null || why === undefined;
  return {
    rate,
    seconds,
    takenPerSecond,
    finishedPerSecond,
    lag,
    lagGrowthPerSecond,
    cores,
    sustained,
    why: why ?? "",
  };
}

export function whyNot(of: {
  rate: number;
  seconds: number;
  takenPerSecond: number;
  lagGrowthPerSecond: number;
  lag: number;
}): string | null {
  const { rate, seconds, takenPerSecond, lagGrowthPerSecond, lag } = of;
  if (takenPerSecond < rate * TAKEN_LEAST) return `only ${Math.round(takenPerSecond)}/s were taken`;
  if (lagGrowthPerSecond * seconds > rate * GROWN_SECONDS_MAX)
    return `what waits grew by ${Math.round(lagGrowthPerSecond)}/s`;
  if (lag > rate * LAG_SECONDS_MAX) return `${lag} events were waiting at the end`;
  return null;
}

const HOLD_STEP = 0.85;

export type Search = {
  /** Where the search begins, and above which it does not go. */
  readonly first: number;
  readonly highest: number;
  readonly step: StepSeconds;
  readonly hold: StepSeconds;
  /** Holds that may fail, each HOLD_STEP of the one before. */
  readonly holdsMax: number;
  readonly say: (text: string) => void;
};

/** Doubles until it is too much, halves the gap twice, then holds the highest rate that was kept up with. */
export async function findSustained(load: Load, search: Search): Promise<{ steps: Step[]; held: Step }> {
  const { first, highest, say } = search;
  const steps: Step[] = [];
  const run = async (rate: number, seconds: StepSeconds) => {
    const step = await measureStep(load, rate, seconds);
    steps.push(step);
    say(
      `${Math.round(rate)}/s ${step.sustained ? "kept up with" : `too much: ${step.why}`}, ${step.cores.toFixed(2)} cores`,
    );
    return step;
  };
  /** One that was too much is tried once more: a short step is easily disturbed. */
  const keepsUp = async (rate: number) =>
    (await run(rate, search.step)).sustained || (await run(rate, search.step)).sustained;
  let good = 0;
  let bad = Number.POSITIVE_INFINITY;
  for (let rate = first; bad === Number.POSITIVE_INFINITY && rate <= highest; rate *= 2) {
    if (await keepsUp(rate)) good = rate;
    else bad = rate;
  }
  if (bad === Number.POSITIVE_INFINITY) bad = highest;
  for (let halves = 0; halves < 2 && good < bad; halves++) {
    const rate = (good + bad) / 2;
    if (await keepsUp(rate)) good = rate;
    else bad = rate;
  }
  let held = await run(Math.max(good, first / 4), search.hold);
  for (let holds = 1; holds < search.holdsMax && !held.sustained; holds++)
    held = await run(held.rate * HOLD_STEP, search.hold);
  load.setRate(0);
  await drain(load);
  return { steps, held };
}

/** Nothing is asked for until what waits is finished; what then still waits makes the next step too much. */
async function drain(load: Load): Promise<void> {
  load.setRate(0);
  const endMs = performance.now() + DRAIN_MS_MAX;
  for (let left = load.counts(); left.taken > left.finished; left = load.counts()) {
    if (performance.now() > endMs) return;
    await pause(20);
  }
}
