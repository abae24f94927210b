/** Redis dies, and comes back with its data or empty: matches in progress go on, degraded, and are written again. Promise P5. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, test } from "vitest";
import { Arena, until } from "#support/ledger/arena.ts";
import { FAULT_ROUNDS, newChance } from "#support/ledger/chance.ts";
import { inLanes } from "#support/ledger/lanes.ts";
import { Load } from "#support/ledger/load.ts";
import { type PrivateServer, startPrivateServer } from "#support/servers.ts";

const TEST_MS_MAX = 900_000;
const chance = newChance("redis killed");
let kafka: PrivateServer;

beforeAll(async () => {
  kafka = await startPrivateServer("kafka");
});

afterAll(async () => {
  await kafka?.stop();
});

/** An owner finds out with its next write that Redis is empty; until then the outage is not over. */
async function isWritten(arena: Arena): Promise<boolean> {
  const rows = await arena.rows("select id from combat_sessions where status in ('waiting', 'active', 'paused')");
  return arena.withRedis(async (redis) => {
    const found = await Promise.all(rows.map(({ id }) => redis.exists(`combat:{${id}}:state`)));
    return found.every((count) => count === 1);
  });
}

test.each([
  { name: "with its data", wipe: false },
  { name: "empty", wipe: true },
])(
  `kill -9 of Redis, ${FAULT_ROUNDS} times under load, back $name: no player notices, nothing is lost or doubled`,
  async ({ wipe }) => {
    await inLanes(4, async (lane, rounds) => {
      const arena = await Arena.open({ name: `redis-${lane}`, shared: { kafka } });
      try {
        const load = new Load({ arena, chance: chance.fork(), matches: 2 });
        await load.hasBegun();
        for (let round = 1; round <= rounds; round++) {
          await delay(chance.between(300, 1_200));
          await arena.stores.redis.kill();
          await load.isServed(); // Without it, too.
          await delay(chance.between(0, 800));
          await arena.stores.redis.restart({ wipe });
          await load.isHealed();
          await load.isServed();
        }
        await load.judge();
      } finally {
        await arena.close();
      }
    });
  },
  TEST_MS_MAX,
);

test(
  `Redis comes back empty, then combat dies: what was written again is enough to go on, ${FAULT_ROUNDS} times`,
  () =>
    inLanes(4, async (lane, rounds) => {
      const arena = await Arena.open({ name: `rewritten-${lane}`, shared: { kafka } });
      try {
        const load = new Load({ arena, chance: chance.fork(), matches: 2 });
        await load.hasBegun();
        for (let round = 1; round <= rounds; round++) {
          await delay(chance.between(300, 1_200));
          await arena.stores.redis.kill();
          await delay(chance.between(0, 500));
          await arena.stores.redis.restart({ wipe: true });
          await load.isHealed();
          await until("all that goes on is written again", () => isWritten(arena));
          await arena.combat.kill();
          await arena.combat.start();
          await load.isServed();
        }
        await load.judge();
      } finally {
        await arena.close();
      }
    }),
  TEST_MS_MAX,
);
