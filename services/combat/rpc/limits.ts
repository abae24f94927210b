/** Every cap of the gRPC and Connect ports, with what happens at it. */

export const CALL_MS_MAX = 10_000; // A unary call that runs longer is answered DEADLINE_EXCEEDED; its signal aborts.
export const CALLS_PER_SECOND_DEFAULT = 50; // Unary calls of one player; more are RATE_LIMITED. Services: no limit.
export const CALLERS_COUNTED_MAX = 100_000; // Players whose calls are counted each on their own; see auth/limiter.ts.

export const REQUEST_BYTES_MAX = 64 * 1024; // A larger message of a caller is PAYLOAD_TOO_LARGE.
export const RELAY_BATCH_BYTES_MAX = 4 * 1024 * 1024; // A larger message ends its stream with RESOURCE_EXHAUSTED.
export const ANSWER_BYTES_MAX = 4 * 1024 * 1024; // A larger answer ends its call with RESOURCE_EXHAUSTED.

export const REPLAY_PAGE_BYTES = 512 * 1024; // Of parts on one page of a replay: a part that passes this is the page's last.
export const LEADERBOARD_ENTRIES_MAX = 200; // A larger limit is INVALID_ARGUMENT; as many players as a session can ever have.
export const LEADERBOARD_ENTRIES_DEFAULT = 50;

export const STREAMS_PER_CONNECTION_MAX = 1_000; // HTTP/2 refuses further streams of a connection.
export const CONNECTIONS_MAX = 10_000; // Of the Connect port; further ones are closed at once.
export const HTTP2_SESSION_MEMORY_MB = 10; // HTTP/2 refuses streams of a connection that holds more; megabytes.
export const HEADER_BYTES_MAX = 16 * 1024; // A larger request head is answered 431.
export const HEADER_PAIRS_MAX = 100; // HTTP/2 refuses a stream with more headers.

export const FIRST_BYTES_MS_MAX = 5_000; // A connection that has not said its protocol by then is closed.
export const HEADERS_MS_MAX = 5_000; // A slower HTTP/1.1 request head is answered 408.
export const REQUEST_MS_MAX = 30_000; // A slower HTTP/1.1 request is answered 408.
export const IDLE_CONNECTION_MS_MAX = 120_000; // A connection without calls is closed after this.

export const KEEPALIVE_MS = 30_000; // Silence on a gRPC connection after which the peer is asked whether it lives.
export const KEEPALIVE_ANSWER_MS_MAX = 10_000; // A peer that does not answer by then loses its connection.

export const LATE_STREAM_MS_MAX = 2 ** 31 - 1; // The longest timer there is; a token that lives longer is not timed.
export const UNAVAILABLE_RETRY_MS = 1_000; // What a caller is told to wait while a store is away.
