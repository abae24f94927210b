/** Relay metrics: a relay that was never opened is neither up nor away. */
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import type { Relay } from "#gateway/connection/relay.ts";
import { observeRelays } from "#gateway/edge/relay-metrics.ts";

type Stand = { readonly up: boolean; readonly awayMs: number | null };

function relay({ up, awayMs }: Stand): Relay {
  return { open: () => {}, send: () => up, isUp: () => up, awaySinceMs: () => awayMs, close: async () => {} };
}

const UP = { up: true, awayMs: null };
const AWAY = { up: false, awayMs: 7 };
const UNOPENED = { up: false, awayMs: null };

test.each([
  { name: "none", stands: [], told: { up: 0, away: 0, unopened: 0 } },
  { name: "one of each", stands: [UP, AWAY, UNOPENED], told: { up: 1, away: 1, unopened: 1 } },
  { name: "several", stands: [UNOPENED, UP, UNOPENED, UP, UP], told: { up: 3, away: 0, unopened: 2 } },
])("gateway_relays of $name", async ({ stands, told }) => {
  const registry = new Registry();
  observeRelays(registry, { relays: () => stands.map(relay) });
  const [metric] = await registry.getMetricsAsJSON();
  expect(Object.fromEntries(metric!.values.map(({ labels, value }) => [labels["state"], value]))).toEqual(told);
});
