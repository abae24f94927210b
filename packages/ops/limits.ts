/** Every cap of logs and the admin port, with what happens at it. */

export const LOG_BUFFER_BYTES_MAX = 4 * 1024 * 1024; // Records beyond are dropped and counted: a log never stops a tick.
export const LOG_TEXT_CHARS_MAX = 8192; // A longer text in a record is cut, with an ellipsis.
export const LOG_DEPTH_MAX = 6; // Deeper values of a record are left out.
export const LOG_ENTRIES_MAX = 64; // Further keys or items of one value are left out.
export const LOG_FLUSH_MS_MAX = 1000; // A flush at exit gives up after this.

export const ADMIN_CONNECTIONS_MAX = 64; // Further connections are closed at once.
export const ADMIN_HEADERS_MS_MAX = 5_000; // A slower request head is answered 408 and closed.
export const ADMIN_CHECK_MS_MAX = 2_000; // A slower readiness check counts as not ready.

export const REDIS_OPEN_MS_MAX = 10_000; // A start that finds no usable Redis by then is refused, with the reason.
export const REDIS_CONNECT_MS_MAX = 2_000; // A slower TCP or TLS handshake is given up and begun anew.
export const REDIS_COMMAND_MS_MAX = 1_000; // A slower command rejects; after such a silence the connection is cut.
export const REDIS_RETRY_MS_MIN = 50; // Shortest and longest pause before the next attempt to connect; it goes on for ever.
export const REDIS_RETRY_MS_MAX = 1_000;
export const REDIS_KEEP_ALIVE_MS = 10_000; // After such an idle time TCP probes whether the peer is still there.
export const REDIS_CLOSE_MS_MAX = 1_000; // Closing waits this long for answers under way, then drops the connection.

/** How often a worker says how it stands, and after which silence it counts as not ready. */
export const WORKER_SAYS_MS = 1_000;
export const WORKER_SILENT_MS_MAX = 3_500;
/** After this silence it is killed, and another takes its place. */
export const WORKER_HUNG_MS_MAX = 30_000;
/** How much longer than its drain may take a worker is waited for; then it is killed. */
export const WORKER_KILL_MS = 2_000;
/** Pause before a worker that died is started again. */
export const WORKER_AGAIN_MS = 500;
