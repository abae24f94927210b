/**
 * Golden matches: the same inputs give the same match, to the last bit, in this process, in another one, from a
 * recording, and in every version until somebody changes a rule on purpose.
 * Law: a golden hash changes only together with a line in the change log that says which rule changed, and, once there is
 * a release, with RULES_VERSION (content-version.ts) unless a table changed, so that no recording is played by other rules.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { hashWorld } from "#combat/sim/hash.ts";
import { MODES } from "#combat/sim/modes/table.ts";
import { type Recording, replay } from "#combat/sim/record.ts";
import { replayInBatches } from "./batches.ts";
import { MATCHES, type MatchName, type Played, playMatch } from "./script.ts";

const GOLDEN = {
  deathmatch: { hash: "1c0a3f9ee597ad34", ticks: 8_413, kills: 145, rounds: 3 },
  team_deathmatch: { hash: "c6f47540c8da29ee", ticks: 7_934, kills: 225, rounds: 3 },
  capture_the_flag: { hash: "942665ef58a6ccbe", ticks: 3_194, kills: 47, rounds: 2 },
  king_of_the_hill: { hash: "6ffd566b8c65af68", ticks: 9_138, kills: 102, rounds: 3 },
  domination: { hash: "557fff010d06b10d", ticks: 3_332, kills: 57, rounds: 2 },
  elimination: { hash: "7f3d4e58081ebd66", ticks: 2_093, kills: 21, rounds: 3 },
} as const satisfies Record<MatchName, { hash: string; ticks: number; kills: number; rounds: number }>;

const OBJECTIVE_CHANGES: Record<MatchName, string[]> = {
  deathmatch: [],
  team_deathmatch: [],
  capture_the_flag: ["flag captured", "flag dropped", "flag returned", "flag taken"],
  king_of_the_hill: ["hill captured", "hill moved"],
  domination: ["zone captured", "zone neutralised"],
  elimination: [],
};

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
    if (MODES[world.rules.mode].respawns) {
      expect(count(played, "respawned")).toBeGreaterThan(count(played, "killed"));
      expect(played.events.some((event) => event.kind === "projectile_ended" && event.exploded)).toBe(true);
      expect(played.events.some((event) => event.kind === "damaged" && event.damageType === "melee")).toBe(true);
    }
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

  test("has abilities, effects that end, healing, items and combos in it", () => {
    const healed = MODES[world.rules.mode].respawns ? ["healed"] : []; // Elimination is too short for it.
    for (const kind of ["ability_used", "effect_applied", "effect_ended", "item_used", ...healed]) {
      expect(count(played, kind), kind).toBeGreaterThan(0);
    }
    expect(world.fighters.some((fighter) => fighter !== null && fighter.feats.bestCombo > 1)).toBe(true);
  });

  test("tells all that its objectives can do", () => {
    const told = new Set<string>();
    for (const event of played.events) {
      if (event.kind === "objective_changed") told.add(`${event.objective} ${event.change}`);
    }
    expect([...told].sort()).toEqual(OBJECTIVE_CHANGES[name]);
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

  test.each([1, 2, 3])(
    "with its inputs in other batches, and frames made in between, is the same (seed %i)",
    (seed) => {
      expect(hashWorld(replayInBatches(recording, seed))).toBe(GOLDEN[name].hash);
    },
  );

  test("under another seed is another match", () => {
    const other = replay({ ...recording, seed: recording.seed + 1 });
    expect(hashWorld(other)).not.toBe(GOLDEN[name].hash);
  });
});
