/** Request metrics: how many requests were answered how, and how long it took. Labels are routes, never paths. */
import { Counter, Histogram, type Registry } from "prom-client";

export type Answered = { readonly route: string; readonly verb: string; readonly status: number; readonly ms: number };
export type RequestMetrics = (answered: Answered) => void;

export function createRequestMetrics(registry: Registry): RequestMetrics {
  const labelNames = ["route", "verb", "status"] as const;
  const requests = new Counter({
    name: "gateway_requests_total",
    help: "HTTP requests answered, by route, verb and status",
    labelNames,
    registers: [registry],
  });
  const seconds = new Histogram({
    name: "gateway_request_seconds",
    help: "Time from a request's headers to the end of its answer",
    labelNames: ["route"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  return ({ route, verb, status, ms }) => {
    requests.inc({ route, verb: KNOWN_VERBS.has(verb) ? verb : "other", status: String(status) });
    seconds.observe({ route }, ms / 1000);
  };
}

const KNOWN_VERBS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]); // Clients may invent others.
