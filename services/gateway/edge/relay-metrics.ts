/**
 * Relay metrics: to how many of the combat instances that this gateway knows its relay is up, and to how many it is not: away, gone,
 *      or only called so far.
 * In:  the route.   Out: a gauge, read when metrics are asked for.
 */
import { Gauge, type Registry } from "prom-client";
import type { Route } from "../connection/relay.ts";

export function observeRelays(registry: Registry, route: Pick<Route, "relays">): void {
  new Gauge({
    name: "gateway_relays",
    help: "Combat instances known to this gateway, by whether its relay to them is up.",
    labelNames: ["state"],
    registers: [registry],
    collect() {
      const relays = route.relays();
      const upCount = relays.filter((relay) => relay.isUp()).length;
      this.set({ state: "up" }, upCount);
      this.set({ state: "away" }, relays.length - upCount);
    },
  });
}
