/** ghz of the benchmarks: its report is read in the right unit, and a load reaches it as what it is. */
import { expect, test } from "vitest";
import { ghzArguments } from "../../../bench/rpc/ghz.ts";
import { readGhzReport, whyOf } from "../../../bench/rpc/ghz-report.ts";
import type { Pace } from "../../../bench/rpc/load.ts";

const LATENCIES = [
  { percentage: 50, latency: 1_250_000 },
  { percentage: 95, latency: 3_000_000 },
  { percentage: 99, latency: 20_500_000 },
];
const REPORT = { count: 200, rps: 1234.5, errorDistribution: {}, latencyDistribution: LATENCIES };

test("nanoseconds become milliseconds", () => {
  const measured = { calls: 200, perSecond: 1234.5, p50Ms: 1.25, p99Ms: 20.5, failed: {} };
  expect(readGhzReport(JSON.stringify(REPORT))).toEqual(measured);
});

test("calls that failed are told, by why", () => {
  const errorDistribution = { "code = Unavailable": 3, "code = NotFound": 1 };
  const { failed } = readGhzReport(JSON.stringify({ ...REPORT, errorDistribution }));
  expect(whyOf(failed)).toBe("3 × code = Unavailable; 1 × code = NotFound");
});

test.each([
  { name: "no calls at all", report: {}, why: "not a report" },
  {
    name: "no percentiles, as when all failed",
    report: { ...REPORT, latencyDistribution: null },
    why: "no P50 of 200",
  },
  { name: "no P99", report: { ...REPORT, latencyDistribution: LATENCIES.slice(0, 2) }, why: "no P99" },
])("a report is refused that has $name", ({ report, why }) => {
  expect(() => readGhzReport(JSON.stringify(report))).toThrow(why);
});

test.each([
  { name: "in a row", pace: { kind: "closed", callers: 16 }, told: ["--concurrency=16"] },
  {
    name: "at a rate, whatever is answered",
    pace: { kind: "open", perSecond: 50 },
    told: ["--async", "--concurrency=1", "--rps=50"],
  },
] as const satisfies readonly { name: string; pace: Pace; told: readonly string[] }[])(
  "calls $name",
  ({ pace, told }) => {
    const load = {
      target: "127.0.0.1:1",
      method: "joinSession",
      requests: [],
      calls: 9,
      token: "secret",
      pace,
    } as const;
    const given = ghzArguments(load, { set: "s", data: "d", head: "h", report: "r" });
    expect(given.filter((one) => /^--(async|concurrency|rps)/.test(one))).toEqual(told);
    expect(given).toContain("--call=necpgame.combat.v1.CombatSessionService.JoinSession");
    expect(given).toContain("--total=9");
    expect(given.at(-1)).toBe("127.0.0.1:1");
    expect(given.join(" ")).not.toContain("secret");
  },
);
