/**
 * Route: which combat instance has a session. Today there is one, and it has them all.
 * With several, this is the one place that changes: a directory would answer `relayFor`.
 */
import type { Relay, Route } from "../connection/relay.ts";

export function singleRoute(relay: Relay): Route {
  return { relayFor: () => relay, relays: () => [relay] };
}
