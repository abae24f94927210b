/**
 * Slow reader: one of a hundred in a match takes a kilobyte a second: what it costs the gateway's memory and the others' P99, and
 * what becomes of it: every event in order, or 4001. The same match is played without it before, in the same process.
 * Combat, gateway and load share the cores of this machine. The slow one speaks JSON.
 */
import { setTimeout as pause } from "node:timers/promises";
import { median, rounded } from "../measure/figures.ts";
import { SUMMARY_COLUMNS } from "../measure/latencies.ts";
import type { LoneContext, Report } from "../scenario.ts";
import { LoadedService, type Stretch } from "../sockets/service.ts";

const SIZE = { sessions: 1, players: 20, spectators: 79, format: "protobuf" } as const;
const UPDATES_PER_S = 600;
const SLOW_BYTES_PER_S = 1_000;
/** Blows a second: events. Few enough that nobody falls: who comes back elsewhere and walks on where it fell is a cheat. */
const BLOWS_PER_S = 10;
const RUNS = 3;
const AIM_TIMES = 1.1;
/** What the gateway may hold for it at the most: the socket's and the outbox's caps, and what frames of both cost around them. */
const AIM_GROWTH_BYTES = 4 * 2 ** 20;
const SLOW_READER = 4001;

type Sample = { readonly s: number; readonly bytes: number };
type Run = {
  readonly without: Stretch;
  readonly beside: Stretch;
  readonly samples: readonly Sample[];
  readonly told: number;
  readonly isWhole: boolean;
  readonly closedWith: number | null;
};

export async function slowReader({ seed, quick, say }: LoneContext): Promise<Report> {
  const runs: Run[] = [];
  for (let run = 0; run < (quick ? 1 : RUNS); run++) {
    const one = await runOnce({ seed: (seed + run) % 2 ** 32, ms: quick ? 5_000 : 60_000 }, say);
    const [before, after] = [one.without.summary[2], one.beside.summary[2]];
    say(`others' P99 ${before} ms without, ${after} ms beside it; it got ${one.told} events and ${endOf(one)}`);
    runs.push(one);
  }
  return reportOf(runs, seed);
}

async function runOnce({ seed, ms }: { seed: number; ms: number }, say: (text: string) => void): Promise<Run> {
  const service = await LoadedService.start(SIZE, say);
  try {
    const order = { perSecond: UPDATES_PER_S, warmUpMs: 3_000, ms, seed };
    const blows = () => strike(service, ms + 3_000);
    const [without] = await Promise.all([service.play(order), blows()]);
    const slow = await service.watchSlowly(SLOW_BYTES_PER_S);
    const [beside, samples] = await Promise.all([service.play(order), sampled(service, ms + 3_000), blows()]);
    await slow.hurry(5_000);
    const { seqs, closedWith } = slow;
    const isWhole = seqs.every((seq, at) => at === 0 || seq === seqs[at - 1]! + 1);
    return { without, beside, samples, told: seqs.length, isWhole, closedWith };
  } finally {
    await service.end();
  }
}

async function strike(service: LoadedService, ms: number): Promise<void> {
  for (let done = 0; done < (ms / 1000) * BLOWS_PER_S; done++) {
    await Promise.all([service.hurt(), pause(1000 / BLOWS_PER_S)]);
  }
}

async function sampled(service: LoadedService, ms: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let second = 0; second <= ms / 1000; second++) {
    samples.push({ s: second, bytes: (await service.memory()).gateway });
    await pause(1000);
  }
  return samples;
}

/** From the first ten seconds to the last ten: before it the buffers of the kernels fill, which are not the process's. */
function growthOf({ samples }: Run): number {
  const tenth = Math.max(1, Math.floor(samples.length / 6));
  const level = (some: readonly Sample[]) => median(some.map(({ bytes }) => bytes));
  return level(samples.slice(-tenth)) - level(samples.slice(0, tenth));
}

function endOf({ isWhole, closedWith }: Run): string {
  const order = isWhole ? "all of them in order" : "NOT ALL of them";
  return closedWith === SLOW_READER ? `${order}, then 4001` : `${order}, and stayed`;
}

function reportOf(runs: readonly Run[], seed: number): Report {
  const kinds = [
    { name: "without", of: ({ without }: Run) => without },
    { name: "beside it", of: ({ beside }: Run) => beside },
  ];
  const good = ({ isWhole, closedWith }: Run) => isWhole && (closedWith === null || closedWith === SLOW_READER);
  return {
    seed,
    about: `A match of ${SIZE.players} players and ${SIZE.spectators} spectators, ${UPDATES_PER_S} updates and ${BLOWS_PER_S} blows a second, without and with one more spectator who reads ${SLOW_BYTES_PER_S} bytes a second.`,
    figures: [
      {
        name: "others' P99, beside it over without",
        unit: "times",
        values: runs.map(({ without, beside }) => beside.summary[2]! / without.summary[2]!),
        better: "less",
        aim: AIM_TIMES,
      },
      {
        name: "gateway's memory, end over beginning",
        unit: "bytes",
        values: runs.map(growthOf),
        better: "less",
        aim: AIM_GROWTH_BYTES,
      },
      {
        name: "runs in which it got every event, or 4001",
        unit: "%",
        values: [(runs.filter(good).length / runs.length) * 100],
        better: "more",
        floor: 100,
      },
    ],
    tables: [
      {
        title: "Latency of the others, medians of the runs",
        columns: ["", ...SUMMARY_COLUMNS],
        rows: kinds.map(({ name, of }) => {
          return [name, ...SUMMARY_COLUMNS.map((_, at) => rounded(median(runs.map((run) => of(run).summary[at]!))))];
        }),
      },
      {
        title: "The slow one",
        columns: ["run", "events", "in order without a gap", "closed with"],
        rows: runs.map(({ told, isWhole, closedWith }, at) => {
          return [at + 1, told, isWhole ? "yes" : "no", closedWith ?? "stayed"];
        }),
      },
    ],
    plots: [
      {
        name: "memory",
        title: "Resident memory of the gateway beside a slow reader",
        x: { label: "s", scale: "linear" },
        y: { label: "MiB", scale: "linear" },
        series: runs.map(({ samples }, at) => {
          return { name: `run ${at + 1}`, points: samples.map(({ s, bytes }) => [s, bytes / 2 ** 20] as const) };
        }),
      },
    ],
    measured: [
      {
        name: "runs",
        columns: ["way", "run", ...SUMMARY_COLUMNS],
        rows: kinds.flatMap(({ name, of }) => runs.map((run, at) => [name, at + 1, ...of(run).summary])),
      },
    ],
    notes: [],
  };
}
