/**
 * Config: the combat service's settings, from the environment, once at start.
 * In:  the environment.   Out: a frozen Config, or a SettingError that names setting, value and what is allowed.
 * Law: a value that an operator may turn is here with its default and bounds; fixed caps are in limits.ts files.
 */
import { hostname } from "node:os";
import { AUTH_SETTINGS, type AuthConfig, loadAuthConfig } from "#auth/auth-config.ts";
import { GRPC_TARGET_ALLOWED, HOST_PORT_ALLOWED, isGrpcTarget, isHostAndPort } from "#ops/host-port.ts";
import { LOG_SETTINGS, type LogLevel } from "#ops/log.ts";
import {
  defineSettings,
  type Environment,
  integer,
  list,
  oneOf,
  optionalText,
  readSettings,
  secret,
  text,
} from "#ops/settings.ts";
import { CALLS_PER_SECOND_DEFAULT } from "./rpc/limits.ts";
import { CHECK_MODES_ALLOWED, type Checks, readCheckModes } from "./session/check-modes.ts";

export const COMBAT_SETTINGS = defineSettings({
  COMBAT_HOST: text({
    default: "127.0.0.1",
    about: "Address that all three ports of combat listen on; 0.0.0.0 or :: for all of the machine",
    allowed: "an IP address or host name",
    check: (host) => /^[\w.:-]+$/.test(host),
  }),
  COMBAT_GRPC_PORT: port(50051, "Port of gRPC, with health and reflection; 0 takes any free port"),
  COMBAT_HTTP_PORT: port(8081, "Port of Connect and gRPC-Web, over HTTP/1.1 and h2c; 0 takes any free port"),
  COMBAT_ADMIN_PORT: port(9465, "Port of combat's metrics and probes; 0 takes any free port"),
  GATEWAY_PUBLIC_URL: text({
    default: "ws://localhost:8080",
    about: "Where clients reach the gateway; the beginning of every websocket_url that combat answers",
    allowed: "a ws:// or wss:// URL without query",
    check: isSocketUrl,
  }),
  COMBAT_CALLS_PER_SECOND: integer({
    default: CALLS_PER_SECOND_DEFAULT,
    min: 1,
    max: 10_000,
    about: "Calls a second of one player; more are RATE_LIMITED. Services and admins are not limited",
  }),
  COMBAT_DRAIN_SECONDS: integer({
    default: 10,
    min: 0,
    max: 300,
    about: "How long running calls may finish after SIGTERM before their connections are ended",
  }),
  DATABASE_URL: secret({
    about: "PostgreSQL for session records. Unset: an embedded one in DATA_DIR, for one combat process",
    allowed: "a postgres:// or postgresql:// URL",
    check: (url) => hasProtocol(url, ["postgres:", "postgresql:"]),
  }),
  REDIS_URL: secret({
    about: "Redis for live state, ownership and shared limits. Unset: this process's memory, for one combat process",
    allowed: "a redis:// or rediss:// URL",
    check: (url) => hasProtocol(url, ["redis:", "rediss:"]),
  }),
  KAFKA_BROKERS: list({
    default: [],
    about: "Kafka brokers to find the cluster by, for published events. Unset: a file in DATA_DIR",
    allowed: `${HOST_PORT_ALLOWED}, no IPv6 address`,
    check: (broker) => isHostAndPort(broker) && !broker.startsWith("["), // kafkajs takes what is before the first colon for the host.
  }),
  EVENT_FORMAT: oneOf(["protobuf", "json"], {
    default: "protobuf",
    about: "What records on Kafka hold: envelopes as protobuf or as JSON. The file always holds JSON",
  }),
  POSITION_SAMPLE_SECONDS: integer({
    default: 1,
    min: 0,
    max: 3600,
    about: "Between two published samples of where the players of an active session stand; 0 publishes none",
  }),
  ABILITIES_SERVICE_TARGET: target(
    "Abilities service: who may use which, and its cost. Unset: everybody, by combat's table",
  ),
  DAMAGE_SERVICE_TARGET: target("Damage service: what a weapon's hit takes. Unset: combat's own sum, within the tick"),
  MATCHMAKING_SERVICE_TARGET: target("Matchmaking: asked for players when one leaves a match. Unset: nobody is asked"),
  PLAYER_SERVICE_TARGET: target(
    "Player service: names and loadouts. Unset: nobody has a name, everybody has everything",
  ),
  RECORD_INPUTS: integer({
    default: 16,
    min: 0,
    max: 1024,
    about: "Megabytes kept of one session's recording, for replays; at them it stops and says so. 0 records nothing",
  }),
  RECORDING_DAYS: integer({
    default: 7,
    min: 1,
    max: 3650,
    about: "Days after which a recording to which nothing was added is deleted",
  }),
  MOVEMENT_CHECKS: text({
    default: "enforce",
    about: "How moves are checked in sessions that begin from now on; shadow finds and corrects nothing",
    allowed: CHECK_MODES_ALLOWED,
    check: (modes) => readCheckModes(modes) !== null,
  }),
  COMBAT_INSTANCE: optionalText({
    about: "Name of this instance, the same after a restart, no two alike. Unset: host name and COMBAT_GRPC_PORT",
    allowed: "letters, digits, dots, colons, underscores and dashes, at most 128",
    check: (name) => /^[\w.:-]{1,128}$/.test(name),
  }),
  COMBAT_ADDRESS: optionalText({
    about:
      "Where gateways reach this instance's gRPC when another sends them here. Unset: COMBAT_HOST, or the host name",
    allowed: HOST_PORT_ALLOWED,
    check: isHostAndPort,
  }),
  ...LOG_SETTINGS,
  ...AUTH_SETTINGS,
});

export type Config = {
  readonly host: string;
  readonly grpcPort: number;
  readonly httpPort: number;
  readonly adminPort: number;
  /** Without a slash at the end. */
  readonly gatewayPublicUrl: string;
  readonly callsPerSecond: number;
  readonly drainMs: number;
  /** Null or empty: the embedded default. */
  readonly databaseUrl: string | null;
  readonly redisUrl: string | null;
  readonly kafkaBrokers: readonly string[];
  readonly eventFormat: "protobuf" | "json";
  /** 0 for none. */
  readonly sampleMs: number;
  /** The game's other services; null for the local rule. */
  readonly abilitiesTarget: string | null;
  readonly damageTarget: string | null;
  readonly matchmakingTarget: string | null;
  readonly playerTarget: string | null;
  /** Of one session; 0 for no recordings. */
  readonly recordingBytesMax: number;
  readonly recordingKeptMs: number;
  /** How moves are checked in new sessions. */
  readonly checks: Checks;
  readonly instance: string;
  /** null: as it listens. */
  readonly address: string | null;
  readonly dataDir: string;
  readonly logLevel: LogLevel;
  readonly auth: AuthConfig;
};

/** Reads the settings and the keys they point to. */
export async function loadConfig(env: Environment): Promise<Config> {
  const settings = readSettings(COMBAT_SETTINGS, env);
  return Object.freeze({
    host: settings.COMBAT_HOST,
    grpcPort: settings.COMBAT_GRPC_PORT,
    httpPort: settings.COMBAT_HTTP_PORT,
    adminPort: settings.COMBAT_ADMIN_PORT,
    gatewayPublicUrl: settings.GATEWAY_PUBLIC_URL.replace(/\/+$/, ""),
    callsPerSecond: settings.COMBAT_CALLS_PER_SECOND,
    drainMs: settings.COMBAT_DRAIN_SECONDS * 1000,
    databaseUrl: settings.DATABASE_URL,
    redisUrl: settings.REDIS_URL,
    kafkaBrokers: settings.KAFKA_BROKERS,
    eventFormat: settings.EVENT_FORMAT,
    sampleMs: settings.POSITION_SAMPLE_SECONDS * 1000,
    abilitiesTarget: settings.ABILITIES_SERVICE_TARGET,
    damageTarget: settings.DAMAGE_SERVICE_TARGET,
    matchmakingTarget: settings.MATCHMAKING_SERVICE_TARGET,
    playerTarget: settings.PLAYER_SERVICE_TARGET,
    recordingBytesMax: settings.RECORD_INPUTS * 1024 * 1024,
    recordingKeptMs: settings.RECORDING_DAYS * 24 * 60 * 60 * 1000,
    checks: readCheckModes(settings.MOVEMENT_CHECKS)!, // Looked at when it was read.
    // Any free port is another one each time: then nobody can be told to be the same instance again.
    instance: settings.COMBAT_INSTANCE ?? `${hostname()}:${settings.COMBAT_GRPC_PORT || process.pid}`,
    address: settings.COMBAT_ADDRESS,
    dataDir: settings.DATA_DIR,
    logLevel: settings.LOG_LEVEL,
    auth: await loadAuthConfig(env),
  });
}

/** Where gateways reach this instance's gRPC. Who listens on all addresses is reached by the machine's name. */
export function reachableAddress({ host, address }: Pick<Config, "host" | "address">, grpcPort: number): string {
  if (address !== null) return address;
  if (host === "0.0.0.0" || host === "::") return `${hostname()}:${grpcPort}`;
  return `${host.includes(":") ? `[${host}]` : host}:${grpcPort}`;
}

function port(fallback: number, about: string) {
  return integer({ default: fallback, min: 0, max: 65_535, about });
}

function target(about: string) {
  return optionalText({ about, allowed: GRPC_TARGET_ALLOWED, check: isGrpcTarget });
}

function hasProtocol(candidate: string, protocols: readonly string[]): boolean {
  const url = URL.parse(candidate);
  return url !== null && protocols.includes(url.protocol) && url.hostname !== "";
}

function isSocketUrl(candidate: string): boolean {
  const url = URL.parse(candidate);
  return url !== null && /^wss?:$/.test(url.protocol) && url.search === "" && url.hash === "" && url.username === "";
}
