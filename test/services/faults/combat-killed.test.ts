/**
 * Combat dies at any moment: its sessions go on, by the same instance started again or by another. What was shown and
 * what was answered is there, once. Promises P1, P2, P3, P6, P12.
 */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, test } from "vitest";
import { Arena } from "#support/ledger/arena.ts";
import { FAULT_ROUNDS, newChance, SLOW_FAULT_ROUNDS } from "#support/ledger/chance.ts";
import { inLanes } from "#support/ledger/lanes.ts";
import { Load } from "#support/ledger/load.ts";
import { type PrivateServer, startPrivateServer } from "#support/servers.ts";

const TEST_MS_MAX = 900_000;
const chance = newChance("combat killed");
let kafka: PrivateServer;

beforeAll(async () => {
  kafka = await startPrivateServer("kafka");
});

afterAll(async () => {
  await kafka?.stop();
});

test(
  `kill -9 of combat, ${FAULT_ROUNDS} times under load: nothing acknowledged or shown is lost or doubled`,
  () =>
    inLanes(4, async (lane, rounds) => {
      const arena = await Arena.open({ name: `killed-${lane}`, shared: { kafka } });
      try {
        const load = new Load({ arena, chance: chance.fork(), matches: 2 });
        await load.hasBegun();
        for (let round = 1; round <= rounds; round++) {
          await delay(chance.between(300, 1_500));
          await arena.combat.kill();
          await delay(chance.between(0, 1_000));
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

test(
  `a machine with combat and gateway dies ${SLOW_FAULT_ROUNDS} times; the other machine takes over, players come back there`,
  () =>
    inLanes(
      4,
      async (lane, rounds) => {
        const arena = await Arena.open({ name: `taken-${lane}`, combats: 2, shared: { kafka } });
        try {
          const load = new Load({ arena, chance: chance.fork(), matches: 2 });
          await load.hasBegun();
          for (let round = 1; round <= rounds; round++) {
            await delay(chance.between(300, 1_500));
            const { combat, gateway } = arena;
            arena.active = 1 - arena.active;
            await Promise.all([combat.kill(), gateway.kill()]);
            await load.isServed();
            await combat.start();
            await gateway.start();
          }
          await load.judge();
        } finally {
          await arena.close();
        }
      },
      SLOW_FAULT_ROUNDS,
    ),
  TEST_MS_MAX,
);

test(
  `both combats die together ${SLOW_FAULT_ROUNDS} times and are back after 5 s: sessions come back from the live store`,
  () =>
    inLanes(
      5,
      async (lane, rounds) => {
        const arena = await Arena.open({ name: `both-${lane}`, combats: 2, shared: { kafka } });
        try {
          const loads = [0, 1].map((index) => {
            return new Load({ arena, chance: chance.fork(), matches: 1, front: arena.frontOf(index) });
          });
          await Promise.all(loads.map((load) => load.hasBegun()));
          for (let round = 1; round <= rounds; round++) {
            await delay(chance.between(300, 1_500));
            await Promise.all(arena.combats.map((combat) => combat.kill()));
            await delay(5_000);
            await Promise.all(arena.combats.map((combat) => combat.start()));
            await Promise.all(loads.map((load) => load.isServed()));
          }
          await Promise.all(loads.map((load) => load.judge()));
        } finally {
          await arena.close();
        }
      },
      SLOW_FAULT_ROUNDS,
    ),
  TEST_MS_MAX,
);

test(
  `one of two combats behind one gateway dies, ${SLOW_FAULT_ROUNDS} times: the other takes over, and players are led to it`,
  () =>
    inLanes(
      2,
      async (lane, rounds) => {
        const arena = await Arena.open({ name: `led-${lane}`, combats: 2, together: true, shared: { kafka } });
        try {
          const load = new Load({ arena, chance: chance.fork(), matches: 4 });
          await load.hasBegun();
          for (let round = 1; round <= rounds; round++) {
            await delay(chance.between(300, 1_500));
            const victim = arena.combats[chance.between(0, 1)]!;
            await victim.kill();
            await load.isServed();
            await victim.start();
          }
          await load.judge();
        } finally {
          await arena.close();
        }
      },
      SLOW_FAULT_ROUNDS,
    ),
  TEST_MS_MAX,
);
