/**
 * Credentials: tokens of the development key, for tools that act as players and as matchmaking.
 * In:  DATA_DIR, as the services have it.   Out: fresh tokens, one at a time.
 * Not here: systems with real keys, which give tools no tokens.
 */
import { randomUUID } from "node:crypto";
import { loadAuthConfig } from "#auth/auth-config.ts";
import { createIssuer, type Issuer } from "#auth/issuer.ts";
import type { Role } from "#auth/principal.ts";
import { systemClock } from "#kit/clock.ts";

const TOKEN_SECONDS = 3_600; // Longer than a match may last, so that a bot is asked for a refresh at most once.

export class Credentials {
  /** Who creates the matches. */
  readonly serviceId = randomUUID();
  private readonly issuer: Issuer;

  private constructor(issuer: Issuer) {
    this.issuer = issuer;
  }

  static async load(env: NodeJS.ProcessEnv): Promise<Credentials> {
    const config = await loadAuthConfig(env);
    if (!config.userSigningKey)
      throw new Error("bots need the development key: unset AUTH_JWKS_URL and AUTH_JWKS_FILE");
    return new Credentials(createIssuer(config, systemClock));
  }

  service(): Promise<string> {
    return this.user(this.serviceId, "service");
  }

  user(sub: string, role: Role, name?: string): Promise<string> {
    return this.issuer.user({ sub, roles: [role], ttlSeconds: TOKEN_SECONDS, ...(name !== undefined && { name }) });
  }
}
