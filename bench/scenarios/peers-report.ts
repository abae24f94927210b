/**
 * Report of peers: what each system took for a delivered update and a connection, and ours by theirs.
 * Law: ratios are taken within a run, rate by rate; a rate of ours counts when its P99 is no longer than the relay's.
 */
import { median, rounded } from "../measure/figures.ts";
import { SUMMARY_COLUMNS, TAIL_TICKS } from "../measure/latencies.ts";
import type { PeerName } from "../peers/loaded-peer.ts";
import type { Figure, Report } from "../scenario.ts";
import type { Played } from "../sockets/swarm.ts";

export const RATES = [1_000, 2_500, 4_000] as const;
const SHOWN_RATE = 2_500;
const HIGHEST = RATES[RATES.length - 1]!;
const RELAY_SHARE_AIM = 0.7;

export type SystemName = "ours" | PeerName;
/** In the order of their turns. */
export const SYSTEMS: readonly { readonly name: SystemName; readonly label: string }[] = [
  { name: "ours", label: "this service" },
  { name: "colyseus", label: "Colyseus" },
  { name: "socket-io", label: "Socket.IO" },
  { name: "bare-ws", label: "bare ws" },
];
const COMPARED = SYSTEMS.filter(({ name }) => name === "colyseus" || name === "socket-io");

export type PeerRun = {
  readonly system: SystemName;
  readonly run: number;
  /** Resident bytes of a connection: once all are connected, and after all rates. */
  readonly connectedBytes: number;
  readonly playedBytes: number;
  readonly stretches: readonly { readonly rate: number; readonly played: Played }[];
};

type Value = (played: Played) => number;

const cores: Value = ({ watchedCores }) => watchedCores.reduce((sum, one) => sum + one, 0);
const costUs: Value = (played) => (cores(played) * played.seconds * 1e6) / Math.max(1, played.delivered);
const bytes: Value = (played) => played.bytes / Math.max(1, played.delivered);
const p99: Value = ({ summary }) => summary[2]!;

function at(run: PeerRun, rate: number): Played {
  return run.stretches.find((stretch) => stretch.rate === rate)!.played;
}

/** Ours by theirs, of each run. */
function ratios(runs: readonly PeerRun[], peer: SystemName, value: (run: PeerRun) => number): number[] {
  const theirs = runs.filter(({ system }) => system === peer);
  return theirs.map(
    (their) => value(runs.find(({ system, run }) => system === "ours" && run === their.run)!) / value(their),
  );
}

/** The highest rate of ours within the relay's P99 at its highest rate, by that rate; 0 when none is. */
export function relayShares(runs: readonly PeerRun[]): number[] {
  const relays = runs.filter(({ system }) => system === "bare-ws");
  return relays.map((relay) => {
    const within = p99(at(relay, HIGHEST));
    const ours = runs.find(({ system, run }) => system === "ours" && run === relay.run)!;
    const held = ours.stretches.filter(({ played }) => p99(played) <= within).map(({ rate }) => rate);
    return Math.max(0, ...held) / HIGHEST;
  });
}

function figuresOf(runs: readonly PeerRun[]): Figure[] {
  const wanted = { unit: "times", better: "less", aim: 1 } as const;
  return [
    ...COMPARED.flatMap(({ name, label }): Figure[] => [
      ...RATES.flatMap((rate): Figure[] => [
        {
          name: `CPU of a delivered update at ${rate}/s, by ${label}'s`,
          values: ratios(runs, name, (run) => costUs(at(run, rate))),
          ...wanted,
        },
        { name: `P99 at ${rate}/s, by ${label}'s`, values: ratios(runs, name, (run) => p99(at(run, rate))), ...wanted },
      ]),
      {
        name: `resident of a connection, connected, by ${label}'s`,
        values: ratios(runs, name, ({ connectedBytes }) => connectedBytes),
        ...wanted,
      },
      {
        name: `resident of a connection, after play, by ${label}'s`,
        values: ratios(runs, name, ({ playedBytes }) => playedBytes),
        ...wanted,
      },
    ]),
    {
      name: `highest rate within the P99 of bare ws at ${HIGHEST}/s, by that rate`,
      unit: "times",
      values: relayShares(runs),
      better: "more",
      aim: RELAY_SHARE_AIM,
    },
  ];
}

type Facts = { readonly seed: number; readonly sessions: number; readonly players: number };

export function reportOf(runs: readonly PeerRun[], { seed, sessions, players }: Facts): Report {
  const of = (system: SystemName) => runs.filter((run) => run.system === system);
  const middle = (system: SystemName, rate: number, value: Value) =>
    rounded(median(of(system).map((run) => value(at(run, rate)))));
  const share: Value = ({ sent, delivered }) => (100 * delivered) / Math.max(1, sent * (players - 1));
  return {
    seed,
    about: `${sessions} rooms of ${players} players, ${of("ours").length} runs, systems in turns, each in new processes. From a player's socket written to another's delivering it; CPU and memory of ours are combat and gateway together.`,
    figures: figuresOf(runs),
    tables: [
      ...RATES.map((rate) => ({
        title: `${rate} updates/s, medians of the runs`,
        columns: ["system", ...SUMMARY_COLUMNS, "delivered %", "CPU µs", "bytes", "server cores", "load cores"],
        rows: SYSTEMS.map(({ name, label }) => [
          label,
          ...SUMMARY_COLUMNS.map((_, column) => middle(name, rate, ({ summary }) => summary[column]!)),
          ...[share, costUs, bytes, cores, (played: Played) => played.cores].map((value) => middle(name, rate, value)),
        ]),
      })),
      {
        title: "Resident bytes of a connection, medians of the runs",
        columns: ["system", "connected", "after play"],
        rows: SYSTEMS.map(({ name, label }) => [
          label,
          rounded(median(of(name).map(({ connectedBytes }) => connectedBytes))),
          rounded(median(of(name).map(({ playedBytes }) => playedBytes))),
        ]),
      },
    ],
    plots: [
      {
        name: "latency",
        title: `From a socket written to the others' delivering it, ${SHOWN_RATE} updates/s`,
        x: { label: "share of deliveries that are faster", scale: "linear", ticks: TAIL_TICKS },
        y: { label: "ms", scale: "log" },
        series: SYSTEMS.map(({ name, label }) => {
          const last = of(name).at(-1);
          return { name: label, points: last ? at(last, SHOWN_RATE).curve : [] };
        }),
      },
      {
        name: "cpu",
        title: `CPU of a delivered update, ${SHOWN_RATE} updates/s`,
        x: { label: "", scale: "linear", ticks: SYSTEMS.map(({ label }, index) => ({ at: index + 1, label })) },
        y: { label: "µs", scale: "linear" },
        bars: true,
        series: [
          {
            name: "median of the runs",
            points: SYSTEMS.map(({ name }, index) => [index + 1, middle(name, SHOWN_RATE, costUs)] as const),
          },
        ],
      },
    ],
    measured: [measuredOf(runs)],
    notes: [
      "The others do less. None of the three validates anything: whatever a client says is believed and passed on. None simulates: there is no tick, no reach, no hit, no record of what was said; none signs in who connects.",
      "bare ws passes on the bytes it got (29 of them). Socket.IO 4 runs on WebSockets alone with its default parser, JSON as text, and passes each move on at once, without the sender. Colyseus 0.18 keeps a state (x, y, z, yaw and last input of each player) and sends what changed in it 60 times a second to all of the room, the sender too; what does not change is not sent, and of a move here only x does.",
      "CPU and bytes are those of everything that was sent, by updates delivered to others; an update that was overtaken by a newer one of its player is not delivered. Memory is what is resident over the same processes before rooms and sockets, after garbage is gone.",
    ],
  };
}

function measuredOf(runs: readonly PeerRun[]): Report["measured"][number] {
  return {
    name: "runs",
    columns: [
      ...["system", "run", "updates_per_s", "sent", "delivered", "frames", "bytes", ...SUMMARY_COLUMNS],
      ...["server_cores", "load_cores", "cpu_us_per_delivered", "connected_bytes", "after_play_bytes"],
    ],
    rows: runs.flatMap(({ system, run, connectedBytes, playedBytes, stretches }) =>
      stretches.map(({ rate, played }) => [
        ...[system, run + 1, rate, played.sent, played.delivered, played.frames, played.bytes, ...played.summary],
        ...[rounded(cores(played)), rounded(played.cores), rounded(costUs(played))],
        ...[Math.round(connectedBytes), Math.round(playedBytes)],
      ]),
    ),
  };
}
