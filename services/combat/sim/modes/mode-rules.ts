/**
 * Mode rules: what of a mode may be chosen for each match, and its bounds.
 * Law: whole milliseconds and hundredths of a point. Plain rules are those of matches from before there were any: no overtime, no swap.
 */
import { ARMOUR_MAX } from "../armour.ts";

export type ModeRules = {
  /** How long sudden death lasts when the time is up and nobody is ahead; 0 for none. */
  readonly overtimeMs: number;
  /** Whether bases change hands after half of the rounds, in modes that begin at bases. */
  readonly swapSides: boolean;
  /** How long a dropped flag lies before it goes home by itself. */
  readonly flagReturnMs: number;
  /** Whether a flag may be captured while the own one is away. */
  readonly captureWithFlagAway: boolean;
  /** How long one player alone needs to take a zone. */
  readonly zoneCaptureMs: number;
  /** How long the hill stays in one place; 0 for the whole round. */
  readonly hillMovesMs: number;
  /** What each life begins with, hundredths of a point of armour. */
  readonly startingArmour: number;
};

export const PLAIN_MODE_RULES: ModeRules = {
  overtimeMs: 0,
  swapSides: false,
  flagReturnMs: 30_000,
  captureWithFlagAway: false,
  zoneCaptureMs: 8_000,
  hillMovesMs: 0,
  startingArmour: 0,
};

/** What a session gets that does not choose. */
export const USUAL_MODE_RULES: ModeRules = {
  ...PLAIN_MODE_RULES,
  overtimeMs: 60_000,
  swapSides: true,
  hillMovesMs: 60_000,
};

/** In whole seconds, as they are asked for. */
export const MODE_RULE_BOUNDS_S = {
  overtimeMs: { min: 0, max: 300 },
  flagReturnMs: { min: 1, max: 120 },
  zoneCaptureMs: { min: 1, max: 60 },
  hillMovesMs: { min: 0, max: 600 },
} as const satisfies Partial<Record<keyof ModeRules, { min: number; max: number }>>;

/** In whole points, as it is asked for. */
export const STARTING_ARMOUR_BOUNDS = { min: 0, max: ARMOUR_MAX / 100 } as const;
