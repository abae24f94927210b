/**
 * ghz report: what ghz writes with --format json, read into what a scenario compares.
 * Law: its times are whole nanoseconds, its percentiles a list; calls that failed are in no percentile. A report without
 *      a percentile that is asked for has measured nothing, and is refused.
 */
import type { Measured } from "./load.ts";

const NS_PER_MS = 1e6;

type GhzReport = {
  readonly count?: number;
  readonly rps?: number;
  readonly errorDistribution?: { readonly [why: string]: number } | null;
  readonly latencyDistribution?: readonly { readonly percentage: number; readonly latency: number }[] | null;
};

export function readGhzReport(json: string): Measured {
  const { count, rps, errorDistribution, latencyDistribution } = JSON.parse(json) as GhzReport;
  const failed = errorDistribution ?? {};
  if (count === undefined || rps === undefined) throw new Error("not a report of ghz: no count or no rps");
  const msAt = (percentage: number) => {
    const row = latencyDistribution?.find((one) => one.percentage === percentage);
    if (row === undefined) throw new Error(`ghz told no P${percentage} of ${count} calls; failed: ${whyOf(failed)}`);
    return row.latency / NS_PER_MS;
  };
  return { calls: count, perSecond: rps, p50Ms: msAt(50), p99Ms: msAt(99), failed };
}

export function whyOf(failed: Measured["failed"]): string {
  const told = Object.entries(failed).map(([why, count]) => `${count} × ${why}`);
  return told.join("; ") || "none";
}
