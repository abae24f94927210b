/**
 * Reconnects: 2,000 sockets of other players are cut at once and come back at once: what that costs those who play on, and how
 * long it takes. The gateway's limit of handshakes a second is its default; that of one address is lifted, since all come from
 * one. Who is refused comes again as packages/client does.
 * Each run has new processes: the same players, the same time, before the storm and in it. Those who come back are a load process
 * of their own, so that it is not the clock of those who play that waits for handshakes.
 */
import { setTimeout as pause } from "node:timers/promises";
import { median, rounded } from "../measure/figures.ts";
import { SUMMARY_COLUMNS } from "../measure/latencies.ts";
import type { LoneContext, Report } from "../scenario.ts";
import type { Stretch } from "../sockets/crowd.ts";
import { LoadedService } from "../sockets/service.ts";
import type { CameBack } from "../sockets/swarm.ts";

const SIZE = { sessions: 100, players: 20, spectators: 0, format: "protobuf" } as const;
const QUICK_SIZE = { ...SIZE, sessions: 20 } as const;
/** Of all who play: each moves once in two seconds. */
const UPDATES_PER_S = 1_000;
const WARM_UP_MS = 3_000;
/** As long as 2,000 handshakes take at 250 a second; the storm begins with it. */
const STORM_MS = 8_000;
const RUNS = 3;
/** P99 of who plays may be so much longer. */
const AIM_TIMES = 1.1;

type Run = { readonly before: Stretch; readonly during: Stretch; readonly back: CameBack };

export async function reconnects({ seed, quick, say }: LoneContext): Promise<Report> {
  const size = quick ? QUICK_SIZE : SIZE;
  const perSecond = (UPDATES_PER_S * size.sessions) / SIZE.sessions;
  const runs: Run[] = [];
  for (let run = 0; run < (quick ? 1 : RUNS); run++) {
    const ms = (STORM_MS * size.sessions) / SIZE.sessions;
    const one = await runOnce(size, { perSecond, warmUpMs: WARM_UP_MS, ms, seed: (seed + run) % 2 ** 32 }, say);
    const [before, during] = [one.before.summary[2], one.during.summary[2]];
    const { sockets, ms: backMs, refused } = one.back;
    say(`P99 ${before} ms before, ${during} ms during; ${sockets} back in ${rounded(backMs)} ms, ${refused} refused`);
    runs.push(one);
  }
  return reportOf(runs, { seed, players: size.sessions * size.players, perSecond });
}

type Order = { perSecond: number; warmUpMs: number; ms: number; seed: number };

async function runOnce(size: typeof SIZE | typeof QUICK_SIZE, order: Order, say: (text: string) => void): Promise<Run> {
  const service = await LoadedService.start(size, say, { handshakes: "default" });
  try {
    const others = await service.addCrowd(size);
    const before = await service.play(order);
    const storm = async () => {
      await pause(order.warmUpMs);
      return others.comeBack(size.sessions * size.players);
    };
    const [during, back] = await Promise.all([service.play(order), storm()]);
    return { before, during, back };
  } finally {
    await service.end();
  }
}

type Facts = { readonly seed: number; readonly players: number; readonly perSecond: number };

function reportOf(runs: readonly Run[], { seed, players, perSecond }: Facts): Report {
  const kinds = [
    { name: "before", of: ({ before }: Run) => before },
    { name: "during", of: ({ during }: Run) => during },
  ];
  const middle = (value: (run: Run) => number) => rounded(median(runs.map(value)));
  return {
    seed,
    about: `${players} players in matches of ${SIZE.players} with ${perSecond} position updates a second, before and while ${players} others are cut at once and come back at once.`,
    figures: [
      {
        name: "P99 of who plays, during over before",
        unit: "times",
        values: runs.map(({ before, during }) => during.summary[2]! / before.summary[2]!),
        better: "less",
        aim: AIM_TIMES,
      },
      { name: "until all were back", unit: "s", values: runs.map(({ back }) => back.ms / 1000), better: "less" },
      { name: "until half were back", unit: "s", values: runs.map(({ back }) => back.halfMs / 1000), better: "less" },
      { name: "handshakes refused", unit: "", values: runs.map(({ back }) => back.refused), better: "less" },
    ],
    tables: [
      {
        title: "Latency of who plays, medians of the runs",
        columns: ["", ...SUMMARY_COLUMNS, "combat cores", "gateway cores", "load cores"],
        rows: kinds.map(({ name, of }) => [
          name,
          ...SUMMARY_COLUMNS.map((_, at) => middle((run) => of(run).summary[at]!)),
          ...[middle((run) => of(run).combatCores), middle((run) => of(run).gatewayCores)],
          middle((run) => of(run).cores),
        ]),
      },
    ],
    plots: [
      {
        name: "p99",
        title: "P99 of who plays",
        x: { label: "", scale: "linear", ticks: kinds.map(({ name }, at) => ({ at, label: name })) },
        y: { label: "ms", scale: "linear" },
        bars: true,
        series: [{ name: "last run", points: kinds.map(({ of }, at) => [at, of(runs.at(-1)!).summary[2]!] as const) }],
      },
    ],
    measured: [
      {
        name: "runs",
        columns: ["when", "run", ...SUMMARY_COLUMNS, "back_ms", "half_back_ms", "refused"],
        rows: kinds.flatMap(({ name, of }) =>
          runs.map((run, at) => {
            const { ms, halfMs, refused } = run.back;
            return [name, at + 1, ...of(run).summary, rounded(ms), rounded(halfMs), refused];
          }),
        ),
      },
    ],
    notes: [
      "Combat, gateway and both load processes share the cores of this machine. What it takes to knock and to read what comes back is work of the same machine, and is in the figure of those who play.",
      "The first handshake comes at once, and not after the pause that a client of ours would make: the worst there is.",
    ],
  };
}
