/**
 * Envelope: what a body can do by its own strength. Tables only; docs/GAMEPLAY.md shows them to players, and the tests
 * hold the two together.
 * Law: status effects scale speeds (effects.ts); what abilities do beyond that, the server does itself, by a leap.
 * Why there is no limit of acceleration: what arrives is late by ever other times, and over one step that hides any limit
 * worth having. What a sudden start could gain, the budgets and the reach of one step bound.
 */

/** Greatest speeds, cm/s. Walking is sprinting slower. */
export const SPEED_CM_PER_S = { ground: 700, crouch: 420, climb: 500, fall: 2_000 } as const;

/** A jump begins at the climbing speed and is pulled back by this, cm/s². */
export const GRAVITY_CM_PER_S2 = 980;

/** Higher than the jump itself (127 cm) by what sampling and rounding may add. */
export const JUMP_CM_MAX = 150;

/** Feet this far above ground stand on it: slopes, edges, and the corners that a slow client cuts. */
export const TOUCH_CM = 25;

/** As high as feet step without a jump; what sinks no deeper below a top stands on it. */
export const STEP_CM = 35;

/** Feet take this much room beside them; walls are touched before they are entered. */
export const FEET_RADIUS_CM = 30;

/** How much of that room a wall may take: clients round, and draw their own line along a wall. */
export const WALL_TOUCH_CM = 20;

/** The straight line between two steps may cut this much of a corner that was walked round. Walls are thicker. */
export const CORNER_CM = 60;

/** What is airborne for this much longer than a jump flies: arrivals are late by ever other times. */
export const AIR_SLACK_MS = 400;
