/** Limits of the servers for tests: every wait and cap, and what happens at it. */

/** A program that only answers or makes files (initdb, format, version) is killed after this, and the start fails. */
export const COMMAND_MS_MAX = 120_000;
/** apt-get and docker compose fetch from the network; past this they are killed, and the command fails. */
export const INSTALL_MS_MAX = 900_000;
/** A server that does not answer its protocol by then is killed, and the start fails with the end of its log. */
export const READY_MS_MAX = 120_000;
/** One try to speak to a server; past this it counts as not ready yet. */
export const PING_MS_MAX = 3_000;
/** Between two tries. */
export const PING_EVERY_MS = 50;
/** A server told to stop that has not ended by then is killed. */
export const STOP_MS_MAX = 30_000;
/** Killed or stopped processes that are still there by then: the call fails (a process stuck in the kernel). A
 *  disk that is written to by many may hold one for more than ten seconds. */
export const SIGNAL_MS_MAX = 60_000;
/** Between two looks at processes. */
export const LOOK_EVERY_MS = 5;
/** Lines of a server's log that a failed start shows. */
export const LOG_LINES_SHOWN = 15;
/** Bytes of the end of a log that are read for them. */
export const LOG_TAIL_BYTES = 16_384;
/**
 * Ports are drawn from here. The range lies below the one that systems give to outgoing connections: from inside that,
 * a client that reconnects to a server that is down may be given the server's own port, and connect to itself.
 */
export const PORT_MIN = 15_000;
export const PORT_MAX = 29_999;
/** Draws of a free port; past them the start fails. */
export const PORT_TRIES_MAX = 200;
/** Jars fetched at once; the others wait their turn. */
export const FETCHES_MAX = 6;
/** A jar that has not come by then is given up, and tried again. */
export const FETCH_MS_MAX = 120_000;
/** Tries per jar; past them the command fails and names the jar. */
export const FETCH_TRIES_MAX = 3;
export const FETCH_RETRY_MS = 1_000;
/** A jar larger than what its row says, or than this, is refused. */
export const JAR_BYTES_MAX = 64 * 1024 * 1024;
/** Progress of the downloads is told this often. */
export const PROGRESS_MS = 1_000;
