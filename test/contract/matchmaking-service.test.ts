/** The matchmaking port by the local rule and over real gRPC: one suite for both. */
import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MatchmakingService } from "#combat/related/matchmaking.ts";
import { createGrpcMatchmaking } from "#combat/related/matchmaking-grpc.ts";
import { createLocalMatchmaking } from "#combat/related/matchmaking-local.ts";
import { MatchmakingService as MatchmakingContract } from "#gen/necpgame/matchmaking/v1/matchmaking_service_pb.js";
import { patiently, timely } from "#support/patiently.ts";
import { openClient } from "#support/related-client.ts";
import { type StandIn, startStandIn } from "#support/stand-in.ts";

const ASKED = { sessionId: "0b747a4c-6b60-41b4-ad6a-83c972ab1a52", teamId: "red", seats: 2 };

function contract(open: () => MatchmakingService): void {
  test.each([
    { name: "for a team", asked: ASKED },
    { name: "for whoever comes", asked: { ...ASKED, teamId: "" } },
    { name: "for the most seats", asked: { ...ASKED, seats: 49 } },
  ])("asked $name: says in time whether players are looked for", async ({ asked }) => {
    const answer = await patiently(() => timely(open().requestBackfill(asked)));
    expect(answer).toEqual({ ok: true, value: expect.any(Boolean) });
  });
}

describe("by the local rule", () => {
  contract(createLocalMatchmaking);
});

describe("over gRPC", () => {
  let standIn: StandIn<typeof MatchmakingContract>;
  let matchmaking: MatchmakingService;

  beforeAll(async () => {
    standIn = await startStandIn(MatchmakingContract, { requestBackfill: ({ seats }) => ({ accepted: seats < 10 }) });
    matchmaking = createGrpcMatchmaking(openClient(standIn.target));
    await patiently(() => matchmaking.requestBackfill(ASKED));
  });
  afterAll(() => {
    matchmaking.close();
    standIn.kill();
  });

  contract(() => matchmaking);

  test("says what was asked, and what the service said", async () => {
    expect(await patiently(() => matchmaking.requestBackfill(ASKED))).toEqual({ ok: true, value: true });
    expect(standIn.calls.at(-1)).toMatchObject({ method: "RequestBackfill", request: ASKED });
    expect(await patiently(() => matchmaking.requestBackfill({ ...ASKED, seats: 10 }))).toEqual({
      ok: true,
      value: false,
    });
  });

  test("a service that fails is a reason, not a throw", async () => {
    standIn.failure = status.INTERNAL;
    expect(await patiently(() => matchmaking.requestBackfill(ASKED))).toEqual({ ok: false, why: "failed" });
  });
});
