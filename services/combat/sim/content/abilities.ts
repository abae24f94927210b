/**
 * Abilities: what each costs, how far it reaches and what it does. docs/GAMEPLAY.md shows the same table, and a test
 * compares. Changing a number here changes every match that uses it.
 * Units: hundredths of a point of energy and health, milliseconds, centimetres, percent.
 */
import type { EffectKind } from "../effect-table.ts";

/**
 * self: the user. friend: a team mate in sight, or the user. enemy: one in sight. enemies_near: all around the user, seen
 * or not. spot: a place in sight.
 */
export type AbilityTarget = "self" | "friend" | "enemy" | "enemies_near" | "spot";

export type AbilityDoes =
  /** Lies on whom it is used on. */
  | { readonly kind: "effect"; readonly effect: EffectKind; readonly potency: number; readonly durationMs: number }
  | { readonly kind: "heal"; readonly amount: number }
  /** Lies on the ground; whoever it is meant for has the effect while in it. */
  | {
      readonly kind: "field";
      readonly effect: EffectKind;
      readonly potency: number;
      readonly durationMs: number;
      readonly radiusCm: number;
    }
  /** Carries the user to the spot. */
  | { readonly kind: "blink" };

export type Ability = {
  readonly target: AbilityTarget;
  readonly cost: number;
  /** Until a charge that was used is there again; one comes after the other. */
  readonly cooldownMs: number;
  readonly charges: number;
  /** To the target or the spot; the radius of enemies_near. */
  readonly rangeCm: number;
  /** Whether special_move does it too. */
  readonly isMove: boolean;
  readonly does: AbilityDoes;
};

const TABLE = {
  dash: {
    target: "self",
    cost: 2_000,
    cooldownMs: 4_000,
    charges: 2,
    rangeCm: 0,
    isMove: true,
    does: { kind: "effect", effect: "haste", potency: 100, durationMs: 600 },
  },
  blink: {
    target: "spot",
    cost: 4_000,
    cooldownMs: 9_000,
    charges: 1,
    rangeCm: 800,
    isMove: true,
    does: { kind: "blink" },
  },
  shield: {
    target: "self",
    cost: 3_000,
    cooldownMs: 14_000,
    charges: 1,
    rangeCm: 0,
    isMove: false,
    does: { kind: "effect", effect: "shield", potency: 50, durationMs: 4_000 },
  },
  heal: {
    target: "friend",
    cost: 4_000,
    cooldownMs: 10_000,
    charges: 1,
    rangeCm: 1_500,
    isMove: false,
    does: { kind: "heal", amount: 3_500 },
  },
  stun: {
    target: "enemy",
    cost: 4_500,
    cooldownMs: 16_000,
    charges: 1,
    rangeCm: 1_200,
    isMove: false,
    does: { kind: "effect", effect: "stun", potency: 100, durationMs: 1_200 },
  },
  slow_field: {
    target: "spot",
    cost: 4_000,
    cooldownMs: 18_000,
    charges: 1,
    rangeCm: 2_000,
    isMove: false,
    does: { kind: "field", effect: "slow", potency: 50, durationMs: 6_000, radiusCm: 400 },
  },
  reveal: {
    target: "enemies_near",
    cost: 2_500,
    cooldownMs: 20_000,
    charges: 1,
    rangeCm: 3_000,
    isMove: false,
    does: { kind: "effect", effect: "reveal", potency: 100, durationMs: 5_000 },
  },
  damage_boost: {
    target: "self",
    cost: 3_500,
    cooldownMs: 20_000,
    charges: 1,
    rangeCm: 0,
    isMove: false,
    does: { kind: "effect", effect: "damage_boost", potency: 25, durationMs: 6_000 },
  },
  flash: {
    target: "enemy",
    cost: 3_000,
    cooldownMs: 15_000,
    charges: 1,
    rangeCm: 1_500,
    isMove: false,
    does: { kind: "effect", effect: "blind", potency: 90, durationMs: 1_500 },
  },
  jam: {
    target: "enemy",
    cost: 3_000,
    cooldownMs: 15_000,
    charges: 1,
    rangeCm: 2_500,
    isMove: false,
    does: { kind: "effect", effect: "silence", potency: 100, durationMs: 5_000 },
  },
} as const satisfies Record<string, Ability>;

export type AbilityName = keyof typeof TABLE;

export const ABILITIES: Readonly<Record<AbilityName, Ability>> = TABLE;

/** In the order of the table; hashes name an ability by its place here. */
export const ABILITY_NAMES = Object.keys(TABLE) as readonly AbilityName[];

/** What special_move does that names nothing. */
export const USUAL_MOVE: AbilityName = "dash";
