/** Report of the peers' benchmark: ours by theirs, within each run. */
import { expect, test } from "vitest";
import { type PeerRun, relayShares, reportOf, SYSTEMS } from "../../../bench/scenarios/peers-report.ts";
import type { Played } from "../../../bench/sockets/swarm.ts";

type Speed = { rate: number; p99: number };

function played(p99: number, cores: number): Played {
  const counts = { seconds: 10, sent: 1_000, delivered: 19_000, frames: 19_000, bytes: 190_000 };
  return {
    ...counts,
    cores: 0.1,
    watchedCores: [cores],
    summary: [1, 2, p99, 4, 5],
    spectatorSummary: [],
    stages: { up: [], down: [], upShare: 0 },
    curve: [],
  };
}

function runOf(system: PeerRun["system"], speeds: readonly Speed[], cores = 1): PeerRun {
  const stretches = speeds.map(({ rate, p99 }) => ({ rate, played: played(p99, cores) }));
  return { system, run: 0, connectedBytes: 100 * cores, playedBytes: 200 * cores, stretches };
}

const RELAY = [1_000, 2_500, 4_000].map((rate) => ({ rate, p99: 10 }));

test.each([
  { name: "all rates within", p99s: [1, 2, 3, 10], share: 1 },
  { name: "the last one is longer", p99s: [1, 2, 3, 10.1], share: 0.7 },
  { name: "none is within", p99s: [11, 12, 13, 14], share: 0 },
])("$name: $share of the relay's rate", ({ p99s, share }) => {
  const ours = [1_000, 2_500, 2_800, 4_000].map((rate, at) => ({ rate, p99: p99s[at]! }));
  expect(relayShares([runOf("ours", ours), runOf("bare-ws", RELAY)])).toEqual([share]);
});

test("figures are ours by theirs", () => {
  const runs = SYSTEMS.map(({ name }) => runOf(name, RELAY, name === "colyseus" ? 2 : 1));
  const { figures, plots } = reportOf(runs, { seed: 1, sessions: 50, players: 20 });
  const of = (name: string) => figures.find((figure) => figure.name === name)?.values;
  expect(of("CPU of a delivered update at 2500/s, by Colyseus's")).toEqual([0.5]);
  expect(of("CPU of a delivered update at 2500/s, by Socket.IO's")).toEqual([1]);
  expect(of("resident of a connection, after play, by Colyseus's")).toEqual([0.5]);
  expect(plots.find(({ bars }) => bars)?.series[0]?.points.map(([x]) => x)).toEqual([1, 2, 3, 4]);
});
