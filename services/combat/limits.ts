/** Every cap of the combat service, and what happens at it. Settings that operators turn are in config.ts. */

/** Seats that play at once; joining beyond is SESSION_FULL. From the game's contract. */
export const PLAYERS_MAX = 50;
/** Sides of a team mode; a further one is INVALID_ARGUMENT. From the game's contract. */
export const TEAMS_MAX = 10;
/** Seats a session ever had, those who left included; joining beyond is SESSION_FULL. Bounds the record. */
export const SEATS_EVER_MAX = 200;
/** Spectators of one session; one more is TOO_MANY_SPECTATORS. */
export const SPECTATORS_MAX = 2000;
/** Sessions hosted by one process; creating beyond is UNAVAILABLE. */
export const SESSIONS_MAX = 2000;

/** Actions of one player between two ticks; more are refused as RATE_LIMITED. */
export const ACTIONS_PER_TICK_MAX = 8;
/** Position updates of one player between two ticks; more are answered RATE_LIMITED. */
export const MOVES_PER_TICK_MAX = 16;

/** Event frames a session keeps for clients that come back; older ones are forgotten, and a resume from before
 *  them is answered with session_state. At 30 events a second this is about half a minute, the default grace. */
export const HISTORY_FRAMES_MAX = 1024;
/** The same in bytes. */
export const HISTORY_BYTES_MAX = 256 * 1024;
/** The shortest time between two state frames of a session (60 a second); changes in between travel together. */
export const STATE_INTERVAL_MS_MIN = 1000 / 60;
/** A session that nobody is connected to for this long is cancelled. */
export const UNATTENDED_MS_MAX = 30 * 60_000;
/** How long a returning client's first message is awaited before it gets session_state, milliseconds. */
export const RESUME_WAIT_MS = 1000;

/** Ticks made up for after a stall; the rest of the lost time is skipped, so that no burst follows. */
export const CATCH_UP_TICKS_MAX = 5;
/** Tickets used once are remembered until they run out; beyond this many per process the oldest is forgotten. */
export const TICKETS_REMEMBERED_MAX = 100_000;
/** Idempotency keys of damage calls remembered per session; the oldest is forgotten. */
export const DAMAGE_KEYS_MAX = 1024;
/** Damage calls waiting for one tick of a session; more are RATE_LIMITED. */
export const DAMAGE_PER_TICK_MAX = 256;

/** Pause before a record that could not be saved is tried again. */
export const SAVE_RETRY_MS = 1000;
/** Lifecycle calls waiting for one session; more are refused with UNAVAILABLE. */
export const COMMANDS_WAITING_MAX = 64;

/** Events awaiting publication; beyond it the oldest are given up, counted and logged as a gap. */
export const PUBLISH_QUEUE_MAX = 200_000;
/** Events in one publication. */
export const PUBLISH_BATCH_MAX = 1000;
/** Pause before a failed publication is tried again, first and longest. */
export const PUBLISH_RETRY_MS = { first: 100, longest: 5000 } as const;

/** Items awaiting one relay stream's back-pressure; beyond it the stream is ended, its gateway comes back. */
export const OUTLET_ITEMS_MAX = 50_000;
/** Messages awaiting the reader of one Play or Watch call; beyond it the call ends with RATE_LIMITED. */
export const CALL_ITEMS_MAX = 2000;
/** Connections of one relay stream; further ones are refused with UNAVAILABLE. */
export const CONNECTIONS_PER_STREAM_MAX = 50_000;
/** Messages kept of a connection that is still being let in; further ones are dropped. */
export const EARLY_INPUTS_MAX = 16;
/** Sessions of a process whose records are kept in memory after they are over, for reads right after the end. */
export const OVER_KEPT_MS = 30_000;
