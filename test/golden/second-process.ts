/**
 * Second process: plays a scripted match, or replays the recording on standard input, and prints the hash.
 * In: `play <match>` or `replay`.   Out: one line, the 16 digits of the final hash.
 * Not a test itself: matches.test.ts starts it and compares.
 */
import { text } from "node:stream/consumers";
import { hashWorld } from "#combat/sim/hash.ts";
import { type Recording, replay } from "#combat/sim/record.ts";
import { type MatchName, playMatch } from "./script.ts";

const [task, name] = process.argv.slice(2);
const world =
  task === "play" ? playMatch(name as MatchName).world : replay(JSON.parse(await text(process.stdin)) as Recording);
console.log(hashWorld(world));
