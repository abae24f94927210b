/** Map files and their checker: the maps of the game pass, and every fault is found and named. */
import { describe, expect, test } from "vitest";
import { MAPS } from "#combat/sim/content.ts";
import { faultsOf } from "#combat/sim/map-check.ts";
import { readMapFile } from "#combat/sim/map-file.ts";
import foundry from "#combat/sim/maps/foundry.json" with { type: "json" };
import type { GameMap } from "#combat/sim/maps.ts";
import { carries, modesOf } from "#combat/sim/modes/table.ts";

type File = typeof foundry;

function mapOf(change: (file: File) => void): GameMap {
  const file = structuredClone(foundry);
  change(file);
  const read = readMapFile(file);
  if ("faults" in read) throw new Error(JSON.stringify(read.faults));
  return read.map;
}

test.each(Object.values(MAPS))("$id can be played", (map) => {
  expect(faultsOf(map)).toEqual([]);
});

test("two maps carry every mode, and the first those that need only ground", () => {
  expect(
    Object.values(MAPS)
      .filter((map) => modesOf(map).length === 6)
      .map(({ id }) => id),
  ).toEqual(["foundry", "causeway"]);
  expect(modesOf(MAPS["container_yard"]!)).toEqual(["deathmatch", "team_deathmatch", "elimination"]);
});

describe("a map carries a mode only with what it needs", () => {
  test.each([
    { mode: "capture_the_flag", without: (file: File) => (file.bases = []) },
    { mode: "king_of_the_hill", without: (file: File) => (file.hills = []) },
    { mode: "domination", without: (file: File) => file.zones.pop() },
  ] as const)("$mode", ({ mode, without }) => {
    expect(
      carries(
        mapOf(() => {}),
        mode,
      ),
    ).toBe(true);
    expect(carries(mapOf(without), mode)).toBe(false);
  });
});

describe("what cannot be played is named", () => {
  const block = (min: number[], max: number[]) => (file: File) => file.walls.push({ min, max });
  test.each<{ name: string; change: (file: File) => unknown; fault: string }>([
    { name: "a wall beyond the bounds", change: block([-1, 0, 0], [50, 50, 50]), fault: "walls[19] reaches beyond" },
    {
      name: "a wall without room",
      change: block([9, 9, 0], [9, 50, 50]),
      fault: "walls[19] has no room inside along x",
    },
    {
      name: "a wall that a straight line could cut",
      change: block([2_400, 5_000, 0], [2_469, 5_400, 300]),
      fault: "walls[19] is 69 cm thick, less than 70",
    },
    {
      name: "a ramp that nobody runs up",
      change: (file: File) =>
        file.walls.push({ min: [2_400, 5_000, 0], max: [2_800, 5_400, 300], rises: "x+" } as never),
      fault: "walls[19] rises by 75 %, more than 60",
    },
    { name: "a spot in a wall", change: block([500, 1_500, 0], [700, 1_700, 300]), fault: "stands in walls[19]" },
    {
      name: "a base in a wall",
      change: block([1_390, 3_990, 0], [1_410, 4_010, 300]),
      fault: "base 0 at [1400, 4000, 0]",
    },
    { name: "a zone in a wall", change: block([3_990, 1_290, 0], [4_010, 1_310, 300]), fault: "place a at" },
    {
      name: "a spot beyond the bounds",
      change: (file) => (file.spawns[0]!.at = [-5, 0, 0]),
      fault: "spawns[0] at [-5, 0, 0] is beyond",
    },
    {
      name: "two spots in one place",
      change: (file) => (file.spawns[1]!.at = file.spawns[0]!.at),
      fault: "spawns[1] is where another is",
    },
    {
      name: "a spot that looks nowhere",
      change: (file) => (file.spawns[0]!.yaw = 36_000),
      fault: "spawns[0] looks 36000",
    },
    { name: "a base without spots", change: (file) => (file.spawns[0]!.base = 1), fault: "base 0 has 25 spots" },
    { name: "spots of no base", change: (file) => (file.spawns[0]!.base = 2), fault: "belongs to base 2" },
    { name: "too few spots", change: (file) => (file.spawns.length = 49), fault: "49 spots are fewer" },
    { name: "one base", change: (file) => (file.bases.length = 1), fault: "1 bases, not none or two" },
    { name: "two zones", change: (file) => (file.zones.length = 2), fault: "2 zones, not none or three" },
    {
      name: "two hills of one name",
      change: (file) => (file.hills[1]!.id = file.hills[0]!.id),
      fault: "have one name",
    },
    { name: "a zone as wide as the map", change: (file) => (file.zones[0]!.radius = 9_000), fault: "a radius of 9000" },
    {
      name: "a base walled in",
      change: (file) => file.walls.push(...ring(1_400, 4_000)),
      fault: "base 0 at [1400, 4000, 0] cannot be reached",
    },
  ])("$name", ({ change, fault }) => {
    expect(faultsOf(mapOf(change)).join("; ")).toContain(fault);
  });

  function ring(x: number, y: number): File["walls"] {
    return [
      { min: [x - 200, y - 200, 0], max: [x + 200, y - 130, 300] },
      { min: [x - 200, y + 130, 0], max: [x + 200, y + 200, 300] },
      { min: [x - 200, y - 200, 0], max: [x - 130, y + 200, 300] },
      { min: [x + 130, y - 200, 0], max: [x + 200, y + 200, 300] },
    ];
  }
});

describe("a file that has not the form is told what and where", () => {
  test.each<{ name: string; change: (file: Record<string, unknown>) => unknown; where: string; what: string }>([
    { name: "a part is missing", change: (file) => delete file["walls"], where: "map.walls", what: "missing" },
    { name: "a part is not known", change: (file) => (file["ladders"] = []), where: "map.ladders", what: "not known" },
    { name: "a name with blanks", change: (file) => (file["id"] = "My Map"), where: "id", what: "a name" },
    { name: "a point of two", change: (file) => (file["bases"] = [[1, 2]]), where: "bases[0]", what: "a point" },
    {
      name: "half a centimetre",
      change: (file) => (file["bases"] = [[1, 2, 0.5]]),
      where: "bases[0][2]",
      what: "whole",
    },
    { name: "no list", change: (file) => (file["zones"] = {}), where: "zones", what: "a list" },
    {
      name: "a wall that is a word",
      change: (file) => (file["walls"] = ["high"]),
      where: "walls[0]",
      what: "an object",
    },
  ])("$name", ({ change, where, what }) => {
    const file: Record<string, unknown> = structuredClone(foundry);
    change(file);
    const read = readMapFile(file);
    const faults = "faults" in read ? read.faults : [];
    expect(faults).toContainEqual({ where, what: expect.stringContaining(what) });
  });

  test.each([null, 7, "map", []])("%s is no map", (file) => {
    expect("faults" in readMapFile(file)).toBe(true);
  });
});
