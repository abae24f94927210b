/**
 * Weapons: what each does. A table only; changing a number here changes every match, so the golden hashes change with it.
 * Kinds differ by what they have: pellets alone strike at once; a `burst` fires several rounds a press; a `flight` takes
 * its time; a `blast` hurts all around where the flight ends; a `swing` strikes whoever is before its owner.
 * Units: hundredths of a point of health, milliseconds, centimetres.
 */
import type { BodyPart } from "../body.ts";
import type { EffectKind } from "../effect-table.ts";
import type { DamageType } from "../events.ts";

/** Where a pellet goes beside the aim: millionths of the distance, to the right and upwards. */
export type Pellet = { readonly right: number; readonly up: number };

/** One press of the trigger fires so many rounds, so long apart, all where the first one went. */
export type Burst = { readonly rounds: number; readonly intervalMs: number };

export type Flight = {
  readonly speedCmPerS: number;
  /** Downwards; 0 flies straight. */
  readonly gravityCmPerS2: number;
  /** After so long it ends where it is. */
  readonly lifeMs: number;
};

/** Everybody within the radius whom no wall shields, the shooter too: the full damage in the middle, less farther out. */
export type Blast = {
  readonly radiusCm: number;
  /** Of the damage, in percent: at the edge of the radius, and to the shooter. */
  readonly edgePercent: number;
  readonly selfPercent: number;
};

/** Whoever is within `rangeCm` and within this of the aim: the cosine of half the arc, thousandths. */
export type Swing = { readonly cosine: number };

/** A status effect, its potency in percent. */
export type Brought = { readonly kind: EffectKind; readonly potency: number; readonly durationMs: number };

export type Weapon = {
  /** Of one pellet, flight or swing that hits a body within `falloffStartCm`; of a blast in its middle. */
  readonly damage: number;
  /** What a hit on each part does, in percent of that. Blasts and swings strike no part. */
  readonly percentByPart: Readonly<Record<BodyPart, number>>;
  readonly damageType: DamageType;
  /** How much of the armour's share it goes past, thousandths. */
  readonly penetration: number;
  /** Always the same pattern: a shot is judged alike on every machine, and aim alone decides. */
  readonly pellets: readonly Pellet[];
  readonly burst?: Burst;
  readonly flight?: Flight;
  readonly blast?: Blast;
  readonly swing?: Swing;
  /** What comes upon whoever loses health by it and lives. */
  readonly brings?: readonly Brought[];
  /** From one press of the trigger to the next. */
  readonly fireIntervalMs: number;
  /** 0 needs none. */
  readonly magazineRounds: number;
  readonly reloadMs: number;
  /** From taking it in hand to the first shot. */
  readonly drawMs: number;
  /** Beyond this nothing is hit. Of flights: how far they come without gravity. */
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

const SAME_ALL_OVER = { head: 100, torso: 100, legs: 100 } as const;

/** What flies or cuts does not weaken on its way. */
const NO_FALLOFF = { falloffStartCm: 0, falloffEndCm: 1, falloffPercent: 100 } as const;

const TABLE = {
  assault_rifle: {
    damage: 2_275,
    percentByPart: { head: 200, torso: 100, legs: 80 },
    damageType: "bullet",
    penetration: 300,
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
    percentByPart: { head: 150, torso: 100, legs: 80 },
    damageType: "bullet",
    penetration: 0,
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
    percentByPart: { head: 200, torso: 100, legs: 75 },
    damageType: "bullet",
    penetration: 700,
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
  pistol: {
    damage: 2_600,
    percentByPart: { head: 200, torso: 100, legs: 80 },
    damageType: "bullet",
    penetration: 200,
    pellets: STRAIGHT,
    fireIntervalMs: 220,
    magazineRounds: 12,
    reloadMs: 1_500,
    drawMs: 300,
    rangeCm: 8_000,
    falloffStartCm: 2_500,
    falloffEndCm: 6_000,
    falloffPercent: 50,
  },
  smg: {
    damage: 1_700,
    percentByPart: { head: 150, torso: 100, legs: 85 },
    damageType: "bullet",
    penetration: 150,
    pellets: STRAIGHT,
    fireIntervalMs: 65,
    magazineRounds: 32,
    reloadMs: 2_000,
    drawMs: 400,
    rangeCm: 8_000,
    falloffStartCm: 1_500,
    falloffEndCm: 5_000,
    falloffPercent: 45,
  },
  burst_rifle: {
    damage: 2_600,
    percentByPart: { head: 180, torso: 100, legs: 80 },
    damageType: "bullet",
    penetration: 350,
    pellets: STRAIGHT,
    burst: { rounds: 3, intervalMs: 60 },
    fireIntervalMs: 480,
    magazineRounds: 24,
    reloadMs: 2_300,
    drawMs: 500,
    rangeCm: 15_000,
    falloffStartCm: 6_000,
    falloffEndCm: 11_000,
    falloffPercent: 65,
  },
  crossbow: {
    damage: 7_500,
    percentByPart: { head: 200, torso: 100, legs: 75 },
    damageType: "bullet",
    penetration: 600,
    pellets: STRAIGHT,
    flight: { speedCmPerS: 6_000, gravityCmPerS2: 490, lifeMs: 3_000 },
    brings: [{ kind: "poison", potency: 50, durationMs: 4_000 }],
    fireIntervalMs: 200,
    magazineRounds: 1,
    reloadMs: 1_400,
    drawMs: 500,
    rangeCm: 18_000,
    ...NO_FALLOFF,
  },
  grenade_launcher: {
    damage: 9_500,
    percentByPart: SAME_ALL_OVER,
    damageType: "explosion",
    penetration: 200,
    pellets: STRAIGHT,
    flight: { speedCmPerS: 2_400, gravityCmPerS2: 981, lifeMs: 4_000 },
    blast: { radiusCm: 500, edgePercent: 20, selfPercent: 50 },
    fireIntervalMs: 900,
    magazineRounds: 6,
    reloadMs: 3_600,
    drawMs: 700,
    rangeCm: 9_600,
    ...NO_FALLOFF,
  },
  rocket_launcher: {
    damage: 12_000,
    percentByPart: SAME_ALL_OVER,
    damageType: "explosion",
    penetration: 400,
    pellets: STRAIGHT,
    flight: { speedCmPerS: 3_500, gravityCmPerS2: 0, lifeMs: 5_000 },
    blast: { radiusCm: 450, edgePercent: 15, selfPercent: 60 },
    brings: [{ kind: "burn", potency: 30, durationMs: 3_000 }],
    fireIntervalMs: 1_100,
    magazineRounds: 3,
    reloadMs: 3_800,
    drawMs: 900,
    rangeCm: 17_500,
    ...NO_FALLOFF,
  },
  katana: {
    damage: 5_500,
    percentByPart: SAME_ALL_OVER,
    damageType: "melee",
    penetration: 500,
    pellets: STRAIGHT,
    swing: { cosine: 600 },
    brings: [{ kind: "bleed", potency: 50, durationMs: 4_000 }],
    fireIntervalMs: 650,
    magazineRounds: 0,
    reloadMs: 0,
    drawMs: 350,
    rangeCm: 220,
    ...NO_FALLOFF,
  },
} satisfies Record<string, Weapon>;

export type WeaponName = keyof typeof TABLE;

export const WEAPONS: Readonly<Record<WeaponName, Weapon>> = TABLE;

/** In the order of the table; hashes and checkpoints name a weapon by its place here, so new ones go to the end. */
export const WEAPON_NAMES = Object.keys(TABLE) as readonly WeaponName[];

/** What everybody holds who has not chosen otherwise. */
export const STARTING_WEAPON: WeaponName = "assault_rifle";
