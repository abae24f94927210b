/**
 * Fencing: an owner that stood still while Redis was wiped and another instance took its sessions finds itself fenced when
 * it runs again: it shows nothing more of them, keeps nothing, and takes no calls for them. Decision 9.
 */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DamageType, type ServerMessage } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { CombatSessionService } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { GrpcCaller } from "#support/grpc-caller.ts";
import { Arena, until } from "#support/ledger/arena.ts";
import { FAULT_ROUNDS, newChance } from "#support/ledger/chance.ts";
import { inLanes } from "#support/ledger/lanes.ts";
import { Load } from "#support/ledger/load.ts";
import { type PrivateServer, startPrivateServer } from "#support/servers.ts";

const TEST_MS_MAX = 900_000;
const TAKEN_MS_MAX = 30_000;
/** An owner that runs again asks within milliseconds whose its sessions are; its answers are awaited this long. */
const FENCED_MS_MAX = 10_000;
/** An owner that is stopped makes no frame from this long after the signal on. */
const STANDING_MS = 500;
const SERVICE_ID = "00000000-0000-4000-8000-000000000001";
const chance = newChance("fenced");
let kafka: PrivateServer;

beforeAll(async () => {
  kafka = await startPrivateServer("kafka");
});

afterAll(async () => {
  await kafka?.stop();
});

/** Everything one owner says of one session, straight from its gRPC port. */
class OwnerStream {
  readonly shown: ServerMessage[] = [];
  readonly ended: Promise<void>;
  hasEnded = false;

  constructor(caller: GrpcCaller, sessionId: string, token: string) {
    this.ended = this.read(caller, sessionId, token).finally(() => {
      this.hasEnded = true;
    });
  }

  /** What it made from then on; frames that were on their way when it was stopped may come later. */
  madeSince(unixMs: number): readonly string[] {
    return this.shown.filter(({ timestamp }) => timestamp >= unixMs).map(({ body }) => String(body.case));
  }

  private async read(caller: GrpcCaller, sessionId: string, token: string): Promise<void> {
    try {
      for await (const message of caller.watch({ sessionId }, token)) {
        this.shown.push(message);
      }
    } catch {
      // Ended by the owner, which is what is waited for.
    }
  }
}

type Wipe = { readonly wipe: boolean };

async function round(arena: Arena, load: Load, { wipe }: Wipe): Promise<void> {
  const { combat: owner, gateway } = arena;
  const caller = new GrpcCaller(owner.address("grpc"));
  const token = await arena.token(SERVICE_ID, "service");
  try {
    await load.isServed();
    await delay(chance.between(100, 600));
    // A creation that is cut in two by the pause would end on the owner when it runs again, where no player is any more.
    await load.hasBegun();
    const playing = load.playing.filter(({ page }) => page.sessionId !== null);
    const ids = playing.map(({ page }) => page.sessionId as string);
    const streams = ids.map((id) => new OwnerStream(caller, id, token));
    await until("the owner shows its sessions", () =>
      streams.every(({ shown, hasEnded }) => shown.length > 0 || hasEnded),
    );

    await load.hasBegun();
    owner.pause();
    const pausedAtUnixMs = Date.now();
    if (wipe) await arena.withRedis((redis) => redis.flushall());
    arena.active = 1 - arena.active;
    await gateway.kill(); // Players come back where the other instance is.
    await until("the other has taken them", () => areMoved(arena), TAKEN_MS_MAX);
    await delay(chance.between(0, 500));
    owner.resume();

    const calls = playing.map(({ page }) => {
      const targetId = page.playerIds[0] as string;
      const damage = { sessionId: page.sessionId as string, targetId, damage: 1, headshot: false };
      const request = { ...damage, damageType: DamageType.BULLET };
      return caller.call(CombatSessionService.method.applyDamage, request, token);
    });
    const answers = await Promise.allSettled(calls);
    expect(
      answers.map(({ status }) => status),
      "calls on the old owner",
    ).toEqual(ids.map(() => "rejected"));
    await until("its streams have ended", () => settledAll(streams.map(({ ended }) => ended)), FENCED_MS_MAX);
    const said = streams.map((stream) => stream.madeSince(pausedAtUnixMs + STANDING_MS));
    // A signal may stop it between its last look at the clock and the frame that it was making: poses, of no consequence.
    for (const frames of said)
      expect(["", "stateUpdate"], "what the owner made after it ran again").toContain(frames.join());
    await gateway.start();
    await load.isServed();
  } finally {
    caller.close();
  }
}

/** All that is not over belongs to the instance that players go to now. */
async function areMoved(arena: Arena): Promise<boolean> {
  const rows = await arena.rows("select owner from combat_sessions where status in ('waiting', 'active', 'paused')");
  return rows.every(({ owner }) => String(owner).startsWith(`${arena.name}-${arena.active}#`));
}

async function settledAll(promises: readonly Promise<void>[]): Promise<boolean> {
  return (await Promise.race([Promise.all(promises), delay(20, "not yet")])) !== "not yet";
}

test.each([
  { name: "Redis is wiped", wipe: true },
  { name: "Redis stays", wipe: false },
])(
  `the owner stands still, $name, another takes over, the owner runs again, ${FAULT_ROUNDS} times`,
  async ({ wipe }) => {
    const summaries = await inLanes(5, async (lane, rounds) => {
      const arena = await Arena.open({
        name: `fenced-${wipe ? "wiped" : "kept"}-${lane}`,
        combats: 2,
        shared: { kafka },
      });
      try {
        const load = new Load({ arena, chance: chance.fork(), matches: 2, pace: { lifeMs: 30_000 } });
        for (let at = 1; at <= rounds; at++) await round(arena, load, { wipe });
        return await load.judge({ mayLoseMatches: wipe });
      } finally {
        await arena.close();
      }
    });
    // With Redis as it was nothing may be lost; without, nothing but what was played when it was wiped.
    const lost = summaries.reduce((sum, summary) => sum + summary.lost, 0);
    process.stderr.write(`fenced: ${lost} matches lost\n`);
    if (wipe) expect(lost).toBeGreaterThan(0);
  },
  TEST_MS_MAX,
);
