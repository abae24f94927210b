/** Caps on tokens and keys, each with what happens at it. */

/** Characters of a token. Beyond: refused before a byte is decoded. An RS256 token with our claims has about 900. */
export const TOKEN_CHARS_MAX = 4096;

/** Characters of the `name` claim. Beyond: the token is refused. */
export const NAME_CHARS_MAX = 64;

/** Items of the `roles` claim. Beyond: the token is refused; there are only four roles. */
export const ROLES_MAX = 8;

/** Verified tokens remembered, about 500 bytes each. Beyond: the one unused for longest is forgotten. */
export const VERIFIED_TOKENS_MAX = 20_000;

/** How long a verified token is taken on memory. After: verified again, so that a withdrawn key stops working. */
export const VERIFIED_TOKEN_MS_MAX = 300_000;

/** Keys tried for one token whose header names none. Beyond: the signature counts as wrong. */
export const KEYS_TRIED_MAX = 4;

/** Waiting for the key server. After: UNAVAILABLE, to be tried again. */
export const JWKS_TIMEOUT_MS = 3_000;

/** Between two fetches because of unknown keys. Within: a token with an unknown key is refused from memory. */
export const JWKS_COOLDOWN_MS = 30_000;

/** Age of fetched keys. After: fetched again. */
export const JWKS_AGE_MS_MAX = 600_000;

/** Bytes of a key file. Beyond: the start stops. */
export const KEY_FILE_BYTES_MAX = 65_536;

/** Life of a join ticket in seconds, and of a service's own token. */
export const TICKET_SECONDS = 60;
export const INTERNAL_TOKEN_SECONDS = 300;

/** Buckets that share the rate among newcomers while a limiter's own keys are all in use. */
export const LIMITER_SHARED_BUCKETS = 256;

/** Waiting for Redis's verdict. After: the process decides alone; a player notices a tenth of a second, barely. */
export const LIMITER_REDIS_MS_MAX = 100;

/** Takes of one limiter that Redis has not answered. Beyond: the process decides alone. */
export const LIMITER_REDIS_CALLS_MAX = 1_000;

/** Between two looks whether a Redis that failed answers again. Within: the process decides alone. */
export const LIMITER_REDIS_PAUSE_MS = 500;
