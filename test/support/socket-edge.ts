/** Socket edge for tests: the real one on a real HTTP server, with real tokens, a fake combat and a clock by hand. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createLocalJWKSet, exportJWK, generateKeyPair } from "jose";
import type { AuthConfig } from "#auth/auth-config.ts";
import { createIssuer, type Issuer } from "#auth/issuer.ts";
import { createMemoryLimiter } from "#auth/limiter.ts";
import { createVerifier } from "#auth/verifier.ts";
import { createAddressReader } from "#gateway/edge/client-address.ts";
import { createSocketEdge, type SocketEdge } from "#gateway/edge/websocket.ts";
import { Instances } from "#gateway/upstream/instances.ts";
import { createRelayClient } from "#gateway/upstream/relay-client.ts";
import { createUnaryClient } from "#gateway/upstream/unary-client.ts";
import { ManualClock } from "#kit/clock.ts";
import { type Log, silentLog } from "#kit/log.ts";
import { type FakeCombat, startFakeCombat } from "./fake-combat.ts";

export type EdgeOptions = {
  readonly connectsPerAddress?: number;
  readonly connectsPerPlayer?: number;
  readonly handshakesPerSecond?: number;
  readonly socketsMax?: number;
  readonly log?: Log;
};

export type TestEdge = {
  readonly edge: SocketEdge;
  readonly combat: FakeCombat;
  readonly issuer: Issuer;
  readonly clock: ManualClock;
  /** ws://127.0.0.1:port */
  readonly url: string;
  stop(): Promise<void>;
};

/** Keys of their own; the same for users and internally, as in development. */
async function testAuth(): Promise<AuthConfig> {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA", { extractable: true });
  const keyId = "test";
  const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: keyId, alg: "EdDSA" }] });
  const signing = { privateKey, keyId };
  return {
    issuer: "necpgame",
    audience: "combat",
    userKeys: keys,
    internalKeys: keys,
    internalSigningKey: signing,
    userSigningKey: signing,
    devKey: true,
  };
}

export async function startTestEdge(options: EdgeOptions = {}): Promise<TestEdge> {
  const { connectsPerAddress = 1_000, connectsPerPlayer = 1_000, socketsMax = 1_000, log = silentLog } = options;
  const { handshakesPerSecond = 100_000 } = options; // The clock stands still: so many come at once.
  const clock = new ManualClock();
  const auth = await testAuth();
  const issuer = createIssuer(auth, clock);
  const combat = await startFakeCombat();
  const relayParts = { token: () => issuer.internal("gateway-test"), clock, log, random: () => 0 };
  const instances = new Instances({
    clock,
    log,
    seeds: [combat.target],
    create: (target) => ({
      target,
      relay: createRelayClient({ target, ...relayParts }),
      calls: createUnaryClient({ target, deadlineMs: 1_000 }),
    }),
  });
  const edge = createSocketEdge({
    clock,
    log,
    rules: { allowedOrigins: ["https://game.example"], connectionsMax: socketsMax },
    verifier: createVerifier(auth, clock),
    addressConnects: createMemoryLimiter({ points: connectsPerAddress, durationSeconds: 10, keysMax: 100 }),
    playerConnects: createMemoryLimiter({ points: connectsPerPlayer, durationSeconds: 10, keysMax: 100 }),
    handshakesPerSecond,
    addressOf: createAddressReader([]),
    route: instances,
    random: () => 0.5,
  });
  const server = createServer();
  server.on("upgrade", (request, socket, head) => edge.handleUpgrade(request, socket, head));
  const port = await listen(server);
  while (!instances.relays().every((relay) => relay.isUp())) await new Promise((resolve) => setImmediate(resolve));
  return {
    edge,
    combat,
    issuer,
    clock,
    url: `ws://127.0.0.1:${port}`,
    async stop() {
      await edge.drain();
      instances.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await combat.stop();
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
