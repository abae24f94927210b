/**
 * Connections: what 10,000 of them hold in the gateway's memory, idle and after they have played a little, beside a bare `ws`
 * server on the same Node with the same clients. Each process is asked after its garbage is gone; from what it holds then the
 * same process without sockets is taken away.
 */
import { rounded } from "../measure/figures.ts";
import { LoadedPeer } from "../peers/loaded-peer.ts";
import type { LoneContext, Report } from "../scenario.ts";
import { MEMORY_PROBE } from "../services.ts";
import { LoadedService } from "../sockets/service.ts";

const PLAYERS = 20;
const SESSIONS = 500;
/** Position updates of all, a second: each player moves once in ten. */
const LIGHT_PER_S = 1_000;
const RUNS = 3;

/** Bytes of one connection. */
type Held = { readonly heap: number; readonly external: number; readonly resident: number };
type Run = { readonly idle: Held; readonly light: Held; readonly bare: Held; readonly bareLight: Held };

export async function connections({ seed, quick, say }: LoneContext): Promise<Report> {
  const sessions = quick ? 50 : SESSIONS;
  const runs: Run[] = [];
  for (let run = 0; run < (quick ? 1 : RUNS); run++) {
    const order = { perSecond: (LIGHT_PER_S * sessions) / SESSIONS, warmUpMs: 0, ms: quick ? 2_000 : 10_000, seed };
    const [idle, light] = await ofGateway(sessions, order, say);
    const [bare, bareLight] = await ofBare(sessions, order);
    runs.push({ idle, light, bare, bareLight });
    say(
      `run ${run + 1}: ${told(idle)}, after play ${told(light)}; bare ws ${told(bare)}, after play ${told(bareLight)}`,
    );
  }
  return reportOf(runs, { seed, sockets: sessions * PLAYERS });
}

type Light = { perSecond: number; warmUpMs: number; ms: number; seed: number };

async function ofGateway(sessions: number, order: Light, say: (text: string) => void): Promise<[Held, Held]> {
  const size = { sessions, players: PLAYERS, spectators: 0, format: "protobuf" } as const;
  const service = await LoadedService.start(size, say, { isProbed: true });
  try {
    const share = (memory: NodeJS.MemoryUsage) => shareOf(memory, service.empty!.gateway, sessions * PLAYERS);
    const idle = share((await service.held()).gateway);
    await service.play(order);
    return [idle, share((await service.held()).gateway)];
  } finally {
    await service.end();
  }
}

async function ofBare(sessions: number, order: Light): Promise<[Held, Held]> {
  const peer = await LoadedPeer.start("bare-ws", { sessions, players: PLAYERS }, MEMORY_PROBE);
  try {
    const share = (memory: NodeJS.MemoryUsage) => shareOf(memory, peer.empty, sessions * PLAYERS);
    const idle = share(await peer.held());
    await peer.play(order);
    return [idle, share(await peer.held())];
  } finally {
    await peer.end();
  }
}

function shareOf(memory: NodeJS.MemoryUsage, empty: NodeJS.MemoryUsage, sockets: number): Held {
  return {
    heap: (memory.heapUsed - empty.heapUsed) / sockets,
    external: (memory.external - empty.external) / sockets,
    resident: (memory.rss - empty.rss) / sockets,
  };
}

function told({ heap, external, resident }: Held): string {
  return `${Math.round(heap)} + ${Math.round(external)} bytes, ${Math.round(resident)} resident`;
}

function reportOf(runs: readonly Run[], { seed, sockets }: { seed: number; sockets: number }): Report {
  const kinds = [
    { name: "gateway, idle", of: ({ idle }: Run) => idle },
    { name: "gateway, after play", of: ({ light }: Run) => light },
    { name: "bare ws, idle", of: ({ bare }: Run) => bare },
    { name: "bare ws, after play", of: ({ bareLight }: Run) => bareLight },
  ];
  const kept = ({ heap, external }: Held) => heap + external;
  return {
    seed,
    about: `${sockets} sockets of players, 20 in a match, protobuf; ${runs.length} runs, each in new processes. Bytes over the same process without sockets.`,
    figures: [
      {
        name: "heap and external of a connection, idle",
        unit: "bytes",
        values: runs.map(({ idle }) => kept(idle)),
        better: "less",
        aim: 5_120,
      },
      {
        name: "heap and external of a connection, after play",
        unit: "bytes",
        values: runs.map(({ light }) => kept(light)),
        better: "less",
        aim: 5_120,
      },
      {
        name: "resident over bare ws, idle",
        unit: "times",
        values: runs.map(({ idle, bare }) => idle.resident / bare.resident),
        better: "less",
        aim: 1.25,
      },
      {
        name: "resident over bare ws, after play",
        unit: "times",
        values: runs.map(({ light, bareLight }) => light.resident / bareLight.resident),
        better: "less",
        aim: 1.25,
      },
    ],
    tables: [
      {
        title: "Bytes of a connection",
        columns: ["server", "run", "heap", "external", "resident"],
        rows: kinds.flatMap(({ name, of }) =>
          runs.map((run, at) => [
            name,
            at + 1,
            rounded(of(run).heap),
            rounded(of(run).external),
            rounded(of(run).resident),
          ]),
        ),
      },
    ],
    plots: [
      {
        name: "resident",
        title: "Resident bytes of a connection",
        x: { label: "", scale: "linear", ticks: kinds.map(({ name }, at) => ({ at, label: name })) },
        y: { label: "bytes", scale: "linear" },
        bars: true,
        series: [{ name: "last run", points: kinds.map(({ of }, at) => [at, of(runs.at(-1)!).resident] as const) }],
      },
    ],
    measured: [
      {
        name: "runs",
        columns: ["server", "run", "heap", "external", "resident"],
        rows: kinds.flatMap(({ name, of }) =>
          runs.map((run, at) => [
            name,
            at + 1,
            Math.round(of(run).heap),
            Math.round(of(run).external),
            Math.round(of(run).resident),
          ]),
        ),
      },
    ],
    notes: [],
  };
}
