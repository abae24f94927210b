/**
 * Watching: the views a spectator may choose, how they follow the match, and who may not watch. Over real processes.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CameraMode, SessionsClient, type WireFormat } from "#client/index.ts";
import { type System, startSystem } from "#support/system.ts";
import { createMatch, hurt, type Match, openAll, openSpectator } from "./match.ts";
import { refusedHandshake, Viewer, type ViewerAddress } from "./viewer.ts";

const FORMATS = ["json", "protobuf"] as const satisfies readonly WireFormat[];
const EYES_METRES = 1.6;
const DOWN = { x: 0, y: 0, z: -1 };

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(async () => {
  await system?.stop();
});

/** The newest view the server chose, once it is of this mode. */
function cameraOf(viewer: Viewer, mode: CameraMode, target?: string) {
  return viewer.until(`a ${mode} camera on ${target ?? "whatever"}`, () => {
    const camera = viewer.cameras.at(-1);
    return camera?.camera_mode === mode && (target === undefined || camera.follow_target === target) && camera;
  });
}

/** Where the middle of the map is, seen from its top. */
function aboveOf(viewer: Viewer) {
  const { min, max } = viewer.view.world?.bounds ?? { min: DOWN, max: DOWN };
  return { x: (min.x + max.x) / 2, y: (min.y + max.y) / 2, z: max.z };
}

function eyesOf(viewer: Viewer, playerId: string) {
  const { x, y, z } = viewer.view.players.get(playerId)?.position ?? DOWN;
  return { x, y, z: z + EYES_METRES };
}

function addressOf(match: Match, token: string): ViewerAddress {
  return { url: system.url, sessionId: match.sessionId, format: match.format, token };
}

describe.each(FORMATS)("over combat.v1.%s", (format) => {
  test("each camera mode is had by the handshake", async () => {
    const match = await createMatch(system, format);
    await openAll(system, match);
    const [, followed] = match.playerIds;

    const free = await openSpectator(system, match, { camera_mode: "free" });
    expect(await cameraOf(free, "free")).toMatchObject({ position: aboveOf(free), direction: DOWN });
    expect(free.cameras.at(-1)?.follow_target).toBeUndefined();

    const overview = await openSpectator(system, match, { camera_mode: "overview" });
    expect(await cameraOf(overview, "overview")).toMatchObject({ position: aboveOf(overview), direction: DOWN });

    const following = await openSpectator(system, match, { camera_mode: "follow_player", follow_target: followed });
    const camera = await cameraOf(following, "follow_player");
    expect(camera).toMatchObject({ follow_target: followed, position: eyesOf(following, followed) });

    const cinematic = await openSpectator(system, match, { camera_mode: "cinematic" });
    const star = (await cameraOf(cinematic, "cinematic")).follow_target as string;
    expect(match.playerIds).toContain(star);

    const unsaid = await openSpectator(system, match);
    expect(await cameraOf(unsaid, "free")).toMatchObject({ position: aboveOf(unsaid) });
  });

  test("each camera mode is had by camera_update", async () => {
    const match = await createMatch(system, format);
    await openAll(system, match);
    const [first, second] = match.playerIds;
    const viewer = await openSpectator(system, match, { camera_mode: "overview" });
    await cameraOf(viewer, "overview");

    viewer.send("camera_update", { camera_mode: "follow_player", follow_target: second });
    expect(await cameraOf(viewer, "follow_player", second)).toMatchObject({ position: eyesOf(viewer, second) });
    viewer.send("camera_update", { camera_mode: "follow_player", follow_target: first });
    expect(await cameraOf(viewer, "follow_player", first)).toMatchObject({ position: eyesOf(viewer, first) });

    const spot = { x: 12.5, y: 34.25, z: 6 };
    viewer.send("camera_update", { camera_mode: "free", ...spot, direction: { x: 0, y: 1, z: 0 } });
    expect(await cameraOf(viewer, "free")).toMatchObject({ position: spot, direction: { x: 0, y: 1, z: 0 } });

    viewer.send("camera_update", { camera_mode: "cinematic" });
    expect(match.playerIds).toContain((await cameraOf(viewer, "cinematic")).follow_target);

    viewer.send("camera_update", { camera_mode: "overview" });
    expect(await cameraOf(viewer, "overview")).toMatchObject({ position: aboveOf(viewer), direction: DOWN });
    expect(viewer.cameras.map(({ camera_mode }) => camera_mode)).toEqual([
      "overview",
      "follow_player",
      "follow_player",
      "free",
      "cinematic",
      "overview",
    ]);
  });

  test("a following camera moves on to a living player when its target dies, and when its target leaves", async () => {
    const match = await createMatch(system, format, { playerCount: 4, score_limit: 5, respawn_seconds: 60 });
    const players = await openAll(system, match);
    const [first, second, third] = match.playerIds;
    const viewer = await openSpectator(system, match, { camera_mode: "follow_player", follow_target: first });
    await cameraOf(viewer, "follow_player", first);

    await hurt(system, match, first, 100);
    await cameraOf(viewer, "follow_player", second);
    expect(viewer.view.players.get(first)?.alive).toBe(false);

    players[1].send("leave", {});
    await cameraOf(viewer, "follow_player", third);
    expect((await players[1].closed).code).toBe(1000);
    expect((await viewer.event("player_left")).data).toEqual({ player_id: second });
    expect(viewer.cameras.map(({ follow_target }) => follow_target)).toEqual([first, second, third]);
  });

  test("input of a spectator is refused and changes nothing; so is a player's camera", async () => {
    const match = await createMatch(system, format);
    const [player] = await openAll(system, match);
    const viewer = await openSpectator(system, match);
    const eventsBefore = player.events.length;
    viewer.input("position_update", { x: 1, y: 1, z: 0 });
    viewer.input("combat_action", { action_type: "attack", target_id: match.playerIds[0] });
    await viewer.until("two refusals", () => viewer.messages.filter(({ type }) => type === "error").length === 2);
    for (const refusal of viewer.messages.filter(({ type }) => type === "error")) {
      expect(refusal).toMatchObject({ error: "FORBIDDEN", details: { field: "type" } });
    }
    player.send("camera_update", { camera_mode: "overview" });
    const answer = await player.until("a refusal", () => player.messages.find(({ type }) => type === "error"));
    expect(answer).toMatchObject({ error: "FORBIDDEN", details: { field: "type", got: "camera_update" } });
    await player.flush();
    expect(player.events).toHaveLength(eventsBefore);
    expect(player.cameras).toEqual([]);
    expect(viewer.closedNow).toBeNull();
  });
});

test.each([
  { name: "a private session", settings: { is_private: true } },
  { name: "a session without spectators", settings: { allow_spectators: false } },
])("$name is not to be watched: 403 over REST and on the socket", async ({ settings }) => {
  const match = await createMatch(system, "json", settings);
  const token = await system.token(randomUUID(), ["spectator"]);
  const refused = await new SessionsClient({ url: system.url, token }).spectate(match.sessionId);
  expect(refused).toMatchObject({ ok: false, refusal: { status: 403, error: "FORBIDDEN" } });
  const socket = await refusedHandshake({ ...addressOf(match, token), spectate: true });
  expect(socket).toEqual({ status: 403, error: "FORBIDDEN" });
});

test("who plays in a session does not watch it, and who has no seat does not play", async () => {
  const match = await createMatch(system, "json");
  const own = await system.token(match.playerIds[0], ["player", "spectator"]);
  expect(await refusedHandshake({ ...addressOf(match, own), spectate: true })).toMatchObject({ status: 403 });
  const stranger = await system.token(randomUUID(), ["player"]);
  expect(await refusedHandshake(addressOf(match, stranger))).toMatchObject({ status: 403 });
  const watching = await system.token(randomUUID(), ["spectator"]);
  expect(await refusedHandshake(addressOf(match, watching))).toMatchObject({ status: 403 });
});

test.each([
  { name: "a spectator's", spectate: true },
  { name: "a player's", spectate: false },
])("$name ticket opens one socket; used again it is refused with 401", async ({ spectate }) => {
  const match = await createMatch(system, "json");
  const playerId = spectate ? randomUUID() : match.playerIds[0];
  const token = await system.token(playerId, [spectate ? "spectator" : "player"]);
  const client = new SessionsClient({ url: system.url, token });
  const answer = spectate ? await client.spectate(match.sessionId) : await client.join(match.sessionId);
  if (!answer.ok) throw new Error(`no ticket: ${JSON.stringify(answer.refusal)}`);
  const address = { ...addressOf(match, answer.value.auth_token), spectate };
  const viewer = await Viewer.open(address);
  await viewer.until("session_state", () => viewer.view.session);
  expect(await refusedHandshake(address)).toEqual({ status: 401, error: "UNAUTHENTICATED" });
  await viewer.terminate();
  expect(await refusedHandshake(address)).toEqual({ status: 401, error: "UNAUTHENTICATED" });
});
