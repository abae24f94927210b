/**
 * Forge: tokens put together by hand, so that tests can break them in ways no honest library would.
 * Out: an AuthConfig over fresh keys (one Ed25519 and one RSA key of users, one Ed25519 key of our own) and a signer.
 */
import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AuthConfig, loadAuthConfig } from "#auth/auth-config.ts";

export type Keys = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

export type Fields = { readonly [name: string]: unknown };

export type Forge = {
  readonly folder: string;
  readonly settings: { readonly [name: string]: string };
  readonly config: AuthConfig;
  readonly users: Keys;
  readonly rsaUsers: Keys;
  readonly own: Keys;
};

/** Keys in files of a temporary folder, and the config that a production start reads from them. */
export async function createForge(): Promise<Forge> {
  const folder = mkdtempSync(join(tmpdir(), "auth-test-"));
  const users = generateKeyPairSync("ed25519");
  const rsaUsers = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const own = generateKeyPairSync("ed25519");
  const keySet = {
    keys: [
      { ...users.publicKey.export({ format: "jwk" }), kid: "users", alg: "EdDSA" },
      { ...rsaUsers.publicKey.export({ format: "jwk" }), kid: "rsa-users", alg: "RS256" },
    ],
  };
  const settings = {
    NODE_ENV: "production",
    AUTH_JWKS_FILE: join(folder, "users.json"),
    AUTH_INTERNAL_KEY_FILE: join(folder, "own.json"),
    DATA_DIR: join(folder, "data"),
  };
  writeFileSync(settings.AUTH_JWKS_FILE, JSON.stringify(keySet));
  writeFileSync(settings.AUTH_INTERNAL_KEY_FILE, JSON.stringify(own.privateKey.export({ format: "jwk" })));
  return { folder, settings, config: await loadAuthConfig(settings), users, rsaUsers, own };
}

export function encode(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
}

/** A token with this header and these claims, signed with an Ed25519 or RSA key. */
export function signed(header: Fields, claims: unknown, { privateKey }: Keys): string {
  const body = `${encode(header)}.${encode(claims)}`;
  const hash = privateKey.asymmetricKeyType === "rsa" ? "sha256" : null;
  return `${body}.${sign(hash, Buffer.from(body), privateKey).toString("base64url")}`;
}

/** A token whose HMAC secret is whatever the attacker knows, such as a public key. */
export function macSigned(header: Fields, claims: unknown, secret: string | Buffer): string {
  const body = `${encode(header)}.${encode(claims)}`;
  return `${body}.${createHmac("sha256", secret).update(body).digest("base64url")}`;
}
