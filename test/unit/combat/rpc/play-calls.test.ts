/** Play calls: a call is judged by the round trip that the player's own socket was measured by, if it has one. */
import { expect, test } from "vitest";
import type { Principal } from "#auth/principal.ts";
import type { Desk } from "#combat/rpc/desk.ts";
import { playCalls } from "#combat/rpc/play-calls.ts";
import { ACTION_TYPE } from "#combat/rpc/words.ts";
import type { ActAsked, Acts } from "#combat/session/acts.ts";
import { ManualClock } from "#kit/clock.ts";
import { ok } from "#wire/problem.ts";

const ANN = "11111111-1111-4111-8111-111111111111";
const SESSION = "22222222-2222-4222-8222-222222222222";

type Calls = ReturnType<typeof playCalls>;
type Called = Parameters<Calls["performAction"]>;

/** Makes both calls; gives the round trips that they are judged by. */
async function roundTrips(viewer: { rttMs: number | null } | null): Promise<unknown[]> {
  const judged: unknown[] = [];
  const session = {
    roster: { seat: () => ({ connection: "connected" }) },
    handleMove(...[, , , rttMs]: unknown[]) {
      judged.push(rttMs);
      return { ok: true };
    },
  };
  const hosted = { session, audience: { viewer: (playerId: string) => (playerId === ANN ? viewer : null) } };
  const desk = { hosted: async () => hosted, host: { touch() {} } } as unknown as Desk;
  const acts = {
    handle(_hosted: unknown, { rttMs }: ActAsked, answer: (result: unknown) => void) {
      judged.push(rttMs);
      answer(ok({ kind: "denied", reason: "not_learnt", cooldownMs: 0, ammunition: 0 }));
    },
  } as unknown as Acts;
  const { updatePosition, performAction } = playCalls({ desk, acts, clock: new ManualClock() });
  const principal: Principal = {
    playerId: ANN,
    roles: new Set(["player"]),
    name: null,
    sessionId: null,
    expiresAtUnixMs: 0,
  };
  const context = { principal, signal: new AbortController().signal } as unknown as Called[1];
  const position = { x: 1, y: 2, z: 0 };
  await updatePosition({ sessionId: SESSION, position } as unknown as Parameters<Calls["updatePosition"]>[0], context);
  await performAction({ sessionId: SESSION, actionType: ACTION_TYPE.reload } as unknown as Called[0], context);
  return judged;
}

test.each([
  { name: "a socket that was measured", viewer: { rttMs: 80 }, rttMs: 80 },
  { name: "a socket that was not yet", viewer: { rttMs: null }, rttMs: null },
  { name: "no socket", viewer: null, rttMs: null },
])("of a player with $name", async ({ viewer, rttMs }) => {
  expect(await roundTrips(viewer)).toEqual([rttMs, rttMs]);
});
