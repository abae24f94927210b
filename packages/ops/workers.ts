/**
 * Workers: several processes of a service on one machine that share its public port, and what stands before them.
 * In:  how many, and the admin port.   Out: an address when all are ready; their figures added up; an end when all have drained.
 * Law: a worker that dies, or is silent for long, is replaced, and takes only its own sockets with it; one that dies before it
 *      was ever ready ends the start. Nothing is shared but the port: each counts and limits by itself, or through Redis.
 *      When the primary dies its workers drain.
 * Not here: what a worker does (the service's compose.ts).
 */
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue, type Registry } from "prom-client";
import type { Log } from "#kit/log.ts";
import { type AdminServer, type Readiness, startAdminServer } from "./admin-server.ts";
import { WORKER_AGAIN_MS, WORKER_HUNG_MS_MAX, WORKER_KILL_MS, WORKER_SAYS_MS, WORKER_SILENT_MS_MAX } from "./limits.ts";

type Figures = readonly MetricObjectWithValues<MetricValue<string>>[];

/** What a ready worker says of itself: its address, and what operators should know. */
export type WorkerReady = { readonly http: string; readonly dev_key: boolean };

/** What a worker tells: that it is ready, once; how it stands, again and again. */
type Told =
  | { readonly kind: "ready"; readonly ready: WorkerReady }
  | { readonly kind: "stands"; readonly readiness: Readiness; readonly figures: Figures };

type Known = {
  readonly worker: Worker;
  wasReady: boolean;
  newest: Extract<Told, { kind: "stands" }> | null;
  saidAtMs: number;
};

export type WorkersOptions = {
  readonly count: number;
  readonly adminHost: string;
  readonly adminPort: number;
  /** How long a worker may take to drain; then it is killed. */
  readonly drainMs: number;
  readonly log: Log;
};

export class WorkerDied extends Error {
  override name = "WorkerDied";
}

export type Reporting = {
  readonly log: Log;
  readonly metrics: Registry;
  readonly said: WorkerReady;
  readonly ready: () => Promise<Readiness>;
};

/** In a worker: from now on it says how it stands, and when the primary is gone it drains instead of ending at once. */
export function reportToPrimary({ metrics, said, ready, log }: Reporting): void {
  if (cluster.worker) cluster.worker.exitedAfterDisconnect = true; // Else node ends the process itself.
  const say = (told: Told) => {
    if (process.connected) process.send?.(told, undefined, undefined, () => {}); // The primary may just be gone.
  };
  const stand = async () => {
    try {
      const [readiness, figures] = await Promise.all([ready(), metrics.getMetricsAsJSON()]);
      say({ kind: "stands", readiness, figures: figures as Figures });
    } catch (error) {
      log.error({ error }, "a worker cannot say how it stands; silent for long, it is replaced");
    }
  };
  say({ kind: "ready", ready: said });
  void stand();
  setInterval(() => void stand(), WORKER_SAYS_MS).unref();
}

export class Workers {
  private readonly known = new Map<number, Known>();
  private readonly options: WorkersOptions;
  private admin: AdminServer | null = null;
  private watch: NodeJS.Timeout | null = null;
  private isEnding = false;

  constructor(options: WorkersOptions) {
    this.options = options;
  }

  /** Rejects with WorkerDied when one could not start; it has said why. */
  async start(): Promise<WorkerReady & { readonly admin: string }> {
    const { count, adminHost: host, adminPort: port, log } = this.options;
    this.watch = setInterval(() => this.killHung(), WORKER_SAYS_MS);
    const said = await Promise.all(Array.from({ length: count }, () => this.fork()));
    const { contentType } = new AggregatorRegistry();
    const metrics = { contentType, metrics: () => this.figures() };
    this.admin = await startAdminServer({ host, port, ready: () => this.readiness(), metrics, log });
    return { ...said[0]!, admin: this.admin.url };
  }

  async drain(): Promise<void> {
    this.isEnding = true;
    if (this.watch !== null) clearInterval(this.watch);
    const workers = [...this.known.values()].map(({ worker }) => worker);
    const ends = workers.map((worker) => once(worker, "exit"));
    for (const { process } of workers) process.kill("SIGTERM");
    const kill = setTimeout(() => {
      for (const { process } of workers) process.kill("SIGKILL");
    }, this.options.drainMs + WORKER_KILL_MS);
    await Promise.all(ends);
    clearTimeout(kill);
    await this.admin?.close();
  }

  private async fork(): Promise<WorkerReady> {
    const worker = cluster.fork();
    const known: Known = { worker, wasReady: false, newest: null, saidAtMs: performance.now() };
    this.known.set(worker.id, known);
    return new Promise((resolve, reject) => {
      worker.on("message", (told: Told) => {
        if (told.kind === "ready") {
          known.wasReady = true;
          resolve(told.ready);
        } else if (told.kind === "stands") {
          known.newest = told;
          known.saidAtMs = performance.now();
        }
      });
      const gone = (how: string) => {
        if (!this.known.delete(worker.id)) return;
        if (!this.isEnding) this.options.log.error({ pid: worker.process.pid, how }, "a worker ended");
        if (known.wasReady) this.forkLater();
        else reject(new WorkerDied(`a worker ended with ${how} before it was ready`));
      };
      worker.on("exit", (code, signal) => gone(String(code ?? signal)));
      worker.on("error", (error) => {
        if (worker.process.pid === undefined) gone(error.message); // It never was; else an exit follows, or nothing is amiss.
      });
    });
  }

  private forkLater(): void {
    setTimeout(() => {
      if (!this.isEnding) this.fork().catch(() => this.forkLater()); // Said already.
    }, WORKER_AGAIN_MS);
  }

  private killHung(): void {
    for (const { worker, saidAtMs } of this.known.values()) {
      if (performance.now() - saidAtMs < WORKER_HUNG_MS_MAX) continue;
      this.options.log.error({ pid: worker.process.pid }, "a worker does not answer; it is killed");
      worker.process.kill("SIGKILL");
    }
  }

  private standing() {
    const nowMs = performance.now();
    return [...this.known.values()].flatMap(({ newest, saidAtMs }) => {
      return newest !== null && nowMs - saidAtMs < WORKER_SILENT_MS_MAX ? newest : [];
    });
  }

  private figures(): Promise<string> {
    return AggregatorRegistry.aggregate(this.standing().map(({ figures }) => [...figures])).metrics();
  }

  private readiness(): Readiness {
    const standing = this.standing().map(({ readiness }) => readiness);
    const readyCount = standing.filter(({ ready }) => ready).length;
    const { checks } = standing.find(({ ready }) => !ready) ?? standing[0] ?? { checks: {} };
    return { ready: readyCount > 0, checks: { ...checks, workers: `${readyCount} of ${this.options.count} ready` } };
  }
}
