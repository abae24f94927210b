/**
 * Hit rate: how many reads of sessions are answered without the record store. Two combats, each with a gateway, over the
 * same stores; half of the reads go over REST, half over gRPC, to either instance.
 * The mix: who plays reads its session where it is hosted (80 %); a load balancer or another service asks the other
 * instance (12 %); results are read right after the end, with the same split (6.5 % and 1 %); old matches are looked up (0.5 %).
 * Law: what answered is what the services count (combat_session_reads_total). They count no reads of sessions that are over and
 *      no longer in memory, since these are read as they were recorded; the second figure counts them as misses, too.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import type { CombatSession } from "#gen/necpgame/combat/v1/session_pb.js";
import { createRng, nextBelow, type Rng } from "#kit/rng.ts";
import { CombatCaller, serviceToken } from "../combat-caller.ts";
import { rounded } from "../measure/figures.ts";
import { Latencies, SUMMARY_COLUMNS } from "../measure/latencies.ts";
import type { Context, Report } from "../scenario.ts";
import { type BenchService, startService } from "../services.ts";

const FLOOR = 98;
const AIM = 99.9;
const RUNNING = 100;
const ENDED = 40;
const PLAYERS = 4;
const READERS = 8;
const READ_MS_MAX = 10_000;

/** Of 1,000 reads. */
const MIX = [
  { kind: "hosted here", share: 800 },
  { kind: "hosted elsewhere", share: 120 },
  { kind: "just ended here", share: 65 },
  { kind: "just ended elsewhere", share: 10 },
  { kind: "ended long ago", share: 5 },
] as const;
type Kind = (typeof MIX)[number]["kind"];

type Place = { readonly combat: BenchService; readonly gateway: BenchService; readonly caller: CombatCaller };
type Sessions = {
  readonly running: readonly (readonly string[])[];
  readonly ended: readonly (readonly string[])[];
  readonly old: readonly string[];
};
type Sources = { memory: number; live: number; records: number };
type Run = { readonly reads: number; readonly from: Sources; readonly byKind: { readonly [kind in Kind]: Latencies } };

export async function hitRate(context: Context): Promise<Report> {
  const { quick, say, servers, seed } = context;
  const dataDir = await mkdtemp(join(tmpdir(), "combat-bench-"));
  const settings = {
    DATA_DIR: dataDir,
    DATABASE_URL: servers.databaseUrl,
    REDIS_URL: servers.redisUrl,
    KAFKA_BROKERS: servers.brokers.join(","),
    GATEWAY_REQUESTS_PER_ADDRESS: "1000000",
    GATEWAY_REQUESTS_PER_PLAYER: "1000000",
  };
  const agent = new Agent({ keepAlive: true });
  const token = await serviceToken(dataDir);
  const open = (index: number) => openPlace(settings, index, token);
  const runs: Run[] = [];
  const places: Place[] = [];
  try {
    const old = await endedLongAgo(() => open(0), servers.redisUrl);
    places.push(await open(0), await open(1));
    const started = await Promise.all(places.map(({ caller }) => caller.start(RUNNING, PLAYERS)));
    const running = started.map(idsOf);
    say(`${2 * RUNNING} sessions run on two instances`);
    const rng = createRng(seed);
    for (let run = 1; run <= (quick ? 1 : 3); run++) {
      const ended = await justEnded(places);
      const counted = await readAll({ places, agent, token, rng }, { running, ended, old }, quick ? 2 : 6);
      runs.push(counted);
      say(`run ${run}: ${counted.reads} reads, ${rounded(100 * hitShare(counted))} % hits`);
    }
  } finally {
    for (const place of places) await closePlace(place);
    agent.destroy();
    await rm(dataDir, { recursive: true, force: true });
  }
  return reportOf(runs, context);
}

async function openPlace(settings: { readonly [name: string]: string }, index: number, token: string): Promise<Place> {
  const combat = await startService("combat", { ...settings, COMBAT_INSTANCE: `bench-reads-${index}` });
  const grpc = String(combat.ready["grpc"]);
  const gateway = await startService("gateway", { ...settings, COMBAT_GRPC_TARGET: grpc });
  return { combat, gateway, caller: new CombatCaller(grpc, token) };
}

async function closePlace({ combat, gateway, caller }: Place): Promise<void> {
  caller.close();
  await gateway.end("SIGTERM");
  await combat.end("SIGTERM");
}

/** Ended, drained, and out of Redis, as ten minutes would have it. */
async function endedLongAgo(open: () => Promise<Place>, redisUrl: string): Promise<string[]> {
  const place = await open();
  const sessions = await place.caller.start(ENDED, PLAYERS);
  await place.caller.end(sessions);
  await closePlace(place);
  const redis = new Redis(redisUrl, { commandTimeout: READ_MS_MAX, maxRetriesPerRequest: 1 });
  try {
    const ids = idsOf(sessions);
    await redis.unlink(ids.flatMap((id) => [`combat:{${id}}:state`, `combat:{${id}}:journal`]));
    return ids;
  } finally {
    redis.disconnect();
  }
}

async function justEnded(places: readonly Place[]): Promise<string[][]> {
  const ids: string[][] = [];
  for (const { caller } of places) {
    const sessions = await caller.start(ENDED, PLAYERS);
    await caller.end(sessions);
    ids.push(idsOf(sessions));
  }
  return ids;
}

type Reading = { readonly places: readonly Place[]; readonly agent: Agent; readonly token: string; readonly rng: Rng };

async function readAll(reading: Reading, sessions: Sessions, seconds: number): Promise<Run> {
  const { places, rng } = reading;
  const byKind = Object.fromEntries(MIX.map(({ kind }) => [kind, new Latencies()])) as Record<Kind, Latencies>;
  const before = await sourcesOf(places);
  const endMs = performance.now() + seconds * 1000;
  let reads = 0;
  const reader = async () => {
    while (performance.now() < endMs) {
      const kind = kindOf(nextBelow(rng, 1000));
      const at = nextBelow(rng, places.length);
      const id = idOf(kind, at, sessions, rng);
      const fromMs = performance.now();
      if (nextBelow(rng, 2) === 0) await places[at]!.caller.read(id);
      else await readOverRest(reading, places[at]!, id);
      byKind[kind].record(performance.now() - fromMs);
      reads += 1;
    }
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  const after = await sourcesOf(places);
  const from = {
    memory: after.memory - before.memory,
    live: after.live - before.live,
    records: after.records - before.records,
  };
  return { reads, from, byKind };
}

function kindOf(draw: number): Kind {
  let upTo = 0;
  for (const { kind, share } of MIX) {
    upTo += share;
    if (draw < upTo) return kind;
  }
  return "hosted here";
}

function idOf(kind: Kind, at: number, { running, ended, old }: Sessions, rng: Rng): string {
  const from = {
    "hosted here": running[at]!,
    "hosted elsewhere": running[1 - at]!,
    "just ended here": ended[at]!,
    "just ended elsewhere": ended[1 - at]!,
    "ended long ago": old,
  }[kind];
  return from[nextBelow(rng, from.length)]!;
}

function readOverRest({ agent, token }: Reading, { gateway }: Place, id: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const options = { agent, headers, signal: AbortSignal.timeout(READ_MS_MAX) };
    get(`${String(gateway.ready["http"])}/sessions/${id}`, options, (response) => {
      response.resume();
      response.once("error", reject);
      response.once("end", () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`GET /sessions/${id} answered ${response.statusCode}`));
      });
    }).once("error", reject);
  });
}

/** As the services count, both together. */
async function sourcesOf(places: readonly Place[]): Promise<Sources> {
  const sources = { memory: 0, live: 0, records: 0 };
  for (const { combat } of places) {
    const page = await fetch(`${String(combat.ready["admin"])}/metrics`, { signal: AbortSignal.timeout(READ_MS_MAX) });
    for (const [, from, count] of (await page.text()).matchAll(
      /^combat_session_reads_total\{[^}]*from="(\w+)"[^}]*\} (\S+)$/gm,
    )) {
      sources[from as keyof Sources] += Number(count);
    }
  }
  return sources;
}

function idsOf(sessions: readonly CombatSession[]): string[] {
  return sessions.map(({ id }) => id);
}

/** Of the reads that the services count. */
function hitShare({ from: { memory, live, records } }: Run): number {
  return (memory + live) / (memory + live + records);
}

function reportOf(runs: readonly Run[], { seed }: Context): Report {
  const sum = (of: (run: Run) => number) => runs.reduce((total, run) => total + of(run), 0);
  const reads = sum((run) => run.reads);
  const from = {
    memory: sum((run) => run.from.memory),
    live: sum((run) => run.from.live),
    records: sum((run) => run.from.records),
  };
  const uncounted = reads - from.memory - from.live - from.records;
  const percent = (count: number) => rounded((100 * count) / reads);
  const latencies = MIX.map(({ kind, share }) => {
    const together = new Latencies();
    for (const run of runs) together.add(run.byKind[kind]);
    return [kind, share / 10, together.count, ...together.summary()];
  });
  return {
    seed,
    about: `Two instances with ${RUNNING} running sessions each, half of the reads over REST, half over gRPC, ${READERS} readers, ${runs.length} runs.`,
    figures: [
      {
        name: "hits among reads of sessions that are not old",
        unit: "%",
        values: runs.map((run) => 100 * hitShare(run)),
        better: "more",
        floor: FLOOR,
        aim: AIM,
      },
      {
        name: "hits among all reads, old sessions too",
        unit: "%",
        values: runs.map(({ from: { memory, live }, reads: all }) => (100 * (memory + live)) / all),
        better: "more",
        floor: FLOOR,
        aim: AIM,
      },
    ],
    tables: [
      {
        title: "What answered",
        columns: ["from", "reads", "%"],
        rows: [
          ["memory of the instance", from.memory, percent(from.memory)],
          ["Redis", from.live, percent(from.live)],
          ["records, of sessions that run", from.records, percent(from.records)],
          ["records, of sessions that are over", uncounted, percent(uncounted)],
        ],
      },
      {
        title: "Time of a read, by what was read; REST and gRPC together",
        columns: ["session", "% of the mix", "reads", ...SUMMARY_COLUMNS],
        rows: latencies,
      },
    ],
    plots: [
      {
        name: "sources",
        title: "Reads of sessions, by what answered",
        x: {
          label: "",
          scale: "linear",
          ticks: ["memory", "Redis", "records, running", "records, over"].map((label, index) => ({
            at: index + 1,
            label,
          })),
        },
        y: { label: "% of reads", scale: "linear" },
        bars: true,
        series: [
          {
            name: "all runs",
            points: [from.memory, from.live, from.records, uncounted].map((count, index) => [
              index + 1,
              percent(count),
            ]),
          },
        ],
      },
    ],
    measured: [
      {
        name: "runs",
        columns: ["run", "reads", "memory", "live", "records_running", "records_over"],
        rows: runs.map(({ reads: all, from: { memory, live, records } }, index) => [
          index + 1,
          all,
          memory,
          live,
          records,
          all - memory - live - records,
        ]),
      },
    ],
    notes: [
      "A session that is over is in memory for half a minute, where it was hosted; elsewhere and later it is read as it was recorded.",
    ],
  };
}
