/**
 * Compose: the one file that puts the gateway together.
 * In: config, environment and log.   Out: a gateway that listens and drains. No logic.
 */
import type { Registry } from "prom-client";
import { loadAuthConfig } from "#auth/auth-config.ts";
import { createIssuer } from "#auth/issuer.ts";
import { createVerifier } from "#auth/verifier.ts";
import { CombatSessionService } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { systemClock } from "#kit/clock.ts";
import { createMetrics, type Readiness, startAdminServer } from "#ops/admin-server.ts";
import type { Logger } from "#ops/log.ts";
import type { Environment } from "#ops/settings.ts";
import { createGate } from "./auth/gate.ts";
import type { Config } from "./config.ts";
import { createAddressReader } from "./edge/client-address.ts";
import { createHealth } from "./edge/health.ts";
import { createHttpEdge } from "./edge/http-server.ts";
import { observeRelays } from "./edge/relay-metrics.ts";
import { createRequestMetrics } from "./edge/request-metrics.ts";
import { createSocketEdge } from "./edge/websocket.ts";
import { openLimiters } from "./limiters.ts";
import { createConnectFace } from "./rest/connect-face.ts";
import { openApiDocument } from "./rest/openapi.ts";
import { createRestHandler } from "./rest/rest-handler.ts";
import { readRoutes } from "./rest/routes.ts";
import { Instances } from "./upstream/instances.ts";
import { createRelayClient } from "./upstream/relay-client.ts";
import { createRoutedCalls } from "./upstream/routed-calls.ts";
import { createUnaryClient } from "./upstream/unary-client.ts";

export type Gateway = {
  /** Tokens are signed with a development key. */
  readonly devKey: boolean;
  readonly metrics: Registry;
  ready(): Promise<Readiness>;
  /** Opens the public port; resolves to where it is. */
  listen(): Promise<string>;
  /** Opens the admin port. */
  listenToOperators(): Promise<string>;
  drain(): Promise<void>;
};

export async function compose(parts: { config: Config; env: Environment; log: Logger }): Promise<Gateway> {
  const { config, env, log } = parts;
  const clock = systemClock;
  const auth = await loadAuthConfig(env);
  const verifier = createVerifier(auth, clock);
  const issuer = createIssuer(auth, clock);
  const limiters = await openLimiters(config, log);
  const addressOf = createAddressReader(config.trustedProxies);
  const rules = { allowedOrigins: config.allowedOrigins, connectionsMax: config.socketsMax };
  const metrics = createMetrics("gateway");
  const { callDeadlineMs: deadlineMs } = config;
  const relayParts = { token: () => issuer.internal("gateway"), clock, log, random: Math.random };
  const instances = new Instances({
    clock,
    log,
    seeds: config.combatTargets,
    create: (target) => ({
      target,
      relay: createRelayClient({ target, ...relayParts }),
      calls: createUnaryClient({ target, deadlineMs }),
    }),
  });
  const client = createRoutedCalls({ instances, deadlineMs });
  const health = createHealth(() => client.isServing(), clock);
  observeRelays(metrics, instances);
  const sockets = createSocketEdge({
    clock,
    log,
    rules,
    verifier,
    addressConnects: limiters.addressConnects,
    playerConnects: limiters.playerConnects,
    handshakesPerSecond: config.handshakesPerSecond,
    addressOf,
    route: instances,
    random: Math.random,
  });
  const routes = readRoutes(CombatSessionService);
  const { addressRequests, playerRequests } = limiters;
  const gate = createGate({ verifier, addressRequests, playerRequests });
  const http = createHttpEdge({
    rest: createRestHandler({ routes, gate, client, log }),
    connect: createConnectFace({ service: CombatSessionService, gate, client, log }),
    openApi: openApiDocument(routes),
    health,
    addressOf,
    rules,
    upgrade: (request, socket, head) => sockets.handleUpgrade(request, socket, head),
    metrics: createRequestMetrics(metrics),
    clock,
    log,
  });
  const ready = async (): Promise<Readiness> => {
    const [serving, checks] = await Promise.all([health.isCombatServing(), limiters.checks()]);
    return { ready: serving, checks: { combat: serving ? "serving" : "away", ...checks } };
  };
  let closeAdmin = (): Promise<void> => Promise.resolve();
  return {
    devKey: auth.devKey,
    metrics,
    ready,
    async listen() {
      const port = await http.listen({ host: config.host, port: config.port });
      const name = config.host === null || ["0.0.0.0", "::"].includes(config.host) ? "localhost" : config.host;
      return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
    },
    async listenToOperators() {
      const admin = await startAdminServer({ host: config.adminHost, port: config.adminPort, ready, metrics, log });
      closeAdmin = () => admin.close();
      return admin.url;
    },
    async drain() {
      const requests = http.drain();
      const cut = setTimeout(() => http.cut(), config.drainMs);
      await Promise.all([requests, sockets.drain()]);
      clearTimeout(cut);
      instances.close();
      await Promise.all([closeAdmin(), limiters.close()]);
    },
  };
}
