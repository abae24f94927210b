/**
 * Fairness: how well a shot is judged by what its shooter saw, and what that costs who was shot. Duels (bench/duel) at four
 * distances of both players, without and with jitter, by three ways a target moves, judged as the service does and in two
 * ways that it does not. Shots are aimed at places drawn at random over the middle 60 of a body's 70 cm.
 * Law: it is a simulation, so the same seed gives the same figures on any machine.
 */
import { DRAWN_LATE_MS, type Duel, JUDGEMENTS, type Judgement, playDuel, type ShotSeen } from "../duel/duel.ts";
import { PATHS } from "../duel/runner.ts";
import { median, rounded } from "../measure/figures.ts";
import type { LoneContext, Report, Table } from "../scenario.ts";

export const DISTANCES_MS = [20, 80, 150, 250] as const;
const JITTERS_MS = [0, 30] as const;
const RUNS = 3;
const SECONDS = 300;

type Fought = { readonly duel: Duel; readonly shots: readonly ShotSeen[] };
type Which = { readonly rttMs: number; readonly jitterMs: number; readonly judgement: Judgement };

export async function fairness({ seed, quick, say }: LoneContext): Promise<Report> {
  const fought: Fought[] = [];
  const seconds = quick ? 30 : SECONDS;
  for (const rttMs of DISTANCES_MS) {
    for (const jitterMs of JITTERS_MS) {
      for (const judgement of JUDGEMENTS) {
        for (const path of PATHS) {
          for (let run = 0; run < (quick ? 1 : RUNS); run++) {
            const duel: Duel = { rttMs, jitterMs, path, judgement, seconds, seed: (seed + run) % 2 ** 32 };
            fought.push({ duel, shots: playDuel(duel) });
          }
        }
      }
    }
    say(`${rttMs} ms: ${rounded(hitPercent(shotsOf(fought, { rttMs, jitterMs: 0, judgement: "claimed" })))} % hit`);
  }
  return reportOf(fought, { seed, seconds });
}

function matching(fought: readonly Fought[], which: Partial<Duel>): readonly Fought[] {
  const wanted = Object.entries(which) as [keyof Duel, unknown][];
  return fought.filter(({ duel }) => wanted.every(([name, value]) => duel[name] === value));
}

function shotsOf(fought: readonly Fought[], which: Partial<Duel>): ShotSeen[] {
  return matching(fought, which).flatMap(({ shots }) => shots);
}

function hitPercent(shots: readonly ShotSeen[]): number {
  return (100 * shots.filter(({ hit }) => hit).length) / shots.length;
}

/** Of hits on who was out of sight on its own screen by then. */
function behindCover(shots: readonly ShotSeen[]): number[] {
  return shots.flatMap(({ hit, behindCoverMs }) => (hit && behindCoverMs > 0 ? [behindCoverMs] : []));
}

/** The value that this share of all is not above; 0 of nothing. */
function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
}

function seedsOf(fought: readonly Fought[]): number[] {
  return [...new Set(fought.map(({ duel }) => duel.seed))];
}

function reportOf(fought: readonly Fought[], { seed, seconds }: { seed: number; seconds: number }): Report {
  const seeds = seedsOf(fought);
  const everyWhich: Which[] = DISTANCES_MS.flatMap((rttMs) =>
    JITTERS_MS.flatMap((jitterMs) => JUDGEMENTS.map((judgement) => ({ rttMs, jitterMs, judgement }))),
  );
  const curve = (judgement: Judgement, jitterMs: number, of: (shots: ShotSeen[]) => number) =>
    DISTANCES_MS.map((rttMs) => [rttMs, of(shotsOf(fought, { rttMs, jitterMs, judgement }))] as const);
  return {
    seed,
    about: `${seeds.length} runs of ${seconds} s each: both players equally far away, moves 30 times a second, states at most 60 times, ticks at 30 Hz; the target runs at 6 m/s at 20 m, drawn ${DRAWN_LATE_MS} ms behind the newest state. Jitter is up to so much, each message and way. The service judges as "claimed"; the other ways are for comparison: the same bound counted from when the shot arrives, half of the round trip, and the present.`,
    figures: [
      ...JITTERS_MS.flatMap((jitterMs) =>
        DISTANCES_MS.map((rttMs) => ({
          name: `shots aimed true that hit, both at ${rttMs} ms${jitterMs > 0 ? `, jitter ${jitterMs} ms` : ""}`,
          unit: "%",
          values: seeds.map((one) => hitPercent(shotsOf(fought, { rttMs, jitterMs, judgement: "claimed", seed: one }))),
          better: "more" as const,
          aim: 99,
        })),
      ),
      ...DISTANCES_MS.map((rttMs) => ({
        name: `behind cover when hit, P95, both at ${rttMs} ms`,
        unit: "ms",
        values: seeds.map((one) => {
          const which = { rttMs, jitterMs: 0, judgement: "claimed", path: "covers", seed: one } as const;
          return percentile(behindCover(shotsOf(fought, which)), 95);
        }),
        better: "less" as const,
      })),
    ],
    tables: [hitTable(fought, everyWhich), coverTable(fought, everyWhich)],
    plots: [
      {
        name: "hits",
        title: "Shots aimed true that hit, without jitter",
        x: { label: "round trip of both, ms", scale: "linear" },
        y: { label: "%", scale: "linear" },
        series: JUDGEMENTS.map((name) => ({ name, points: curve(name, 0, hitPercent) })),
        lines: [{ label: "aim 99 %", y: 99 }],
      },
      {
        name: "cover",
        title: "How long hidden when hit, P95 of those who were",
        x: { label: "round trip of both, ms", scale: "linear" },
        y: { label: "ms on the victim's screen", scale: "linear" },
        series: JITTERS_MS.map((jitterMs) => ({
          name: jitterMs === 0 ? "without jitter" : `jitter ${jitterMs} ms`,
          points: curve("claimed", jitterMs, (shots) => percentile(behindCover(shots), 95)),
        })),
      },
    ],
    measured: [
      {
        name: "duels",
        columns: [
          "rtt_ms",
          "jitter_ms",
          "judged",
          "path",
          "seed",
          "shots",
          "hits",
          "capped",
          "off_p95_cm",
          "hidden_p95_ms",
        ],
        rows: fought.map(({ duel, shots }) => [
          duel.rttMs,
          duel.jitterMs,
          duel.judgement,
          duel.path,
          duel.seed,
          shots.length,
          shots.filter(({ hit }) => hit).length,
          shots.filter(({ capped }) => capped).length,
          rounded(
            percentile(
              shots.map(({ offCm }) => offCm),
              95,
            ),
          ),
          rounded(percentile(behindCover(shots), 95)),
        ]),
      },
    ],
    notes: [
      "Hidden is counted on the victim's own screen, from the wall covering all of it to being told: its own way there and back is in it, which no judging shortens.",
      `What a client shows is as old as the round trip and what it draws late: ${DISTANCES_MS.map((rttMs) => `${rttMs + DRAWN_LATE_MS} ms at ${rttMs} ms`).join(", ")}.`,
    ],
  };
}

function hitTable(fought: readonly Fought[], all: readonly Which[]): Table {
  return {
    title: "Shots aimed true that hit, %; and how far bodies were judged from where they were drawn",
    columns: ["round trip ms", "jitter ms", "judged", ...PATHS, "off by P50 cm", "P95 cm"],
    rows: all.map((which) => {
      const off = shotsOf(fought, which).map(({ offCm }) => offCm);
      return [
        ...[which.rttMs, which.jitterMs, which.judgement],
        ...PATHS.map((path) => rounded(hitPercent(shotsOf(fought, { ...which, path })))),
        ...[rounded(median(off)), rounded(percentile(off, 95))],
      ];
    }),
  };
}

function coverTable(fought: readonly Fought[], all: readonly Which[]): Table {
  return {
    title: "How long a victim had been hidden when hit",
    columns: ["round trip ms", "jitter ms", "judged", "hidden, % of hits", "P50 ms", "P95 ms", "longest ms"],
    rows: all.map((which) => {
      const shots = shotsOf(fought, { ...which, path: "covers" });
      const hidden = behindCover(shots);
      const hits = shots.filter(({ hit }) => hit).length;
      const [middle, most, longest] = [50, 95, 100].map((percent) => rounded(percentile(hidden, percent)));
      return [
        which.rttMs,
        which.jitterMs,
        which.judgement,
        rounded((100 * hidden.length) / hits),
        middle!,
        most!,
        longest!,
      ];
    }),
  };
}
