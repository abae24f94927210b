/**
 * Matchmaking as combat meets it: it creates sessions over gRPC with who plays, finds another when one leaves, joins that
 * one on its behalf, and learns of the end from the published events alone. A suite over whichever event sink there is.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DamageType } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { GameMode } from "#gen/necpgame/combat/v1/session_pb.js";
import { CombatSessionService } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { MatchmakingService } from "#gen/necpgame/matchmaking/v1/matchmaking_service_pb.js";
import { GrpcCaller } from "#support/grpc-caller.ts";
import { type StandIn, startStandIn } from "#support/stand-in.ts";
import type { System } from "#support/system.ts";
import { type Match, openAll, openPlayer, serviceClient } from "./match.ts";

const { applyDamage, createSession, joinSession } = CombatSessionService.method;

/** Who played, and for which team, as the end was published. */
export type PublishedEnd = { readonly players: readonly (readonly [playerId: string, teamId: string])[] };

export type MatchmakingStores = {
  start(env: { [name: string]: string }): Promise<System>;
  /** Every end of a session that stands in the event sink. */
  ends(system: System, sessionId: string): Promise<PublishedEnd[]>;
};

export function matchmakingSuite(stores: MatchmakingStores): void {
  let system: System;
  let matchmaking: StandIn<typeof MatchmakingService>;

  beforeAll(async () => {
    matchmaking = await startStandIn(MatchmakingService, { requestBackfill: () => ({ accepted: true }) });
    system = await stores.start({ MATCHMAKING_SERVICE_TARGET: matchmaking.target });
  }, 60_000);

  afterAll(async () => {
    await system?.stop();
    matchmaking.kill();
  });

  test("a match from its making to its end", { timeout: 60_000 }, async () => {
    const grpc = new GrpcCaller(system.grpc);
    const token = await system.token(randomUUID(), ["service"]);
    const [red, blue] = [randomUUID(), randomUUID()];
    const [ada, bob, cid, dan] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    const roster = { [ada]: red, [bob]: blue, [cid]: red };
    const participants = Object.entries(roster).map(([playerId, teamId]) => ({ playerId, teamId }));
    const settings = { gameMode: GameMode.TEAM_DEATHMATCH, maxRounds: 1, scoreLimit: 1 };
    const { id: sessionId } = await grpc.call(createSession, { ...settings, participants, isPrivate: true }, token);

    const service = await serviceClient(system);
    const match: Match = { service, sessionId, format: "json", playerIds: [ada, bob, cid], teamIds: [red, blue] };
    const [adas, bobs, cids] = await openAll(system, match);
    cids?.send("leave", {});
    await adas.event("player_left");
    await expect.poll(() => matchmaking.calls.length).toBe(1);
    expect(matchmaking.calls[0]?.request).toMatchObject({ sessionId, teamId: red, seats: 1 });

    const seat = await grpc.call(joinSession, { sessionId, playerId: dan, teamId: red }, token);
    expect(seat.assignedTeamId).toBe(red);
    await openPlayer(system, match, dan);
    const felled = { sessionId, attackerId: ada, targetId: bob, damage: 100, damageType: DamageType.EXPLOSION };
    expect((await grpc.call(applyDamage, felled, token)).killed).toBe(true);
    await bobs.event("session_ended");

    await expect.poll(() => stores.ends(system, sessionId), { timeout: 20_000 }).not.toEqual([]);
    const ends = await stores.ends(system, sessionId);
    expect(ends.map(({ players }) => [...players].sort())).toEqual([[...Object.entries(roster), [dan, red]].sort()]);
    grpc.close();
  });
}
