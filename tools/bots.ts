/**
 * Bots: matches full of honest clients against a running system, for load and for company.
 * In:  the command line.   Out: a line a second, a table at the end; exit 0 when the time is over or on Ctrl-C,
 *      1 when matches could not be played, 2 for a wrong option.
 * Not here: how a bot plays (bots/brain.ts), starting the system (start.ts, demo.ts).
 */

import { setTimeout as delay } from "node:timers/promises";
import { BotLoop } from "./bots/bot-loop.ts";
import { GAME_MODES } from "./bots/cast.ts";
import { Credentials } from "./bots/credentials.ts";
import { MATCH_RETRY_MS, MINUTES_MAX, PLAYERS_MAX, RATE_HZ_MAX, SESSIONS_MAX, SPECTATORS_MAX } from "./bots/limits.ts";
import { Match, type MatchDeps, type MatchPlan } from "./bots/match.ts";
import { helpOf, type OptionValues, readOptions } from "./bots/options.ts";
import { Tally } from "./bots/tally.ts";

const OPTIONS = {
  url: { about: "gateway", default: "http://localhost:8080" },
  sessions: { about: "matches at a time", default: 1, min: 1, max: SESSIONS_MAX },
  players: { about: "bots in each match", default: 10, min: 2, max: PLAYERS_MAX },
  spectators: { about: "spectators of each match", default: 0, min: 0, max: SPECTATORS_MAX },
  rate: { about: "position updates of a bot per second", default: 20, min: 1, max: RATE_HZ_MAX },
  format: { about: "of the sockets", default: "protobuf", oneOf: ["json", "protobuf"] },
  mode: { about: "game mode", default: "team_deathmatch", oneOf: GAME_MODES },
  minutes: { about: "how long, over all matches", default: 5, min: 0.05, max: MINUTES_MAX, parts: true },
  rounds: { about: "rounds of a match", default: 10, min: 1, max: 20 },
  "score-limit": { about: "points that win a round; 0 for the mode's own", default: 0, min: 0, max: 500 },
  "tick-rate": { about: "steps of the simulation per second", default: 30, min: 1, max: 128 },
  "time-limit": { about: "minutes of a match", default: 15, min: 1, max: 60 },
  respawn: { about: "seconds from death to respawn", default: 2, min: 0, max: 60, parts: true },
  seed: { about: "of the bots' choices", default: 1, min: 0, max: 2 ** 32 - 1 },
} as const;

type Options = OptionValues<typeof OPTIONS>;

const ABOUT = "Bots that play matches over the public socket; one development key signs for all of them (DATA_DIR).";

async function main(): Promise<number> {
  const read = readOptions(process.argv.slice(2), OPTIONS);
  if (read.kind === "help") return print(helpOf("npm run bots --", ABOUT, OPTIONS), 0);
  if (read.kind === "wrong") return print(`${read.why}\n--help lists all options`, 2);
  const { values } = read;
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  const deadline = setTimeout(() => stop.abort(), values.minutes * 60_000);
  const loop = new BotLoop(values.rate);
  const deps = { credentials: await Credentials.load(process.env), loop, tally: new Tally(), signal: stop.signal };
  const playing = new Set<Match>();
  const report = startReport(deps.tally, playing);
  await Promise.all(Array.from({ length: values.sessions }, (_, place) => playOn(place, values, deps, playing)));
  clearTimeout(deadline);
  loop.stop();
  return print(report.end(), deps.tally.total("matches") > 0 ? 0 : 1);
}

/** One place: match after match until told to stop. */
async function playOn(place: number, options: Options, deps: MatchDeps, playing: Set<Match>): Promise<void> {
  for (let round = 0; !deps.signal.aborted; round++) {
    const match = new Match(planOf(options, place * 1_000 + round * 100_003), deps);
    playing.add(match);
    const end = await match.play();
    playing.delete(match);
    if (end.ended) {
      deps.tally.count("matches");
      continue;
    }
    console.error(`no match: ${end.refusal.error} ${end.refusal.message}`);
    await delay(MATCH_RETRY_MS, undefined, { signal: deps.signal }).catch(() => undefined); // Told to stop.
  }
}

function planOf(options: Options, offset: number): MatchPlan {
  const { url, mode, players, spectators, format } = options;
  const settings = {
    max_rounds: options.rounds,
    ...(options["score-limit"] > 0 && { score_limit: options["score-limit"] }),
    tick_rate_hz: options["tick-rate"],
    time_limit_minutes: options["time-limit"],
    respawn_seconds: options.respawn,
  };
  return { url, mode, players, spectators, format, seed: (options.seed + offset) >>> 0, settings };
}

function startReport(tally: Tally, playing: ReadonlySet<Match>): { end(): string } {
  const startedAtMs = performance.now();
  let lineAtMs = startedAtMs;
  const elapsed = () => (performance.now() - startedAtMs) / 1000;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    let connected = 0;
    for (const match of playing) connected += match.connectedCount;
    console.log(tally.line({ elapsedSeconds: elapsed(), seconds: (nowMs - lineAtMs) / 1000, connected }));
    lineAtMs = nowMs;
  }, 1_000);
  return {
    end() {
      clearInterval(timer);
      return `\n${tally.table(elapsed())}`;
    },
  };
}

function print(text: string, exitCode: number): number {
  (exitCode === 2 ? console.error : console.log)(text);
  return exitCode;
}

process.exitCode = await main();
