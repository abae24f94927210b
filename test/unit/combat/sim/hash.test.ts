import { expect, test } from "vitest";
import { hashWorld } from "#combat/sim/hash.ts";
import type { World } from "#combat/sim/world.ts";
import { Arena } from "./arena.ts";

function world(): World {
  const arena = new Arena({
    fighters: [
      { side: 0, x: 2_000, y: 2_000 },
      { side: 1, x: 4_000, y: 4_000 },
    ],
  });
  arena.step([arena.blow(0, 1, 1_000), arena.blow(1, 0, 1_000)]);
  return arena.world;
}

type Path = (string | number)[];

/** The way to every leaf of a value. */
function leaves(value: unknown, path: Path = []): Path[] {
  if (value === null || typeof value !== "object") return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

/** Changes one leaf a little, whatever it is. */
function change(root: unknown, path: Path): void {
  let holder = root as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) holder = holder[key] as Record<string | number, unknown>;
  const key = path.at(-1)!;
  const value = holder[key];
  const others: Record<string, string> = {
    live: "over",
    stand: "crouch",
    assault_rifle: "shotgun",
    team_deathmatch: "deathmatch",
  };
  if (typeof value === "number") holder[key] = value + 1;
  else if (typeof value === "boolean") holder[key] = !value;
  else if (typeof value === "string") holder[key] = others[value];
  else holder[key] = 1;
}

const fields = leaves({ ...world(), map: null }).filter((path) => path[0] !== "map");

test("there are fields to try", () => {
  expect(fields.length).toBeGreaterThan(70);
});

test.each(fields.map((path) => ({ name: path.join("."), path })))("a change of $name shows", ({ path }) => {
  const before = world();
  const after = structuredClone(before);
  expect(hashWorld(after)).toBe(hashWorld(before));
  change(after, path);
  expect(hashWorld(after)).not.toBe(hashWorld(before));
});

test("another map, a fighter more or less, and swapped seats show", () => {
  const hashes = new Set([hashWorld(world())]);
  const changes: ((changed: World) => void)[] = [
    (changed) => {
      changed.map = { ...changed.map, id: "other" };
    },
    (changed) => {
      changed.fighters[1] = null;
    },
    (changed) => {
      changed.fighters.push(null);
    },
    (changed) => {
      changed.fighters.reverse();
    },
    (changed) => {
      changed.sides.push({ score: 0, roundsWon: 0, kills: 0 });
    },
  ];
  for (const apply of changes) {
    const changed = structuredClone(world());
    apply(changed);
    hashes.add(hashWorld(changed));
  }
  expect(hashes.size).toBe(changes.length + 1);
});

test("is 16 hex digits, and the same for a world taken through JSON", () => {
  const before = world();
  expect(hashWorld(before)).toMatch(/^[0-9a-f]{16}$/);
  expect(hashWorld(JSON.parse(JSON.stringify(before)))).toBe(hashWorld(before));
});

test("numbers beyond 32 bits are told apart", () => {
  const hashes = [1, 2 ** 32 + 1, 2 ** 52 + 1, -1, 2 ** 32 - 1].map((value) => {
    const changed = world();
    changed.fighters[0]!.damageDealt = value;
    return hashWorld(changed);
  });
  expect(new Set(hashes).size).toBe(hashes.length);
});

test.each([Number.NaN, 0.5, Number.POSITIVE_INFINITY])("a world with %s in it is a broken promise", (value) => {
  const changed = world();
  changed.fighters[0]!.health = value;
  expect(() => hashWorld(changed)).toThrow("whole numbers");
});
