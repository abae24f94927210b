/** Every cap of the stores, with what happens at it. */

export const STORE_CALL_MS_MAX = 5_000; // A slower call rejects with StoreUnavailable; its outcome is unknown.
export const STORE_CALLS_WAITING_MAX = 1_000; // One more is rejected with StoreUnavailable at once, nothing done.
export const MIGRATIONS_MS_MAX = 60_000; // A slower start of the record store rejects with StoreUnavailable.
export const LIST_ROWS_MAX = 100; // A larger page is cut to this.
export const UNFINISHED_ROWS_MAX = 10_000; // The oldest that go on, and as many of those over; the others come later.
export const CLAIMS_MAX = 5_000; // Claims beyond are left with their owner, as if somebody had taken them.
export const OUTBOX_PENDING_ROWS_MAX = 1_000; // Then the version is made whole; later ones show when these are settled.

export const IDEMPOTENCY_KEPT_MS = 24 * 60 * 60 * 1000; // An older key is forgotten; the promise is 24 h.
export const IDEMPOTENCY_SWEEP_ROWS = 100; // Forgotten keys taken out with each creation, so that a table stays small.

export const RECORDING_PARTS_LISTED_MAX = 100_000; // Parts of one recording beyond are not listed: ten days of a match.
export const RECORDING_PART_BYTES_MAX = 16 * 1024 * 1024; // A part that unpacks to more is refused as broken; ours are under 1 MiB.

export const SINK_WAITING_BYTES_MAX = 32 * 1024 * 1024; // A publication that does not fit is rejected whole.
export const SINK_BATCH_BYTES_MAX = 4 * 1024 * 1024; // More than this waits for the next write.
export const SINK_TAIL_BLOCK_BYTES = 64 * 1024; // Step in which a torn end is searched for, backwards.

export const POSTGRES_CLIENTS_MAX = 10; // Further calls wait for a client, at most POSTGRES_CONNECT_MS_MAX.
export const POSTGRES_CONNECT_MS_MAX = 5_000; // A connection, or a wait for one, that takes longer is given up.
export const POSTGRES_STATEMENT_MS_MAX = 4_000; // The server calls a slower statement off; nothing of it is done.
export const POSTGRES_ANSWER_MS_MAX = 5_000; // Without an answer the connection is destroyed; the outcome is unknown.
export const POSTGRES_IDLE_MS_MAX = 30_000; // A client without work for longer is let go.
export const POSTGRES_KEEP_ALIVE_MS = 10_000; // Idle connections are probed after this, so that a lost peer is noticed.
export const POSTGRES_VERSION_MIN = 13; // An older server is refused at start.

export const LIVE_CALL_MS_MAX = 250; // A slower write of live state rejects with StoreUnavailable; its outcome is unknown.
export const LIVE_TAKE_MS_MAX = 2_000; // Likewise a take, which may read a long journal; it may be asked again.
export const LIVE_WAITING_BYTES_MAX = 64 * 1024 * 1024; // A write that does not fit beside those under way is rejected whole.
export const LIVE_SESSIONS_PER_SCRIPT = 16; // More sessions go in further scripts: none holds the server for over 0.3 ms.
export const LIVE_ENTRIES_PER_READ = 512; // A longer journal is read in further steps, each an answer of its own.
export const LIVE_READ_BYTES = 512 * 1024; // A step ends with the entry that reaches this, and the 15 behind it.
export const DIRECTORY_CALL_MS_MAX = 250; // A slower beat rejects with StoreUnavailable; the next one says all that it would have.
export const INSTANCES_MAX = 1_000; // Beyond, the run that has not beaten for longest is taken out.

export const KAFKA_START_MS_MAX = 10_000; // No broker that can be used by then: the start is refused, naming KAFKA_BROKERS.
export const KAFKA_RETRY_START_MS = 500; // Between attempts at the start.
export const KAFKA_CONNECT_MS_MAX = 2_000; // A broker that takes longer is left, and the next one of KAFKA_BROKERS is tried.
export const KAFKA_ACKS_MS_MAX = 3_000; // The broker gives up waiting for its replicas; the outcome is unknown.
export const KAFKA_REQUEST_MS_MAX = 4_000; // Without an answer the connection is thrown away; the outcome is unknown.
export const KAFKA_SEND_MS_MAX = 5_000; // The same for a send with the connecting before it; all that waits rejects with it.
export const KAFKA_LEADER_PAUSE_MS = 100; // Between attempts of a send while a partition is between leaders.
export const KAFKA_CALL_MS_MAX = 10_000; // A slower publication rejects with StoreUnavailable; its outcome is unknown.
export const KAFKA_CLOSE_MS_MAX = 2_000; // Then connections are ended without a goodbye.
export const KAFKA_KEYS_CACHED_MAX = 10_000; // Sessions whose partition is remembered; then all are forgotten and hashed anew.
export const KAFKA_LOG_REPEAT_MS = 60_000; // The same words of kafkajs are held back for so long, and counted.
export const KAFKA_LOG_WORDS_MAX = 100; // Different words remembered for that; then all are forgotten, and told once more.
// Events of 250 bytes a second, 500 sessions, one local broker, acks of all, two cores for everything, by events a send:
// 100: 75,000; 250: 85,000; 500: 90,000; 1,000: 110,000; 2,000: 92,000; 4,000: 76,000; 30,000: 68,000 (kafkajs copies a
// partition's list with each record it adds). With protobuf encoding in the same thread: 1,000: 60,000.
export const KAFKA_BATCH_EVENTS_MAX = 1_000; // More waits for the next send.
export const KAFKA_BATCH_BYTES_MAX = 768 * 1024; // More waits for the next send: Kafka's message.max.bytes is 1 MiB, per partition.
export const KAFKA_RECORD_OVERHEAD_BYTES = 200; // Beside its value, counted: 37 of key, 110 of headers, 10 of framing; and objects.

export const TICKETS_REMEMBERED_MAX = 100_000; // Used tickets in one process's memory; beyond, the oldest is forgotten.
export const TICKET_SKEW_MS = 10_000; // Used tickets are remembered this long after they ran out; clocks may differ so far.
export const TICKET_KEPT_MS_MAX = 60 * 60 * 1000; // A used ticket that says it lives longer is forgotten after this; ours live 60 s.
export const TICKET_CALL_MS_MAX = 250; // After such a wait for Redis this process's memory decides alone.
