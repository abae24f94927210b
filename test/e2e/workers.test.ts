/**
 * Several gateway processes share the public port: who dies takes its own sockets with it and is replaced, the others play on;
 * operators see them as one.
 */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectSocket, type SocketClient } from "#support/socket-client.ts";
import { type System, startService, startSystem } from "#support/system.ts";
import { createMatch, hurt, type Match } from "./match.ts";

const WORKERS = 2;
const VIEWERS = 8;

let system: System;
let match: Match;

beforeAll(async () => {
  system = await startSystem({ env: { GATEWAY_WORKERS: String(WORKERS) } });
  match = await createMatch(system, "json");
  await Promise.all(match.playerIds.map((playerId) => open(playerId, ""))); // It starts when all are there.
});

afterAll(async () => {
  await system?.stop();
});

async function open(playerId: string, path: "" | "/spectate", { ready } = system.gateway): Promise<SocketClient> {
  const token = await system.token(playerId);
  const url = `${String(ready["http"]).replace("http", "ws")}/ws/sessions/${match.sessionId}${path}?token=${token}`;
  const viewer = await connectSocket(url);
  await viewer.next("session_state");
  return viewer;
}

const watch = () => open(randomUUID(), "/spectate");

async function workerPids(): Promise<number[]> {
  const { pid } = system.gateway.process;
  return (await readFile(`/proc/${pid}/task/${pid}/children`, "latin1")).trim().split(" ").map(Number);
}

async function told(path: "readyz" | "metrics"): Promise<string> {
  return (await fetch(`${String(system.gateway.ready["admin"])}/${path}`)).text();
}

const isOpen = ({ webSocket }: SocketClient) => webSocket.readyState === webSocket.OPEN;

test("operators are told of all workers in one place", async () => {
  expect(await workerPids()).toHaveLength(WORKERS);
  await expect.poll(() => told("readyz")).toContain(`${WORKERS} of ${WORKERS} ready`);
  expect(await told("metrics")).toMatch(/^process_cpu_user_seconds_total/m);
});

test("a worker is killed: the sockets of the others play on, and another takes its place", async () => {
  const viewers = await Promise.all(Array.from({ length: VIEWERS }, watch));
  const [first] = await workerPids();
  process.kill(first!, "SIGKILL");
  await Promise.race(viewers.map(({ closed }) => closed));
  await expect.poll(workerPids, { timeout: 20_000 }).not.toContain(first); // Until then "2 of 2" may be of before.
  await expect.poll(() => told("readyz"), { timeout: 20_000 }).toContain(`${WORKERS} of ${WORKERS} ready`);
  const left = viewers.filter(isOpen);
  expect(left.length).toBeGreaterThan(0);
  expect(left.length).toBeLessThan(VIEWERS);
  const all = [...left, ...(await Promise.all(Array.from({ length: 4 }, watch)))];
  await hurt(system, match, match.playerIds[1], 5);
  for (const { texts } of all) await texts.take(({ event }) => event === "damage_dealt");
});

test("the ready line says what one gateway's says", () => {
  expect(system.gateway.ready).toMatchObject({ workers: WORKERS, dev_key: true });
});

test("told to end, all of them drain", async () => {
  const viewers = await Promise.all(Array.from({ length: 4 }, watch));
  const pids = await workerPids();
  expect(await system.gateway.stop()).toBe(0);
  for (const { closed } of viewers) expect(await closed).toMatchObject({ code: 1001 });
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow();
});

test("a worker that cannot start says why, and ends the start", async () => {
  const env = { GATEWAY_WORKERS: "2", GATEWAY_PORT: "0", GATEWAY_ADMIN_PORT: "0", REDIS_URL: "redis://127.0.0.1:1" };
  const failing = startService("gateway", { ...env, DATA_DIR: system.dataDir });
  await expect(failing).rejects.toThrow(/REDIS_URL.*a worker ended with 1 before it was ready/s);
});

test("when what stands before them is killed, they drain: nobody is cut off without a word", async () => {
  const ports = { GATEWAY_WORKERS: "2", GATEWAY_PORT: "0", GATEWAY_ADMIN_PORT: "0" };
  const gateway = await startService("gateway", {
    ...ports,
    DATA_DIR: system.dataDir,
    COMBAT_GRPC_TARGET: system.grpc,
  });
  const viewers = await Promise.all(Array.from({ length: 4 }, () => open(randomUUID(), "/spectate", gateway)));
  await gateway.stop("SIGKILL");
  for (const { closed } of viewers) expect(await closed).toMatchObject({ code: 1001 });
});
