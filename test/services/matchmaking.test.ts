/** Matchmaking on the real stores: ends are read from Kafka. */

import { readPublished } from "#support/published.ts";
import { realStores } from "#support/real-stores.ts";
import { startSystem } from "#support/system.ts";
import { matchmakingSuite } from "../e2e/matchmaking.suite.ts";

const stores = realStores();

matchmakingSuite({
  start: (env) => startSystem({ env: { ...stores.env, ...env } }),
  async ends(_, sessionId) {
    const published = await readPublished(stores.brokers, (id) => id === sessionId);
    return published.flatMap(({ envelope }) => {
      const event = envelope.data?.event;
      if (event?.case !== "sessionEnded") return [];
      return [{ players: event.value.players.map(({ playerId, teamId }) => [playerId, teamId] as const) }];
    });
  },
});
