/** The fight on real PostgreSQL, Redis and Kafka: a consumer reads exactly what the players were shown. */
import { tellsOf } from "#support/ledger/told.ts";
import { readPublished } from "#support/published.ts";
import { realStores } from "#support/real-stores.ts";
import { startSystem } from "#support/system.ts";
import { fightSuite } from "../e2e/fight.suite.ts";

const stores = realStores();

fightSuite({
  start: (dataDir) => startSystem({ env: stores.env, ...(dataDir === undefined ? {} : { dataDir }) }),
  published: async () => tellsOf(await readPublished(stores.brokers)),
});
