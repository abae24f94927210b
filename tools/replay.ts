/**
 * Replay: plays the recording of a match again.
 * In:  a session of a running gateway, or a file.   Out: whether it replays as it was recorded, the state at a moment, what
 *      happened, or where two recordings part.
 * Exit: 0 when it is as recorded; 1 when something differs; 2 when it could not be asked for, read or played.
 */
import { parseArgs } from "node:util";
import { BrokenRecording } from "#combat/stores/recording-codec.ts";
import type { SavedRecording } from "#gen/necpgame/combat/v1/recording_pb.js";
import { isUuid } from "#kit/uuid.ts";
import { PROGRESS_MS } from "./replay/limits.ts";
import { check, enter, parting, segmentAt } from "./replay/play.ts";
import { OtherContent, type Segment, segmentsOf } from "./replay/recording.ts";
import { differenceLines, eventLine, fieldLines, segmentLine, timeOf, worldLines } from "./replay/show.ts";
import { download, load, SourceError, save } from "./replay/source.ts";

const HELP = `Plays the recording of a match again, and checks it.

  npm run --silent replay -- --session UUID --token JWT [--url URL] [what to do]
  npm run --silent replay -- --file FILE [what to do]

  --session        the session; it must be over, unless the token is a service's
  --token          whose replay it is: a player's who was in it; default the environment's TOKEN
  --url            the gateway; default http://localhost:8080
  --file           a recording that was saved

What to do, --check when nothing is said:

  --check          play it from end to end, hold the hash of every second against the recorded one, and name the first
                   tick and fields that differ
  --seek SECONDS   show the state at this second of match time, played from the nearest recorded state
  --events         tell what happened, by match time; players by their slots
  --against FILE   name the first tick and fields in which another recording differs
  --save FILE      keep the recording
  --other-content  play it although it was recorded under other rules, weapons or maps than this release has

Exit code: 0 as recorded, 1 something differs, 2 it could not be read or played.
`;

/** A command line that cannot be done; the message says what is allowed. */
class UsageError extends Error {
  override name = "UsageError";
}

type Options = ReturnType<typeof readOptions>;

function readOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: "boolean", short: "h", default: false },
      session: { type: "string" },
      token: { type: "string" },
      url: { type: "string", default: "http://localhost:8080" },
      file: { type: "string" },
      check: { type: "boolean", default: false },
      seek: { type: "string" },
      events: { type: "boolean", default: false },
      against: { type: "string" },
      save: { type: "string" },
      "other-content": { type: "boolean", default: false },
    },
  });
  if (values.help) return { ...values, seekSeconds: null };
  if ((values.session === undefined) === (values.file === undefined)) {
    throw new UsageError("give either --session or --file");
  }
  if (values.session !== undefined && !isUuid(values.session)) throw new UsageError("--session must be a UUID");
  const seekSeconds = values.seek === undefined ? null : Number(values.seek);
  if (seekSeconds !== null && !(Number.isFinite(seekSeconds) && seekSeconds >= 0)) {
    throw new UsageError("--seek must be seconds of match time, 0 or more");
  }
  return { ...values, seekSeconds };
}

const say = (line: string) => process.stdout.write(`${line}\n`);

/** Says now and then, on stderr, how far long work has come. */
function progress(what: string) {
  let saidAtMs = performance.now();
  return (done: number, all: number) => {
    if (performance.now() - saidAtMs < PROGRESS_MS) return;
    saidAtMs = performance.now();
    process.stderr.write(`${what}: ${done} of ${all}\n`);
  };
}

async function recordingOf({ file, session = "", token, url }: Options): Promise<SavedRecording> {
  if (file !== undefined) return load(file);
  const credential = token ?? process.env["TOKEN"] ?? "";
  if (credential === "") throw new UsageError("--token, or TOKEN in the environment, is needed with --session");
  return download({ url, sessionId: session, token: credential }, progress("parts fetched"));
}

/** Plays every segment; true when all are as recorded. */
function play(segments: readonly Segment[], { events, check: asked }: { events: boolean; check: boolean }): boolean {
  let alike = true;
  segments.forEach((segment, place) => {
    const { tickRateHz, lastTick } = segment;
    say(segmentLine(segment, segments[place + 1]));
    const told = progress(`epoch ${segment.epoch}, ticks played`);
    const { ticks, hashes, difference } = check(segment, {
      onTick: (world, happened) => {
        told(world.tick, lastTick);
        if (events) for (const event of happened) say(eventLine(world, event));
      },
    });
    if (difference !== null) {
      alike = false;
      for (const line of differenceLines(difference, tickRateHz)) say(line);
    } else if (asked) say(`  as recorded: ${ticks} ticks played, ${hashes} hashes alike`);
  });
  return alike;
}

function seek(segments: readonly Segment[], seconds: number): void {
  const { tickRateHz } = segments[0]!;
  const tick = Math.floor(seconds * tickRateHz);
  const segment = segmentAt(segments, tick);
  if (segment === null) {
    const from = segments[0]!.firstTick;
    throw new UsageError(`the recording begins at ${timeOf(from, tickRateHz)}, at tick ${from}`);
  }
  const { world, ticksPlayed } = enter(segment, tick);
  for (const line of worldLines(world, segment.players)) say(line);
  if (world.tick < tick) say(`the recording ends here, before tick ${tick}`);
  process.stderr.write(`${ticksPlayed} ticks were played for it\n`);
}

async function compare(segments: readonly Segment[], path: string, allowed: { otherContent: boolean }) {
  const found = parting(segments, segmentsOf(await load(path), allowed));
  if (found === "alike") say("as the other recording, at every tick that both have");
  if (found === "nothing in common") throw new UsageError("the two recordings have no ticks in common");
  if (typeof found === "string") return true;
  say(`DIFFERS from ${path} at tick ${found.tick} of epoch ${found.epoch}:`);
  for (const line of fieldLines(found.fields, "this", "other")) say(line);
  return false;
}

async function main(): Promise<boolean> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return true;
  }
  const recording = await recordingOf(options);
  if (options.save !== undefined) {
    await save(options.save, recording);
    say(`saved: ${recording.parts.length} parts in ${options.save}`);
  }
  const { events, against, save: saved, seekSeconds } = options;
  const allowed = { otherContent: options["other-content"] };
  const isAsked = events || against !== undefined || saved !== undefined || seekSeconds !== null;
  const asked = options.check || !isAsked;
  if (!asked && !events && against === undefined && seekSeconds === null) return true;
  const segments = segmentsOf(recording, allowed);
  let alike = true;
  if (asked || events) alike = play(segments, { events, check: asked });
  if (seekSeconds !== null) seek(segments, seekSeconds);
  if (against !== undefined) alike = (await compare(segments, against, allowed)) && alike;
  return alike;
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  const known = [UsageError, SourceError, BrokenRecording, OtherContent].some((kind) => error instanceof kind);
  const isUsage = error instanceof UsageError || (error instanceof TypeError && "code" in error);
  const said =
    error instanceof Error ? (known || isUsage ? error.message : `it cannot be played: ${error.stack}`) : error;
  process.stderr.write(`${said}\n${isUsage ? `\n${HELP}` : ""}`);
  process.exitCode = 2;
}
