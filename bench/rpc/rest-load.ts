/**
 * REST load: autocannon on one URL, closed loop, in the process that calls it.
 * In:  URL, token, connections, how long.   Out: what came of it.
 * Law: times are taken of each answer as autocannon tells it, since its own percentiles are whole milliseconds.
 */
import autocannon from "autocannon";
import { Latencies } from "../measure/latencies.ts";
import type { Measured } from "./load.ts";

export type RestLoad = {
  readonly url: string;
  readonly token: string;
  readonly connections: number;
  readonly seconds: number;
};

export async function runRest({ url, token, connections, seconds }: RestLoad): Promise<Measured> {
  const latencies = new Latencies();
  const failed: Record<string, number> = {};
  const headers = { authorization: `Bearer ${token}` };
  const fromMs = performance.now();
  let lastMs = fromMs;
  await new Promise<void>((resolve, reject) => {
    const instance = autocannon({ url, connections, headers, duration: seconds }, (error: unknown) => {
      if (error) reject(error);
      else resolve();
    });
    instance.on("response", (_client, status, _bytes, ms) => {
      lastMs = performance.now();
      if (status === 200) latencies.record(ms);
      else failed[`status ${status}`] = (failed[`status ${status}`] ?? 0) + 1;
    });
    instance.on("reqError", (error) => {
      const why = String(error);
      failed[why] = (failed[why] ?? 0) + 1;
    });
  });
  const calls = latencies.count;
  const perSecond = calls / ((lastMs - fromMs) / 1000);
  return { calls, perSecond, p50Ms: latencies.percentile(50), p99Ms: latencies.percentile(99), failed };
}
