/** Transcode: every field has one source, and what is wrong is named. */
import { describe, expect, test } from "vitest";
import { findRoute } from "#gateway/rest/routes.ts";
import { type RequestParts, toRequestMessage } from "#gateway/rest/transcode.ts";
import { routes, SESSION } from "./fixture.ts";

const OTHER = "33333333-3333-4333-8333-333333333333";

type Asked = Partial<RequestParts> & { readonly ask: string };

function transcode({ ask, ...parts }: Asked) {
  const [verb = "", path = ""] = ask.split(" ");
  const found = findRoute(routes, verb, path);
  if (!found.ok) throw new Error(`${ask} is no route`);
  return toRequestMessage(found.value, {
    query: "",
    ifMatch: undefined,
    idempotencyKey: undefined,
    body: "",
    ...parts,
  });
}

const put = `PUT /sessions/${SESSION}`;
const join = `POST /sessions/${SESSION}/join`;

describe("what becomes of a request", () => {
  const rows: readonly [what: string, asked: Asked, message: object][] = [
    ["the id in the path", { ask: `GET /sessions/${SESSION}` }, { sessionId: SESSION }],
    ["nothing at all", { ask: "GET /sessions" }, {}],
    [
      "a query",
      { ask: "GET /sessions", query: "status=active&game_mode=team_deathmatch&page_size=5&page_token=a%2Bb" },
      { status: 2, gameMode: 2, pageSize: 5, pageToken: "a+b" },
    ],
    ["a body", { ask: "POST /sessions", body: '{"game_mode":"deathmatch","seed":7}' }, { gameMode: 1, seed: 7 }],
    ["an empty body", { ask: join, body: "" }, { sessionId: SESSION }],
    ["a body that repeats the path's id", { ask: join, body: `{"session_id":"${SESSION}"}` }, { sessionId: SESSION }],
    ["a body with null for the id", { ask: join, body: '{"session_id":null}' }, { sessionId: SESSION }],
    ["If-Match", { ask: put, ifMatch: '"3"', body: "{}" }, { expectedVersion: 3 }],
    ["a weak ETag", { ask: put, ifMatch: 'W/"3"' }, { expectedVersion: 3 }],
    ["If-Match without quotes", { ask: put, ifMatch: " 3 " }, { expectedVersion: 3 }],
    [
      "If-Match and the same in the body",
      { ask: put, ifMatch: '"3"', body: '{"expected_version":3}' },
      { expectedVersion: 3 },
    ],
    ["Idempotency-Key", { ask: "POST /sessions", idempotencyKey: "k 1" }, { idempotencyKey: "k 1" }],
    [
      "Idempotency-Key at its cap",
      { ask: "POST /sessions", idempotencyKey: "k".repeat(128) },
      { idempotencyKey: "k".repeat(128) },
    ],
    [
      "Idempotency-Key without body",
      { ask: `DELETE /sessions/${SESSION}`, idempotencyKey: "k" },
      { idempotencyKey: "k" },
    ],
  ];
  test.each(rows)("%s", (_what, asked, message) => {
    expect(transcode(asked)).toMatchObject({ ok: true, value: message });
  });

  test("If-Match of any version is no condition", () => {
    const read = transcode({ ask: put, ifMatch: "*" });
    expect(read.ok && (read.value as { expectedVersion?: number }).expectedVersion).toBeUndefined();
  });

  test("headers that mean nothing to a route are let be", () => {
    expect(transcode({ ask: "GET /sessions", ifMatch: "nonsense", idempotencyKey: "" })).toMatchObject({ ok: true });
  });
});

describe("what is refused, by field", () => {
  const rows: readonly [what: string, asked: Asked, field: string][] = [
    ["an id that is no UUID", { ask: "GET /sessions/1" }, "session_id"],
    ["an id in upper case", { ask: `GET /sessions/${"AAAAAAAA-1111-4111-8111-111111111111"}` }, "session_id"],
    ["an id in escapes", { ask: "GET /sessions/%2e%2e" }, "session_id"],
    ["an id that is empty, at the path's end", { ask: "GET /sessions/" }, "session_id"],
    ["an id that is empty", { ask: "GET /sessions//stats" }, "session_id"],
    ["another id in the body", { ask: join, body: `{"session_id":"${OTHER}"}` }, "session_id"],
    ["another version in the body", { ask: put, ifMatch: '"3"', body: '{"expected_version":4}' }, "expected_version"],
    ["another key in the body", { ask: join, idempotencyKey: "a", body: '{"idempotency_key":"b"}' }, "idempotency_key"],
    ["another id in the query", { ask: `GET /sessions/${SESSION}`, query: `session_id=${OTHER}` }, "session_id"],
    ["an ETag that is none", { ask: put, ifMatch: '"abc"' }, "If-Match"],
    ["two ETags", { ask: put, ifMatch: '"1", "2"' }, "If-Match"],
    ["a negative ETag", { ask: put, ifMatch: '"-1"' }, "If-Match"],
    ["an ETag beyond 32 bits", { ask: put, ifMatch: '"4294967296"' }, "expected_version"],
    ["an ETag of eleven digits", { ask: put, ifMatch: '"12345678901"' }, "If-Match"],
    ["an empty If-Match", { ask: put, ifMatch: "" }, "If-Match"],
    ["an empty Idempotency-Key", { ask: join, idempotencyKey: "" }, "Idempotency-Key"],
    ["an Idempotency-Key over its cap", { ask: join, idempotencyKey: "k".repeat(129) }, "Idempotency-Key"],
    ["an unknown query parameter", { ask: "GET /sessions", query: "state=active" }, "state"],
    ["__proto__ as query parameter", { ask: "GET /sessions", query: "__proto__=1" }, "__proto__"],
    ["a query beside a body", { ask: join, query: "player_id=x" }, "player_id"],
    ["a parameter twice", { ask: "GET /sessions", query: "page_size=1&page_size=2" }, "page_size"],
    ["33 parameters", { ask: "GET /sessions", query: Array(33).fill("page_size=1").join("&") }, "query"],
    ["a parameter that is no number", { ask: "GET /sessions", query: "page_size=ten" }, "page_size"],
    ["a parameter in hexadecimal", { ask: "GET /sessions", query: "page_size=0x10" }, "page_size"],
    ["an empty number", { ask: "GET /sessions", query: "page_size=" }, "page_size"],
    ["a word that is none", { ask: "GET /sessions", query: "status=open" }, "status"],
    ["a body that is an array", { ask: "POST /sessions", body: "[]" }, "body"],
    ["a body that is null", { ask: "POST /sessions", body: "null" }, "body"],
    ["a body that is text", { ask: "POST /sessions", body: '"x"' }, "body"],
    ["a body that is no JSON", { ask: "POST /sessions", body: "{" }, "body"],
    ["a key twice in the body", { ask: "POST /sessions", body: '{"seed":1,"seed":1}' }, "seed"],
    ["__proto__ in the body", { ask: "POST /sessions", body: '{"__proto__":{"seed":1}}' }, "__proto__"],
    ["a body too deep", { ask: "POST /sessions", body: "[".repeat(100) }, "body"],
  ];
  test.each(rows)("%s", (_what, asked, field) => {
    expect(transcode(asked)).toMatchObject({ ok: false, problem: { error: "INVALID_ARGUMENT", details: { field } } });
  });
});
