/** Every cap of the stores, with what happens at it. */

export const STORE_CALL_MS_MAX = 5_000; // A slower call rejects with StoreUnavailable; its outcome is unknown.
export const STORE_CALLS_WAITING_MAX = 1_000; // One more is rejected with StoreUnavailable at once, nothing done.
export const MIGRATIONS_MS_MAX = 60_000; // A slower start of the record store rejects with StoreUnavailable.
export const LIST_ROWS_MAX = 100; // A larger page is cut to this.
export const UNFINISHED_ROWS_MAX = 10_000; // Further sessions are not taken up at a start; none so many are hosted.

export const IDEMPOTENCY_KEPT_MS = 24 * 60 * 60 * 1000; // An older key is forgotten; the promise is 24 h.
export const IDEMPOTENCY_SWEEP_ROWS = 100; // Forgotten keys taken out with each creation, so that a table stays small.

export const SINK_WAITING_BYTES_MAX = 32 * 1024 * 1024; // A publication that does not fit is rejected whole.
export const SINK_BATCH_BYTES_MAX = 4 * 1024 * 1024; // More than this waits for the next write.
export const SINK_TAIL_BLOCK_BYTES = 64 * 1024; // Step in which a torn end is searched for, backwards.
