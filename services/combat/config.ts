/**
 * Config: the combat service's settings, from the environment, once at start.
 * In:  the environment.   Out: a frozen Config, or a SettingError that names setting, value and what is allowed.
 * Law: a value that an operator may turn is here with its default and bounds; fixed caps are in limits.ts files.
 */
import { AUTH_SETTINGS, type AuthConfig, loadAuthConfig } from "#auth/auth-config.ts";
import { LOG_SETTINGS, type LogLevel } from "#ops/log.ts";
import { defineSettings, type Environment, integer, readSettings, text } from "#ops/settings.ts";
import { CALLS_PER_SECOND_DEFAULT } from "./rpc/limits.ts";

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
    dataDir: settings.DATA_DIR,
    logLevel: settings.LOG_LEVEL,
    auth: await loadAuthConfig(env),
  });
}

function port(fallback: number, about: string) {
  return integer({ default: fallback, min: 0, max: 65_535, about });
}

function isSocketUrl(candidate: string): boolean {
  const url = URL.parse(candidate);
  return url !== null && /^wss?:$/.test(url.protocol) && url.search === "" && url.hash === "" && url.username === "";
}
