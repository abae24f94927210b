/** Limits of the simulation: every cap, and what happens at it. */

/** Seats of a match. A fighter beyond it is a broken promise of the caller, so `step` throws. */
export const SLOTS_MAX = 50;

/**
 * Sides of a match, those nobody plays for any more included: in deathmatch one for each who ever joined. A side
 * beyond it throws as well.
 */
export const SIDES_MAX = 200;

/** Steps per second. `createWorld` throws outside 1 to this. */
export const TICK_RATE_HZ_MAX = 128;

/** What a refused move reports as measured, at most: coordinates may be as wild as a double gets. */
export const MEASURED_MAX = 1_000_000_000;

/**
 * Entries (moves and ticks that had inputs) of one recording; about 25 MB of memory. At it the recording stops,
 * says so (`stoppedAtTick`) and cannot be replayed; the match goes on.
 */
export const RECORDING_ENTRIES_MAX = 250_000;
