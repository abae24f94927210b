/**
 * Labelled corpus of movement: traces by a movement model of the tests' own, honest and of each kind of cheat, over the
 * networks that are promised to play fair.
 * The rates are printed; a trace that breaks a promise is named by its seed.
 */
import { describe, expect, test } from "vitest";
import { Chance } from "./chance.ts";
import { KINDS, type Kind } from "./players.ts";
import { anySetting, type Outcome, Trace } from "./trace.ts";

const TRACES = Number(process.env["CORPUS_TRACES"] ?? 300);
const SEED = Number(process.env["CORPUS_SEED"] ?? 2_026); // Always the same, so that nothing fails by chance; other seeds are other traces.
const FOUND_SHARE_MIN = 0.99;

type Played = { seed: number; outcome: Outcome };

function played(kind: Kind): Played[] {
  return Array.from({ length: TRACES }, (_, index) => {
    const seed = SEED + index;
    const chance = new Chance(seed);
    const trace = new Trace(anySetting(chance, kind.seconds), chance);
    return { seed, outcome: trace.play(kind.player(chance, trace), kind.withinMs !== null) };
  });
}

function share(of: readonly Played[], is: (outcome: Outcome) => boolean): number {
  return of.filter(({ outcome }) => is(outcome)).length / of.length;
}

function seeds(of: readonly Played[], is: (outcome: Outcome) => boolean): number[] {
  return of.filter(({ outcome }) => is(outcome)).map(({ seed }) => seed);
}

const rows: string[] = [];

describe(`of ${TRACES} traces from seed ${SEED}`, () => {
  test.each(KINDS.map((kind) => ({ name: kind.name, kind })))("$name", ({ kind }) => {
    const all = played(kind);
    const { withinMs } = kind;
    const isFound = ({ foundMs }: Outcome) => withinMs !== null && foundMs !== null && foundMs <= withinMs;
    const times = all.flatMap(({ outcome }) => outcome.foundMs ?? []).sort((one, other) => one - other);
    const percentile = (of: number) => times[Math.min(times.length - 1, Math.floor(times.length * of))] ?? "-";
    const checks = [...new Set(all.flatMap(({ outcome }) => [...outcome.checks]))].sort().join(" ");
    rows.push(
      [
        kind.name.padEnd(12),
        `${(share(all, isFound) * 100).toFixed(1)} %`.padStart(8),
        `${percentile(0.5)}`.padStart(7),
        `${percentile(0.99)}`.padStart(7),
        `${(share(all, ({ corrections }) => corrections > 0) * 100).toFixed(1)} %`.padStart(10),
        checks,
      ].join(" "),
    );
    if (withinMs === null) {
      expect(seeds(all, ({ corrections }) => corrections > 1)).toEqual([]);
      expect(seeds(all, ({ removed }) => removed)).toEqual([]);
    } else {
      const missed = seeds(all, (outcome) => !isFound(outcome));
      expect(share(all, isFound), `not found in time: seeds ${missed}`).toBeGreaterThanOrEqual(FOUND_SHARE_MIN);
    }
  });

  test("the rates", () => {
    const head = "player          found   50 % ms 99 % ms  corrected  by";
    process.stdout.write(`\n${[head, ...rows].join("\n")}\n`);
    expect(rows).toHaveLength(KINDS.length);
  });
});
