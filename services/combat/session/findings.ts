/**
 * Findings: what the checks of moves found, with the evidence, on its way to those who look into cheating.
 * In:  findings of moves as they are judged.   Out: by the players' names; of those alike the worst, and how many there were.
 * Law: no events: they have no number, nobody in the session sees them, and they delay nothing. A cheat that repeats itself
 *      costs one row of a record. Bounded: beyond FINDINGS_WAITING_MAX kinds a further one goes, counted.
 */
import { FINDINGS_WAITING_MAX } from "../limits.ts";
import type { Finding } from "../sim/suspicion.ts";

export type NamedFinding = Omit<Finding, "slot"> & {
  playerId: string;
  /** Findings alike (player, check, mode and verdict) since the record before. */
  count: number;
};

export class Findings {
  /** Since the record before. */
  private skipped = 0;
  private waiting = new Map<string, NamedFinding>();

  /** How many rows wait for the record. */
  get count(): number {
    return this.waiting.size;
  }

  handle(playerId: string, findings: readonly Finding[]): void {
    for (const { slot: _, ...finding } of findings) {
      const key = `${playerId} ${finding.check} ${finding.mode} ${finding.verdict}`;
      const before = this.waiting.get(key);
      if (before === undefined && this.waiting.size >= FINDINGS_WAITING_MAX) {
        this.skipped += 1;
        continue;
      }
      const worst = before !== undefined && excess(before) >= excess(finding) ? before : finding;
      this.waiting.set(key, { ...worst, playerId, count: (before?.count ?? 0) + 1 });
    }
  }

  /** All since the last call, and how many went for want of room. */
  pollAll(): { findings: NamedFinding[]; skipped: number } {
    const { skipped } = this;
    const findings = [...this.waiting.values()];
    this.waiting = new Map();
    this.skipped = 0;
    return { findings, skipped };
  }
}

function excess({ measured, threshold }: Pick<Finding, "measured" | "threshold">): number {
  return measured - threshold;
}
