/** Matchmaking on the embedded stores: ends are read from the event file. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { startSystem } from "#support/system.ts";
import { matchmakingSuite } from "./matchmaking.suite.ts";

type Envelope = { event_type: string; session_id: string; data: { session_ended?: Ended } };
type Ended = { players: { player_id: string; team_id: string }[] };

matchmakingSuite({
  start: (env) => startSystem({ env }),
  async ends({ dataDir }, sessionId) {
    const lines = (await readFile(join(dataDir, "events.ndjson"), "utf8")).trimEnd().split("\n");
    const envelopes = lines.map((line) => (JSON.parse(line) as { value: Envelope }).value);
    const ended = envelopes.flatMap(({ session_id, data }) =>
      session_id === sessionId && data.session_ended ? [data.session_ended] : [],
    );
    return ended.map(({ players }) => ({ players: players.map(({ player_id, team_id }) => [player_id, team_id]) }));
  },
});
