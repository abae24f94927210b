/** Every cap of the calls to the game's other services, with what happens at it. */

export const RELATED_CALL_MS_MAX = 50; // Without an answer by then the local rule decides; what comes later is dropped.
export const RELATED_CALLS_MAX = 512; // Calls under way to one service; one more is not made, and the local rule decides.
export const PROFILES_ASKED_MAX = 5; // Players asked about at once for one new session; the others of its roster have their turn after.
export const RELATED_ANSWER_BYTES_MAX = 64 * 1024; // A larger answer counts as a failed call.
export const RELATED_RECONNECT_MS = { first: 100, longest: 2_000 } as const; // Between attempts at a connection that was lost.
export const RELATED_KEEPALIVE_MS = 10_000; // Silence on a connection after which the peer is asked whether it lives.
export const RELATED_KEEPALIVE_ANSWER_MS_MAX = 2_000; // A peer that does not answer by then loses its connection.

export const BREAKER_FAILED_IN_A_ROW_MAX = 5; // As many failed calls in a row open the breaker ...
export const BREAKER_WINDOW_CALLS = 40; // ... and so does, of the newest so many, ...
export const BREAKER_FAILED_IN_WINDOW_MAX = 20; // ... this number of failed ones.
export const BREAKER_PAUSE_MS = 1_000; // While it is open no call is made; after this pause a single one tries again.

export const SERVICE_TOKEN_RENEW_MS = 120_000; // A token that is older is signed anew; it lives 300 s.

export const LOG_REPEAT_MS = 60_000; // The same words are held back for so long, and counted.
export const LOG_WORDS_MAX = 100; // Different words remembered for that; then all are forgotten, and told once more.

export const DISPLAY_NAME_CHARS_MAX = 32; // A longer name is nobody's: the seat has none.
export const LOADOUT_NAMES_MAX = 64; // Weapons or abilities read of one loadout; what follows is passed over.
export const COOLDOWN_SECONDS_MAX = 3_600; // A longer cooldown of an ability counts as an answer outside of the contract.
