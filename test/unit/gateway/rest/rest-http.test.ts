/** REST over real HTTP: what reaches combat, what comes back, and what never gets that far. */
import { create } from "@bufbuild/protobuf";
import { EmptySchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CombatSessionSchema } from "#gen/necpgame/combat/v1/session_pb.js";
import { ListSessionsResponseSchema } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { no, ok, type ProblemDetails, problem, REASONS, type Reason } from "#wire/problem.ts";
import { type Asked, ask, ORIGIN, PLAYER, type RestUnderTest, SESSION, startRest } from "./fixture.ts";

let under: RestUnderTest;
beforeAll(async () => {
  under = await startRest();
});
afterAll(() => under.stop());
beforeEach(() => {
  under.calls.length = 0;
  under.logged.length = 0;
  under.combat = async () => no(problem("NOT_FOUND", "nothing was planned"));
});

const session = create(CombatSessionSchema, { id: SESSION, version: 7, status: 1, hostPlayerId: PLAYER });

describe("good answers", () => {
  test("a created session is 201 with Location, by the prefix it came by, and ETag", async () => {
    under.combat = async () => ok(session);
    for (const prefix of ["", "/api/v1"]) {
      const answer = await ask(under, { verb: "POST", path: `${prefix}/sessions`, body: '{"game_mode":"deathmatch"}' });
      expect(answer.status).toBe(201);
      expect(answer.headers).toMatchObject({
        location: `${prefix}/sessions/${SESSION}`,
        etag: '"7"',
        "content-type": "application/json; charset=utf-8",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      });
      expect(answer.json).toMatchObject({ id: SESSION, version: 7, status: "waiting", host_player_id: PLAYER });
    }
  });

  test("what reaches combat is the request and the caller's own token", async () => {
    under.combat = async () => ok(session);
    const headers = { "if-match": '"6"' };
    await ask(under, { verb: "PUT", path: `/sessions/${SESSION}`, headers, body: '{"status":"paused"}' });
    expect(under.calls).toMatchObject([
      {
        method: "UpdateSession",
        request: { sessionId: SESSION, expectedVersion: 6, status: 3 },
        options: { authorization: "Bearer good" },
      },
    ]);
  });

  test("an ended session is 204 without a body", async () => {
    under.combat = async () => ok(create(EmptySchema));
    const answer = await ask(under, { verb: "DELETE", path: `/sessions/${SESSION}` });
    expect([answer.status, answer.text]).toEqual([204, ""]);
  });

  test("HEAD has the headers of GET and no body", async () => {
    under.combat = async () => ok(create(ListSessionsResponseSchema));
    const [head, get] = [
      await ask(under, { verb: "HEAD", path: "/sessions" }),
      await ask(under, { path: "/sessions" }),
    ];
    expect([head.status, head.text]).toEqual([200, ""]);
    expect(head.headers["content-length"]).toBe(get.headers["content-length"]);
  });

  test("metrics name the route, never the path", async () => {
    under.answered.length = 0;
    await ask(under, { path: `/sessions/${SESSION}` });
    await ask(under, { path: "/nowhere/at/all" });
    expect(under.answered.map(({ route, status }) => [route, status])).toEqual([
      ["/sessions/{session_id}", 404],
      ["none", 404],
    ]);
  });
});

describe("what is refused before it reaches combat", () => {
  const rows: readonly [what: string, asked: Asked, status: number, error: string, field?: string][] = [
    ["no token", { path: "/sessions", headers: { authorization: undefined } }, 401, "UNAUTHENTICATED"],
    ["a bad token", { path: "/sessions", headers: { authorization: "Bearer bad" } }, 401, "UNAUTHENTICATED"],
    ["another scheme", { path: "/sessions", headers: { authorization: "Basic Z29vZA==" } }, 401, "UNAUTHENTICATED"],
    ["an unknown path", { path: "/nowhere" }, 404, "NOT_FOUND"],
    ["an unknown verb", { verb: "PATCH", path: "/sessions" }, 405, "METHOD_NOT_ALLOWED"],
    ["a socket's path without upgrade", { path: `/ws/combat/${SESSION}` }, 426, "UPGRADE_REQUIRED"],
    ["no media type", post("{}", { "content-type": undefined }), 415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type"],
    ["a form", post("a=1", { "content-type": "application/x-www-form-urlencoded" }), 415, "UNSUPPORTED_MEDIA_TYPE"],
    ["text/json", post("{}", { "content-type": "text/json" }), 415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type"],
    [
      "JSON in another charset",
      post("{}", { "content-type": "application/json; charset=utf-16" }),
      415,
      "UNSUPPORTED_MEDIA_TYPE",
      "Content-Type",
    ],
    ["a packed body", post("{}", { "content-encoding": "gzip" }), 415, "UNSUPPORTED_MEDIA_TYPE", "Content-Encoding"],
    ["a body over 64 KiB", post(" ".repeat(65_537)), 413, "PAYLOAD_TOO_LARGE", "body"],
    ["a body of half a megabyte", post(" ".repeat(524_288)), 413, "PAYLOAD_TOO_LARGE", "body"],
    ["a body that is not UTF-8", post(Buffer.from([0x22, 0xff, 0x22])), 400, "INVALID_ARGUMENT", "body"],
    ["a body that is no JSON", post("{"), 400, "INVALID_ARGUMENT", "body"],
    ["a wrong field", post('{"seed":"7"}'), 400, "INVALID_ARGUMENT", "seed"],
    ["an id that is none", { path: "/sessions/7" }, 400, "INVALID_ARGUMENT", "session_id"],
    ["a page of another origin", { path: "/sessions", headers: { origin: "https://evil.example" } }, 403, "FORBIDDEN"],
  ];
  function post(body: string | Buffer, headers: Asked["headers"] = {}): Asked {
    return { verb: "POST", path: "/sessions", body, headers };
  }
  test.each(rows)("%s", async (_what, asked, status, error, field) => {
    const answer = await ask(under, asked);
    expect([answer.status, answer.json?.["error"]]).toEqual([status, error]);
    if (field !== undefined) expect(answer.json?.details?.["field"]).toBe(field);
    expect(Object.keys(answer.json ?? {})).toEqual(["error", "message", "details"]);
    expect(under.calls).toEqual([]);
  });

  test("a body of exactly 64 KiB is taken", async () => {
    under.combat = async () => ok(session);
    const body = `{"game_mode":"deathmatch"}${" ".repeat(65_510)}`;
    expect(body.length).toBe(65_536);
    expect((await ask(under, { verb: "POST", path: "/sessions", body })).status).toBe(201);
  });

  test("a body that is declared far too large is refused by its headers, and its connection ends", async () => {
    const answer = await ask(under, {
      verb: "POST",
      path: "/sessions",
      headers: { "content-length": String(2 * 1024 * 1024), "content-type": "application/json" },
      body: " ".repeat(2 * 1024 * 1024),
    }).catch((cause: NodeJS.ErrnoException) => cause.code);
    // A sender that writes on regardless may meet the reset before it reads the answer.
    if (typeof answer === "string") expect(["ECONNRESET", "EPIPE"]).toContain(answer);
    else expect(answer).toMatchObject({ status: 413, headers: { connection: "close" } });
    expect(under.calls).toEqual([]);
  });

  test("405 lists what the path takes", async () => {
    expect((await ask(under, { verb: "PATCH", path: "/sessions" })).headers["allow"]).toBe("GET, HEAD, POST");
  });
});

describe("headers that say what to do about it", () => {
  async function refusedWith(error: Reason, details: ProblemDetails = {}) {
    under.combat = async () => no(problem(error, "no", details));
    return ask(under, { path: "/sessions" });
  }

  test("every reason has its status, and its body is as combat said it", async () => {
    for (const error of Object.keys(REASONS) as Reason[]) {
      if (error === "INTERNAL") continue; // Gets an id; see below.
      const answer = await refusedWith(error, { field: "x" });
      expect([answer.status, answer.json]).toEqual([
        REASONS[error].http,
        { error, message: "no", details: { field: "x" } },
      ]);
    }
  });

  test("429 and 503 say when to come back, in whole seconds and never 0", async () => {
    const rows = [
      ["RATE_LIMITED", { retry_after_ms: 1 }, "1"],
      ["RATE_LIMITED", { retry_after_ms: 1_001 }, "2"],
      ["UNAVAILABLE", {}, "1"],
      ["UNAVAILABLE", { retry_after_ms: -5 }, "1"],
      ["UNAVAILABLE", { retry_after_ms: "soon" }, "1"],
    ] as const;
    for (const [error, details, seconds] of rows) {
      expect((await refusedWith(error, details)).headers["retry-after"]).toBe(seconds);
    }
    expect((await refusedWith("FORBIDDEN")).headers).not.toHaveProperty("retry-after");
  });

  test("401 says how: without a token nothing is wrong yet, with a bad one it is invalid_token", async () => {
    const challenge = async (authorization: string | undefined) =>
      (await ask(under, { path: "/sessions", headers: { authorization } })).headers["www-authenticate"];
    expect(await challenge(undefined)).toBe('Bearer realm="combat"');
    expect(await challenge("Bearer bad")).toBe('Bearer realm="combat", error="invalid_token"');
  });

  test("what combat could not name, and what is thrown here, is 500 with an id that the log has", async () => {
    const failures = [
      async () => no(problem("INTERNAL", "column x does not exist")),
      () => Promise.reject(new Error("secret inside")),
    ];
    for (const failure of failures) {
      under.logged.length = 0;
      under.combat = failure;
      const answer = await ask(under, { path: "/sessions" });
      expect([answer.status, answer.json?.["error"]]).toEqual([500, "INTERNAL"]);
      expect(answer.text).not.toMatch(/column|secret/);
      const id = answer.json?.details?.["id"];
      expect(under.logged).toMatchObject([{ level: "error", fields: { id } }]);
    }
  });
});

describe("rates", () => {
  test("an address over its rate is refused before its token is looked at", async () => {
    const limited = await startRest({ perAddress: 2 });
    const statuses: number[] = [];
    for (let index = 0; index < 4; index++) {
      statuses.push((await ask(limited, { path: "/sessions", headers: { authorization: "Bearer bad" } })).status);
    }
    expect(statuses).toEqual([401, 401, 429, 429]);
    limited.stop();
  });

  test("a player over its rate is refused, a service is not counted", async () => {
    const limited = await startRest({ perPlayer: 1 });
    const status = async (token: string) =>
      (await ask(limited, { path: "/sessions", headers: { authorization: `Bearer ${token}` } })).status;
    expect([await status("good"), await status("good"), await status("service"), await status("service")]).toEqual([
      404, 429, 404, 404,
    ]);
    limited.stop();
  });
});

describe("browsers", () => {
  test("a page of an allowed origin may read the answer and its headers, without credentials", async () => {
    const { headers } = await ask(under, { path: "/sessions", headers: { origin: ORIGIN } });
    expect(headers).toMatchObject({ "access-control-allow-origin": ORIGIN, vary: "Origin" });
    expect(headers["access-control-expose-headers"]).toContain("Retry-After");
    expect(headers).not.toHaveProperty("access-control-allow-credentials");
  });

  test("a preflight is answered without a token", async () => {
    const headers = { origin: ORIGIN, authorization: undefined, "access-control-request-method": "PUT" };
    const answer = await ask(under, { verb: "OPTIONS", path: `/sessions/${SESSION}`, headers });
    expect(answer.status).toBe(204);
    expect(answer.headers["access-control-allow-methods"]).toContain("PUT");
    expect(answer.headers["access-control-allow-headers"]).toContain("Idempotency-Key");
  });

  test("another origin gets no permission, not even for the preflight", async () => {
    const headers = { origin: "https://evil.example", authorization: undefined };
    const answer = await ask(under, { verb: "OPTIONS", path: "/sessions", headers });
    expect(answer.status).toBe(403);
    expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
  });
});

describe("what needs no token", () => {
  test("/openapi.json lists the routes", async () => {
    const answer = await ask(under, { path: "/openapi.json", headers: { authorization: undefined } });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ openapi: "3.1.0", paths: { "/sessions/{session_id}/join": {} } });
  });

  test("/health says whether combat serves", async () => {
    const health = () => ask(under, { path: "/health", headers: { authorization: undefined } });
    expect(await health()).toMatchObject({ status: 200, json: { status: "ok", combat: "serving" } });
    under.serving = false;
    const away = await health();
    under.serving = true;
    expect(away).toMatchObject({ status: 503, json: { error: "UNAVAILABLE" }, headers: { "retry-after": "1" } });
  });
});

test("while draining, a running request is answered, and no new connection is taken", async () => {
  const draining = await startRest();
  let answerNow = () => {};
  const reached = new Promise<void>((resolve) => {
    draining.combat = () => {
      resolve();
      return new Promise((answer) => {
        answerNow = () => answer(ok(session));
      });
    };
  });
  const running = ask(draining, { path: `/sessions/${SESSION}` });
  await reached;
  const drained = draining.drain();
  await expect(ask(draining, { path: "/sessions" })).rejects.toMatchObject({ code: "ECONNREFUSED" });
  answerNow();
  expect(await running).toMatchObject({ status: 200, headers: { connection: "close" } });
  await drained;
});
