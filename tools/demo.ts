/**
 * Demo: the whole system with bots fighting in it, told as it happens.
 * In:  the command line.   Out: who killed whom, scores, winners; exit 0 on Ctrl-C or when the time is over.
 * Law: everything told here came over the public socket; the demo knows nothing that a player could not.
 * Not here: how bots play (bots/), how the system starts (bots/system.ts).
 */
import { setTimeout as delay } from "node:timers/promises";
import type { CombatSession } from "#client/index.ts";
import { BotLoop } from "./bots/bot-loop.ts";
import { type CastPlayer, GAME_MODES } from "./bots/cast.ts";
import { Credentials } from "./bots/credentials.ts";
import { KillFeed } from "./bots/kill-feed.ts";
import { MATCH_RETRY_MS, PLAYERS_MAX } from "./bots/limits.ts";
import { Match, type MatchDeps, type MatchPlan } from "./bots/match.ts";
import { helpOf, type OptionValues, readOptions } from "./bots/options.ts";
import { type System, startSystem } from "./bots/system.ts";
import { Tally } from "./bots/tally.ts";

const OPTIONS = {
  players: { about: "bots in each match", default: 16, min: 2, max: PLAYERS_MAX },
  mode: { about: "game mode", default: "team_deathmatch", oneOf: GAME_MODES },
  format: { about: "of the sockets", default: "protobuf", oneOf: ["json", "protobuf"] },
  rounds: { about: "rounds of a match", default: 3, min: 1, max: 20 },
  "score-limit": { about: "points that win a round; 0 for the mode's own", default: 0, min: 0, max: 500 },
  seconds: { about: "stop by itself after this long; 0 for never", default: 0, min: 0, max: 86_400, parts: true },
  seed: { about: "of the bots' choices", default: 1, min: 0, max: 2 ** 32 - 1 },
} as const;

type Options = OptionValues<typeof OPTIONS>;

const ABOUT = "Starts the system and lets bots fight in it, match after match. Ctrl-C ends it.";
const BOT_RATE_HZ = 20;

async function main(): Promise<number> {
  const read = readOptions(process.argv.slice(2), OPTIONS);
  if (read.kind === "help") {
    console.log(helpOf("npm run demo --", ABOUT, OPTIONS));
    return 0;
  }
  if (read.kind === "wrong") {
    console.error(`${read.why}\n--help lists all options`);
    return 2;
  }
  const stop = new AbortController();
  process.on("SIGINT", () => stop.abort()); // Every one, not the first alone: a second must not cut the end short.
  process.on("SIGTERM", () => stop.abort());
  const timer = read.values.seconds > 0 ? setTimeout(() => stop.abort(), read.values.seconds * 1_000) : undefined;
  const exitCode = await fightUntil(stop, read.values);
  clearTimeout(timer);
  return exitCode;
}

/** 0 when it was told to stop, 1 when the system failed. */
async function fightUntil(stop: AbortController, options: Options): Promise<number> {
  let system: System;
  try {
    system = await startSystem(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) console.error((error as Error).message);
    return stop.signal.aborted ? 0 : 1;
  }
  let exitCode = 0;
  void system.ended.then((how) => {
    if (stop.signal.aborted) return;
    console.error(`the system ended (${how})`);
    exitCode = 1;
    stop.abort();
  });
  try {
    await playMatches(system.gatewayUrl, options, stop.signal);
  } finally {
    await system.stop();
  }
  return exitCode;
}

async function playMatches(url: string, options: Options, signal: AbortSignal): Promise<void> {
  const loop = new BotLoop(BOT_RATE_HZ);
  const deps: MatchDeps = { credentials: await Credentials.load(process.env), loop, tally: new Tally(), signal };
  for (let match = 0; !signal.aborted; match++) {
    await playMatch(planOf(url, options, match), deps);
  }
  loop.stop();
}

async function playMatch(plan: MatchPlan, deps: MatchDeps): Promise<void> {
  let feed: KillFeed | null = null;
  const match = new Match(plan, deps, {
    onCreated: (session, cast) => {
      feed = new KillFeed(cast, Date.now());
      announce(plan, session, cast, deps.credentials);
    },
    onEvent: (event) => {
      const line = feed?.line(event);
      if (line) console.log(line);
    },
  });
  const end = await match.play();
  if (end.ended || deps.signal.aborted) return;
  console.error(`no match: ${end.refusal.error} ${end.refusal.message}`);
  await delay(MATCH_RETRY_MS, undefined, { signal: deps.signal }).catch(() => undefined); // Told to stop.
}

function planOf(url: string, options: Options, match: number): MatchPlan {
  const { mode, players, format, rounds } = options;
  const settings = {
    max_rounds: rounds,
    ...(options["score-limit"] > 0 && { score_limit: options["score-limit"] }),
    time_limit_minutes: 5,
    respawn_seconds: 2,
  };
  const seed = (options.seed + match * 1_000) >>> 0;
  return { url, mode, players, spectators: 1, format, seed, settings };
}

function announce(
  plan: MatchPlan,
  session: CombatSession,
  cast: readonly CastPlayer[],
  credentials: Credentials,
): void {
  const token = `$(npm run --silent token -- --sub ${credentials.serviceId} --role`;
  const socket = plan.url.replace(/^http/, "ws");
  console.log(
    [
      "",
      `match ${session.id}: ${plan.mode}, ${cast.map(({ name }) => name).join(", ")}`,
      `  watch  ${socket}/ws/sessions/${session.id}/spectate?camera_mode=cinematic&token=${token} spectator)`,
      `  look   curl -H "Authorization: Bearer ${token} service)" ${plan.url}/sessions/${session.id}`,
      "",
    ].join("\n"),
  );
}

process.exitCode = await main();
