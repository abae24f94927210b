/**
 * Peers: the same matches on what else somebody would take: Colyseus, Socket.IO and a bare relay on `ws`, beside this service.
 * 500 rooms of 20 players on sockets, positions at a rate in all and what becomes of them to all of the room; one load for all,
 * which takes the time from a player's socket written to another's delivering it. One system at a time, each in new processes;
 * CPU and memory of ours are those of combat and gateway together.
 * An update that is overtaken by a newer one of its player is coalesced: what is delivered is the newer.
 * The others' packages are installed when they are not there (`npm ci` in their folders of peers/).
 */
import { installPeer } from "../peers/install.ts";
import { LoadedPeer, PEERS, type PeerName, peerFolder } from "../peers/loaded-peer.ts";
import type { LoneContext, Report } from "../scenario.ts";
import { MEMORY_PROBE } from "../services.ts";
import { LoadedService } from "../sockets/service.ts";
import type { Played, PlayOrder } from "../sockets/swarm.ts";
import { type PeerRun, RATES, reportOf, SYSTEMS, type SystemName } from "./peers-report.ts";

const PLAYERS = 20;
const SESSIONS = 500;
const QUICK_SESSIONS = 50;
/** Only of ours: what is to be held of the relay's highest rate. */
const OURS_ALSO = 2_800;
const RUNS = 3;

type Size = { readonly sessions: number; readonly players: number };

/** A system with its crowd connected. */
type Loaded = {
  /** Resident bytes before rooms and sockets, and now. */
  readonly emptyBytes: number;
  heldBytes(): Promise<number>;
  play(order: Omit<PlayOrder, "watched">): Promise<Played>;
  end(): Promise<void>;
};

export async function peers({ seed, quick, say }: LoneContext): Promise<Report> {
  const size = { sessions: quick ? QUICK_SESSIONS : SESSIONS, players: PLAYERS };
  for (const name of Object.keys(PEERS) as PeerName[]) await installPeer(peerFolder(name), say);
  const runs: PeerRun[] = [];
  for (let run = 0; run < (quick ? 1 : RUNS); run++) {
    for (const { name: system } of SYSTEMS) {
      const order = { warmUpMs: quick ? 1_000 : 3_000, ms: quick ? 2_000 : 10_000, seed: (seed + run) % 2 ** 32 };
      const measured = await runOf(system, { size, order, say });
      runs.push({ system, run, ...measured });
    }
  }
  return reportOf(runs, { seed, ...size });
}

type Playing = { size: Size; order: Omit<PlayOrder, "watched" | "perSecond">; say: (text: string) => void };

async function runOf(system: SystemName, { size, order, say }: Playing): Promise<Omit<PeerRun, "system" | "run">> {
  const loaded = system === "ours" ? await loadOurs(size, say) : await loadPeer(system, size);
  try {
    const perConnection = async () => ((await loaded.heldBytes()) - loaded.emptyBytes) / (size.sessions * size.players);
    const connectedBytes = await perConnection();
    const stretches: { rate: number; played: Played }[] = [];
    for (const rate of system === "ours" ? [...RATES, OURS_ALSO].sort((one, other) => one - other) : RATES) {
      const played = await loaded.play({ ...order, perSecond: rate });
      stretches.push({ rate, played });
      say(`${system} at ${rate}/s: P50 ${played.summary[0]} ms, P99 ${played.summary[2]} ms`);
    }
    return { connectedBytes, playedBytes: await perConnection(), stretches };
  } finally {
    await loaded.end();
  }
}

async function loadOurs(size: Size, say: (text: string) => void): Promise<Loaded> {
  const service = await LoadedService.start({ ...size, spectators: 0, format: "protobuf" }, say, { isProbed: true });
  const both = ({ combat, gateway }: NonNullable<LoadedService["empty"]>) => combat.rss + gateway.rss;
  return {
    emptyBytes: both(service.empty!),
    heldBytes: async () => both(await service.held()),
    play: (order) => service.play(order),
    end: () => service.end(),
  };
}

async function loadPeer(name: PeerName, size: Size): Promise<Loaded> {
  const peer = await LoadedPeer.start(name, size, MEMORY_PROBE);
  return {
    emptyBytes: peer.empty.rss,
    heldBytes: async () => (await peer.held()).rss,
    play: (order) => peer.play(order),
    end: () => peer.end(),
  };
}
