/**
 * Soak: does anything grow? Round after round matches begin, are played, hit, left and come back to, watched and ended, by two crowds
 * in turns; after each round, when nobody is there and garbage is collected, it is counted what combat and gateway still hold.
 * Then a straight line is laid through the samples: what grows by the hour, and by the match, and how sure that is. The first quarter
 * is left out: code warms up and pools fill. Five minutes tell a leak that is large; an hour one that is small (--minutes).
 * Records and live state are in combat's memory, and the latter keeps a match that is over for ten minutes: so much growth is meant,
 * and combat's has an aim only in a run whose first quarter is as long.
 */
import { setTimeout as pause } from "node:timers/promises";
import { OVER_IN_LIVE_STORE_MS } from "#combat/limits.ts";
import { rounded, slope, slopeError } from "../measure/figures.ts";
import { descriptors } from "../measure/process-use.ts";
import type { LoneContext, Report } from "../scenario.ts";
import { LoadedService } from "../sockets/service.ts";

const SIZE = { sessions: 20, players: 20, spectators: 1, format: "protobuf" } as const;
const UPDATES_PER_S = 400;
const SPECTATORS = 50;
/** Events of each match while it is played. Few enough that nobody falls. */
const BLOWS_PER_STRETCH = 10;
const MINUTES = 5;
const QUICK_MINUTES = 1 / 3;
/** After the sockets of a round are gone. */
const REST_MS = 1_000;
const SAMPLES_MIN = 5;
const LEFT_OUT_SHARE = 0.25;
const CROWDS = 2;
const S_PER_H = 3_600;
const MIB = 2 ** 20;

const KINDS = [
  { name: "heap", unit: "MiB/h", per: MIB, aim: 4 },
  { name: "external", unit: "MiB/h", per: MIB, aim: 1 },
  { name: "resident", unit: "MiB/h", per: MIB, aim: 16 },
  { name: "descriptors", unit: "1/h", per: 1, aim: 1 },
] as const;
const PROCESSES = ["combat", "gateway"] as const;

type Held = { readonly [kind in (typeof KINDS)[number]["name"]]: number };
/** `s`: since the beginning; `matches`: that have ended. */
type Sample = { readonly s: number; readonly matches: number } & {
  readonly [process in (typeof PROCESSES)[number]]: Held;
};

export async function soak({ seed, quick, minutes, say }: LoneContext): Promise<Report> {
  const wanted = quick ? QUICK_MINUTES : (minutes ?? MINUTES);
  const service = await LoadedService.startEmpty(() => {}, { isProbed: true });
  const samples: Sample[] = [];
  const fromMs = performance.now();
  const seconds = () => (performance.now() - fromMs) / 1000;
  try {
    while (seconds() < wanted * 60 || samples.length < SAMPLES_MIN) {
      const round = { ms: quick ? 500 : 3_000, seed: (seed + samples.length) % 2 ** 32 };
      await Promise.all([life(service, round, 0), life(service, round, round.ms)]);
      await pause(REST_MS);
      const matches = (samples.length + 1) * CROWDS * SIZE.sessions;
      const sample = { s: seconds(), matches, ...(await heldBy(service)) };
      samples.push(sample);
      say(`${Math.round(sample.s)} s, ${matches} matches: ${PROCESSES.map((name) => told(name, sample)).join("; ")}`);
    }
  } finally {
    await service.end();
  }
  return reportOf(samples, seed);
}

/** All that happens to some matches. `afterMs`: so that while the one crowd plays the other comes or goes. */
async function life(service: LoadedService, { ms, seed }: { ms: number; seed: number }, afterMs: number) {
  await pause(afterMs);
  const crowd = await service.addCrowd(SIZE);
  const order = { perSecond: UPDATES_PER_S, warmUpMs: 0, ms, seed };
  const blows = async () => {
    for (let done = 0; done < BLOWS_PER_STRETCH; done++) {
      await Promise.all([crowd.hurt(), pause(ms / BLOWS_PER_STRETCH)]);
    }
  };
  await Promise.all([crowd.play(order), blows()]);
  await crowd.watch(SPECTATORS);
  await crowd.comeBack((SIZE.sessions * SIZE.players) / 2);
  await Promise.all([crowd.play(order), blows()]);
  await crowd.unwatch();
  await crowd.finish();
  await service.removeCrowd(crowd);
}

async function heldBy(service: LoadedService): Promise<Pick<Sample, "combat" | "gateway">> {
  const { pids } = service;
  const { combat, gateway } = await service.held();
  return {
    combat: held(combat, await descriptors(pids.combat)),
    gateway: held(gateway, await descriptors(pids.gateway)),
  };
}

function held({ heapUsed, external, rss }: NodeJS.MemoryUsage, count: number): Held {
  return { heap: heapUsed, external, resident: rss, descriptors: count };
}

function told(name: (typeof PROCESSES)[number], sample: Sample): string {
  const { heap, resident, descriptors: count } = sample[name];
  return `${name} ${rounded(heap / MIB)} of ${rounded(resident / MIB)} MiB, ${count} descriptors`;
}

function reportOf(samples: readonly Sample[], seed: number): Report {
  const settled = samples.slice(Math.floor(samples.length * LEFT_OUT_SHARE));
  const rows = PROCESSES.flatMap((process) =>
    KINDS.map((kind) => {
      const over = (x: (sample: Sample) => number) =>
        settled.map((sample) => [x(sample), sample[process][kind.name] / kind.per] as const);
      const [hours, matches] = [over(({ s }) => s / S_PER_H), over((sample) => sample.matches)];
      return { process, kind, perHour: slope(hours), error: slopeError(hours), perMatch: slope(matches) * kind.per };
    }),
  );
  const last = samples.at(-1)!;
  const isLong = last.s * LEFT_OUT_SHARE * 1000 >= OVER_IN_LIVE_STORE_MS;
  return {
    seed,
    about: `${Math.round(last.s / 6) / 10} minutes, ${last.matches} matches of ${SIZE.players} players, ${samples.length} samples when nobody was there, the first quarter of them left out.`,
    figures: rows.map(({ process, kind, perHour }) => {
      const name = `${process}: growth of ${kind.name}`;
      return {
        name,
        unit: kind.unit,
        values: [perHour],
        better: "less" as const,
        ...((isLong || process === "gateway") && { aim: kind.aim }),
      };
    }),
    tables: [
      {
        title: "Growth, and two standard errors of it to either side",
        columns: ["process", "of", "by the hour", "±", "", "by the match", "held at the end"],
        rows: rows.map(({ process, kind, perHour, error, perMatch }) => [
          ...[process, kind.name, rounded(perHour), rounded(2 * error), kind.unit, rounded(perMatch)],
          rounded(last[process][kind.name]),
        ]),
      },
    ],
    plots: [
      {
        name: "memory",
        title: "Held after each round, when nobody is there",
        x: { label: "s", scale: "linear" },
        y: { label: "MiB", scale: "linear" },
        series: PROCESSES.flatMap((process) =>
          (["heap", "resident"] as const).map((kind) => {
            const points = samples.map((sample) => [sample.s, sample[process][kind] / MIB] as const);
            return { name: `${process}, ${kind}`, points };
          }),
        ),
      },
    ],
    measured: [
      {
        name: "samples",
        columns: ["s", "matches", ...PROCESSES.flatMap((process) => KINDS.map(({ name }) => `${process}_${name}`))],
        rows: samples.map((sample) => [
          ...[rounded(sample.s), sample.matches],
          ...PROCESSES.flatMap((process) => KINDS.map(({ name }) => sample[process][name])),
        ]),
      },
    ],
    notes: [
      ...(isLong
        ? []
        : ["Too short to judge combat by: it keeps matches that are over for ten minutes, which is what it grew by."]),
      "The samples follow each other and are no independent draws: that error is rather too small than too large. Growth within it is none that was seen.",
    ],
  };
}
