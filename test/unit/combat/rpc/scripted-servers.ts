/**
 * Both servers of combat on free ports with small handlers, real tokens and a log in memory, for grpc-js.test.ts.
 * What a handler does is chosen by the session id that it is asked for: see ASKS.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { loadAuthConfig } from "#auth/auth-config.ts";
import { createIssuer, type Issuer } from "#auth/issuer.ts";
import { createMemoryLimiter } from "#auth/limiter.ts";
import type { Role } from "#auth/principal.ts";
import { createVerifier } from "#auth/verifier.ts";
import { createCallAuth } from "#combat/rpc/auth.ts";
import { type ConnectServer, startConnectServer } from "#combat/rpc/connect-server.ts";
import { type GrpcServer, startGrpcServer } from "#combat/rpc/grpc-server.ts";
import type { CallContext, RelayCall, SessionHandlers } from "#combat/rpc/handlers.ts";
import { StoreUnavailable } from "#combat/stores/session-store.ts";
import { ServerMessageSchema } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { RelayResponseSchema } from "#gen/necpgame/combat/v1/relay_service_pb.js";
import { CombatSessionSchema } from "#gen/necpgame/combat/v1/session_pb.js";
import { CombatSessionService } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { systemClock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import { ProblemError, problem } from "#wire/problem.ts";

export const PLAYER = "11111111-1111-4111-8111-111111111111";
export const OTHER = "22222222-2222-4222-8222-222222222222";

export const ASKS = {
  fine: "aaaaaaaa-0000-4000-8000-000000000001",
  refused: "aaaaaaaa-0000-4000-8000-000000000002",
  storeAway: "aaaaaaaa-0000-4000-8000-000000000003",
  bug: "aaaaaaaa-0000-4000-8000-000000000004",
  hangs: "aaaaaaaa-0000-4000-8000-000000000005",
  /** Streams: two messages, then a refusal. */
  breaksOff: "aaaaaaaa-0000-4000-8000-000000000006",
} as const;

export const SECRET = "the inner workings";

export type Logged = { level: string; message: string; fields: Record<string, unknown> };

export type Servers = {
  readonly grpc: GrpcServer;
  readonly connect: ConnectServer;
  readonly grpcTarget: string;
  readonly issuer: Issuer;
  readonly logged: Logged[];
  /** Signals of the handlers that were asked to hang, or to stream; newest last. */
  readonly signals: AbortSignal[];
  /** What Play was sent. */
  readonly played: string[];
  token(options?: { sub?: string; roles?: readonly Role[]; ttlSeconds?: number }): Promise<string>;
  close(): Promise<void>;
};

export async function startServers({ callMsMax = 10_000, callsPerMinute = 1_000 } = {}): Promise<Servers> {
  const folder = await mkdtemp(join(tmpdir(), "rpc-test-"));
  const config = await loadAuthConfig({ DATA_DIR: folder });
  const issuer = createIssuer(config, systemClock);
  const limiter = createMemoryLimiter({ points: callsPerMinute, durationSeconds: 60, keysMax: 100 });
  const logged: Logged[] = [];
  const signals: AbortSignal[] = [];
  const played: string[] = [];
  const auth = createCallAuth({ verifier: createVerifier(config, systemClock), limiter });
  const rules = { auth, clock: systemClock, log: logInto(logged), callMsMax };
  const shared = { host: "127.0.0.1", port: 0, rules, handlers: scripted({ signals, played }) };
  const grpc = await startGrpcServer({ ...shared, relay: echoRelay });
  const connect = await startConnectServer(shared);
  return {
    grpc,
    connect,
    grpcTarget: `127.0.0.1:${grpc.port}`,
    issuer,
    logged,
    signals,
    played,
    token: ({ sub = PLAYER, roles = ["player"] as readonly Role[], ttlSeconds = 60 } = {}) =>
      issuer.user({ sub, roles, ttlSeconds }),
    close: async () => {
      await Promise.all([grpc.close(0), connect.close(0)]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function logInto(logged: Logged[]): Log {
  const write = (level: string) => (fields: Record<string, unknown>, message: string) => {
    logged.push({ level, fields, message });
  };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

type Seen = { readonly signals: AbortSignal[]; readonly played: string[] };

/** Fails as asked; returns for a session that is fine. */
function behave(sessionId: string): void {
  if (sessionId === ASKS.refused) {
    const message = `Combat session with ID '${sessionId}' not found`;
    throw new ProblemError(problem("SESSION_NOT_FOUND", message, { session_id: sessionId }));
  }
  if (sessionId === ASKS.storeAway) throw new StoreUnavailable(SECRET);
  if (sessionId === ASKS.bug) throw new TypeError(SECRET);
}

function scripted({ signals, played }: Seen): SessionHandlers {
  const notHere = () => Promise.reject(new ProblemError(problem("NOT_FOUND", "not in this fixture")));
  const handlers: Record<string, unknown> = {};
  for (const method of CombatSessionService.methods) handlers[method.localName] = notHere;
  const known: Partial<SessionHandlers> = {
    async getSession({ sessionId }, { principal, signal }) {
      behave(sessionId);
      if (sessionId === ASKS.hangs) {
        signals.push(signal);
        await new Promise(() => {}); // A handler that ignores its signal.
      }
      return create(CombatSessionSchema, { id: sessionId, hostPlayerId: principal.playerId, version: 7 });
    },
    async createSession(request) {
      return create(CombatSessionSchema, { mapId: request.mapId ?? "", version: 1 });
    },
    watchSession: ({ sessionId }, context) => watch(sessionId, context, signals),
    async *play(requests, context) {
      signals.push(context.signal);
      let frame = 0;
      for await (const { body } of requests) {
        played.push(body.case ?? "nothing");
        frame += 1;
        yield create(ServerMessageSchema, { frame });
        if (body.case === "message" && body.value.body.case === "leave") return;
      }
    },
  };
  return { ...handlers, ...known } as SessionHandlers;
}

async function* watch(sessionId: string, { signal }: CallContext, signals: AbortSignal[]) {
  signals.push(signal);
  behave(sessionId);
  for (let frame = 1; frame <= 2; frame += 1) yield create(ServerMessageSchema, { frame });
  if (sessionId === ASKS.breaksOff) behave(ASKS.refused);
  if (sessionId !== ASKS.hangs) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Answers every batch with an empty one. */
function echoRelay(call: RelayCall): void {
  call.on("data", () => call.write(create(RelayResponseSchema)));
  call.on("end", () => call.end());
}
