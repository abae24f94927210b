/** Asking another service over real gRPC: whatever it does, the caller has a reason within the deadline. */
import { setTimeout as delay } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  BREAKER_FAILED_IN_A_ROW_MAX,
  BREAKER_PAUSE_MS,
  RELATED_CALL_MS_MAX,
  RELATED_CALLS_MAX,
} from "#combat/related/limits.ts";
import { ServiceClient } from "#combat/related/service-client.ts";
import { heldToken } from "#combat/related/service-token.ts";
import { PlayerService } from "#gen/necpgame/player/v1/player_service_pb.js";
import { ManualClock, systemClock } from "#kit/clock.ts";
import { silentLog } from "#kit/log.ts";
import { patiently } from "#support/patiently.ts";
import { type StandIn, startStandIn } from "#support/stand-in.ts";

const { getPlayer } = PlayerService.method;
const LATENESS_MS_MAX = 400; // Of timers on a busy machine.

let standIn: StandIn<typeof PlayerService>;
let client: ServiceClient;

const ask = (read: (name: string) => string | null = (name) => name) =>
  client.ask(getPlayer, { playerId: "ann" }, ({ displayName }) => read(displayName));

beforeAll(async () => {
  standIn = await startStandIn(PlayerService, { getPlayer: ({ playerId }) => ({ playerId, displayName: "Ann" }) });
});

beforeEach(async () => {
  standIn.delayMs = 0;
  standIn.failure = null;
  client?.close();
  const token = () => Promise.resolve("combats-own");
  client = new ServiceClient({ name: "player", target: standIn.target, token, clock: systemClock, log: silentLog });
  await patiently(ask); // The first may still be connecting.
});

afterAll(() => {
  client.close();
  standIn.kill();
});

describe("an answer", () => {
  test("is what the service said, and combat's own token went along", async () => {
    expect(await patiently(ask)).toEqual({ ok: true, value: "Ann" });
    expect(standIn.calls.at(-1)).toMatchObject({ method: "GetPlayer", authorization: "Bearer combats-own" });
  });

  test("outside of the contract is nonsense", async () => {
    expect(await patiently(() => ask(() => null))).toEqual({ ok: false, why: "nonsense" });
  });
});

describe("no answer", () => {
  test.each([
    { name: "slower than the deadline", arrange: () => (standIn.delayMs = 3 * RELATED_CALL_MS_MAX), why: "late" },
    { name: "an error", arrange: () => (standIn.failure = status.INTERNAL), why: "failed" },
    { name: "refused", arrange: () => (standIn.failure = status.UNAUTHENTICATED), why: "failed" },
  ])("$name: a reason, within the deadline", async ({ arrange, why }) => {
    arrange();
    const startedMs = performance.now();
    expect(await ask()).toEqual({ ok: false, why });
    expect(performance.now() - startedMs).toBeLessThan(RELATED_CALL_MS_MAX + LATENESS_MS_MAX);
  });

  test("a service that says no to what was asked is not left alone for that", async () => {
    for (const code of [status.NOT_FOUND, status.INVALID_ARGUMENT, status.PERMISSION_DENIED]) {
      standIn.failure = code;
      for (let count = 0; count < BREAKER_FAILED_IN_A_ROW_MAX; count++) {
        expect(await patiently(ask)).toEqual({ ok: false, why: "failed" });
      }
    }
    expect(client.breakerState).toBe("closed");
    standIn.failure = null;
    expect(await patiently(ask)).toEqual({ ok: true, value: "Ann" });
  });

  test("a service that was killed is missed, left alone, and asked again when it is back", async () => {
    standIn.kill();
    for (let count = 0; count < BREAKER_FAILED_IN_A_ROW_MAX; count++) expect((await ask()).ok).toBe(false);
    expect(client.breakerState).toBe("open");
    const startedMs = performance.now();
    expect(await ask()).toEqual({ ok: false, why: "open" });
    expect(performance.now() - startedMs).toBeLessThan(10);
    await standIn.revive();
    const answers: boolean[] = [];
    const until = performance.now() + 5 * BREAKER_PAUSE_MS;
    while (!answers.at(-1) && performance.now() < until) {
      answers.push((await ask()).ok);
      await delay(20);
    }
    expect(answers.at(-1)).toBe(true);
    expect(client.breakerState).toBe("closed");
  });

  test("more calls at once than the cap: those beyond are not made", async () => {
    standIn.delayMs = 20;
    const before = standIn.calls.length;
    const answers = await Promise.all(Array.from({ length: RELATED_CALLS_MAX + 3 }, () => ask()));
    expect(answers.filter((answer) => !answer.ok && answer.why === "crowded").length).toBe(3);
    expect(standIn.calls.length - before).toBeLessThanOrEqual(RELATED_CALLS_MAX);
    expect(client.counts.crowded).toBe(3);
  });

  test("a token that cannot be signed is a failed call", async () => {
    const token = () => Promise.reject(new Error("no key"));
    const other = new ServiceClient({
      ...{ name: "player", target: standIn.target, token, clock: systemClock, log: silentLog },
    });
    expect(await other.ask(getPlayer, {}, () => "")).toEqual({ ok: false, why: "failed" });
    other.close();
  });
});

test("a token is held until it is renewed, and one that failed is asked for again", async () => {
  const clock = new ManualClock();
  let signed = 0;
  const token = heldToken(
    () => (++signed === 2 ? Promise.reject(new Error("no")) : Promise.resolve(`t${signed}`)),
    clock,
  );
  expect([await token(), await token()]).toEqual(["t1", "t1"]);
  clock.advance(120_000);
  await expect(token()).rejects.toThrow("no");
  expect(await token()).toBe("t3");
});
