/**
 * Too fast: every door has a rate; who is over it is told so and when to come back, what was too much has no effect,
 * and others are served meanwhile.
 */
import { randomUUID } from "node:crypto";
import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CombatSession } from "#client/index.ts";
import { CombatSessionService } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { GrpcCaller, grpcRefusalOf } from "#support/grpc-caller.ts";
import { activeMatch, enter, type Match, newMatch, newPlayer, playerSocket, socketUrl } from "#support/play.ts";
import { bodyOf, type RestCaller, readSession, refusalOf, restCaller } from "#support/rest.ts";
import { refusedSocket } from "#support/socket-client.ts";
import { type System, startSystem } from "#support/system.ts";

const REQUESTS = 20; // In ten seconds at the gateway.
const CALLS = 5; // In one second at combat.
const CONNECTS = 3; // In ten seconds.

let gatewaySystem: System;
let combatSystem: System;
beforeAll(async () => {
  [gatewaySystem, combatSystem] = await Promise.all([
    startSystem({ env: { GATEWAY_REQUESTS_PER_PLAYER: `${REQUESTS}`, GATEWAY_CONNECTS_PER_PLAYER: `${CONNECTS}` } }),
    startSystem({ env: { COMBAT_CALLS_PER_SECOND: `${CALLS}` } }),
  ]);
});
afterAll(() => Promise.all([gatewaySystem?.stop(), combatSystem?.stop()]));

/** Services are not limited: their eyes see what became of it. */
async function onlooker(system: System): Promise<RestCaller> {
  return restCaller(system.url, await system.token(randomUUID(), ["service"]));
}

async function quietly(system: System, { id }: Match, act: () => Promise<void>): Promise<void> {
  const look = await onlooker(system);
  const before = await readSession(look, id);
  await act();
  expect(await readSession(look, id)).toEqual(before);
}

test("REST: requests of one player beyond the gateway's rate are 429 with Retry-After and do nothing", async () => {
  const match = await newMatch(gatewaySystem);
  const { alice, bob, id } = match;
  for (let count = 0; count < REQUESTS; count++) await alice.call("GET", `/sessions/${id}`);
  await quietly(gatewaySystem, match, async () => {
    for (const answer of [
      await alice.call("PUT", `/sessions/${id}`, { status: "active" }),
      await alice.call("POST", `/sessions/${id}/leave`),
      await alice.call("DELETE", `/sessions/${id}`),
    ]) {
      const { details } = refusalOf(answer, 429, "RATE_LIMITED");
      expect(details["retry_after_ms"]).toBeGreaterThan(0);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    }
  });
  expect((await bob.call("GET", `/sessions/${id}`)).status).toBe(200);
});

test("gRPC: calls of one player beyond combat's rate are RESOURCE_EXHAUSTED with a hint and do nothing", async () => {
  const [alice, bob] = [await newPlayer(combatSystem), await newPlayer(combatSystem)];
  const service = await onlooker(combatSystem);
  const asked = { game_mode: "deathmatch", participants: [{ player_id: alice.id }, { player_id: bob.id }] };
  const { id } = bodyOf<CombatSession>(await service("POST", "/sessions", asked), 201);
  const grpc = new GrpcCaller(combatSystem.grpc);
  const { getSession, leaveSession } = CombatSessionService.method;
  const reads = Array.from({ length: 40 * CALLS }, () =>
    grpc.call(getSession, { sessionId: id }, alice.token).then(() => null, grpcRefusalOf),
  );
  // In the same burst: the rate is used up before this call's turn comes.
  const leaving = grpc.call(leaveSession, { sessionId: id }, alice.token).then(() => null, grpcRefusalOf);
  const refused = (await Promise.all([...reads, leaving])).filter((answer) => answer !== null);
  expect(refused.length).toBeGreaterThan(30 * CALLS);
  for (const { code, detail } of refused) {
    expect(code).toBe(status.RESOURCE_EXHAUSTED);
    expect(detail).toMatchObject({ error: "RATE_LIMITED", details: { retry_after_ms: expect.any(Number) } });
  }
  expect(await leaving).not.toBeNull();
  const after = await readSession(service, id);
  expect(after).toMatchObject({ version: 1, participants: [{ connection_status: "expected" }, {}] });
  expect((await grpc.call(getSession, { sessionId: id }, bob.token)).id).toBe(id);
  grpc.close();
});

test("sockets: connection attempts of one player beyond the rate are 429 with Retry-After", async () => {
  const match = await newMatch(gatewaySystem);
  const url = socketUrl(gatewaySystem, `/ws/sessions/${match.id}`, { token: match.alice.token });
  for (let count = 1; count < CONNECTS; count++) await (await enter(url)).socket.close();
  const { socket } = await enter(url);
  await quietly(gatewaySystem, match, async () => {
    const refusal = await refusedSocket(url);
    expect(refusal).toMatchObject({ status: 429, body: { error: "RATE_LIMITED" } });
    expect(Number(refusal.headers["retry-after"])).toBeGreaterThanOrEqual(1);
  });
  const bob = await playerSocket(gatewaySystem, match, match.bob);
  await Promise.all([socket.close(), bob.socket.close()]);
});

test("a socket's messages beyond the rate are answered RATE_LIMITED, then it is closed with 4029 and what follows is lost", async () => {
  const match = await activeMatch(gatewaySystem);
  const { socket, state } = await playerSocket(gatewaySystem, match, match.alice);
  const bob = await playerSocket(gatewaySystem, match, match.bob);
  const { position } = state["you"] as { position: { x: number; y: number; z: number } };
  // The socket is closed at about the 600th: the first 900 stand still, the rest would be seen.
  for (let seq = 1; seq <= 1_200; seq++) {
    const data = seq <= 900 ? position : { ...position, x: position.x + 0.5 };
    socket.send({ type: "position_update", data, seq });
  }
  const told = await socket.texts.take(({ type, error }) => type === "error" && error === "RATE_LIMITED");
  expect(told["details"]).toMatchObject({ retry_after_ms: expect.any(Number) });
  expect(await socket.closed).toMatchObject({ code: 4029 });
  const { status: shown, participants } = await readSession(await onlooker(gatewaySystem), match.id);
  expect(shown).toBe("active");
  expect(participants[0]).toMatchObject({ position, health: 100 });
  bob.socket.send({ type: "ping", data: { t: 1 } });
  await bob.socket.next("pong");
  await bob.socket.close();
});
