/** Options: the command line of `npm run bench`, and what its help says. */
import { parseArgs } from "node:util";
import { isScenario, SCENARIOS, SETS, scenariosOf } from "./catalogue.ts";

export type Order = {
  readonly scenarios: readonly string[];
  readonly quick: boolean;
  readonly seed: number | null;
  /** Null: as long as the scenario likes. */
  readonly minutes: number | null;
  /** Where results go; null: bench/results, or a temporary folder for a quick run. */
  readonly out: string | null;
};

export type OrderRead =
  | { readonly kind: "run"; readonly order: Order }
  | { readonly kind: "write-docs" }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly why: string };

const MINUTES_MAX = 24 * 60;
const LONG_NAMES = Object.keys(SCENARIOS)
  .filter((name) => SCENARIOS[name]?.takesMinutes)
  .join(", ");

const row = ([name, about]: readonly [string, string]) => `  ${name.padEnd(14)}${about}`;

export const HELP = `Benchmarks, those of the service on real PostgreSQL, Redis and Kafka.

  npm run bench [-- NAME … --quick --seed N --minutes N --out FOLDER]   run all, or those named; results and docs/BENCHMARKS.md
  npm run bench -- --write-docs                             docs/BENCHMARKS.md from the results that are there

${Object.entries(SCENARIOS)
  .map(([name, { about }]) => row([name, about]))
  .join("\n")}
${Object.entries(SETS)
  .map(([name, members]) => row([name, members.join(", ")]))
  .join("\n")}

  --quick        a minute for all of stores, to see that it works; results go to a temporary folder
  --seed N       of what is drawn; else a new one, which is printed
  --minutes N    of a scenario whose length may be chosen (${LONG_NAMES}), up to ${MINUTES_MAX}
  --out FOLDER   where results go; then docs/BENCHMARKS.md stays as it is

The scenarios of sim, sockets and calls need no servers. The others take those of DATABASE_URL, REDIS_URL and KAFKA_BROKERS, else those of
npm run services. In them a run makes a database and topics of its own and takes an empty logical database of Redis, and
removes all that when it ends. Processes of the service itself publish on its own topics.
`;

export function readOrder(args: readonly string[]): OrderRead {
  const options = {
    help: { type: "boolean", short: "h", default: false },
    quick: { type: "boolean", default: false },
    "write-docs": { type: "boolean", default: false },
    seed: { type: "string" },
    minutes: { type: "string" },
    out: { type: "string" },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (values.help) return { kind: "help" };
    const unknown = positionals.find((name) => !isScenario(name) && !Object.hasOwn(SETS, name));
    if (unknown !== undefined) {
      return wrong(`${unknown} is not one of ${[...Object.keys(SCENARIOS), ...Object.keys(SETS)].join(", ")}`);
    }
    const { quick, out = null } = values;
    if (values["write-docs"]) {
      const isAlone =
        positionals.length === 0 && !quick && out === null && values.seed === undefined && values.minutes === undefined;
      return isAlone ? { kind: "write-docs" } : wrong("--write-docs runs nothing and stands alone");
    }
    const seed = values.seed === undefined ? null : Number(values.seed);
    if (seed !== null && !(/^\d+$/.test(values.seed ?? "") && seed < 2 ** 32)) {
      return wrong(`--seed is ${values.seed}; allowed: whole, 0 to ${2 ** 32 - 1}`);
    }
    const scenarios = scenariosOf(positionals);
    const minutes = values.minutes === undefined ? null : Number(values.minutes);
    const why = minutes === null ? null : problemWithMinutes(minutes, scenarios, quick);
    return why === null ? { kind: "run", order: { scenarios, quick, seed, minutes, out } } : wrong(why);
  } catch (error) {
    return wrong((error as Error).message);
  }
}

function problemWithMinutes(minutes: number, scenarios: readonly string[], quick: boolean): string | null {
  if (!(Number.isInteger(minutes) && minutes >= 1 && minutes <= MINUTES_MAX)) {
    return `--minutes allowed: whole, 1 to ${MINUTES_MAX}`;
  }
  if (quick) return "--minutes says how long, and --quick that it is short";
  const fixed = scenarios.find((name) => !SCENARIOS[name]?.takesMinutes);
  return fixed === undefined ? null : `${fixed} takes as long as it takes; --minutes is for ${LONG_NAMES}`;
}

function wrong(why: string): OrderRead {
  return { kind: "wrong", why };
}
