/** Limits of the bots: every cap, and what happens at it. */

/** Sessions, players and spectators of one process; the options refuse more. Two cores feed no more bots honestly. */
export const SESSIONS_MAX = 2_000;
export const PLAYERS_MAX = 50;
export const SPECTATORS_MAX = 100;
export const RATE_HZ_MAX = 60;
export const MINUTES_MAX = 24 * 60;
/** Corners of a walk map; walls beyond get none, so that bots slide along them instead of walking round. */
export const CORNERS_MAX = 256;
/** Walk maps kept at once, one per map of the game; the oldest goes. */
export const WALK_MAPS_MAX = 16;
/** A bot that was held up walks at most this much time's way in one step, and spends the rest standing. */
export const STEP_MS_MAX = 200;
/** REST calls on their way at once while a match is set up; the others wait their turn. */
export const SETUP_CALLS_MAX = 8;
/** A call that was told to come back later is tried this often in all; then the match is given up. */
export const CALL_TRIES_MAX = 6;
/** Wait between tries when the service names none, and at most. */
export const CALL_RETRY_MS = 500;
export const CALL_RETRY_MS_MAX = 10_000;
/** A match that could not be set up is tried again after this. */
export const MATCH_RETRY_MS = 2_000;
/** A match may last this much longer than its own time limit before its bots are called off. */
export const MATCH_OVERTIME_MS = 60_000;
/** Round trips kept for the percentiles of one line, and for the final table; beyond, every newer one replaces an old one. */
export const ROUND_TRIPS_MAX = 10_000;
/** A started system that has not drained by then is killed: twice what one service is given. */
export const SYSTEM_STOP_MS_MAX = 65_000;
