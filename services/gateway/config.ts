/**
 * Config: the gateway's settings. One table says each one's name, default, bounds and meaning; docs/OPERATIONS.md
 * shows the same table.
 * In:  the environment.   Out: a frozen Config, or a SettingError that names setting, value and what is allowed.
 * Not here: caps that operators do not turn (limits.ts), keys (packages/auth reads its own settings).
 */
import { isIP } from "node:net";
import { AUTH_SETTINGS } from "#auth/auth-config.ts";
import { GRPC_TARGET_ALLOWED, isGrpcTarget } from "#ops/host-port.ts";
import { LOG_SETTINGS, type LogLevel } from "#ops/log.ts";
import {
  defineSettings,
  type Environment,
  integer,
  list,
  optionalText,
  readSettings,
  secret,
  text,
} from "#ops/settings.ts";
import { isOriginPattern } from "./edge/admission.ts";
import { isAddressRange } from "./edge/client-address.ts";

const GATEWAY_SETTINGS = defineSettings({
  GATEWAY_HOST: optionalText({
    about: "Address the public port listens on. Unset: all addresses of the machine, IPv4 and IPv6.",
    allowed: "an IP address or localhost",
    check: isListenAddress,
  }),
  GATEWAY_PORT: integer({ default: 8080, min: 0, max: 65_535, about: "Public port. 0: any free one." }),
  GATEWAY_ADMIN_HOST: text({
    about: "Address the admin port listens on; operators only, so not all addresses unless told.",
    allowed: "an IP address or localhost",
    default: "127.0.0.1",
    check: isListenAddress,
  }),
  GATEWAY_ADMIN_PORT: integer({ default: 9464, min: 0, max: 65_535, about: "Metrics and probes. 0: any free one." }),
  COMBAT_GRPC_TARGET: list({
    about: "Combat instances to begin with, each as its COMBAT_ADDRESS says; they say where the others are.",
    allowed: GRPC_TARGET_ALLOWED,
    default: ["127.0.0.1:50051"],
    check: isGrpcTarget,
  }),
  GATEWAY_CALL_DEADLINE_MS: integer({
    default: 5_000,
    min: 100,
    max: 60_000,
    about: "How long a call to combat may take; then DEADLINE_EXCEEDED.",
  }),
  GATEWAY_WORKERS: integer({
    default: 1,
    min: 1,
    max: 64,
    about:
      "Gateway processes that share the public port. More than 1: each counts and limits by itself, or through Redis.",
  }),
  GATEWAY_SOCKETS_MAX: integer({
    default: 20_000,
    min: 1,
    max: 200_000,
    about: "WebSocket connections of a process at once; beyond, UNAVAILABLE.",
  }),
  GATEWAY_ALLOWED_ORIGINS: list({
    about: "Browser origins that may call and connect. Set it to your pages' origins; the default is for development.",
    allowed: "origins like https://game.example or http://localhost:* (any port)",
    default: ["http://localhost:*", "http://127.0.0.1:*"],
    check: isOriginPattern,
  }),
  GATEWAY_TRUSTED_PROXIES: list({
    about: "Proxies in front whose X-Forwarded-For is believed.",
    allowed: "IP addresses or ranges like 10.0.0.0/8",
    default: [],
    check: isAddressRange,
  }),
  GATEWAY_REQUESTS_PER_ADDRESS: integer({
    default: 2_000,
    min: 1,
    max: 10_000_000,
    about: "Requests of one address in 10 s, before its token is looked at; beyond, RATE_LIMITED.",
  }),
  GATEWAY_REQUESTS_PER_PLAYER: integer({
    default: 600,
    min: 1,
    max: 10_000_000,
    about: "Requests of one player in 10 s; beyond, RATE_LIMITED. Services and admins count by address only.",
  }),
  GATEWAY_HANDSHAKES_PER_SECOND: integer({
    default: 250,
    min: 1,
    max: 100_000,
    about:
      "WebSocket handshakes that begin in a second, of each process, addresses in turns; who would wait long is answered UNAVAILABLE.",
  }),
  GATEWAY_CONNECTS_PER_ADDRESS: integer({
    default: 300,
    min: 1,
    max: 10_000_000,
    about: "WebSocket connection attempts of one address in 10 s; beyond, RATE_LIMITED.",
  }),
  GATEWAY_CONNECTS_PER_PLAYER: integer({
    default: 20,
    min: 1,
    max: 10_000_000,
    about: "WebSocket connection attempts of one player in 10 s; beyond, RATE_LIMITED.",
  }),
  REDIS_URL: secret({
    about: "Redis in which all gateways count requests and connections together. Unset: each gateway counts by itself.",
    allowed: "a redis:// or rediss:// URL",
    check: isRedisUrl,
  }),
  GATEWAY_DRAIN_MS: integer({
    default: 8_000,
    min: 0,
    max: 300_000,
    about: "After SIGTERM, how long requests and sockets may take to end; the rest is cut.",
  }),
});

/** Every setting that the gateway reads, for the documentation. */
export const SETTINGS = defineSettings({ ...GATEWAY_SETTINGS, ...LOG_SETTINGS, ...AUTH_SETTINGS });

export type Config = {
  /** null: all addresses. */
  readonly host: string | null;
  readonly port: number;
  readonly adminHost: string;
  readonly adminPort: number;
  /** At least one. */
  readonly combatTargets: readonly string[];
  readonly callDeadlineMs: number;
  readonly workers: number;
  readonly socketsMax: number;
  readonly allowedOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly requestsPerAddress: number;
  readonly requestsPerPlayer: number;
  readonly handshakesPerSecond: number;
  readonly connectsPerAddress: number;
  readonly connectsPerPlayer: number;
  /** null: this process's memory. */
  readonly redisUrl: string | null;
  readonly drainMs: number;
  readonly logLevel: LogLevel;
};

export function readConfig(env: Environment): Config {
  const settings = readSettings(SETTINGS, env);
  return Object.freeze({
    host: settings.GATEWAY_HOST,
    port: settings.GATEWAY_PORT,
    adminHost: settings.GATEWAY_ADMIN_HOST,
    adminPort: settings.GATEWAY_ADMIN_PORT,
    combatTargets: settings.COMBAT_GRPC_TARGET,
    callDeadlineMs: settings.GATEWAY_CALL_DEADLINE_MS,
    workers: settings.GATEWAY_WORKERS,
    socketsMax: settings.GATEWAY_SOCKETS_MAX,
    allowedOrigins: settings.GATEWAY_ALLOWED_ORIGINS,
    trustedProxies: settings.GATEWAY_TRUSTED_PROXIES,
    requestsPerAddress: settings.GATEWAY_REQUESTS_PER_ADDRESS,
    requestsPerPlayer: settings.GATEWAY_REQUESTS_PER_PLAYER,
    handshakesPerSecond: settings.GATEWAY_HANDSHAKES_PER_SECOND,
    connectsPerAddress: settings.GATEWAY_CONNECTS_PER_ADDRESS,
    connectsPerPlayer: settings.GATEWAY_CONNECTS_PER_PLAYER,
    redisUrl: settings.REDIS_URL,
    drainMs: settings.GATEWAY_DRAIN_MS,
    logLevel: settings.LOG_LEVEL,
  });
}

function isListenAddress(candidate: string): boolean {
  return isIP(candidate) !== 0 || candidate === "localhost";
}

/** What else is wrong with one, opening it says (packages/ops/redis-start.ts). */
function isRedisUrl(candidate: string): boolean {
  const url = URL.parse(candidate);
  return url !== null && ["redis:", "rediss:"].includes(url.protocol) && url.hostname !== "";
}
