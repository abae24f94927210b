/**
 * Workers: several processes of a service on one machine that share its public port, and what stands before them.
 * In:  how many, and the admin port.   Out: an address when all are ready; their figures added up; an end when all have drained.
 * Law: a worker that dies is started again, and takes only its own sockets with it; one that dies before it was ever ready ends
 *      the start. Nothing is shared but the port: each counts and limits by itself, or through Redis with the others.
 * Not here: what a worker does (the service's compose.ts).
 */
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { AggregatorRegistry, type Registry } from "prom-client";
import type { Log } from "#kit/log.ts";
import { type AdminServer, type Readiness, startAdminServer } from "./admin-server.ts";
import { WORKER_AGAIN_MS, WORKER_SAYS_MS, WORKER_SILENT_MS_MAX } from "./limits.ts";

/** What a worker tells: where it listens, once; how it stands, again and again. */
type Told =
  | { readonly kind: "ready"; readonly http: string }
  | { readonly kind: "stands"; readonly readiness: Readiness };

type Known = { readonly worker: Worker; wasReady: boolean; readiness: Readiness | null; saidAtMs: number };

export type WorkersOptions = {
  readonly count: number;
  readonly adminHost: string;
  readonly adminPort: number;
  readonly log: Log;
};

export class WorkerDied extends Error {
  override name = "WorkerDied";
}

/** In a worker: its figures can be asked for, and from now on it says how it stands. */
export function reportToPrimary(metrics: Registry, http: string, ready: () => Promise<Readiness>): void {
  AggregatorRegistry.setRegistries([metrics]);
  new AggregatorRegistry(); // Answers the primary.
  const say = (told: Told) => {
    if (process.connected) process.send?.(told);
  };
  const stand = () => void ready().then((readiness) => say({ kind: "stands", readiness }));
  say({ kind: "ready", http });
  stand();
  setInterval(stand, WORKER_SAYS_MS).unref();
}

export class Workers {
  private readonly known = new Map<number, Known>();
  private readonly options: WorkersOptions;
  private admin: AdminServer | null = null;
  private isEnding = false;

  constructor(options: WorkersOptions) {
    this.options = options;
  }

  /** Rejects with WorkerDied when one could not start; it has said why. */
  async start(): Promise<{ readonly http: string; readonly admin: string }> {
    const { count, adminHost: host, adminPort: port, log } = this.options;
    const ready = await Promise.all(Array.from({ length: count }, () => this.fork()));
    const figures = new AggregatorRegistry();
    const metrics = { contentType: figures.contentType, metrics: () => figures.clusterMetrics() };
    this.admin = await startAdminServer({ host, port, ready: () => this.readiness(), metrics, log });
    return { http: ready[0]!, admin: this.admin.url };
  }

  async drain(): Promise<void> {
    this.isEnding = true;
    const ends = [...this.known.values()].map(({ worker }) => once(worker, "exit"));
    for (const { worker } of this.known.values()) worker.process.kill("SIGTERM");
    await Promise.all(ends);
    await this.admin?.close();
  }

  /** Resolves to where it listens. */
  private fork(): Promise<string> {
    const worker = cluster.fork();
    const known: Known = { worker, wasReady: false, readiness: null, saidAtMs: performance.now() };
    this.known.set(worker.id, known);
    return new Promise((resolve, reject) => {
      worker.on("message", (told: Told) => {
        if (told.kind === "ready") {
          known.wasReady = true;
          resolve(told.http);
        } else if (told.kind === "stands") {
          known.readiness = told.readiness;
          known.saidAtMs = performance.now();
        }
      });
      worker.on("exit", (code, signal) => {
        this.known.delete(worker.id);
        if (!known.wasReady) reject(new WorkerDied(`a worker ended with ${code ?? signal} before it was ready`));
        if (!this.isEnding) this.options.log.error({ pid: worker.process.pid, code, signal }, "a worker ended");
        if (known.wasReady) this.forkAgain();
      });
    });
  }

  private forkAgain(): void {
    if (this.isEnding) return;
    setTimeout(() => {
      if (this.isEnding) return;
      this.fork().catch(() => this.forkAgain()); // Said already.
    }, WORKER_AGAIN_MS);
  }

  private readiness(): Readiness {
    const nowMs = performance.now();
    const standing = [...this.known.values()].filter(({ readiness, saidAtMs }) => {
      return readiness !== null && nowMs - saidAtMs < WORKER_SILENT_MS_MAX;
    });
    const ready = standing.filter(({ readiness }) => readiness?.ready);
    const worst = standing.find(({ readiness }) => !readiness?.ready) ?? standing[0];
    const checks = { ...worst?.readiness?.checks, workers: `${ready.length} of ${this.options.count} ready` };
    return { ready: ready.length > 0, checks };
  }
}
