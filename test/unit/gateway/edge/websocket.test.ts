/** The socket edge over real sockets: a handshake is answered right, a living socket carries both formats, and what
 *  breaks ends as the close table says. */

import { connect } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  CLIENT_MESSAGE_BYTES_MAX,
  EXCESS_MESSAGES_MAX,
  HEARTBEAT_MS,
  MESSAGES_BURST_MAX,
  OUTBOX_BYTES_MAX,
  REROUTES_MAX,
  SOCKET_BUFFERED_BYTES_MAX,
} from "#gateway/limits.ts";
import { ActionType, ClientMessageSchema } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { type Attach, Lane } from "#gen/necpgame/combat/v1/relay_service_pb.js";
import { type FakeCombat, parseServerMessage, type ServerBody, startFakeCombat } from "#support/fake-combat.ts";
import { type ClientOptions, connectSocket, refusedSocket, type SocketClient } from "#support/socket-client.ts";
import { startTestEdge, type TestEdge } from "#support/socket-edge.ts";
import { memoryLeft } from "../../../../bench/measure/heap.ts";

const SESSION = "11111111-1111-4111-8111-111111111111";
const OTHER_SESSION = "22222222-2222-4222-8222-222222222222";
const ADA = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
const BOB = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb";
const PLAYER_PATH = `/ws/sessions/${SESSION}`;
const SPECTATOR_PATH = `${PLAYER_PATH}/spectate`;
const JSON_PROTOCOL = "combat.v1.json";
const PROTOBUF_PROTOCOL = "combat.v1.protobuf";

let at: TestEdge;
beforeEach(async () => {
  at = await startTestEdge();
  at.combat.playerIds = [ADA, BOB];
});
afterEach(() => at.stop());

function userToken(sub = ADA, ttlSeconds = 3_600): Promise<string> {
  return at.issuer.user({ sub, roles: ["player"], ttlSeconds });
}

async function player(options: ClientOptions & { sub?: string; query?: string } = {}): Promise<SocketClient> {
  const token = await userToken(options.sub);
  return connectSocket(`${at.url}${PLAYER_PATH}?token=${token}${options.query ?? ""}`, options);
}

async function spectator(query = ""): Promise<SocketClient> {
  const token = await at.issuer.user({ sub: BOB, roles: ["spectator"], ttlSeconds: 3_600 });
  return connectSocket(`${at.url}${SPECTATOR_PATH}?token=${token}${query}`);
}

const DAMAGE: ServerBody = {
  case: "combatEvent",
  value: {
    seq: 7,
    eventId: "e",
    tick: 6,
    epoch: 1,
    event: {
      case: "damageDealt",
      value: { attackerId: ADA, targetId: BOB, damage: 4_550, weapon: "assault_rifle", decidedBy: "local" },
    },
  },
};

describe("handshake", () => {
  test("the token may stand in the query, the header or a subprotocol", async () => {
    const token = await userToken();
    const inQuery = await connectSocket(`${at.url}${PLAYER_PATH}?token=${token}&client_version=1.0.0`);
    const inHeader = await connectSocket(`${at.url}/api/v1${PLAYER_PATH}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const inProtocol = await connectSocket(`${at.url}${PLAYER_PATH}`, {
      protocols: [JSON_PROTOCOL, `bearer.${token}`],
    });
    expect([inQuery, inHeader, inProtocol].map(({ webSocket }) => webSocket.protocol)).toEqual(["", "", JSON_PROTOCOL]);
  });

  test("combat is told who it is, what is asked for, and by which right", async () => {
    const ticket = await at.issuer.ticket({ sessionId: SESSION, playerId: BOB, role: "spectator" });
    await connectSocket(
      `${at.url}${SPECTATOR_PATH}?token=${ticket}&camera_mode=follow_player&follow_target=${ADA}&resume=3.14`,
    );
    const attach = await at.combat.attaches.take();
    expect(attach).toMatchObject({ sessionId: SESSION, playerId: BOB, spectator: true, roles: ["spectator"] });
    expect(attach).toMatchObject({ cameraMode: 2, followTarget: ADA, resume: { epoch: 3, frame: 14 } });
    expect(attach.ticketId).toMatch(/^[0-9a-f-]{36}$/);
    expect(attach.ticketExpiresAt).toBe(at.clock.unixMs() + 60_000);
    expect(at.combat.tokens[0]).toMatch(/^Bearer ey/);
  });

  type Row = {
    name: string;
    path?: string;
    token?: () => Promise<string>;
    options?: ClientOptions;
    status: number;
    error: string;
  };
  const rows: Row[] = [
    { name: "unknown path", path: "/ws/elsewhere", status: 404, error: "NOT_FOUND" },
    {
      name: "session id in capitals",
      path: `/ws/sessions/${ADA.toUpperCase()}`,
      status: 400,
      error: "INVALID_ARGUMENT",
    },
    {
      name: "unknown camera mode",
      path: `${SPECTATOR_PATH}?camera_mode=drone`,
      status: 400,
      error: "INVALID_ARGUMENT",
    },
    {
      name: "follow target no uuid",
      path: `${SPECTATOR_PATH}?follow_target=ada`,
      status: 400,
      error: "INVALID_ARGUMENT",
    },
    { name: "resume of one number", path: `${PLAYER_PATH}?resume=12`, status: 400, error: "INVALID_ARGUMENT" },
    {
      name: "version of strange signs",
      path: `${PLAYER_PATH}?client_version=<1>`,
      status: 400,
      error: "INVALID_ARGUMENT",
    },
    { name: "token given twice", path: `${PLAYER_PATH}?token=a&token=b`, status: 400, error: "INVALID_ARGUMENT" },
    {
      name: "foreign origin",
      options: { headers: { origin: "https://evil.example" } },
      status: 403,
      error: "FORBIDDEN",
    },
    { name: "origin null", options: { headers: { origin: "null" } }, status: 403, error: "FORBIDDEN" },
    { name: "only unknown subprotocols", options: { protocols: ["chat"] }, status: 400, error: "INVALID_ARGUMENT" },
    { name: "no token", status: 401, error: "UNAUTHENTICATED" },
    { name: "junk for a token", token: async () => "junk", status: 401, error: "UNAUTHENTICATED" },
    { name: "expired token", token: () => userToken(ADA, -1), status: 401, error: "UNAUTHENTICATED" },
    {
      name: "spectator's token on the players' socket",
      token: () => at.issuer.user({ sub: BOB, roles: ["spectator"], ttlSeconds: 60 }),
      status: 403,
      error: "FORBIDDEN",
    },
    {
      name: "token of another session",
      token: () => at.issuer.user({ sub: BOB, roles: ["player"], sessionId: OTHER_SESSION, ttlSeconds: 60 }),
      status: 403,
      error: "FORBIDDEN",
    },
    {
      name: "ticket of another session",
      token: () => at.issuer.ticket({ sessionId: OTHER_SESSION, playerId: ADA, role: "player" }),
      status: 403,
      error: "FORBIDDEN",
    },
    {
      name: "spectator's ticket on the players' socket",
      token: () => at.issuer.ticket({ sessionId: SESSION, playerId: ADA, role: "spectator" }),
      status: 403,
      error: "FORBIDDEN",
    },
    {
      name: "player's ticket on the spectators' socket",
      path: SPECTATOR_PATH,
      token: () => at.issuer.ticket({ sessionId: SESSION, playerId: ADA, role: "player" }),
      status: 403,
      error: "FORBIDDEN",
    },
  ];
  test.each(rows)(
    "refused before any upgrade: $name → $status",
    async ({ path = PLAYER_PATH, token, options, status, error }) => {
      const query = token === undefined ? "" : `?token=${await token()}`;
      const refusal = await refusedSocket(`${at.url}${path}${query}`, options);
      expect(refusal).toMatchObject({
        status,
        body: { error, message: expect.any(String), details: expect.any(Object) },
      });
      expect(at.combat.attaches.waiting).toEqual([]);
      expect(at.edge.connectionCount()).toBe(0);
    },
  );

  test("what combat refuses is answered with its own words", async () => {
    at.combat.onAttach = ({ connection }) => [
      {
        case: "refused",
        value: {
          connection,
          error: { error: "TOO_MANY_SPECTATORS", message: "full", details: { retry_after_ms: 10_000 } },
        },
      },
    ];
    const refusal = await refusedSocket(`${at.url}${PLAYER_PATH}?token=${await userToken()}`);
    expect(refusal).toMatchObject({ status: 429, body: { error: "TOO_MANY_SPECTATORS", message: "full" } });
    expect(refusal.headers["retry-after"]).toBe("10");
    expect(at.edge.connectionCount()).toBe(0);
  });

  test("a handshake that combat does not answer ends in time, and combat is told", async () => {
    at.combat.onAttach = () => [];
    const refused = refusedSocket(`${at.url}${PLAYER_PATH}?token=${await userToken()}`);
    const { connection } = await at.combat.attaches.take();
    at.clock.advance(2_001);
    expect(await refused).toMatchObject({ status: 504, body: { error: "DEADLINE_EXCEEDED" } });
    expect(await at.combat.detaches.take()).toBe(connection);
  });

  test("a client that goes away during the handshake is detached", async () => {
    at.combat.onAttach = () => [];
    const socket = connect(Number(new URL(at.url).port), "127.0.0.1");
    const key = "dGhlIHNhbXBsZSBub25jZQ==";
    socket.write(
      `GET ${PLAYER_PATH}?token=${await userToken()} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    const { connection } = await at.combat.attaches.take();
    socket.resetAndDestroy();
    expect(await at.combat.detaches.take()).toBe(connection);
    expect(at.edge.connectionCount()).toBe(0);
  });

  test.each([
    { of: "address", limits: { connectsPerAddress: 2 } },
    { of: "player", limits: { connectsPerPlayer: 2 } },
  ])("too many attempts of one $of are answered 429 with Retry-After", async ({ of, limits }) => {
    await at.stop();
    at = await startTestEdge(limits);
    await player();
    await player();
    const refusal = await refusedSocket(`${at.url}${PLAYER_PATH}?token=${await userToken()}`);
    expect(refusal).toMatchObject({ status: 429, body: { error: "RATE_LIMITED", details: { of } } });
    expect(Number(refusal.headers["retry-after"])).toBeGreaterThan(0);
  });

  test("in a storm of clients some wait for their turn, and the rest are told when to come again", async () => {
    await at.stop();
    at = await startTestEdge({ handshakesPerSecond: 2 });
    await player();
    const refused = async () => refusedSocket(`${at.url}${PLAYER_PATH}?token=${await userToken()}`);
    const waiting = [player({ sub: BOB }), player({ sub: BOB })];
    await expect.poll(() => at.edge.connectionCount()).toBe(3);
    const late = refused();
    await expect.poll(() => at.edge.connectionCount()).toBe(4);
    const refusal = await refused();
    expect(refusal).toMatchObject({ status: 503, body: { error: "UNAVAILABLE" } });
    expect(Number(refusal.headers["retry-after"])).toBeGreaterThanOrEqual(2);
    let open = 0;
    for (const client of waiting) void client.then(() => ++open);
    for (const expected of [1, 2]) {
      at.clock.advance(500);
      await expect.poll(() => open).toBe(expected);
    }
    at.clock.advance(1);
    expect(await late).toMatchObject({ status: 503, body: { error: "UNAVAILABLE" } });
  });

  test("a full gateway says so", async () => {
    await at.stop();
    at = await startTestEdge({ socketsMax: 1 });
    await player();
    const refusal = await refusedSocket(`${at.url}${PLAYER_PATH}?token=${await userToken()}`);
    expect(refusal).toMatchObject({ status: 503, body: { error: "UNAVAILABLE" } });
  });
});

describe("downstream", () => {
  test("JSON and protobuf clients of one session are told the same", async () => {
    const text = await player({ protocols: [JSON_PROTOCOL] });
    const binary = await player({ sub: BOB, protocols: [PROTOBUF_PROTOCOL] });
    const state = await text.next("session_state");
    expect(state).toMatchObject({
      session_id: SESSION,
      frame: 10,
      epoch: 1,
      players: [{ player_id: ADA, health: 100 }],
    });
    expect(parseServerMessage(await binary.binaries.take()).body.case).toBe("sessionState");

    const frame = at.combat.broadcast(SESSION, DAMAGE);
    expect(await text.next("combat_event")).toEqual({
      type: "combat_event",
      event: "damage_dealt",
      data: {
        attacker_id: ADA,
        target_id: BOB,
        damage: 45.5,
        weapon: "assault_rifle",
        headshot: false,
        critical: false,
        decided_by: "local",
        health: 0,
      },
      session_id: SESSION,
      timestamp: "2025-06-15T15:06:40.000Z",
      frame,
      seq: 7,
      event_id: "e",
      tick: 6,
      epoch: 1,
    });
    const event = parseServerMessage(await binary.binaries.take());
    expect(event).toMatchObject({ frame, body: { case: "combatEvent", value: { seq: 7 } } });
  });

  test("a broadcast reaches those who entered its room and nobody else", async () => {
    const [inside, outside] = [await player(), await player({ sub: BOB })];
    await Promise.all([inside.next("session_state"), outside.next("session_state")]);
    at.combat.broadcast(OTHER_SESSION, DAMAGE);
    at.combat.broadcast(SESSION, { case: "pong", value: { t: 1 } });
    await Promise.all([inside.next("pong"), outside.next("pong")]);
    expect([...inside.texts.waiting, ...outside.texts.waiting]).toEqual([]);
  });

  test("bytes that are no message cost their readers alone, who may come back", async () => {
    const client = await player();
    const bystander = await player({ sub: BOB });
    await client.next("session_state");
    const { connection } = await at.combat.attaches.take();
    at.combat.send({ case: "unicast", value: { connection, lane: Lane.EVENT, message: Buffer.from([0xff, 0xff]) } });
    expect(await client.closed).toMatchObject({ code: 4005 });
    at.combat.broadcast(SESSION, DAMAGE);
    expect((await bystander.next("combat_event")).event).toBe("damage_dealt");
  });

  test.each([
    { reason: "session_over", code: 4510 },
    { reason: "taken_over", code: 4506 },
    { reason: "done", code: 1000 },
    { reason: "something newer", code: 4005 },
  ])("combat's close $reason ends the socket with $code, and no detach answers it", async ({ reason, code }) => {
    const client = await player();
    const { connection } = await at.combat.attaches.take();
    at.combat.send({ case: "close", value: { connection, reason } });
    expect(await client.closed).toMatchObject({ code });
    expect(at.combat.detaches.waiting).toEqual([]);
  });
});

describe("upstream", () => {
  test("both formats bring the same input to combat", async () => {
    const text = await player();
    const binary = await player({ sub: BOB, protocols: [PROTOBUF_PROTOCOL] });
    text.send({
      type: "combat_action",
      seq: 3,
      data: { action_type: "attack", target_id: BOB, direction: { x: 1, y: 0, z: 0 } },
    });
    const fromText = await at.combat.inputs.take();
    const message = create(ClientMessageSchema, {
      seq: 3,
      body: {
        case: "combatAction",
        value: { actionType: ActionType.ATTACK, targetId: BOB, direction: { x: 1, y: 0, z: 0 } },
      },
    });
    binary.send(Buffer.from(toBinary(ClientMessageSchema, message)));
    const fromBinary = await at.combat.inputs.take();
    expect(fromText.message).toEqual(fromBinary.message);
    expect(fromText.connection).not.toBe(fromBinary.connection);
  });

  test("three malformed messages close with 4500, each answered by name", async () => {
    const client = await player();
    client.send("{");
    client.send({ type: "position_update", data: { x: 1, y: "2", z: 3 } });
    client.send(Buffer.from([1, 2, 3]));
    const answers = [await client.next("error"), await client.next("error"), await client.next("error")];
    expect(answers.map(({ error }) => error)).toEqual(["INVALID_ARGUMENT", "INVALID_ARGUMENT", "INVALID_ARGUMENT"]);
    expect(answers[1]).toMatchObject({
      details: { field: "data.y", got: "2", strikes_left: 1 },
      session_id: SESSION,
      frame: 10,
    });
    expect(await client.closed).toEqual({ code: 4500, reason: { reason: "malformed" } });
    expect(at.combat.inputs.waiting).toEqual([]);
    await at.combat.detaches.take();
  });

  test("a protobuf client is answered in protobuf", async () => {
    const client = await player({ protocols: [PROTOBUF_PROTOCOL] });
    client.send("{}");
    await client.binaries.take();
    const answer = parseServerMessage(await client.binaries.take());
    expect(answer.body).toMatchObject({
      case: "error",
      value: { error: "INVALID_ARGUMENT", details: { strikes_left: 2 } },
    });
  });

  test("a message over the limit closes with 1009", async () => {
    const client = await player();
    client.send("x".repeat(CLIENT_MESSAGE_BYTES_MAX + 1));
    expect((await client.closed).code).toBe(1009);
  });

  test("a message in more pieces than it has any use for closes with 1008", async () => {
    const client = await player();
    for (let piece = 0; piece < 100; piece++) client.webSocket.send("a", { fin: false });
    expect((await client.closed).code).toBe(1008);
  });

  test("spectators send no input, players no camera", async () => {
    const watcher = await spectator();
    watcher.send({ type: "position_update", data: { x: 1, y: 2, z: 3 } });
    expect(await watcher.next("error")).toMatchObject({ error: "FORBIDDEN" });
    watcher.send({ type: "camera_update", data: { camera_mode: "overview" } });
    expect((await at.combat.inputs.take()).message?.body.case).toBe("cameraUpdate");
    const fighter = await player();
    fighter.send({ type: "camera_update", data: { camera_mode: "overview" } });
    expect(await fighter.next("error")).toMatchObject({ error: "FORBIDDEN" });
  });

  test("a burst beyond the rate is dropped with a hint, going on closes with 4029", async () => {
    const client = await player();
    const ping = JSON.stringify({ type: "ping", data: { t: 1 } });
    for (let sent = 0; sent < MESSAGES_BURST_MAX + EXCESS_MESSAGES_MAX; sent++) client.send(ping);
    const answer = await client.next("error");
    expect(answer).toMatchObject({ error: "RATE_LIMITED", details: { retry_after_ms: expect.any(Number) } });
    const closed = await client.closed;
    expect(closed).toEqual({ code: 4029, reason: { reason: "rate_limited", retry_after_ms: 7_500 } });
    expect(at.combat.inputs.waiting.length).toBe(MESSAGES_BURST_MAX);
  });

  test("a flood of pings is no way around the rate", async () => {
    const client = await player();
    client.webSocket.on("error", () => {});
    for (let sent = 0; sent < MESSAGES_BURST_MAX + EXCESS_MESSAGES_MAX; sent++) client.webSocket.ping();
    expect((await client.closed).code).toBe(4029);
    expect(client.pongs.waiting.length).toBe(MESSAGES_BURST_MAX);
  });
});

describe("time", () => {
  test("who answers pings stays, who does not is closed with 4004", async () => {
    const awake = await player();
    const asleep = await player({ sub: BOB, autoPong: false });
    await awake.pings.take(); // The one that measures the round trip from the start.
    for (let beat = 0; beat < 3; beat++) {
      at.clock.advance(HEARTBEAT_MS);
      await awake.pings.take();
      await pongArrived(awake);
    }
    expect((await asleep.closed).code).toBe(4004);
    expect(awake.webSocket.readyState).toBe(awake.webSocket.OPEN);
  });

  test("a token that runs out is announced, refreshed by the same user, and ends the socket with 4002", async () => {
    const client = await connectSocket(`${at.url}${PLAYER_PATH}?token=${await userToken(ADA, 90)}`);
    at.clock.advance(31_000);
    const warning = await client.next("token_expiring");
    expect(Date.parse(String(warning["expires_at"]))).toBe(Math.floor((at.clock.unixMs() + 59_000) / 1000) * 1000);
    client.send({ type: "auth_refresh", data: { token: await userToken(ADA, 90) } });
    await pongArrived(client);
    at.clock.advance(29_000);
    await client.pings.take();
    await pongArrived(client);
    expect(client.texts.waiting.filter(({ type }) => type === "token_expiring")).toEqual([]);
    at.clock.advance(2_000);
    await client.next("token_expiring");
    at.clock.advance(60_000);
    expect((await client.closed).code).toBe(4002);
  });

  test("with a minute left or less the announcement comes at once", async () => {
    const client = await connectSocket(`${at.url}${PLAYER_PATH}?token=${await userToken(ADA, 20)}`);
    at.clock.advance(300);
    await client.next("token_expiring");
  });

  test("a ticket only opens the door: its socket outlives it", async () => {
    const ticket = await at.issuer.ticket({ sessionId: SESSION, playerId: ADA, role: "player" });
    const client = await connectSocket(`${at.url}${PLAYER_PATH}?token=${ticket}`);
    for (let beat = 0; beat < 6; beat++) {
      at.clock.advance(HEARTBEAT_MS);
      await client.pings.take();
      await pongArrived(client);
    }
    expect(client.texts.waiting.map(({ type }) => type)).toEqual(["session_state"]);
  });

  test("somebody else's new token closes with 4501", async () => {
    const client = await player();
    client.send({ type: "auth_refresh", data: { token: await userToken(BOB) } });
    expect(await client.next("error")).toMatchObject({ error: "FORBIDDEN" });
    expect((await client.closed).code).toBe(4501);
  });

  test("a new token that has just run out is an error, not the end", async () => {
    const client = await player();
    client.send({ type: "auth_refresh", data: { token: await userToken(ADA, -1) } });
    expect(await client.next("error")).toMatchObject({ error: "UNAUTHENTICATED", details: { reason: "expired" } });
    client.send({ type: "ping", data: { t: 1 } });
    await at.combat.inputs.take();
  });
});

/** A message sent after the pong arrives after it, and combat sees it. */
async function pongArrived(client: SocketClient): Promise<void> {
  client.send({ type: "ping", data: { t: 0 } });
  await at.combat.inputs.take();
}

describe("slow readers", () => {
  test("one who reads again gets the newest state of everybody, not all that was", async () => {
    const ids = Array.from({ length: 50 }, (_, slot) => `${ADA.slice(0, -2)}${String(slot).padStart(2, "0")}`);
    at.combat.playerIds = ids;
    const slow = await player();
    const quick = await player({ sub: BOB, protocols: [PROTOBUF_PROTOCOL] });
    await slow.next("session_state");
    await quick.binaries.take();
    slow.webSocket.pause();
    const framesCount = 1_500;
    for (let tick = 1; tick <= framesCount; tick++) {
      const players = ids.map((_, slot) => ({ slot, lastInput: tick }));
      at.combat.broadcast(SESSION, { case: "stateUpdate", value: { tick, players } }, Lane.STATE);
      await quick.binaries.take();
    }
    const missed = [{ slot: 3, lastInput: 9_999 }];
    const last = at.combat.broadcast(
      SESSION,
      { case: "stateUpdate", value: { tick: 9_999, players: missed } },
      Lane.STATE,
    );
    await quick.binaries.take();
    slow.webSocket.resume();
    const merged = await slow.texts.take(({ frame }) => frame === last);
    const players = merged["players"] as { player_id: string; last_input: number }[];
    expect(new Map(players.map((row) => [row.player_id, row.last_input]))).toEqual(
      new Map(ids.map((id, slot) => [id, slot === 3 ? 9_999 : framesCount])),
    );
    expect(slow.texts.waiting.length).toBeLessThan(framesCount);
    at.combat.broadcast(SESSION, DAMAGE);
    await slow.next("combat_event");
  });

  test("one who does not read holds a bounded amount of memory, whatever is told", async () => {
    at.combat.playerIds = [ADA, BOB];
    const slow = await player();
    const quick = await player({ sub: BOB, protocols: [PROTOBUF_PROTOCOL] });
    await slow.next("session_state");
    await quick.binaries.take();
    slow.webSocket.pause();
    const tell = async (states: number) => {
      for (let told = 0; told < states; told++) {
        const players = [{ slot: told % 2, lastInput: told + 1, usingItem: "x".repeat(32_000) }];
        at.combat.broadcast(SESSION, { case: "stateUpdate", value: { tick: told, players } }, Lane.STATE);
        await quick.binaries.take();
      }
    };
    await tell(200); // Its socket, and the kernel's buffers behind it, are full.
    const before = memoryLeft();
    await tell(1_000);
    const after = memoryLeft();
    const grown = after.heapUsed + after.external - before.heapUsed - before.external;
    expect(grown).toBeLessThan(SOCKET_BUFFERED_BYTES_MAX + OUTBOX_BYTES_MAX);
    expect(slow.webSocket.readyState).toBe(slow.webSocket.OPEN);
  });

  test("one who does not read is closed with 4001, the others lose nothing", async () => {
    const slow = await player();
    const quick = await player({ sub: BOB });
    await Promise.all([slow.next("session_state"), quick.next("session_state")]);
    slow.webSocket.pause();
    const big = "x".repeat(32_000);
    const event: ServerBody = { case: "error", value: { error: big, message: "" } };
    let sentCount = 0;
    while (at.combat.detaches.waiting.length === 0 && sentCount < 4_000) {
      at.combat.broadcast(SESSION, event);
      await quick.next("error");
      sentCount += 1;
    }
    expect(sentCount).toBeLessThan(4_000);
    slow.webSocket.resume();
    expect(await slow.closed).toEqual({ code: 4001, reason: { reason: "slow_reader", retry_after_ms: 2_000 } });
    at.combat.broadcast(SESSION, DAMAGE);
    await quick.next("combat_event");
    expect(at.edge.connectionCount()).toBeLessThanOrEqual(2);
  });
});

describe("several instances", () => {
  const servedAt = (there: FakeCombat) => (attach: Attach) => [
    {
      case: "refused" as const,
      value: {
        connection: attach.connection,
        error: { error: "UNAVAILABLE", message: "elsewhere", details: { served_at: there.target } },
      },
    },
  ];

  test("a socket whose session another instance serves is led there, and plays there", async () => {
    const there = await startFakeCombat();
    try {
      there.playerIds = [ADA, BOB];
      at.combat.onAttach = servedAt(there);
      const client = await player();
      const state = await client.next("session_state");
      expect(state["session"]).toMatchObject({ id: SESSION });
      expect(await there.attaches.take()).toMatchObject({ sessionId: SESSION, playerId: ADA });
      there.broadcast(SESSION, DAMAGE);
      await client.next("combat_event");
      client.send({ type: "position_update", seq: 1, data: { x: 1, y: 2, z: 0 } });
      await there.inputs.take();
      expect(at.combat.inputs.waiting).toEqual([]);
    } finally {
      await there.stop();
    }
  });

  test("a session that moves takes its sockets along, from where they stopped", async () => {
    const there = await startFakeCombat();
    try {
      there.playerIds = [ADA, BOB];
      const client = await player();
      await client.next("session_state");
      at.combat.broadcast(SESSION, DAMAGE);
      const { frame } = await client.next("combat_event");
      at.combat.onAttach = servedAt(there);
      at.combat.breakStreams();
      expect(await there.attaches.take()).toMatchObject({ sessionId: SESSION, resume: { epoch: 1, frame } });
      there.broadcast(SESSION, { case: "pong", value: { t: 9 } });
      expect(await client.next("pong")).toMatchObject({ t: 9 });
    } finally {
      await there.stop();
    }
  });

  test("two instances that name each other are asked a few times, and the handshake is refused", async () => {
    const there = await startFakeCombat();
    try {
      at.combat.onAttach = servedAt(there);
      there.onAttach = servedAt(at.combat);
      const refusal = await refusedSocket(`${at.url}${PLAYER_PATH}?token=${await userToken()}`);
      expect(refusal).toMatchObject({ status: 503, body: { error: "UNAVAILABLE" } });
      expect(JSON.stringify(refusal.body)).not.toContain("served_at");
      const asked = at.combat.attaches.waiting.length + there.attaches.waiting.length;
      expect(asked).toBe(1 + REROUTES_MAX);
    } finally {
      await there.stop();
    }
  });
});

describe("relay lost", () => {
  test("sockets stay and are attached again from where they stopped", async () => {
    const ticket = await at.issuer.ticket({ sessionId: SESSION, playerId: ADA, role: "player" });
    const client = await connectSocket(`${at.url}${PLAYER_PATH}?token=${ticket}`);
    await client.next("session_state");
    const first = await at.combat.attaches.take();
    at.combat.broadcast(SESSION, DAMAGE);
    const { frame } = await client.next("combat_event");
    at.combat.breakStreams();
    const again = await at.combat.attaches.take();
    expect(again).toMatchObject({ connection: first.connection, resume: { epoch: 1, frame } });
    expect(again.ticketId).toBeUndefined();
    at.combat.broadcast(SESSION, { case: "pong", value: { t: 2 } });
    expect(await client.next("pong")).toMatchObject({ t: 2 });
    client.send({ type: "ping", data: { t: 3 } });
    await at.combat.inputs.take();
  });

  test("what is sent meanwhile is answered UNAVAILABLE, new handshakes 503", async () => {
    const client = await player();
    await at.combat.stop();
    await eventuallyAway(client);
    const refusal = await refusedSocket(`${at.url}${PLAYER_PATH}?token=${await userToken(BOB)}`);
    expect(refusal.status).toBe(503);
    expect(Number(refusal.headers["retry-after"])).toBeGreaterThan(0);
    expect(client.webSocket.readyState).toBe(client.webSocket.OPEN);
    await at.combat.start();
    await at.combat.attaches.take(({ resume }) => resume !== undefined);
  });

  test("without combat for long, sockets are closed with 4003 and a hint", async () => {
    const client = await player();
    await at.combat.stop();
    await eventuallyAway(client);
    at.clock.advance(10_000);
    expect(await client.closed).toEqual({ code: 4003, reason: { reason: "unavailable", retry_after_ms: 1_750 } });
  });

  test.each([
    { error: "SESSION_NOT_FOUND", code: 4504 },
    { error: "FORBIDDEN", code: 4503 },
    { error: "INVALID_STATE_TRANSITION", code: 4510 },
  ])("refused with $error on the way back closes with $code", async ({ error, code }) => {
    const client = await player();
    at.combat.onAttach = ({ connection }) => [
      { case: "refused", value: { connection, error: { error, message: "no" } } },
    ];
    at.combat.breakStreams();
    expect((await client.closed).code).toBe(code);
  });
});

test.each(["UNAVAILABLE", "SOMETHING_NEWER"])(
  "refused with %s on the way back asks again, and plays on",
  async (error) => {
    const client = await player();
    await at.combat.attaches.take();
    at.combat.onAttach = ({ connection }) => [
      { case: "refused", value: { connection, error: { error, message: "no" } } },
    ];
    at.combat.breakStreams();
    await at.combat.attaches.take();
    at.combat.onAttach = (attach) => at.combat.welcome(attach);
    await eventuallyAttached();
    at.combat.broadcast(SESSION, { case: "pong", value: { t: 2 } });
    expect(await client.next("pong")).toMatchObject({ t: 2 });
  },
);

/** Lets time pass until the session is looked for again. */
async function eventuallyAttached(): Promise<void> {
  const attached = at.combat.attaches.take();
  const timer = setInterval(() => at.clock.advance(50), 5);
  await attached.finally(() => clearInterval(timer));
}

/** Asks until the answer says that combat is away. The clock moves on, since it is said at most once a second. */
async function eventuallyAway(client: SocketClient): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    client.send({ type: "ping", data: { t: tries } });
    const answered = new Promise((resolve) => client.webSocket.once("pong", resolve));
    client.webSocket.ping();
    await answered;
    if (client.texts.waiting.some(({ type, error }) => type === "error" && error === "UNAVAILABLE")) return;
    at.clock.advance(20);
  }
  throw new Error("combat was never missed");
}

describe("end", () => {
  test("a client that leaves is detached", async () => {
    const client = await player();
    const { connection } = await at.combat.attaches.take();
    await client.close();
    expect(await at.combat.detaches.take()).toBe(connection);
    expect(at.edge.connectionCount()).toBe(0);
  });

  test("drain sends everybody away with 1001 and when to come back, and takes nobody new", async () => {
    const clients = [await player(), await player({ sub: BOB, protocols: [PROTOBUF_PROTOCOL] })];
    const token = await userToken();
    const drained = at.edge.drain();
    const refusal = await refusedSocket(`${at.url}${PLAYER_PATH}?token=${token}`);
    expect(refusal).toMatchObject({ status: 503, body: { error: "UNAVAILABLE" } });
    for (const client of clients) {
      expect(await client.closed).toEqual({ code: 1001, reason: { reason: "draining", retry_after_ms: 1_700 } });
    }
    await drained;
    expect(at.edge.connectionCount()).toBe(0);
    await Promise.all([at.combat.detaches.take(), at.combat.detaches.take()]);
  });
});
