/**
 * Token: prints a development JWT, signed with the development key of DATA_DIR.
 * In:  command line.   Out: the token alone on stdout; anything else on stderr.
 * Not here: tokens for real keys. Where AUTH_JWKS_* is set, whoever owns those keys issues the tokens.
 */
import { parseArgs } from "node:util";
import { loadAuthConfig } from "#auth/auth-config.ts";
import { createIssuer, type UserOrder } from "#auth/issuer.ts";
import { isRole, ROLES } from "#auth/principal.ts";
import { systemClock } from "#kit/clock.ts";
import { isUuid } from "#kit/uuid.ts";

const TTL_SECONDS_DEFAULT = 3600;
const TTL_SECONDS_MAX = 30 * 24 * 3600; // A longer life is refused: this is a key that lies in a folder.

const HELP = `Prints a development token for the combat services of this machine.

  npm run --silent token -- --sub UUID [--role ROLE] [--name NAME] [--session UUID] [--ttl SECONDS]

  --sub      whose token: the player's id, a lower-case UUID
  --role     ${ROLES.join(", ")}; default player. May be given more than once
  --name     a name for people
  --session  the token is good for this session only
  --ttl      seconds to live, 1 to ${TTL_SECONDS_MAX}; default ${TTL_SECONDS_DEFAULT}

The key is DATA_DIR/dev-key.json (DATA_DIR is .data unless set); it is made if it is not there.
`;

/** A command line that cannot be done; the message says what is allowed. */
class UsageError extends Error {
  override name = "UsageError";
}

/** What the command line asks for, or null for help. */
function readOrder(args: readonly string[]): UserOrder | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: "boolean", short: "h" },
      sub: { type: "string" },
      role: { type: "string", multiple: true, default: ["player"] },
      name: { type: "string" },
      session: { type: "string" },
      ttl: { type: "string", default: String(TTL_SECONDS_DEFAULT) },
    },
  });
  if (values.help) return null;
  const { sub, role, name, session } = values;
  if (!isUuid(sub)) throw new UsageError("--sub must be a lower-case UUID");
  if (session !== undefined && !isUuid(session)) throw new UsageError("--session must be a lower-case UUID");
  const roles = role.filter(isRole);
  if (roles.length !== role.length) throw new UsageError(`--role must be one of ${ROLES.join(", ")}`);
  const ttlSeconds = Number(values.ttl);
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > TTL_SECONDS_MAX) {
    throw new UsageError(`--ttl must be a whole number from 1 to ${TTL_SECONDS_MAX}`);
  }
  return {
    sub,
    roles: [...new Set(roles)],
    ttlSeconds,
    ...(name === undefined ? {} : { name }),
    ...(session === undefined ? {} : { sessionId: session }),
  };
}

async function main(): Promise<void> {
  const order = readOrder(process.argv.slice(2));
  if (order === null) {
    process.stdout.write(HELP);
    return;
  }
  const config = await loadAuthConfig(process.env);
  if (config.userSigningKey === null) {
    throw new UsageError(
      "AUTH_JWKS_URL or AUTH_JWKS_FILE is set: the owner of those keys issues tokens, not this tool",
    );
  }
  process.stdout.write(`${await createIssuer(config, systemClock).user(order)}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
  process.exitCode = 1;
}
