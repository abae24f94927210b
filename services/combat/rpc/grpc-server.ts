/**
 * gRPC server: CombatSessionService and RelayService on @grpc/grpc-js, with health and reflection.
 * In:  handlers written once (handlers.ts).   Out: a listening port.
 * Law: every call but health and reflection has a verified caller; every refusal carries an ErrorDetail. Closing lets
 *      calls finish for a while, then ends them.
 * Not here: how a call runs (calls.ts, grpc-session.ts), what Relay says (its handler).
 */
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import { RelayService } from "#gen/necpgame/combat/v1/relay_service_pb.js";
import { CombatSessionService } from "#gen/necpgame/combat/v1/session_service_pb.js";
import type { CallRules } from "./calls.ts";
import { createGrpcAuth, type DoorKind } from "./grpc-auth.ts";
import { checkedDefinition, trustedDefinition } from "./grpc-definition.ts";
import { addReflection } from "./grpc-reflection.ts";
import { sessionImplementation } from "./grpc-session.ts";
import type { RelayHandler, SessionHandlers } from "./handlers.ts";
import {
  ANSWER_BYTES_MAX,
  IDLE_CONNECTION_MS_MAX,
  KEEPALIVE_ANSWER_MS_MAX,
  KEEPALIVE_MS,
  RELAY_BATCH_BYTES_MAX,
  STREAMS_PER_CONNECTION_MAX,
} from "./limits.ts";

export type GrpcServerOptions = {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly rules: CallRules;
  readonly handlers: SessionHandlers;
  readonly relay: RelayHandler;
};

export type GrpcServer = {
  readonly port: number;
  /** What health says of this instance: whether new work should be sent here. */
  setServing(serving: boolean): void;
  /** Not serving any more; running calls have `graceMs` to finish, then their connections end. */
  close(graceMs: number): Promise<void>;
};

const SERVICES = [CombatSessionService, RelayService] as const;

/** Resolves when the port is open; rejects when it cannot be. */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { rules, handlers, host } = options;
  const auth = createGrpcAuth(rules, doorOf);
  const server = new Server({
    interceptors: [auth.interceptor],
    "grpc.max_receive_message_length": RELAY_BATCH_BYTES_MAX,
    "grpc.max_send_message_length": ANSWER_BYTES_MAX,
    "grpc.max_concurrent_streams": STREAMS_PER_CONNECTION_MAX,
    "grpc.max_connection_idle_ms": IDLE_CONNECTION_MS_MAX,
    "grpc.keepalive_time_ms": KEEPALIVE_MS,
    "grpc.keepalive_timeout_ms": KEEPALIVE_ANSWER_MS_MAX,
    "grpc.enable_channelz": 0, // Counts every message for a debugging page that we do not serve.
  });
  server.addService(checkedDefinition(CombatSessionService), sessionImplementation({ rules, handlers, auth }));
  server.addService(trustedDefinition(RelayService), { relay: options.relay });
  addReflection(server, SERVICES);
  const setServing = addHealth(server);
  const port = await bind(server, options);
  return {
    port,
    setServing,
    close: (graceMs) => {
      setServing(false);
      return close(server, { address: addressOf(host, port), graceMs });
    },
  };
}

function doorOf(path: string): DoorKind {
  if (path.startsWith(`/${CombatSessionService.typeName}/`)) return "user";
  return path.startsWith(`/${RelayService.typeName}/`) ? "internal" : "open";
}

function addHealth(server: Server): (serving: boolean) => void {
  const health = new HealthImplementation();
  health.addToServer(server);
  const setServing = (serving: boolean) => {
    const status = serving ? "SERVING" : "NOT_SERVING";
    for (const name of ["", ...SERVICES.map(({ typeName }) => typeName)]) health.setStatus(name, status);
  };
  setServing(true);
  return setServing;
}

function bind(server: Server, { host, port }: GrpcServerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(addressOf(host, port), ServerCredentials.createInsecure(), (error, boundPort) => {
      if (error) reject(error);
      else resolve(boundPort);
    });
  });
}

/** Draining ends connections after the grace even where their calls go on; shutting down waits for them. */
function close(server: Server, { address, graceMs }: { address: string; graceMs: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.drain(address, graceMs);
    server.tryShutdown((error) => (error ? reject(error) : resolve()));
  });
}

function addressOf(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
