/** Every cap of the gateway, and what happens at it. Settings that operators turn are in config.ts. */

// Sockets

/** A client's message; a longer one closes with 1009. From the contract. */
export const CLIENT_MESSAGE_BYTES_MAX = 4 * 1024;
/** Fragments of one message; more close with 1008. A message of 4 KiB has no honest use for more. */
export const CLIENT_MESSAGE_FRAGMENTS_MAX = 64;
/** Received pieces of one message; more close with 1008: single bytes cost memory far beyond their size. */
export const CLIENT_MESSAGE_PIECES_MAX = 1024;
/** Levels of a client's JSON; deeper is malformed. The deepest message of the contract has three. */
export const CLIENT_JSON_DEPTH_MAX = 8;
/** Names of weapons and abilities; longer is malformed. */
export const CLIENT_NAME_CHARS_MAX = 64;
/** Metres, and metres per second; a number beyond is malformed. Far outside any map, far inside exact centimetres. */
export const CLIENT_METRES_MAX = 1_000_000;
/** Malformed or forbidden messages of one connection; the last one closes with 4500. */
export const STRIKES_MAX = 3;

/** Messages, pings and pongs of one connection; beyond they are answered RATE_LIMITED and dropped. The position updates that
 *  the simulation takes, and room for what a player does besides. */
export const MESSAGES_PER_SECOND_MAX = 200;
export const MESSAGES_BURST_MAX = 400;
/** Dropped messages that are forgiven each second, and how many unforgiven ones close with 4029: three seconds' worth. */
export const EXCESS_FORGIVEN_PER_SECOND = 20;
export const EXCESS_MESSAGES_MAX = 3 * MESSAGES_PER_SECOND_MAX;

/** How often waiting handshakes are looked at; as many as fit into it may begin at once. */
export const TURNSTILE_STEP_MS = 20;
/** How long a handshake may wait for its turn; who would wait longer is answered 503 with when to come again. Leaves most of
 *  the handshake's own time. */
export const TURNSTILE_WAIT_MS_MAX = 1_000;
/** The longest pause that it is given. */
export const TURNSTILE_RETRY_MS_MAX = 30_000;
/** From the request to the upgrade, token and combat's answer included; later is answered 504. */
export const HANDSHAKE_MS_MAX = 2_000;
/** Text of client_version; longer is answered 400. */
export const CLIENT_VERSION_CHARS_MAX = 32;
/** Pause between two pings of one socket. From the contract. */
export const HEARTBEAT_MS = 15_000;
/** A socket that leaves so many pings in a row unanswered is ended with 4004. */
export const HEARTBEATS_MISSED_MAX = 2;
/** Step of the one timer of all sockets; a deadline is kept to within it. Well below REROUTE_MS: what is due in one step is done in
 *  one turn. */
export const WHEEL_STEP_MS = 50;
/** How long the other side may take to answer a close; then the socket is destroyed. */
export const CLOSE_MS_MAX = 2_000;
/** Before a token runs out its holder is told by token_expiring. From the contract. */
export const TOKEN_WARNING_MS = 60_000;

/** Bytes awaiting one socket; beyond, state is merged and events wait. Not under node's high-water mark of a socket
 *  (64 KiB), or its `drain` might not come. */
export const SOCKET_BUFFERED_BYTES_MAX = 128 * 1024;
/** A reader whose socket was so full gets state at most so often: 30 times a second, then once. It is one step less after each while
 *  in which its socket never was. */
export const STATE_HALF_MS = 2 * (1000 / 60);
export const STATE_SPARSE_MS = 1_000;
export const PACE_RAISE_MS = 1_000;
export const PACE_EASE_MS = 5_000;
/** Bytes of events waiting behind that; beyond, the reader is closed with 4001. */
export const OUTBOX_BYTES_MAX = 256 * 1024;
/** The same in events, since each costs more than its bytes. */
export const OUTBOX_EVENTS_MAX = 4096;

/** Spectators of a room that get a frame in one turn of the event loop: about a third of a millisecond. */
export const ROOM_SLICE_VIEWERS = 64;
/** Frames that wait for a room's spectators, each format by itself; beyond, all are served in one turn. */
export const ROOM_BACKLOG_FRAMES_MAX = 16;

/** How long sockets are kept without combat; then they are closed with 4003. */
export const AWAY_MS_MAX = 10_000;
/** While combat is away an input is answered UNAVAILABLE at most this often; the rest is dropped unanswered. */
export const AWAY_ANSWER_MS = 1_000;
/** How long a drain waits for sockets to close; the rest is destroyed. */
export const DRAIN_MS_MAX = 5_000;
/** Sockets told to go in one turn of the event loop while draining. */
export const DRAIN_BATCH_MAX = 250;

/** While combat is away, or a session moves between instances, a socket asks for it again this often, each at a moment of its own. */
export const REROUTE_MS = 500;
/** How often in a row an attach is sent on to another instance; then it is asked again later, or refused. */
export const REROUTES_MAX = 2;

// Upstream

/** Combat instances known at once besides the seeds; beyond, one that is away is forgotten, or what is there is not reached. */
export const LEARNT_INSTANCES_MAX = 64;
/** Addresses of which the log says that they were not learnt, once each; of further ones it says nothing. */
export const UNLEARNT_TOLD_MAX = 256;
/** An instance that is no seed, to which no relay is up, and that nobody was led to for so long since it went away is forgotten. Longer
 *  than a socket waits or a call may take. */
export const INSTANCE_UNUSED_MS_MAX = 60_000;
/** How often those are looked for. */
export const INSTANCES_LOOK_MS = 5_000;
/** Sessions known to be elsewhere than at their seed; the one used longest ago is asked for anew. */
export const ROUTED_SESSIONS_MAX = 65_536;
/** How often a call follows its session to where combat says that it is; then it is refused. */
export const CALL_HOPS_MAX = 2;

/** Items awaiting the relay's back-pressure; beyond, inputs are refused (UNAVAILABLE). Attach and detach always go:
 *  there are no more of them than sockets. */
export const RELAY_QUEUE_INPUTS_MAX = 16_384;
/** Items handled before combat is told so; well below what it lets be underway (RELAY_UNDERWAY_MAX). */
export const RELAY_PROGRESS_ITEMS = 32;
/** Items in one relay message; the rest of a turn goes in the next. Keeps the largest far under gRPC's limit. */
export const RELAY_BATCH_ITEMS_MAX = 512;
/** A relay message from combat; a larger one ends the stream. */
export const RELAY_MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
/** Pause before a lost relay is opened again: first, doubled each time up to the longest, with jitter. */
export const RELAY_RETRY_MS = { first: 100, longest: 2_000 } as const;
/** A relay that held this long begins again with the first pause. */
export const RELAY_STEADY_MS = 5_000;
/** Pings on a relay and how long their answer may take; a silent peer counts as lost after both. */
export const RELAY_KEEPALIVE_MS = 2_000;
export const RELAY_KEEPALIVE_MS_MAX = 2_000;
/** How long opening a relay's channel may take; then it is tried again. */
export const RELAY_CONNECT_MS_MAX = 3_000;
/** How long a relay may take to end when the gateway stops; then it is cut. */
export const RELAY_CLOSE_MS_MAX = 1_000;

// REST and Connect

/** Body of a request; a larger one is answered 413 and its connection closed. The largest lawful one, a roster of 50, has 6 KiB. */
export const BODY_BYTES_MAX = 64 * 1024;
/** A body that is refused as too large is read and thrown away up to this before it is answered; the sender of a larger
 *  one is answered at once, and its connection ends. */
export const BODY_DISCARDED_BYTES_MAX = 1024 * 1024;
/** How long such a connection is read on, so that a sender who writes first and reads later sees the answer and not a
 *  reset; then it is cut. */
export const LINGER_MS_MAX = 2_000;
/** Query parameters of a request; more are answered 400. */
export const QUERY_PARAMETERS_MAX = 32;
/** Characters of a request's path and query; more are answered 404. Tokens in `?token=` fit twice. */
export const URL_CHARS_MAX = 8 * 1024;
/** Characters of Idempotency-Key; more are answered 400. From the contract. */
export const IDEMPOTENCY_KEY_CHARS_MAX = 128;

/** All headers of a request; more are answered 431. */
export const HEADER_BYTES_MAX = 16 * 1024;
/** Headers of a request; further ones are not read. */
export const HEADERS_MAX = 64;
/** From a request's first byte to the end of its headers; slower is answered 408 and closed. */
export const HEADERS_MS_MAX = 5_000;
/** From a request's first byte to the end of its body; slower is answered 408 and closed. */
export const REQUEST_MS_MAX = 10_000;
/** How often those two are looked at. */
export const REQUEST_CHECK_MS = 500;
/** An idle kept-alive connection is closed after this. */
export const KEEP_ALIVE_MS = 30_000;
/** Requests of one connection; the last one's answer closes it, so that load balancers can move clients. */
export const REQUESTS_PER_CONNECTION_MAX = 10_000;
/** TCP connections beyond the sockets' own cap, for REST, Connect and probes; more are closed at once. */
export const REQUEST_CONNECTIONS_MAX = 2_000;

/** Window in which requests and connection attempts are counted. */
export const RATE_WINDOW_SECONDS = 10;
/** Addresses and players with a count of their own; beyond, newcomers share counts. */
export const RATE_KEYS_MAX = 50_000;
/** Entries of X-Forwarded-For that are looked at, from the right; an older one is not believed. */
export const FORWARDED_ENTRIES_MAX = 16;

/** Calls in flight to combat; more are answered UNAVAILABLE. */
export const UPSTREAM_CALLS_MAX = 2_000;
/** An answer of combat; a larger one fails the call. A page of 100 full sessions has about 2 MiB. */
export const UPSTREAM_ANSWER_BYTES_MAX = 16 * 1024 * 1024;
/** Pings on the channel to combat and how long their answer may take; a silent peer's calls fail after both. */
export const UPSTREAM_KEEPALIVE_MS = 5_000;
export const UPSTREAM_KEEPALIVE_MS_MAX = 2_000;
/** Pauses between attempts to connect to combat: first and longest. */
export const UPSTREAM_RETRY_MS = { first: 100, longest: 2_000 } as const;
/** How long combat may take to say that it serves; longer counts as away. */
export const HEALTH_MS_MAX = 1_000;
/** An answer about combat's health is reused for so long, however many ask. */
export const HEALTH_AGE_MS_MAX = 1_000;

/** What refused callers are told to wait, where nothing better is known. */
export const UNAVAILABLE_RETRY_AFTER_MS = 1_000;
export const DRAIN_RETRY_AFTER_MS = 1_000;
export const FULL_RETRY_AFTER_MS = 5_000;
