/**
 * Each process stands still for ten seconds (SIGSTOP): every call has a deadline, no queue grows without bound, nothing
 * shown or answered is lost, and all goes on by itself when it runs again. One system for each kind of process, all at once.
 * Beside a PostgreSQL that stands still there are two combats, and neither takes the other's sessions: both live.
 */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Arena } from "#support/ledger/arena.ts";
import { FAULT_ROUNDS, newChance } from "#support/ledger/chance.ts";
import { inLanes } from "#support/ledger/lanes.ts";
import { Load } from "#support/ledger/load.ts";
import { type PrivateServer, startPrivateServer } from "#support/servers.ts";

const TEST_MS_MAX = 900_000;
const PAUSE_MS = 10_000;
/** Systems for each kind of process. */
const LANES = 3;
const MEMORY_MB_MAX = 600;
const LIGHT = { damagePerSecond: 6, movesPerSecond: 4 };
const chance = newChance("paused");
let kafka: PrivateServer;

beforeAll(async () => {
  kafka = await startPrivateServer("kafka");
});

afterAll(async () => {
  await kafka?.stop();
});

const KINDS = ["combat", "gateway", "redis", "postgres", "kafka"] as const;
type Kind = (typeof KINDS)[number];

/** Of which there are two combats, each with players of its own. */
const PAIRED: ReadonlySet<Kind> = new Set(["postgres"]);

async function pause(arena: Arena, kind: Kind): Promise<void> {
  if (kind === "combat" || kind === "gateway") arena[kind].pause();
  else await arena.stores[kind].pause();
}

async function resume(arena: Arena, kind: Kind): Promise<void> {
  if (kind === "combat" || kind === "gateway") arena[kind].resume();
  else await arena.stores[kind].resume();
}

/** Matches that were created where these players are, and are another instance's now. */
async function strangersOf(arena: Arena, load: Load, index: number): Promise<Record<string, unknown>[]> {
  const ids = load.pages.map(({ sessionId }) => sessionId).filter((id) => id !== null);
  const rows = await arena.rows("select id, owner, epoch from combat_sessions where id = any($1::uuid[])", [ids]);
  return rows.filter(({ owner }) => !String(owner).startsWith(`${arena.name}-${index}#`));
}

test.concurrent.each(KINDS)(
  `%s stands still for 10 s, ${FAULT_ROUNDS} times under load`,
  async (kind) => {
    await inLanes(LANES, async (lane, rounds) => {
      const shared = kind === "kafka" ? {} : { kafka };
      const combats = PAIRED.has(kind) ? 2 : 1;
      const arena = await Arena.open({ name: `paused-${kind}-${lane}`, combats, shared });
      try {
        const loads = arena.gateways.map((_, index) => {
          const front = arena.frontOf(index);
          return new Load({ arena, chance: chance.fork(), matches: 2 / combats, pace: LIGHT, front });
        });
        await Promise.all(loads.map((load) => load.hasBegun()));
        for (let round = 1; round <= rounds; round++) {
          await delay(chance.between(300, 1_200));
          await pause(arena, kind);
          await delay(PAUSE_MS);
          await resume(arena, kind);
          await Promise.all(loads.map((load) => load.isHealed()));
          await Promise.all(loads.map((load) => load.isServed()));
        }
        await Promise.all(loads.map((load) => load.judge()));
        for (const [index, load] of loads.entries()) expect(await strangersOf(arena, load, index)).toEqual([]);
        for (const daemon of [...arena.combats, ...arena.gateways]) {
          expect(await daemon.memoryMb(), `memory of ${daemon.name}`).toBeLessThan(MEMORY_MB_MAX);
        }
      } finally {
        await arena.close();
      }
    });
  },
  TEST_MS_MAX,
);
