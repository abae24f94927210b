import { afterEach, beforeEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { CombatSocket, type CombatSocketOptions } from "#client/combat-socket.ts";
import type { Down, WebSocketConstructor } from "#client/link.ts";
import type { ServerMessage } from "#client/messages.ts";
import { FakeGateway, type Peer } from "./fake-gateway.ts";
import { eventBody, killBody, pongBody, SESSION_ID, stateBody, updateBody } from "./messages-fixture.ts";

let gateway: FakeGateway;
let opened: CombatSocket[] = [];

beforeEach(async () => {
  gateway = await FakeGateway.start();
});

afterEach(async () => {
  for (const socket of opened) socket.close();
  opened = [];
  await gateway.stop();
});

/** A client under test and what it told. */
function client(options: Partial<CombatSocketOptions> = {}) {
  const downs: Down[] = [];
  const messages: ServerMessage[] = [];
  const heard: ((message: ServerMessage) => void)[] = [];
  let wasDown: (down: Down) => void = () => {};
  const firstDown = new Promise<Down>((resolve) => {
    wasDown = resolve;
  });
  const socket = new CombatSocket({
    url: gateway.url,
    sessionId: SESSION_ID,
    token: "the.token",
    backoff: { baseMs: 5, ceilingMs: 20 },
    onMessage: (message) => {
      messages.push(message);
      for (const tell of heard) tell(message);
    },
    onDown: (down) => {
      downs.push(down);
      wasDown(down);
    },
    ...options,
  });
  opened.push(socket);
  /** The next message of this kind from now on. */
  const next = (type: ServerMessage["type"]) =>
    new Promise<ServerMessage>((resolve) => heard.push((message) => message.type === type && resolve(message)));
  return { socket, downs, messages, firstDown, next };
}

/** Connected, with a full state taken. */
async function playing(options: Partial<CombatSocketOptions> = {}) {
  const one = client(options);
  const peer = await gateway.next();
  const state = one.next("session_state");
  peer.say(5, stateBody({ epoch: 2, lastSeq: 3 }));
  await state;
  return { ...one, peer };
}

const IMPLEMENTATIONS: { name: string; webSocket: WebSocketConstructor | undefined }[] = [
  { name: "Node's own WebSocket", webSocket: undefined },
  { name: "ws", webSocket: WebSocket as unknown as WebSocketConstructor },
];

describe.each(IMPLEMENTATIONS)("over $name", ({ webSocket }) => {
  test.each(["json", "protobuf"] as const)("%s: inputs are numbered by one and answers come back", async (format) => {
    const { socket, peer, next } = await playing({ format, ...(webSocket && { webSocket }) });
    expect(peer.url.pathname).toBe(`/ws/sessions/${SESSION_ID}`);
    expect(peer.url.searchParams.get("token")).toBe("the.token");
    expect(peer.url.searchParams.get("client_version")).toBe("1.0.0");
    expect(peer.socket.protocol).toBe(`combat.v1.${format}`);
    expect(socket.move({ x: 1.5, y: 2, z: 0, yaw: 90 })).toBe(1);
    expect(socket.attack({ direction: { x: 1, y: 0, z: 0 } })).toBe(2);
    expect(socket.reload()).toBe(3);
    expect(await peer.hears("positionUpdate")).toMatchObject({ seq: 1, value: { x: 1.5, yaw: 90 } });
    expect(await peer.hears("combatAction")).toMatchObject({ seq: 2, value: { direction: { x: 1 } } });
    expect(await peer.hears("combatAction")).toMatchObject({ seq: 3 });
    const update = next("state_update");
    peer.say(6, updateBody(3, 12_345));
    await update;
    expect(socket.view.frame).toBe(6);
  });
});

test("a ping measures the round trip and sets the server's clock", async () => {
  const { socket, peer } = await playing();
  const first = await peer.hears("ping"); // The client's own, on opening.
  peer.say(5, pongBody((first.value as { t: number }).t));
  const asked = socket.ping();
  const second = await peer.hears("ping");
  peer.say(5, pongBody((second.value as { t: number }).t));
  expect(await asked).toBeGreaterThanOrEqual(0);
  expect(Math.abs(socket.serverUnixMs() - 1_750_000_000_123)).toBeLessThan(10_000);
});

describe("comes back where the close code says so", () => {
  test.each([
    { code: 4003, reason: "session unavailable" },
    { code: 4001, reason: "" },
    { code: 1001, reason: '{"retry_after_ms":30}' },
    { code: 4005, reason: "internal error" },
  ])("$code: with the cursor of what it has", async ({ code, reason }) => {
    const { peer, firstDown } = await playing({ format: "protobuf" });
    peer.say(6, killBody(4, 2));
    peer.socket.close(code, reason);
    const down = await firstDown;
    expect(down).toMatchObject({ code, reason });
    expect(down.retryInMs).not.toBeNull();
    if (reason.startsWith("{")) expect(down.retryInMs).toBeGreaterThanOrEqual(30);
    const again = await gateway.next();
    expect(again.url.searchParams.get("resume")).toBe("2.6");
  });

  test("a connection cut without a word", async () => {
    const { peer, firstDown } = await playing();
    peer.socket.terminate();
    expect(await firstDown).toMatchObject({ code: 1006 });
    expect((await gateway.next()).url.searchParams.get("resume")).toBe("2.5");
  });

  test("before any state there is nothing to resume", async () => {
    client();
    (await gateway.next()).socket.close(4003);
    expect((await gateway.next()).url.searchParams.has("resume")).toBe(false);
  });

  test("asks for a token anew, and says why", async () => {
    const occasions: string[] = [];
    const { peer } = await playing({
      tokenProvider: (occasion) => {
        occasions.push(occasion);
        return `token.${occasions.length}`;
      },
    });
    peer.socket.close(4002, "token expired");
    expect((await gateway.next()).url.searchParams.get("token")).toBe("token.2");
    expect(occasions).toEqual(["connect", "return"]);
  });

  test("stops after so many failures in a row", async () => {
    const { socket, downs } = client({ attemptsMax: 2 });
    for (let attempt = 0; attempt < 3; attempt++) (await gateway.next()).socket.close(4003);
    await expect.poll(() => socket.state).toBe("closed");
    expect(downs.map((down) => down.retryInMs === null)).toEqual([false, false, true]);
  });
});

describe("stays away where the close code says so", () => {
  test.each([1000, 4500, 4501, 4503, 4504, 4506, 4510, 4550])("%i", async (code) => {
    const { socket, peer, firstDown } = await playing();
    peer.socket.close(code, "");
    expect(await firstDown).toEqual({ code, reason: "", retryInMs: null });
    expect(socket.state).toBe("closed");
    expect(socket.move({ x: 0, y: 0, z: 0 })).toBeNull();
  });

  test("closed by the caller", async () => {
    const { socket, peer, downs } = await playing();
    const closed = new Promise((resolve) => peer.socket.once("close", resolve));
    socket.close();
    expect(await closed).toBe(1000);
    expect(downs).toHaveLength(1);
  });
});

test("token_expiring is answered with a fresh token", async () => {
  const { peer } = await playing({ format: "protobuf", tokenProvider: (occasion) => `token.for.${occasion}` });
  peer.say(5, { case: "tokenExpiring", value: { expiresAt: 1_750_000_060_000 } });
  expect(await peer.hears("authRefresh")).toMatchObject({ value: { token: "token.for.refresh" } });
});

describe("a gap in the events", () => {
  test("is asked for at once, and nothing is told out of order or twice", async () => {
    const gaps: unknown[] = [];
    const { peer, messages, next } = await playing({ onGap: (gap) => gaps.push(gap) });
    const third = next("state_update");
    peer.say(6, killBody(4, 2));
    peer.say(8, killBody(6, 2)); // 5 is missing.
    expect(await peer.hears("resume")).toMatchObject({ value: { epoch: 2, frame: 6 } });
    peer.say(7, killBody(5, 2));
    peer.say(8, killBody(6, 2));
    peer.say(8, killBody(6, 2));
    peer.say(9, updateBody(3, 100));
    await third;
    const seqs = messages.flatMap((message) => (message.type === "combat_event" ? [message.seq] : []));
    expect(seqs).toEqual([4, 5, 6]);
    expect(gaps).toEqual([{ expected: 5, got: 6 }]);
  });

  test("that stays open brings it back for a full state", async () => {
    const clock = { ms: 0, nowMs: () => clock.ms, unixMs: () => clock.ms };
    const { peer } = await playing({ clock });
    peer.say(8, killBody(6, 2));
    await peer.hears("resume");
    clock.ms = 2_500;
    peer.say(9, killBody(7, 2));
    const again: Peer = await gateway.next();
    expect(again.url.searchParams.has("resume")).toBe(false);
  });
});

test("a spectator's wishes go out, its address says what it is", async () => {
  const { socket, peer } = await playing({ spectate: { cameraMode: "overview" } });
  expect(peer.url.pathname).toMatch(/\/spectate$/);
  expect(peer.url.searchParams.get("camera_mode")).toBe("overview");
  expect(socket.camera({ cameraMode: "free", position: { x: 1, y: 2, z: 3 } })).toBe(true);
  expect(await peer.hears("cameraUpdate")).toMatchObject({ seq: 0, value: { x: 1, y: 2, z: 3 } });
  expect(socket.leave()).toBe(true);
  await peer.hears("leave");
});

test("a frame it cannot read is told and passed over", async () => {
  const details: string[] = [];
  const { peer, next } = await playing({ onUndecodable: (detail) => details.push(detail) });
  const joined = next("combat_event");
  peer.socket.send("{");
  peer.say(6, eventBody(4, { case: "playerLeft", value: { playerId: SESSION_ID } }, 2));
  await joined;
  expect(details).toHaveLength(1);
});
