/**
 * Golden matches: the same inputs give the same match, to the last bit, in this process, in another one, from a
 * recording, and in every version until somebody changes a rule on purpose.
 * Law: a golden hash changes only together with a line in the change log that says which rule changed.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { hashWorld } from "#combat/sim/hash.ts";
import { type Recording, replay } from "#combat/sim/record.ts";
import { MATCHES, type MatchName, type Played, playMatch } from "./script.ts";

const GOLDEN = {
  deathmatch: { hash: "9366f9f9aee5fdb5", ticks: 5_267, kills: 122, rounds: 3 },
  team_deathmatch: { hash: "7b9b585b54fb36d1", ticks: 4_572, kills: 159, rounds: 3 },
} as const satisfies Record<MatchName, { hash: string; ticks: number; kills: number; rounds: number }>;

const SECOND_PROCESS = fileURLToPath(new URL("second-process.ts", import.meta.url));
const SECOND_PROCESS_MS_MAX = 25_000;

/** What another process prints, given the task and its standard input. */
function askSecondProcess(task: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: SECOND_PROCESS_MS_MAX };
    const child = execFile(process.execPath, [SECOND_PROCESS, ...task], options, (error, stdout) =>
      error ? reject(error) : resolve(stdout.trim()),
    );
    child.stdin?.end(input);
  });
}

function count(played: Played, kind: string): number {
  return played.events.filter((event) => event.kind === kind).length;
}

describe.each(Object.keys(MATCHES) as MatchName[])("a scripted %s", (name) => {
  const played = playMatch(name);
  const { world, recording, hashes } = played;

  test("is a whole match: won by score over several rounds, with falls, returns, a leave, a join and refused moves", () => {
    expect(played.events.at(-1)).toMatchObject({ kind: "match_ended", cause: "victory", winner: expect.any(Number) });
    expect(world.phase).toBe("over");
    expect(count(played, "round_ended")).toBeGreaterThan(1);
    expect(count(played, "respawned")).toBeGreaterThan(count(played, "killed"));
    expect(played.events.some((event) => event.kind === "killed" && event.assists.length > 0)).toBe(true);
    expect(played.events.some((event) => event.kind === "damaged" && event.headshot)).toBe(true);
    expect(recording.entries.flat().filter((entry) => typeof entry === "object" && "kind" in entry)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: "remove" }),
        expect.objectContaining({ kind: "add", slot: 1 }),
        expect.objectContaining({ kind: "action", do: { type: "reload" } }),
      ]),
    );
    expect([...played.refusedMoves].sort()).toEqual(expect.arrayContaining(["dead", "teleport"]));
  });

  test("ends as it always has", () => {
    const { tick: ticks, round: rounds } = world;
    expect({ hash: hashWorld(world), ticks, kills: count(played, "killed"), rounds }).toEqual(GOLDEN[name]);
  });

  test("played again in this process is the same at every tick", () => {
    expect(playMatch(name).hashes).toEqual(hashes);
  });

  test("played by another process ends with the same hash", async () => {
    expect(await askSecondProcess(["play", name], "")).toBe(GOLDEN[name].hash);
  });

  test("from its recording, after JSON, is the same at every tick", () => {
    const replayed: string[] = [];
    replay(JSON.parse(JSON.stringify(recording)) as Recording, (at) => replayed.push(hashWorld(at)));
    expect(replayed).toEqual(hashes);
  });

  test("from its recording, by another process, ends with the same hash", async () => {
    expect(await askSecondProcess(["replay"], JSON.stringify(recording))).toBe(GOLDEN[name].hash);
  });

  test("under another seed is another match", () => {
    const other = replay({ ...recording, seed: recording.seed + 1 });
    expect(hashWorld(other)).not.toBe(GOLDEN[name].hash);
  });
});
