/**
 * Metrics of the calls to the game's other services.
 * In:  their clients by name, null where the local rule is all there is.   Out: Prometheus metrics; checks of /readyz.
 * Law: none of them makes combat unready: without an answer the local rule decides.
 */
import { Counter, Gauge, type Registry } from "prom-client";
import type { BreakerState } from "./related/breaker.ts";
import type { ServiceClient } from "./related/service-client.ts";

const CHECK = {
  closed: "up",
  half_open: "away: tried again",
  open: "away: goes on without",
} as const satisfies Record<BreakerState, string>;

const BREAKER_VALUE = { closed: 0, half_open: 0.5, open: 1 } as const satisfies Record<BreakerState, number>;

export function observeRelated(
  registry: Registry,
  clients: { readonly [name: string]: ServiceClient | null },
): () => { readonly [check: string]: string } {
  const asked = Object.values(clients).filter((client) => client !== null);
  const told = new Map<string, number>();
  new Counter({
    name: "combat_related_calls_total",
    help: "Calls to the game's other services, by how they ended",
    labelNames: ["service", "outcome"],
    registers: [registry],
    collect() {
      for (const { name: service, counts } of asked) {
        for (const [outcome, count] of Object.entries(counts)) {
          const key = `${service} ${outcome}`;
          this.inc({ service, outcome }, count - (told.get(key) ?? 0));
          told.set(key, count);
        }
      }
    },
  });
  new Gauge({
    name: "combat_related_breaker",
    help: "0 while the service is asked, 1 while it is left alone, 0.5 when it is tried again",
    labelNames: ["service"],
    registers: [registry],
    collect() {
      for (const { name: service, breakerState } of asked) this.set({ service }, BREAKER_VALUE[breakerState]);
    },
  });
  return () =>
    Object.fromEntries(
      Object.entries(clients).map(([name, client]) => [
        `${name}_service`,
        client === null ? "not set" : CHECK[client.breakerState],
      ]),
    );
}
