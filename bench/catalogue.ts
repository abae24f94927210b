/** Catalogue: every scenario by name, what it measures, and the sets that are run together. */
import type { LoneScenario, Scenario } from "./scenario.ts";

type Entry = {
  readonly about: string;
  /** How long it runs may be said: --minutes. */
  readonly takesMinutes?: boolean;
} & (
  | { readonly needs: "servers"; readonly load: () => Promise<Scenario> }
  | { readonly needs: "nothing"; readonly load: () => Promise<LoneScenario> }
);

export const SCENARIOS: { readonly [name: string]: Entry } = {
  events: {
    about: "sustained events/s to Kafka, acknowledged by all replicas in sync",
    needs: "servers",
    load: async () => (await import("./scenarios/events.ts")).events,
  },
  "journal-wait": {
    about: "what waiting for the journal adds to an event's latency",
    needs: "servers",
    load: async () => (await import("./scenarios/journal-wait.ts")).journalWait,
  },
  checkpoints: {
    about: "checkpoint and journal bytes, and the CPU of keeping, per session and second",
    needs: "servers",
    load: async () => (await import("./scenarios/checkpoints.ts")).checkpoints,
  },
  "hit-rate": {
    about: "reads of sessions answered from memory or Redis under a realistic mix",
    needs: "servers",
    load: async () => (await import("./scenarios/hit-rate.ts")).hitRate,
  },
  restore: {
    about: "time from start to serving with 500 sessions to restore",
    needs: "servers",
    load: async () => (await import("./scenarios/restore.ts")).restore,
  },
  core: {
    about: "what a tick of the simulation costs: time, memory, and the share of a core for 500 sessions",
    needs: "nothing",
    load: async () => (await import("./scenarios/core.ts")).core,
  },
  fairness: {
    about: "shots aimed true that hit, and how far behind cover, by distance of both players",
    needs: "nothing",
    load: async () => (await import("./scenarios/fairness.ts")).fairness,
  },
  connections: {
    about: "memory of 10,000 connections in the gateway, beside bare ws",
    needs: "nothing",
    load: async () => (await import("./scenarios/connections.ts")).connections,
  },
  fanout: {
    about: "CPU of a delivered frame in rooms of 20, 200 and 2,000, beside a bare write to the socket",
    needs: "nothing",
    load: async () => (await import("./scenarios/fanout.ts")).fanout,
  },
  positions: {
    about: "position updates over sockets, from one player's to the others': latency and CPU by rate",
    needs: "nothing",
    load: async () => (await import("./scenarios/positions.ts")).positions,
  },
  spectators: {
    about: "what 1,000 spectators on one match cost its players",
    needs: "nothing",
    load: async () => (await import("./scenarios/spectators.ts")).spectators,
  },
  peers: {
    about: "the same matches on Colyseus, Socket.IO and a bare ws relay: CPU and bytes of an update, latency, memory",
    needs: "nothing",
    load: async () => (await import("./scenarios/peers.ts")).peers,
  },
  "slow-reader": {
    about: "what one reader at a kilobyte a second costs the gateway and a hundred others, and what becomes of it",
    needs: "nothing",
    load: async () => (await import("./scenarios/slow-reader.ts")).slowReader,
  },
  rpc: {
    about:
      "calls a second and latency of GetSession, CreateSession and JoinSession, and of REST, beside empty handlers",
    needs: "nothing",
    load: async () => (await import("./scenarios/rpc.ts")).rpc,
  },
  reconnects: {
    about: "what 2,000 sockets that are cut and come back at once cost those who play, and when they are back",
    needs: "nothing",
    load: async () => (await import("./scenarios/reconnects.ts")).reconnects,
  },
  overload: {
    about: "what one match of the most players with the most input costs the players of all others",
    needs: "nothing",
    load: async () => (await import("./scenarios/overload.ts")).overload,
  },
  soak: {
    about: "what both processes hold while matches begin, play and end for a while: growth of memory and descriptors",
    takesMinutes: true,
    needs: "nothing",
    load: async () => (await import("./scenarios/soak.ts")).soak,
  },
};

export const SETS: { readonly [name: string]: readonly string[] } = {
  stores: ["events", "journal-wait", "checkpoints", "hit-rate", "restore"],
  sim: ["core", "fairness"],
  sockets: [
    "connections",
    "fanout",
    "positions",
    "spectators",
    "peers",
    "slow-reader",
    "reconnects",
    "overload",
    "soak",
  ],
  calls: ["rpc"],
};

export function isScenario(name: string): boolean {
  return Object.hasOwn(SCENARIOS, name);
}

/** The scenarios that these names stand for, each once, in the catalogue's order; no names: all. */
export function scenariosOf(names: readonly string[]): string[] {
  const wanted = new Set(names.flatMap((name) => (Object.hasOwn(SETS, name) ? SETS[name]! : [name])));
  return Object.keys(SCENARIOS).filter((name) => names.length === 0 || wanted.has(name));
}
