/**
 * Redis dies and comes back as it was some time before, as from a snapshot or a replica that lagged: also before a takeover,
 * with an owner that is no more. Whoever owns the matches goes on with them, and nothing is lost. Promises P2, P3, P5.
 */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Arena } from "#support/ledger/arena.ts";
import { newChance, SLOW_FAULT_ROUNDS } from "#support/ledger/chance.ts";
import { inLanes } from "#support/ledger/lanes.ts";
import { Load } from "#support/ledger/load.ts";
import { type PrivateServer, startPrivateServer } from "#support/servers.ts";

const TEST_MS_MAX = 900_000;
/** Combat says of how many sessions Redis had less than it should. */
const OLDER = /"older":[1-9]/g;
const chance = newChance("redis older");
let kafka: PrivateServer;

beforeAll(async () => {
  kafka = await startPrivateServer("kafka");
});

afterAll(async () => {
  await kafka?.stop();
});

test(
  `Redis comes back older, ${SLOW_FAULT_ROUNDS} times under load, mostly from before a takeover: no match is given up, nothing lost`,
  async () => {
    let older = 0;
    await inLanes(
      4,
      async (lane, rounds) => {
        const arena = await Arena.open({ name: `older-${lane}`, shared: { kafka } });
        try {
          const { redis } = arena.stores;
          const load = new Load({ arena, chance: chance.fork(), matches: 2 });
          for (let round = 1; round <= rounds; round++) {
            await delay(chance.between(200, 800));
            const from = await redis.copy();
            if (!chance.oneIn(4)) {
              await load.isHealed(); // Else the death of combat is a second fault in the same outage.
              await arena.combat.kill();
              await arena.combat.start();
              await load.isServed();
            }
            await delay(chance.between(0, 800));
            await redis.kill();
            await redis.restart({ from });
            await load.isHealed();
            await load.isServed();
          }
          await load.judge();
          older += arena.combat.output.match(OLDER)?.length ?? 0;
        } finally {
          await arena.close();
        }
      },
      SLOW_FAULT_ROUNDS,
    );
    expect(older).toBeGreaterThan(0);
  },
  TEST_MS_MAX,
);
