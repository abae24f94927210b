/**
 * Both ports: combat's gRPC and Connect ports over handlers that a test plans, with real tokens and real clients.
 * Not here: what the real handlers do.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { loadAuthConfig } from "#auth/auth-config.ts";
import { createIssuer, type Issuer } from "#auth/issuer.ts";
import { createMemoryLimiter } from "#auth/limiter.ts";
import { createVerifier } from "#auth/verifier.ts";
import { createCallAuth } from "#combat/rpc/auth.ts";
import { startConnectServer } from "#combat/rpc/connect-server.ts";
import { startGrpcServer } from "#combat/rpc/grpc-server.ts";
import type { SessionHandlers } from "#combat/rpc/handlers.ts";
import { CombatSessionService } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { systemClock } from "#kit/clock.ts";

export const PLAYER = "11111111-1111-4111-8111-111111111111";
export const SESSION = "22222222-2222-4222-8222-222222222222";

export type Logged = { readonly level: string; readonly fields: Record<string, unknown> };
export type SessionClient = Client<typeof CombatSessionService>;

export type RpcUnderTest = Awaited<ReturnType<typeof startRpc>>;

export type Planned = { -readonly [Name in keyof SessionHandlers]?: SessionHandlers[Name] };

export type Caps = { readonly callMsMax?: number; readonly callsPerMinute?: number };

export async function startRpc({ callMsMax = 5_000, callsPerMinute = 1_000_000 }: Caps = {}) {
  const folder = mkdtempSync(join(tmpdir(), "rpc-test-"));
  const config = await loadAuthConfig({ DATA_DIR: folder });
  rmSync(folder, { recursive: true, force: true }); // The key is in memory by now.
  const issuer = createIssuer(config, systemClock);
  const logged: Logged[] = [];
  const note = (level: string) => (fields: Record<string, unknown>) => void logged.push({ level, fields });
  const limiter = createMemoryLimiter({ points: callsPerMinute, durationSeconds: 60, keysMax: 10 });
  const rules = {
    auth: createCallAuth({ verifier: createVerifier(config, systemClock), limiter }),
    clock: systemClock,
    log: { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") },
    callMsMax,
  };
  const planned: Planned = {};
  // Ports take their handlers once, at start; what is planned counts when a call comes.
  const handlers = new Proxy({} as SessionHandlers, {
    get: (_target, name) => (request: never, context: never) =>
      (planned[name as keyof SessionHandlers] ?? unplanned)(request, context),
  });
  const relays: string[] = [];
  const grpc = await startGrpcServer({
    host: "127.0.0.1",
    port: 0,
    rules,
    handlers,
    relay: (call) => {
      relays.push(call.getPath());
      call.end();
    },
  });
  const connect = await startConnectServer({ host: "127.0.0.1", port: 0, rules, handlers });
  return {
    grpc,
    connect,
    issuer,
    logged,
    /** Handlers that the test has planned; any other one fails. */
    planned,
    relays,
    /** Closes both ports; not after a test has done so itself. */
    async stop() {
      await Promise.all([grpc.close(100), connect.close(100)]);
    },
  };
}

function unplanned(): never {
  throw new Error("this handler was not planned");
}

export async function bearer(issuer: Issuer, ttlSeconds = 60): Promise<string> {
  return `Bearer ${await issuer.user({ sub: PLAYER, roles: ["player"], ttlSeconds })}`;
}

/** Every way to reach CombatSessionService on the two ports. */
export const PROTOCOLS: readonly [name: string, open: (under: RpcUnderTest) => Transport][] = [
  ["gRPC on grpc-js", ({ grpc }) => createGrpcTransport({ baseUrl: url(grpc.port) })],
  ["gRPC on the Connect port", ({ connect }) => createGrpcTransport({ baseUrl: url(connect.port) })],
  ["gRPC-Web, HTTP/1.1", ({ connect }) => createGrpcWebTransport({ baseUrl: url(connect.port), httpVersion: "1.1" })],
  ["gRPC-Web, HTTP/2", ({ connect }) => createGrpcWebTransport({ baseUrl: url(connect.port), httpVersion: "2" })],
  [
    "Connect with JSON, HTTP/1.1",
    ({ connect }) => createConnectTransport({ baseUrl: url(connect.port), httpVersion: "1.1", useBinaryFormat: false }),
  ],
  [
    "Connect with protobuf, HTTP/2",
    ({ connect }) => createConnectTransport({ baseUrl: url(connect.port), httpVersion: "2" }),
  ],
];

export function clientOf(transport: Transport): SessionClient {
  return createClient(CombatSessionService, transport);
}

function url(port: number): string {
  return `http://127.0.0.1:${port}`;
}
