/** The Connect port over real sockets: HTTP/1.1 and h2c side by side, sizes, hostile beginnings, a bounded close. */
import { connect as connectHttp2 } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RelayService } from "#gen/necpgame/combat/v1/relay_service_pb.js";
import {
  CombatSessionService,
  PlayRequestSchema,
  WatchSessionRequestSchema,
} from "#gen/necpgame/combat/v1/session_service_pb.js";
import { ASKS, PLAYER, type Servers, startServers } from "./scripted-servers.ts";

const GET_SESSION = `/${CombatSessionService.typeName}/GetSession`;
const CREATE_SESSION = `/${CombatSessionService.typeName}/CreateSession`;

let servers: Servers;
let url = "";
let authorization = "";
beforeAll(async () => {
  servers = await startServers();
  url = `http://127.0.0.1:${servers.connect.port}`;
  authorization = `Bearer ${await servers.token()}`;
});
afterAll(() => servers.close());

function post(path: string, body: string | ArrayBuffer, headers: Record<string, string> = {}): Promise<Response> {
  const init = { method: "POST", body, headers: { "content-type": "application/json", authorization, ...headers } };
  return fetch(`${url}${path}`, { ...init, duplex: "half" } as RequestInit);
}

/** The ErrorDetail's code as Connect's JSON shows it to whoever does not decode it. */
async function shownError(response: Response): Promise<unknown> {
  const { details } = (await response.json()) as { details?: { type: string; debug?: { error?: string } }[] };
  expect(details?.[0]?.type).toBe("necpgame.combat.v1.ErrorDetail");
  return details?.[0]?.debug?.error;
}

const transport = (httpVersion: "1.1" | "2") => createConnectTransport({ baseUrl: url, httpVersion });

describe("one port", () => {
  test("takes plain JSON over HTTP/1.1", async () => {
    const answer = await post(GET_SESSION, JSON.stringify({ sessionId: ASKS.fine }));
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ id: ASKS.fine, hostPlayerId: PLAYER, version: 7 });
  });

  test("takes GET for what has no side effects, and for nothing else", async () => {
    const query = (message: object) => `encoding=json&message=${encodeURIComponent(JSON.stringify(message))}`;
    const get = (path: string, message: object) =>
      fetch(`${url}${path}?${query(message)}`, { headers: { authorization } });
    expect((await get(GET_SESSION, { sessionId: ASKS.fine })).status).toBe(200);
    expect((await get(CREATE_SESSION, {})).status).toBe(405);
  });

  test.each(["1.1", "2"] as const)("streams to a watcher over HTTP/%s", async (version) => {
    const client = createClient(CombatSessionService, transport(version));
    const frames: number[] = [];
    const request = create(WatchSessionRequestSchema, { sessionId: ASKS.fine });
    for await (const { frame } of client.watchSession(request, { headers: { authorization } })) frames.push(frame);
    expect(frames).toEqual([1, 2]);
  });

  test("plays both ways over h2c", async () => {
    const client = createClient(CombatSessionService, transport("2"));
    async function* requests() {
      yield create(PlayRequestSchema, { body: { case: "open", value: { sessionId: ASKS.fine } } });
      yield create(PlayRequestSchema, { body: { case: "open", value: { sessionId: ASKS.fine } } });
    }
    const frames: number[] = [];
    for await (const { frame } of client.play(requests(), { headers: { authorization } })) frames.push(frame);
    expect(frames).toEqual([1, 2]);
  });

  test("a watcher who goes away aborts the handler", async () => {
    const client = createClient(CombatSessionService, transport("2"));
    const leave = new AbortController();
    const stream = client.watchSession({ sessionId: ASKS.hangs }, { headers: { authorization }, signal: leave.signal });
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    const signal = servers.signals.at(-1) as AbortSignal;
    const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    leave.abort();
    await aborted;
    await expect(iterator.next().then(() => iterator.next())).rejects.toThrow();
  });

  test.each(["/metrics", "/livez", `/${RelayService.typeName}/Relay`, "/grpc.reflection.v1.ServerReflection/x"])(
    "has no %s",
    async (path) => {
      expect((await post(path, "{}")).status).toBe(404);
    },
  );
});

describe("sizes", () => {
  const body = JSON.stringify({ mapId: "m".repeat(70_000) });

  test("a declared size over the cap is refused by name, unread", async () => {
    const answer = await post(CREATE_SESSION, body);
    expect(answer.status).toBe(400);
    expect(await shownError(answer)).toBe("PAYLOAD_TOO_LARGE");
  });

  test("an undeclared one is cut off on the way", async () => {
    const chunks = new Blob([body]).stream();
    const answer = await post(CREATE_SESSION, chunks as unknown as string | ArrayBuffer);
    expect(answer.status).toBe(429); // Connect's own resource_exhausted.
  });

  test("small bytes that unpack to many are cut off too", async () => {
    const bytes = new Uint8Array(gzipSync(JSON.stringify({ mapId: "m".repeat(10_000_000) }))).buffer;
    expect(bytes.byteLength).toBeLessThan(65_536);
    expect((await post(CREATE_SESSION, bytes, { "content-encoding": "gzip" })).status).toBe(429);
  });

  test("a token is asked for before anything else", async () => {
    const answer = await post(CREATE_SESSION, body, { authorization: "" });
    expect(answer.status).toBe(401);
    expect(await shownError(answer)).toBe("UNAUTHENTICATED");
  });
});

describe("beginnings of a connection", () => {
  /** Sends these pieces, each after the server has had the one before, and resolves to what came back. */
  async function exchange(pieces: readonly (string | Buffer)[], until: (text: string) => boolean): Promise<string> {
    const socket: Socket = connectTcp(servers.connect.port, "127.0.0.1");
    let text = "";
    const done = new Promise<void>((resolve) => {
      socket.on("data", (chunk) => {
        text += chunk.toString("latin1");
        if (until(text)) resolve();
      });
      socket.on("close", () => resolve());
    });
    socket.on("error", () => {}); // Reset by the server is one way to be closed.
    socket.setNoDelay(true);
    for (const piece of pieces) {
      await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
      await (await fetch(url)).arrayBuffer(); // Served: so the server turned since, and has read the piece.
    }
    await done;
    socket.destroy();
    return text;
  }

  test("HTTP/1.1 in single bytes is HTTP/1.1", async () => {
    const request = "POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n";
    expect(await exchange([...request], (text) => text.includes("\r\n\r\n"))).toMatch(/^HTTP\/1\.1 404/);
  });

  test("the HTTP/2 preface in single bytes is HTTP/2", async () => {
    const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    const answer = await exchange([...preface, settings], (text) => text.length >= 9);
    expect(answer.charCodeAt(3)).toBe(4); // The server's own SETTINGS frame comes first.
  });

  test.each([
    { name: "junk", bytes: Buffer.from([0, 1, 2, 3, 255]) },
    { name: "TLS", bytes: Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]) },
    { name: "a preface that goes wrong", bytes: Buffer.from("PRI * HTTP/9.9\r\n\r\n") },
  ])("$name closes that connection and no other", async ({ bytes }) => {
    await exchange([bytes], () => false);
    expect((await post(GET_SESSION, JSON.stringify({ sessionId: ASKS.fine }))).status).toBe(200);
  });

  test("silence is closed", async () => {
    const started = performance.now();
    await exchange([], () => false);
    expect(performance.now() - started).toBeLessThan(8_000);
  });
});

test("closing lets a running call finish, then ends what is left", async () => {
  const other = await startServers({ callMsMax: 60_000 });
  const base = `http://127.0.0.1:${other.connect.port}`;
  const session = connectHttp2(base);
  session.on("error", () => {}); // Ended by the server: what this test is about.
  const stream = session.request({
    ":method": "POST",
    ":path": GET_SESSION,
    "content-type": "application/json",
    authorization: `Bearer ${await other.token()}`,
  });
  stream.on("error", () => {});
  stream.end(JSON.stringify({ sessionId: ASKS.hangs }));
  while (other.signals.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const gone = new Promise((resolve) => stream.once("close", resolve));
  const started = performance.now();
  await other.connect.close(200);
  await gone;
  expect(performance.now() - started).toBeGreaterThanOrEqual(190);
  await other.close();
});
