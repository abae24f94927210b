/** Options: the command line of `npm run services`, and what its help says. */
import { parseArgs } from "node:util";

export const ACTIONS = ["up", "down", "status"] as const;
export type Order = { readonly action: (typeof ACTIONS)[number]; readonly install: boolean; readonly native: boolean };

export type OrderRead =
  | { readonly kind: "order"; readonly order: Order }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly why: string };

export const HELP = `PostgreSQL, Redis and Kafka for tests on this machine.

  npm run services -- up [--install] [--native]   start what does not run, print the environment to use
  npm run services -- status                      what runs where; exit 0 when all run, 1 otherwise
  npm run services -- down                        stop all, remove their data

  --install   install what is missing with apt-get (as root)
  --native    not through Docker, even where its engine answers

Through Docker Compose where a Docker engine answers (deploy/compose.yaml), else from Debian's packages, and Kafka from
Maven Central. The servers listen on free ports of the loopback address, without passwords, with their data in a folder
of the system's temporary one; servers on the usual ports are left alone. What is printed is for a shell:

  eval "$(npm run --silent services -- up)"

SERVICES_DIR       the folder of data, logs and pid files
MAVEN_CENTRAL_URL  where Kafka's jars come from; else the mirror of Maven's settings.xml, else repo1.maven.org
JAVA_HOME          the Java that runs Kafka; else the one in PATH
XDG_CACHE_HOME     where the jars are kept (necpgame-services below it); else ~/.cache
`;

export function readOrder(args: readonly string[]): OrderRead {
  const options = {
    help: { type: "boolean", short: "h", default: false },
    install: { type: "boolean", default: false },
    native: { type: "boolean", default: false },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const { help, install, native } = values;
    if (help) return { kind: "help" };
    const [given, ...more] = positionals;
    const action = ACTIONS.find((name) => name === given);
    if (action === undefined || more.length > 0) {
      return { kind: "wrong", why: `${positionals.join(" ") || "nothing"} is not one of ${ACTIONS.join(", ")}` };
    }
    if (action !== "up" && (install || native)) return { kind: "wrong", why: "--install and --native are for up" };
    return { kind: "order", order: { action, install, native } };
  } catch (error) {
    return { kind: "wrong", why: (error as Error).message };
  }
}
