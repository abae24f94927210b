/**
 * Play calls: a call is judged by the round trip that the player's own socket was measured by, if it has one; and a blow
 * that is never played says why.
 */
import { create } from "@bufbuild/protobuf";
import { expect, test, vi } from "vitest";
import type { Principal, Role } from "#auth/principal.ts";
import { Desk } from "#combat/rpc/desk.ts";
import { playCalls } from "#combat/rpc/play-calls.ts";
import { ACTION_TYPE } from "#combat/rpc/words.ts";
import type { ActAsked, Acts } from "#combat/session/acts.ts";
import { planEnd } from "#combat/session/changes.ts";
import type { SessionHost } from "#combat/session/host.ts";
import { answerAll, hostedOf } from "#combat/session/hosted.ts";
import { recordOf } from "#combat/session/record.ts";
import { DamageType } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { ApplyDamageRequestSchema } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { ManualClock } from "#kit/clock.ts";
import { nowhere } from "#support/nowhere.ts";
import { ok } from "#wire/problem.ts";
import { FakeEncoder, must, Stage } from "../session/fixture.ts";

const ANN = "11111111-1111-4111-8111-111111111111";
const BOB = "33333333-3333-4333-8333-333333333333";
const SESSION = "22222222-2222-4222-8222-222222222222";

type Calls = ReturnType<typeof playCalls>;
type Called = Parameters<Calls["performAction"]>;

function principalOf(roles: Role[]): Principal {
  return { playerId: ANN, roles: new Set(roles), name: null, sessionId: null, expiresAtUnixMs: 0 };
}

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
  const context = { principal: principalOf(["player"]), signal: new AbortController().signal } as unknown as Called[1];
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

test.each([
  { name: "lives on elsewhere", end: () => {}, error: "UNAVAILABLE" },
  {
    name: "is over",
    end: (stage: Stage) => must(stage.carryOut(planEnd(stage.session, { status: "ended", reason: "cancelled" }, 0))),
    error: "INVALID_STATE_TRANSITION",
  },
])("a blow whose session stops here before it is played, and $name: $error", async ({ end, error }) => {
  const stage = new Stage({}, SESSION);
  stage.seat(ANN);
  stage.seat(BOB);
  stage.status("active");
  const hosted = hostedOf(stage.session, new FakeEncoder(), { nowMs: 0, keptSeq: null });
  const lookup = { record: async () => recordOf(stage.session) };
  const host = { lookup, find: () => hosted } as unknown as SessionHost;
  const desk = new Desk(host, nowhere({ get: lookup.record }));
  const { applyDamage } = playCalls({ desk, acts: {} as Acts, clock: stage.clock });
  const context = { principal: principalOf(["service"]), signal: new AbortController().signal };
  const request = create(ApplyDamageRequestSchema, {
    sessionId: SESSION,
    targetId: BOB,
    damage: 10,
    damageType: DamageType.EXPLOSION,
  });
  const blow = Promise.resolve(applyDamage(request, context as Called[1]));
  await vi.waitFor(() => expect(hosted.awaiting.size).toBe(1));
  end(stage);
  answerAll(hosted);
  await expect(blow).rejects.toMatchObject({ problem: { error } });
});
