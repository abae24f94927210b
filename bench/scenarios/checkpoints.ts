/**
 * Checkpoints: what keeping sessions costs. Bytes and time of one checkpoint and of one journal entry at several sizes; then
 * the CPU of keeping 500 sessions: a process that keeps nothing, one that encodes for a store that only says yes, and one
 * that writes to the real Redis, in turns; the differences are the cost.
 * Law: sessions have played before they are measured, so that states hold what states hold in a fight.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Hosted } from "#combat/session/hosted.ts";
import type { SessionEvent } from "#combat/session/session-events.ts";
import { patchOf, stateOf } from "#combat/session/state.ts";
import type { LiveStore } from "#combat/stores/live-store.ts";
import { createRedisLiveStore } from "#combat/stores/live-store-redis.ts";
import { encodeEntry, encodeState } from "#combat/stores/state-codec.ts";
import { closeRedis, openRedis } from "#ops/redis.ts";
import { loudLog, nullSink, openHosting } from "../hosting.ts";
import { startCpu } from "../measure/cpu.ts";
import { median, rounded } from "../measure/figures.ts";
import type { Context, Report } from "../scenario.ts";

const SIZES = [4, 20, 50] as const;
const SESSIONS = 500;
const PLAYERS = 10;
const TICK_RATE_HZ = 30;
/** Blows a second in one session: an average fight of ten. */
const BLOWS_PER_SESSION = 2;

type Size = {
  readonly players: number;
  readonly checkpointBytes: number;
  readonly checkpointUs: readonly number[];
  readonly entryBytes: number;
  readonly entryUs: readonly number[];
};

const WAYS = ["nothing kept", "encoded only", "kept in Redis"] as const;
type Way = (typeof WAYS)[number];

type Use = {
  readonly way: Way;
  readonly cores: number;
  readonly checkpointBytesPerSecond: number;
  readonly entryBytesPerSecond: number;
  readonly redisBytesPerSecond: number;
  readonly redisCores: number;
};

export async function checkpoints(context: Context): Promise<Report> {
  const sizes: Size[] = [];
  for (const players of SIZES) {
    sizes.push(await sizeOf(players, context));
    context.say(`${players} players: checkpoint ${sizes.at(-1)!.checkpointBytes} bytes`);
  }
  const runs = context.quick ? 1 : 3;
  const uses: Use[] = [];
  for (let run = 1; run <= runs; run++) {
    for (const way of WAYS) {
      const use = await useOf(way, context);
      uses.push(use);
      context.say(`${way}, run ${run} of ${runs}: ${rounded(use.cores)} cores`);
    }
  }
  return reportOf(sizes, uses, context);
}

async function sizeOf(players: number, { servers, seed, quick }: Context): Promise<Size> {
  const told: SessionEvent[] = [];
  const hosting = await openHosting({
    databaseUrl: servers.databaseUrl,
    live: YES,
    sink: nullSink,
    sessions: 8,
    players,
    tickRateHz: TICK_RATE_HZ,
    seed,
    keeps: false,
    onShown: (event) => event.body.kind === "damage_dealt" && told.push(event),
  });
  hosting.setRate(8 * players);
  await pause(quick ? 700 : 3000);
  hosting.setRate(0);
  await pause(100);
  const { hosted } = hosting;
  const states = hosted.map(({ session }) => encodeState(stateOf(session)).length);
  const hits = hosted.map((one) => [one, told.findLast(({ sessionId }) => sessionId === one.session.id)!] as const);
  const entries = hits.map(([one, event]) => entryOf(one, event).length);
  const loops = quick ? 200 : 1000;
  const checkpointUs = timed(loops, (at) => encodeState(stateOf(hosted[at % hosted.length]!.session)));
  const entryUs = timed(loops * 4, (at) => entryOf(...hits[at % hits.length]!));
  await hosting.close();
  return { players, checkpointBytes: median(states), checkpointUs, entryBytes: median(entries), entryUs };
}

/** A hit, as it is written: the event, and the two whom it is about. */
function entryOf({ session }: Hosted, event: SessionEvent): Uint8Array {
  const patch = patchOf(session, [event]);
  if (patch === null) throw new Error("a hit is a patch");
  return encodeEntry({ events: [event], after: { patch } });
}

const BATCHES = 5;

/** Microseconds of one, of each of some batches; the first batch warms up and is left out. */
function timed(loops: number, work: (at: number) => void): number[] {
  const batches: number[] = [];
  for (let batch = 0; batch <= BATCHES; batch++) {
    const fromMs = performance.now();
    for (let at = 0; at < loops; at++) work(at);
    batches.push(((performance.now() - fromMs) * 1000) / loops);
  }
  return batches.slice(1);
}

/** A live store that only says yes. */
const YES: LiveStore = {
  write: async (writes) => writes.map(() => "kept"),
  open: async (writes) => writes.map(() => "kept"),
  take: async () => "missing",
  entries: async () => [],
  read: async () => null,
  finish: async () => "kept",
  backAtMs: Number.NEGATIVE_INFINITY,
  onBack: () => {},
  close: async () => {},
};

async function useOf(way: Way, { servers, seed, quick }: Context): Promise<Use> {
  const redis = await openRedis({ url: servers.redisUrl, name: "bench", log: loudLog });
  const live = way === "kept in Redis" ? createRedisLiveStore({ redis, log: loudLog }) : YES;
  const hosting = await openHosting({
    databaseUrl: servers.databaseUrl,
    live,
    sink: nullSink,
    sessions: SESSIONS,
    players: PLAYERS,
    tickRateHz: TICK_RATE_HZ,
    seed,
    keeps: way !== "nothing kept",
  });
  hosting.setRate(SESSIONS * BLOWS_PER_SESSION);
  await pause(quick ? 500 : 1500);
  const redisBefore = await redisUse(redis);
  const before = { ...hosting.host.keeper.counts };
  const endCpu = startCpu();
  await pause(quick ? 1500 : 4000);
  const { cores, seconds } = endCpu();
  const redisAfter = await redisUse(redis);
  const { counts } = hosting.host.keeper;
  const use = {
    way,
    cores,
    checkpointBytesPerSecond: (counts.checkpointBytes - before.checkpointBytes) / seconds,
    entryBytesPerSecond: (counts.entryBytes - before.entryBytes) / seconds,
    redisBytesPerSecond: (redisAfter.bytes - redisBefore.bytes) / seconds,
    redisCores: (redisAfter.cpuSeconds - redisBefore.cpuSeconds) / seconds,
  };
  await hosting.close();
  await closeRedis(redis);
  return use;
}

/** Of the whole server: what it received, and its processor time. */
async function redisUse(redis: Awaited<ReturnType<typeof openRedis>>): Promise<{ bytes: number; cpuSeconds: number }> {
  const info = `${await redis.info("stats")}\n${await redis.info("cpu")}`;
  const number = (name: string) => Number(new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1] ?? Number.NaN);
  return { bytes: number("total_net_input_bytes"), cpuSeconds: number("used_cpu_sys") + number("used_cpu_user") };
}

function reportOf(sizes: readonly Size[], uses: readonly Use[], { seed, quick }: Context): Report {
  const of = (way: Way) => uses.filter((use) => use.way === way);
  const kept = of("kept in Redis");
  /** Of one session, in microseconds of processor time a second, run by run. */
  const above = (way: Way, base: Way) =>
    of(way).map(({ cores }, run) => ((cores - of(base)[run]!.cores) * 1e6) / SESSIONS);
  const twenty = sizes.find(({ players }) => players === 20)!;
  return {
    seed,
    about: `CPU: ${SESSIONS} sessions of ${PLAYERS} players at ${TICK_RATE_HZ} Hz, ${BLOWS_PER_SESSION} blows a second in each, ${kept.length} runs of ${quick ? 1.5 : 4} s of each way in turns.`,
    figures: [
      {
        name: "CPU of keeping, per session and second",
        unit: "µs",
        values: above("kept in Redis", "nothing kept"),
        better: "less",
      },
      {
        name: "of it encoding and deciding",
        unit: "µs",
        values: above("encoded only", "nothing kept"),
        better: "less",
      },
      { name: "of it writing to Redis", unit: "µs", values: above("kept in Redis", "encoded only"), better: "less" },
      {
        name: `keeping over not keeping, the whole process`,
        unit: "times",
        values: kept.map(({ cores }, run) => cores / of("nothing kept")[run]!.cores),
        better: "less",
      },
      { name: "checkpoint of 20 players", unit: "bytes", values: [twenty.checkpointBytes], better: "less" },
      {
        name: "checkpoint bytes per session and second",
        unit: "bytes",
        values: kept.map((use) => use.checkpointBytesPerSecond / SESSIONS),
        better: "less",
      },
      {
        name: `all bytes to Redis, ${SESSIONS} sessions`,
        unit: "bytes/s",
        values: kept.map((use) => use.redisBytesPerSecond),
        better: "less",
      },
      {
        name: "CPU of Redis, per session and second",
        unit: "µs",
        values: kept.map((use) => (use.redisCores * 1e6) / SESSIONS),
        better: "less",
      },
    ],
    tables: [
      {
        title: "One checkpoint, and one journal entry of a hit",
        columns: ["players", "checkpoint bytes", "checkpoint µs", "entry bytes", "entry µs"],
        rows: sizes.map((size) => [
          size.players,
          size.checkpointBytes,
          rounded(median(size.checkpointUs)),
          size.entryBytes,
          rounded(median(size.entryUs)),
        ]),
      },
      {
        title: "The process while it runs, medians",
        columns: [
          "way",
          "CPU cores",
          "checkpoint bytes/s",
          "entry bytes/s",
          "Redis received bytes/s",
          "Redis CPU cores",
        ],
        rows: WAYS.map((way) => [
          way,
          ...(
            ["cores", "checkpointBytesPerSecond", "entryBytesPerSecond", "redisBytesPerSecond", "redisCores"] as const
          ).map((name) => rounded(median(of(way).map((use) => use[name])))),
        ]),
      },
    ],
    plots: [
      {
        name: "cpu",
        title: `CPU of ${SESSIONS} sessions, by what is kept`,
        x: { label: "", scale: "linear", ticks: WAYS.map((label, index) => ({ at: index + 1, label })) },
        y: { label: "CPU cores of the process", scale: "linear" },
        bars: true,
        series: WAYS.map((way, index) => ({
          name: way,
          points: [[index + 1, median(of(way).map(({ cores }) => cores))]],
        })),
      },
      {
        name: "bytes",
        title: "Bytes of a checkpoint and of a journal entry",
        x: { label: "players", scale: "linear" },
        y: { label: "bytes", scale: "linear" },
        series: [
          { name: "checkpoint", points: sizes.map(({ players, checkpointBytes }) => [players, checkpointBytes]) },
          { name: "entry of a hit", points: sizes.map(({ players, entryBytes }) => [players, entryBytes]) },
        ],
      },
    ],
    measured: [
      {
        name: "runs",
        columns: ["way", "cores", "checkpoint_bytes_per_s", "entry_bytes_per_s", "redis_bytes_per_s", "redis_cores"],
        rows: uses.map((use) => [
          use.way,
          rounded(use.cores),
          Math.round(use.checkpointBytesPerSecond),
          Math.round(use.entryBytesPerSecond),
          Math.round(use.redisBytesPerSecond),
          rounded(use.redisCores),
        ]),
      },
    ],
    notes: ["Redis counts all that it received and used meanwhile; nobody else used it if the machine was left alone."],
  };
}
