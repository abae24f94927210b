/** The fight on the embedded stores. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Told } from "#support/ledger/told.ts";
import { startSystem } from "#support/system.ts";
import { fightSuite } from "./fight.suite.ts";

fightSuite({
  start: (dataDir) => startSystem(dataDir === undefined ? {} : { dataDir }),
  async published(dataDir) {
    const lines = (await readFile(join(dataDir, "events.ndjson"), "utf8")).trimEnd().split("\n");
    const records = lines.map((line) => JSON.parse(line) as Line);
    const numbered = records.filter(({ value }) => value.data.seq > 0); // Samples are not shown.
    const bySession = Map.groupBy(numbered, ({ key }) => key);
    return new Map([...bySession].map(([sessionId, all]) => [sessionId, all.map(toldOf)]));
  },
});

type Line = { readonly key: string; readonly value: { readonly data: Data } };
type Data = { readonly seq: number; readonly event_id: string; readonly tick: number; readonly epoch: number };

/** What is left of the data is the event under its name. */
function toldOf({ value }: Line): Told {
  const { seq, event_id: eventId, tick, epoch, ...named } = value.data;
  const [event, data] = Object.entries(named)[0] as unknown as [string, Told["data"]];
  return { eventId, seq, epoch, tick, event, data };
}
