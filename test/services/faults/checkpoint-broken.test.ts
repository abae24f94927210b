/**
 * A checkpoint that is truncated or flipped is found out by its checksum: the one before and the journal, or the record, is
 * used. Never a world that is not one.
 */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Arena } from "#support/ledger/arena.ts";
import { FAULT_ROUNDS, newChance } from "#support/ledger/chance.ts";
import { inLanes } from "#support/ledger/lanes.ts";
import { Load } from "#support/ledger/load.ts";
import { type PrivateServer, startPrivateServer } from "#support/servers.ts";

const TEST_MS_MAX = 900_000;
const chance = newChance("checkpoint broken");
const BROKEN = /parts of a session's live copy cannot be used/;
let kafka: PrivateServer;

beforeAll(async () => {
  kafka = await startPrivateServer("kafka");
});

afterAll(async () => {
  await kafka?.stop();
});

const DAMAGES = {
  truncated: (bytes: Buffer) => bytes.subarray(0, chance.between(0, bytes.length - 1)),
  flipped: (bytes: Buffer) => {
    const at = chance.between(0, bytes.length - 1);
    bytes[at] = (bytes[at] as number) ^ (1 << chance.between(0, 7));
    return bytes;
  },
  replaced: (bytes: Buffer) => Buffer.from(bytes.map(() => chance.between(0, 255))),
} as const;

/** Breaks these fields of every session that Redis keeps; answers of which, of those that go on, it broke one. */
async function breakCheckpoints(arena: Arena, fields: readonly string[]): Promise<string[]> {
  const rows = await arena.rows("select id from combat_sessions where status in ('waiting', 'active', 'paused')");
  const goOn = new Set(rows.map(({ id }) => String(id)));
  return arena.withRedis(async (redis) => {
    const broken = new Set<string>();
    for (const key of await redis.keys("combat:{*}:state")) {
      for (const field of fields) {
        const bytes = await redis.hgetBuffer(key, field);
        if (bytes === null || bytes.length === 0) continue;
        const damage = DAMAGES[chance.pick(["truncated", "flipped", "replaced"] as const)];
        await redis.hset(key, field, damage(bytes));
        broken.add(key.slice(key.indexOf("{") + 1, key.indexOf("}")));
      }
    }
    return [...broken].filter((id) => goOn.has(id));
  });
}

/** How often combat said of this session that it found something broken. */
function saidBroken({ combat }: Arena, sessionId: string): number {
  return combat.output.split("\n").filter((line) => BROKEN.test(line) && line.includes(sessionId)).length;
}

/** Breaks every entry of every journal by cutting it short. */
async function breakJournals(arena: Arena): Promise<void> {
  await arena.withRedis(async (redis) => {
    for (const key of await redis.keys("combat:{*}:journal")) {
      const entries = await redis.xrangeBuffer(key, "-", "+");
      await redis.del(key);
      for (const [id, fields] of entries) {
        const bytes = fields[1] as Buffer;
        await redis.xadd(key, String(id), "b", bytes.subarray(0, Math.floor(bytes.length / 2)));
      }
    }
  });
}

test(
  `the newest checkpoint is broken while combat is dead, ${FAULT_ROUNDS} times: everything shown is there all the same`,
  () =>
    inLanes(4, async (lane, rounds) => {
      const arena = await Arena.open({ name: `checkpoint-${lane}`, shared: { kafka } });
      try {
        const load = new Load({ arena, chance: chance.fork(), matches: 2 });
        const broken = new Map<string, number>();
        for (let round = 1; round <= rounds; round++) {
          await load.hasBegun();
          await delay(chance.between(300, 2_500));
          await arena.combat.kill();
          for (const id of await breakCheckpoints(arena, ["cur"])) broken.set(id, (broken.get(id) ?? 0) + 1);
          await arena.combat.start();
          await load.isServed();
        }
        expect([...broken.values()].reduce((sum, times) => sum + times, 0)).toBeGreaterThanOrEqual(rounds);
        for (const [id, times] of broken)
          expect(saidBroken(arena, id), `found out of ${id}`).toBeGreaterThanOrEqual(times);
        await load.judge({ allowed: [BROKEN] });
      } finally {
        await arena.close();
      }
    }),
  TEST_MS_MAX,
);

test(
  `checkpoints and journal are broken, ${FAULT_ROUNDS} times: the record is used, what was lost ends as cancelled`,
  async () => {
    let ruins = 0;
    const summaries = await inLanes(4, async (lane, rounds) => {
      const arena = await Arena.open({ name: `ruined-${lane}`, shared: { kafka } });
      try {
        const load = new Load({ arena, chance: chance.fork(), matches: 2 });
        for (let round = 1; round <= rounds; round++) {
          await load.hasBegun();
          await delay(chance.between(300, 1_200));
          await arena.combat.kill();
          await breakCheckpoints(arena, ["cur", "prev"]);
          if (chance.oneIn(2)) {
            ruins += 1;
            await breakJournals(arena);
          }
          await arena.combat.start();
          await load.isServed();
        }
        return await load.judge({ mayLoseMatches: true, allowed: [BROKEN] });
      } finally {
        await arena.close();
      }
    });
    const lost = summaries.reduce((sum, summary) => sum + summary.lost, 0);
    process.stderr.write(`checkpoint broken: ${lost} matches lost in ${ruins} ruins\n`);
    if (ruins > 0) expect(lost).toBeGreaterThan(0);
  },
  TEST_MS_MAX,
);
