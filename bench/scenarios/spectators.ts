/**
 * Spectators: what 1,000 of them on one match cost its players: the same match, played the same way, before they come and while
 * they watch, in turns of new processes. Combat, gateway and load share the cores of this machine.
 */
import { median, rounded } from "../measure/figures.ts";
import { SUMMARY_COLUMNS } from "../measure/latencies.ts";
import type { LoneContext, Report } from "../scenario.ts";
import { LoadedService, type Stretch } from "../sockets/service.ts";

const SIZE = { sessions: 1, players: 20, spectators: 0, format: "protobuf" } as const;
const SPECTATORS = 1_000;
/** Of all players: each moves ten times a second. */
const UPDATES_PER_S = 200;
const RUNS = 3;
/** The players' P99 may be so much longer. */
const AIM = 1.1;

type Run = { readonly alone: Stretch; readonly watched: Stretch };

export async function spectators({ seed, quick, say }: LoneContext): Promise<Report> {
  const runs: Run[] = [];
  for (let run = 0; run < (quick ? 1 : RUNS); run++) {
    const order = {
      perSecond: UPDATES_PER_S,
      warmUpMs: 2_000,
      ms: quick ? 3_000 : 15_000,
      seed: (seed + run) % 2 ** 32,
    };
    const service = await LoadedService.start(SIZE, say);
    try {
      const alone = await service.play(order);
      await service.watch(SPECTATORS);
      const watched = await service.play(order);
      runs.push({ alone, watched });
      say(`players' P99 ${alone.summary[2]} ms alone, ${watched.summary[2]} ms watched by ${SPECTATORS}`);
    } finally {
      await service.end();
    }
  }
  return reportOf(runs, seed);
}

function reportOf(runs: readonly Run[], seed: number): Report {
  const kinds = [
    { name: "players, alone", of: ({ alone }: Run) => alone.summary },
    { name: "players, watched", of: ({ watched }: Run) => watched.summary },
    { name: "spectators", of: ({ watched }: Run) => watched.spectatorSummary },
  ];
  return {
    seed,
    about: `One match of ${SIZE.players} players, ${UPDATES_PER_S} position updates a second, before ${SPECTATORS} spectators come and with them.`,
    figures: [
      {
        name: "players' P99, watched over alone",
        unit: "times",
        values: runs.map(({ alone, watched }) => watched.summary[2]! / alone.summary[2]!),
        better: "less",
        aim: AIM,
      },
    ],
    tables: [
      {
        title: "Latency, medians of the runs",
        columns: ["who", ...SUMMARY_COLUMNS],
        rows: kinds.map(({ name, of }) => {
          return [name, ...SUMMARY_COLUMNS.map((_, at) => rounded(median(runs.map((run) => of(run)[at]!))))];
        }),
      },
      {
        title: "CPU, medians of the runs",
        columns: ["", "combat cores", "gateway cores", "load cores", "frames/s"],
        rows: (["alone", "watched"] as const).map((name) => {
          const middle = (value: (stretch: Stretch) => number) => rounded(median(runs.map((run) => value(run[name]))));
          return [
            ...[name, middle(({ combatCores }) => combatCores), middle(({ gatewayCores }) => gatewayCores)],
            ...[middle(({ cores }) => cores), middle(({ frames, seconds }) => frames / seconds)],
          ];
        }),
      },
    ],
    plots: [
      {
        name: "p99",
        title: "P99 of delivery",
        x: { label: "", scale: "linear", ticks: kinds.map(({ name }, at) => ({ at, label: name })) },
        y: { label: "ms", scale: "linear" },
        bars: true,
        series: [{ name: "last run", points: kinds.map(({ of }, at) => [at, of(runs.at(-1)!)[2]!] as const) }],
      },
    ],
    measured: [
      {
        name: "runs",
        columns: ["who", "run", ...SUMMARY_COLUMNS],
        rows: kinds.flatMap(({ name, of }) => runs.map((run, at) => [name, at + 1, ...of(run)])),
      },
    ],
    notes: [],
  };
}
