/**
 * Tally: what the bots of this process saw and did, as a line a second and a table at the end.
 * Law: round trips are a bounded sample, newest first to stay; counts are exact.
 */
import { ROUND_TRIPS_MAX } from "./limits.ts";

const COUNTED = [
  "frames",
  "moves",
  "actions",
  "hits",
  "misses",
  "kills",
  "corrections",
  "errors",
  "gaps",
  "undecodable",
  "reconnects",
  "lost",
  "matches",
] as const;
export type Counted = (typeof COUNTED)[number];

export class Tally {
  private readonly counts = Object.fromEntries(COUNTED.map((name) => [name, 0])) as Record<Counted, number>;
  private readonly roundTripsMs: number[] = [];
  private roundTripCount = 0;
  private before = { ...this.counts };

  count(what: Counted, by = 1): void {
    this.counts[what] += by;
  }

  total(of: Counted): number {
    return this.counts[of];
  }

  roundTrip(ms: number): void {
    this.roundTripsMs[this.roundTripCount++ % ROUND_TRIPS_MAX] = ms;
  }

  /** What happened since the line before, `seconds` ago. */
  line(at: { elapsedSeconds: number; seconds: number; connected: number }): string {
    const perSecond = (what: Counted) => Math.round((this.counts[what] - this.before[what]) / at.seconds);
    const parts = [
      `${at.elapsedSeconds.toFixed(0).padStart(4)} s`,
      `connected ${at.connected}`,
      `frames/s ${perSecond("frames")}`,
      `moves/s ${perSecond("moves")}`,
      `kills ${this.counts.kills}`,
      `round trip P50 ${this.percentile(50)} P99 ${this.percentile(99)} ms`,
      `corrections ${this.counts.corrections}`,
      `reconnects ${this.counts.reconnects}`,
    ];
    this.before = { ...this.counts };
    return parts.join("  ");
  }

  /** Every count of the whole run. */
  table(elapsedSeconds: number): string {
    const rows = COUNTED.map((name) => [name, `${this.counts[name]}`, (this.counts[name] / elapsedSeconds).toFixed(1)]);
    const shown = [["", "in all", "a second"], ...rows].map(
      ([name, all, each]) => `${name!.padEnd(14)}${all!.padStart(12)}${each!.padStart(12)}`,
    );
    const trips = `round trip    P50 ${this.percentile(50)} ms  P99 ${this.percentile(99)} ms  (${this.roundTripCount} measured)`;
    return [...shown, trips].join("\n");
  }

  private percentile(percent: number): string {
    if (this.roundTripsMs.length === 0) return "-";
    const sorted = this.roundTripsMs.toSorted((one, other) => one - other);
    return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))]!.toFixed(1);
  }
}
