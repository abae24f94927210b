/**
 * Compose: the one file that picks adapters and puts the combat service together.
 * In:  config and log.   Out: a running service with its open ports, and how to end it. No logic.
 * Order: everything that may be unreachable is reached before anything is changed (migrations) or taken (sessions).
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { createIssuer, type Issuer } from "#auth/issuer.ts";
import { createMemoryLimiter } from "#auth/limiter.ts";
import { createRedisLimiter } from "#auth/limiter-redis.ts";
import { createVerifier } from "#auth/verifier.ts";
import { systemClock } from "#kit/clock.ts";
import { createMetrics, startAdminServer } from "#ops/admin-server.ts";
import type { Logger } from "#ops/log.ts";
import { ensurePortsFree } from "#ops/ports.ts";
import { closeRedis, openRedis } from "#ops/redis.ts";
import { type Config, reachableAddress } from "./config.ts";
import { Publisher } from "./events/publisher.ts";
import { readJournal } from "./events/read-journal.ts";
import { observe } from "./metrics.ts";
import { createGrpcAbilities } from "./related/abilities-grpc.ts";
import { createLocalAbilities } from "./related/abilities-local.ts";
import { createGrpcDamage } from "./related/damage-grpc.ts";
import { createLocalDamage } from "./related/damage-local.ts";
import { createGrpcMatchmaking } from "./related/matchmaking-grpc.ts";
import { createLocalMatchmaking } from "./related/matchmaking-local.ts";
import { createGrpcPlayers } from "./related/player-grpc.ts";
import { createLocalPlayers } from "./related/player-local.ts";
import { rareLog } from "./related/rare-log.ts";
import { ServiceClient } from "./related/service-client.ts";
import { heldToken } from "./related/service-token.ts";
import { observeRelated } from "./related-metrics.ts";
import { createCallAuth } from "./rpc/auth.ts";
import { startConnectServer } from "./rpc/connect-server.ts";
import { Desk } from "./rpc/desk.ts";
import { encoder } from "./rpc/encode.ts";
import { eventEncoder } from "./rpc/encode-event.ts";
import { figuresCalls } from "./rpc/figures-calls.ts";
import { startGrpcServer } from "./rpc/grpc-server.ts";
import { lifecycleCalls } from "./rpc/lifecycle-calls.ts";
import { CALLERS_COUNTED_MAX } from "./rpc/limits.ts";
import { participationCalls } from "./rpc/participation-calls.ts";
import { playCalls } from "./rpc/play-calls.ts";
import { relayHandler } from "./rpc/relay-stream.ts";
import { replayCalls } from "./rpc/replay-calls.ts";
import { viewerStreams } from "./rpc/viewer-stream.ts";
import { ActionGate } from "./session/action-gate.ts";
import { Acts } from "./session/acts.ts";
import { Answers } from "./session/answers.ts";
import { Backfill } from "./session/backfill.ts";
import { Door } from "./session/door.ts";
import { Elsewhere } from "./session/elsewhere.ts";
import { SessionHost } from "./session/host.ts";
import { Recordings } from "./session/recordings.ts";
import { Recovery } from "./session/recovery.ts";
import { Referee } from "./session/referee.ts";
import { Scheduler } from "./session/scheduler.ts";
import { ownerOf, Watch } from "./session/watch.ts";
import { openPgliteDatabase } from "./stores/database-pglite.ts";
import { openPostgresDatabase } from "./stores/database-postgres.ts";
import { createMemoryDirectory } from "./stores/directory-memory.ts";
import { createRedisDirectory } from "./stores/directory-redis.ts";
import { openFileEventSink } from "./stores/event-sink-file.ts";
import { openKafkaEventSink } from "./stores/event-sink-kafka.ts";
import { createMemoryLiveStore } from "./stores/live-store-memory.ts";
import { createRedisLiveStore } from "./stores/live-store-redis.ts";
import { checkSchema } from "./stores/migrate.ts";
import { openRecordStores } from "./stores/record-stores.ts";
import { createMemoryUsedTickets } from "./stores/used-tickets-memory.ts";
import { createRedisUsedTickets } from "./stores/used-tickets-redis.ts";

export type CombatService = {
  readonly addresses: { readonly grpc: string; readonly http: string; readonly admin: string };
  /** Takes nothing new, keeps and publishes what waits, lets calls and sockets go, closes the stores. */
  drain(): Promise<void>;
};

export async function compose(config: Config, log: Logger): Promise<CombatService> {
  const clock = systemClock;
  // A second start by mistake would take the name, and with it the sessions, of the first.
  await ensurePortsFree(config.host, [config.grpcPort, config.httpPort, config.adminPort]);
  const { sink, stores, live, directory, tickets, limiter, closeShared } = await openAdapters(config, log);
  const self = { name: config.instance, boot: randomUUID(), address: "" };
  const owner = ownerOf(self);
  const issuer = createIssuer(config.auth, clock);
  const related = relatedAdapters(config, issuer, log);
  const publisher = new Publisher({
    sink,
    encode: eventEncoder(config.kafkaBrokers.length > 0 ? config.eventFormat : "json"),
    readBack: (sessionId, afterSeq) => readJournal(live, sessionId, afterSeq),
    spills: config.redisUrl !== null,
    log,
  });
  const scheduler = new Scheduler(clock);
  const { recordingBytesMax: bytesMax, recordingKeptMs: keptMs } = config;
  const recordings = new Recordings({ store: stores.recordingStore, clock, log, bytesMax, keptMs });
  const host = new SessionHost({
    ...stores,
    live,
    publisher,
    owner,
    sampleMs: config.sampleMs,
    recordings,
    referee: new Referee({ damage: related.damage, log }),
    backfill: new Backfill({ matchmaking: related.matchmaking, log }),
    encoder,
    scheduler,
    clock,
    log,
  });
  const watch = new Watch({ self, alone: config.redisUrl === null });
  const recovery = new Recovery({ ...stores, host, live, directory, watch, self, clock, log });
  log.info(await recovery.start(), "sessions of the run before");

  let draining = false;
  const { players } = related;
  const elsewhere = new Elsewhere({ sessions: stores.sessions, watch, clock });
  const desk = new Desk(host, elsewhere);
  const door = new Door({ host, clock, tickets, elsewhere });
  const acts = new Acts({ gate: new ActionGate({ abilities: related.abilities, log }), clock });
  const answers = new Answers({ host, acts, encoder, clock });
  const verifier = createVerifier(config.auth, clock);
  const rules = { auth: createCallAuth({ verifier, limiter }), clock, log };
  const handlers = {
    ...lifecycleCalls({
      desk,
      sessions: stores.sessions,
      players,
      clock,
      checks: config.checks,
      acceptsSessions: () => !draining,
    }),
    ...participationCalls({ desk, issuer, players, clock, gatewayPublicUrl: config.gatewayPublicUrl }),
    ...playCalls({ desk, acts, clock }),
    ...figuresCalls({ desk }),
    ...replayCalls({ desk, store: stores.recordingStore, recordings }),
    ...viewerStreams({ host, door, answers }),
  };
  const relay = relayHandler({ host, door, answers, log });
  const grpc = await startGrpcServer({ host: config.host, port: config.grpcPort, rules, handlers, relay });
  self.address = reachableAddress(config, grpc.port); // The next beat tells the others.
  const http = await startConnectServer({ host: config.host, port: config.httpPort, rules, handlers });
  const metrics = createMetrics("combat");
  const relatedHealth = observeRelated(metrics, related.clients);
  const health = observe({
    registry: metrics,
    host,
    load: scheduler.load,
    publisher,
    recovery,
    outbox: stores.outbox,
    recordings,
  });
  const admin = await startAdminServer({
    host: config.host,
    port: config.adminPort,
    ready: () => ({ ready: !draining, checks: { ...health.checks(), ...relatedHealth() } }),
    metrics,
    log,
  });
  const name = ["0.0.0.0", "::"].includes(config.host) ? "localhost" : config.host;
  const shown = name.includes(":") ? `[${name}]` : name;
  return {
    addresses: { grpc: `${shown}:${grpc.port}`, http: `http://${shown}:${http.port}`, admin: admin.url },
    async drain() {
      draining = true;
      grpc.setServing(false);
      await recovery.halt();
      await host.stop();
      await recovery.leave();
      // The matches are others' by now: they do not wait for what is only kept of them.
      await Promise.all([grpc.close(config.drainMs), http.close(config.drainMs), recordings.close()]);
      await publisher.close();
      await host.release();
      health.stop();
      await Promise.all([sink.close(), stores.close(), live.close(), directory.close(), admin.close()]);
      related.close();
      await closeShared();
    },
  };
}

/** The game's other services where settings name them, else the local rules. */
function relatedAdapters(config: Config, issuer: Issuer, log: Logger) {
  const clock = systemClock;
  const warn = rareLog(log, clock);
  const token = heldToken(() => issuer.outgoing("combat"), clock);
  const clientOf = (name: string, target: string | null) =>
    target === null ? null : new ServiceClient({ name, target, token, clock, log });
  const clients = {
    abilities: clientOf("abilities", config.abilitiesTarget),
    damage: clientOf("damage", config.damageTarget),
    player: clientOf("player", config.playerTarget),
    matchmaking: clientOf("matchmaking", config.matchmakingTarget),
  };
  const abilities = clients.abilities === null ? createLocalAbilities() : createGrpcAbilities(clients.abilities);
  const damage = clients.damage === null ? createLocalDamage() : createGrpcDamage(clients.damage);
  const players = clients.player === null ? createLocalPlayers() : createGrpcPlayers({ client: clients.player, warn });
  const matchmaking =
    clients.matchmaking === null ? createLocalMatchmaking() : createGrpcMatchmaking(clients.matchmaking);
  const services = { abilities, damage, players, matchmaking };
  return {
    ...services,
    clients,
    close() {
      for (const service of Object.values(services)) service.close();
    },
  };
}

/** The real stores where settings name them, else the embedded ones. */
async function openAdapters(config: Config, log: Logger) {
  const clock = systemClock;
  const { databaseUrl, redisUrl, kafkaBrokers, dataDir } = config;
  const redis = redisUrl === null ? null : await openRedis({ url: redisUrl, name: "combat", log, keeps: true });
  // Beats must not wait behind checkpoints.
  const beats = redisUrl === null ? null : await openRedis({ url: redisUrl, name: "combat-directory", log });
  const postgres = databaseUrl === null ? null : await openPostgresDatabase({ url: databaseUrl, log });
  if (postgres !== null) await checkSchema(postgres);
  // The first that changes anything: it makes its topics.
  const sink =
    kafkaBrokers.length > 0
      ? await openKafkaEventSink({ brokers: kafkaBrokers, clientId: "combat", log })
      : await openFileEventSink({ path: join(dataDir, "events.ndjson") });
  const database = postgres ?? (await openPgliteDatabase(join(dataDir, "records")));
  const stores = await openRecordStores({ database, clock });
  return { sink, stores, ...sharedAdapters(config, redis === null || beats === null ? null : { redis, beats }, log) };
}

/** What instances share through Redis, or has one process to itself. */
function sharedAdapters(
  { callsPerSecond: points }: Config,
  connections: { redis: Redis; beats: Redis } | null,
  log: Logger,
) {
  const rate = { points, durationSeconds: 1, keysMax: CALLERS_COUNTED_MAX };
  if (connections === null) {
    return {
      live: createMemoryLiveStore(),
      directory: createMemoryDirectory(),
      tickets: createMemoryUsedTickets(systemClock),
      limiter: createMemoryLimiter(rate),
      closeShared: () => Promise.resolve(),
    };
  }
  const { redis, beats } = connections;
  return {
    live: createRedisLiveStore({ redis, log }),
    directory: createRedisDirectory({ redis: beats }),
    tickets: createRedisUsedTickets({ redis, clock: systemClock, log }),
    limiter: createRedisLimiter({ ...rate, redis, prefix: "combat:calls:", log }),
    async closeShared() {
      await Promise.all([closeRedis(redis), closeRedis(beats)]);
    },
  };
}
