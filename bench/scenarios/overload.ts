/**
 * Overload: one match has as many players as can be, who all move and pull the trigger 30 times a second (more often than a weapon fires) and reload, and who are hit the whole time:
 * what that costs the players of all other matches. The same service, without it and beside it, in new processes for each run.
 * Combat, gateway and the two load processes share the cores of this machine.
 * Not here: a process whose budget is spent. This load is too small for it beside the service; what it does then, refuse new matches
 * and slow the dearest, is tested with a clock that is given (session/load.ts).
 */
import { setTimeout as pause } from "node:timers/promises";
import { PLAYERS_MAX } from "#combat/limits.ts";
import { median, rounded } from "../measure/figures.ts";
import { SUMMARY_COLUMNS } from "../measure/latencies.ts";
import type { LoneContext, Report } from "../scenario.ts";
import type { Crowd, Stretch } from "../sockets/crowd.ts";
import { LoadedService } from "../sockets/service.ts";

const SIZE = { sessions: 50, players: 20, spectators: 0, format: "protobuf" } as const;
const HEAVY_SIZE = { sessions: 1, players: PLAYERS_MAX, spectators: 0, format: "protobuf" } as const;
/** Of all ordinary matches. */
const UPDATES_PER_S = 1_000;
/** Of the heavy match; as many shots. */
const HEAVY_PER_S = PLAYERS_MAX * 30;
/** Of the heavy match. Few enough that nobody falls in the time. */
const BLOWS_PER_S = 50;
const WARM_UP_MS = 3_000;
const RUNS = 3;
const AIM_TIMES = 1.1;

type Run = { readonly without: Stretch; readonly beside: Stretch; readonly heavy: Stretch };

export async function overload({ seed, quick, say }: LoneContext): Promise<Report> {
  const runs: Run[] = [];
  for (let run = 0; run < (quick ? 1 : RUNS); run++) {
    const one = await runOnce({ seed: (seed + run) % 2 ** 32, ms: quick ? 4_000 : 20_000 }, say);
    const [without, beside] = [one.without.summary[2], one.beside.summary[2]];
    const combat = `${rounded(one.without.combatCores)} and ${rounded(one.beside.combatCores)} cores of combat`;
    say(`others' P99 ${without} ms without, ${beside} ms beside it; ${combat}`);
    runs.push(one);
  }
  return reportOf(runs, seed);
}

async function runOnce({ seed, ms }: { seed: number; ms: number }, say: (text: string) => void): Promise<Run> {
  const service = await LoadedService.start(SIZE, say);
  try {
    const order = { perSecond: UPDATES_PER_S, warmUpMs: WARM_UP_MS, ms, seed };
    const crowd = await service.addCrowd(HEAVY_SIZE); // It is there both times, so that only its play is the difference.
    const without = await service.play(order);
    const heavyOrder = { ...order, perSecond: HEAVY_PER_S, shoots: true };
    const [beside, heavy] = await Promise.all([
      service.play(order),
      crowd.play(heavyOrder),
      strike(crowd, WARM_UP_MS + ms),
    ]);
    return { without, beside, heavy };
  } finally {
    await service.end();
  }
}

async function strike(crowd: Crowd, ms: number): Promise<void> {
  for (let done = 0; done < (ms / 1000) * BLOWS_PER_S; done++) {
    await Promise.all([crowd.hurt(), pause(1000 / BLOWS_PER_S)]);
  }
}

function reportOf(runs: readonly Run[], seed: number): Report {
  const kinds = [
    { name: "without", of: ({ without }: Run) => without },
    { name: "beside it", of: ({ beside }: Run) => beside },
  ];
  const middle = (value: (run: Run) => number) => rounded(median(runs.map(value)));
  return {
    seed,
    about: `${SIZE.sessions} matches of ${SIZE.players} players with ${UPDATES_PER_S} position updates a second in all, without and beside one of ${PLAYERS_MAX} players with ${HEAVY_PER_S} updates and as many shots a second, and up to ${BLOWS_PER_S} blows.`,
    figures: [
      {
        name: "others' P99, beside it over without",
        unit: "times",
        values: runs.map(({ without, beside }) => beside.summary[2]! / without.summary[2]!),
        better: "less",
        aim: AIM_TIMES,
      },
    ],
    tables: [
      {
        title: "Latency of the others, medians of the runs",
        columns: ["", ...SUMMARY_COLUMNS, "combat cores", "gateway cores", "others' load cores"],
        rows: kinds.map(({ name, of }) => [
          name,
          ...SUMMARY_COLUMNS.map((_, at) => middle((run) => of(run).summary[at]!)),
          ...[middle((run) => of(run).combatCores), middle((run) => of(run).gatewayCores)],
          middle((run) => of(run).cores),
        ]),
      },
      {
        title: "The heavy match, medians of the runs",
        columns: ["updates/s", "frames/s", "its load cores"],
        rows: [
          [
            middle(({ heavy }) => heavy.sent / heavy.seconds),
            middle(({ heavy }) => heavy.frames / heavy.seconds),
            middle(({ heavy }) => heavy.cores),
          ],
        ],
      },
    ],
    plots: [
      {
        name: "p99",
        title: "P99 of the others",
        x: { label: "", scale: "linear", ticks: kinds.map(({ name }, at) => ({ at, label: name })) },
        y: { label: "ms", scale: "linear" },
        bars: true,
        series: [{ name: "last run", points: kinds.map(({ of }, at) => [at, of(runs.at(-1)!).summary[2]!] as const) }],
      },
    ],
    measured: [
      {
        name: "runs",
        columns: ["way", "run", ...SUMMARY_COLUMNS, "combat_cores", "gateway_cores"],
        rows: kinds.flatMap(({ name, of }) =>
          runs.map((run, at) => {
            const { summary, combatCores, gatewayCores } = of(run);
            return [name, at + 1, ...summary, rounded(combatCores), rounded(gatewayCores)];
          }),
        ),
      },
    ],
    notes: [
      "Where all cores of the machine are taken, waiting for one is in the ratio, too: what the heavy match's own load process takes stands in the table.",
    ],
  };
}
