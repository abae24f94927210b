/**
 * The document: every request and message of the Combat Sessions API sent as it is written there, with real ids, by
 * plain fetch and ws against running processes, and answered as it shows; with and without the prefix /api/v1.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CombatSession } from "#client/index.ts";
import { activeMatch, enter, type Match, newMatch, newPlayer, playerSocket, socketUrl } from "#support/play.ts";
import { bodyOf, readSession, refusalOf, restCaller } from "#support/rest.ts";
import { connectSocket, refusedSocket, type SocketClient } from "#support/socket-client.ts";
import { type System, startSystem } from "#support/system.ts";

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system?.stop());

/** The client message of the document, word for word. */
const POSITION_UPDATE =
  '{ "type": "position_update", "data": { "x": 123.45, "y": 67.89, "z": 10.0 }, "timestamp": "2025-01-01T12:00:00Z" }';

/** Damage as the damage service reports it. */
async function damage(match: Match, points: number): Promise<void> {
  const call = restCaller(system.url, await system.token(randomUUID(), ["service"]));
  const { alice, bob } = match;
  const asked = { attacker_id: alice.id, target_id: bob.id, damage: points, damage_type: "bullet" };
  const answer = await call("POST", `/sessions/${match.id}/damage`, { ...asked, weapon: "assault_rifle" });
  expect(bodyOf(answer, 200)).toMatchObject({ damage_applied: points });
}

describe.each(["", "/api/v1"])("with the prefix '%s'", (prefix) => {
  test("POST /sessions creates a session with the parameters of the document", async () => {
    const [alice, bob] = [await newPlayer(system), await newPlayer(system)];
    const answer = await alice.call("POST", `${prefix}/sessions`, {
      game_mode: "team_deathmatch",
      participants: [alice, bob].map(({ id, teamId }) => ({ player_id: id, team_id: teamId })),
      max_rounds: 10,
      time_limit_minutes: 15,
    });
    const session = bodyOf<CombatSession>(answer, 201);
    expect(session).toMatchObject({ status: "waiting", current_round: 0, max_rounds: 10, time_limit_minutes: 15 });
    expect(session).toMatchObject({ game_mode: "team_deathmatch", host_player_id: alice.id });
    expect(session.id).toMatch(UUID);
    expect(session.participants.map((seat) => [seat.player_id, seat.team_id])).toEqual([
      [alice.id, alice.teamId],
      [bob.id, bob.teamId],
    ]);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    expect(answer.headers.get("location")).toBe(`${prefix}/sessions/${session.id}`);
    const again = await bob.call("GET", answer.headers.get("location") ?? "");
    expect(bodyOf(again, 200)).toEqual(session);
    expect(again.headers.get("etag")).toBe(answer.headers.get("etag"));
  });

  test("GET /sessions/{session_id} shows CombatSession and SessionParticipant with the fields of the document", async () => {
    const match = await activeMatch(system, { max_rounds: 10 });
    await damage(match, 14.5);
    const session = bodyOf<CombatSession>(await match.bob.call("GET", `${prefix}/sessions/${match.id}`), 200);
    expect(session).toMatchObject({ id: match.id, status: "active", current_round: 1, max_rounds: 10 });
    expect(session.participants[1]).toMatchObject({
      player_id: match.bob.id,
      team_id: match.bob.teamId,
      joined_at: expect.stringMatching(RFC3339),
      position: { x: expect.any(Number), y: expect.any(Number), z: expect.any(Number) },
      health: 85.5,
    });
  });

  test("PUT /sessions/{session_id} pauses and sets the round, in one request", async () => {
    const match = await activeMatch(system, { max_rounds: 10 });
    const answer = await match.alice.call("PUT", `${prefix}/sessions/${match.id}`, {
      status: "paused",
      current_round: 5,
    });
    expect(bodyOf(answer, 200)).toMatchObject({ id: match.id, status: "paused", current_round: 5, max_rounds: 10 });
    expect(await readSession(match.bob.call, match.id)).toMatchObject({ status: "paused", current_round: 5 });
  });

  test("DELETE /sessions/{session_id} ends a session, with no content", async () => {
    const match = await activeMatch(system);
    const answer = await match.alice.call("DELETE", `${prefix}/sessions/${match.id}`);
    expect(answer).toMatchObject({ status: 204, text: "" });
    expect(await readSession(match.bob.call, match.id)).toMatchObject({ status: "ended", end_reason: "cancelled" });
  });

  test("POST join seats the player in the team that was asked for, and its ticket opens the socket", async () => {
    const match = await newMatch(system);
    const carol = await newPlayer(system);
    const asked = { player_id: carol.id, team_id: match.bob.teamId };
    const joined = bodyOf<Record<string, string>>(
      await carol.call("POST", `${prefix}/sessions/${match.id}/join`, asked),
      200,
    );
    expect(joined).toMatchObject({
      session_id: match.id,
      player_id: carol.id,
      assigned_team_id: match.bob.teamId,
      start_position: { x: expect.any(Number), y: expect.any(Number), z: expect.any(Number) },
      initial_health: 100,
    });
    expect(joined["websocket_url"]).toMatch(new RegExp(`^ws://.+/ws/sessions/${match.id}$`));
    const parameters = { token: joined["auth_token"] ?? "", client_version: "1.0.0" };
    const { socket, state } = await enter(socketUrl(system, `${prefix}/ws/sessions/${match.id}`, parameters));
    expect(state).toMatchObject({ you: { player_id: carol.id, team_id: match.bob.teamId } });
    await socket.close();
  });

  test("POST leave, without a body, gives the seat up", async () => {
    const match = await newMatch(system);
    const answer = await match.bob.call("POST", `${prefix}/sessions/${match.id}/leave`);
    expect(bodyOf(answer, 200)).toMatchObject({ success: true });
    const { participants } = await readSession(match.alice.call, match.id);
    expect(participants.find((seat) => seat.player_id === match.bob.id)?.connection_status).toBe("left");
  });

  test("POST spectate with preferred_camera_mode free answers with a ticket for the spectators' socket", async () => {
    const match = await newMatch(system);
    const dora = await newPlayer(system);
    const asked = { player_id: dora.id, preferred_camera_mode: "free" };
    const watching = bodyOf<Record<string, string>>(
      await dora.call("POST", `${prefix}/sessions/${match.id}/spectate`, asked),
      200,
    );
    expect(watching).toMatchObject({ session_id: match.id, spectator_id: dora.id });
    expect(watching["available_camera_modes"]).toEqual(["free", "follow_player", "overview", "cinematic"]);
    expect(watching["websocket_url"]).toMatch(new RegExp(`/ws/sessions/${match.id}/spectate$`));
    const parameters = { token: watching["auth_token"] ?? "" };
    const { socket, state } = await enter(socketUrl(system, `${prefix}/ws/sessions/${match.id}/spectate`, parameters));
    expect(state["session"]).toMatchObject({ id: match.id });
    expect(state["you"]).toBeUndefined();
    expect(await socket.next("camera")).toMatchObject({ camera_mode: "free" });
    await socket.close();
  });

  test("the player's socket opens with token and client_version, and a full roster starts the match", async () => {
    const match = await newMatch(system, { auto_start: true });
    const sockets: SocketClient[] = [];
    for (const { token } of [match.alice, match.bob]) {
      const parameters = { token, client_version: "1.0.0" };
      const { socket, state } = await enter(socketUrl(system, `${prefix}/ws/sessions/${match.id}`, parameters));
      expect(state).toMatchObject({ session_id: match.id, timestamp: expect.stringMatching(RFC3339) });
      sockets.push(socket);
    }
    for (const socket of sockets) {
      const started = await socket.texts.take((message) => message["event"] === "session_started");
      expect(started).toMatchObject({ type: "combat_event", session_id: match.id });
    }
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  test("the spectators' socket opens with camera_mode=follow_player and follow_target", async () => {
    const match = await activeMatch(system);
    const dora = await newPlayer(system);
    const parameters = { token: dora.token, camera_mode: "follow_player", follow_target: match.bob.id };
    const { socket } = await enter(socketUrl(system, `${prefix}/ws/sessions/${match.id}/spectate`, parameters));
    expect(await socket.next("camera")).toMatchObject({ camera_mode: "follow_player", follow_target: match.bob.id });
    await socket.close();
  });

  test("an unknown session is answered with the error body of the document", async () => {
    const { call, token } = await newPlayer(system);
    const id = randomUUID();
    const message = `Combat session with ID '${id}' not found`;
    for (const answer of [
      await call("GET", `${prefix}/sessions/${id}`),
      await call("PUT", `${prefix}/sessions/${id}`, { status: "paused" }),
      await call("DELETE", `${prefix}/sessions/${id}`),
      await call("POST", `${prefix}/sessions/${id}/join`, {}),
      await call("POST", `${prefix}/sessions/${id}/leave`),
      await call("POST", `${prefix}/sessions/${id}/spectate`, {}),
    ]) {
      expect(refusalOf(answer, 404, "SESSION_NOT_FOUND").message).toBe(message);
    }
    for (const path of [`${prefix}/ws/sessions/${id}`, `${prefix}/ws/sessions/${id}/spectate`]) {
      const refusal = await refusedSocket(socketUrl(system, path, { token }));
      expect(refusal).toMatchObject({ status: 404, body: { error: "SESSION_NOT_FOUND", message } });
    }
  });
});

test("the document's position_update, far from where the player stands, is corrected and moves nobody", async () => {
  const match = await activeMatch(system);
  const { socket, state } = await playerSocket(system, match, match.alice);
  const { position } = state["you"] as { position: { x: number; y: number; z: number } };
  socket.send(POSITION_UPDATE);
  expect(await socket.next("position_correction")).toMatchObject({
    session_id: match.id,
    position,
    check: "teleport",
    measured: expect.any(Number),
    threshold: expect.any(Number),
  });
  expect((await readSession(match.alice.call, match.id)).participants[0]?.position).toEqual(position);
  await socket.close();
});

test("a position_update of the document's shape within reach is shown to everybody by state_update", async () => {
  const match = await activeMatch(system);
  const alice = await playerSocket(system, match, match.alice);
  const bob = await playerSocket(system, match, match.bob);
  const { position } = alice.state["you"] as { position: { x: number; y: number; z: number } };
  const data = { x: position.x + 0.45, y: position.y + 0.89, z: position.z };
  alice.socket.send({ type: "position_update", data, timestamp: "2025-01-01T12:00:00Z" });
  for (const { socket } of [alice, bob]) {
    const update = await socket.texts.take(
      ({ type, players }) =>
        type === "state_update" &&
        (players as { player_id: string; position?: { y: number } }[]).some(
          (player) => player.player_id === match.alice.id && Math.abs((player.position?.y ?? 0) - data.y) < 0.006,
        ),
    );
    expect(update).toMatchObject({ session_id: match.id, timestamp: expect.stringMatching(RFC3339) });
  }
  const shown = (await readSession(match.bob.call, match.id)).participants[0]?.position;
  expect(shown?.x).toBeCloseTo(data.x, 2);
  expect(shown?.y).toBeCloseTo(data.y, 2);
  await Promise.all([alice.socket.close(), bob.socket.close()]);
});

test("players and spectators get damage_dealt as the document writes it", async () => {
  const match = await activeMatch(system);
  const dora = await newPlayer(system);
  const player = await playerSocket(system, match, match.bob);
  const spectator = await enter(socketUrl(system, `/ws/sessions/${match.id}/spectate`, { token: dora.token }));
  await damage(match, 45.5);
  const events = [];
  for (const { socket } of [player, spectator]) {
    const event = await socket.texts.take((message) => message["event"] === "damage_dealt");
    expect(event).toMatchObject({
      type: "combat_event",
      event: "damage_dealt",
      data: { attacker_id: match.alice.id, target_id: match.bob.id, damage: 45.5, weapon: "assault_rifle" },
      session_id: match.id,
      timestamp: expect.stringMatching(RFC3339),
    });
    events.push(event);
  }
  expect(events[0]).toEqual(events[1]);
  await Promise.all([player.socket.close(), spectator.socket.close()]);
});

test("a socket's own shot is judged and told as damage_dealt or a miss with its receipt", async () => {
  const match = await activeMatch(system);
  const { socket } = await playerSocket(system, match, match.alice);
  const data = { action_type: "attack", weapon: "assault_rifle", target_id: match.bob.id };
  socket.send({ type: "combat_action", data, seq: 1, timestamp: "2025-01-01T12:00:00Z" });
  const result = await socket.next("action_result");
  expect(result).toMatchObject({ seq: 1, success: true, action_type: "attack", ammunition: 29 });
  const { hit, damage: points } = result["hit"] as { hit: boolean; damage: number };
  const health = (await readSession(match.alice.call, match.id)).participants[1]?.health;
  expect(health).toBe(100 - points);
  expect(hit).toBe(points > 0);
  await socket.close();
});

test("every endpoint wants a token", async () => {
  const match = await newMatch(system);
  const nobody = restCaller(system.url, null);
  const path = `/sessions/${match.id}`;
  for (const answer of [
    await nobody("POST", "/sessions", { game_mode: "team_deathmatch" }),
    await nobody("GET", path),
    await nobody("PUT", path, { status: "paused" }),
    await nobody("DELETE", path),
    await nobody("POST", `${path}/join`, { player_id: match.bob.id }),
    await nobody("POST", `${path}/leave`),
    await nobody("POST", `${path}/spectate`, { preferred_camera_mode: "free" }),
  ]) {
    refusalOf(answer, 401, "UNAUTHENTICATED");
  }
  for (const place of ["", "/spectate"]) {
    expect((await refusedSocket(socketUrl(system, `/ws${path}${place}`, {}))).status).toBe(401);
  }
});

test("a join ticket opens one socket, once", async () => {
  const match = await newMatch(system);
  const asked = { player_id: match.bob.id, team_id: match.bob.teamId };
  const joined = await match.bob.call("POST", `/sessions/${match.id}/join`, asked);
  const { auth_token: token } = bodyOf<{ auth_token: string }>(joined, 200);
  const url = socketUrl(system, `/ws/sessions/${match.id}`, { token });
  const socket = await connectSocket(url);
  expect(await refusedSocket(url)).toMatchObject({ status: 401, body: { error: "UNAUTHENTICATED" } });
  await socket.close();
});
