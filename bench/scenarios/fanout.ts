/**
 * Fan-out: what a delivered frame costs the gateway, in rooms of 20, 200 and 2,000 viewers and both formats, beside the floor:
 * node:net writing a ready frame of the same length to as many sockets, in a process of its own, right after.
 * In each room two play, and one of them moves 15 times a second; the rest watch. CPU is the whole process', its relay included.
 */
import { fork } from "node:child_process";
import { median, rounded } from "../measure/figures.ts";
import type { LoneContext, Report } from "../scenario.ts";
import { nextMessage } from "../sockets/answers.ts";
import type { FloorAnswer, FloorOrder } from "../sockets/floor-process.ts";
import { LoadedService } from "../sockets/service.ts";
import { Swarm } from "../sockets/swarm.ts";
import type { Format } from "../sockets/wire-format.ts";

const FLOOR_PROCESS = new URL("../sockets/floor-process.ts", import.meta.url).pathname;
const PLAYERS = 2;
const FRAMES_PER_ROOM = 15;
/** Viewers of a room, and how much of the floor a frame may cost. */
const ROOMS = [
  { viewers: 20, rooms: 100, aim: 1.3 },
  { viewers: 200, rooms: 10, aim: 1.15 },
  { viewers: 2_000, rooms: 1, aim: 1.15 },
] as const;
const FORMATS = ["protobuf", "json"] as const satisfies readonly Format[];
const RUNS = 3;

type Kind = (typeof ROOMS)[number] & { readonly format: Format };
type Run = { readonly kind: Kind; readonly bytes: number; readonly costUs: number; readonly floorUs: number };

export async function fanout({ seed, quick, say }: LoneContext): Promise<Report> {
  const runs: Run[] = [];
  const ms = quick ? 2_000 : 10_000;
  for (const format of FORMATS) {
    for (const room of ROOMS) {
      const kind = { ...room, format };
      const ours = await costOf(kind, { seed, ms, runs: quick ? 1 : RUNS, say });
      const floor = await floorOf(kind, { bytes: ours[0]!.bytes, ms, runs: ours.length });
      runs.push(...ours.map((one, at) => ({ kind, ...one, floorUs: floor[at]! })));
      const ratio = median(ours.map(({ costUs }, at) => costUs / floor[at]!));
      say(`${format}, rooms of ${room.viewers}: ${rounded(ratio)} times the floor`);
    }
  }
  return reportOf(runs, seed);
}

type Stretches = { seed: number; ms: number; runs: number; say: (text: string) => void };

async function costOf(kind: Kind, { seed, ms, runs, say }: Stretches): Promise<{ bytes: number; costUs: number }[]> {
  const { rooms: sessions, viewers, format } = kind;
  const service = await LoadedService.start({ sessions, players: PLAYERS, spectators: viewers - PLAYERS, format }, say);
  try {
    const costs: { bytes: number; costUs: number }[] = [];
    for (let run = 0; run < runs; run++) {
      const order = { perSecond: sessions * FRAMES_PER_ROOM, warmUpMs: ms / 4, ms, seed: (seed + run) % 2 ** 32 };
      const { frames, bytes, seconds, gatewayCores } = await service.play(order);
      costs.push({ bytes: Math.round(bytes / frames), costUs: (gatewayCores * seconds * 1e6) / frames });
    }
    return costs;
  } finally {
    await service.end();
  }
}

/** The same sockets, without a service. */
async function floorOf(
  kind: Kind,
  { bytes, ms, runs }: { bytes: number; ms: number; runs: number },
): Promise<number[]> {
  const child = fork(FLOOR_PROCESS, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const swarm = new Swarm();
  const answered = () => nextMessage<FloorAnswer>(child);
  try {
    const first = await answered();
    const port = "port" in first ? first.port : 0;
    const rooms = Array.from({ length: kind.rooms }, (_, at) => {
      return { sessionId: `room-${at}`, playerIds: Array.from({ length: kind.viewers }, String), spectatorIds: [] };
    });
    await swarm.connect(rooms, { port, dataDir: null, format: "relayed" });
    const costs: number[] = [];
    for (let run = 0; run < runs; run++) {
      const order: FloorOrder = { framesPerSecond: kind.rooms * FRAMES_PER_ROOM, bytes, ms };
      child.send(order);
      const answer = await answered();
      costs.push("cpuUsPerDelivery" in answer ? answer.cpuUsPerDelivery : Number.NaN);
    }
    return costs;
  } finally {
    await swarm.end();
    child.kill("SIGKILL");
  }
}

function reportOf(runs: readonly Run[], seed: number): Report {
  const kinds = FORMATS.flatMap((format) => ROOMS.map((room) => ({ ...room, format })));
  const of = ({ format, viewers }: Kind) => {
    return runs.filter(({ kind }) => kind.format === format && kind.viewers === viewers);
  };
  const ratio = ({ costUs, floorUs }: Run) => costUs / floorUs;
  return {
    seed,
    about: `Rooms of ${ROOMS.map(({ viewers }) => viewers).join(", ")} viewers, each frame to all of a room; CPU of the gateway's process for one delivery of one frame, beside node:net writing a ready frame.`,
    figures: kinds.map((kind) => {
      const name = `over the floor, ${kind.format}, rooms of ${kind.viewers}`;
      return { name, unit: "times", values: of(kind).map(ratio), better: "less" as const, aim: kind.aim };
    }),
    tables: [
      {
        title: "CPU of one delivery, medians of the runs",
        columns: ["format", "viewers", "bytes", "gateway µs", "floor µs", "times"],
        rows: kinds.map((kind) => {
          const middle = (value: (run: Run) => number) => rounded(median(of(kind).map(value)));
          return [
            ...[kind.format, kind.viewers, middle(({ bytes }) => bytes)],
            ...[middle(({ costUs }) => costUs), middle(({ floorUs }) => floorUs), middle(ratio)],
          ];
        }),
      },
    ],
    plots: [
      {
        name: "cost",
        title: "CPU of one delivery of one frame",
        x: { label: "viewers of a room", scale: "log" },
        y: { label: "µs", scale: "linear" },
        series: FORMATS.flatMap((format) => {
          const points = (value: (run: Run) => number) =>
            ROOMS.map((room) => [room.viewers, median(of({ ...room, format }).map(value))] as const);
          return [
            { name: `gateway, ${format}`, points: points(({ costUs }) => costUs) },
            { name: `floor, ${format}`, points: points(({ floorUs }) => floorUs) },
          ];
        }),
      },
    ],
    measured: [
      {
        name: "runs",
        columns: ["format", "viewers", "bytes", "gateway_us", "floor_us"],
        rows: runs.map(({ kind, bytes, costUs, floorUs }) => {
          return [kind.format, kind.viewers, bytes, rounded(costUs), rounded(floorUs)];
        }),
      },
    ],
    notes: [],
  };
}
