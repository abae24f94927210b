/**
 * Compose: the one file that picks adapters and puts the combat service together.
 * In: config and log.   Out: a running service with its open ports, and how to end it. No logic.
 */
import { join } from "node:path";
import { createIssuer } from "#auth/issuer.ts";
import { createMemoryLimiter } from "#auth/limiter.ts";
import { createVerifier } from "#auth/verifier.ts";
import { systemClock } from "#kit/clock.ts";
import { createMetrics, startAdminServer } from "#ops/admin-server.ts";
import type { Logger } from "#ops/log.ts";
import type { Config } from "./config.ts";
import { MemoryJournal } from "./events/journal.ts";
import { Publisher } from "./events/publisher.ts";
import { createCallAuth } from "./rpc/auth.ts";
import { startConnectServer } from "./rpc/connect-server.ts";
import { Desk } from "./rpc/desk.ts";
import { encoder } from "./rpc/encode.ts";
import { outgoingEvent } from "./rpc/encode-event.ts";
import { startGrpcServer } from "./rpc/grpc-server.ts";
import { lifecycleCalls } from "./rpc/lifecycle-calls.ts";
import { CALLERS_COUNTED_MAX } from "./rpc/limits.ts";
import { participationCalls } from "./rpc/participation-calls.ts";
import { playCalls } from "./rpc/play-calls.ts";
import { relayHandler } from "./rpc/relay-stream.ts";
import { viewerStreams } from "./rpc/viewer-stream.ts";
import { Answers } from "./session/answers.ts";
import { Door } from "./session/door.ts";
import { SessionHost } from "./session/host.ts";
import { Scheduler } from "./session/scheduler.ts";
import { openPgliteDatabase } from "./stores/database-pglite.ts";
import { openFileEventSink } from "./stores/event-sink-file.ts";
import { openPostgresSessionStore } from "./stores/session-store-postgres.ts";

export type CombatService = {
  readonly addresses: { readonly grpc: string; readonly http: string; readonly admin: string };
  /** Takes nothing new, lets calls and sockets go, saves and publishes what waits, closes the stores. */
  drain(): Promise<void>;
};

export async function compose(config: Config, log: Logger): Promise<CombatService> {
  const clock = systemClock;
  const database = await openPgliteDatabase(join(config.dataDir, "records"));
  const store = await openPostgresSessionStore({ database, clock });
  const sink = await openFileEventSink({ path: join(config.dataDir, "events.ndjson") });
  const publisher = new Publisher({ sink, encode: outgoingEvent, log });
  const journal = new MemoryJournal((events) => publisher.handleAccepted(events));
  const host = new SessionHost({ store, journal, encoder, scheduler: new Scheduler(clock), clock, log });
  const restored = await host.restore();
  log.info(restored, "sessions of the run before");

  let draining = false;
  const desk = new Desk(host);
  const door = new Door(host, clock);
  const answers = new Answers({ host, encoder, clock });
  const issuer = createIssuer(config.auth, clock);
  const verifier = createVerifier(config.auth, clock);
  const { callsPerSecond: points, gatewayPublicUrl } = config;
  const limiter = createMemoryLimiter({ points, durationSeconds: 1, keysMax: CALLERS_COUNTED_MAX });
  const rules = { auth: createCallAuth({ verifier, limiter }), clock, log };
  const handlers = {
    ...lifecycleCalls({ desk, store, clock, acceptsSessions: () => !draining }),
    ...participationCalls({ desk, issuer, clock, gatewayPublicUrl }),
    ...playCalls({ desk, clock }),
    ...viewerStreams({ host, door, answers }),
  };
  const relay = relayHandler({ host, door, answers, log });
  const grpc = await startGrpcServer({ host: config.host, port: config.grpcPort, rules, handlers, relay });
  const http = await startConnectServer({ host: config.host, port: config.httpPort, rules, handlers });
  const admin = await startAdminServer({
    host: config.host,
    port: config.adminPort,
    ready: () => ({ ready: !draining, checks: { sessions: String(host.count), unpublished: String(publisher.lag) } }),
    metrics: createMetrics("combat"),
    log,
  });
  const name = ["0.0.0.0", "::"].includes(config.host) ? "localhost" : config.host;
  const shown = name.includes(":") ? `[${name}]` : name;
  return {
    addresses: { grpc: `${shown}:${grpc.port}`, http: `http://${shown}:${http.port}`, admin: admin.url },
    async drain() {
      draining = true;
      grpc.setServing(false);
      await host.stop();
      await Promise.all([grpc.close(config.drainMs), http.close(config.drainMs)]);
      await publisher.close();
      await Promise.all([sink.close(), store.close(), admin.close()]);
    },
  };
}
