import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SessionsClient } from "#client/sessions-client.ts";

const ID = "0c6f3f5e-1d7a-4b9d-9f10-5a1c7b2d3e4f";
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let asked: { verb: string; path: string; headers: IncomingMessage["headers"]; body: string };

const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  asked = { verb: request.method ?? "", path: request.url ?? "", headers: request.headers, body };
  answer(request, response);
});

beforeEach(async () => {
  answer = (_, response) => response.setHeader("etag", '"3"').end('{"id":"x"}');
  server.listen(0);
  await once(server, "listening");
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

function client(deadlineMs = 2_000): SessionsClient {
  return new SessionsClient({
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    token: async () => "t.o.k",
    deadlineMs,
  });
}

type Call = (client: SessionsClient) => Promise<{ ok: boolean }>;
const CALLS: { name: string; call: Call; verb: string; path: string; body: string }[] = [
  {
    name: "create",
    call: (one) => one.create({ game_mode: "deathmatch" }),
    verb: "POST",
    path: "/sessions",
    body: '{"game_mode":"deathmatch"}',
  },
  { name: "get", call: (one) => one.get(ID), verb: "GET", path: `/sessions/${ID}`, body: "" },
  {
    name: "update",
    call: (one) => one.update(ID, { status: "paused" }),
    verb: "PUT",
    path: `/sessions/${ID}`,
    body: '{"status":"paused"}',
  },
  { name: "end", call: (one) => one.end(ID), verb: "DELETE", path: `/sessions/${ID}`, body: "" },
  { name: "join", call: (one) => one.join(ID), verb: "POST", path: `/sessions/${ID}/join`, body: "{}" },
  { name: "leave", call: (one) => one.leave(ID), verb: "POST", path: `/sessions/${ID}/leave`, body: "{}" },
  {
    name: "spectate",
    call: (one) => one.spectate(ID, { preferred_camera_mode: "free" }),
    verb: "POST",
    path: `/sessions/${ID}/spectate`,
    body: '{"preferred_camera_mode":"free"}',
  },
];

describe("each call is the route of the contract", () => {
  test.each(CALLS)("$name", async ({ call, verb, path, body }) => {
    expect(await call(client())).toEqual({ ok: true, value: { id: "x" }, etag: '"3"' });
    expect(asked).toMatchObject({ verb, path, body, headers: { authorization: "Bearer t.o.k" } });
    expect(asked.headers["content-type"]).toBe(body === "" ? undefined : "application/json");
  });

  test("what a change is based on, and the key of a repeated call, are headers", async () => {
    await client().update(ID, { max_rounds: 2 }, '"3"');
    expect(asked.headers["if-match"]).toBe('"3"');
    await client().create({ game_mode: "deathmatch" }, { idempotencyKey: "once" });
    expect(asked.headers["idempotency-key"]).toBe("once");
  });
});

describe("a refusal is a value", () => {
  const BODY = '{"error":"SESSION_FULL","message":"full","details":{"field":"x"}}';
  test.each([
    {
      name: "the service's words",
      status: 400,
      body: BODY,
      expected: { error: "SESSION_FULL", message: "full", details: { field: "x" }, status: 400, retryAfterMs: null },
    },
    {
      name: "come back later",
      status: 429,
      body: BODY,
      retryAfter: "2",
      expected: { status: 429, retryAfterMs: 2_000 },
    },
    { name: "a proxy's page", status: 502, body: "<html>", expected: { error: "HTTP_502", status: 502, details: {} } },
  ])("$name", async ({ status, body, retryAfter, expected }) => {
    answer = (_, response) => response.writeHead(status, retryAfter ? { "retry-after": retryAfter } : {}).end(body);
    expect(await client().get(ID)).toMatchObject({ ok: false, refusal: expected });
  });

  test("nothing answers in time", async () => {
    answer = () => {};
    expect(await client(30).get(ID)).toMatchObject({ ok: false, refusal: { error: "DEADLINE_EXCEEDED", status: 0 } });
  });

  test("nobody is there", async () => {
    const nobody = new SessionsClient({ url: "http://localhost:1", token: "t" });
    expect(await nobody.get(ID)).toMatchObject({ ok: false, refusal: { error: "UNAVAILABLE", status: 0 } });
  });

  test("an answer that is no JSON", async () => {
    answer = (_, response) => response.end("<html>");
    expect(await client().get(ID)).toMatchObject({ ok: false, refusal: { error: "HTTP_200", status: 200 } });
  });
});
