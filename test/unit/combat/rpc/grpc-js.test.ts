/** gRPC over real sockets: handlers' answers, refusals with their details, tokens, sizes, streams, health, reflection. */
import { create, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { pathOf, trustedDefinition } from "#combat/rpc/grpc-definition.ts";
import { StatusSchema } from "#gen/google/rpc/status_pb.js";
import { ErrorDetailSchema } from "#gen/necpgame/combat/v1/error_pb.js";
import { type ServerMessage, ServerMessageSchema } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { RelayRequestSchema, RelayResponseSchema, RelayService } from "#gen/necpgame/combat/v1/relay_service_pb.js";
import { type CombatSession, CombatSessionSchema } from "#gen/necpgame/combat/v1/session_pb.js";
import {
  CombatSessionService,
  CreateSessionRequestSchema,
  GetSessionRequestSchema,
  PlayRequestSchema,
  WatchSessionRequestSchema,
} from "#gen/necpgame/combat/v1/session_service_pb.js";
import { ASKS, OTHER, PLAYER, SECRET, type Servers, startServers } from "./scripted-servers.ts";

const { getSession, createSession, watchSession, play } = CombatSessionService.method;

let servers: Servers;
let client: Client;
let token = "";
beforeAll(async () => {
  servers = await startServers({ callMsMax: 300, callsPerMinute: 500 });
  client = new Client(servers.grpcTarget, credentials.createInsecure());
  token = await servers.token();
});
afterAll(async () => {
  client.close();
  await servers.close();
});
beforeEach(() => {
  servers.signals.length = 0;
  servers.logged.length = 0;
  servers.played.length = 0;
});

function bearer(value: string | null): Metadata {
  const metadata = new Metadata();
  if (value !== null) metadata.set("authorization", `Bearer ${value}`);
  return metadata;
}

type Refusal = { code: number; message: string; error: string; details: Record<string, unknown> };

/** The status and the ErrorDetail in it; fails when there is none. */
function refusalOf(error: ServiceError): Refusal {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  const rich = fromBinary(StatusSchema, bytes as Buffer);
  const [any] = rich.details;
  const detail = any && anyUnpack(any, ErrorDetailSchema);
  if (!detail) throw new Error(`no ErrorDetail in ${error.message}`);
  expect(rich.code).toBe(error.code);
  expect(detail.message).toBe(error.details);
  return { code: error.code, message: detail.message, error: detail.error, details: detail.details ?? {} };
}

/** A unary call with these bytes; resolves to the answer or the error. */
function callRaw(
  path: string,
  bytes: Uint8Array,
  metadata: Metadata,
  options: { deadline?: number } = {},
): Promise<Buffer | ServiceError> {
  return new Promise((resolve) => {
    const keep = (value: Buffer) => value;
    client.makeUnaryRequest(path, keep, keep, Buffer.from(bytes), metadata, options, (error, answer) =>
      resolve(error ?? (answer as Buffer)),
    );
  });
}

async function ask(sessionId: string, metadata = bearer(token)): Promise<CombatSession | ServiceError> {
  const request = create(GetSessionRequestSchema, { sessionId });
  const answer = await callRaw(pathOf(getSession), toBinary(GetSessionRequestSchema, request), metadata);
  return Buffer.isBuffer(answer) ? fromBinary(CombatSessionSchema, answer) : (answer as ServiceError);
}

async function refused(answer: Promise<unknown>): Promise<Refusal> {
  return refusalOf((await answer) as ServiceError);
}

describe("unary calls", () => {
  test("are answered by the handler, which knows who asks", async () => {
    expect(await ask(ASKS.fine)).toMatchObject({ id: ASKS.fine, hostPlayerId: PLAYER, version: 7 });
    expect(await ask(ASKS.fine, bearer(await servers.token({ sub: OTHER })))).toMatchObject({ hostPlayerId: OTHER });
  });

  test("a refusal keeps its reason, message and details", async () => {
    expect(await refused(ask(ASKS.refused))).toEqual({
      code: status.NOT_FOUND,
      error: "SESSION_NOT_FOUND",
      message: `Combat session with ID '${ASKS.refused}' not found`,
      details: { session_id: ASKS.refused },
    });
    expect(servers.logged).toEqual([]);
  });

  test("a store that is away is UNAVAILABLE with a hint, and nothing of the inside", async () => {
    const refusal = await refused(ask(ASKS.storeAway));
    expect(refusal).toMatchObject({
      code: status.UNAVAILABLE,
      error: "UNAVAILABLE",
      details: { retry_after_ms: 1000 },
    });
    expect(JSON.stringify(refusal)).not.toContain(SECRET);
  });

  test("a bug is INTERNAL with an id that is in the log beside the cause", async () => {
    const refusal = await refused(ask(ASKS.bug));
    expect(refusal).toMatchObject({ code: status.INTERNAL, error: "INTERNAL" });
    expect(JSON.stringify(refusal)).not.toContain(SECRET);
    const [record] = servers.logged;
    expect(record).toMatchObject({ level: "error", fields: { id: refusal.details["id"] } });
    expect(String(record?.fields["error"])).toContain(SECRET);
  });

  test("a handler that hangs is answered at the deadline, and told by its signal", async () => {
    expect(await refused(ask(ASKS.hangs))).toMatchObject({
      code: status.DEADLINE_EXCEEDED,
      error: "DEADLINE_EXCEEDED",
    });
    expect(servers.signals.at(-1)?.aborted).toBe(true);
  });

  test("a caller's own shorter deadline aborts the handler's signal", async () => {
    const request = toBinary(GetSessionRequestSchema, create(GetSessionRequestSchema, { sessionId: ASKS.hangs }));
    const error = await callRaw(pathOf(getSession), request, bearer(token), { deadline: Date.now() + 100 });
    expect(error).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    const signal = servers.signals.at(-1) as AbortSignal;
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  });
});

describe("who asks", () => {
  test.each([
    { name: "no token", header: () => bearer(null), reason: "missing" },
    { name: "junk", header: () => bearer("junk"), reason: "malformed" },
    { name: "the gateways' own token", header: async () => bearer(await servers.issuer.internal("gateway")) },
    {
      name: "a join ticket",
      header: async () =>
        bearer(await servers.issuer.ticket({ sessionId: ASKS.fine, playerId: PLAYER, role: "player" })),
    },
    {
      name: "an expired token",
      header: async () => bearer(await servers.token({ ttlSeconds: -60 })),
      reason: "expired",
    },
  ])("$name is UNAUTHENTICATED for sessions", async ({ header, reason }) => {
    const refusal = await refused(ask(ASKS.fine, await header()));
    expect(refusal).toMatchObject({ code: status.UNAUTHENTICATED, error: "UNAUTHENTICATED" });
    if (reason !== undefined) expect(refusal.details["reason"]).toBe(reason);
  });

  test.each([
    { name: "nobody", header: async () => bearer(null) },
    { name: "a player", header: async () => bearer(token) },
    { name: "an admin", header: async () => bearer(await servers.token({ roles: ["admin"] })) },
  ])("$name may not open Relay", async ({ header }) => {
    const relay = openRelay(await header());
    const error = await new Promise<ServiceError>((resolve) => relay.on("error", resolve));
    expect(refusalOf(error)).toMatchObject({ code: status.UNAUTHENTICATED, error: "UNAUTHENTICATED" });
  });

  test("the gateways' own token opens Relay", async () => {
    const relay = openRelay(bearer(await servers.issuer.internal("gateway")));
    relay.write(create(RelayRequestSchema));
    await new Promise((resolve) => relay.once("data", resolve));
    relay.end();
    await new Promise((resolve) => relay.once("status", resolve));
  });

  function openRelay(metadata: Metadata) {
    const definition = trustedDefinition(RelayService)["relay"];
    if (definition === undefined) throw new Error("no relay");
    const encode = (message: Message) => Buffer.from(toBinary(RelayRequestSchema, message as never));
    const decode = (bytes: Buffer) => fromBinary(RelayResponseSchema, bytes);
    return client.makeBidiStreamRequest(definition.path, encode, decode, metadata);
  }
});

describe("what is asked", () => {
  test("bytes that are no message are the caller's fault", async () => {
    expect(await refused(callRaw(pathOf(getSession), Buffer.from([0xff, 0xff, 0xff]), bearer(token)))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      error: "INVALID_ARGUMENT",
    });
  });

  test("a request over the cap is named with what is allowed", async () => {
    const request = create(CreateSessionRequestSchema, { mapId: "m".repeat(70_000) });
    const bytes = toBinary(CreateSessionRequestSchema, request);
    expect(await refused(callRaw(pathOf(createSession), bytes, bearer(token)))).toMatchObject({
      error: "PAYLOAD_TOO_LARGE",
      details: { got: bytes.length, allowed: 65_536 },
    });
  });

  test("far over it the transport cuts it off", async () => {
    const error = await callRaw(pathOf(createSession), Buffer.alloc(5 * 1024 * 1024), bearer(token));
    expect(error).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });

  test("unknown fields are ignored, unknown methods are UNIMPLEMENTED", async () => {
    const known = toBinary(GetSessionRequestSchema, create(GetSessionRequestSchema, { sessionId: ASKS.fine }));
    const answer = await callRaw(
      pathOf(getSession),
      Buffer.concat([known, Buffer.from([0xf8, 0x07, 0x01])]),
      bearer(token),
    );
    expect(answer).toBeInstanceOf(Buffer);
    const error = await callRaw(`/${CombatSessionService.typeName}/Nothing`, known, bearer(token));
    expect(error).toMatchObject({ code: status.UNIMPLEMENTED });
  });
});

describe("streams", () => {
  const decode = (bytes: Buffer) => fromBinary(ServerMessageSchema, bytes);

  function watch(sessionId: string) {
    const request = toBinary(WatchSessionRequestSchema, create(WatchSessionRequestSchema, { sessionId }));
    return client.makeServerStreamRequest(pathOf(watchSession), () => Buffer.from(request), decode, {}, bearer(token));
  }

  /** Frames seen until the end, and how it ended. */
  async function whole(stream: ReturnType<typeof watch>): Promise<{ frames: number[]; error: ServiceError | null }> {
    const frames: number[] = [];
    stream.on("data", ({ frame }: ServerMessage) => frames.push(frame));
    const error = await new Promise<ServiceError | null>((resolve) => {
      stream.once("error", resolve);
      stream.once("end", () => resolve(null));
    });
    return { frames, error };
  }

  test("a watched session's messages arrive in order, then the stream ends well", async () => {
    expect(await whole(watch(ASKS.fine))).toEqual({ frames: [1, 2], error: null });
  });

  test.each([
    { name: "refused at once", ask: ASKS.refused, frames: [] as number[] },
    { name: "refused on the way, after what was sent", ask: ASKS.breaksOff, frames: [1, 2] },
  ])("$name, with its details", async ({ ask: sessionId, frames }) => {
    const seen = await whole(watch(sessionId));
    expect(seen.frames).toEqual(frames);
    expect(refusalOf(seen.error as ServiceError).error).toBe("SESSION_NOT_FOUND");
  });

  test("a watcher who goes away aborts the handler", async () => {
    const stream = watch(ASKS.hangs);
    stream.on("error", () => {}); // Cancelled is what we ask for.
    await new Promise((resolve) => stream.once("data", resolve));
    const signal = servers.signals.at(-1) as AbortSignal;
    const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    stream.cancel();
    await aborted;
  });

  test("a token that runs out ends its stream as expired", async () => {
    const short = await servers.token({ ttlSeconds: 2 });
    const request = toBinary(WatchSessionRequestSchema, create(WatchSessionRequestSchema, { sessionId: ASKS.hangs }));
    const stream = client.makeServerStreamRequest(
      pathOf(watchSession),
      () => Buffer.from(request),
      decode,
      {},
      bearer(short),
    );
    const { frames, error } = await whole(stream);
    expect(frames).toEqual([1, 2]);
    expect(refusalOf(error as ServiceError)).toMatchObject({
      error: "UNAUTHENTICATED",
      details: { reason: "expired" },
    });
  });

  const encodePlay = (bytes: Uint8Array) => Buffer.from(bytes);
  const open = toBinary(
    PlayRequestSchema,
    create(PlayRequestSchema, { body: { case: "open", value: { sessionId: ASKS.fine } } }),
  );
  const playing = () => client.makeBidiStreamRequest(pathOf(play), encodePlay, decode, bearer(token));

  test("a player's stream goes both ways, message by message", async () => {
    const stream = playing();
    const done = whole(stream as never);
    stream.write(open);
    await new Promise((resolve) => stream.once("data", resolve));
    stream.write(open);
    stream.end();
    expect(await done).toEqual({ frames: [1, 2], error: null });
    expect(servers.played).toEqual(["open", "open"]);
  });

  test("a handler that has heard enough ends the stream well, though the caller has not", async () => {
    const stream = playing();
    const leave = create(PlayRequestSchema, {
      body: { case: "message", value: { body: { case: "leave", value: {} } } },
    });
    stream.write(toBinary(PlayRequestSchema, leave));
    expect(await whole(stream as never)).toEqual({ frames: [1], error: null });
  });

  test("junk on a player's stream is refused by name", async () => {
    const stream = playing();
    stream.write(Buffer.from([0xff, 0xff, 0xff]));
    const { error } = await whole(stream as never);
    expect(refusalOf(error as ServiceError).error).toBe("INVALID_ARGUMENT");
  });
});

describe("without a token", () => {
  /** The wire of health and reflection by hand: one string field, or none. */
  const text = (field: number, value: string) => {
    return Buffer.concat([Buffer.from([(field << 3) | 2, value.length]), Buffer.from(value)]);
  };

  test.each([
    { service: "", status: 1 },
    { service: CombatSessionService.typeName, status: 1 },
    { service: RelayService.typeName, status: 1 },
  ])("health of '$service' is SERVING", async ({ service, status: serving }) => {
    const answer = await callRaw("/grpc.health.v1.Health/Check", text(1, service), new Metadata());
    expect(answer).toEqual(Buffer.from([0x08, serving]));
  });

  test("health says NOT_SERVING while draining", async () => {
    servers.grpc.setServing(false);
    expect(await callRaw("/grpc.health.v1.Health/Check", Buffer.alloc(0), new Metadata())).toEqual(
      Buffer.from([0x08, 2]),
    );
    servers.grpc.setServing(true);
  });

  test.each(["v1", "v1alpha"])("reflection %s lists the services and has their files", async (version) => {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const keep = (bytes: Buffer) => bytes;
    const stream = client.makeBidiStreamRequest(path, keep, keep, new Metadata());
    const next = () => new Promise<Buffer>((resolve) => stream.once("data", resolve));
    stream.write(text(7, "*"));
    const listed = (await next()).toString("latin1");
    expect(listed).toContain(CombatSessionService.typeName);
    expect(listed).toContain(RelayService.typeName);
    stream.write(text(4, CombatSessionService.typeName));
    const files = (await next()).toString("latin1");
    for (const { name } of CombatSessionService.methods) expect(files).toContain(name);
    stream.end();
  });
});

test("a player's calls are limited, a service's are not", async () => {
  const limited = await startServers({ callsPerMinute: 3 });
  const other = new Client(limited.grpcTarget, credentials.createInsecure());
  const bytes = toBinary(GetSessionRequestSchema, create(GetSessionRequestSchema, { sessionId: ASKS.fine }));
  const call = (metadata: Metadata) =>
    new Promise<ServiceError | null>((resolve) => {
      const keep = (value: Buffer) => value;
      other.makeUnaryRequest(pathOf(getSession), keep, keep, Buffer.from(bytes), metadata, (error) => resolve(error));
    });
  try {
    const player = bearer(await limited.token());
    for (let count = 0; count < 3; count += 1) expect(await call(player)).toBeNull();
    const refusal = refusalOf((await call(player)) as ServiceError);
    expect(refusal).toMatchObject({ code: status.RESOURCE_EXHAUSTED, error: "RATE_LIMITED" });
    expect(refusal.details["retry_after_ms"]).toBeGreaterThan(0);
    const service = bearer(await limited.token({ roles: ["service"] }));
    for (let count = 0; count < 10; count += 1) expect(await call(service)).toBeNull();
  } finally {
    other.close();
    await limited.close();
  }
});
