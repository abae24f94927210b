/**
 * Relay metrics: to how many of the combat instances that this gateway knows its relay is up, to how many it is away, and to how
 *      many it was never opened: those that were only called so far.
 * In:  the route.   Out: a gauge, read when metrics are asked for.
 */
import { Gauge, type Registry } from "prom-client";
import type { Relay, Route } from "../connection/relay.ts";

export function observeRelays(registry: Registry, route: Pick<Route, "relays">): void {
  new Gauge({
    name: "gateway_relays",
    help: "Combat instances known to this gateway, by what its relay to them is.",
    labelNames: ["state"],
    registers: [registry],
    collect() {
      const counts = { up: 0, away: 0, unopened: 0 };
      for (const relay of route.relays()) counts[stateOf(relay)] += 1;
      for (const [state, count] of Object.entries(counts)) this.set({ state }, count);
    },
  });
}

function stateOf(relay: Relay): "up" | "away" | "unopened" {
  if (relay.isUp()) return "up";
  return relay.awaySinceMs() === null ? "unopened" : "away";
}
