/**
 * Scenario process: one scenario in a process of its own, so that none measures the garbage and warmed-up code of another.
 * In:  its order as the first message.   Out: progress as messages, then the report. Ends when its starter is gone.
 */
import { hideTimerWarning } from "#tools/services/console.ts";
import { SCENARIOS } from "./catalogue.ts";
import type { BenchServers, Report } from "./scenario.ts";

export type ScenarioOrder = {
  readonly name: string;
  /** Null for a scenario that needs none. */
  readonly servers: BenchServers | null;
  readonly seed: number;
  readonly quick: boolean;
  readonly minutes: number | null;
};

export type ScenarioMessage =
  | { readonly kind: "progress"; readonly text: string }
  | { readonly kind: "report"; readonly report: Report }
  | { readonly kind: "failed"; readonly why: string };

function send(message: ScenarioMessage): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(message, () => resolve());
  });
}

async function run(order: ScenarioOrder): Promise<void> {
  try {
    const report = await reportOf(order);
    await send({ kind: "report", report });
    process.exit(0);
  } catch (error) {
    await send({ kind: "failed", why: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    process.exit(1);
  }
}

async function reportOf({ name, servers, seed, quick, minutes }: ScenarioOrder): Promise<Report> {
  const entry = SCENARIOS[name]!;
  const context = { seed, quick, minutes, say: (text: string) => void send({ kind: "progress", text }) };
  if (entry.needs === "nothing") return (await entry.load())(context);
  if (servers === null) throw new Error(`${name} needs servers`);
  return (await entry.load())({ ...context, servers });
}

hideTimerWarning();
process.on("disconnect", () => process.exit(1));
process.once("message", (order) => void run(order as ScenarioOrder));
