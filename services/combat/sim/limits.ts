/** Limits of the simulation: every cap, and what happens at it. */

/** Seats of a match. A fighter beyond it is a broken promise of the caller, so `step` throws. */
export const SLOTS_MAX = 50;

/**
 * Sides of a match, those nobody plays for any more included: in deathmatch one for each who ever joined. A side
 * beyond it throws as well.
 */
export const SIDES_MAX = 200;

/** Teams of a session; a further one is INVALID_ARGUMENT. From the game's contract; most modes allow fewer. */
export const TEAMS_MAX = 10;

/** Steps per second. `createWorld` throws outside 1 to this. */
export const TICK_RATE_HZ_MAX = 128;

/** How long a blow that was given out waits to be decided, match time; then our own sum decides. */
export const RULING_MS_MAX = 250;

/** Attacks that wait to be decided at once; with one more, our own sum decides the oldest. */
export const RULINGS_OPEN_MAX = 512;

/** What a refused move reports as measured, at most: coordinates may be as wild as a double gets. */
export const MEASURED_MAX = 1_000_000_000;

/** Poses of one seat that are remembered; closer ones than a second holds take each other's place (history.ts). */
export const HISTORY_POSES_MAX = 128;

/** Effects that one hit brings upon one fighter; further ones of it do not come. From the game's contract. */
export const EFFECTS_PER_HIT_MAX = 5;

/** Fields that lie on the ground at once; one more, and the oldest goes. Each seat's abilities lay one at a time. */
export const FIELDS_MAX = 64;
/** Projectiles in flight in one match; at it the oldest ends where it is, without a blast. */
export const PROJECTILES_MAX = 256;

/**
 * Entries (moves and ticks that had inputs) of one recording; about 25 MB of memory. At it the recording stops,
 * says so (`stoppedAtTick`) and cannot be replayed; the match goes on.
 */
export const RECORDING_ENTRIES_MAX = 250_000;

/** Bytes of inputs in one recorded part; at them the part is cut after the tick, and the next begins. */
export const RECORDED_PART_BYTES_MAX = 64 * 1024;

/** Match time between two whole worlds in a recording, from which it can be entered; each is a part of its own. */
export const RECORDED_WORLD_EVERY_MS = 30_000;

/** Fields that a difference of a replay names; further ones are left out. */
export const DIFFERENT_FIELDS_MAX = 20;
