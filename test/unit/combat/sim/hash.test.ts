import { expect, test } from "vitest";
import { afflict } from "#combat/sim/effects.ts";
import { hashWorld } from "#combat/sim/hash.ts";
import type { World } from "#combat/sim/world.ts";
import { Arena } from "./arena.ts";

const SPOT = { x: 2_500, y: 2_500, z: 0 };

function world(): World {
  const arena = new Arena({
    fighters: [
      { side: 0, x: 2_000, y: 2_000 },
      { side: 1, x: 4_000, y: 4_000 },
    ],
  });
  arena.step([arena.blow(0, 1, 1_000), arena.blow(1, 0, 1_000)]);
  afflict(arena.world, arena.fighter(1), { kind: "bleed", potency: 40, durationMs: 5_000, by: 0 });
  arena.fighter(1).loadout = { weapons: ["assault_rifle", "shotgun"], abilities: ["dash"] };
  arena.step([arena.action(0, { type: "ability", ability: "slow_field", aim: null, spot: SPOT, grant: null })]);
  arena.step([arena.action(0, { type: "use_item", item: "medkit" })]);
  arena.fighter(1).combo = { target: 0, deeds: ["stun"], atMs: 50 };
  return arena.world;
}

const BURST = { rounds: 2, nextAtMs: 60, x: 1, y: 2, z: 3, wayMs: 3, rewindMs: 4, capped: false, seq: 5 };

const FROM_NULL: Record<string, unknown> = { weapons: ["assault_rifle"], abilities: ["dash"], burst: BURST };

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
    shotgun: "sniper_rifle",
    team_deathmatch: "deathmatch",
    home: "dropped",
    bleed: "burn",
    dash: "blink",
    bullet: "melee",
    torso: "legs",
    flat: "percentage",
    rune: "rage",
    slow_field: "stun",
    stun: "jam",
    medkit: "antidote",
  };
  if (typeof value === "number") holder[key] = value + 1;
  else if (typeof value === "boolean") holder[key] = !value;
  else if (typeof value === "string") holder[key] = others[value];
  else holder[key] = FROM_NULL[key] ?? 1;
}

/** A map is its name; what was is no part of what is. */
const NOT_HASHED = ["map", "history"];

const fields = leaves({ ...world(), map: null, history: null }).filter(([part]) => !NOT_HASHED.includes(`${part}`));

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

function worldOfFlagsAndZones(): World {
  const changed = world();
  const position = { x: 1, y: 2, z: 0 };
  changed.objectives.flags = [{ state: "home", carrier: null, position, returnsAtMs: 0 }];
  changed.objectives.zones = [{ place: 0, owner: null, taker: 1, takenMs: 5, contested: false, unpaidMs: 7 }];
  return changed;
}

const ofObjectives = leaves(worldOfFlagsAndZones().objectives).map((path) => ["objectives", ...path]);

test.each(ofObjectives.map((path) => ({ name: path.join("."), path })))("a change of $name shows", ({ path }) => {
  const after = worldOfFlagsAndZones();
  change(after, path);
  expect(hashWorld(after)).not.toBe(hashWorld(worldOfFlagsAndZones()));
});

function worldOfRulings(): World {
  const changed = world();
  const modifiers = [{ kind: "flat", value: 5, source: "rune", stacks: 1 } as const];
  const struck = { by: 0, target: 1, weapon: "shotgun", damageType: "bullet", part: "torso" } as const;
  const blow = { ...struck, base: 500, penetration: 300, modifiers, critical: false };
  const attack = {
    by: 0,
    headshot: false,
    damage: 0,
    blows: [{ id: 1, askedAtMs: 50, blow }],
    receipt: null,
    shot: null,
  };
  changed.rulings = { outside: true, next: 2, open: [attack] };
  return changed;
}

/** Who waits for a receipt is no part of how the match goes on. */
const ofRulings = leaves(worldOfRulings().rulings)
  .filter((path) => !path.includes("receipt") && !path.includes("shot"))
  .map((path) => ["rulings", ...path]);

test.each(ofRulings.map((path) => ({ name: path.join("."), path })))("a change of $name shows", ({ path }) => {
  const after = worldOfRulings();
  change(after, path);
  expect(hashWorld(after)).not.toBe(hashWorld(worldOfRulings()));
});

function worldInFlight(): World {
  const changed = world();
  const speed = { vx: 4, vy: 5, vz: 6 };
  const at = { x: 1, y: 2, z: 3 };
  changed.projectiles = [
    { id: 1, weapon: "assault_rifle", by: null, side: 0, seq: 1, ...at, ...speed, endsAtMs: 9 },
    { id: 2, weapon: "assault_rifle", by: 1, side: 1, seq: 1, ...at, ...speed, endsAtMs: 9 },
  ];
  changed.fighters[0]!.burst = { ...BURST };
  return changed;
}

const inFlight = [
  ...leaves(worldInFlight().projectiles).map((path) => ["projectiles", ...path]),
  ...leaves(BURST).map((path) => ["fighters", 0, "burst", ...path]),
];

test.each(inFlight.map((path) => ({ name: path.join("."), path })))("a change of $name shows", ({ path }) => {
  const after = worldInFlight();
  change(after, path);
  expect(hashWorld(after)).not.toBe(hashWorld(worldInFlight()));
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
