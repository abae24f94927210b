/**
 * Latencies: durations in milliseconds, kept as a histogram of three significant digits, so that the tail is as exact as
 * the middle and a million of them cost no memory.
 */
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";

const NS_PER_MS = 1e6;
/** Longer ones count as this long. */
const MS_MAX = 60_000;

/** Percentiles that reports show, in order. */
export const PERCENTILES = [50, 90, 99, 99.9] as const;

export class Latencies {
  private readonly histogram: RecordableHistogram = createHistogram({
    lowest: 1,
    highest: MS_MAX * NS_PER_MS,
    figures: 3,
  });

  /** Shorter than a nanosecond counts as one. */
  record(ms: number): void {
    this.histogram.record(Math.max(1, Math.round(Math.min(MS_MAX, ms) * NS_PER_MS)));
  }

  add(other: Latencies): void {
    this.histogram.add(other.histogram);
  }

  get count(): number {
    return this.histogram.count;
  }

  /** 0 when nothing was recorded. */
  percentile(percent: number): number {
    return this.count === 0 ? 0 : this.histogram.percentile(percent) / NS_PER_MS;
  }

  get mean(): number {
    return this.count === 0 ? 0 : this.histogram.mean / NS_PER_MS;
  }

  get max(): number {
    return this.count === 0 ? 0 : this.histogram.max / NS_PER_MS;
  }

  /** P50, P90, P99, P99.9 and the longest, in microseconds' precision. */
  summary(): number[] {
    return [...PERCENTILES.map((percent) => this.percentile(percent)), this.max].map((ms) => Number(ms.toFixed(3)));
  }
}

export const SUMMARY_COLUMNS = [...PERCENTILES.map((percent) => `P${percent} ms`), "max ms"];

/** A curve over the share of events that are slower: each step to the right is a tenth of the one before. */
export function tailCurve(latencies: Latencies): [x: number, y: number][] {
  const points: [number, number][] = [];
  const nines = Math.min(5, Math.log10(Math.max(10, latencies.count)));
  for (let x = 0.05; x <= nines; x += 0.05) {
    points.push([x, latencies.percentile(100 * (1 - 10 ** -x))]);
  }
  return points;
}

export const TAIL_TICKS = [
  { at: Math.log10(2), label: "P50" },
  { at: 1, label: "P90" },
  { at: 2, label: "P99" },
  { at: 3, label: "P99.9" },
  { at: 4, label: "P99.99" },
];
