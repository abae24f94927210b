/**
 * Content: the weapons, and the door to the maps. Tables only; changing a number here changes every match, so the
 * golden hashes change with it.
 * Units: hundredths of a point of health, milliseconds, centimetres.
 */

export { FIRST_MAP, type GameMap, MAPS, type Wall } from "./maps.ts";

/** Where a pellet goes beside the aim: millionths of the distance, to the right and upwards. */
export type Pellet = { readonly right: number; readonly up: number };

export type Weapon = {
  /** Of one pellet that hits a body within `falloffStartCm`. */
  readonly damage: number;
  /** What a hit on the head does, in percent of that. */
  readonly headshotPercent: number;
  /** Always the same pattern: a shot is judged alike on every machine, and aim alone decides. */
  readonly pellets: readonly Pellet[];
  readonly fireIntervalMs: number;
  readonly magazineRounds: number;
  readonly reloadMs: number;
  /** From taking it in hand to the first shot. */
  readonly drawMs: number;
  /** Beyond this nothing is hit. */
  readonly rangeCm: number;
  /** Damage falls in a straight line from here ... */
  readonly falloffStartCm: number;
  /** ... to here, where it is `falloffPercent` of the full one and stays so. */
  readonly falloffEndCm: number;
  readonly falloffPercent: number;
};

const STRAIGHT: readonly Pellet[] = [{ right: 0, up: 0 }];

/** One in the middle, seven on a rough ring: about 2.3 degrees, or 40 cm around the aim at 10 m. */
const BUCKSHOT: readonly Pellet[] = [
  { right: 0, up: 0 },
  { right: 40_000, up: 0 },
  { right: 25_000, up: 31_000 },
  { right: -9_000, up: 39_000 },
  { right: -36_000, up: 17_000 },
  { right: -36_000, up: -17_000 },
  { right: -9_000, up: -39_000 },
  { right: 25_000, up: -31_000 },
];

const TABLE = {
  assault_rifle: {
    damage: 2_275,
    headshotPercent: 200,
    pellets: STRAIGHT,
    fireIntervalMs: 100,
    magazineRounds: 30,
    reloadMs: 2_200,
    drawMs: 500,
    rangeCm: 15_000,
    falloffStartCm: 5_000,
    falloffEndCm: 10_000,
    falloffPercent: 60,
  },
  shotgun: {
    damage: 1_150,
    headshotPercent: 150,
    pellets: BUCKSHOT,
    fireIntervalMs: 900,
    magazineRounds: 6,
    reloadMs: 3_000,
    drawMs: 600,
    rangeCm: 4_000,
    falloffStartCm: 800,
    falloffEndCm: 2_400,
    falloffPercent: 25,
  },
  sniper_rifle: {
    damage: 8_000,
    headshotPercent: 200,
    pellets: STRAIGHT,
    fireIntervalMs: 1_400,
    magazineRounds: 5,
    reloadMs: 3_300,
    drawMs: 800,
    rangeCm: 25_000,
    falloffStartCm: 12_000,
    falloffEndCm: 20_000,
    falloffPercent: 80,
  },
} satisfies Record<string, Weapon>;

export type WeaponName = keyof typeof TABLE;

export const WEAPONS: Readonly<Record<WeaponName, Weapon>> = TABLE;

/** In the order of the table; hashes name a weapon by its place here. */
export const WEAPON_NAMES = Object.keys(TABLE) as readonly WeaponName[];

/** What everybody holds who has not chosen otherwise. */
export const STARTING_WEAPON: WeaponName = "assault_rifle";
