/**
 * Daemon: one service process that can be killed, stopped for a while and started again on the same ports.
 * In:  its settings, once.   Out: what was done to it, what it wrote in all its runs, and whether it ended unasked.
 * Law: every end that nobody asked for, and every record of level error, is kept for the judge.
 */
import { once } from "node:events";
import { readdir, readFile, readlink } from "node:fs/promises";
import { type Service, startService } from "#support/system.ts";

export type DaemonOptions = {
  readonly name: string;
  readonly service: "combat" | "gateway";
  readonly env: { readonly [name: string]: string };
};

export type Held = {
  /** That keep the process alive. */
  readonly timers: number;
  /** Of every other kind: sockets, servers, pipes. */
  readonly handles: number;
  readonly heapMb: number;
  readonly sockets: number;
};

const METRICS_MS_MAX = 10_000;

export class Daemon {
  readonly name: string;
  /** What went wrong by itself, in words. */
  readonly faults: string[] = [];
  runCount = 0;
  private readonly options: DaemonOptions;
  private running: Service | null = null;
  private isAsked = false;
  private earlier = "";

  constructor(options: DaemonOptions) {
    this.options = options;
    this.name = options.name;
  }

  get service(): DaemonOptions["service"] {
    return this.options.service;
  }

  get isRunning(): boolean {
    return this.running !== null;
  }

  get output(): string {
    return this.earlier + (this.running?.output() ?? "");
  }

  /** http://… of a gateway, whether it runs just now or not. */
  get frontUrl(): string {
    return `http://127.0.0.1:${this.options.env["GATEWAY_PORT"]}`;
  }

  get pid(): number {
    if (!this.running?.process.pid) throw new Error(`${this.name} does not run`);
    return this.running.process.pid;
  }

  /** host:port or URL that the ready line gave under this name. */
  address(name: "grpc" | "http" | "admin"): string {
    if (this.running === null) throw new Error(`${this.name} does not run`);
    return String(this.running.ready[name]);
  }

  async start(): Promise<void> {
    if (this.running !== null) throw new Error(`${this.name} runs already`);
    const service = await startService(this.options.service, { LOG_LEVEL: "warn", ...this.options.env });
    this.isAsked = false;
    this.runCount += 1;
    this.running = service;
    void once(service.process, "exit").then(([code, signal]) => {
      if (!this.isAsked) this.faults.push(`${this.name} ended by itself: code ${code}, signal ${signal}`);
      this.earlier += service.output();
      if (this.running === service) this.running = null;
    });
  }

  /** SIGKILL: resolves when it is gone. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /** SIGTERM: resolves to the exit code. */
  async stop(): Promise<number | null> {
    return this.running === null ? null : this.end("SIGTERM");
  }

  pause(): void {
    this.running?.process.kill("SIGSTOP");
  }

  resume(): void {
    this.running?.process.kill("SIGCONT");
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    const service = this.running;
    if (service === null) throw new Error(`${this.name} does not run`);
    this.isAsked = true;
    const gone = once(service.process, "exit");
    const code = await service.stop(signal);
    await gone.catch(() => null);
    this.running = null;
    return code;
  }

  /** What the process holds now, by its own metrics; null when it does not run. */
  async holds(): Promise<Held | null> {
    if (this.running === null) return null;
    const response = await fetch(`${this.address("admin")}/metrics`, { signal: AbortSignal.timeout(METRICS_MS_MAX) });
    const lines = (await response.text()).split("\n");
    const sumOf = (name: string, label = ""): number => {
      const found = lines.filter((line) => line.startsWith(`${name}{`) && line.includes(label));
      return found.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
    };
    return {
      timers: sumOf("nodejs_active_resources", 'type="Timeout"'),
      handles: sumOf("nodejs_active_resources") - sumOf("nodejs_active_resources", 'type="Timeout"'),
      heapMb: Math.round(sumOf("nodejs_heap_size_used_bytes") / 1024 / 1024),
      sockets: await this.socketCount(),
    };
  }

  /** Resident memory of the process; 0 when it does not run. */
  async memoryMb(): Promise<number> {
    const pid = this.running?.process.pid;
    if (pid === undefined) return 0;
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kilobytes) / 1024;
  }

  /** Sockets that the process has open now, of every kind; 0 when it does not run. */
  async socketCount(): Promise<number> {
    const pid = this.running?.process.pid;
    if (pid === undefined) return 0;
    const folder = `/proc/${pid}/fd`;
    const targets = await Promise.all((await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => "")));
    return targets.filter((target) => target.startsWith("socket:")).length;
  }

  /** Records that no healthy process writes: level error, or lines that are no records at all. `allowed` may be there. */
  badLines(allowed: readonly RegExp[]): string[] {
    return this.output.split("\n").filter((line) => {
      if (line.trim() === "" || allowed.some((pattern) => pattern.test(line))) return false;
      if (KNOWN_NOISE.some((pattern) => pattern.test(line))) return false;
      return !line.startsWith("{") || line.includes('"level":"error"');
    });
  }
}

/** Warnings of Node itself, and what kafkajs calls an error before it tries again. */
const KNOWN_NOISE = [
  /"msg":"kafkajs /,
  /TimeoutNegativeWarning/,
  /Use `node --trace-warnings/,
  /Timeout duration was set to 1/,
];
