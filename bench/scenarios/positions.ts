/**
 * Positions: 500 matches of 20 players on sockets, who send position updates at a rate in all; from the moment a player's
 * socket is written to the moment the others' sockets deliver it. Combat, gateway and load are a process each, on the cores
 * of this machine; records and live state are in memory. Sockets speak protobuf.
 * An update that is overtaken by a newer one of its player is coalesced: what is delivered is the newer.
 */
import { median, rounded } from "../measure/figures.ts";
import { SUMMARY_COLUMNS, TAIL_TICKS } from "../measure/latencies.ts";
import type { LoneContext, Report } from "../scenario.ts";
import { LoadedService, type Stretch } from "../sockets/service.ts";

const SIZE = { sessions: 500, players: 20, spectators: 0, format: "protobuf" } as const;
const QUICK_SIZE = { ...SIZE, sessions: 50 } as const;
const RATES = [1_000, 2_500, 5_000, 10_000] as const;
/** P99 that is aimed at, milliseconds, by rate. */
const AIM_MS: { readonly [rate: number]: number } = { 1000: 3, 2500: 10 };
const FLOOR_MS: { readonly [rate: number]: number } = { 1000: 10 };
const RUNS = 3;

type Run = { readonly rate: number; readonly stretch: Stretch };

export async function positions({ seed, quick, say }: LoneContext): Promise<Report> {
  const size = quick ? QUICK_SIZE : SIZE;
  const service = await LoadedService.start(size, say);
  const runs: Run[] = [];
  try {
    for (let run = 0; run < (quick ? 1 : RUNS); run++) {
      for (const rate of RATES) {
        const order = { warmUpMs: quick ? 1_000 : 3_000, ms: quick ? 2_000 : 10_000, seed: (seed + run) % 2 ** 32 };
        const stretch = await service.play({ perSecond: rate, ...order });
        runs.push({ rate, stretch });
        say(
          `${rate}/s: P50 ${stretch.summary[0]} ms, P99 ${stretch.summary[2]} ms, delivered ${percent(stretch, size.players)} %`,
        );
      }
    }
    const { combat, gateway } = await service.memory();
    return reportOf(runs, { seed, players: size.players, sessions: size.sessions, memory: { combat, gateway } });
  } finally {
    await service.end();
  }
}

type Facts = { seed: number; players: number; sessions: number; memory: { combat: number; gateway: number } };

function reportOf(runs: readonly Run[], { seed, players, sessions, memory }: Facts): Report {
  const of = (rate: number) => runs.filter((run) => run.rate === rate).map(({ stretch }) => stretch);
  const middle = (rate: number, value: (stretch: Stretch) => number) => rounded(median(of(rate).map(value)));
  const first = of(RATES[0]).length;
  return {
    seed,
    about: `${sessions} matches of ${players} players, ${first} runs of each rate in turns. From a player's socket written to another's socket delivering it.`,
    figures: RATES.map((rate) => {
      return {
        name: `P99 at ${rate} updates/s`,
        unit: "ms",
        values: of(rate).map(({ summary }) => summary[2]!),
        better: "less" as const,
        ...(FLOOR_MS[rate] !== undefined && { floor: FLOOR_MS[rate] }),
        ...(AIM_MS[rate] !== undefined && { aim: AIM_MS[rate] }),
      };
    }),
    tables: [
      {
        title: "Latency, medians of the runs",
        columns: ["updates/s", "sent/s", ...SUMMARY_COLUMNS, "delivered %"],
        rows: RATES.map((rate) => [
          rate,
          middle(rate, ({ sent, seconds }) => sent / seconds),
          ...SUMMARY_COLUMNS.map((_, at) => middle(rate, ({ summary }) => summary[at]!)),
          middle(rate, (stretch) => percent(stretch, players)),
        ]),
      },
      {
        title:
          "Two stages, medians of the runs: up, through the gateway and the match; down, from there to the others' sockets",
        columns: ["updates/s", "up P50 ms", "up P99 ms", "down P50 ms", "down P99 ms", "up, % of the time"],
        rows: RATES.map((rate) => [
          rate,
          middle(rate, ({ stages }) => stages.up[0]!),
          middle(rate, ({ stages }) => stages.up[2]!),
          middle(rate, ({ stages }) => stages.down[0]!),
          middle(rate, ({ stages }) => stages.down[2]!),
          middle(rate, ({ stages }) => 100 * stages.upShare),
        ]),
      },
      {
        title: "What it takes, medians of the runs",
        columns: [
          "updates/s",
          "frames/s",
          "bytes per frame",
          "combat cores",
          "gateway cores",
          "load cores",
          "gateway µs per frame",
        ],
        rows: RATES.map((rate) => [
          rate,
          middle(rate, ({ frames, seconds }) => frames / seconds),
          middle(rate, ({ bytes, frames }) => bytes / frames),
          middle(rate, ({ combatCores }) => combatCores),
          middle(rate, ({ gatewayCores }) => gatewayCores),
          middle(rate, ({ cores }) => cores),
          middle(rate, ({ gatewayCores, frames, seconds }) => (gatewayCores * 1e6 * seconds) / frames),
        ]),
      },
    ],
    plots: [
      {
        name: "latency",
        title: "From a socket written to the others' delivering it",
        x: { label: "share of deliveries that are faster", scale: "linear", ticks: TAIL_TICKS },
        y: { label: "ms", scale: "log" },
        series: RATES.map((rate) => ({ name: `${rate}/s`, points: of(rate).at(-1)?.curve ?? [] })),
        lines: [{ label: "aim at 1 000/s", y: 3 }],
      },
    ],
    measured: [
      {
        name: "runs",
        columns: [
          "updates_per_s",
          "sent",
          "delivered",
          "frames",
          "bytes",
          ...SUMMARY_COLUMNS,
          "combat_cores",
          "gateway_cores",
          "load_cores",
        ],
        rows: runs.map(({ rate, stretch }) => {
          const { sent, delivered, frames, bytes, summary, combatCores, gatewayCores, cores } = stretch;
          return [
            rate,
            sent,
            delivered,
            frames,
            bytes,
            ...summary,
            rounded(combatCores),
            rounded(gatewayCores),
            rounded(cores),
          ];
        }),
      },
    ],
    notes: [
      `Resident after all: combat ${Math.round(memory.combat / 2 ** 20)} MiB, gateway ${Math.round(memory.gateway / 2 ** 20)} MiB.`,
    ],
  };
}

/** Of all that the others should see, what they saw; the rest was coalesced. */
function percent({ sent, delivered }: Stretch, players: number): number {
  return Math.round((delivered / Math.max(1, sent * (players - 1))) * 1000) / 10;
}
