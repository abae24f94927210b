/**
 * RPC: GetSession, CreateSession and JoinSession at combat over gRPC, and GET of a session at the gateway over REST: calls a
 * second when as many are made as are answered, latency at a steady rate, and CPU of a call; beside handlers of grpc-js and
 * node:http that answer the same bytes and do nothing else. Service and floor take turns within each run.
 * gRPC is called by ghz, or by our own client where Go is missing; REST by autocannon, its latency with one connection.
 * Records are in combat's embedded PostgreSQL: CreateSession and JoinSession write there. Sessions that are read run
 * meanwhile, as 50 matches of 20 players do. A CPU of the gateway's is its process' alone, combat's not in it.
 */
import { median, rounded } from "../measure/figures.ts";
import { cpuSeconds } from "../measure/process-use.ts";
import { CalledService } from "../rpc/called-service.ts";
import { openGhz } from "../rpc/ghz.ts";
import { whyOf } from "../rpc/ghz-report.ts";
import type { Loader, Measured, MethodName, Pace } from "../rpc/load.ts";
import { OWN_LOADER } from "../rpc/own-loader.ts";
import { runRest } from "../rpc/rest-load.ts";
import type { LoneContext, Report } from "../scenario.ts";

const RUNS = 3;
const CALLERS = 16;
/** Calls of a stretch in a row, of one at a rate, and the rate. Combat refuses sessions beyond what its time is enough for. */
const METHODS = [
  { name: "getSession", title: "GetSession", closed: 12_000, open: 2_000, perSecond: 400 },
  { name: "createSession", title: "CreateSession", closed: 600, open: 250, perSecond: 50 },
  { name: "joinSession", title: "JoinSession", closed: 4_000, open: 500, perSecond: 100 },
] as const satisfies readonly { name: MethodName; title: string; closed: number; open: number; perSecond: number }[];
const QUICK_SHARE = 8;
const REST = "REST GET";
const KINDS = [...METHODS.map(({ title }) => title), REST];

/** Throughput and CPU in a row; latency at a rate, of REST with one connection. */
type Side = { readonly perSecond: number; readonly p50Ms: number; readonly p99Ms: number; readonly cpuUs: number };
type Run = { readonly kind: string; readonly service: Side; readonly floor: Side };
type Method = (typeof METHODS)[number];

export async function rpc({ seed, quick, say }: LoneContext): Promise<Report> {
  const loader = (await openGhz(say)) ?? OWN_LOADER;
  say(`calls by ${loader.name}`);
  const called = await CalledService.start();
  const share = quick ? QUICK_SHARE : 1;
  const runs: Run[] = [];
  const keep = (run: Run) => {
    runs.push(run);
    const { kind, service, floor } = run;
    say(`${kind}: ${told(service)}; floor ${told(floor)}`);
  };
  try {
    await warmUp(called, loader, share);
    for (let run = 0; run < (quick ? 1 : RUNS); run++) {
      for (const method of METHODS) {
        const service = await sideOf(method, { called, loader, share, empty: false });
        keep({ kind: method.title, service, floor: await sideOf(method, { called, loader, share, empty: true }) });
      }
      const seconds = quick ? 1 : 5;
      const { url, gatewayPid } = called.service;
      const service = await restSide({ url, pid: gatewayPid, token: called.token, seconds });
      keep({ kind: REST, service, floor: await restSide({ ...called.empty, token: called.token, seconds }) });
    }
  } finally {
    await called.end();
  }
  return reportOf(runs, { seed, loader: loader.name });
}

type Scene = { called: CalledService; loader: Loader; share: number; empty: boolean };

/** Code that has not run yet is slow, on both sides. */
async function warmUp(called: CalledService, loader: Loader, share: number): Promise<void> {
  for (const method of METHODS) {
    for (const empty of [false, true]) await sideOf(method, { called, loader, share: share * 2, empty });
  }
  for (const { url, pid } of [called.service, called.empty]) {
    await restSide({ url, pid, token: called.token, seconds: 1 });
  }
}

async function sideOf({ name, closed, open, perSecond }: Method, { called, loader, share, empty }: Scene) {
  const { target, pid } = empty ? called.empty : called.service;
  const load = async (calls: number, pace: Pace) => {
    const requests = await called.requests(name, calls);
    const measured = await withCpu(pid, () =>
      loader.run({ target, method: name, requests, calls, token: called.token, pace }),
    );
    await called.clear();
    return measured;
  };
  const row = await load(Math.ceil(closed / share), { kind: "closed", callers: CALLERS });
  const steady = await load(Math.ceil(open / share), { kind: "open", perSecond });
  return sideFrom(row, steady);
}

async function restSide({ url, pid, token, seconds }: { url: string; pid: number; token: string; seconds: number }) {
  const row = await withCpu(pid, () => runRest({ url, token, connections: CALLERS, seconds }));
  const alone = await withCpu(pid, () => runRest({ url, token, connections: 1, seconds }));
  return sideFrom(row, alone);
}

type Costed = Measured & { readonly cpuUs: number };

/** Calls that are refused are cheap: none may be. */
async function withCpu(pid: number, load: () => Promise<Measured>): Promise<Costed> {
  const before = await cpuSeconds(pid);
  const measured = await load();
  const after = await cpuSeconds(pid);
  const { failed, calls } = measured;
  if (Object.keys(failed).length > 0) throw new Error(`of ${calls} calls some failed: ${whyOf(failed)}`);
  return { ...measured, cpuUs: ((after - before) * 1e6) / calls };
}

function sideFrom({ perSecond, cpuUs }: Costed, { p50Ms, p99Ms }: Costed): Side {
  return { perSecond, cpuUs, p50Ms, p99Ms };
}

function told({ perSecond, p50Ms, p99Ms, cpuUs }: Side): string {
  return `${rounded(perSecond)}/s, P50 ${rounded(p50Ms)} ms, P99 ${rounded(p99Ms)} ms, ${rounded(cpuUs)} µs of CPU`;
}

const COLUMNS = [
  { title: "calls/s", csv: "calls_per_s", of: ({ perSecond }: Side) => perSecond },
  { title: "P50 ms", csv: "p50_ms", of: ({ p50Ms }: Side) => p50Ms },
  { title: "P99 ms", csv: "p99_ms", of: ({ p99Ms }: Side) => p99Ms },
  { title: "CPU µs", csv: "cpu_us", of: ({ cpuUs }: Side) => cpuUs },
] as const;

function reportOf(runs: readonly Run[], { seed, loader }: { seed: number; loader: string }): Report {
  const of = (kind: string) => runs.filter((run) => run.kind === kind);
  const middle = (kind: string, value: (run: Run) => number) => rounded(median(of(kind).map(value)));
  const ratios = (kind: string, value: (side: Side) => number) =>
    of(kind).map(({ service, floor }) => value(service) / value(floor));
  const bars = (value: (side: Side) => number) =>
    (["service", "floor"] as const).map((side) => ({
      name: side,
      points: KINDS.map((kind, at) => [at, median(of(kind).map((run) => value(run[side])))] as const),
    }));
  const x = { label: "", scale: "linear", ticks: KINDS.map((label, at) => ({ at, label })) } as const;
  return {
    seed,
    about: `gRPC by ${loader}: ${CALLERS} callers in a row for calls/s and CPU, then at ${METHODS.map(({ title, perSecond }) => `${perSecond}/s (${title})`).join(", ")} for latency. REST by autocannon: ${CALLERS} connections, then one for latency. Beside empty handlers with the same bytes, ${of(REST).length} runs in turns.`,
    figures: KINDS.flatMap((kind) => [
      { name: `${kind}, calls/s`, unit: "of the floor", values: ratios(kind, COLUMNS[0].of), better: "more" as const },
      { name: `${kind}, P99`, unit: "times the floor", values: ratios(kind, COLUMNS[2].of), better: "less" as const },
      { name: `${kind}, CPU`, unit: "times the floor", values: ratios(kind, COLUMNS[3].of), better: "less" as const },
    ]),
    tables: [
      {
        title: "Calls, medians of the runs",
        columns: ["call", ...COLUMNS.flatMap(({ title }) => [title, `floor ${title}`])],
        rows: KINDS.map((kind) => [
          kind,
          ...COLUMNS.flatMap((column) => [
            middle(kind, ({ service }) => column.of(service)),
            middle(kind, ({ floor }) => column.of(floor)),
          ]),
        ]),
      },
    ],
    plots: [
      {
        ...{ name: "calls", title: "Calls a second", x, y: { label: "calls/s", scale: "log" } },
        series: bars(COLUMNS[0].of),
      },
      {
        ...{ name: "latency", title: "P99 of a call at a steady rate", x, y: { label: "ms", scale: "log" } },
        series: bars(COLUMNS[2].of),
      },
    ],
    measured: [
      {
        name: "runs",
        columns: ["call", ...COLUMNS.flatMap(({ csv }) => [csv, `floor_${csv}`])],
        rows: runs.map(({ kind, service, floor }) => [
          kind,
          ...COLUMNS.flatMap((column) => [rounded(column.of(service)), rounded(column.of(floor))]),
        ]),
      },
    ],
    notes: [
      `Callers and servers share the cores: calls/s says what both managed together; CPU is the server's alone.`,
      ...(loader === OWN_LOADER.name ? ["Go was missing: our own client called, which is slower than ghz."] : []),
    ],
  };
}
