/** Admin server: probes and metrics answer as operators rely on, and nothing else is there. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLog } from "#kit/log.ts";
import { type AdminServer, createMetrics, type Readiness, startAdminServer } from "#ops/admin-server.ts";

let readiness: () => Readiness | Promise<Readiness>;
let server: AdminServer;

beforeEach(async () => {
  readiness = () => ({ ready: true, checks: { records: "ok" } });
  const options = {
    host: "127.0.0.1",
    port: 0,
    ready: () => readiness(),
    metrics: createMetrics("test"),
    log: silentLog,
  };
  server = await startAdminServer(options);
});
afterEach(() => server.close());

const get = (path: string, method = "GET") => fetch(`${server.url}${path}`, { method });

test("port 0 says which port it is", () => {
  expect(server.port).toBeGreaterThan(0);
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
});

test("/livez answers whatever the readiness is", async () => {
  readiness = () => ({ ready: false, checks: {} });
  expect((await get("/livez")).status).toBe(200);
});

describe("/readyz", () => {
  test("is 200 with its checks when ready", async () => {
    const answer = await get("/readyz?verbose");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ ready: true, checks: { records: "ok" } });
  });

  test.each([
    { name: "not ready", check: () => ({ ready: false, checks: { records: "away" } }), shown: { records: "away" } },
    {
      name: "a check that throws",
      check: () => Promise.reject(new Error("secret")),
      shown: { readiness: "check failed" },
    },
    {
      name: "a check that hangs",
      check: () => new Promise<never>(() => {}),
      shown: { readiness: "no answer in time" },
    },
  ])("is 503 for $name", async ({ check, shown }) => {
    readiness = check;
    const answer = await get("/readyz");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ ready: false, checks: shown });
  });
});

test("/metrics has the process's own figures, with the service's name", async () => {
  const answer = await get("/metrics");
  expect(answer.headers.get("content-type")).toContain("text/plain");
  expect(await answer.text()).toMatch(/process_cpu_seconds_total\{service="test"\}/);
});

test.each([
  { path: "/", method: "GET", status: 404 },
  { path: "/debug", method: "GET", status: 404 },
  { path: "/metrics", method: "POST", status: 405 },
  { path: "/metrics", method: "HEAD", status: 200 },
])("$method $path is $status", async ({ path, method, status }) => {
  expect((await get(path, method)).status).toBe(status);
});

test("a taken port rejects the start", async () => {
  const options = {
    host: "127.0.0.1",
    port: server.port,
    ready: readiness,
    metrics: createMetrics("x"),
    log: silentLog,
  };
  await expect(startAdminServer(options)).rejects.toThrow(/EADDRINUSE/);
});
