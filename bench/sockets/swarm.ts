/**
 * Swarm: many clients in a process of their own.
 * In:  orders.   Out: what came of each; rejects when a socket was refused or ended.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { nextMessage } from "./answers.ts";
import type { Format } from "./wire-format.ts";

const PROCESS = new URL("swarm-process.ts", import.meta.url).pathname;

export type RoomOrder = {
  readonly sessionId: string;
  /** By slot. */
  readonly playerIds: readonly string[];
  readonly spectatorIds: readonly string[];
};

export type PlayOrder = {
  /** Position updates in all. */
  readonly perSecond: number;
  readonly warmUpMs: number;
  readonly ms: number;
  readonly seed: number;
  /** Whoever moves shoots, too; then `delivered` and latencies are of nothing that is worth reading. */
  readonly shoots?: boolean;
  /** Processes whose CPU is counted meanwhile. */
  readonly watched: readonly number[];
};

/** How many are back after a cut, in what time all and half of them were, and the handshakes of theirs that were refused. */
export type CameBack = {
  readonly sockets: number;
  readonly ms: number;
  readonly halfMs: number;
  readonly refused: number;
};

export type Connected = { readonly sockets: number; readonly ms: number };

export type Played = {
  readonly seconds: number;
  readonly sent: number;
  /** Inputs seen by other players than who sent them, once each. */
  readonly delivered: number;
  readonly frames: number;
  readonly bytes: number;
  /** CPU of the swarm itself, and of those watched, in cores. */
  readonly cores: number;
  readonly watchedCores: readonly number[];
  /** Latencies.summary, of players and of spectators. */
  readonly summary: readonly number[];
  readonly spectatorSummary: readonly number[];
  /**
   * The way in two: from a socket written to the server's making of the state, and from there to the others' sockets. Nothing of
   * a server that does not say when it made it.
   */
  readonly stages: { readonly up: readonly number[]; readonly down: readonly number[]; readonly upShare: number };
  readonly curve: readonly (readonly [number, number])[];
};

/** The server's port, the folder of the key that signs tokens (null: it wants none), and what the sockets speak. */
export type Where = { readonly port: number; readonly dataDir: string | null; readonly format: Format };

export type SwarmOrder =
  | ({ readonly kind: "connect"; readonly rooms: readonly RoomOrder[] } & Where)
  | ({ readonly kind: "play" } & PlayOrder)
  | { readonly kind: "come-back"; readonly count: number }
  | { readonly kind: "unwatch" };

export type SwarmAnswer =
  | { readonly kind: "done"; readonly value: Connected | Played | CameBack | { readonly gone: number } }
  | { readonly kind: "failed"; readonly why: string };

export class Swarm {
  private readonly child: ChildProcess = fork(PROCESS, { stdio: ["ignore", "inherit", "inherit", "ipc"] });

  connect(rooms: readonly RoomOrder[], where: Where): Promise<Connected> {
    return this.ask<Connected>({ kind: "connect", rooms, ...where });
  }

  play(order: PlayOrder): Promise<Played> {
    return this.ask<Played>({ kind: "play", ...order });
  }

  /** So many players are cut at once and come back at once. */
  comeBack(count: number): Promise<CameBack> {
    return this.ask<CameBack>({ kind: "come-back", count });
  }

  /** All spectators go. */
  unwatch(): Promise<{ readonly gone: number }> {
    return this.ask({ kind: "unwatch" });
  }

  async end(): Promise<void> {
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
  }

  private async ask<Value>(order: SwarmOrder): Promise<Value> {
    this.child.send(order);
    const answer = await nextMessage<SwarmAnswer>(this.child);
    if (answer.kind === "failed") throw new Error(answer.why);
    return answer.value as Value;
  }
}
