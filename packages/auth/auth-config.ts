/**
 * Auth config: whose tokens are believed, and the keys that we sign with ourselves.
 * In:  the environment.   Out: AuthConfig, or a SettingError that names the setting.
 * Law: without AUTH_JWKS_* or AUTH_INTERNAL_KEY_FILE a development key stands in, `devKey` says so, and
 *      NODE_ENV=production refuses it. Private keys never leave this object.
 * Both services read the same settings, so that what one signs the other believes.
 */
import { readFile } from "node:fs/promises";
import {
  type CryptoKey,
  calculateJwkThumbprint,
  createLocalJWKSet,
  createRemoteJWKSet,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  type JWTVerifyGetKey,
} from "jose";
import { defineSettings, type Environment, optionalText, readSettings, SettingError, text } from "#ops/settings.ts";
import { readDevKey } from "./dev-key.ts";
import { JWKS_AGE_MS_MAX, JWKS_COOLDOWN_MS, JWKS_TIMEOUT_MS, KEY_FILE_BYTES_MAX } from "./limits.ts";

export const INTERNAL_ISSUER = "combat.realtime";
export const TICKET_AUDIENCE = "combat-socket";
export const INTERNAL_AUDIENCE = "combat-internal";
export const SERVICES_AUDIENCE = "combat-services";

const OWN_AUDIENCES: readonly string[] = [TICKET_AUDIENCE, INTERNAL_AUDIENCE, SERVICES_AUDIENCE];

export const AUTH_SETTINGS = defineSettings({
  AUTH_JWKS_URL: optionalText({
    about: "Where the public keys of users' tokens are fetched (JWKS). Without it and AUTH_JWKS_FILE: development key.",
    allowed: "an http or https URL without credentials",
    check: isKeyServerUrl,
  }),
  AUTH_JWKS_FILE: optionalText({
    about: "File with the public keys of users' tokens (JWKS), instead of AUTH_JWKS_URL.",
  }),
  AUTH_ISSUER: text({ about: "Claim `iss` that users' tokens must have.", default: "necpgame" }),
  AUTH_AUDIENCE: text({
    about: "Claim `aud` that users' tokens must have.",
    allowed: `a name other than ${OWN_AUDIENCES.join(", ")}`,
    default: "combat",
    check: (audience) => !OWN_AUDIENCES.includes(audience),
  }),
  AUTH_INTERNAL_KEY_FILE: optionalText({
    about: "Ed25519 private key (JWK) that combat and gateways share: signs join tickets and the services' own tokens.",
  }),
  DATA_DIR: text({
    about: "Where the embedded defaults keep what they keep, the development key too.",
    default: ".data",
  }),
  NODE_ENV: text({ about: "`production` refuses the development key.", default: "development" }),
});

export type SigningKey = { readonly privateKey: CryptoKey; readonly keyId: string };

export type AuthConfig = {
  readonly issuer: string;
  readonly audience: string;
  readonly userKeys: JWTVerifyGetKey;
  readonly internalKeys: JWTVerifyGetKey;
  readonly internalSigningKey: SigningKey;
  /** Signs users' tokens in development; null where real keys are configured. */
  readonly userSigningKey: SigningKey | null;
  /** A development key is in use for users, internally, or both: say so loudly. */
  readonly devKey: boolean;
};

export async function loadAuthConfig(env: Environment): Promise<AuthConfig> {
  const settings = readSettings(AUTH_SETTINGS, env);
  if (settings.AUTH_JWKS_URL !== null && settings.AUTH_JWKS_FILE !== null) {
    throw new SettingError({ setting: "AUTH_JWKS_FILE", shown: "set beside AUTH_JWKS_URL", allowed: "one of the two" });
  }
  const ownUsers = settings.AUTH_JWKS_URL === null && settings.AUTH_JWKS_FILE === null;
  const ownInternal = settings.AUTH_INTERNAL_KEY_FILE === null;
  if (settings.NODE_ENV === "production" && (ownUsers || ownInternal)) {
    throw new SettingError({
      setting: ownUsers ? "AUTH_JWKS_URL" : "AUTH_INTERNAL_KEY_FILE",
      shown: "not set",
      allowed: "required when NODE_ENV=production, which refuses the development key",
    });
  }
  const devKey = ownUsers || ownInternal ? await keyPair(await readDevKey(settings.DATA_DIR)) : null;
  const internal = devKey && ownInternal ? devKey : await readInternalKey(settings.AUTH_INTERNAL_KEY_FILE as string);
  return Object.freeze({
    issuer: settings.AUTH_ISSUER,
    audience: settings.AUTH_AUDIENCE,
    userKeys: devKey && ownUsers ? devKey.keys : await readUserKeys(settings.AUTH_JWKS_URL, settings.AUTH_JWKS_FILE),
    internalKeys: internal.keys,
    internalSigningKey: internal.signing,
    userSigningKey: devKey && ownUsers ? devKey.signing : null,
    devKey: devKey !== null,
  });
}

type KeyPair = { readonly signing: SigningKey; readonly keys: JWTVerifyGetKey };

/** From a private Ed25519 JWK. */
async function keyPair(jwk: JWK): Promise<KeyPair> {
  if (jwk.kty !== "OKP" || jwk.crv !== "Ed25519" || typeof jwk.d !== "string")
    throw new TypeError("not an Ed25519 key");
  const keyId = await calculateJwkThumbprint(jwk);
  const privateKey = (await importJWK(jwk, "EdDSA")) as CryptoKey;
  const publicJwk = { kty: "OKP", crv: "Ed25519", x: jwk.x, kid: keyId, alg: "EdDSA" } as JWK;
  return { signing: { privateKey, keyId }, keys: createLocalJWKSet({ keys: [publicJwk] }) };
}

async function readInternalKey(path: string): Promise<KeyPair> {
  const setting = "AUTH_INTERNAL_KEY_FILE";
  try {
    return await keyPair((await readKeyFile(path)) as JWK);
  } catch (cause) {
    throw new SettingError({
      setting,
      shown: `${path} (${reasonOf(cause)})`,
      allowed: "a file with an Ed25519 private JWK",
    });
  }
}

async function readUserKeys(url: string | null, path: string | null): Promise<JWTVerifyGetKey> {
  if (url !== null) {
    return createRemoteJWKSet(new URL(url), {
      timeoutDuration: JWKS_TIMEOUT_MS,
      cooldownDuration: JWKS_COOLDOWN_MS,
      cacheMaxAge: JWKS_AGE_MS_MAX,
    });
  }
  try {
    const keySet = (await readKeyFile(path as string)) as JSONWebKeySet;
    const keys = createLocalJWKSet(keySet); // Throws when it is no key set.
    if (keySet.keys.length === 0) throw new TypeError("no keys");
    return keys;
  } catch (cause) {
    throw new SettingError({
      setting: "AUTH_JWKS_FILE",
      shown: `${path} (${reasonOf(cause)})`,
      allowed: "a file with a JSON Web Key Set of at least one public key",
    });
  }
}

async function readKeyFile(path: string): Promise<unknown> {
  const content = await readFile(path, "utf8");
  if (content.length > KEY_FILE_BYTES_MAX) throw new TypeError(`over ${KEY_FILE_BYTES_MAX} bytes`);
  try {
    return JSON.parse(content);
  } catch {
    throw new TypeError("not JSON"); // The engine's message would quote the key.
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : "unreadable";
}

function isKeyServerUrl(candidate: string): boolean {
  const url = URL.parse(candidate);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
}
