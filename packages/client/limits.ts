/** Limits: every cap of the client, and what happens at it. */

/** A handshake (token and socket together) that takes longer counts as failed and is tried again. */
export const HANDSHAKE_MS_MAX = 10_000;
/** First back-off step: the delay is drawn from 0 to this, doubled with every failure in a row. */
export const BACKOFF_BASE_MS = 250;
/** The drawn delay never exceeds this. */
export const BACKOFF_CEILING_MS = 15_000;
/** Failures in a row after which the client stops and tells `onClosed`. About two minutes with the values above. */
export const ATTEMPTS_MAX = 15;
/** A hint of the server above this is cut to it: nobody is sent away for longer by one message. */
export const RETRY_HINT_MS_MAX = 60_000;
/** Close reasons are at most 123 bytes (RFC 6455, 5.5); a longer one is not read. */
export const CLOSE_REASON_CHARS_MAX = 123;
/** How often the client pings by itself; also the step of its liveness check. */
export const HEARTBEAT_MS = 5_000;
/** Nothing heard for this long: the peer is taken for gone (a half-open TCP shows no error) and the client comes back. */
export const SILENCE_MS_MAX = 15_000;
/** A ping without its pong for this long answers null. */
export const PONG_MS_MAX = 10_000;
/** Pings on their way at once; beyond, a ping answers null at once. */
export const PINGS_MAX = 16;
/** Bytes not yet taken by the network; beyond, inputs are not sent and `send` answers false: late inputs help nobody. */
export const SEND_BUFFER_BYTES_MAX = 256 * 1024;
/** A gap in the events that `resume` did not close within this time is closed by coming back for a full state. */
export const GAP_MS_MAX = 2_000;
/** States kept per player for interpolation; the oldest goes first. A second at 60 frames a second. */
export const POSES_MAX = 64;
/** A REST call without an answer for this long is given up; its outcome is unknown. */
export const REST_MS_MAX = 10_000;
/** Seats of a session, as the contract has them; a slot beyond is not believed. */
export const SLOTS_MAX = 50;
