/** Routes: every annotated path, under both prefixes, and nothing else; the OpenAPI document says the same. */
import { describe, expect, test } from "vitest";
import { openApiDocument } from "#gateway/rest/openapi.ts";
import { findRoute } from "#gateway/rest/routes.ts";
import { CombatSessionService } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { routes, SESSION } from "./fixture.ts";

const table: readonly [verb: string, path: string, method: string, status: number][] = [
  ["POST", "/sessions", "CreateSession", 201],
  ["GET", "/sessions", "ListSessions", 200],
  ["GET", `/sessions/${SESSION}`, "GetSession", 200],
  ["PUT", `/sessions/${SESSION}`, "UpdateSession", 200],
  ["DELETE", `/sessions/${SESSION}`, "EndSession", 204],
  ["POST", `/sessions/${SESSION}/join`, "JoinSession", 200],
  ["POST", `/sessions/${SESSION}/leave`, "LeaveSession", 200],
  ["POST", `/sessions/${SESSION}/spectate`, "SpectateSession", 200],
  ["POST", `/sessions/${SESSION}/positions`, "UpdatePosition", 200],
  ["POST", `/sessions/${SESSION}/actions`, "PerformAction", 200],
  ["POST", `/sessions/${SESSION}/damage`, "ApplyDamage", 200],
  ["GET", `/sessions/${SESSION}/stats`, "GetSessionStats", 200],
  ["GET", `/sessions/${SESSION}/leaderboard`, "GetLeaderboard", 200],
  ["GET", `/analytics/combat/${SESSION}`, "GetCombatAnalytics", 200],
  ["GET", `/sessions/${SESSION}/replay`, "GetReplay", 200],
];

test("the table below is all there is", () => {
  expect(routes.map(({ method }) => method.name).sort()).toEqual(table.map(([, , method]) => method).sort());
});

describe("each route is found with and without the prefix", () => {
  test.each(table)("%s %s", (verb, path, method, status) => {
    for (const prefix of ["", "/api/v1"]) {
      const found = findRoute(routes, verb, prefix + path);
      expect(found.ok && [found.value.route.method.name, found.value.route.status]).toEqual([method, status]);
      if (found.ok && path.includes(SESSION)) expect(found.value.parameters).toEqual({ session_id: SESSION });
    }
  });
});

describe("a verb that the path does not take is 405 with those it takes", () => {
  const rows: readonly [verb: string, path: string, allowed: string[]][] = [
    ["PATCH", "/sessions", ["GET", "HEAD", "POST"]],
    ["DELETE", "/sessions", ["GET", "HEAD", "POST"]],
    ["POST", `/sessions/${SESSION}`, ["DELETE", "GET", "HEAD", "PUT"]],
    ["GET", `/sessions/${SESSION}/join`, ["POST"]],
    ["HEAD", `/sessions/${SESSION}/join`, ["POST"]],
    ["PUT", `/api/v1/sessions/${SESSION}/stats`, ["GET", "HEAD"]],
    ["get", "/sessions", ["GET", "HEAD", "POST"]],
    ["__proto__", "/sessions", ["GET", "HEAD", "POST"]],
  ];
  test.each(rows)("%s %s", (verb, path, allowed) => {
    expect(findRoute(routes, verb, path)).toMatchObject({
      ok: false,
      problem: { error: "METHOD_NOT_ALLOWED", details: { got: verb, allowed } },
    });
  });

  test("HEAD is served as GET", () => {
    expect(findRoute(routes, "HEAD", "/sessions")).toMatchObject({ ok: true });
  });
});

describe("what is no path of ours is 404", () => {
  const rows = [
    "/",
    "",
    "sessions",
    "/Sessions",
    "//sessions",
    "/api/v1",
    "/api/v1/",
    "/api/v1/api/v1/sessions",
    "/api/v2/sessions",
    `/sessions/${SESSION}/`,
    `/sessions/${SESSION}/join/now`,
    `/sessions/${SESSION}/start`,
    `/sessions/${SESSION}/../${SESSION}/join/`,
    "/sessions%2f",
  ];
  test.each(rows)("%s", (path) => {
    expect(findRoute(routes, "GET", path)).toMatchObject({ ok: false, problem: { error: "NOT_FOUND" } });
  });

  test("a path longer than the cap, whatever it has in it", () => {
    for (const path of [`/sessions/${"x".repeat(9_000)}`, "/sessions".repeat(2_000)]) {
      expect(findRoute(routes, "GET", path)).toMatchObject({ ok: false, problem: { error: "NOT_FOUND" } });
    }
  });
});

describe("the OpenAPI document", () => {
  type Operation = {
    operationId: string;
    responses: Record<string, unknown>;
    parameters: { name: string; in: string }[];
  };
  const document = JSON.parse(JSON.stringify(openApiDocument(routes))) as {
    openapi: string;
    paths: Record<string, Record<string, Operation>>;
  };

  test("lists every route, and no other", () => {
    const listed = Object.entries(document.paths).flatMap(([path, verbs]) =>
      Object.entries(verbs).map(([verb, { operationId }]) => `${verb.toUpperCase()} ${path} ${operationId}`),
    );
    const served = routes.map(({ verb, template, method }) => `${verb} ${template} ${method.localName}`);
    expect(listed.sort()).toEqual(served.sort());
  });

  test("each operation says its good answer, its refusals and its path parameters", () => {
    for (const route of routes) {
      const operation = document.paths[route.template]?.[route.verb.toLowerCase()] as Operation;
      expect(Object.keys(operation.responses)).toEqual(
        expect.arrayContaining([String(route.status), "401", "429", "503"]),
      );
      const inPath = operation.parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name);
      expect(inPath).toEqual(route.template.match(/(?<=\{)[a-z_]+(?=\})/g) ?? []);
    }
  });

  test("the headers that stand for fields are parameters where they count", () => {
    const headersOf = (template: string, verb: string) =>
      document.paths[template]?.[verb]?.parameters.filter((each) => each.in === "header").map(({ name }) => name);
    expect(headersOf("/sessions", "post")).toEqual(["Idempotency-Key"]);
    expect(headersOf("/sessions/{session_id}", "put")).toEqual(["If-Match"]);
    expect(headersOf("/sessions/{session_id}", "delete")).toEqual(["Idempotency-Key"]);
    expect(headersOf("/sessions/{session_id}", "get")).toEqual([]);
  });

  test("every reference leads somewhere", () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path]) => path as string,
    );
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) {
      const target = reference
        .split("/")
        .reduce<unknown>((at, part) => (at as Record<string, unknown>)?.[part], document);
      expect(target, reference).toBeDefined();
    }
  });

  test("calls without a route of their own are streams, or come by PUT's status", () => {
    const routed = new Set(routes.map(({ method }) => method.name));
    const others = CombatSessionService.methods.map(({ name }) => name).filter((name) => !routed.has(name));
    expect(others).toEqual(["StartSession", "PauseSession", "ResumeSession", "Play", "WatchSession"]);
  });
});
