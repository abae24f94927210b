/**
 * Restore: from the start of a process until it serves 500 sessions that the process before, killed, had running.
 * Each time: the process is killed (SIGKILL) while all sessions are active and have just been hurt; it is started again
 * under its name. Ready is its ready line, as the starter reads it; ticking is when the last session had its first tick.
 * Stages are noted inside by restore-probe.ts. Beside it, the same process with nothing to restore.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { CombatCaller, serviceToken } from "../combat-caller.ts";
import { median, rounded } from "../measure/figures.ts";
import type { ProbeTimes } from "../restore-probe.ts";
import type { Context, Report } from "../scenario.ts";
import { type BenchService, startService } from "../services.ts";

const SESSIONS = 500;
const PLAYERS = 10;
const PROBE = new URL("../restore-probe.ts", import.meta.url).href;
const PROBE_MS_MAX = 30_000;
/** Longer than a checkpoint's interval: each session has one, and entries after it. */
const PLAYED_MS = 1_500;
const INSTANCE = "bench-restore";

type Start = { readonly sessions: number; readonly readyMs: number; readonly times: ProbeTimes };

export async function restore(context: Context): Promise<Report> {
  const { quick, say, servers, seed } = context;
  const dataDir = await mkdtemp(join(tmpdir(), "combat-bench-"));
  const repeats = quick ? 1 : 5;
  const settings = {
    DATA_DIR: dataDir,
    DATABASE_URL: servers.databaseUrl,
    REDIS_URL: servers.redisUrl,
    KAFKA_BROKERS: servers.brokers.join(","),
    COMBAT_INSTANCE: INSTANCE,
  };
  const starts: Start[] = [];
  try {
    await (await startService("combat", settings)).end("SIGKILL"); // Makes the schema, the topics and the compile cache.
    for (let repeat = 0; repeat < repeats; repeat++) {
      const { service, start } = await probedStart(settings, 0, dataDir);
      await service.end("SIGKILL");
      starts.push(start);
    }
    say(`nothing to restore: ready after ${rounded(median(starts.map(({ readyMs }) => readyMs)))} ms`);
    let service = await startService("combat", settings);
    const token = await serviceToken(dataDir);
    let caller = new CombatCaller(String(service.ready["grpc"]), token);
    const sessions = await caller.start(SESSIONS, PLAYERS);
    say(`${sessions.length} sessions run`);
    for (let repeat = 1; repeat <= repeats; repeat++) {
      await pause(PLAYED_MS);
      await caller.hurt(sessions, 2);
      caller.close();
      await service.end("SIGKILL");
      const again = await probedStart(settings, SESSIONS, dataDir);
      starts.push(again.start);
      service = again.service;
      caller = new CombatCaller(String(service.ready["grpc"]), token);
      say(`start ${repeat} of ${repeats}: ready after ${rounded(again.start.readyMs)} ms`);
    }
    caller.close();
    await service.end("SIGKILL");
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
  return reportOf(starts, { seed, repeats });
}

async function probedStart(
  settings: { readonly [name: string]: string },
  sessions: number,
  dataDir: string,
): Promise<{ service: BenchService; start: Start }> {
  const file = join(dataDir, "probe.json");
  await rm(file, { force: true });
  const probed = { ...settings, BENCH_PROBE_FILE: file, BENCH_PROBE_SESSIONS: String(sessions) };
  const service = await startService("combat", probed, ["--import", PROBE]);
  const endMs = performance.now() + PROBE_MS_MAX;
  for (;;) {
    const text = await readFile(file, "utf8").catch(() => null);
    if (text !== null) {
      return { service, start: { sessions, readyMs: service.readyMs, times: JSON.parse(text) as ProbeTimes } };
    }
    if (performance.now() > endMs) {
      await service.end("SIGKILL");
      throw new Error(`not all ${sessions} sessions ticked within ${PROBE_MS_MAX} ms`);
    }
    await pause(20);
  }
}

/** What each part took, in order; together they are the way to the ready line. */
const STAGES = ["boot", "stores", "claim", "take", "revive", "ports"] as const;

function stagesOf({ readyMs, times }: Start): Record<(typeof STAGES)[number], number> {
  const { loadedMs, storesMs, claimMs, takeMs, recoveredMs } = times;
  return {
    boot: loadedMs,
    stores: storesMs - loadedMs,
    claim: claimMs,
    take: takeMs,
    revive: recoveredMs - storesMs - claimMs - takeMs,
    ports: readyMs - recoveredMs,
  };
}

function reportOf(starts: readonly Start[], { seed, repeats }: { seed: number; repeats: number }): Report {
  const empty = starts.filter(({ sessions }) => sessions === 0);
  const full = starts.filter(({ sessions }) => sessions > 0);
  const ready = (of: readonly Start[]) => of.map(({ readyMs }) => readyMs);
  const staged = [
    { name: "nothing to restore", of: empty },
    { name: `${SESSIONS} sessions`, of: full },
  ];
  const medianOf = (of: readonly Start[], stage: (typeof STAGES)[number]) =>
    rounded(median(of.map((start) => stagesOf(start)[stage])));
  return {
    seed,
    about: `${SESSIONS} active sessions of ${PLAYERS} players, killed and started again ${repeats} times under one COMBAT_INSTANCE; the real PostgreSQL, Redis and Kafka.`,
    figures: [
      { name: `start to ready, ${SESSIONS} sessions`, unit: "ms", values: ready(full), better: "less" },
      {
        name: "start to every session ticking",
        unit: "ms",
        values: full.map(({ times }) => times.lastTickMs),
        better: "less",
      },
      { name: "start to ready, nothing to restore", unit: "ms", values: ready(empty), better: "less" },
      {
        name: `restoring ${SESSIONS} sessions costs the start`,
        unit: "ms",
        values: [median(ready(full)) - median(ready(empty))],
        better: "less",
      },
    ],
    tables: [
      {
        title: "Stages of the start, milliseconds, medians",
        columns: ["to restore", ...STAGES, "ready", "first tick", "last tick"],
        rows: staged.map(({ name, of }) => [
          name,
          ...STAGES.map((stage) => medianOf(of, stage)),
          rounded(median(ready(of))),
          rounded(median(of.map(({ times }) => times.firstTickMs || Number.NaN))),
          rounded(median(of.map(({ times }) => times.lastTickMs || Number.NaN))),
        ]),
      },
    ],
    plots: [
      {
        name: "stages",
        title: `Start with ${SESSIONS} sessions to restore, by stage`,
        x: { label: "stage", scale: "linear", ticks: STAGES.map((label, index) => ({ at: index + 1, label })) },
        y: { label: "ms", scale: "linear" },
        bars: true,
        series: [
          { name: "median of the starts", points: STAGES.map((stage, index) => [index + 1, medianOf(full, stage)]) },
        ],
      },
    ],
    measured: [
      {
        name: "starts",
        columns: ["sessions", "ready_ms", "first_tick_ms", "last_tick_ms", ...STAGES.map((stage) => `${stage}_ms`)],
        rows: starts.map((start) => [
          start.sessions,
          rounded(start.readyMs),
          rounded(start.times.firstTickMs),
          rounded(start.times.lastTickMs),
          ...STAGES.map((stage) => rounded(stagesOf(start)[stage])),
        ]),
      },
    ],
    notes: [
      "boot: Node and all code; stores: connections and migrations; claim: the records; take: the live copies; revive: all else of restoring; ports: servers that answer calls.",
    ],
  };
}
