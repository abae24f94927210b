/**
 * Callers: whoever is allowed to use the system can, with the client they have: grpc-js, Connect, gRPC and gRPC-Web
 * clients over HTTP/1.1 and HTTP/2, plain fetch, Node's own WebSocket and ws, in JSON and protobuf.
 * Law: each does what it came for (create, read, join, watch, play) and is told of a refusal in the same words.
 */
import { randomUUID } from "node:crypto";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket as WsWebSocket } from "ws";
import type { CombatSession as PublicSession } from "#client/index.ts";
import { ErrorDetailSchema } from "#gen/necpgame/combat/v1/error_pb.js";
import { ClientMessageSchema, type ServerMessage, ServerMessageSchema } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { CameraMode, type CombatSession, GameMode, SessionStatus } from "#gen/necpgame/combat/v1/session_pb.js";
import {
  CombatSessionService,
  type CreateSessionRequestSchema,
  type JoinSessionResponse,
  type PlayRequest,
  PlayRequestSchema,
} from "#gen/necpgame/combat/v1/session_service_pb.js";
import { GrpcCaller, grpcRefusalOf } from "#support/grpc-caller.ts";
import { Mailbox } from "#support/mailbox.ts";
import { activeMatch, newMatch, newPlayer, playerSocket, socketUrl } from "#support/play.ts";
import { bodyOf } from "#support/rest.ts";
import { type System, startSystem } from "#support/system.ts";

const SERVICE = CombatSessionService.typeName;

let system: System;
const grpcCallers: GrpcCaller[] = [];
beforeAll(async () => {
  system = await startSystem();
});
afterAll(async () => {
  for (const caller of grpcCallers) caller.close();
  await system?.stop();
});

type Refused = { readonly code: number; readonly error: string };

/** What every client can do, whatever it is made of. */
type Caller = {
  create(request: MessageInitShape<typeof CreateSessionRequestSchema>, token: string): Promise<CombatSession>;
  get(sessionId: string, token: string): Promise<CombatSession>;
  join(sessionId: string, token: string): Promise<JoinSessionResponse>;
  watch(sessionId: string, token: string, signal: AbortSignal): AsyncIterable<ServerMessage>;
  play(requests: AsyncIterable<PlayRequest>, token: string, signal: AbortSignal): AsyncIterable<ServerMessage>;
  refusal(error: unknown): Refused;
};

function connectCaller(transport: Transport): Caller {
  const client = createClient(CombatSessionService, transport);
  const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` }, timeoutMs: 10_000 });
  return {
    create: (request, token) => client.createSession(request, as(token)),
    get: (sessionId, token) => client.getSession({ sessionId }, as(token)),
    join: (sessionId, token) => client.joinSession({ sessionId }, as(token)),
    watch: (sessionId, token, signal) =>
      client.watchSession({ sessionId, cameraMode: CameraMode.OVERVIEW }, { ...as(token), signal }),
    play: (requests, token, signal) => client.play(requests, { ...as(token), signal }),
    refusal(error) {
      const refused = ConnectError.from(error);
      return { code: refused.code, error: refused.findDetails(ErrorDetailSchema)[0]?.error ?? "no detail" };
    },
  };
}

function grpcJsCaller(target: string): Caller {
  const grpc = new GrpcCaller(target);
  grpcCallers.push(grpc);
  const { createSession, getSession, joinSession } = CombatSessionService.method;
  return {
    create: (request, token) => grpc.call(createSession, request, token),
    get: (sessionId, token) => grpc.call(getSession, { sessionId }, token),
    join: (sessionId, token) => grpc.call(joinSession, { sessionId }, token),
    watch: (sessionId, token) => grpc.watch({ sessionId, cameraMode: CameraMode.OVERVIEW }, token),
    play: (requests, token) => grpc.play(requests, token),
    refusal(error) {
      const { code, detail } = grpcRefusalOf(error);
      return { code, error: detail.error };
    },
  };
}

type Offers = "unary" | "watch" | "play";
type CallerRow = { name: string; upTo: Offers; caller: () => Caller };

const json = { httpVersion: "1.1", useBinaryFormat: false } as const;
const CALLERS: CallerRow[] = [
  { name: "grpc-js to combat's gRPC port", upTo: "play", caller: () => grpcJsCaller(system.grpc) },
  { name: "grpc-js to combat's Connect port", upTo: "play", caller: () => grpcJsCaller(new URL(system.connect).host) },
  {
    name: "Connect, JSON over HTTP/1.1, to the gateway",
    upTo: "unary",
    caller: () => connectCaller(createConnectTransport({ baseUrl: system.url, ...json })),
  },
  {
    name: "Connect, protobuf over HTTP/1.1 with GET, to the gateway",
    upTo: "unary",
    caller: () => connectCaller(createConnectTransport({ baseUrl: system.url, httpVersion: "1.1", useHttpGet: true })),
  },
  {
    name: "Connect, JSON over HTTP/1.1, to combat's Connect port",
    upTo: "watch",
    caller: () => connectCaller(createConnectTransport({ baseUrl: system.connect, ...json })),
  },
  {
    name: "Connect, protobuf over HTTP/2, to combat's Connect port",
    upTo: "play",
    caller: () => connectCaller(createConnectTransport({ baseUrl: system.connect, httpVersion: "2" })),
  },
  {
    name: "gRPC of connect-node over HTTP/2 to combat's gRPC port",
    upTo: "play",
    caller: () => connectCaller(createGrpcTransport({ baseUrl: `http://${system.grpc}` })),
  },
  {
    name: "gRPC of connect-node over HTTP/2 to combat's Connect port",
    upTo: "play",
    caller: () => connectCaller(createGrpcTransport({ baseUrl: system.connect })),
  },
  {
    name: "gRPC-Web over HTTP/1.1 to combat's Connect port",
    upTo: "watch",
    caller: () => connectCaller(createGrpcWebTransport({ baseUrl: system.connect, httpVersion: "1.1" })),
  },
];
const WATCHERS = CALLERS.filter(({ upTo }) => upTo !== "unary");
const PLAYERS = CALLERS.filter(({ upTo }) => upTo === "play");

describe.each(CALLERS)("$name", ({ caller }) => {
  test("creates a session, reads it and joins it", async () => {
    const client = caller();
    const [alice, bob] = [await newPlayer(system), await newPlayer(system)];
    const created = await client.create({ gameMode: GameMode.TEAM_DEATHMATCH, maxRounds: 3 }, alice.token);
    expect(created).toMatchObject({ status: SessionStatus.WAITING, maxRounds: 3, hostPlayerId: alice.id });
    const joined = await client.join(created.id, bob.token);
    expect(joined).toMatchObject({ sessionId: created.id, playerId: bob.id, initialHealth: 100 });
    expect(joined.authToken).not.toBe("");
    const seen = await client.get(created.id, bob.token);
    expect(seen.participants).toMatchObject([{ playerId: bob.id, teamId: joined.assignedTeamId, health: 100 }]);
    expect(seen.version).toBe(created.version + 1);
  });

  test("is told of refusals by code and ErrorDetail", async () => {
    const client = caller();
    const { token } = await newPlayer(system);
    const unknown = await client.get(randomUUID(), token).catch(client.refusal);
    expect(unknown).toEqual({ code: 5, error: "SESSION_NOT_FOUND" });
    const nobody = await client.get(randomUUID(), "no-token").catch(client.refusal);
    expect(nobody).toEqual({ code: 16, error: "UNAUTHENTICATED" });
    const modeless = await client.create({ gameMode: GameMode.UNSPECIFIED }, token).catch(client.refusal);
    expect(modeless).toEqual({ code: 3, error: "INVALID_ARGUMENT" });
  });
});

describe.each(WATCHERS)("$name", ({ caller }) => {
  test("watches a session: everything first, then what happens", async () => {
    const match = await activeMatch(system);
    const { token } = await newPlayer(system);
    const leaving = new AbortController();
    const seen: string[] = [];
    for await (const { body } of caller().watch(match.id, token, leaving.signal)) {
      if (body.case === "sessionState") {
        seen.push("session_state");
        expect(body.value.session).toMatchObject({ id: match.id, status: SessionStatus.ACTIVE });
        bodyOf(await match.alice.call("PUT", `/sessions/${match.id}`, { status: "paused" }), 200);
      }
      if (body.case === "camera") expect(body.value.cameraMode).toBe(CameraMode.OVERVIEW);
      if (body.case !== "combatEvent" || body.value.event.case !== "sessionPaused") continue;
      seen.push("session_paused");
      break;
    }
    leaving.abort();
    expect(seen).toEqual(["session_state", "session_paused"]);
  });
});

describe.each(PLAYERS)("$name", ({ caller }) => {
  test("plays: enters, moves, is answered, and others see it", async () => {
    const match = await activeMatch(system);
    const bob = await playerSocket(system, match, match.bob);
    const entered = Promise.withResolvers<{ x: number; y: number; z: number }>();
    const finished = Promise.withResolvers<void>();
    async function* requests() {
      yield create(PlayRequestSchema, { body: { case: "open", value: { sessionId: match.id } } });
      const { x, y, z } = await entered.promise;
      const move = { case: "positionUpdate", value: { x: x + 1, y, z } } as const;
      yield create(PlayRequestSchema, { body: { case: "message", value: { seq: 7, body: move } } });
      const ping = { case: "ping", value: { t: 12.5 } } as const;
      yield create(PlayRequestSchema, { body: { case: "message", value: { body: ping } } });
      await finished.promise;
    }
    const leaving = new AbortController();
    const wanted = new Set(["move", "pong"]);
    for await (const { body } of caller().play(requests(), match.alice.token, leaving.signal)) {
      if (body.case === "sessionState") {
        expect(body.value.you?.playerId).toBe(match.alice.id);
        entered.resolve(body.value.you?.position ?? { x: 0, y: 0, z: 0 });
      }
      if (body.case === "pong" && body.value.t === 12.5) wanted.delete("pong");
      if (body.case === "stateUpdate" && body.value.players.some((player) => player.lastInput === 7)) {
        wanted.delete("move");
      }
      if (wanted.size === 0) break;
    }
    finished.resolve();
    leaving.abort();
    const { x } = await entered.promise;
    const shown = await bob.socket.texts.take(({ type, players }) => {
      if (type !== "state_update") return false;
      const rows = players as { player_id: string; last_input: number }[];
      return rows.some(({ player_id, last_input }) => player_id === match.alice.id && last_input === 7);
    });
    const rows = shown["players"] as { player_id: string; position: { x: number } }[];
    expect(rows.find((row) => row.player_id === match.alice.id)?.position.x).toBeCloseTo(x + 1, 2);
    await bob.socket.close();
  });
});

test("plain fetch creates, joins and reads by REST, and reads and writes by Connect's own URLs", async () => {
  const alice = await newPlayer(system);
  const authorization = `Bearer ${alice.token}`;
  const created = await fetch(`${system.url}/sessions`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ game_mode: "deathmatch" }),
  });
  expect(created.status).toBe(201);
  const { id } = (await created.json()) as PublicSession;
  for (const base of [system.url, system.connect]) {
    const headers = { authorization, "content-type": "application/json" };
    const body = JSON.stringify({ sessionId: id });
    const posted = await fetch(`${base}/${SERVICE}/GetSession`, { method: "POST", headers, body });
    expect(await posted.json()).toMatchObject({ id, status: "SESSION_STATUS_WAITING" });
    const query = new URLSearchParams({ connect: "v1", encoding: "json", message: body });
    const got = await fetch(`${base}/${SERVICE}/GetSession?${query}`, { headers: { authorization } });
    expect(await got.json()).toMatchObject({ id });
  }
  const joined = await fetch(`${system.url}/${SERVICE}/JoinSession`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ sessionId: id }),
  });
  expect(await joined.json()).toMatchObject({ sessionId: id, playerId: alice.id, assignedTeamId: alice.id });
  const read = await fetch(`${system.url}/sessions/${id}`, { headers: { authorization } });
  expect(((await read.json()) as PublicSession).participants).toMatchObject([{ player_id: alice.id }]);
});

/** What Node's own WebSocket and ws have in common: the browser's interface. */
type SocketClass = new (
  url: string,
  protocols: string[],
) => Pick<WebSocket, "send" | "close" | "protocol" | "binaryType"> & {
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { code: number }) => void): void;
};

type Shown = { kind: string; t?: number; position?: { x: number; y: number; z: number }; inputs: number[] };

type SocketFormat = {
  readonly protocol: string;
  readonly read: (data: unknown) => Shown;
  readonly write: (
    message: ClientInit,
    json: { type: string; data: object; seq?: number },
  ) => string | Uint8Array<ArrayBuffer>;
};
type ClientInit = MessageInitShape<typeof ClientMessageSchema>;

const JSON_FORMAT: SocketFormat = {
  protocol: "combat.v1.json",
  read(data) {
    const message = JSON.parse(data as string);
    const inputs = (message.players ?? []).map((player: { last_input: number }) => player.last_input);
    return { kind: message.type, t: message.t, position: message.you?.position, inputs };
  },
  write: (_, message) => JSON.stringify(message),
};

const PROTOBUF_FORMAT: SocketFormat = {
  protocol: "combat.v1.protobuf",
  read(data) {
    const { body } = fromBinary(ServerMessageSchema, new Uint8Array(data as ArrayBuffer));
    if (body.case === "pong") return { kind: "pong", t: body.value.t, inputs: [] };
    if (body.case === "stateUpdate") {
      return { kind: "state_update", inputs: body.value.players.map(({ lastInput }) => lastInput) };
    }
    if (body.case !== "sessionState") return { kind: body.case ?? "nothing", inputs: [] };
    const { x, y, z } = body.value.you?.position ?? { x: 0, y: 0, z: 0 };
    return { kind: "session_state", position: { x, y, z }, inputs: [] };
  },
  write: (message) => new Uint8Array(toBinary(ClientMessageSchema, create(ClientMessageSchema, message))),
};

const SOCKETS: { name: string; Socket: SocketClass; format: SocketFormat }[] = [
  { name: "Node's own WebSocket, JSON", Socket: WebSocket as SocketClass, format: JSON_FORMAT },
  { name: "Node's own WebSocket, protobuf", Socket: WebSocket as SocketClass, format: PROTOBUF_FORMAT },
  { name: "ws, JSON", Socket: WsWebSocket as unknown as SocketClass, format: JSON_FORMAT },
  { name: "ws, protobuf", Socket: WsWebSocket as unknown as SocketClass, format: PROTOBUF_FORMAT },
];

test.each(SOCKETS)("$name: enters, moves, is answered and leaves", async ({ Socket, format }) => {
  const match = await newMatch(system);
  const url = socketUrl(system, `/ws/sessions/${match.id}`, { client_version: "1.0.0" });
  const socket = new Socket(url, [format.protocol, `bearer.${match.alice.token}`]);
  socket.binaryType = "arraybuffer";
  const shown = new Mailbox<Shown>("shown");
  const closed = new Promise<number>((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)));
  socket.addEventListener("message", ({ data }) => shown.put(format.read(data)));
  const { position } = await shown.take(({ kind }) => kind === "session_state");
  expect(socket.protocol).toBe(format.protocol);
  const data = { x: (position?.x ?? 0) + 1, y: position?.y ?? 0, z: position?.z ?? 0 };
  const move = { seq: 3, body: { case: "positionUpdate", value: data } } as const;
  socket.send(format.write(move, { type: "position_update", data, seq: 3 }));
  await shown.take(({ kind, inputs }) => kind === "state_update" && inputs.includes(3));
  const ping = { body: { case: "ping", value: { t: 4.5 } } } as const;
  socket.send(format.write(ping, { type: "ping", data: { t: 4.5 } }));
  expect(await shown.take(({ kind }) => kind === "pong")).toMatchObject({ t: 4.5 });
  socket.send(format.write({ body: { case: "leave", value: {} } }, { type: "leave", data: {} }));
  expect(await closed).toBe(1000);
  const session = bodyOf<PublicSession>(await match.bob.call("GET", `/sessions/${match.id}`), 200);
  expect(session.participants[0]).toMatchObject({ player_id: match.alice.id, connection_status: "left" });
});
