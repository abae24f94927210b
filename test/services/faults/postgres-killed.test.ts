/**
 * PostgreSQL dies, or one of its backends: matches go on, calls that need it are refused or unknown, and what was unknown
 * is found again by its key. Promises P5, P12.
 */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, test } from "vitest";
import { Arena, until } from "#support/ledger/arena.ts";
import { FAULT_ROUNDS, newChance } from "#support/ledger/chance.ts";
import { inLanes } from "#support/ledger/lanes.ts";
import { Load } from "#support/ledger/load.ts";
import { type PrivateServer, startPrivateServer } from "#support/servers.ts";

const TEST_MS_MAX = 900_000;
const chance = newChance("postgres killed");
/** Sessions come and go all the time, so that creations, joins and ends fall into the outage. */
const BUSY = { lifeMs: 4_000, deedsEveryMs: 400, damagePerSecond: 6 };
let kafka: PrivateServer;

beforeAll(async () => {
  kafka = await startPrivateServer("kafka");
});

afterAll(async () => {
  await kafka?.stop();
});

/** The process behind one of combat's connections, once PostgreSQL lets anybody ask. */
async function someBackend(arena: Arena): Promise<number> {
  const sql = "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";
  let backends: Record<string, unknown>[] = [];
  await until("PostgreSQL has clients", async () => {
    backends = await arena.rows(sql).catch(() => []); // It begins anew just now.
    return backends.length > 0;
  });
  return Number(chance.pick(backends)["pid"]);
}

test(
  `kill -9 of PostgreSQL, ${FAULT_ROUNDS} times under load: nothing acknowledged is lost, nothing is done twice`,
  () =>
    inLanes(4, async (lane, rounds) => {
      const arena = await Arena.open({ name: `postgres-${lane}`, shared: { kafka } });
      try {
        const load = new Load({ arena, chance: chance.fork(), matches: 2, pace: BUSY });
        await load.hasBegun();
        for (let round = 1; round <= rounds; round++) {
          await delay(chance.between(300, 1_200));
          await arena.stores.postgres.kill();
          await delay(chance.between(0, 1_500));
          await arena.stores.postgres.restart();
          await load.isHealed();
          await load.isServed();
        }
        await load.judge();
      } finally {
        await arena.close();
      }
    }),
  TEST_MS_MAX,
);

test(
  `kill -9 of one backend, ${FAULT_ROUNDS} times under load: PostgreSQL begins anew by itself, and nothing is lost`,
  () =>
    inLanes(4, async (lane, rounds) => {
      const arena = await Arena.open({ name: `backend-${lane}`, shared: { kafka } });
      try {
        const load = new Load({ arena, chance: chance.fork(), matches: 2, pace: BUSY });
        await load.hasBegun();
        for (let round = 1; round <= rounds; round++) {
          await delay(chance.between(300, 1_200));
          process.kill(await someBackend(arena), "SIGKILL");
          await load.isHealed();
          await load.isServed();
        }
        await load.judge();
      } finally {
        await arena.close();
      }
    }),
  TEST_MS_MAX,
);
