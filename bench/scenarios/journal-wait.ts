/**
 * Journal wait: what waiting for the journal adds to an event's latency.
 * 500 sessions at 30 Hz in one process with the service's own delivery and keeper; blows come at a fixed rate, open loop.
 * Of every event: from when it was taken to be kept until the verdict; and from when it happened (its tick) until it
 * was shown. On the real Redis and, beside it in the same run on the store in memory: the difference of the two
 * is what the journal adds.
 * Law: all events of the measured time count, those at the tail most of all; nothing is left out as a warm-up of its own.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { LiveStore } from "#combat/stores/live-store.ts";
import { createMemoryLiveStore } from "#combat/stores/live-store-memory.ts";
import { createRedisLiveStore } from "#combat/stores/live-store-redis.ts";
import { closeRedis, openRedis } from "#ops/redis.ts";
import { type Hosting, loudLog, nullSink, openHosting } from "../hosting.ts";
import { median, rounded } from "../measure/figures.ts";
import { Latencies, SUMMARY_COLUMNS, TAIL_TICKS, tailCurve } from "../measure/latencies.ts";
import type { Context, Report } from "../scenario.ts";

const AIM_MS = 3;
const SESSIONS = 500;
const PLAYERS = 10;
const TICK_RATE_HZ = 30;
const RATES = [1_000, 5_000] as const;
const STORES = ["Redis", "memory"] as const;
type StoreName = (typeof STORES)[number];

/** One store under one rate: all runs together, and each run's own. */
type Stretch = {
  readonly store: StoreName;
  readonly rate: number;
  readonly wait: Latencies;
  readonly shown: Latencies;
  readonly runs: { readonly p99Ms: number; readonly p999Ms: number }[];
};

export async function journalWait(context: Context): Promise<Report> {
  const { quick, say, servers } = context;
  const runs = quick ? 1 : 3;
  const seconds = { settle: quick ? 0.5 : 1, measure: quick ? 2 : 4 };
  const redis = await openRedis({ url: servers.redisUrl, name: "bench", log: loudLog });
  const stretches = STORES.flatMap((store) =>
    RATES.map((rate): Stretch => ({ store, rate, wait: new Latencies(), shown: new Latencies(), runs: [] })),
  );
  for (const store of STORES) {
    const live = store === "Redis" ? createRedisLiveStore({ redis, log: loudLog }) : createMemoryLiveStore();
    const watch = new EventWatch();
    const hosting = await open(live, watch, context);
    watch.attach(hosting);
    await measure(hosting, watch, { rate: RATES[0], ...seconds }); // Warms up; what it gave is thrown away.
    for (let run = 1; run <= runs; run++) {
      for (const stretch of stretches.filter((one) => one.store === store)) {
        const { wait, shown } = await measure(hosting, watch, { rate: stretch.rate, ...seconds });
        stretch.wait.add(wait);
        stretch.shown.add(shown);
        stretch.runs.push({ p99Ms: wait.percentile(99), p999Ms: wait.percentile(99.9) });
        say(`${store}, ${stretch.rate} events/s, run ${run} of ${runs}: P99 ${rounded(wait.percentile(99))} ms`);
      }
    }
    await hosting.close();
    await live.close();
  }
  await closeRedis(redis);
  return reportOf(stretches, context, { runs, seconds: seconds.measure });
}

function open(live: LiveStore, watch: EventWatch, { servers, seed }: Context): Promise<Hosting> {
  return openHosting({
    databaseUrl: servers.databaseUrl,
    live,
    sink: nullSink,
    sessions: SESSIONS,
    players: PLAYERS,
    tickRateHz: TICK_RATE_HZ,
    seed,
    onShown: (_event, sinceTickMs) => watch.shown.record(sinceTickMs),
  });
}

/** Sees every event twice: on its way into the keeper and out of it, and when it is shown. */
class EventWatch {
  wait = new Latencies();
  shown = new Latencies();

  attach({ host: { keeper } }: Hosting): void {
    const keep = keeper.keep.bind(keeper);
    keeper.keep = async (told) => {
      const fromMs = performance.now();
      const verdicts = await keep(told);
      const ms = performance.now() - fromMs;
      for (const { events } of told) for (const _ of events) this.wait.record(ms);
      return verdicts;
    };
  }

  begin(): void {
    this.wait = new Latencies();
    this.shown = new Latencies();
  }
}

type Measuring = { readonly rate: number; readonly settle: number; readonly measure: number };

async function measure(hosting: Hosting, watch: EventWatch, { rate, settle, measure: seconds }: Measuring) {
  hosting.setRate(rate);
  await pause(settle * 1000);
  watch.begin();
  const { wait, shown } = watch;
  await pause(seconds * 1000);
  watch.begin();
  hosting.setRate(0);
  if (hosting.host.keeper.isAway) throw new Error("the live store was away: there is nothing to measure");
  return { wait, shown };
}

function reportOf(
  stretches: readonly Stretch[],
  { seed }: Context,
  { runs, seconds }: { runs: number; seconds: number },
): Report {
  const named = ({ store, rate }: Stretch) => `${store}, ${rate} events/s`;
  const real = stretches.filter(({ store }) => store === "Redis");
  const beside = (stretch: Stretch) => stretches.find((one) => one.store === "memory" && one.rate === stretch.rate)!;
  return {
    seed,
    about: `${SESSIONS} sessions of ${PLAYERS} players at ${TICK_RATE_HZ} Hz in one process, blows open loop, ${runs} runs of ${seconds} s at each rate. Events are published to nowhere.`,
    figures: real.flatMap((stretch) => [
      {
        name: `added at P99, ${stretch.rate} events/s`,
        unit: "ms",
        values: stretch.runs.map(({ p99Ms }) => p99Ms),
        better: "less" as const,
        aim: AIM_MS,
      },
      {
        name: `added at P99.9, ${stretch.rate} events/s`,
        unit: "ms",
        values: stretch.runs.map(({ p999Ms }) => p999Ms),
        better: "less" as const,
      },
      {
        name: `the same on memory at P99, ${stretch.rate} events/s`,
        unit: "ms",
        values: beside(stretch).runs.map(({ p99Ms }) => p99Ms),
        better: "less" as const,
      },
      {
        name: `Redis over memory, happened to shown, P50, ${stretch.rate} events/s`,
        unit: "times",
        values: [stretch.shown.percentile(50) / beside(stretch).shown.percentile(50)],
        better: "less" as const,
      },
    ]),
    tables: [
      {
        title: "Waiting for the journal: from being given to the keeper to its verdict",
        columns: ["store", "events", ...SUMMARY_COLUMNS],
        rows: stretches.map((stretch) => [named(stretch), stretch.wait.count, ...stretch.wait.summary()]),
      },
      {
        title: "From the tick in which an event happened to its being shown",
        columns: ["store", "events", ...SUMMARY_COLUMNS],
        rows: stretches.map((stretch) => [named(stretch), stretch.shown.count, ...stretch.shown.summary()]),
      },
    ],
    plots: [
      {
        name: "wait",
        title: "Waiting for the journal",
        x: { label: "share of events that waited less", scale: "linear", ticks: TAIL_TICKS },
        y: { label: "ms", scale: "log" },
        series: stretches.map((stretch) => ({ name: named(stretch), points: tailCurve(stretch.wait) })),
        lines: [{ label: "aim at P99: 3 ms", y: AIM_MS }],
      },
      {
        name: "shown",
        title: "From happening to being shown",
        x: { label: "share of events that took less", scale: "linear", ticks: TAIL_TICKS },
        y: { label: "ms", scale: "log" },
        series: stretches.map((stretch) => ({ name: named(stretch), points: tailCurve(stretch.shown) })),
      },
    ],
    measured: [
      {
        name: "runs",
        columns: ["store", "events_per_s", "run", "p99_ms", "p999_ms"],
        rows: stretches.flatMap(({ store, rate, runs: each }) =>
          each.map(({ p99Ms, p999Ms }, run) => [store, rate, run + 1, rounded(p99Ms), rounded(p999Ms)]),
        ),
      },
    ],
    notes: [
      `Of the wait on memory (P50 ${rounded(median(stretches.filter(({ store }) => store === "memory").map(({ wait }) => wait.percentile(50))))} ms) all is encoding and turns of the event loop; what Redis adds is the difference.`,
    ],
  };
}
