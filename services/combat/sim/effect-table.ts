/**
 * Effect table: what lies on a fighter for a while, and what it does. Those of the game's contract first, then what abilities
 * need. Hashes name a kind by its place here. docs/GAMEPLAY.md shows the same table, and a test compares.
 * Stacking: what happens when a kind comes that is there already. One fighter has each kind at most once.
 *   longest    the one that ends later holds.
 *   strongest  the stronger one holds; of equal ones the one that ends later.
 *   stacks     one more lies on the others, up to `stacksMax`; all end with the last, at the strength of the strongest.
 */
import type { DamageType } from "./events.ts";

export type Stacking = "longest" | "strongest" | "stacks";

export type EffectRule = {
  readonly stacking: Stacking;
  readonly stacksMax: number;
  /** Of each stack at full potency, hundredths of a point a second. */
  readonly damagePerSecond: number;
  readonly damageType: DamageType;
  /** Whether it is meant for enemies: friends are spared where friendly fire is off. */
  readonly isHarmful: boolean;
};

const HARM = { stacking: "longest", stacksMax: 1, damagePerSecond: 0, damageType: "ability", isHarmful: true } as const;
const HELP = { ...HARM, stacking: "strongest", isHarmful: false } as const;

const TABLE = {
  bleed: { ...HARM, stacking: "stacks", stacksMax: 5, damagePerSecond: 400, damageType: "melee" },
  burn: { ...HARM, stacking: "strongest", damagePerSecond: 1_000, damageType: "environmental" },
  poison: { ...HARM, stacking: "stacks", stacksMax: 3, damagePerSecond: 300, damageType: "ability" },
  stun: HARM,
  slow: { ...HARM, stacking: "strongest" },
  blind: { ...HARM, stacking: "strongest" },
  silence: HARM,
  shield: HELP,
  damage_boost: HELP,
  haste: HELP,
  reveal: HARM,
} as const satisfies Record<string, EffectRule>;

export type EffectKind = keyof typeof TABLE;

export const EFFECTS: Readonly<Record<EffectKind, EffectRule>> = TABLE;

export const EFFECT_KINDS = Object.keys(TABLE) as readonly EffectKind[];
